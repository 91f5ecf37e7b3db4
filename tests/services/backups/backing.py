"""What tests of backups share: a hotline in which everything was said, an identity, and an empty place to restore to."""

import contextlib
import dataclasses
import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hotline import agefile
from hotline.agefile import Identity
from hotline.config import Config
from hotline.runtime import Runtime
from hotline.services.backups import making
from hotline.services.backups.making import Made
from hotline.services.calls import callplans
from hotline.services.people import keysafe
from hotline.services.texts.outbound import send_due
from hotline.services.tickets import casework, otherphones, replies, taking
from hotline.services.tickets.routing import route_due
from tests.recorded import RecordingGateway, a_recording, fetch
from tests.services.colleagues import volunteer
from tests.support import HER, OTHER, Clock, ScriptedGateway, make_config, make_runtime, text_in, tickets

WORD = "zqxcanary"
THIRD = "+923451234503"


@dataclass(frozen=True)
class Safe:
    """A folder for backups, and who can read them."""

    folder: Path
    recipient: str
    identity: Identity

    def make(self, rt: Runtime) -> Made:
        return making.make(rt, self.folder, [self.recipient])


def safe(folder: Path) -> Safe:
    (folder / "backups").mkdir()
    recipient = agefile.new_identity(folder / "identity")
    return Safe(folder / "backups", recipient, Identity(folder / "identity"))


def say_everything(rt: Runtime) -> str:
    """The canary, in everything that can hold words or a number; returns the reference."""
    text_in(rt, f"do larkon ne pistol dikha kar mera mobile cheen liya {WORD} mera number {THIRD}", sender=HER)
    route_due(rt)
    send_due(rt, ScriptedGateway().alone, for_s=10)
    ticket = tickets(rt)[0]
    alice = volunteer(rt, "alice")
    taking.claim(rt, alice, ticket.reference, tickets(rt)[0].version)
    casework.write_note(rt, alice, ticket.reference, version=tickets(rt)[0].version, note=f"note {WORD} {THIRD}")
    replies.keep_draft(rt, alice, ticket.reference, f"draft {WORD} {THIRD}")
    otherphones.add(rt, alice, ticket.reference, version=tickets(rt)[0].version, number=OTHER, note=f"his {WORD}")
    callplans.keep_word(rt, alice, ticket.reference, version=tickets(rt)[0].version, word=WORD)
    return ticket.reference


def speak(rt: Runtime, *, caller: str = HER) -> None:
    """A caller leaves a recording, and a worker fetches it."""
    gateway = RecordingGateway()
    a_recording(rt, gateway, caller=caller)
    fetch(rt, gateway)


def target(database_url: str, folder: Path, **changes: Any) -> Config:
    """The configuration of an empty place."""
    config: Config = dataclasses.replace(make_config(database_url), data_dir=folder / "new data", **changes)
    return config


@contextlib.contextmanager
def started(config: Config, *, clock: Clock | None = None) -> Iterator[Runtime]:
    """The hotline on what was restored."""
    runtime = make_runtime(config.database_url, data_dir=config.data_dir, clock=clock)
    try:
        keysafe.check_keys(runtime)
        yield runtime
    finally:
        runtime.close()


def inside(path: Path, identity: Identity) -> dict[str, bytes]:
    """Every member of a file."""
    with agefile.opened(path, identity) as source:
        whole = io.BytesIO(source.read())
    with tarfile.open(fileobj=whole) as tar:
        return {one.name: tar.extractfile(one).read() for one in tar}  # type: ignore[union-attr]

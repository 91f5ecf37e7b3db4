"""What tests share: a configuration, a Runtime on a migrated database, a bell that records, a gateway that plays a script, a clock."""

import atexit
import contextlib
import dataclasses
import functools
import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlalchemy import event, func, select, update
from sqlalchemy.exc import OperationalError

from hotline.config import Config, Hours
from hotline.domain.delivery import Delivery
from hotline.gateways.base import Abilities, GatewayError, IncomingText, LookUp, OutgoingText, Sent, TextGateway
from hotline.gateways.registry import load_config
from hotline.gateways.twilio.account import account_of
from hotline.i18n import Catalogues
from hotline.jobs import Job
from hotline.keys import Keys, write_keys
from hotline.runtime import Runtime, build_runtime, load_tables
from hotline.sections import Sending
from hotline.services.texts.intake import Received, receive_text
from hotline.services.texts.outbound import send_due
from hotline.spool import make_key
from hotline.storage.models import Message, Ticket

NOON = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
"""A Monday, noon in Karachi."""

TOKEN = "12345"
SECRET_KEY = "k" * 32
KEYS = Keys(MappingProxyType({"0000000a": b"1" * 32}), "0000000a", b"m" * 32, b"w" * 32, b"a" * 32, b"p" * 32, b"s" * 32)
HER, OTHER = "+923001234501", "+923331234502"
SNATCHED = "do larkon ne pistol dikha kar mera mobile cheen liya"

_ids = itertools.count(1)


@dataclass
class RecordingBell:
    """Remembers the jobs that were rung for."""

    rung: list[Job] = field(default_factory=list)

    def ring(self, job: Job) -> None:
        self.rung.append(job)


TWILIO_CAN = Abilities(LookUp.LIST, reports=True, deletes=True)


@dataclass
class ScriptedGateway(TextGateway):
    """Takes texts, or does what the script says: one entry a call; an exception is raised."""

    script: list[Sent | GatewayError | Callable[[OutgoingText], None]] = field(default_factory=list)
    taken: list[OutgoingText] = field(default_factory=list)
    found: dict[int, Sent] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    name: str = "twilio"
    can: Abilities = TWILIO_CAN

    @property
    def alone(self) -> dict[str, TextGateway]:
        """The gateways of a hotline that has no other."""
        return {self.name: self}

    def send(self, text: OutgoingText) -> Sent:
        step = self.script.pop(0) if self.script else None
        if isinstance(step, GatewayError):
            raise step
        if callable(step):
            step(text)
            step = None
        self.taken.append(text)
        return step or Sent(f"SMf{text.message_id:029d}{text.attempt:02d}", Delivery.SENT)  # never an id of `text_in`

    def look_up(self, text: OutgoingText, since: datetime, known: set[str]) -> Sent | None:
        return self.found.get(text.message_id)

    def delete_text(self, gateway_id: str) -> None:
        self.deleted.append(gateway_id)

    def close(self) -> None: ...


@dataclass
class Clock:
    """A clock that a test moves."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **delta: float) -> None:
        self.now += timedelta(**delta)


@functools.cache
def keys_file() -> str:
    """The path of a file with `KEYS`."""
    folder = tempfile.mkdtemp(prefix="hotline-keys-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    write_keys(Path(folder) / "keys.toml", KEYS, new=True)
    make_key(Path(folder) / "keys.toml")
    return str(Path(folder) / "keys.toml")


def make_config(database_url: str, *, account: Mapping[str, str] = MappingProxyType({}), **changes: object) -> Config:
    """The defaults, round the clock, with a pretend gateway; `account` changes the account there."""
    config = load_config(
        {
            "HOTLINE_DATABASE_URL": database_url,
            "HOTLINE_SECRET_KEY": SECRET_KEY,
            "HOTLINE_PUBLIC_URL": "https://hotline.example.org",
            "HOTLINE_TWILIO_ACCOUNT_SID": "AC" + "0" * 31 + "1",
            "HOTLINE_TWILIO_AUTH_TOKEN": TOKEN,
            "HOTLINE_TWILIO_NUMBER": "+15005550006",
            "HOTLINE_TWILIO_API_URL": "http://127.0.0.1:1",
            "HOTLINE_DATA_DIR": str(Path(keys_file()).parent / "data"),
            "HOTLINE_KEYS_FILE": keys_file(),
        }
    )
    gateways = {**config.gateways, "twilio": dataclasses.replace(account_of(config), **account)}
    # Nobody waits in tests for what could be taken back; those of taking it back set the seconds.
    changes = {"contact_hours": Hours(opens="00:00", closes="24:00"), "gateways": gateways, "sending": Sending(undo_s=0)} | changes
    return dataclasses.replace(config, **changes)


@functools.cache
def catalogues() -> Catalogues:
    """The project's catalogues, read once."""
    return Catalogues.load()


def make_runtime(database_url: str, *, clock: Callable[[], datetime] | None = None, **changes: Any) -> Runtime:
    """A Runtime whose clock stands still at noon unless a clock is given."""
    config = make_config(database_url, **changes)
    tables = load_tables(config, catalogues=catalogues())
    return build_runtime(config, bell=RecordingBell(), clock=clock or Clock(), tables=tables)


def text_in(rt: Runtime, body: str, *, sender: str = HER, gateway_id: str | None = None) -> Received:
    """A text comes in."""
    return receive_text(rt, "twilio", IncomingText(gateway_id or f"SM{next(_ids):032x}", sender, body))


def hand_over(rt: Runtime, gateway: ScriptedGateway | None = None) -> ScriptedGateway:
    """A worker hands the texts that are due to the gateway. Returns the gateway."""
    gateway = gateway or ScriptedGateway()
    assert send_due(rt, {gateway.name: gateway}, for_s=10) is False
    return gateway


def tickets(rt: Runtime) -> list[Ticket]:
    """All tickets, oldest first."""
    with rt.reading() as session:
        return list(session.scalars(select(Ticket).order_by(Ticket.id)))


def texts_out(rt: Runtime) -> list[Message]:
    """All texts of ours, oldest first."""
    with rt.reading() as session:
        return list(session.scalars(select(Message).where(Message.direction == "out").order_by(Message.id)))


def said(rt: Runtime) -> list[str | None]:
    """The keys of all texts of ours, oldest first."""
    return [message.text_key for message in texts_out(rt)]


def alter(rt: Runtime, model: type, **values: object) -> None:
    """Set these values in every row of a table."""
    with rt.transaction() as tx:
        tx.session.execute(update(model).values(**values))


def count(rt: Runtime, model: type) -> int:
    """How many rows a table has."""
    with rt.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


@contextlib.contextmanager
def away(rt: Runtime) -> Iterator[None]:
    """The database of a Runtime is away: no transaction begins."""

    def refuse(*_: object) -> None:
        raise OperationalError("", None, OSError("the server closed the connection"))

    for name in ("begin", "before_cursor_execute"):
        event.listen(rt.engine, name, refuse)
    try:
        yield
    finally:
        for name in ("begin", "before_cursor_execute"):
            event.remove(rt.engine, name, refuse)
        rt.spool._rests_until = 0.0

"""SMPP: the process that holds the link, before a pretend SMSC."""

import contextlib
import itertools
import ssl
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import smpp34
from sqlalchemy import select

from hotline.domain.delivery import Delivery
from hotline.gateways.local import NoAnswer, NoProcess, ask, socket_path
from hotline.gateways.registry import text_gateways
from hotline.gateways.smpp import link
from hotline.gateways.smpp.settings import Smsc as SmscSettings
from hotline.gateways.smpp.settings import SmscTerms
from hotline.runtime import Runtime
from hotline.sections import Sending
from hotline.storage.partmodels import TextPart
from tests.gateways.smpp.smsc import SUBMIT_RESP, Smsc, in_parts, on_phones
from tests.gateways.world import Lack, Lacks, MakeRt, Mishap, World, eventually
from workers.smpp import SmppProcess

NAME = "code8484"
LACKS: Mapping[str, Lacks] = {"": frozenset({Lack.ONCE, Lack.LOOK_UP, Lack.LOG, Lack.PHOTOS})}

_STATUSES = {Mishap.BROKEN: 0x08, Mishap.REFUSED: 0x0B, Mishap.ILL: 0x0A, Mishap.THROTTLED: 0x58}
_STATES = {
    Delivery.SENT: (1, "ENROUTE"),
    Delivery.DELIVERED: (2, "DELIVRD"),
    Delivery.UNDELIVERED: (5, "UNDELIV"),
    Delivery.FAILED: (8, "REJECTD"),
}


def smsc_settings(port: int, **keys: Any) -> SmscSettings:
    terms = {"host": "127.0.0.1", "port": port, "tls": False, "system_id": "hotline", "sender": "8484", "lines": ("8484",), "pretend": True}
    return SmscSettings(NAME, SmscTerms(**(terms | keys)), "secret")


class SmppWorld(World):
    tells = False

    def __init__(self, rt: Runtime, smsc: Smsc) -> None:
        self.rt, self.smsc = rt, smsc
        self.gateway = text_gateways(rt.config)[NAME]
        self._references = itertools.count(7)
        self._is_shut = False

    def is_bound(self) -> bool:
        with contextlib.suppress(NoProcess, NoAnswer):
            return "bound_since" in ask(socket_path(self.rt.config, NAME), {"state": True}, timeout_s=5)
        return False

    def meets(self, mishap: Mishap | None) -> None:
        status = _STATUSES.get(mishap) if mishap is not None else None
        self.smsc.reject = lambda _: status
        self.smsc.lost = {SUBMIT_RESP} if mishap is Mishap.ANSWER_LOST else set()
        if mishap is Mishap.NO_CONNECTION:
            self.smsc.shut()
            eventually(lambda: not self.is_bound())
        elif self._is_shut:
            self.smsc.open()
            eventually(lambda: self.is_bound() and self.smsc.is_bound)
        self._is_shut = mishap is Mishap.NO_CONNECTION

    def on_phones(self) -> list[tuple[str, str]]:
        return on_phones(self.smsc.accepted)

    def come_in(self, number: str, words: str, *, times: int = 1) -> None:
        parts = list(in_parts(words, next(self._references)))
        for _ in range(times):
            for message, fields in parts:
                assert self.smsc.deliver(number, message, **fields) == 0
        eventually(self.all_is_known)

    def all_is_known(self) -> bool:
        """Whether the SMSC surely knows that we have what it brought, and all that is whole was taken in."""
        with self.rt.reading() as session:
            rows = session.scalars(select(TextPart)).all()
        return all(row.acknowledged and row.taken_at for row in rows)

    def forge(self, number: str, words: str) -> None:
        """Nobody but the SMSC to which we have connected brings texts. On this machine there is the socket of the sending worker."""
        question = {"deliver": {"sender": number, "words": words}, "text": words}
        assert "bound_since" in ask(socket_path(self.rt.config, NAME), question, timeout_s=5)

    def report(self, delivery: Delivery, *, times: int = 1) -> None:
        event, gateway_id = self.smsc.accepted[-1]
        for _ in range(times):
            message, fields = receipt(gateway_id, delivery)
            assert self.smsc.deliver(event.destination_addr, message, **fields) == 0

    def forge_report(self, delivery: Delivery) -> None:
        """A citizen who writes the words of a receipt."""
        event, gateway_id = self.smsc.accepted[-1]
        message, _ = receipt(gateway_id, delivery)
        self.come_in(event.destination_addr, message.decode())


def receipt(gateway_id: str, delivery: Delivery, *, tlvs: bool = True, words: bool = True) -> tuple[bytes, dict[str, Any]]:
    """A receipt, by optional parameters and in the words of appendix B."""
    state, name = _STATES[delivery]
    said = f"id:{gateway_id} sub:001 dlvrd:001 submit date:2611291200 done date:2611291201 stat:{name} err:000 text:Shikayat darj"
    given = [
        smpp34.Tlv(smpp34.TLV_RECEIPTED_MESSAGE_ID, gateway_id.encode() + b"\0"),
        smpp34.Tlv(smpp34.TLV_MESSAGE_STATE, bytes([state])),
    ]
    return said.encode() if words else b"", {"esm_class": 4, "tlvs": given if tlvs else []}


@contextmanager
def open_world(make_rt: MakeRt, *, context: ssl.SSLContext | None = None, wait: bool = True, **keys: Any) -> Iterator[SmppWorld]:
    """A pretend SMSC, and the link to it in this process; `wait`: until it is bound."""
    smsc = Smsc()
    smsc.context = context
    smsc.open()
    before = link._BACKOFF_S, link._LOOK_EVERY_S
    link._BACKOFF_S, link._LOOK_EVERY_S = (0.02,), 0.02  # type: ignore[assignment]
    try:
        with tempfile.TemporaryDirectory(prefix="hotline-smpp-") as folder:
            rt = make_rt(
                gateways={NAME: smsc_settings(smsc.port, **keys)}, data_dir=Path(folder) / "data", sending=Sending(timeout_s=1, undo_s=0)
            )
            with SmppProcess(rt, NAME):
                world = SmppWorld(rt, smsc)
                eventually(lambda: not wait or (world.is_bound() and smsc.is_bound))
                yield world
    finally:
        link._BACKOFF_S, link._LOOK_EVERY_S = before
        smsc.close()

"""Somebody at a phone: presses keys, says nothing, speaks, hangs up. Calls the services as the webhooks do."""

import itertools
from dataclasses import dataclass, field

from sqlalchemy import select

from hotline.domain.voice import Action, Ask, Beep, HangUp, Pause, Reject, Ring, Say, Tell
from hotline.gateways.base import IncomingCall
from hotline.runtime import Runtime
from hotline.services.calls import callflow, hangup, leavings
from hotline.services.calls.callflow import CallAnswer
from hotline.storage.callmodels import Call
from hotline.storage.models import Contact
from tests.opened import is_phone
from tests.support import HER

LINE = "+15005550006"
MISSED = "+15005550007"

_ids = itertools.count(1)


def call_id() -> str:
    """A gateway's id for a call."""
    return f"CA{next(_ids):032x}"


def recording_id() -> str:
    """A gateway's id for a recording."""
    return f"RE{next(_ids):032x}"


@dataclass
class Caller:
    """One call, from `ring` on. `turn` is what the caller hears now."""

    rt: Runtime
    number: str = HER
    line: str = LINE
    gateway_id: str = field(default_factory=call_id)
    turn: CallAnswer = field(default_factory=lambda: CallAnswer(()))

    def ring(self) -> "Caller":
        self.turn = callflow.start_call(self.rt, self.told())
        return self

    def told(self, keys: str = "", **values: object) -> IncomingCall:
        """What the gateway tells of this call."""
        return IncomingCall("twilio", self.gateway_id, self.number, self.line, keys, **values)  # type: ignore[arg-type]

    def press(self, *entries: str) -> "Caller":
        """Press keys, one entry a step; "" is silence."""
        for keys in entries:
            assert isinstance(self.last, Ask) or (keys and isinstance(self.last, Beep)), self.turn
            self.turn = callflow.press_key(self.rt, self.told(keys), self.turn.turn)
        return self

    def speak(self, *, seconds: int = 12, key: str = "", hung_up: bool = False, recording: str = "") -> "Caller":
        """Say something after the beep. `recording`: the gateway's id of it, if it matters."""
        assert isinstance(self.last, Beep), self.turn
        told = self.told(key, hung_up=hung_up, recording_id=recording or recording_id(), recorded_s=seconds)
        self.turn = callflow.end_recording(self.rt, told, self.turn.turn)
        return self

    def say_nothing(self) -> "Caller":
        """Say nothing after the beep: nothing was recorded, and the gateway goes on."""
        assert isinstance(self.last, Beep), self.turn
        self.turn = callflow.press_key(self.rt, self.told(), self.turn.turn)
        return self

    def dialled(self) -> "Caller":
        """A phone of the duty line was rung."""
        assert isinstance(self.last, Ring), self.turn
        self.turn = callflow.end_dial(self.rt, self.told(), self.turn.turn)
        return self

    def taken(self, keys: str = "1") -> bool:
        """Somebody of the duty line answers and presses a key."""
        return callflow.take_duty(self.rt, self.turn.call_id, keys)

    def hang_up(self, *, duration_s: int | None = 30) -> "Caller":
        """The caller hangs up, and the gateway says so."""
        hangup.end_call(self.rt, self.told(), duration_s)
        return self

    def report_recording(self, gateway_id: str, seconds: int = 12) -> None:
        """The gateway's own report of a recording."""
        leavings.receive_recording(self.rt, self.told(recording_id=gateway_id, recorded_s=seconds))

    @property
    def last(self) -> Action:
        """The last action of this turn, at which the gateway waits."""
        return self.turn.actions[-1]

    @property
    def is_over(self) -> bool:
        """Whether the hotline hangs up."""
        return isinstance(self.last, HangUp | Reject)

    @property
    def hears(self) -> list[str]:
        """The prompts of this turn."""
        return [s.prompt.key for a in self.turn.actions if isinstance(a, Ask | Beep | Tell) for s in a.sounds if not isinstance(s, Pause)]

    @property
    def languages(self) -> set[str]:
        """The languages of this turn."""
        return {s.language for a in self.turn.actions if isinstance(a, Ask | Beep | Tell) for s in a.sounds if not isinstance(s, Pause)}

    @property
    def reference(self) -> str:
        """The digits of the reference that the caller is told."""
        told = {
            v for a in self.turn.actions if isinstance(a, Ask) for s in a.sounds if isinstance(s, Say) for k, v in s.values if k == "digits"
        }
        assert len(told) == 1, self.turn
        return told.pop()

    @property
    def row(self) -> Call:
        """The call as it is stored."""
        with self.rt.reading() as session:
            return session.scalars(select(Call).where(Call.gateway_id == self.gateway_id)).one()


def calls_of(rt: Runtime) -> list[Call]:
    """All calls, oldest first."""
    with rt.reading() as session:
        return list(session.scalars(select(Call).order_by(Call.id)))


def contact_of(rt: Runtime, number: str) -> Contact:
    """The contact of a number."""
    with rt.reading() as session:
        return session.scalars(select(Contact).where(is_phone(number))).one()

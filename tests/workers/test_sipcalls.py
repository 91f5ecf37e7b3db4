"""A phone on a line of our own walks through the menu; here the phone is a script, and nothing takes as long as it lasts."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from hotline.domain import voice
from hotline.domain.bridge import End
from hotline.domain.ticket import Priority
from hotline.gateways.base import GatewayError, IncomingCall, Outcome
from hotline.gateways.sip import handset as handsets
from hotline.gateways.sip.handset import Gaps, HungUp
from hotline.gateways.sip.spool import BYTES_PER_S, Spool
from hotline.runtime import Runtime
from hotline.services.calls import bridging, callflow, hangup
from hotline.services.calls.placing import place_calls
from hotline.services.draining import take_in_waiting
from hotline.services.tickets import taking
from hotline.services.tickets.routing import route_due
from hotline.spool import Reader
from hotline.storage.bridgemodels import Bridge
from hotline.storage.callmodels import Call, Recording
from tests.asynchronous import run
from tests.calling import LINE, MISSED, Caller, calls_of
from tests.services.calls.test_missedcalls import VOICE, CallingGateway
from tests.services.colleagues import settle, volunteer
from tests.services.duty.test_attendance import give_phone
from tests.support import HER, texts_out, tickets
from workers import sipcalls
from workers.sipcalls import Desk, SipCall
from workers.sipsound import BEEP, RINGING, is_quiet, samples_of

LOUD = bytes([0, 40]) * (BYTES_PER_S // 2)
"""A second of speech."""


@dataclass
class Script:
    """A phone that does what is written: a key, "" for silence, a number of seconds of speech, "hang up"."""

    does: list[str | int] = field(default_factory=list)
    answers: bool = True
    why: str = ""
    is_there: bool = True
    talked_s: int = 12
    gaps: Gaps = field(default_factory=Gaps)
    played: list[bytes] = field(default_factory=list)
    was: list[str] = field(default_factory=list)
    said: list[bytes] = field(default_factory=list)

    def _next(self) -> str | int:
        if not self.is_there or not self.does or self.does[0] == "hang up":
            self.is_there = False
            raise HungUp
        return self.does[0]

    async def answer(self) -> None:
        self.was.append("answered")

    async def answered(self, *, within_s: float) -> bool:
        await asyncio.sleep(0)
        if self.why:
            self.is_there = False
            raise HungUp
        return self.answers

    async def reject(self) -> None:
        self.was.append("rejected")
        self.is_there = False

    async def hang_up(self) -> None:
        self.is_there = False

    def forget_keys(self) -> None: ...

    def hush(self) -> None: ...

    async def play(self, sound: bytes, *, until_key: bool) -> None:
        await asyncio.sleep(0)
        if not self.is_there:
            raise HungUp
        self.played.append(sound)

    async def key(self, within_s: float) -> str:
        found = self._next()
        if isinstance(found, int):
            return ""
        self.does.pop(0)
        return found

    def pressed(self, wanted: str) -> str | None:
        if not self.said and self.does and isinstance(self.does[0], str) and self.does[0] in (wanted or "-"):
            return str(self.does.pop(0))
        return None

    def listen(self) -> bytes:
        if self.played[-1:] == [BEEP] and not self.said and self.does and isinstance(self.does[0], int):
            self.said = [LOUD] * self.does.pop(0)  # type: ignore[call-overload]
            self.played.append(b"heard")
            return b""
        if self.said:
            return self.said.pop()
        if not self.does or self.does[0] == "hang up":
            self.is_there = False
        return b""


@dataclass
class Trunk:
    """Rings phones that are scripts, the first first."""

    phones: list[Script | GatewayError] = field(default_factory=list)
    rang: list[str] = field(default_factory=list)

    async def dial(self, number: str) -> Script:
        self.rang.append(number)
        phone = self.phones.pop(0)
        if isinstance(phone, GatewayError):
            raise phone
        return phone


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_LISTEN_EVERY_S", "_AGAIN_S"):
        monkeypatch.setattr(sipcalls, name, 0.001)
    monkeypatch.setattr(handsets, "TICK_S", 0.001)


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    return make_rt(voice=VOICE, data_dir=tmp_path)


@pytest.fixture
def trunk() -> Trunk:
    return Trunk()


@pytest.fixture(autouse=True)
def joined(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, Any]]:
    pairs: list[tuple[Any, Any]] = []

    async def join(one: Script, other: Script) -> None:
        await asyncio.sleep(0.01)
        pairs.append((one, other))
        other.is_there = False

    monkeypatch.setattr(sipcalls, "join", join)
    return pairs


def desk(rt: Runtime, trunk: Trunk) -> Desk:
    spool = Spool(rt.config, "line")
    return Desk(rt, trunk, spool)  # type: ignore[arg-type]


def calls(rt: Runtime, trunk: Trunk, *does: str | int, line: str = LINE) -> Script:
    """A citizen calls, and does that."""
    phone, told = Script(list(does)), IncomingCall("line", f"{len(calls_of(rt)):032x}", HER, line)
    at = desk(rt, trunk)
    at.spool.note(told.gateway_id, None)
    run(asyncio.wait_for(SipCall(at, phone, told).come_in(), 20))  # type: ignore[arg-type]
    assert list(at.spool.under_way()) == []
    return phone


def last(rt: Runtime) -> Call:
    return calls_of(rt)[-1]


def recordings_of(rt: Runtime) -> list[Recording]:
    with rt.reading() as session:
        return list(session.scalars(select(Recording).order_by(Recording.id)))


def test_a_whole_call_leaves_what_it_leaves_at_any_gateway(rt: Runtime, trunk: Trunk) -> None:
    phone = calls(rt, trunk, "1", "1", "1", "1", "1", "", 4, "#", "1", "", "hang up")
    call = last(rt)
    assert (call.consent, call.call_consent, call.ended_at is not None, call.duration_s) == ("yes", "yes", True, 12)
    assert [ticket.category for ticket in tickets(rt)] == ["snatching"]
    assert [text.text_key for text in texts_out(rt)] == ["receipt"]
    [recording] = recordings_of(rt)
    assert (recording.gateway, recording.gateway_id, recording.promised_s) == ("line", f"{call.gateway_id}-1", 4)
    assert phone.was == ["answered"]
    assert BEEP in phone.played


def test_a_call_to_the_missed_call_number_is_never_answered(rt: Runtime, trunk: Trunk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert calls(rt, trunk, line=MISSED).was == ["rejected"]
    assert [call.direction for call in calls_of(rt)] == ["missed", "back"]
    monkeypatch.setattr(callflow, "start_call", away)
    assert calls(rt, trunk, line=MISSED).was == ["rejected"]


def away(*_: object, **__: object) -> Any:
    raise ConnectionError("the database is away")


@pytest.mark.parametrize("step", ["start_call", "press_key", "end_recording"])
def test_when_the_database_is_away_the_caller_hears_that_the_lines_are_busy(
    rt: Runtime, trunk: Trunk, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setattr(callflow, step, away)
    phone = calls(rt, trunk, "1", "1", "1", "1", "1", "", 4, "#", "hang up")
    assert phone.was == ["answered"]
    assert busy(rt) in phone.played
    if step == "end_recording":
        assert [seconds for _, seconds in Spool(rt.config, "line").takes(last(rt).gateway_id or "")] == [4]


def busy(rt: Runtime) -> bytes:
    [tell, _] = voice.busy(callflow.menu_of(rt))
    return samples_of(rt.catalogues, tell.sounds)  # type: ignore[union-attr]


def test_the_end_of_a_call_is_told_until_it_is_stored(rt: Runtime, trunk: Trunk, monkeypatch: pytest.MonkeyPatch) -> None:
    tries = iter([away, away])
    real = hangup.end_call
    monkeypatch.setattr(hangup, "end_call", lambda *told: next(tries, real)(*told))  # noqa: PLW0108
    calls(rt, trunk, "1", "hang up")
    assert last(rt).ended_at is not None


def test_a_disk_that_fills_while_somebody_speaks_keeps_what_was_said_before(
    rt: Runtime, trunk: Trunk, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = sipcalls.Take.add
    monkeypatch.setattr(sipcalls.Take, "add", lambda take, sound: real(take, sound) if take.seconds < 3 else full())
    calls(rt, trunk, "1", "1", "1", "1", "1", "", 8, "", "hang up")
    assert recordings_of(rt)[0].promised_s == 3
    assert tickets(rt)[0].id == last(rt).ticket_id


def full() -> None:
    raise OSError(28, "No space left on device")


def test_who_hangs_up_at_the_beep_leaves_no_recording_and_who_hangs_up_speaking_leaves_one(rt: Runtime, trunk: Trunk) -> None:
    calls(rt, trunk, "1", "1", "1", "1", "1", "", "hang up")
    assert recordings_of(rt) == []
    calls(rt, trunk, "1", "1", "1", "", 3, "hang up")
    assert [recording.promised_s for recording in recordings_of(rt)] == [3]
    assert last(rt).ticket_id is not None


DUTY = ("+923001110001", "+923001110002")


@pytest.fixture
def guarded(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    return make_rt(voice=replace(VOICE, duty_line=DUTY), data_dir=tmp_path)


def test_duty_phones_ring_one_after_the_other_until_a_key_takes_the_call(
    guarded: Runtime, trunk: Trunk, joined: list[tuple[Script, Script]]
) -> None:
    mailbox, taker = Script(["", "", "hang up"]), Script(["1", ""])
    trunk.phones = [mailbox, taker]
    phone = calls(guarded, trunk, "0", "", 3, "#", "", "hang up")
    assert trunk.rang == [*DUTY]
    assert joined == [(phone, taker)]
    assert RINGING in phone.played
    assert (last(guarded).duty_taken, tickets(guarded)[0].priority) == (True, Priority.URGENT)


def test_duty_phones_that_cannot_be_rung_leave_the_caller_at_the_beep(guarded: Runtime, trunk: Trunk, joined: list[Any]) -> None:
    trunk.phones = [GatewayError("no_route", Outcome.NOT_SENT), Script(why="486 Busy Here")]
    calls(guarded, trunk, "0", "", 3, "#", "", 5, "#", "", "hang up")
    assert (len(trunk.rang), joined, [recording.promised_s for recording in recordings_of(guarded)]) == (2, [], [3, 5])


def test_a_duty_phone_that_takes_the_call_is_joined_when_the_database_goes_and_does_not_stay(
    guarded: Runtime, trunk: Trunk, joined: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    taker = Script(["1", ""])
    trunk.phones = [taker]
    with monkeypatch.context() as patch:
        patch.setattr(callflow, "take_duty", away)
        patch.setattr(callflow, "end_dial", away)
        phone = calls(guarded, trunk, "0", "", 3, "#", "", "hang up")
    assert (joined, taker.is_there, busy(guarded) in phone.played) == ([(phone, taker)], False, True)
    assert not last(guarded).duty_taken
    take_in(guarded)
    assert last(guarded).duty_taken


def take_in(rt: Runtime) -> None:
    assert take_in_waiting(rt, Reader(rt.config.keys_file), for_s=30) is False


def test_danger_keyed_while_the_database_is_away_hears_whom_to_call_and_is_told_to_people_later(
    rt: Runtime, trunk: Trunk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(callflow, "press_key", away)
        phone = calls(rt, trunk, "0", "hang up")
    assert busy(rt) in phone.played
    assert tickets(rt) == []
    take_in(rt)
    assert (len(tickets(rt)), tickets(rt)[0].priority, last(rt).ticket_id) == (1, Priority.URGENT, tickets(rt)[0].id)


@pytest.mark.parametrize(("key", "hears"), [("#", True), ("5", False)])
def test_who_keys_in_danger_that_speaking_is_impossible_hears_nothing_when_the_database_goes(
    rt: Runtime, trunk: Trunk, monkeypatch: pytest.MonkeyPatch, key: str, hears: bool
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(callflow, "end_recording", away)
        phone = calls(rt, trunk, "0", "", 3, key, "hang up")
    assert (busy(rt) in phone.played) is hears
    take_in(rt)
    assert [recording.promised_s for recording in recordings_of(rt)] == [3]
    assert last(rt).walk.get("must_be_silent", False) is not hears


@pytest.mark.parametrize(
    ("citizen", "ended"),
    [
        (Script(), End.JOINED),
        (Script(why="486 Busy Here"), End.BUSY),
        (Script(why="480 Temporarily Unavailable"), End.NO_ANSWER),
        (Script(why="404 Not Found"), End.FAILED),
        (Script(answers=False), End.NO_ANSWER),
        (GatewayError("starting", Outcome.NOT_SENT), End.FAILED),
    ],
)
def test_what_becomes_of_a_citizens_phone_is_told(
    rt: Runtime, trunk: Trunk, tmp_path: Path, joined: list[Any], citizen: Any, ended: End
) -> None:
    settle(rt, tmp_path)
    give_phone(rt, "alice")
    Caller(rt).ring().press("1", "3", "1").hang_up()  # asks to be called
    route_due(rt)
    [ticket] = tickets(rt)
    taking.claim(rt, volunteer(rt, "alice"), ticket.reference, ticket.version)
    bridging.ask(rt, volunteer(rt, "alice"), ticket.reference)
    gateway = CallingGateway()
    gateway.name = "line"
    place_calls(rt, gateway)
    to, call_id = gateway.placed[-1]
    trunk.phones = [citizen if isinstance(citizen, GatewayError) else Script(answers=citizen.answers, why=citizen.why)]
    alice = Script(["1", ""])
    told = IncomingCall("line", calls_of(rt)[-1].gateway_id or "", to, LINE, call_id=call_id)
    run(asyncio.wait_for(SipCall(desk(rt, trunk), alice, told, is_alarm=True).go_out(call_id), 20))  # type: ignore[arg-type]
    with rt.reading() as session:
        bridge = session.scalars(select(Bridge)).one()
    assert (bridge.ended, trunk.rang, len(joined)) == (ended, [HER], ended is End.JOINED)
    assert not alice.is_there


def test_a_volunteers_own_phone_hears_no_error(rt: Runtime, trunk: Trunk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callflow, "answer_back", away)
    phone, told = Script(["1"]), IncomingCall("line", "e" * 32, HER, LINE, call_id=1)
    run(asyncio.wait_for(SipCall(desk(rt, trunk), phone, told, is_alarm=True).go_out(1), 20))  # type: ignore[arg-type]
    assert phone.played == []


def test_a_clip_that_is_missing_is_left_out_and_the_rest_is_heard(rt: Runtime, logged: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    whole = busy(rt)
    monkeypatch.setattr(
        "workers.sipsound.i18n.prompts_path", lambda folder, language: folder / ("gone" if language == "sd" else language) / "prompts"
    )
    assert 0 < len(busy(rt)) < len(whole)
    assert "a prompt cannot be played" in {line["event"] for line in logged}


def test_speech_is_told_from_silence() -> None:
    assert (is_quiet(bytes(1600)), is_quiet(LOUD), is_quiet(b"")) == (True, False, True)
    assert is_quiet(bytes([30, 0]) * 800)  # the hiss of a line
    assert not is_quiet(bytes([0, 1]) * 800)  # a whisper

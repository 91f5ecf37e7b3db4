"""A telephone line of our own, held by its process: phones on loopback call it and are called."""

import asyncio
import contextlib
import io
import random
import wave
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from hotline.domain.bridge import End
from hotline.domain.ticket import Priority
from hotline.gateways.base import GatewayError, IncomingCall, Outcome
from hotline.gateways.registry import call_gateways, load_config
from hotline.gateways.sip.client import SipCalls
from hotline.jobs import RedisBell
from hotline.media.sealedaudio import StoredAudio
from hotline.runtime import Runtime, build_runtime, utc_now
from hotline.services.calls import bridging, callflow, recordings
from hotline.services.calls.placing import place_calls
from hotline.services.tickets import taking
from hotline.services.tickets.routing import route_due
from hotline.storage import recordings as recording_rows
from hotline.storage.bridgemodels import Bridge
from hotline.storage.callmodels import Call, Recording
from hotline.storage.models import Message
from tests.asynchronous import run
from tests.calling import Caller, calls_of
from tests.services.colleagues import settle, volunteer
from tests.services.duty.test_attendance import PHONE, give_phone
from tests.support import tickets
from tests.workers.sipphones import Registrar, SipPhone, free_port, is_tone, sip_phones, so, takes, tone
from tests.workers.watching import Watched

Start = Callable[..., Watched]
Lines = Callable[..., Any]
HER = "03001234567"
"""As the exchange of a line in Pakistan gives a caller."""

OTHER = "03001234502"
DUTY = "03001110009"
MISSED = "+922111234568"


@dataclass
class Line:
    """A line with its process, and the phones beside it."""

    rt: Runtime
    start: Callable[[], Watched]
    data: Path
    phone: Callable[[str], Any]
    process: Watched | None = None
    gateway: SipCalls = field(init=False)

    def __post_init__(self) -> None:
        gateway = call_gateways(self.rt.config)["line"]
        assert isinstance(gateway, SipCalls)
        self.gateway = gateway

    async def held(self) -> None:
        """Start the process, and wait until it holds the line."""
        self.process = self.start()
        await so(self.is_up, within_s=30, log=self.process.said)

    def is_up(self) -> bool:
        with contextlib.suppress(GatewayError):
            return self.gateway.state()["up"] is True
        return False

    def calls(self) -> list[Call]:
        return calls_of(self.rt)

    async def at(self, step: str, *, call: int = -1) -> None:
        """Wait until a call is at a step, and its words have begun."""
        await so(lambda: self.calls() and self.calls()[call].walk["step"] == step, log=self.said)
        await asyncio.sleep(0.4)

    async def ended(self, *, call: int = -1) -> Call:
        return await so(lambda: self.calls()[call].ended_at and self.calls()[call], log=self.said)

    def said(self) -> str:
        steps = [(call.direction, call.walk, call.ended_at) for call in self.calls()]
        return f"{steps}\n{self.process.said() if self.process else ''}"

    def recordings(self) -> list[Recording]:
        with self.rt.reading() as session:
            return list(session.scalars(select(Recording).order_by(Recording.id)))

    def texts(self) -> list[str | None]:
        with self.rt.reading() as session:
            return [message.text_key for message in session.scalars(select(Message).where(Message.direction == "out"))]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def line(settings: dict[str, str], redis_url: str, data: Path, tmp_path: Path, start: Start) -> Iterator[Lines]:
    """Makes lines: `async with line(database_url) as held`."""
    made: list[Runtime] = []

    @asynccontextmanager
    async def make(database_url: str, *, at_once: int = 10, voice: str = "") -> AsyncIterator[Line]:
        line_port, port, first = free_port(), free_port(), random.randrange(20_000, 60_000, 1000)
        Path(settings["HOTLINE_CONFIG"]).write_text(  # noqa: ASYNC240 - nobody waits yet
            '[contact_hours]\nopens = "00:00"\ncloses = "24:00"\n'
            f'[voice]\nnumber = "+922111234567"\nkey_wait_s = 2\nsilence_s = 3\nlanguages = ["ur"]\n{voice}\n'
            f'[gateways.line]\nkind = "sip"\nhost = "127.0.0.1:{port}"\nuser = "hotline"\nregister = false\npretend = true\n'
            f'listen = "127.0.0.1:{line_port}"\nrtp_ports = "{first}-{first + 900}"\nat_once = {at_once}\n'
        )
        env = settings | {"HOTLINE_DATABASE_URL": database_url, "HOTLINE_REDIS_URL": redis_url, "HOTLINE_DATA_DIR": str(data)}
        rt = build_runtime(load_config(env), bell=RedisBell(redis_url), clock=utc_now)
        made.append(rt)
        more = {key: env[key] for key in ("HOTLINE_DATABASE_URL", "HOTLINE_REDIS_URL", "HOTLINE_DATA_DIR")}
        async with sip_phones(port=port, line_port=line_port) as phone:
            held = Line(rt, lambda: start("workers.sip", "line", **more), data, phone)
            await held.held()
            yield held

    yield make
    for rt in made:
        rt.close()


async def complains(held: Line, phone: SipPhone, *, call: int = -1) -> None:
    """Choose Urdu, a complaint of a snatched phone, and agree to texts and calls, up to where the beep comes."""
    for step in ("opening", "main", "category", "consent", "call_consent"):
        await held.at(step, call=call)
        await phone.press("1")
    await held.at("record", call=call)


async def speaks(held: Line, phone: SipPhone, seconds: float, *, hz: int = 700) -> None:
    """Cut the words before the beep short, and speak once it is recorded."""
    before = set(takes(held.data))
    await phone.press("1")
    await so(lambda: set(takes(held.data)) - before, log=held.said)
    await phone.say(tone(hz, seconds))


def test_a_caller_walks_through_the_menu_is_recorded_and_leaves_a_ticket(database_url: str, line: Lines) -> None:
    async def story() -> None:
        async with line(database_url) as held:
            phone = await (await held.phone(HER)).ring()
            await complains(held, phone)
            await speaks(held, phone, 4)
            await phone.press("#")
            await held.at("keep")
            await phone.press("1")
            await held.at("told")
            await phone.hang_up()
            call = await held.ended()
            assert (call.gateway, call.direction, call.consent, call.call_consent) == ("line", "in", "yes", "yes")
            assert call.duration_s >= 4
            [ticket] = tickets(held.rt)
            assert (ticket.id, ticket.category) == (call.ticket_id, "snatching")
            assert held.texts() == ["receipt"]
            [recording] = held.recordings()
            assert (recording.state, 3 <= recording.promised_s <= 7) == ("awaited", True)  # a busy machine hears a second more or less
            assert_fetched(held, 700)

    run(story())


def assert_fetched(held: Line, *hz: int) -> None:
    """The recordings, one for each tone, are fetched, can be played, and are gone from the line's own folder."""
    for path in takes(held.data):
        written = path.read_bytes()
        assert not any(tone(one, 0.01) in written for one in hz)
        assert path.stat().st_mode & 0o077 == 0
    assert recordings.fetch_due(held.rt, held.gateway) is False  # brings them
    assert recordings.fetch_due(held.rt, held.gateway) is False  # and deletes them at the line
    for recording, one in zip(held.recordings(), hz, strict=True):
        assert (recording.state, recording.reason) == ("done", None)
        assert is_tone(played(held, recording), one)
    assert takes(held.data) == []


def played(held: Line, recording: Recording) -> bytes:
    """The samples of a recording, as its page plays them."""
    with held.rt.reading() as session:
        key = recording_rows.key_of(session, recording)
    assert key is not None
    stored = StoredAudio(held.rt.store, recording.stored_as or "", recording.size_bytes or 0, key)
    with wave.open(io.BytesIO(b"".join(stored.read(0, stored.size_bytes))), "rb") as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        return file.readframes(file.getnframes())


def test_keys_that_come_out_of_time_change_nothing(sqlite_url: str, line: Lines) -> None:
    async def story() -> None:
        async with line(sqlite_url) as held:
            phone = await (await held.phone(HER)).ring()
            await held.at("early")  # no key: neither language nor menu was chosen, and the beep comes
            await speaks(held, phone, 1)
            await phone.press("77")  # no key that ends a recording
            await phone.say(tone(700, 1))
            await phone.press("#")
            await so(held.recordings, log=held.said)
            assert held.recordings()[0].promised_s in (2, 3)
            await phone.hang_up()
            call = await held.ended()
            assert tickets(held.rt)[0].id == call.ticket_id
            assert not call.walk.get("danger")

    run(story())


def test_silence_ends_a_recording_and_counts_as_nothing_said(sqlite_url: str, line: Lines) -> None:
    async def story() -> None:
        async with line(sqlite_url) as held:
            phone = await (await held.phone(HER)).ring()
            await held.at("early")
            await phone.press("1")
            await so(lambda: takes(held.data), log=held.said)
            await so(held.recordings, within_s=20, log=held.said)
            assert held.recordings()[0].promised_s in (2, 3)
            await phone.hang_up()
            await held.ended()
            assert held.calls()[0].walk.get("takes", 0) == 0  # what is as it began is not stored

    run(story())


def test_a_caller_may_hang_up_at_each_step(sqlite_url: str, line: Lines) -> None:
    steps = ("opening", "main", "category", "consent", "call_consent", "record", "while recorded", "keep", "told")

    async def hangs_up(held: Line, phone: SipPhone, at: str) -> None:
        for step in steps[:5]:
            await held.at(step)
            if step == at:
                return
            await phone.press("1")
        await held.at("record")
        if at == "record":
            return
        await speaks(held, phone, 2)
        for step in steps[7:]:
            if at == "while recorded":
                return
            await phone.press("#" if step == "keep" else "1")
            await held.at(step)
            if step == at:
                return

    async def story() -> None:
        async with line(sqlite_url) as held:
            left = {}
            for number, step in enumerate(steps):
                phone = await (await held.phone(f"030012345{number:02d}")).ring()
                await so(lambda: len(held.calls()) == len(left) + 1, log=held.said)
                await hangs_up(held, phone, step)
                await phone.hang_up()
                call = await held.ended()
                left[step] = (call.ticket_id is not None, sum(r.call_id == call.id for r in held.recordings()))
            spoken = dict.fromkeys(steps[6:], (True, 1))
            assert left == {**{step: (found, 0) for step, (found, _) in left.items()}, **spoken}
            assert not left["opening"][0]
            assert list((held.data / "gateways/line").glob("*.live")) == []

    run(story())


def test_two_calls_at_once_are_kept_apart_and_a_third_finds_all_lines_taken(sqlite_url: str, line: Lines) -> None:
    async def story() -> None:
        async with line(sqlite_url, at_once=2) as held:
            one = await (await held.phone(HER)).ring()
            await so(held.calls, log=held.said)
            other = await (await held.phone(OTHER)).ring()
            await so(lambda: len(held.calls()) == 2, log=held.said)
            with pytest.raises(Exception, match="486"):
                await (await held.phone(DUTY)).ring()
            await asyncio.gather(complains(held, one, call=0), complains(held, other, call=1))
            await one.press("1")
            await so(lambda: len(takes(held.data)) == 1, log=held.said)
            await other.press("1")
            await so(lambda: len(takes(held.data)) == 2, log=held.said)
            await asyncio.gather(one.say(tone(500, 3)), other.say(tone(1100, 3)))
            await one.press("#")
            await so(held.recordings, log=held.said)
            await other.press("#")
            await so(lambda: len(held.recordings()) == 2, log=held.said)
            await one.hang_up()
            await other.hang_up()
            await held.ended(call=0)
            await held.ended(call=1)
            assert len(tickets(held.rt)) == 2
            assert_fetched(held, 500, 1100)

    run(story())


def test_what_was_recorded_until_the_process_is_killed_is_not_lost(database_url: str, line: Lines) -> None:
    async def story() -> None:
        async with line(database_url) as held:
            phone = await (await held.phone(HER)).ring()
            await complains(held, phone)
            await speaks(held, phone, 4)
            held.process.end()
            assert held.recordings() == []
            [take] = takes(held.data)
            assert list(take.parent.glob("*.live"))
            with pytest.raises(GatewayError) as fault:
                held.gateway.call_state("0" * 32)
            assert (fault.value.code, fault.value.outcome) == ("no_process", Outcome.NOT_SENT)
            [left] = (held.data / "gateways/line.tmp").iterdir()
            await held.held()
            [now] = (held.data / "gateways/line.tmp").iterdir()
            assert now.name != left.name  # what the library left is cleared away
            call = await held.ended()
            [recording] = await so(held.recordings, log=held.said)
            assert call.ticket_id == tickets(held.rt)[0].id
            assert recording.promised_s >= 3
            assert_fetched(held, 700)
            assert held.gateway.call_state(call.gateway_id or "") is None
            assert list(take.parent.glob("*.live")) == []

    run(story())


def test_a_missed_call_is_called_back_and_a_busy_phone_is_noted(sqlite_url: str, line: Lines) -> None:
    async def story() -> None:
        async with line(sqlite_url, voice=f'missed_call_number = "{MISSED}"') as held:
            phone = await held.phone(HER)
            for number in range(2):
                callflow.start_call(held.rt, IncomingCall("line", f"{number:032x}", HER, MISSED))
                assert place_calls(held.rt, held.gateway) is False
                if number == 0:
                    await phone.answer()
                    await held.at("back")
                    await phone.press("1")
                    await held.at("opening")
                    assert any(await phone.hear(1))
                    await phone.hang_up()
                else:
                    await (await asyncio.wait_for(phone.rung.get(), 10)).reject()
                call = await held.ended()
                assert (call.direction, call.gateway, call.turn) == ("back", "line", 1 - number)

    run(story())


def test_a_caller_in_danger_is_joined_with_the_volunteer_of_the_duty_line_who_presses_one(sqlite_url: str, line: Lines) -> None:
    async def story() -> None:
        async with line(sqlite_url, voice='duty_line = ["+923001110008", "+923001110009"]') as held:
            first, second = await held.phone("03001110008"), await held.phone(DUTY)
            caller = await (await held.phone(HER)).ring()
            await held.at("opening")
            await caller.press("0")
            await held.at("danger")
            await speaks(held, caller, 2)
            await caller.press("#")
            await (await asyncio.wait_for(first.rung.get(), 20)).reject()
            await second.answer()
            await asyncio.sleep(0.5)
            await second.press("1")
            await so(lambda: held.calls()[0].duty_taken, log=held.said)
            await asyncio.sleep(0.3)
            [heard, said, *_] = await asyncio.gather(
                second.hear(1.5), caller.hear(1.5), caller.say(tone(500, 2)), second.say(tone(1100, 2))
            )
            assert (is_tone(heard, 500), is_tone(said, 1100)) == (True, True)
            await second.hang_up()
            await held.at("told")
            await caller.hang_up()
            call = await held.ended()
            [ticket] = tickets(held.rt)
            assert (ticket.priority, ticket.id) == (Priority.URGENT, call.ticket_id)
            assert len(held.recordings()) == 1  # nothing of the talk

    run(story())


def test_a_volunteer_is_joined_with_a_citizen_and_neither_is_recorded(sqlite_url: str, line: Lines, tmp_path: Path) -> None:
    async def story() -> None:
        async with line(sqlite_url) as held:
            settle(held.rt, tmp_path)
            give_phone(held.rt, "alice")
            citizen, alice = await held.phone(HER), await held.phone("0" + PHONE.removeprefix("+92"))
            Caller(held.rt, "+92" + HER[1:]).ring().press("1", "3", "1").hang_up()  # asks to be called
            route_due(held.rt)
            [ticket] = tickets(held.rt)
            taking.claim(held.rt, volunteer(held.rt, "alice"), ticket.reference, ticket.version)
            bridging.ask(held.rt, volunteer(held.rt, "alice"), ticket.reference)
            place_calls(held.rt, held.gateway)
            await alice.answer()
            await held.at("ready")
            await alice.press("1")
            await citizen.answer()
            await so(lambda: bridge(held.rt).joined_at, log=held.said)
            [heard, said, *_] = await asyncio.gather(
                citizen.hear(1.5), alice.hear(1.5), alice.say(tone(500, 2)), citizen.say(tone(1100, 2))
            )
            assert (is_tone(heard, 500), is_tone(said, 1100)) == (True, True)
            await asyncio.sleep(1)
            await citizen.hang_up()
            await alice.hung_up()
            await held.ended()
            assert (bridge(held.rt).ended, bridge(held.rt).duration_s >= 3) == (End.JOINED, True)
            assert (held.recordings(), takes(held.data)) == ([], [])

    run(story())


def bridge(rt: Runtime) -> Bridge:
    with rt.reading() as session:
        return session.scalars(select(Bridge)).one()


def test_the_line_is_registered_with_its_password_and_a_wrong_one_is_told(
    sqlite_url: str, redis_url: str, settings: dict[str, str], start: Start, data: Path
) -> None:
    async def story(password: str) -> tuple[dict[str, Any], Registrar]:
        port, first = free_port(), random.randrange(20_000, 60_000, 1000)
        Path(settings["HOTLINE_CONFIG"]).write_text(  # noqa: ASYNC240 - nobody waits yet
            f'[gateways.line]\nkind = "sip"\nhost = "127.0.0.1:{port}"\nuser = "hotline"\npretend = true\n'
            f'listen = "127.0.0.1:{free_port()}"\nrtp_ports = "{first}-{first + 900}"\n'
        )
        env = {"HOTLINE_DATABASE_URL": sqlite_url, "HOTLINE_REDIS_URL": redis_url, "HOTLINE_DATA_DIR": str(data)}
        env["HOTLINE_LINE_PASSWORD"] = password
        loop = asyncio.get_running_loop()
        transport, registrar = await loop.create_datagram_endpoint(lambda: Registrar("hotline", "tulip"), local_addr=("127.0.0.1", port))
        process = start("workers.sip", "line", **env)
        gateway = call_gateways(load_config(settings | env))["line"]
        assert isinstance(gateway, SipCalls)
        await so(lambda: registrar.registered or registrar.refused, within_s=30, log=process.said)
        await asyncio.sleep(0.5)
        state = await asyncio.to_thread(gateway.state)
        process.end()
        transport.close()
        return state, registrar

    state, registrar = run(story("tulip"))
    assert (state["up"], registrar.registered > 0) == (True, True)
    state, registrar = run(story("rose"))
    assert (state["up"], state["code"][:3], registrar.registered) == (False, "401", 0)

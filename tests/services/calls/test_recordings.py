"""A recording comes to us whole, once, whatever breaks on the way. Only then is it deleted at the gateway."""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

import pytest
from sqlalchemy import select, update

from hotline.alarms import AlarmKind
from hotline.gateways.base import FoundRecording, GatewayError, Outcome
from hotline.jobs import Job
from hotline.media import store as media_store
from hotline.media.store import StoreFault
from hotline.runtime import Runtime
from hotline.sealing import new_contact_key, wrap
from hotline.services.calls import leavings
from hotline.services.calls import recordings as subject
from hotline.services.calls.recordings import ask_recordings, fetch_due
from hotline.services.tickets.routing import route_due
from hotline.storage import recordings as rows
from hotline.storage import sealed, wiping
from hotline.storage.callmodels import Recording
from hotline.storage.models import Alarm, Contact, Event
from hotline.storage.wiping import Why
from tests.recorded import A_LAW, MU_LAW, Killed, RecordingGateway, a_recording, calls, fetch, mp3, opened, recordings, riff, told, wav
from tests.services.colleagues import settle, volunteer
from tests.support import HER, OTHER, Clock, make_runtime, tickets

AWAY = GatewayError("503", Outcome.UNKNOWN)


@pytest.fixture
def gateway() -> RecordingGateway:
    return RecordingGateway()


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    return make_rt(data_dir=tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "recordings"


def states(rt: Runtime) -> list[tuple[str, str | None]]:
    return [(r.state, r.reason) for r in recordings(rt)]


def events(rt: Runtime) -> list[str]:
    """What happened to recordings."""
    with rt.reading() as session:
        found = session.scalars(select(Event.kind).where(Event.kind.in_(("recorded", "recording_lost"))).order_by(Event.id))
        return list(found)


def alarms(rt: Runtime) -> list[tuple[str, int]]:
    with rt.reading() as session:
        return [(a.kind, a.volunteer_id) for a in session.scalars(select(Alarm).order_by(Alarm.volunteer_id))]


def kept(rt: Runtime, folder: Path) -> list[bytes]:
    """What every file in the store holds, hidden ones too."""
    return [opened(rt, path) for path in folder.iterdir()] if folder.exists() else []


def is_of_its_file(recording: Recording, folder: Path) -> bool:
    """Whether size and digest in the row are those of the one file in the store."""
    [path] = folder.iterdir()
    content = path.read_bytes()
    return (recording.stored_as, recording.size_bytes, recording.sha256) == (path.name, len(content), hashlib.sha256(content).hexdigest())


def until_settled(rt: Runtime, gateway: RecordingGateway, clock: Clock, *, hours: float) -> None:
    """Fetch every five minutes for so many hours."""
    for _ in range(round(hours * 12)):
        fetch(rt, gateway)
        clock.forward(minutes=5)
    fetch(rt, gateway)


# As it should be


def test_it_is_stored_and_then_forgotten_at_the_gateway(rt: Runtime, gateway: RecordingGateway, folder: Path) -> None:
    gateway_id = a_recording(rt, gateway, seconds=7)
    audio = gateway.audio[gateway_id]
    assert Job.FETCH_RECORDINGS in rt.bell.rung  # type: ignore[attr-defined]
    fetch(rt, gateway)
    [recording] = recordings(rt)
    assert (recording.state, recording.duration_s, is_of_its_file(recording, folder)) == ("done", 7.0, True)
    assert recording.stored_at is not None
    assert recording.next_attempt_at is None
    assert (kept(rt, folder), gateway.audio) == ([audio], {})
    assert gateway.asked == [("fetch", gateway_id), ("delete", gateway_id)]
    assert events(rt) == ["recorded"]
    [ticket] = tickets(rt)
    assert (ticket.unread, ticket.version) == (True, 2)


def test_its_name_says_nothing_of_whose_it_is(rt: Runtime, gateway: RecordingGateway) -> None:
    gateway_id = a_recording(rt, gateway)
    fetch(rt, gateway)
    [recording], [ticket] = recordings(rt), tickets(rt)
    name = recording.stored_as or ""
    assert len(name) == len("0" * 32 + ".wav.sealed")
    assert not any(known in name for known in (gateway_id, ticket.reference))


def test_a_report_that_comes_twice_is_one_recording(rt: Runtime, gateway: RecordingGateway, folder: Path) -> None:
    gateway_id = a_recording(rt, gateway)
    again = told(call=calls(rt)[0].gateway_id or "", recording=gateway_id, recorded_s=7)
    leavings.receive_recording(rt, again)
    fetch(rt, gateway)
    leavings.receive_recording(rt, again)
    fetch(rt, gateway)
    assert (states(rt), events(rt), len(kept(rt, folder))) == ([("done", None)], ["recorded"], 1)
    assert len(tickets(rt)) == 1


def test_two_recordings_of_one_call_are_both_kept(rt: Runtime, gateway: RecordingGateway, folder: Path) -> None:
    a_recording(rt, gateway)
    gateway.audio["RE" + "f" * 32] = wav(3)
    leavings.receive_recording(rt, told(call=calls(rt)[0].gateway_id or "", recording="RE" + "f" * 32, recorded_s=3))
    fetch(rt, gateway)
    assert (states(rt), len(kept(rt, folder)), len(tickets(rt))) == ([("done", None)] * 2, 2, 1)


def test_more_than_there_is_time_for_is_told(rt: Runtime, gateway: RecordingGateway) -> None:
    a_recording(rt, gateway)
    assert fetch_due(rt, gateway, for_s=0) is True


# The report never came


def test_the_gateway_is_asked_what_a_call_recorded(rt: Runtime, gateway: RecordingGateway) -> None:
    a_recording(rt, gateway)
    call = calls(rt)[0]
    gateway.audio["RE" + "e" * 32] = wav(5)
    gateway.listed = [FoundRecording(recordings(rt)[0].gateway_id, 7), FoundRecording("RE" + "e" * 32, 5)]
    ask_recordings(rt, gateway, call.id)
    fetch(rt, gateway)
    assert [(r.gateway_id, r.promised_s, r.state) for r in recordings(rt)][1] == ("RE" + "e" * 32, 5, "done")
    assert gateway.asked[0] == ("list", call.gateway_id)


def test_the_last_length_the_gateway_tells_is_the_right_one(rt: Runtime, gateway: RecordingGateway) -> None:
    gateway_id = a_recording(rt, gateway, seconds=11, audio=wav(3))  # told with the silence at its end
    call = calls(rt)[0].gateway_id or ""
    leavings.receive_recording(rt, told(call=call, recording=gateway_id, recorded_s=3))
    leavings.receive_recording(rt, told(call=call, recording=gateway_id))
    assert [r.promised_s for r in recordings(rt)] == [3]
    fetch(rt, gateway)
    assert (states(rt), gateway.audio) == ([("done", None)], {})
    leavings.receive_recording(rt, told(call=call, recording=gateway_id, recorded_s=11))
    assert [(r.state, r.promised_s) for r in recordings(rt)] == [("done", 3)]


def test_a_report_does_not_wait_for_a_worker_that_holds_the_recording(postgres_url: str, gateway: RecordingGateway) -> None:
    """The worker goes on to the ticket, which a step of the call may have locked already."""
    rt = make_runtime(postgres_url)
    gateway_id = a_recording(rt, gateway, seconds=11)
    again = told(call=calls(rt)[0].gateway_id or "", recording=gateway_id, recorded_s=3)
    with ThreadPoolExecutor(1) as pool, rt.transaction() as tx:
        rows.locked(tx.session, recordings(rt)[0].id)
        pool.submit(leavings.receive_recording, rt, again).result(3)
    assert [r.promised_s for r in recordings(rt)] == [11]
    rt.close()


# What goes wrong


def test_audio_that_is_late_is_waited_for(rt: Runtime, gateway: RecordingGateway, clock: Clock) -> None:
    gateway_id = a_recording(rt, gateway)
    audio = gateway.audio.pop(gateway_id)
    fetch(rt, gateway)
    fetch(rt, gateway)  # not at once again
    assert (states(rt), gateway.asked) == ([("awaited", "404")], [("fetch", gateway_id)])
    gateway.audio[gateway_id] = audio
    clock.forward(seconds=7)
    fetch(rt, gateway)
    assert (states(rt), events(rt), alarms(rt)) == ([("done", None)], ["recorded"], [])


def test_a_gateway_that_is_away_for_a_day_loses_nothing(rt: Runtime, gateway: RecordingGateway, clock: Clock) -> None:
    a_recording(rt, gateway)
    gateway.script = [AWAY] * 1000
    until_settled(rt, gateway, clock, hours=24)
    assert states(rt) == [("awaited", "503")]
    gateway.script = []
    clock.forward(hours=2)
    fetch(rt, gateway)
    assert (states(rt), events(rt)) == ([("done", None)], ["recorded"])


@pytest.mark.parametrize("code", ["400", "401", "403", "407", "451"])
def test_a_refusal_that_is_not_about_the_recording_loses_nothing(rt: Runtime, gateway: RecordingGateway, clock: Clock, code: str) -> None:
    a_recording(rt, gateway)
    gateway.script = [GatewayError(code, Outcome.REFUSED)] * 1000
    until_settled(rt, gateway, clock, hours=24)
    assert (states(rt), events(rt)) == ([("awaited", code)], [])
    gateway.script = []
    clock.forward(hours=2)
    fetch(rt, gateway)
    assert states(rt) == [("done", None)]


@pytest.mark.parametrize("code", ["404", "410"])
def test_one_that_was_given_up_is_fetched_once_the_gateway_has_it_again(
    rt: Runtime, gateway: RecordingGateway, clock: Clock, code: str
) -> None:
    gateway_id = a_recording(rt, gateway)
    gateway.script = [GatewayError(code, Outcome.REFUSED)] * 1000
    until_settled(rt, gateway, clock, hours=2)
    assert states(rt) == [("lost", code)]
    gateway.script, gateway.listed = [], [FoundRecording(gateway_id, 7)]
    ask_recordings(rt, gateway, calls(rt)[0].id)
    gateway.script = [GatewayError(code, Outcome.REFUSED)]  # and we wait for it as long as for a new recording
    fetch(rt, gateway)
    assert states(rt) == [("awaited", code)]
    clock.forward(minutes=1)
    fetch(rt, gateway)
    assert (states(rt), events(rt)) == ([("done", None)], ["recording_lost", "recorded"])


def test_tries_are_further_and_further_apart(rt: Runtime, gateway: RecordingGateway, clock: Clock) -> None:
    a_recording(rt, gateway)
    gateway.script = [AWAY] * 1000
    until_settled(rt, gateway, clock, hours=24)
    assert 20 <= len(gateway.asked) <= 36


def test_what_never_comes_is_told_and_somebody_is_paged(rt: Runtime, gateway: RecordingGateway, clock: Clock, tmp_path: Path) -> None:
    settle(rt, tmp_path)
    gateway_id = a_recording(rt, gateway)
    del gateway.audio[gateway_id]
    route_due(rt)
    before = len(alarms(rt))
    until_settled(rt, gateway, clock, hours=0.8)
    assert (states(rt), len(alarms(rt))) == ([("awaited", "404")], before)
    until_settled(rt, gateway, clock, hours=2)
    assert (states(rt), events(rt)) == ([("lost", "404")], ["recording_lost"])
    [ticket] = tickets(rt)
    paged = [who for kind, who in alarms(rt) if kind == AlarmKind.RECORDING_LOST]
    assert paged == [volunteer(rt, "lead").id]  # nobody of "general" is on duty at noon
    assert ticket.unread


def test_whoever_has_the_ticket_is_paged_while_she_is_on_duty(rt: Runtime, gateway: RecordingGateway, clock: Clock, tmp_path: Path) -> None:
    settle(rt, tmp_path)
    clock.forward(hours=12)  # alice's night
    gateway_id = a_recording(rt, gateway)
    del gateway.audio[gateway_id]
    route_due(rt)
    until_settled(rt, gateway, clock, hours=2)
    assert [who for kind, who in alarms(rt) if kind == AlarmKind.RECORDING_LOST] == [volunteer(rt, "alice").id]


def test_a_ticket_without_a_team_pages_the_head(rt: Runtime, gateway: RecordingGateway, clock: Clock, tmp_path: Path) -> None:
    settle(rt, tmp_path)
    gateway_id = a_recording(rt, gateway)
    del gateway.audio[gateway_id]
    until_settled(rt, gateway, clock, hours=2)
    assert alarms(rt) == [(AlarmKind.RECORDING_LOST, volunteer(rt, "head").id)]


@pytest.mark.parametrize(
    ("audio", "reason"),
    [
        (b"<html>not found</html>", "not_audio"),
        (wav(0), "not_audio"),
        (riff(bytes(16_000), codec=2, bits=4), "not_audio"),
        (b"RIFF" + b"\0" * 9_000_000, "not_audio"),
        (wav(400), "wrong_length"),
        (mp3(2), "wrong_length"),
    ],
    ids=["a page", "nothing said", "a form nobody can play", "too large and no audio", "too large", "too short"],
)
def test_what_does_not_come_right_is_kept_here_and_there_and_told(
    rt: Runtime, gateway: RecordingGateway, clock: Clock, folder: Path, tmp_path: Path, audio: bytes, reason: str
) -> None:
    settle(rt, tmp_path)
    gateway_id = a_recording(rt, gateway, audio=audio)
    until_settled(rt, gateway, clock, hours=0.8)
    assert (states(rt), events(rt)) == ([("awaited", reason)], [])  # better may come
    until_settled(rt, gateway, clock, hours=1)
    assert (states(rt), list(gateway.audio)) == ([("stored", reason)], [gateway_id])
    [recording], [content] = recordings(rt), kept(rt, folder)
    assert is_of_its_file(recording, folder)
    assert (recording.duration_s is None) == (reason == "not_audio")
    assert content[44:] == audio[44 : 240 * 32_000]
    assert ("delete", gateway_id) not in gateway.asked
    assert events(rt) == ["recorded"]
    assert alarms(rt) == [(AlarmKind.RECORDING_LOST, volunteer(rt, "head").id)]


class BreaksOff(RecordingGateway):
    """Gives half of each recording, and then nothing more."""

    def fetch_recording(self, gateway_id: str, into: BinaryIO, *, limit_bytes: int) -> int:
        into.write(self.audio[gateway_id][: len(self.audio[gateway_id]) // 2])
        raise GatewayError("timeout", Outcome.UNKNOWN)


def test_what_came_before_the_line_broke_off_is_kept(rt: Runtime, clock: Clock, folder: Path, tmp_path: Path) -> None:
    settle(rt, tmp_path)
    gateway = BreaksOff()
    a_recording(rt, gateway, audio=wav(7))
    until_settled(rt, gateway, clock, hours=2)
    assert (states(rt), len(kept(rt, folder))) == ([("awaited", "timeout")], 1)  # for three days the rest may come
    until_settled(rt, gateway, clock, hours=72)
    [recording] = recordings(rt)
    assert (recording.state, recording.reason, is_of_its_file(recording, folder)) == ("stored", "wrong_length", True)
    assert 3 < (recording.duration_s or 0) < 4


@pytest.mark.parametrize("late", [b"<html>not found</html>", wav(2)], ids=["no audio", "too short"])
def test_a_slow_worker_does_not_spoil_what_another_has_brought(
    rt: Runtime, gateway: RecordingGateway, clock: Clock, folder: Path, late: bytes
) -> None:
    gateway_id = a_recording(rt, gateway, audio=wav(7))

    def meanwhile() -> None:
        clock.forward(minutes=2)
        fetch_due(rt, gateway, for_s=1)
        gateway.audio[gateway_id] = late

    gateway.script = [meanwhile]
    fetch_due(rt, gateway, for_s=1)
    [recording], [content] = recordings(rt), kept(rt, folder)
    assert (recording.state in {"stored", "done"}, is_of_its_file(recording, folder)) == (True, True)
    assert content == wav(7)


def test_what_is_empty_is_no_recording(rt: Runtime, gateway: RecordingGateway, clock: Clock, folder: Path) -> None:
    gateway_id = a_recording(rt, gateway, audio=b"")
    until_settled(rt, gateway, clock, hours=2)
    assert (states(rt), kept(rt, folder), list(gateway.audio)) == ([("lost", "empty")], [], [gateway_id])
    assert recordings(rt)[0].stored_as is None


@pytest.mark.parametrize(
    ("audio", "ending"),
    [
        (riff(bytes(112_000), told=0), "wav"),
        (riff(bytes(112_000), told=0xFFFFFFFF), "wav"),
        (riff(bytes(56_000), codec=MU_LAW, bits=8), "wav"),
        (riff(bytes(56_000), codec=A_LAW, bits=8), "wav"),
        (riff(bytes(112_000), channels=2, bits=8), "wav"),
        (mp3(7), "mp3"),
    ],
    ids=["streamed", "streamed, too", "mu-law", "A-law", "two channels", "an MP3"],
)
def test_whatever_a_browser_can_be_made_to_play_is_a_recording_like_any_other(
    rt: Runtime, gateway: RecordingGateway, audio: bytes, ending: str
) -> None:
    a_recording(rt, gateway, audio=audio)
    fetch(rt, gateway)
    assert (states(rt), gateway.audio, events(rt), alarms(rt)) == ([("done", None)], {}, ["recorded"], [])
    [recording] = recordings(rt)
    assert recording.duration_s == pytest.approx(7, abs=0.3)
    assert (recording.stored_as or "").endswith(f".{ending}.sealed")


def test_what_came_is_kept_though_the_gateway_then_has_nothing(
    rt: Runtime, gateway: RecordingGateway, clock: Clock, folder: Path, tmp_path: Path
) -> None:
    settle(rt, tmp_path)
    gateway_id = a_recording(rt, gateway, audio=b"AMR nobody can play")
    fetch(rt, gateway)
    del gateway.audio[gateway_id]
    until_settled(rt, gateway, clock, hours=2)
    assert (states(rt), kept(rt, folder), events(rt)) == ([("stored", "not_audio")], [b"AMR nobody can play"], ["recorded"])


def test_better_replaces_worse_and_worse_replaces_nothing(rt: Runtime, gateway: RecordingGateway, clock: Clock, folder: Path) -> None:
    gateway_id = a_recording(rt, gateway, seconds=9)
    whole = gateway.audio[gateway_id]
    for came, then in ((b"a form nobody can play", b"a form nobody can play"), (wav(3), wav(3)), (b"<html>", wav(3)), (whole, whole)):
        gateway.audio[gateway_id] = came
        fetch(rt, gateway)
        assert kept(rt, folder) == [then]
        clock.forward(minutes=10)
    assert (states(rt), gateway.audio) == ([("done", None)], {})


def test_what_we_had_and_lost_is_not_taken_for_kept(rt: Runtime, gateway: RecordingGateway, clock: Clock, folder: Path) -> None:
    gateway_id = a_recording(rt, gateway)
    gateway.script = [None, AWAY]
    fetch(rt, gateway)
    [path] = folder.iterdir()
    path.unlink()
    clock.forward(minutes=1)
    fetch(rt, gateway)
    assert (states(rt), recordings(rt)[0].size_bytes) == ([("awaited", "not_there")], None)
    del gateway.audio[gateway_id]
    until_settled(rt, gateway, clock, hours=2)
    assert states(rt) == [("lost", "404")]


def test_audio_that_was_cut_off_is_fetched_again(rt: Runtime, gateway: RecordingGateway, clock: Clock, folder: Path) -> None:
    gateway_id = a_recording(rt, gateway, seconds=9)
    whole = gateway.audio[gateway_id]
    gateway.audio[gateway_id] = whole[: len(whole) // 2]  # its header still promises nine seconds
    fetch(rt, gateway)
    assert (states(rt), len(kept(rt, folder))) == ([("awaited", "wrong_length")], 1)
    gateway.audio[gateway_id] = whole
    clock.forward(minutes=1)
    fetch(rt, gateway)
    assert (states(rt), kept(rt, folder), gateway.audio) == ([("done", None)], [whole], {})


def test_audio_that_stays_cut_off_is_kept_here_and_there_and_told(
    rt: Runtime, gateway: RecordingGateway, clock: Clock, folder: Path, tmp_path: Path
) -> None:
    settle(rt, tmp_path)
    gateway_id = a_recording(rt, gateway, seconds=9)
    half = gateway.audio[gateway_id][:70_000]
    gateway.audio[gateway_id] = half
    until_settled(rt, gateway, clock, hours=2)
    assert (states(rt), gateway.audio) == ([("stored", "wrong_length")], {gateway_id: half})
    assert [content[44:] for content in kept(rt, folder)] == [half[44:]]
    assert events(rt) == ["recorded"]
    assert alarms(rt) == [(AlarmKind.RECORDING_LOST, volunteer(rt, "head").id)]


@pytest.mark.parametrize("promised_s", [None, 6, 8])
def test_a_length_nobody_promised_or_nearly_so_is_right(rt: Runtime, gateway: RecordingGateway, promised_s: int | None) -> None:
    gateway.audio["RE" + "d" * 32] = wav(7)
    leavings.receive_recording(rt, told(call="CA" + "d" * 32, recording="RE" + "d" * 32, recorded_s=promised_s))
    fetch(rt, gateway)
    assert states(rt) == [("done", None)]


def test_a_store_that_is_away_is_waited_for(rt: Runtime, gateway: RecordingGateway, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    a_recording(rt, gateway)
    with monkeypatch.context() as patch:
        patch.setattr(rt.store, "save", lambda *_: (_ for _ in ()).throw(StoreFault("full")))
        until_settled(rt, gateway, clock, hours=5)
    assert (states(rt), len(gateway.audio)) == ([("awaited", "store")], 1)
    clock.forward(hours=2)
    fetch(rt, gateway)
    assert (states(rt), gateway.audio) == ([("done", None)], {})


def test_a_gateway_that_will_not_forget_is_asked_again(rt: Runtime, gateway: RecordingGateway, clock: Clock, folder: Path) -> None:
    gateway_id = a_recording(rt, gateway)
    gateway.script = [None, AWAY]
    fetch(rt, gateway)
    assert (states(rt), len(kept(rt, folder))) == ([("stored", "503")], 1)
    clock.forward(minutes=1)
    fetch(rt, gateway)
    assert (states(rt), gateway.audio, events(rt)) == ([("done", None)], {}, ["recorded"])
    assert gateway.asked == [("fetch", gateway_id), ("delete", gateway_id), ("delete", gateway_id)]


def test_the_gateway_keeps_its_copy_while_ours_is_not_where_it_should_be(
    rt: Runtime, gateway: RecordingGateway, clock: Clock, folder: Path
) -> None:
    gateway_id = a_recording(rt, gateway)
    gateway.script = [None, AWAY]
    fetch(rt, gateway)
    [path] = folder.iterdir()
    path.unlink()  # a backup that lacks the file was restored
    clock.forward(minutes=1)
    fetch(rt, gateway)
    assert gateway_id in gateway.audio
    clock.forward(minutes=1)
    fetch(rt, gateway)
    assert (states(rt), len(kept(rt, folder)), gateway.audio) == ([("done", None)], 1, {})


def test_silence_on_a_call_that_left_nothing_opens_no_ticket(rt: Runtime, gateway: RecordingGateway, clock: Clock) -> None:
    gateway_id = a_recording(rt, gateway, seconds=0.4)
    fetch(rt, gateway)
    assert (states(rt), tickets(rt)) == ([("done", None)], [])
    lost = a_recording(rt, gateway, seconds=0.4)
    del gateway.audio[lost]
    until_settled(rt, gateway, clock, hours=2)
    assert (states(rt)[1], tickets(rt), gateway_id in gateway.audio) == (("lost", "404"), [], False)


# Sealed


def test_no_byte_of_the_audio_lies_in_the_data_folder(rt: Runtime, gateway: RecordingGateway, tmp_path: Path) -> None:
    canary = b"zq canary " * 20_000
    for audio in (riff(canary), b"a form nobody can play " + canary):
        a_recording(rt, gateway, seconds=12.5, audio=audio)
    fetch(rt, gateway)
    assert len(recordings(rt)) == len(kept(rt, tmp_path / "recordings")) == 2
    found = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert len(found) > 2 * len(canary)
    assert (b"canary" in found, b"RIFF" in found) == (False, False)


def erase(rt: Runtime) -> None:
    with rt.transaction() as tx:
        tx.session.execute(update(Contact).values(wrapped_key=None, number=None, mark=None))


def change_key(rt: Runtime) -> None:
    with rt.transaction() as tx:
        contact = tx.session.scalars(select(Contact)).one()
        key = new_contact_key()._replace(uid=contact.uid)
        tx.session.execute(update(Contact).values(wrapped_key=wrap(rt.keys, key), number=sealed.seal_number(key, HER)))


@pytest.mark.parametrize("audio", [None, b"a form nobody can play"], ids=["whole", "not whole"])
def test_a_key_that_changes_while_it_is_fetched_seals_it_the_next_time(
    rt: Runtime, gateway: RecordingGateway, clock: Clock, folder: Path, audio: bytes | None
) -> None:
    gateway_id = a_recording(rt, gateway, audio=audio)
    audio = gateway.audio[gateway_id]
    gateway.script = [lambda: change_key(rt)]
    fetch(rt, gateway)
    assert (states(rt), recordings(rt)[0].size_bytes, list(gateway.audio)) == ([("awaited", "key")], None, [gateway_id])
    clock.forward(minutes=1)
    fetch(rt, gateway)
    assert (kept(rt, folder), is_of_its_file(recordings(rt)[0], folder)) == ([audio], True)


def test_a_caller_whose_key_does_not_open_keeps_no_other_recording_from_coming(
    rt: Runtime, gateway: RecordingGateway, clock: Clock, folder: Path
) -> None:
    first = a_recording(rt, gateway)
    with rt.transaction() as tx:
        [wrapped] = tx.session.scalars(select(Contact.wrapped_key))
        tx.session.execute(update(Contact).values(wrapped_key=b"\1" + b"x" * 64))
    a_recording(rt, gateway, caller=OTHER)
    fetch(rt, gateway)
    assert ([state for state, _ in states(rt)], list(gateway.audio), len(list(folder.iterdir()))) == (["awaited", "done"], [first], 1)
    with rt.transaction() as tx:
        tx.session.execute(update(Contact).where(Contact.id == calls(rt)[0].contact_id).values(wrapped_key=wrapped))
    clock.forward(minutes=2)
    fetch(rt, gateway)
    assert ([state for state, _ in states(rt)], gateway.audio) == (["done", "done"], {})


@pytest.mark.parametrize("when", ["before", "while it is fetched", "before the gateway forgot it"])
def test_of_an_erased_caller_nothing_is_fetched_and_nothing_stays_here_or_there(
    rt: Runtime, gateway: RecordingGateway, clock: Clock, folder: Path, when: str
) -> None:
    gateway_id = a_recording(rt, gateway)
    call = calls(rt)[0].gateway_id or ""
    if when == "before":
        erase(rt)
    gateway.script = {"before": [], "while it is fetched": [lambda: erase(rt)], "before the gateway forgot it": [None, AWAY]}[when]
    fetch(rt, gateway)
    if when == "before the gateway forgot it":
        erase(rt)
    clock.forward(minutes=1)
    fetch(rt, gateway)
    leavings.receive_recording(rt, told(call=call, recording=gateway_id, recorded_s=7))  # a late report brings nothing back
    gateway.script = [AWAY]  # a gateway that will not forget is asked again
    fetch(rt, gateway)
    assert states(rt) == [("lost", "erased")]
    clock.forward(minutes=1)
    fetch(rt, gateway)
    [recording] = recordings(rt)
    assert (recording.state, recording.reason, recording.stored_as, recording.sha256, recording.next_attempt_at) == (
        "lost", "erased", None, None, None)  # fmt: skip
    assert (list(folder.iterdir()) if folder.exists() else [], gateway.audio) == ([], {})


@pytest.mark.parametrize("then", ["it is deleted", "it is not deleted", "our file is not there"])
def test_what_is_wiped_while_the_gateway_is_asked_to_delete_it_goes_here_too(
    rt: Runtime, gateway: RecordingGateway, clock: Clock, folder: Path, monkeypatch: pytest.MonkeyPatch, then: str
) -> None:
    """The worker that asked finds the row changed, and leaves it so: else the file would stay, and nobody would look for it."""
    a_recording(rt, gateway)

    def wiped() -> None:
        with rt.transaction() as tx:
            wiping.wipe_recording(tx.session, tx.session.scalars(select(Recording.id)).one(), now=tx.now, why=Why.WISH)
        monkeypatch.undo()
        if then == "it is not deleted":
            raise AWAY

    def size(_name: str) -> int:
        wiped()
        return 1

    if then == "our file is not there":
        monkeypatch.setattr(rt.store, "size", size)
    else:
        gateway.script = [None, wiped]
    fetch(rt, gateway)
    clock.forward(minutes=2)
    fetch(rt, gateway)
    [recording] = recordings(rt)
    assert (recording.state, recording.reason, recording.stored_as, recording.next_attempt_at) == ("lost", "erased", None, None)
    assert (list(folder.iterdir()), gateway.audio) == ([], {})


# Killed on the way


def kill(patch: pytest.MonkeyPatch, owner: object, name: str, *, first: bool) -> None:
    """End the worker where `name` is called: before it runs, or after."""
    real = getattr(owner, name)

    def killed(*args: object, **named: object) -> None:
        if not first:
            real(*args, **named)
        raise Killed

    patch.setattr(owner, name, killed)


@pytest.mark.parametrize(
    ("where", "first"),
    [
        ("gateway.fetch_recording", True),
        ("gateway.fetch_recording", False),
        ("store.save", True),
        ("store.save", False),
        ("_store", True),
        ("_store", False),
        ("gateway.delete_recording", True),
        ("gateway.delete_recording", False),
    ],
)
def test_a_worker_killed_anywhere_is_followed_by_one_that_finishes(
    rt: Runtime, gateway: RecordingGateway, clock: Clock, folder: Path, where: str, first: bool
) -> None:
    gateway_id = a_recording(rt, gateway)
    audio = gateway.audio[gateway_id]
    owner: object = {"gateway": gateway, "store": rt.store}.get(where.partition(".")[0], subject)
    with pytest.MonkeyPatch.context() as patch:
        kill(patch, owner, where.rpartition(".")[2], first=first)
        with pytest.raises(Killed):
            fetch_due(rt, gateway)
    [recording] = recordings(rt)
    assert recording.state != "done"
    assert audio in (*gateway.audio.values(), *kept(rt, folder))
    clock.forward(seconds=61)
    fetch(rt, gateway)
    assert (states(rt), events(rt), kept(rt, folder), gateway.audio) == ([("done", None)], ["recorded"], [audio], {})


def test_a_worker_killed_while_it_writes_leaves_nothing_behind(
    rt: Runtime, gateway: RecordingGateway, clock: Clock, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway_id = a_recording(rt, gateway)
    audio = gateway.audio[gateway_id]
    with monkeypatch.context() as patch:
        kill(patch, media_store.os, "fsync", first=True)
        with pytest.raises(Killed):
            fetch_due(rt, gateway)
    [left] = folder.iterdir()
    assert left.name.startswith(".")
    assert recordings(rt)[0].state == "awaited"
    clock.forward(seconds=61)
    fetch(rt, gateway)
    assert (states(rt), kept(rt, folder), events(rt)) == ([("done", None)], [audio], ["recorded"])


def test_a_slow_worker_does_not_undo_what_a_second_one_did(rt: Runtime, gateway: RecordingGateway, clock: Clock, folder: Path) -> None:
    gateway_id = a_recording(rt, gateway)
    audio = gateway.audio[gateway_id]

    def meanwhile() -> None:
        """The first worker's request hangs and its claim lapses. Another worker does everything, and the gateway's copy is deleted."""
        clock.forward(seconds=61)
        fetch(rt, gateway)

    gateway.script = [meanwhile]
    fetch(rt, gateway)
    assert gateway.asked.count(("fetch", gateway_id)) == 2
    assert (states(rt), events(rt), alarms(rt), kept(rt, folder)) == ([("done", None)], ["recorded"], [], [audio])
    assert is_of_its_file(recordings(rt)[0], folder)


def test_one_that_is_claimed_is_left_alone(rt: Runtime, gateway: RecordingGateway) -> None:
    gateway_id = a_recording(rt, gateway)
    gateway.script = [lambda: fetch(rt, gateway)]
    fetch(rt, gateway)
    assert gateway.asked == [("fetch", gateway_id), ("delete", gateway_id)]

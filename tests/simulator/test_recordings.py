"""Recordings: the callback, the API and the audio, and how each can go wrong."""

from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from tests.simulator.conftest import (
    SID,
    TOKEN,
    VOICE,
    HotlineDouble,
    Simulator,
    eventually,
    length_s,
    make_wav,
    record,
)

PASSWORD = {"Authorization": "Basic " + b64encode(f"{SID}:{TOKEN}".encode()).decode()}


@pytest.fixture(autouse=True)
def _beeps(hotline: HotlineDouble) -> None:
    hotline.says("", record())


def speak(simulator: Simulator, seconds: float = 4) -> dict[str, Any]:
    return simulator.do(simulator.ring(), "speech", seconds=seconds, end="#")


def told(hotline: HotlineDouble, count: int = 1) -> list[dict[str, str]]:
    """The recording callbacks, once there are so many."""
    return eventually(lambda: len(found := hotline.asked("/recording")) >= count and found)


def audio(simulator: Simulator, sid: str, *, ending: str = "", headers: dict[str, str] = PASSWORD) -> tuple[int, str, bytes]:
    connection = HTTPConnection(simulator.url.removeprefix("http://"), timeout=10)
    try:
        connection.request("GET", f"/2010-04-01/Accounts/{SID}/Recordings/{sid}{ending}", headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type") or "", answer.read()
    finally:
        connection.close()


def steps(hotline: HotlineDouble) -> list[str]:
    """What was asked after the first step, in its order."""
    return [one.uri.removeprefix(VOICE) for one in hotline.received if one.uri.startswith(f"{VOICE}/record")]


# As it should be


def test_the_callback_names_what_can_be_fetched_with_the_password(simulator: Simulator, hotline: HotlineDouble) -> None:
    call = speak(simulator)
    [fields] = told(hotline)
    assert (fields["CallSid"], fields["AccountSid"], fields["RecordingStatus"]) == (call["sid"], SID, "completed")
    assert (fields["RecordingDuration"], fields["RecordingChannels"], fields["RecordingSource"]) == ("4", "1", "RecordVerb")
    assert fields["RecordingUrl"] == f"{simulator.url}/2010-04-01/Accounts/{SID}/Recordings/{fields['RecordingSid']}"
    assert "From" not in fields
    assert all(one.genuine for one in hotline.received)
    status, kind, body = audio(simulator, fields["RecordingSid"])
    assert (status, kind, length_s(body)) == (200, "audio/x-wav", 4)
    assert audio(simulator, fields["RecordingSid"], ending=".wav")[2] == body
    assert len(set(body)) > 100  # not silence


def test_what_was_said_is_what_is_fetched(simulator: Simulator, hotline: HotlineDouble) -> None:
    said = make_wav(2)
    simulator.do(simulator.ring(), "speech", wav_base64=b64encode(said).decode(), end="#")
    assert audio(simulator, told(hotline)[0]["RecordingSid"])[2] == said


def test_nobody_hears_it_without_the_password(simulator: Simulator, hotline: HotlineDouble) -> None:
    speak(simulator)
    sid = told(hotline)[0]["RecordingSid"]
    wrong = {"Authorization": "Basic " + b64encode(f"{SID}:guessed".encode()).decode()}
    assert [audio(simulator, sid, headers=headers)[0] for headers in ({}, wrong)] == [401, 401]
    simulator.faults(media_open=True)
    assert audio(simulator, sid, headers={})[0] == 200
    assert simulator.call("GET", f"/2010-04-01/Accounts/{SID}/Recordings/{sid}.json")[0] == 401
    assert simulator.call("DELETE", f"/2010-04-01/Accounts/{SID}/Recordings/{sid}.json")[0] == 401


def test_recordings_are_found_by_call_and_fetched(simulator: Simulator, client: Client) -> None:
    calls = [speak(simulator, seconds) for seconds in (2, 3)]
    [found] = client.recordings.list(call_sid=calls[0]["sid"])
    assert (found.call_sid, found.duration, found.channels, found.source) == (calls[0]["sid"], "2", 1, "RecordVerb")
    assert [one.sid for one in client.calls(calls[0]["sid"]).recordings.list()] == [found.sid]
    assert [one.call_sid for one in client.recordings.list()] == [call["sid"] for call in reversed(calls)]
    fetched = client.recordings(found.sid).fetch()
    assert (fetched.sid, fetched.status, fetched.media_url) == (
        found.sid,
        "completed",
        f"{simulator.url}/2010-04-01/Accounts/{SID}/Recordings/{found.sid}",
    )
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert (len(client.recordings.list(date_created_before=tomorrow)), client.recordings.list(date_created_after=tomorrow)) == (2, [])


def test_a_deleted_recording_is_gone(simulator: Simulator, client: Client) -> None:
    call = speak(simulator)
    [found] = client.recordings.list()
    assert found.delete()
    assert client.recordings.list(call_sid=call["sid"]) == []
    assert audio(simulator, found.sid)[0] == 404
    for again in (client.recordings(found.sid).delete, client.recordings(found.sid).fetch):
        with pytest.raises(TwilioRestException) as caught:
            again()
        assert caught.value.status == 404


def test_the_callback_comes_only_for_the_events_asked_for(simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.says("", record(recordingStatusCallbackEvent="absent"))
    speak(simulator)
    hotline.says("", record(recordingStatusCallbackEvent="completed absent"))
    call = speak(simulator)
    assert [fields["CallSid"] for fields in told(hotline)] == [call["sid"]]


# As it can be


def test_the_callback_can_be_lost_and_the_recording_is_there_all_the_same(
    simulator: Simulator, hotline: HotlineDouble, client: Client
) -> None:
    simulator.faults(recording_callback_drop_next=1)
    lost, heard = speak(simulator), speak(simulator)
    assert [fields["CallSid"] for fields in told(hotline)] == [heard["sid"]]
    assert len(client.recordings.list(call_sid=lost["sid"])) == 1


def test_the_callback_can_come_twice(simulator: Simulator, hotline: HotlineDouble) -> None:
    simulator.faults(recording_callback_double_next=1)
    speak(simulator)
    first, second = told(hotline, 2)
    assert first == second


def test_the_callback_can_come_before_the_step(simulator: Simulator, hotline: HotlineDouble) -> None:
    simulator.faults(recording_callback_early_next=1)
    speak(simulator)
    assert steps(hotline) == ["/recording", "/recorded"]


def test_the_callback_can_be_late_and_come_after_the_end(simulator: Simulator, hotline: HotlineDouble) -> None:
    simulator.faults(recording_callback_delay_s=0.2)
    call = speak(simulator)
    eventually(lambda: hotline.asked("/status"))
    assert hotline.asked("/recording") == []
    assert told(hotline)[0]["CallSid"] == call["sid"]


def test_a_reset_takes_back_a_callback_that_is_still_to_come(simulator: Simulator, hotline: HotlineDouble) -> None:
    simulator.faults(recording_callback_delay_s=0.2)
    speak(simulator)
    simulator.call("DELETE", "/state")
    call = speak(simulator)
    assert [fields["CallSid"] for fields in told(hotline)] == [call["sid"]]


def test_a_recording_can_be_missing_though_it_was_announced(simulator: Simulator, hotline: HotlineDouble, client: Client) -> None:
    simulator.faults(recording_missing_next=1)
    call = speak(simulator)
    assert audio(simulator, told(hotline)[0]["RecordingSid"])[0] == 404
    assert client.recordings.list(call_sid=call["sid"]) == []


def test_audio_can_be_late(simulator: Simulator, hotline: HotlineDouble, client: Client) -> None:
    simulator.faults(recording_late_next=1)
    speak(simulator)
    sid = told(hotline)[0]["RecordingSid"]
    assert client.recordings(sid).fetch().status == "processing"
    assert [audio(simulator, sid)[0] for _ in range(3)] == [404, 404, 200]
    assert client.recordings(sid).fetch().status == "completed"


def test_audio_can_be_shorter_than_was_said(simulator: Simulator, hotline: HotlineDouble) -> None:
    simulator.faults(recording_truncated_next=1)
    speak(simulator, 6)
    [fields] = told(hotline)
    whole, body = length_s(make_wav(6)), audio(simulator, fields["RecordingSid"])[2]
    assert fields["RecordingDuration"] == "6"
    assert len(body) == (44 + whole * 16_000) // 2


def test_the_oldest_audio_goes_when_there_is_too_much(start: Callable[..., Simulator], client: Client, simulator: Simulator) -> None:
    calls = [speak(simulator, 600) for _ in range(8)]
    kept = [one.call_sid for one in client.recordings.list()]
    assert kept == [call["sid"] for call in reversed(calls[-len(kept) :])]
    assert 0 < len(kept) < 8

"""Calls and recordings in Twilio's API: asked by id, with a time limit and the password, and never more bytes than there is room for."""

import io
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from hotline.gateways import fetching
from hotline.gateways.base import GatewayError, Outcome
from hotline.gateways.twilio.calls import TwilioCalls
from hotline.sections import Sending, Voice
from tests.simulator.conftest import NUMBER, PHONE, PUBLIC_URL, SID, TOKEN, HotlineDouble, Simulator, eventually, length_s, record
from tests.simulator.test_dialling import dial
from tests.support import make_config

LIMIT = 10_000_000
Connect = Callable[..., TwilioCalls]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Make a client for an API's address."""
    made = []

    def to(url: str, *, token: str = TOKEN, timeout_s: int = 5) -> TwilioCalls:
        changes = {
            "account": {"account_sid": SID, "auth_token": token, "api_url": url},
            "public_url": PUBLIC_URL,
            "voice": Voice(number=NUMBER),
            "sending": Sending(timeout_s=timeout_s),
        }
        made.append(TwilioCalls(make_config("sqlite:///unused", **changes)))
        return made[-1]

    yield to
    for client in made:
        client.close()


@pytest.fixture
def client(connect: Connect, simulator: Simulator) -> TwilioCalls:
    return connect(simulator.url)


def a_recording(simulator: Simulator, hotline: HotlineDouble, *, seconds: float = 6) -> tuple[str, str]:
    """Somebody calls and speaks: the ids of the call and of what was recorded."""
    hotline.says("", record())
    before = len(hotline.asked("/recorded"))
    call = simulator.do(simulator.ring(), "speech", seconds=seconds, end="#")
    answer = eventually(lambda: hotline.asked("/recorded")[before:])[0]
    return call["sid"], re.findall(r"RE[0-9a-f]{32}", answer["RecordingUrl"])[0]


def fetched(client: TwilioCalls, recording: str, *, limit_bytes: int = LIMIT) -> bytes:
    into = io.BytesIO()
    size_bytes = client.fetch_recording(recording, into, limit_bytes=limit_bytes)
    assert size_bytes == len(into.getvalue())
    return into.getvalue()


def refused(ask: Callable[[], object]) -> tuple[str, Outcome]:
    with pytest.raises(GatewayError) as fault:
        ask()
    return fault.value.code, fault.value.outcome


# Recordings


def test_a_recording_is_fetched_by_its_id(client: TwilioCalls, simulator: Simulator, hotline: HotlineDouble) -> None:
    _, recording = a_recording(simulator, hotline, seconds=6)
    assert length_s(fetched(client, recording)) == 6


def test_what_a_call_recorded_is_listed(client: TwilioCalls, simulator: Simulator, hotline: HotlineDouble) -> None:
    call, recording = a_recording(simulator, hotline, seconds=6)
    a_recording(simulator, hotline, seconds=3)
    assert [(one.gateway_id, one.duration_s) for one in client.recordings_of(call)] == [(recording, 6)]
    assert client.recordings_of("CA" + "0" * 32) == []


def test_a_recording_is_forgotten_and_may_be_forgotten_twice(client: TwilioCalls, simulator: Simulator, hotline: HotlineDouble) -> None:
    call, recording = a_recording(simulator, hotline)
    client.delete_recording(recording)
    client.delete_recording(recording)
    assert client.recordings_of(call) == []
    assert refused(lambda: fetched(client, recording)) == ("404", Outcome.REFUSED)


def test_one_that_is_missing_or_late_is_refused_by_its_code(client: TwilioCalls, simulator: Simulator, hotline: HotlineDouble) -> None:
    simulator.faults(recording_missing_next=1)
    _, missing = a_recording(simulator, hotline)
    assert refused(lambda: fetched(client, missing)) == ("404", Outcome.REFUSED)
    simulator.faults(recording_late_next=1)
    _, late = a_recording(simulator, hotline)
    assert [refused(lambda: fetched(client, late))[0] for _ in range(2)] == ["404", "404"]
    assert length_s(fetched(client, late)) == 6


def test_more_than_there_is_room_for_is_not_read_to_its_end(client: TwilioCalls, simulator: Simulator, hotline: HotlineDouble) -> None:
    _, recording = a_recording(simulator, hotline, seconds=120)
    into = io.BytesIO()
    assert refused(lambda: client.fetch_recording(recording, into, limit_bytes=100_000)) == ("too_large", Outcome.REFUSED)
    assert len(into.getvalue()) <= 100_000


def test_a_wrong_password_is_told_apart_from_a_recording_that_is_gone(
    connect: Connect, simulator: Simulator, hotline: HotlineDouble
) -> None:
    _, recording = a_recording(simulator, hotline)
    stranger = connect(simulator.url, token="wrong")
    assert refused(lambda: fetched(stranger, recording)) == ("401", Outcome.ILL)
    assert refused(lambda: stranger.delete_recording(recording))[1] is Outcome.ILL


def test_whether_recordings_can_be_had_without_the_password(client: TwilioCalls, simulator: Simulator, hotline: HotlineDouble) -> None:
    assert client.media_is_open() is False
    a_recording(simulator, hotline)
    assert client.media_is_open() is False
    simulator.faults(media_open=True)
    assert client.media_is_open() is True


def test_with_nothing_to_try_it_on_nobody_knows(client: TwilioCalls, simulator: Simulator) -> None:
    simulator.faults(media_open=True)
    assert client.media_is_open() is None


# Deleted


def log_of(client: TwilioCalls) -> list[str | None]:
    """The ids of all calls in Twilio's log."""
    return [one.sid for one in client._client.calls.list()]


def rung(simulator: Simulator, hotline: HotlineDouble, *phones: str) -> dict[str, Any]:
    """A call that rang these phones, one after the other, and is over."""
    hotline.says("", dial(*phones))
    call = simulator.ring()
    eventually(lambda: simulator.show(call["sid"])["status"] == "completed")
    return call


def test_a_call_is_deleted_with_the_phones_that_it_rang(client: TwilioCalls, simulator: Simulator, hotline: HotlineDouble) -> None:
    call = rung(simulator, hotline, "+923211111111", "+923222222222")
    hotline.says("", "<Hangup/>")
    other = simulator.ring(phone="+923331234502")
    assert len(log_of(client)) == 4
    client.delete_call(call["sid"])
    assert log_of(client) == [other["sid"]]
    assert client.call_state(call["sid"]) is None
    client.delete_call(call["sid"])  # once more, as after a restore


def test_a_call_whose_phones_were_deleted_before_is_deleted(client: TwilioCalls, simulator: Simulator, hotline: HotlineDouble) -> None:
    """A worker died half way."""
    call = rung(simulator, hotline, "+923211111111")
    [leg] = [one.sid for one in client._client.calls.list(parent_call_sid=call["sid"])]
    client.delete_call(leg or "")
    assert log_of(client) == [call["sid"]]
    client.delete_call(call["sid"])
    assert log_of(client) == []


def test_a_call_under_way_is_refused_for_now(client: TwilioCalls, simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.says("", record())
    call = simulator.ring()
    assert refused(lambda: client.delete_call(call["sid"])) == ("20009", Outcome.REFUSED)
    assert client.call_state(call["sid"]) is not None


# A server that misbehaves


@contextmanager
def answering(*pieces: bytes | threading.Event) -> Iterator[str]:
    """A server that sends these pieces to its first client, waits at each event, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                for piece in pieces:
                    if isinstance(piece, bytes):
                        connection.sendall(piece)
                    else:
                        piece.wait(10)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


OK = b"HTTP/1.1 200 OK\r\nContent-Type: audio/x-wav\r\nContent-Length: 1000\r\n\r\n"


def test_an_answer_that_breaks_off_is_no_recording(connect: Connect) -> None:
    with answering(OK, b"x" * 500) as url:
        assert refused(lambda: fetched(connect(url), "RE" + "0" * 32))[1] is Outcome.UNKNOWN


def test_an_answer_that_never_goes_on_is_waited_for_no_longer_than_configured(connect: Connect) -> None:
    over = threading.Event()
    with answering(OK, b"x" * 500, over) as url:
        assert refused(lambda: fetched(connect(url, timeout_s=1), "RE" + "0" * 32))[1] is Outcome.UNKNOWN
        over.set()


def test_an_answer_that_trickles_is_cut_at_the_deadline(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "_FETCH_S", 0)
    with answering(OK, b"x" * 500) as url:
        assert refused(lambda: fetched(connect(url), "RE" + "0" * 32)) == ("too_slow", Outcome.UNKNOWN)


def test_an_api_that_is_away_was_never_asked(connect: Connect) -> None:
    away = connect("http://127.0.0.1:1")
    assert refused(lambda: fetched(away, "RE" + "0" * 32))[1] is Outcome.UNKNOWN
    for ask in (
        lambda: away.recordings_of("CA1"),
        lambda: away.delete_recording("RE1"),
        lambda: away.delete_call("CA1"),
        lambda: away.place_call(PHONE, 1, is_alarm=False),
    ):
        assert refused(ask)[1] is Outcome.NOT_SENT


# Calls


def test_a_call_is_placed_and_tells_of_its_steps_and_its_end(client: TwilioCalls, simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.says("/back/42", "<Hangup/>")
    sid = client.place_call(PHONE, 42, is_alarm=False)
    assert simulator.show(sid)["sid"] == sid
    state = client.call_state(sid)
    assert state is not None
    assert not state.ended
    simulator.call("POST", f"/calls/{sid}/answer", {})
    [step] = eventually(lambda: hotline.asked("/back/42"))
    assert (step["To"], step["From"], step["Direction"]) == (PHONE, NUMBER, "outbound-api")
    eventually(lambda: hotline.asked("/status?call=42"))
    state = client.call_state(sid)
    assert state is not None
    assert state.ended


def test_an_alarm_has_its_own_steps_when_something_breaks_too(client: TwilioCalls, simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.says("/alarm/42", "not TwiML")
    sid = client.place_call(PHONE, 42, is_alarm=True)
    simulator.call("POST", f"/calls/{sid}/answer", {})
    eventually(lambda: hotline.asked("/alarm/fallback"))
    eventually(lambda: hotline.asked("/status?call=42"))
    assert hotline.asked("/fallback") == []


def test_a_call_nobody_knows_has_no_state(client: TwilioCalls) -> None:
    assert client.call_state("CA" + "0" * 32) is None


@pytest.mark.parametrize(("status", "outcome"), [(429, Outcome.NOT_SENT), (503, Outcome.UNKNOWN)])
def test_whether_a_call_that_failed_was_placed(client: TwilioCalls, simulator: Simulator, status: int, outcome: Outcome) -> None:
    simulator.faults(call_http_next=1, call_http_status=status)
    assert refused(lambda: client.place_call(PHONE, 1, is_alarm=False))[1] is outcome


def test_a_number_that_cannot_be_rung_is_refused_for_good(client: TwilioCalls) -> None:
    assert refused(lambda: client.place_call("+1", 1, is_alarm=False))[1] is Outcome.REFUSED

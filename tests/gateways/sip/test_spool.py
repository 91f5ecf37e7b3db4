"""Recordings of a line lie sealed until they are fetched, and what was cut off by a kill is still there."""

import io
import wave
from pathlib import Path

import pytest

from hotline.gateways.base import FoundRecording, GatewayError, Outcome
from hotline.gateways.sip.client import SipCalls
from hotline.gateways.sip.spool import BYTES_PER_S, Spool
from hotline.keys import new_keys
from tests.support import KEYS, make_config

CALL = "a" * 32
SOUND = bytes(range(250)) * (BYTES_PER_S // 250) * 2 + b"the last words, less than a second"


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    spool = Spool(make_config("sqlite:///unused", data_dir=tmp_path), "line")
    spool.note(CALL, None)
    return spool


@pytest.fixture
def gateway(tmp_path: Path) -> SipCalls:
    return SipCalls(make_config("sqlite:///unused", data_dir=tmp_path), "line")


def recorded(spool: Spool, sound: bytes = SOUND, number: int = 1, *, closed: bool = True) -> str:
    recording, take = spool.take(KEYS, CALL, number)
    for at in range(0, len(sound), 1600):
        take.add(sound[at : at + 1600])
    take.close() if closed else take._file.close()
    return recording


def fetched(gateway: SipCalls, recording: str) -> bytes:
    into = io.BytesIO()
    gateway.fetch_recording(recording, into, limit_bytes=10**6)
    with wave.open(io.BytesIO(into.getvalue()), "rb") as file:
        return file.readframes(file.getnframes())


def test_what_was_said_comes_back_and_lies_nowhere_plainly(spool: Spool, gateway: SipCalls, tmp_path: Path) -> None:
    recording = recorded(spool)
    assert fetched(gateway, recording) == SOUND
    assert gateway.recordings_of(CALL) == [FoundRecording(recording, 2)]
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert (b"the last words" in written, bytes(range(64)) in written) == (False, False)
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.rglob("*"))


def test_of_a_recording_that_nobody_closed_all_is_there_but_the_last_second(spool: Spool, gateway: SipCalls, tmp_path: Path) -> None:
    recording = recorded(spool, closed=False)
    assert fetched(gateway, recording) == SOUND[: 2 * BYTES_PER_S]
    [path] = tmp_path.rglob("*.take")
    path.write_bytes(path.read_bytes()[:-5])  # killed while it wrote
    assert fetched(gateway, recording) == SOUND[:BYTES_PER_S]
    assert gateway.recordings_of(CALL) == [FoundRecording(recording, 1)]


def test_pieces_that_were_exchanged_or_sealed_by_other_keys_are_not_played(spool: Spool, gateway: SipCalls, tmp_path: Path) -> None:
    one, other = recorded(spool), recorded(spool, number=2)
    paths = {path.stem: path for path in tmp_path.rglob("*.take")}
    paths[one].write_bytes(paths[other].read_bytes())
    with pytest.raises(GatewayError) as fault:
        fetched(gateway, one)
    assert (fault.value.code, fault.value.outcome) == ("SealBroken", Outcome.UNKNOWN)
    assert list(spool.sound(KEYS, other))
    with pytest.raises(Exception, match="does not open"):
        list(spool.sound(new_keys(), other))


def test_a_recording_that_is_gone_too_large_or_no_id_of_ours_is_told(spool: Spool, gateway: SipCalls, tmp_path: Path) -> None:
    recording = recorded(spool)
    (tmp_path / "secret.take").write_bytes(b"x")
    for asked in (f"{CALL}-9", "../../secret", "", "/etc/passwd"):
        with pytest.raises(GatewayError) as fault:
            gateway.fetch_recording(asked, io.BytesIO(), limit_bytes=10**6)
        assert fault.value.code == "404"
    with pytest.raises(GatewayError) as fault:
        gateway.fetch_recording(recording, io.BytesIO(), limit_bytes=BYTES_PER_S)
    assert fault.value.code == "too_large"
    gateway.delete_recording("../../secret")
    gateway.delete_recording(recording)
    gateway.delete_recording(recording)
    assert (tmp_path / "secret.take").exists()
    assert gateway.recordings_of(CALL) == gateway.recordings_of("../..") == []


def test_a_call_is_deleted_with_its_recordings_and_an_empty_one_is_not_told_of(spool: Spool, gateway: SipCalls, tmp_path: Path) -> None:
    recorded(spool), recorded(spool, b"", 2)
    assert [found.gateway_id for found in gateway.recordings_of(CALL)] == [f"{CALL}-1"]
    gateway.delete_call(CALL)
    assert gateway.recordings_of(CALL) == []


def test_the_calls_that_a_process_left_are_known_to_the_next(spool: Spool) -> None:
    spool.note("b" * 32, 7)
    assert list(spool.under_way()) == [(CALL, None), ("b" * 32, 7)]
    spool.end(CALL)
    spool.end(CALL)
    assert list(spool.under_way()) == [("b" * 32, 7)]


def test_without_a_process_no_call_is_placed(gateway: SipCalls) -> None:
    for ask in (lambda: gateway.place_call("+923001234567", 1, is_alarm=False), lambda: gateway.call_state(CALL), gateway.state):
        with pytest.raises(GatewayError) as fault:
            ask()
        assert (fault.value.code, fault.value.outcome) == ("no_process", Outcome.NOT_SENT)

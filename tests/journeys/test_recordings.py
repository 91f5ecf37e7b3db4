"""A caller's recording arrives once and whole, whatever is killed on the way, and is deleted at the gateway."""

import signal
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.journeys.running import RunningHotline

SECONDS = 6


def speak(hotline: RunningHotline, number: str) -> str:
    """Somebody calls, presses nothing, says something after the beep and hangs up: the call's id."""
    call: dict[str, Any] = hotline.ask("POST", f"/phones/{quote(number)}/calls", {})
    for _ in range(10):
        if call["awaiting"]["verb"] == "Record":
            break
        call = hotline.ask("POST", f"/calls/{call['sid']}/silence", {})
    hotline.ask("POST", f"/calls/{call['sid']}/speech", {"seconds": SECONDS, "end": "hangup"})
    sid: str = call["sid"]
    return sid


def recording(hotline: RunningHotline, call: str) -> Any:
    """The row of the recording, once it exists."""
    sql = "SELECT r.state, r.attempts, r.duration_s, r.stored_as, r.id FROM recordings r JOIN calls c ON c.id = r.call_id"
    found: list[Any] = []

    def is_there() -> bool:
        found[:] = hotline.rows(f"{sql} WHERE c.gateway_id = :call", call=call)
        return bool(found)

    hotline.wait_until(is_there, within_s=40)
    [row] = found
    return row


def is_whole_and_ours_alone(hotline: RunningHotline, call: str, folder: Path) -> None:
    hotline.wait_until(lambda: recording(hotline, call).state == "done", within_s=20)
    row = recording(hotline, call)
    assert row.duration_s == SECONDS
    assert (folder / "recordings" / row.stored_as).stat().st_size > SECONDS * 16_000
    told = hotline.rows(
        "SELECT count(*) FROM events e JOIN calls c ON c.ticket_id = e.ticket_id WHERE c.gateway_id = :call AND e.kind = 'recorded'",
        call=call,
    )
    assert told[0][0] == 1


def hurry(hotline: RunningHotline) -> bool:
    """Shorten the seconds between two tries, and the minute of a claim."""
    hotline.rows("UPDATE recordings SET next_attempt_at = '2020-01-01 00:00:00.000000' WHERE next_attempt_at IS NOT NULL")
    return True


def test_what_was_said_after_the_beep_comes_to_us(hotline: RunningHotline) -> None:
    call = speak(hotline, "+923001234521")
    is_whole_and_ours_alone(hotline, call, hotline.folder)
    assert hotline.tickets_of("+923001234521") == 1


def test_one_that_is_told_of_twice_and_comes_late_comes_once(hotline: RunningHotline) -> None:
    hotline.faults(recording_callback_double_next=1, recording_late_next=1)
    call = speak(hotline, "+923001234522")
    hotline.wait_until(lambda: hurry(hotline) and recording(hotline, call).state == "done", within_s=30)
    is_whole_and_ours_alone(hotline, call, hotline.folder)


def test_a_worker_killed_while_it_fetches(hotline: RunningHotline) -> None:
    hotline.kill("worker")
    call = speak(hotline, "+923001234523")
    assert recording(hotline, call).attempts == 0
    hotline.processes["simulator"].send_signal(signal.SIGSTOP)
    try:
        hotline.start("worker")
        hotline.wait_until(lambda: recording(hotline, call).attempts == 1, within_s=60)
        hotline.kill("worker")
    finally:
        hotline.processes["simulator"].send_signal(signal.SIGCONT)
    assert recording(hotline, call).state == "awaited"
    hurry(hotline)
    hotline.start("worker")
    is_whole_and_ours_alone(hotline, call, hotline.folder)

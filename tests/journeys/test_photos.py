"""A photo that a phone sends arrives once and without its place, whatever is killed on the way, and is deleted at the gateway."""

import base64
import signal
from typing import Any
from urllib.parse import quote

from tests.journeys.running import RunningHotline
from tests.photographed import PLACE, picture


def send(hotline: RunningHotline, number: str) -> str:
    """A phone sends a photo without words; the text's id."""
    photo = base64.b64encode(picture(800, 600)).decode()
    sid: str = hotline.ask("POST", f"/phones/{quote(number)}/texts", {"body": "", "photo": photo})["sid"]
    return sid


def row(hotline: RunningHotline, text: str) -> Any:
    sql = "SELECT p.state, p.attempts, p.width, p.stored_as FROM photos p JOIN messages m ON m.id = p.message_id"
    [found] = hotline.rows(f"{sql} WHERE m.gateway_id = :text", text=text)
    return found


def is_ours_alone(hotline: RunningHotline, number: str, text: str) -> None:
    hotline.wait_until(lambda: row(hotline, text).state == "done", within_s=30)
    stored = (hotline.folder / "recordings" / row(hotline, text).stored_as).read_bytes()
    assert (row(hotline, text).width, PLACE in stored) == (800, False)
    assert hotline.tickets_of(number) == 1
    [kept] = [one for one in hotline.ask("GET", f"/phones/{quote(number)}/texts") if one["sid"] == text]
    assert kept["photos"] == 0


def test_a_photo_without_words_comes_to_us(hotline: RunningHotline) -> None:
    text = send(hotline, "+923001234531")
    is_ours_alone(hotline, "+923001234531", text)


def test_a_worker_killed_while_it_fetches(hotline: RunningHotline) -> None:
    hotline.kill("worker")
    text = send(hotline, "+923001234532")
    hotline.processes["simulator"].send_signal(signal.SIGSTOP)
    try:
        hotline.start("worker")
        hotline.wait_until(lambda: row(hotline, text).attempts == 1, within_s=20)
        hotline.kill("worker")
    finally:
        hotline.processes["simulator"].send_signal(signal.SIGCONT)
    assert row(hotline, text).state == "awaited"
    hotline.rows("UPDATE photos SET next_attempt_at = '2020-01-01 00:00:00.000000' WHERE next_attempt_at IS NOT NULL")
    hotline.start("worker")
    is_ours_alone(hotline, "+923001234532", text)

"""What a phone tells of a text that came in, and the id that stands for it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from hotline.gateways.android.incoming import read_text, read_time
from tests.support import HER

MARK = b"m" * 32
AT = datetime(2026, 11, 23, 7, 0, 5, tzinfo=UTC)
TOLD = {"messageId": "a1b2", "message": "salam", "sender": HER, "simNumber": 2, "receivedAt": "2026-11-23T12:00:05.000+05:00"}


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-23T12:00:05.000+05:00",
        "2026-11-23T12:00:05+05:00",
        "2026-11-23T12:00:05.000+0500",
        "2026-11-23T12:00:05.000+05:0",  # as the app writes it on Android 5 and 6
        "2026-11-23T07:00:05Z",
        "2026-11-23T07:00:05.000000Z",
        "2026-11-23T07:00:05.000",
        "2026-11-23T01:30:05.000-05:30",
        " 2026-11-23T07:00:05Z ",
        1795417205000,
        1795417205000.0,
    ],
)
def test_every_way_of_writing_a_time_is_one_time_and_one_id(written: object) -> None:
    assert read_time(written) == AT
    assert read_text(MARK, "", {**TOLD, "receivedAt": written}).gateway_id == read_text(MARK, "", TOLD).gateway_id


@pytest.mark.parametrize(
    "written",
    [
        None,
        "",
        "now",
        "2026-02-40T07:00:05Z",
        "2026-11-23",
        True,
        [],
        "2026-11-23T07:00:05+99:99",
        1e30,
        -(10**20),
        float("nan"),
        "1970-01-01T05:00:00.000+05:00",
        0,
    ],
)
def test_what_is_no_time_is_none(written: object) -> None:
    assert read_time(written) is None


def test_milliseconds_are_kept() -> None:
    assert read_time("2026-11-23T07:00:05.120Z") == AT.replace(microsecond=120_000)
    assert read_time("2026-11-23T07:00:05.12Z") == AT.replace(microsecond=120_000)
    assert read_time("2026-11-23T07:00:05.1209Z") == AT.replace(microsecond=120_000)


def test_a_text_has_its_line_and_its_time() -> None:
    text = read_text(MARK, "", TOLD)
    assert (text.sender, text.body, text.line, text.received_at) == (HER, "salam", "2", AT)
    assert len(text.gateway_id) == 40


def test_the_inbox_and_the_webhook_give_one_id() -> None:
    listed = {
        "id": "text:-5",
        "type": "SMS",
        "sender": HER,
        "simNumber": 2,
        "contentPreview": "salam",
        "createdAt": "2026-11-23T07:00:05.000Z",
    }
    assert read_text(MARK, "", listed) == read_text(MARK, "", TOLD)


@pytest.mark.parametrize("change", [{"sender": "+923331234502"}, {"message": "salam "}, {"receivedAt": "2026-11-23T12:00:06.000+05:00"}])
def test_another_sender_word_or_second_is_another_text(change: dict[str, Any]) -> None:
    assert read_text(MARK, "", TOLD | change).gateway_id != read_text(MARK, "", TOLD).gateway_id
    assert read_text(MARK, "phone", TOLD).gateway_id != read_text(MARK, "", TOLD).gateway_id
    assert read_text(b"n" * 32, "", TOLD).gateway_id != read_text(MARK, "", TOLD).gateway_id


def test_the_apps_own_ids_count_for_nothing() -> None:
    assert read_text(MARK, "", TOLD | {"messageId": "ffff"}, event="e2") == read_text(MARK, "", TOLD, event="e1")


def test_without_a_time_the_event_tells_texts_apart() -> None:
    timeless = {key: value for key, value in TOLD.items() if key != "receivedAt"}
    assert read_text(MARK, "", timeless, event="e1") == read_text(MARK, "", timeless, event="e1")
    assert read_text(MARK, "", timeless, event="e1").gateway_id != read_text(MARK, "", timeless, event="e2").gateway_id


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        ({}, ("", "", None)),
        ({"sender": None, "message": None, "simNumber": None}, ("", "", None)),
        ({"phoneNumber": HER, "message": 5, "simNumber": "1"}, (HER, "5", "1")),
        ({"sender": HER, "message": "a\0b\ud800", "simNumber": True}, (HER, "a\ufffdb?", None)),
        ({"sender": HER, "message": ["x"], "simNumber": 10**30}, (HER, "['x']", "1000000000000000")),
        ({"sender": HER, "subject": "photo"}, (HER, "photo", None)),
        ({"sender": HER, "body": "words", "subject": "photo"}, (HER, "words", None)),
        ({"sender": HER, "message": "", "body": "words"}, (HER, "", None)),
    ],
)
def test_whatever_is_told_makes_a_text(told: dict[str, Any], wanted: tuple[str, str, str | None]) -> None:
    text = read_text(MARK, "", told)
    assert (text.sender, text.body, text.line) == wanted

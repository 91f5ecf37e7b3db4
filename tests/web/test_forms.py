"""What browsers post is taken as it is meant, or answered 400."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from typing import Any

import pytest
from flask import Flask
from werkzeug.exceptions import BadRequest

from hotline.web import forms

Post = Callable[..., None]


@pytest.fixture
def post() -> Iterator[Post]:
    """Act as the form that is sent."""
    app, open_requests = Flask(__name__), []

    def be(**fields: str) -> None:
        context = app.test_request_context("/", method="POST", data=fields)
        context.push()
        open_requests.append(context)

    yield be
    for context in reversed(open_requests):
        context.pop()


TAKEN: list[tuple[Callable[[], Any], str, object]] = [
    (lambda: forms.number("field"), "0", 0),
    (lambda: forms.number("field"), "9" * 18, 10**18 - 1),
    (lambda: forms.number("field", 6), "6", 6),
    (lambda: forms.choice("field", "yes", "no"), "no", "no"),
    (lambda: forms.choice("field", "", "yes"), "", ""),
    (lambda: forms.matching("field", "a|bc"), "bc", "bc"),
    (lambda: forms.day("field"), "2026-11-23", date(2026, 11, 23)),
    (lambda: forms.moment("field"), "2026-11-23T09:30", datetime(2026, 11, 23, 9, 30)),  # noqa: DTZ001 - local, as a browser sends it
    (lambda: forms.clock("field"), "09:30", time(9, 30)),
    (lambda: forms.clock_or_none("field"), "09:30", time(9, 30)),
    (lambda: forms.clock_or_none("field"), "", None),
    (lambda: forms.text("field"), "", ""),
    (lambda: forms.text("field"), " one\r\ntwo\n\r\n\0", " one\ntwo\n\n\ufffd"),
    (lambda: forms.text("field", 3), "a\r\nbc", "a\nb"),
]


@pytest.mark.parametrize(("take", "sent", "meant"), TAKEN)
def test_what_a_page_sends_is_taken(post: Post, take: Callable[[], Any], sent: str, meant: object) -> None:
    post(field=sent)
    assert take() == meant


REFUSED: list[tuple[Callable[[], Any], tuple[str, ...]]] = [
    (lambda: forms.number("field"), ("", " 1", "+1", "-1", "1_0", "1.0", "1e3", "۱", "1\n", "9" * 19, "9" * 5000, "\0")),
    (lambda: forms.number("field", 6), ("7",)),
    (lambda: forms.choice("field", "yes", "no"), ("", "YES", "yes ", "yes\0")),
    (lambda: forms.matching("field", "a|bc"), ("", "ac", "bc\n", "xbc")),
    (lambda: forms.day("field"), ("", "today", "2026-02-30", "1999-12-31", "3000-01-01", "0001-01-01", "2026-11-23\0")),
    (lambda: forms.moment("field"), ("", "soon", "2026-11-23", "0001-01-01T00:00", "9999-12-31T23:59")),
    (lambda: forms.clock("field"), ("", "24:00", "9 am", "08:00+05:00", "\0")),
    (lambda: forms.clock_or_none("field"), ("24:00", "9 am", "08:00+05:00")),
]


@pytest.mark.parametrize(("take", "sent"), [(take, each) for take, broken in REFUSED for each in broken])
def test_what_no_page_sends_is_refused(post: Post, take: Callable[[], Any], sent: str) -> None:
    post(field=sent)
    with pytest.raises(BadRequest):
        take()


@pytest.mark.parametrize("take", [take for take, _ in REFUSED[:-1]])
def test_a_field_that_is_not_there_is_refused_where_it_is_needed(post: Post, take: Callable[[], Any]) -> None:
    post(another="1")
    with pytest.raises(BadRequest):
        take()


def test_words_and_an_optional_time_may_be_left_out(post: Post) -> None:
    post(another="1")
    assert (forms.text("field"), forms.clock_or_none("field")) == ("", None)

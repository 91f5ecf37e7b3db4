"""Others have the database: every kind of request is refused early and kindly, nothing of it is done, and sent again it works."""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from flask import Flask
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from hotline import spool
from hotline.domain.prompts import BUSY
from hotline.runtime import Runtime
from hotline.sections import Voice
from hotline.services.draining import take_in_waiting
from hotline.services.tickets.routing import route_due
from hotline.spool import Reader, SpoolFault
from hotline.storage import db, writing
from hotline.storage.models import Message, Note, Ticket
from hotline.storage.writing import SharedCommits
from tests.calling import LINE, calls_of
from tests.support import HER, TOKEN, count, text_in, tickets
from tests.web.visiting import BASE, Visitor, told

As = Callable[[str], Visitor]
SAID = "Too much is going on just now. Nothing was done. Wait some seconds, go back and send it again."
CALL = {"CallSid": "CA" + "0" * 31 + "1", "From": HER, "To": LINE, "Direction": "inbound", "CallStatus": "in-progress"}


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], monkeypatch: pytest.MonkeyPatch) -> Runtime:
    """A Runtime that waits for nothing longer than a moment."""
    for module in (db, writing):
        monkeypatch.setattr(module, "WAIT_S", 0.05)
    return make_rt(voice=Voice(number=LINE))


@contextlib.contextmanager
def full_line(rt: Runtime) -> Iterator[None]:
    """As many transactions open as may be at once."""
    with contextlib.ExitStack() as open_ones:
        for _ in range(1 if isinstance(rt.writing, SharedCommits) else writing._AT_ONCE):
            open_ones.enter_context(rt.transaction())
        yield


@contextlib.contextmanager
def empty_pool(rt: Runtime) -> Iterator[None]:
    """All connections of the process in use, and on SQLite none kept for writing."""
    if isinstance(rt.writing, SharedCommits):
        rt.writing._part_with_writer()
    with contextlib.ExitStack() as taken:
        for _ in range(rt.engine.pool.size()):  # type: ignore[attr-defined]  # of the QueuePool that it is
            taken.enter_context(rt.engine.connect())
        yield


@contextlib.contextmanager
def locked(rt: Runtime) -> Iterator[None]:
    """Somebody else keeps the tables locked."""
    url = rt.engine.url
    if url.get_backend_name() == "sqlite":
        with contextlib.closing(sqlite3.connect(url.database or "", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
        return
    with psycopg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False)) as other:
        other.execute("LOCK TABLE contacts, calls, tickets, messages, volunteers IN ACCESS EXCLUSIVE MODE")
        yield
        other.rollback()


WAYS = {"line": full_line, "pool": empty_pool, "lock": locked}
Held = Callable[[Callable[[], TestResponse]], TestResponse]


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def held(rt: Runtime, way: str) -> Held:
    """Sends a request while others have the database. From another thread: the line lets no thread wait for itself."""

    def send(request: Callable[[], TestResponse]) -> TestResponse:
        with WAYS[way](rt), ThreadPoolExecutor(1) as pool:
            return pool.submit(request).result(30)

    return send


def post(app: Flask, path: str, **fields: str) -> TestResponse:
    """A form as the gateway posts it."""
    sign = str(RequestValidator(TOKEN).compute_signature(BASE + path, fields))
    return app.test_client().post(path, data=fields, headers={"X-Twilio-Signature": sign})


def is_refused(answer: TestResponse) -> bool:
    """Whether the answer asks to send the request again."""
    return (answer.status_code, answer.headers.get("Retry-After"), answer.headers["Cache-Control"]) == (503, "5", "no-store")


def test_a_text_waits_on_the_disk_and_is_taken_in_later(rt: Runtime, app: Flask, held: Held) -> None:
    def send() -> TestResponse:
        return post(app, "/hooks/twilio/sms", MessageSid="SM1", From=HER, Body="mera mobile cheen liya")

    assert held(send).status_code == 200
    assert (count(rt, Message), count(rt, Ticket)) == (0, 0)
    take_in_waiting(rt, Reader(rt.config.keys_file), for_s=5)
    assert count(rt, Ticket) == 1


def test_a_report_of_a_text_waits_on_the_disk(rt: Runtime, app: Flask, held: Held) -> None:
    def send() -> TestResponse:
        return post(app, "/hooks/twilio/status?text=1&attempt=1", MessageSid="SM1", MessageStatus="delivered")

    text_in(rt, "mera mobile cheen liya")
    assert held(send).status_code == 204
    assert len(spool.waiting(rt.config.data_dir)) == 1
    assert take_in_waiting(rt, Reader(rt.config.keys_file), for_s=5) is False
    assert (spool.waiting(rt.config.data_dir), spool.aside(rt.config.data_dir)) == ([], [])


def test_a_text_that_the_disk_does_not_take_either_is_asked_for_again(
    rt: Runtime, app: Flask, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise SpoolFault("No space left on device")

    def send() -> TestResponse:
        return post(app, "/hooks/twilio/sms", MessageSid="SM1", From=HER, Body="mera mobile cheen liya")

    monkeypatch.setattr(rt.spool, "put", full)
    monkeypatch.setattr(rt.spool, "rest", lambda: None)
    assert is_refused(held(send))
    assert (count(rt, Message), count(rt, Ticket)) == (0, 0)
    assert send().status_code == 200
    assert count(rt, Ticket) == 1


def test_a_caller_hears_that_the_lines_are_busy_and_the_step_can_be_done_again(rt: Runtime, app: Flask, held: Held, way: str) -> None:
    goes_ahead = way == "line" and not isinstance(rt.writing, SharedCommits)  # on PostgreSQL a step of a call waits in no line
    post(app, "/hooks/twilio/voice", **CALL)
    before = [(call.turn, call.walk) for call in calls_of(rt)]

    def press() -> TestResponse:
        return post(app, "/hooks/twilio/voice/keys/0", **CALL, Digits="1")

    answer = held(press)
    assert (answer.status_code, answer.mimetype) == (200, "text/xml")
    assert (BUSY.key in answer.text) is not goes_ahead
    assert ([(call.turn, call.walk) for call in calls_of(rt)] == before) is not goes_ahead
    assert BUSY.key not in press().text
    assert [(call.turn, call.walk) for call in calls_of(rt)] != before


def test_the_report_of_a_call_waits_on_the_disk(rt: Runtime, app: Flask, held: Held) -> None:
    post(app, "/hooks/twilio/voice", **CALL)
    ended = CALL | {"CallStatus": "completed", "CallDuration": "9"}
    assert held(lambda: post(app, "/hooks/twilio/voice/status", **ended)).status_code == 204
    # On PostgreSQL the end of a call goes ahead of the line, and may have been stored.
    assert len(spool.waiting(rt.config.data_dir)) == 1 or not isinstance(rt.writing, SharedCommits)
    assert take_in_waiting(rt, Reader(rt.config.keys_file), for_s=5) is False
    assert spool.waiting(rt.config.data_dir) == []
    [call] = calls_of(rt)
    assert call.ended_at is not None


def test_a_page_says_it_in_plain_words_and_shows_what_was_written(rt: Runtime, app: Flask, as_: As, held: Held, way: str) -> None:
    text_in(rt, "mera mobile cheen liya")
    route_due(rt)
    ticket, alice = tickets(rt)[0], as_("alice")
    token = alice.token()

    def save() -> TestResponse:
        fields = {"csrf_token": token, "version": str(ticket.version), "note": "She rang again", "status": ""}
        return alice.client.post(f"/tickets/{ticket.reference}/status", base_url=BASE, data=fields)

    answer = held(save)
    assert is_refused(answer)
    assert told(answer) == SAID
    assert "She rang again" in answer.text
    assert count(rt, Note) == 0
    assert save().status_code == 302
    assert count(rt, Note) == 1


def test_a_poll_and_a_draft_get_no_page(rt: Runtime, as_: As, held: Held, way: str) -> None:
    text_in(rt, "mera mobile cheen liya")
    route_due(rt)
    ticket, alice = tickets(rt)[0], as_("alice")
    fields = {"csrf_token": alice.token(), "version": str(ticket.version), "body": "abhi"}
    draft = held(lambda: alice.client.post(f"/tickets/{ticket.reference}/draft", base_url=BASE, data=fields))
    assert (is_refused(draft), draft.mimetype) == (True, "text/plain")
    if way == "pool":  # a poll only reads: nothing else keeps it waiting
        for path in ("/queue/version", "/queue/list"):
            polled = held(lambda path=path: alice.get(path))  # type: ignore[misc]  # mypy knows no lambdas with defaults
            assert (is_refused(polled), polled.mimetype) == (True, "text/plain")


@pytest.mark.parametrize("language", ["ur", "sd"])
@pytest.mark.parametrize("way", ["pool"], indirect=True)
def test_it_is_said_in_the_readers_language(app: Flask, held: Held, language: str) -> None:
    visitor = Visitor(app)
    fields = {"csrf_token": visitor.token(), "login": "alice", "password": "x"}
    answer = held(lambda: visitor.client.post("/login", base_url=BASE, headers={"Accept-Language": language}, data=fields))
    assert is_refused(answer)
    assert f'lang="{language}"' in answer.text
    assert SAID not in answer.text


def test_a_broken_statement_is_no_overload(rt: Runtime) -> None:
    with pytest.raises(db.DatabaseFault) as fault, rt.reading() as session:
        session.connection().exec_driver_sql("SELECT nonsense")
    assert not isinstance(fault.value, writing.Overloaded)

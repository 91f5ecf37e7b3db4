"""Logs: numbers masked, bodies never, ids as they are; driven through the real app."""

import errno
import io
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from flask.testing import FlaskClient
from sqlalchemy import text
from twilio.request_validator import RequestValidator

from hotline.app import create_app
from hotline.gateways.base import GatewayError, Outcome
from hotline.log import configure_log, logger, mask_numbers
from hotline.runtime import Runtime
from hotline.services.draining import take_in_waiting
from hotline.services.texts import outbound
from hotline.services.tickets.routing import route_due
from hotline.spool import Reader
from tests.support import HER, OTHER, TOKEN, ScriptedGateway, away, hand_over, keys_file, make_runtime, text_in, texts_out

BODY = "Zubaida mera mobile cheen liya gaya, thekedar Qurban ka bhai tha"
WORDS = ("Zubaida", "Qurban", "mobile cheen")
URDU_BODY = "میرا موبائل چھین لیا گیا"

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """Gives what was logged so far, a JSON object a line; restores the settings of logging afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    written = io.StringIO()  # pytest closes its captures and opens new ones between fixture and test
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", written)
        configure_log()

    def taken() -> list[dict[str, Any]]:
        said = written.getvalue()
        written.seek(0)
        written.truncate()
        return [json.loads(line) for line in said.splitlines()]

    yield taken
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def rt(database_url: str, tmp_path: Path) -> Iterator[Runtime]:
    runtime = make_runtime(database_url, data_dir=tmp_path / "data")
    yield runtime
    runtime.close()


@pytest.fixture
def client(rt: Runtime) -> FlaskClient:
    return create_app(rt).test_client()


def post(client: FlaskClient, body: str, *, token: str = TOKEN, path: str = "/hooks/twilio/sms", **more: str) -> int:
    form = {"MessageSid": "SM" + "0" * 32, "From": HER, "To": "+15005550006", "Body": body, **more}
    signature = RequestValidator(token).compute_signature(f"https://hotline.example.org{path}", form)
    return client.post(path, data=form, headers={"X-Twilio-Signature": signature}).status_code


def tells(logged: object) -> list[str]:
    """Which of the citizen's words and numbers stand in what was logged."""
    whole = json.dumps(logged, ensure_ascii=False)
    return [secret for secret in (*WORDS, URDU_BODY, HER, HER[3:], "001234501") if secret in whole]


@pytest.mark.parametrize(
    "written",
    ["+923001234567", "03001234567", "0300-1234567", "0300 123 4567", "۰۳۰۰۱۲۳۴۵۶۷", "٠٣٠٠-١٢٣٤٥٦٧", "42101-1234567-1", "482-719-365"],
)
def test_a_number_is_masked_wherever_it_slips_in(lines: Lines, written: str) -> None:
    logger().info(f"from {written} it came", sender=written, pair=(written, 1), nested={"deep": [written]}, kept={written})
    [line] = lines()
    for digits in (written, written.replace("-", "").replace(" ", "")):
        assert digits not in json.dumps(line, ensure_ascii=False)
    assert line["event"] == "from … it came"
    assert (line["pair"], line["nested"], line["kept"]) == (["…", 1], {"deep": ["…"]}, ["…"])


def test_a_number_is_masked_as_an_integer_and_in_an_object_of_any_kind(lines: Lines) -> None:
    logger().info("it came", number=923001234567, real=3001234567.0, fault=ValueError("to +923001234567"), data=b"+923001234567")
    [line] = lines()
    assert (line["number"], line["real"]) == ("…", "…")
    assert "3001234567" not in json.dumps(line)


def test_ids_counts_and_times_stay_readable(lines: Lines) -> None:
    logger().info(
        "text stored", message_id=123456789, ticket_id=7, contact_id=2_000_000, rows=10_000_000, code="30003", done=True, nothing=None
    )
    [line] = lines()
    assert (line["message_id"], line["ticket_id"], line["contact_id"], line["rows"]) == (123456789, 7, 2_000_000, 10_000_000)
    assert (line["code"], line["done"], line["nothing"], line["level"]) == ("30003", True, None, "info")
    assert line["timestamp"].startswith("20")


def test_what_libraries_log_is_masked_too_and_only_from_warning_on(lines: Lines) -> None:
    logging.getLogger("twilio.http_client").info("POST To=+923001234567 Body=secret")
    logging.getLogger("urllib3").debug("secret")
    logging.getLogger("urllib3").warning("retrying /Messages.json?To=%s", "%2B923001234567")
    [line] = lines()
    assert line["logger"] == "urllib3"
    assert "3001234567" not in line["event"]


def refuse() -> None:
    try:
        {}["left"]
    except KeyError as cause:
        raise ValueError(f"refused +923001234567\nDETAIL: Failing row contains (7, {BODY})") from cause


def test_a_traceback_tells_where_and_of_each_error_its_first_line(lines: Lines) -> None:
    try:
        refuse()
    except ValueError:
        logger().error("a request failed", exc_info=sys.exc_info())
        logging.getLogger("rq.worker").exception("a job failed")
    ours, theirs = lines()
    for line in (ours, theirs):
        assert "ValueError: refused …" in line["exception"]
        assert "KeyError: 'left'" in line["exception"]
        assert "in refuse" in line["exception"]
        assert tells(line) == []


def test_an_endless_error_is_cut(lines: Lines) -> None:
    logger().error("failed", exc_info=ValueError("x" * 10_000))
    [line] = lines()
    assert len(line["exception"]) < 400


def test_mask_numbers_leaves_other_lines_alone() -> None:
    line = {"event": "10 of 60 sent in 3.5 s", "port": 8000, "path": "/hooks/twilio/sms"}
    assert mask_numbers(None, "info", dict(line)) == line


# Through the real app


@pytest.mark.parametrize("body", [BODY, URDU_BODY, f"{HER} ne {BODY}", "482-719-365"])
def test_a_text_that_comes_in_leaves_neither_number_nor_body_in_the_log(client: FlaskClient, lines: Lines, body: str) -> None:
    assert post(client, body) == 200
    assert post(client, body) == 200
    assert tells(lines()) == []


def test_a_refused_webhook_is_logged_without_what_it_said(client: FlaskClient, lines: Lines) -> None:
    assert post(client, BODY, token="wrong") == 403
    logged = lines()
    assert [line["event"] for line in logged] == ["a webhook without the gateway's signature was refused"]
    assert tells(logged) == []


def test_a_report_is_logged_by_our_id_alone(client: FlaskClient, lines: Lines) -> None:
    post(client, BODY)
    lines()
    assert post(client, "", path="/hooks/twilio/status", MessageStatus="sent") == 204
    assert tells(lines()) == []


def test_a_database_that_fails_under_a_text_tells_nothing_of_it(rt: Runtime, client: FlaskClient, lines: Lines) -> None:
    with rt.engine.begin() as connection:
        connection.execute(text("DROP TABLE events"))
    assert post(client, BODY) == 200
    [line] = lines()
    assert (line["event"], line["kind"]) == ("it cannot be stored and waits on the disk", "text")
    assert "events" in line["exception"]
    assert tells(line) == []


def test_a_row_the_database_refuses_is_not_shown(rt: Runtime, client: FlaskClient, lines: Lines) -> None:
    refuse_rows = {
        "sqlite": "CREATE TRIGGER no_room BEFORE INSERT ON messages BEGIN SELECT RAISE(ABORT, 'no_room'); END",
        "postgresql": "ALTER TABLE messages ADD CONSTRAINT no_room CHECK (direction = 'none')",  # it quotes the row
    }
    with rt.engine.begin() as connection:
        connection.execute(text(refuse_rows[rt.engine.dialect.name]))
    assert post(client, BODY) == 200
    [line] = lines()
    assert "no_room" in line["exception"]
    assert tells(line) == []


def test_a_text_that_is_not_taken_is_logged_by_our_id_and_the_gateways_code(rt: Runtime, lines: Lines) -> None:
    text_in(rt, BODY)
    lines()
    outbound.send_due(rt, ScriptedGateway([GatewayError("30007", Outcome.REFUSED)]).alone, for_s=1)
    [line] = lines()
    assert (line["event"], line["message_id"], line["code"]) == ("a text was not taken", 2, "30007")
    assert tells(line) == []


def test_a_failed_log_in_names_nobody(client: FlaskClient, lines: Lines) -> None:
    client.application.config["WTF_CSRF_ENABLED"] = False
    assert client.post("/login", data={"login": HER, "password": BODY}).status_code == 401
    assert tells(lines()) == []


# One text, from the webhook to the handset


def only(logged: list[dict[str, Any]], event: str, **of: object) -> dict[str, Any]:
    """The one line of that event with those values."""
    [line] = [one for one in logged if one["event"] == event and of.items() <= one.items()]
    return line


def test_a_text_is_followed_by_ids_from_the_webhook_to_the_handset(rt: Runtime, client: FlaskClient, lines: Lines) -> None:
    assert post(client, BODY, MessageSid="SM" + "0a" * 15 + "b1") == 200
    assert post(client, f"{BODY} 2", MessageSid="SM" + "0a" * 15 + "b2", From=OTHER) == 200
    route_due(rt)
    hand_over(rt)
    receipt = next(text for text in texts_out(rt) if text.text_key == "receipt")
    for told in ("sent", "delivered"):
        report = {"MessageSid": receipt.gateway_id or "", "MessageStatus": told}
        assert post(client, "", path="/hooks/twilio/status", **report) == 204
    logged = lines()
    came = only(logged, "text came in", gateway="twilio", gateway_id="…0ab1")
    left = only(logged, "text sent", answers_message_id=came["message_id"])
    arrived = only(logged, "delivery reported", message_id=left["message_id"], delivery="delivered")
    assert (left["ticket_id"], left["gateway"]) == (came["ticket_id"], "twilio")
    assert came["ticket_id"] is not None
    assert arrived["gateway_id"] == left["gateway_id"] == f"…{(receipt.gateway_id or '')[-4:]}"
    assert came["message_id"] != only(logged, "text came in", gateway_id="…0ab2")["message_id"]
    assert tells(logged) == []
    assert not [text for text in texts_out(rt) if (text.gateway_id or "-") in json.dumps(logged)], "no gateway's id is told whole"


def test_a_text_that_waited_on_the_disk_is_followed_too(rt: Runtime, client: FlaskClient, lines: Lines) -> None:
    with away(rt):
        assert post(client, BODY, MessageSid="SM1") == 200
    take_in_waiting(rt, Reader(Path(keys_file())), for_s=10)
    logged = lines()
    events = [line["event"] for line in logged if line.get("gateway_id") == "…SM1"]
    assert events == ["it cannot be stored and waits on the disk", "text came in"]
    assert tells(logged) == []


class Disk(io.RawIOBase):
    """A file on a disk that is full until somebody makes room."""

    def __init__(self) -> None:
        self.is_full, self.kept = True, b""

    def writable(self) -> bool:
        return True

    def write(self, given: Any) -> int:
        if self.is_full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.kept += bytes(given)
        return len(given)


@pytest.mark.usefixtures("lines")
def test_a_line_that_cannot_be_written_ends_nothing_and_is_told_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    disk = Disk()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BufferedWriter(disk, 4096), encoding="utf-8"))
    configure_log()
    for number in range(200):
        logger().info("the clock ticks", second=number)
    assert capsys.readouterr().err == "the log cannot be written (No space left on device); the process goes on\n"
    disk.is_full = False
    logger().info("there is room again")
    assert json.loads(disk.kept.splitlines()[-1])["event"] == "there is room again"

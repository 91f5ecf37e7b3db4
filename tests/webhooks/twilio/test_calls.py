"""The calls' webhooks: which requests are let in, what is answered, and that no error is ever read aloud to a caller."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from hotline.app import create_app
from hotline.domain.danger import Danger
from hotline.domain.walk import Step
from hotline.runtime import Runtime
from hotline.sections import Voice
from hotline.services.calls import callflow
from hotline.services.draining import take_in_waiting
from hotline.simulator.twiml import inline_document
from hotline.spool import Reader, SpoolFault, waiting
from hotline.storage import db
from hotline.storage.callmodels import Call, Recording
from hotline.storage.writing import WRITES
from tests.calling import LINE, MISSED, calls_of, contact_of
from tests.services.calls.test_callflow import ways
from tests.support import HER, TOKEN, away, count, tickets

BASE = "https://hotline.example.org"
VOICE = "/hooks/twilio/voice"
SID = "CA" + "0" * 31 + "1"
DUTY = "+923001112233"
PATHS = (
    VOICE,
    f"{VOICE}/keys/0",
    f"{VOICE}/recorded/0",
    f"{VOICE}/dialled/0",
    f"{VOICE}/duty/1",
    f"{VOICE}/duty/1/keys/0",
    f"{VOICE}/back/1",
    f"{VOICE}/alarm/1",
    f"{VOICE}/alarm/keys/0",
    f"{VOICE}/alarm/dialled/0",
    f"{VOICE}/alarm/fallback",
    f"{VOICE}/fallback",
    f"{VOICE}/status",
    f"{VOICE}/recording",
    f"{VOICE}/alarm/leg/1",
)
LISTENED_TO = PATHS[:-3]
"""Where a caller hears the answer."""


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    return make_rt(voice=Voice(number=LINE, missed_call_number=MISSED, duty_line=(DUTY,)), data_dir=tmp_path)


@pytest.fixture
def client(rt: Runtime) -> FlaskClient:
    return create_app(rt).test_client()


def form(**fields: str) -> dict[str, str]:
    return {"CallSid": SID, "From": HER, "To": LINE, "Direction": "inbound", "CallStatus": "in-progress"} | fields


def post(client: FlaskClient, path: str, **fields: str) -> TestResponse:
    given = form(**fields)
    signature = str(RequestValidator(TOKEN).compute_signature(BASE + path, given))
    return client.post(path, data=given, headers={"X-Twilio-Signature": signature})


def heard(answer: TestResponse) -> ET.Element:
    """The TwiML of an answer: a 200 that Twilio takes."""
    assert (answer.status_code, answer.mimetype) == (200, "text/xml"), answer.get_data(as_text=True)
    document = answer.get_data(as_text=True)
    inline_document(document)  # raises what Twilio would refuse
    return ET.fromstring(document)  # noqa: S314 - our own


def clips(document: ET.Element) -> list[str]:
    """The names of what is played, without the language."""
    return [(play.text or "").rpartition("/")[2].removesuffix(".wav") for play in document.iter("Play")]


def is_busy(document: ET.Element) -> bool:
    """Whether what is heard is that the lines are busy."""
    return any(clip.startswith("busy") for clip in clips(document)) and document[-1].tag == "Hangup"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("signature", [None, "", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "سند"])
def test_a_stranger_is_refused_and_nothing_is_read(rt: Runtime, client: FlaskClient, path: str, signature: str | None) -> None:
    headers = {} if signature is None else {"X-Twilio-Signature": signature.encode().decode("latin-1")}
    assert client.post(path, data=form(), headers=headers).status_code == 403
    assert count(rt, Call) == 0


def test_every_route_of_calls_is_among_those_tried(client: FlaskClient) -> None:
    rules = {rule.rule for rule in client.application.url_map.iter_rules() if rule.rule.startswith(VOICE)}
    shapes = {re.sub(r"<[^>]+>", "N", rule) for rule in rules}
    assert shapes == {re.sub(r"/\d+", "/N", path) for path in PATHS}


def test_every_document_is_one_that_twilio_takes(rt: Runtime, client: FlaskClient) -> None:
    """The pretend Twilio reads every step of the menu as it goes out, and refuses what the real one would."""
    steps = set()
    for number, way in enumerate(ways(callflow.menu_of(rt), withheld=False).values()):
        sid = f"CA{number:032x}"
        document = heard(post(client, VOICE, CallSid=sid, From=f"+92300{1_000_000 + number}"))
        for done in way:
            document = heard(_do(client, document, sid, done))
        for url in re.findall(r"https?://[^<\"\s]+", ET.tostring(document, "unicode")):
            assert url.startswith((f"{BASE}/hooks/twilio/voice/", f"{BASE}/prompts/")), url
            assert url.isascii()
        steps.add(step_of(rt, sid))
    assert steps == set(Step) - {Step.BACK, Step.ALARM, Step.TEST, Step.READY, Step.JOINED, Step.GONE}


def step_of(rt: Runtime, sid: str) -> Step:
    """Where a call is."""
    return Step(next(call.walk["step"] for call in calls_of(rt) if call.gateway_id == sid))


def _do(client: FlaskClient, document: ET.Element, sid: str, done: str) -> TestResponse:
    """What the gateway does with a document when a caller does something."""
    last = next(verb for verb in reversed(list(document)) if verb.tag in ("Gather", "Record", "Dial", "Redirect"))
    if last.tag == "Redirect" and done != "nothing":
        last = document.find("Record")  # type: ignore[assignment]
    path = (last.text if last.tag == "Redirect" else last.get("action") or "").removeprefix(BASE)  # type: ignore[union-attr]
    fields = {"CallSid": sid}
    if last.tag == "Record":
        fields |= {"RecordingSid": "RE" + sid[2:], "RecordingDuration": "9", "Digits": "0" if done == "0" else ""}
    elif last.tag == "Dial":
        if done == "taken":
            url = last.find("Number").get("url").removeprefix(BASE)  # type: ignore[union-attr]
            gather = heard(post(client, url, CallSid="CAd" + "0" * 31)).find("Gather")
            heard(post(client, gather.get("action").removeprefix(BASE), CallSid="CAd" + "0" * 31, Digits="1"))  # type: ignore[union-attr]
    else:
        fields |= {"Digits": done} if done not in ("", "nothing") else {}
    return post(client, path, **fields)


def test_a_call_is_a_row_and_hears_the_menu(rt: Runtime, client: FlaskClient) -> None:
    document = heard(post(client, VOICE))
    gather = document.find("Gather")
    assert gather is not None
    assert gather.get("action") == f"{BASE}{VOICE}/keys/0"
    assert clips(document)[0].startswith("danger_key")
    assert contact_of(rt, HER)


def test_a_missed_call_is_rejected(rt: Runtime, client: FlaskClient) -> None:
    document = heard(post(client, VOICE, To=MISSED))
    assert [verb.tag for verb in document] == ["Reject"]
    assert [call.direction for call in calls_of(rt)] == ["missed", "back"]


def test_the_duty_phone_shows_our_number_and_never_hers(rt: Runtime, client: FlaskClient) -> None:
    post(client, VOICE)
    post(client, f"{VOICE}/keys/0", Digits="0")
    answer = post(client, f"{VOICE}/keys/1")
    dial = heard(answer).find("Dial")
    assert dial is not None
    assert (dial.get("callerId"), dial.findtext("Number")) == (LINE, DUTY)
    assert HER[1:] not in answer.get_data(as_text=True)


def test_a_duty_phone_hears_nothing_of_who_calls_and_keys_to_take_it(rt: Runtime, client: FlaskClient) -> None:
    post(client, VOICE)
    post(client, f"{VOICE}/keys/0", Digits="0")
    post(client, f"{VOICE}/keys/1")
    call_id = calls_of(rt)[0].id
    leg = {"CallSid": "CA" + "9" * 32, "From": LINE, "To": DUTY, "Direction": "outbound-dial"}
    assert set(clips(heard(post(client, f"{VOICE}/duty/{call_id}", **leg)))) == {"duty_take"}
    for digits in ("", "2", "11"):
        assert [verb.tag for verb in heard(post(client, f"{VOICE}/duty/{call_id}/keys/0", Digits=digits, **leg))] == ["Hangup"]
    assert list(heard(post(client, f"{VOICE}/duty/{call_id}/keys/0", Digits="1", **leg))) == []
    assert calls_of(rt)[0].duty_taken
    assert len(calls_of(rt)) == 1  # the leg to a volunteer is not a citizen's call


@pytest.mark.parametrize("path", [path for path in LISTENED_TO if not path.startswith((f"{VOICE}/duty/", f"{VOICE}/alarm/"))])
def test_with_the_database_broken_the_lines_are_busy(rt: Runtime, client: FlaskClient, path: str) -> None:
    """The duty line is left out, which is joined with the caller all the same, and a volunteer's own phone, which hears nothing."""
    post(client, VOICE)
    with rt.engine.begin() as connection:
        connection.execute(text("ALTER TABLE calls RENAME TO gone"))
    assert is_busy(heard(post(client, path, Digits="1")))


def test_what_somebody_holds_on_to_is_not_waited_for_until_the_gateway_gives_up(
    make_rt: Callable[..., Runtime], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "WAIT_S", 0.2)
    client = create_app(make_rt(voice=Voice(number=LINE))).test_client()
    post(client, VOICE)
    holder = db.make_engine(database_url).execution_options(**{WRITES: True})
    with ThreadPoolExecutor(1) as pool, holder.begin() as connection:
        connection.execute(text("UPDATE contacts SET times_seen = times_seen + 1"))  # on SQLite this locks the whole database
        assert is_busy(heard(pool.submit(post, client, f"{VOICE}/keys/0", Digits="1").result(10)))
        assert pool.submit(post, client, "/hooks/twilio/sms", MessageSid="SM1", Body="salam").result(10).status_code == 200
    assert not is_busy(heard(post(client, f"{VOICE}/keys/0", Digits="1")))
    holder.dispose()


def test_a_missed_call_is_rejected_with_the_database_broken_too(rt: Runtime, client: FlaskClient) -> None:
    with rt.engine.begin() as connection:
        connection.execute(text("ALTER TABLE calls RENAME TO gone"))
    assert [verb.tag for verb in heard(post(client, VOICE, To=MISSED))] == ["Reject"]


def test_what_is_told_and_not_heard_waits_on_the_disk_or_fails_loudly_so_that_it_is_told_again(
    rt: Runtime, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with rt.engine.begin() as connection:
        connection.execute(text("ALTER TABLE calls RENAME TO gone"))
    assert post(client, f"{VOICE}/status", CallStatus="completed").status_code == 204
    assert post(client, f"{VOICE}/recording", RecordingSid="RE" + "a" * 32).status_code == 204
    assert len(waiting(rt.config.data_dir)) == 2
    monkeypatch.setattr(rt.spool, "put", full)
    assert post(client, f"{VOICE}/status", CallStatus="completed").status_code == 503
    assert post(client, f"{VOICE}/recording", RecordingSid="RE" + "a" * 32).status_code == 503


def full(*_: object, **__: object) -> None:
    raise SpoolFault("No space left on device")


def take_in(rt: Runtime) -> None:
    assert take_in_waiting(rt, Reader(rt.config.keys_file), for_s=30) is False


def test_danger_keyed_while_the_database_is_away_hears_whom_to_call_and_stands_in_the_book_once_it_is_back(
    rt: Runtime, client: FlaskClient
) -> None:
    post(client, VOICE)
    post(client, f"{VOICE}/keys/0", Digits="1")
    with away(rt):
        document = heard(post(client, f"{VOICE}/keys/1", Digits="0"))
        assert post(client, f"{VOICE}/status", CallStatus="completed", CallDuration="21").status_code == 204
    assert is_busy(document)
    assert [clip for clip in clips(document) if clip.startswith("digit_")] == ["digit_1", "digit_5"] * 3  # 15, in each language
    take_in(rt)
    [ticket] = tickets(rt)
    [call] = calls_of(rt)
    assert (ticket.danger, ticket.next_ring_at is not None, call.ticket_id, call.duration_s) == (Danger.KEYED, True, ticket.id, 21)


def in_danger(client: FlaskClient) -> str:
    """A caller keys danger; the address to which the gateway tells how the recording ended."""
    post(client, VOICE)
    record = heard(post(client, f"{VOICE}/keys/0", Digits="0")).find("Record")
    assert record is not None
    return (record.get("action") or "").removeprefix(BASE)


@pytest.mark.parametrize(("digits", "hears"), [("", True), ("#", True), ("5", False)])
def test_who_keys_in_danger_that_speaking_is_impossible_hears_nothing_though_the_database_is_away(
    rt: Runtime, client: FlaskClient, digits: str, hears: bool
) -> None:
    path = in_danger(client)
    with away(rt):
        document = heard(post(client, path, Digits=digits, RecordingSid="RE" + "a" * 32, RecordingDuration="4"))
    assert is_busy(document) is hears
    assert [verb.tag for verb in document] == (["Hangup"] if not hears else [verb.tag for verb in document])
    take_in(rt)
    assert calls_of(rt)[0].walk.get("must_be_silent", False) is not hears
    assert count(rt, Recording) == 1


def test_who_must_not_be_heard_hears_nothing_at_any_later_step(rt: Runtime, client: FlaskClient) -> None:
    path = in_danger(client)
    record = heard(post(client, path, Digits="5", RecordingSid="RE" + "a" * 32, RecordingDuration="4")).find("Record")
    assert record is not None
    later = (record.get("action") or "").removeprefix(BASE)
    with away(rt):
        assert [verb.tag for verb in heard(post(client, later, RecordingSid="RE" + "b" * 32, RecordingDuration="9"))] == ["Hangup"]
    told = {"ErrorCode": "11200", "ErrorUrl": BASE + later}
    assert [verb.tag for verb in heard(post(client, f"{VOICE}/fallback", **told))] == ["Hangup"]
    assert is_busy(heard(post(client, f"{VOICE}/fallback", ErrorCode="11200", ErrorUrl=f"{BASE}{VOICE}/keys/1?hush=x")))
    take_in(rt)
    assert count(rt, Recording) == 2


def test_a_duty_phone_that_takes_the_call_is_joined_though_the_database_is_away(rt: Runtime, client: FlaskClient) -> None:
    rang = heard(post(client, in_danger(client), RecordingSid="RE" + "a" * 32, RecordingDuration="4")).find("Dial")
    assert rang is not None
    ended = (rang.get("action") or "").removeprefix(BASE)
    leg = f"{VOICE}/duty/{calls_of(rt)[0].id}/keys/0"
    with away(rt):
        assert [verb.tag for verb in heard(post(client, leg, CallSid="CAd" + "0" * 31, Digits="2"))] == ["Hangup"]
        assert list(heard(post(client, leg, CallSid="CAd" + "0" * 31, Digits="1"))) == []
        assert is_busy(heard(post(client, ended, DialCallStatus="completed")))
    take_in(rt)
    [call] = calls_of(rt)
    assert (call.duty_taken, call.ended_at is not None, len(tickets(rt))) == (True, True, 1)


@pytest.mark.parametrize("path", LISTENED_TO)
@pytest.mark.parametrize(
    "fields",
    [
        {"CallSid": ""},
        {"CallSid": "سند"},
        {"CallSid": "x" * 5000},
        {"Digits": "9" * 5000},
        {"Digits": "\0"},
        {"Digits": "\ud800"},
        {"RecordingSid": "../../etc/passwd", "RecordingDuration": "-1"},
        {"RecordingSid": "RE" + "f" * 32, "RecordingDuration": "9" * 400},
        {"From": "", "To": ""},
        {"From": "sip:eve@example.org"},
        {"Digits": "hangup"},
        {"Direction": "outbound-api"},
        {"AccountSid": "AC" + "9" * 32},
        {"ErrorUrl": "http://["},
    ],
)
def test_nonsense_that_is_signed_gets_something_to_hear(client: FlaskClient, path: str, fields: dict[str, str]) -> None:
    safe = {name: value.encode("utf-8", "replace").decode() for name, value in fields.items()}
    heard(post(client, path, **safe))


@pytest.mark.parametrize("number", ["9" * 30, "-1", "1.5", "سند"])
def test_an_address_that_is_none_is_no_address(client: FlaskClient, number: str) -> None:
    for path in (f"{VOICE}/back/{number}", f"{VOICE}/duty/{number}"):
        assert post(client, path).status_code == 404


def test_a_turn_of_any_size_is_answered_with_where_she_is(client: FlaskClient) -> None:
    at = heard(post(client, VOICE))
    again = heard(post(client, f"{VOICE}/keys/{'9' * 30}", Digits="1"))
    assert clips(again) == clips(at)


def test_the_fallback_says_that_the_lines_are_busy_and_needs_no_database(rt: Runtime, client: FlaskClient) -> None:
    with rt.engine.begin() as connection:
        connection.execute(text("ALTER TABLE calls RENAME TO gone"))
        connection.execute(text("ALTER TABLE contacts RENAME TO gone_too"))
    assert is_busy(heard(post(client, f"{VOICE}/fallback", ErrorCode="11200")))


def test_a_call_of_which_we_never_heard_stands_in_the_book_as_missed_once_its_caller_was_told_that_we_are_busy(
    rt: Runtime, client: FlaskClient
) -> None:
    post(client, f"{VOICE}/fallback", ErrorCode="11200")
    post(client, f"{VOICE}/fallback", ErrorCode="11200")
    [missed] = [call for call in calls_of(rt) if call.direction == "missed"]
    assert missed.ended_at is not None
    assert post(client, f"{VOICE}/status", CallStatus="completed", CallDuration="9").status_code == 204
    assert [call.direction for call in calls_of(rt)].count("missed") == 1


def test_a_call_that_we_know_stays_as_it_is_when_the_gateway_falls_back(rt: Runtime, client: FlaskClient) -> None:
    post(client, VOICE)
    assert is_busy(heard(post(client, f"{VOICE}/fallback", ErrorCode="11200")))
    [call] = calls_of(rt)
    assert (call.direction, call.ended_at) == ("in", None)


def test_a_call_that_got_no_answer_waits_on_the_disk_while_the_database_is_away(rt: Runtime, client: FlaskClient) -> None:
    before = len(waiting(rt.config.data_dir))
    with away(rt):
        assert is_busy(heard(post(client, f"{VOICE}/fallback", ErrorCode="11200")))
        assert rt.spool.rests  # the next caller does not wait for the database
    assert len(waiting(rt.config.data_dir)) == before + 1
    assert not calls_of(rt)


def test_the_fallback_says_that_the_lines_are_busy_although_the_call_can_be_kept_nowhere(
    rt: Runtime, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise SpoolFault("No space left on device")

    monkeypatch.setattr(rt.spool, "put", full)
    with away(rt):
        assert is_busy(heard(post(client, f"{VOICE}/fallback", ErrorCode="11200")))


@pytest.mark.parametrize("path", ["/fallback", "/alarm/fallback"])
def test_a_call_that_we_placed_is_not_noted_as_missed_when_the_gateway_falls_back(rt: Runtime, client: FlaskClient, path: str) -> None:
    post(client, f"{VOICE}{path}", ErrorCode="11200", Direction="outbound-api")
    assert not calls_of(rt)


def test_the_end_and_the_recording_are_taken_in_any_order(rt: Runtime, client: FlaskClient) -> None:
    recording = {"RecordingSid": "RE" + "a" * 32, "RecordingDuration": "12", "RecordingStatus": "completed"}
    assert post(client, f"{VOICE}/recording", **recording).status_code == 204
    assert post(client, f"{VOICE}/status", CallStatus="completed", CallDuration="33").status_code == 204
    assert post(client, f"{VOICE}/recording", **recording).status_code == 204
    assert (count(rt, Call), count(rt, Recording), len(tickets(rt))) == (1, 1, 1)
    assert calls_of(rt)[0].duration_s == 33


@pytest.mark.parametrize("status", ["absent", "failed"])
def test_a_recording_that_is_none_is_none(rt: Runtime, client: FlaskClient, status: str) -> None:
    post(client, VOICE)
    assert post(client, f"{VOICE}/recording", RecordingSid="RE" + "a" * 32, RecordingStatus=status).status_code == 204
    assert (count(rt, Recording), len(tickets(rt))) == (0, 0)


@pytest.mark.parametrize("status", ["ringing", "in-progress", "queued", ""])
def test_a_call_that_goes_on_is_not_ended(rt: Runtime, client: FlaskClient, status: str) -> None:
    post(client, VOICE)
    assert post(client, f"{VOICE}/status", CallStatus=status).status_code == 204
    assert calls_of(rt)[0].ended_at is None


def test_get_is_not_answered(client: FlaskClient) -> None:
    assert {client.get(path).status_code for path in PATHS} == {405}


def test_no_log_line_holds_a_number_or_what_was_keyed(client: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    post(client, VOICE)
    post(client, f"{VOICE}/keys/0", Digits="2")
    post(client, f"{VOICE}/fallback", ErrorCode="11200", From=HER)
    said = capsys.readouterr()
    assert HER[1:] not in said.out + said.err
    assert HER[-7:] not in said.out + said.err

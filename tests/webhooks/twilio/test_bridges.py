"""A masked call over the webhooks: what the volunteer's phone hears, and that nothing of ours is ever played to the citizen's."""

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from hotline.app import create_app
from hotline.domain.bridge import End
from hotline.runtime import Runtime
from hotline.services.calls.placing import place_calls
from hotline.storage.callmodels import Call, Recording
from tests.calling import LINE, calls_of
from tests.services.calls.test_bridging import ask, bridge, steps, wanted
from tests.services.calls.test_missedcalls import VOICE as SETTINGS
from tests.services.calls.test_missedcalls import CallingGateway
from tests.services.colleagues import settle
from tests.services.duty.test_attendance import give_phone
from tests.support import HER, count
from tests.webhooks.twilio.test_alarms import told
from tests.webhooks.twilio.test_calls import BASE, VOICE, clips, post


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    rt = make_rt(voice=SETTINGS, data_dir=tmp_path)
    settle(rt, tmp_path)
    give_phone(rt, "alice")
    return rt


@pytest.fixture
def client(rt: Runtime) -> FlaskClient:
    return create_app(rt).test_client()


@pytest.fixture
def call(rt: Runtime) -> Call:
    """A bridge's call to the volunteer, ringing."""
    ask(rt, wanted(rt))
    place_calls(rt, CallingGateway())
    return calls_of(rt)[-1]


def leg(client: FlaskClient, call: Call, status: str, **fields: str) -> int:
    """A report of the citizen's phone."""
    reported = {"CallSid": "CA" + "b" * 32, "From": LINE, "To": HER, "Direction": "outbound-dial", "CallStatus": status}
    return post(client, f"{VOICE}/alarm/leg/{call.id}", **reported | fields).status_code


def joined(client: FlaskClient, call: Call) -> ET.Element:
    """The volunteer answers and presses 1."""
    assert clips(told(client, f"/alarm/{call.id}", call)) == ["call_ready"]
    return told(client, "/alarm/keys/0", call, Digits="1")


def test_the_citizens_phone_is_rung_with_our_number_and_plays_nothing(client: FlaskClient, call: Call) -> None:
    document = joined(client, call)
    assert clips(document) == ["say_nothing"]
    dial = document[-1]
    assert (dial.tag, dial.get("callerId"), dial.get("timeout")) == ("Dial", LINE, "25")
    assert dial.get("action") == f"{BASE}{VOICE}/alarm/dialled/1"
    [number] = dial
    assert number.text == HER
    assert (number.get("url"), dial.get("record"), dial.get("recordingStatusCallback")) == (None, None, None)
    assert number.get("statusCallback") == f"{BASE}{VOICE}/alarm/leg/{call.id}"


def test_its_reports_are_kept_and_after_it_the_volunteers_line_is_put_down(rt: Runtime, client: FlaskClient, call: Call) -> None:
    joined(client, call)
    assert [leg(client, call, status) for status in ("ringing", "in-progress")] == [204, 204]
    ended = {"DialCallStatus": "completed", "DialCallDuration": "42", "DialBridged": "true"}
    assert [verb.tag for verb in told(client, "/alarm/dialled/1", call, **ended)] == ["Hangup"]
    leg(client, call, "completed", CallDuration="43")
    post(client, f"{VOICE}/status?call={call.id}", CallSid=call.gateway_id or "", CallStatus="completed", CallDuration="60")
    assert steps(rt) == ["asked", "answered", "rung", "joined", "ended"]
    assert (bridge(rt).ended, bridge(rt).duration_s) == (End.JOINED, 42)
    assert count(rt, Recording) == 0


@pytest.mark.parametrize(
    ("dial", "ended"),
    [
        ({"DialCallStatus": "no-answer"}, End.NO_ANSWER),
        ({"DialCallStatus": "busy"}, End.BUSY),
        ({"DialCallStatus": "failed"}, End.FAILED),
        ({"DialCallStatus": "canceled"}, End.NO_ANSWER),
        ({"DialCallStatus": "completed", "DialBridged": "false"}, End.NO_ANSWER),
        ({"DialCallStatus": "completed", "DialCallDuration": "9"}, End.JOINED),
        ({"DialCallStatus": "answered"}, End.JOINED),
        ({"DialCallStatus": "something new"}, End.FAILED),
        ({}, End.FAILED),
    ],
)
def test_how_the_dialling_ended(rt: Runtime, client: FlaskClient, call: Call, dial: dict[str, str], ended: End) -> None:
    joined(client, call)
    for _ in range(2):
        assert [verb.tag for verb in told(client, "/alarm/dialled/1", call, **dial)] == ["Hangup"]
    assert bridge(rt).ended == ended


def test_a_report_in_words_we_do_not_know_changes_nothing(rt: Runtime, client: FlaskClient, call: Call) -> None:
    joined(client, call)
    assert leg(client, call, "dreaming") == 204
    assert steps(rt) == ["asked", "answered"]


@pytest.mark.parametrize("path", ["/alarm/{id}", "/alarm/keys/0", "/alarm/dialled/1", "/alarm/fallback"])
def test_with_the_database_away_nobody_hears_a_word(rt: Runtime, client: FlaskClient, call: Call, path: str) -> None:
    with rt.engine.begin() as connection:
        connection.execute(text("ALTER TABLE bridges RENAME TO gone"))
    document = told(client, path.format(id=call.id), call, Digits="1", DialCallStatus="completed")
    assert [verb.tag for verb in document] == ["Hangup"]

"""A volunteer's own phone answers an alarm: what the phone hears over the webhooks, when all is well and when nothing is."""

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from hotline.app import create_app
from hotline.runtime import Runtime
from hotline.services.calls.placing import place_calls
from hotline.services.duty.paging import page_unseen
from hotline.storage import calls as call_rows
from hotline.storage.callmodels import Call, Recording
from tests.calling import calls_of
from tests.services.calls.test_missedcalls import VOICE as SETTINGS
from tests.services.calls.test_missedcalls import CallingGateway, ours
from tests.services.colleagues import settle
from tests.services.duty.test_attendance import PHONE, give_phone
from tests.services.duty.test_paging import acknowledged, raise_one
from tests.support import Clock, count
from tests.webhooks.twilio.test_calls import BASE, LINE, VOICE, clips, heard, post


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    rt = make_rt(voice=SETTINGS, data_dir=tmp_path)
    settle(rt, tmp_path)
    return rt


@pytest.fixture
def client(rt: Runtime) -> FlaskClient:
    return create_app(rt).test_client()


@pytest.fixture
def call(rt: Runtime, clock: Clock) -> Call:
    """An alarm's call, ringing."""
    give_phone(rt, "lead")
    raise_one(rt)
    clock.forward(seconds=90)
    page_unseen(rt)
    place_calls(rt, CallingGateway())
    [placed] = calls_of(rt)
    return placed


def told(client: FlaskClient, path: str, call: Call, **fields: str) -> ET.Element:
    """Post a step of the call as the gateway does; returns the TwiML of the answer."""
    leg = {"CallSid": ours(call.id), "From": LINE, "To": PHONE, "Direction": "outbound-api"}
    return heard(post(client, f"{VOICE}{path}", **leg | fields))


def test_it_says_its_sentence_takes_9_says_thanks_and_hangs_up(rt: Runtime, client: FlaskClient, call: Call) -> None:
    document = told(client, f"/alarm/{call.id}", call)
    [gather] = document
    assert (gather.get("action"), gather.get("numDigits")) == (f"{BASE}{VOICE}/alarm/keys/0", "1")
    assert [play.text for play in gather] == [f"{BASE}/prompts/en/page_needs_you.wav"]
    document = told(client, "/alarm/keys/0", call, Digits="9")
    assert (clips(document), document[-1].tag, acknowledged(rt)) == (["goodbye"], "Hangup", [True])


def test_silence_and_other_keys_are_answered_with_the_same(rt: Runtime, client: FlaskClient, call: Call) -> None:
    told(client, f"/alarm/{call.id}", call)
    assert clips(told(client, "/alarm/keys/0", call)) == ["page_needs_you"]
    assert clips(told(client, "/alarm/keys/1", call, Digits="0")) == ["page_needs_you"]
    document = told(client, "/alarm/keys/2", call, Digits="5")
    assert ([verb.tag for verb in document], acknowledged(rt)) == (["Hangup"], [False])


@pytest.mark.parametrize("path", ["/alarm/{id}", "/alarm/keys/0", "/alarm/fallback"])
def test_with_the_database_away_whoever_holds_the_phone_hears_nothing(rt: Runtime, client: FlaskClient, call: Call, path: str) -> None:
    with rt.engine.begin() as connection:
        connection.execute(text("ALTER TABLE calls RENAME TO gone"))
    document = told(client, path.format(id=call.id), call, Digits="9")
    assert [verb.tag for verb in document] == ["Hangup"]


@pytest.mark.parametrize("path", ["/alarm/keys/0", "/alarm/99", "/alarm/9223372036854775807"])
def test_an_alarm_nobody_knows_begins_no_citizens_call(rt: Runtime, client: FlaskClient, call: Call, path: str) -> None:
    document = told(client, path, call, CallSid="CA" + "9" * 32)
    assert ([verb.tag for verb in document], count(rt, Call)) == (["Hangup"], 1)


@pytest.mark.parametrize("status", ["busy", "no-answer", "failed", "canceled", "completed"])
@pytest.mark.parametrize("is_named", [True, False])
def test_its_end_is_its_own_and_never_a_missed_call(rt: Runtime, client: FlaskClient, call: Call, status: str, is_named: bool) -> None:
    """The end may be told before the gateway has named the call to us, as a phone that is off fails at once."""
    if not is_named:
        with rt.transaction() as tx:
            tx.session.execute(text("UPDATE calls SET gateway = '', gateway_id = NULL, reason = 'placing', next_attempt_at = NULL"))
    leg = {"CallSid": ours(call.id), "From": LINE, "To": PHONE, "Direction": "outbound-api", "CallStatus": status}
    for _ in range(2):
        assert post(client, f"{VOICE}/status?call={call.id}", **leg, CallDuration="0").status_code == 204
    [ended] = calls_of(rt)
    assert (ended.direction, ended.gateway_id, ended.ended_at is not None, ended.ticket_id) == ("alarm", ours(call.id), True, None)
    with rt.reading() as session:
        assert call_rows.book(session, before=None, limit=99) == []
    assert acknowledged(rt) == [False]


@pytest.mark.parametrize("named", ["", "x", "-1", "99", "9" * 30])
def test_an_end_that_names_no_call_of_ours_goes_by_its_id(rt: Runtime, client: FlaskClient, call: Call, named: str) -> None:
    assert post(client, f"{VOICE}/status?call={named}", CallSid=ours(call.id), CallStatus="busy").status_code == 204
    assert [(one.id, one.ended_at is not None) for one in calls_of(rt)] == [(call.id, True)]


def test_an_end_does_not_end_another_call(rt: Runtime, client: FlaskClient, call: Call) -> None:
    assert post(client, f"{VOICE}/status?call={call.id}", CallSid="CA" + "9" * 32, CallStatus="busy").status_code == 204
    assert [one.ended_at is not None for one in calls_of(rt) if one.id == call.id] == [False]


def test_a_recording_of_it_is_not_kept(rt: Runtime, client: FlaskClient, call: Call) -> None:
    recording = {"RecordingSid": "RE" + "a" * 32, "RecordingDuration": "12", "RecordingStatus": "completed"}
    assert post(client, f"{VOICE}/recording", CallSid=ours(call.id), **recording).status_code == 204
    told(client, "/recorded/0", call, **recording)
    assert (count(rt, Recording), calls_of(rt)[0].ticket_id) == (0, None)

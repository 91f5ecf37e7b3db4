"""Twilio's lists of what came: our numbers only, page by page, in whole days, and taken in by a hotline that was down."""

import base64
import dataclasses
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from twilio.base.page import Page as TwilioPage

from hotline.domain.call import CallDirection, CallReason
from hotline.gateways.base import GatewayError, IncomingText, Outcome
from hotline.gateways.listing import Page, Span
from hotline.gateways.registry import call_gateways, call_logs, text_gateways
from hotline.gateways.twilio.account import account_of
from hotline.gateways.twilio.calls import TwilioCalls
from hotline.gateways.twilio.client import TwilioGateway
from hotline.gateways.twilio.listed import bounds, next_of, turned
from hotline.runtime import Runtime
from hotline.sections import Sending, Terms, Voice
from hotline.services.calls.recordings import fetch_due
from hotline.services.reconciling.asking import reconcile_due
from hotline.storage.models import Message
from hotline.storage.recordings import RecordingState
from tests.calling import calls_of
from tests.photographed import picture
from tests.recorded import recordings
from tests.simulator.conftest import NUMBER, PHONE, PUBLIC_URL, SID, TOKEN, HotlineDouble, Simulator, eventually, record
from tests.support import OTHER, Clock, make_config, texts_out, tickets

MISSED = "+12025550199"
CRY = "🆘 orangi town mein"
SNATCHED = "orangi town mein mera mobile cheen liya"
HOUR = timedelta(hours=1)


def config_of(
    simulator: Simulator, *, number: str = NUMBER, lines: tuple[str, ...] = (), voice: str = NUMBER, missed_call_number: str = ""
) -> Any:
    account = {"account_sid": SID, "auth_token": TOKEN, "number": number, "api_url": simulator.url, "terms": Terms(lines=lines)}
    ours = Voice(number=voice, missed_call_number=missed_call_number)
    return make_config("sqlite:///unused", account=account, public_url=PUBLIC_URL, voice=ours, sending=Sending(timeout_s=5))


@pytest.fixture
def texts() -> Iterator[Callable[..., TwilioGateway]]:
    made = []

    def of(simulator: Simulator, **account: Any) -> TwilioGateway:
        made.append(TwilioGateway(config_of(simulator, **account)))
        return made[-1]

    yield of
    for gateway in made:
        gateway.close()


@pytest.fixture
def calls() -> Iterator[Callable[..., TwilioCalls]]:
    made = []

    def of(simulator: Simulator, **voice: str) -> TwilioCalls:
        made.append(TwilioCalls(config_of(simulator, **voice)))
        return made[-1]

    yield of
    for log in made:
        log.close()


def lately(hours: int = 1) -> Span:
    return Span(datetime.now(UTC) - timedelta(hours=hours))


class _Answer(TwilioPage):
    """A page of which only the address of the next is known."""

    def __init__(self, next_page_url: str | None) -> None:
        self._next = next_page_url

    @property
    def next_page_url(self) -> str | None:
        return self._next


def state(simulator: Simulator) -> Any:
    return simulator.app.extensions["simulator"].state


def all_of(ask: Callable[[Span, str | None], Page[Any]], span: Span) -> tuple[int, list[Any]]:
    """How many pages there are, and what they list."""
    page, pages = ask(span, None), 1
    found = list(page.listed)
    while page.next is not None:
        page, pages = ask(span, page.next), pages + 1
        found += page.listed
    return pages, found


# Texts


def test_what_came_in_is_listed_page_by_page_and_what_we_sent_is_not(
    simulator: Simulator, texts: Callable[..., TwilioGateway], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hotline.gateways.twilio.client.LISTED_AT_ONCE", 3)
    gateway = texts(simulator)
    ids = [simulator.text(f"salam {number} 😢", phone=PHONE)["sid"] for number in range(7)]
    gateway._client.messages.create(to=PHONE, from_=NUMBER, body="an answer")
    began, span = datetime.now(UTC), lately()
    first = gateway.texts_in(span)
    simulator.text("late", phone=OTHER)  # what comes meanwhile moves nothing out of the pages
    pages, found = all_of(lambda span, page: gateway.texts_in(span, page or first.next), span)
    found = [*first.listed, *found]
    assert (pages, [one.gateway_id for one in found]) == (2, ids[::-1])
    newest = found[0]
    assert (newest.sender, newest.body, newest.photos, newest.not_brought) == (PHONE, "salam 6 😢", (), False)
    assert newest.received_at is not None
    assert abs(newest.received_at - began) < timedelta(seconds=30)


def test_texts_to_other_numbers_of_the_account_are_not_ours(simulator: Simulator, texts: Callable[..., TwilioGateway]) -> None:
    simulator.text("salam")
    others = simulator.text("to another application")["sid"]
    state(simulator).change(others, recipient="+12025550111")
    assert [one.body for one in texts(simulator).texts_in(lately()).listed] == ["salam"]
    both = texts(simulator, lines=("+12025550111",)).texts_in(lately()).listed
    assert [one.body for one in both] == ["to another application", "salam"]


def test_the_texts_of_a_messaging_service_are_known_by_it(start: Callable[..., Simulator], texts: Callable[..., TwilioGateway]) -> None:
    service = "MG" + "a" * 32
    simulator = start(number=service)
    simulator.text("salam")
    others = simulator.text("to another application")["sid"]
    state(simulator).change(others, service_sid="")
    assert [one.body for one in texts(simulator, number=service).texts_in(lately()).listed] == ["salam"]


def test_only_the_span_is_listed_though_twilio_promises_filters_by_the_day_only(
    simulator: Simulator, texts: Callable[..., TwilioGateway]
) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    for hours in (1, 5, 9, 30):
        sid = simulator.text(f"{hours} hours ago")["sid"]
        state(simulator).change(sid, sent_at=now - hours * HOUR, created_at=now - hours * HOUR)
    found = texts(simulator).texts_in(Span(now - 9 * HOUR, now - 5 * HOUR)).listed
    assert [one.body for one in found] == ["9 hours ago", "5 hours ago"]
    until = datetime(2026, 11, 30, 4, 30, tzinfo=UTC)
    assert bounds(Span(until - HOUR, until)) == (until - HOUR, datetime(2026, 12, 1, tzinfo=UTC))


def test_photos_are_asked_for_by_themselves_and_only_where_there_are_any(simulator: Simulator, texts: Callable[..., TwilioGateway]) -> None:
    photo = base64.b64encode(picture()).decode()
    sid = simulator.text("dekho", photo=photo)["sid"]
    simulator.text("salam")
    gateway = texts(simulator)
    plain, listed = gateway.texts_in(lately()).listed
    assert (listed.photos, listed.not_brought, plain.not_brought) == ((), True, False)
    assert gateway.whole(plain) is plain
    whole = gateway.whole(listed)
    assert (len(whole.photos), whole.not_brought) == (1, False)
    assert whole.photos[0].startswith(f"{sid}/ME")
    with pytest.raises(GatewayError) as fault:
        gateway.whole(dataclasses.replace(listed, gateway_id="SM" + "0" * 32))
    assert fault.value.outcome is Outcome.REFUSED


def test_an_address_in_an_answer_leads_nowhere_else(simulator: Simulator, texts: Callable[..., TwilioGateway]) -> None:
    """The password goes with each request: only the page's number and token are taken from the address of the next page."""
    assert turned("3 PAxyz") == {"page_number": 3, "page_token": "PAxyz"}
    assert turned(None) == {}
    assert next_of(_Answer("https://elsewhere.example.org/lists?Page=3&PageToken=PAxyz&To=x")) == "3 PAxyz"
    assert next_of(_Answer(None)) is None
    gateway = texts(simulator)
    asked: list[str] = []
    request = gateway._client.http_client.request
    gateway._client.http_client.request = lambda method, url, **more: asked.append(url) or request(method, url, **more)  # type: ignore[method-assign,func-returns-value]
    gateway.texts_in(lately(), "1 PA999")
    assert [url.startswith(simulator.url) for url in asked] == [True]


@pytest.mark.parametrize("query", ["", "?Page=3", "?PageToken=PA1", "?Page=x&PageToken=PA1", "?Page=3&PageToken=" + "A" * 400])
def test_a_next_page_to_which_nothing_leads_is_a_fault_and_not_the_end(query: str) -> None:
    with pytest.raises(GatewayError, match="no_page"):
        next_of(_Answer(f"https://api.twilio.com/lists{query}"))


@pytest.mark.parametrize(("fault", "outcome"), [(429, Outcome.NOT_SENT), (503, Outcome.UNKNOWN)])
def test_too_many_questions_and_an_ill_service_are_told_apart(
    simulator: Simulator, texts: Callable[..., TwilioGateway], fault: int, outcome: Outcome
) -> None:
    simulator.faults(list_http_next=1, list_http_status=fault)
    gateway = texts(simulator)
    with pytest.raises(GatewayError) as caught:
        gateway.texts_in(lately())
    assert caught.value.outcome is outcome
    assert gateway.texts_in(lately()) == Page(())


# Calls and recordings


def test_calls_to_us_are_listed_and_those_that_we_placed_are_not(
    start: Callable[..., Simulator], hotline: HotlineDouble, calls: Callable[..., TwilioCalls]
) -> None:
    simulator = start(voice_numbers=(NUMBER, MISSED))
    hotline.says("", "<Reject/>")
    first, second = simulator.ring(), simulator.ring(phone=OTHER, to=MISSED)
    hotline.says("", f'<Gather action="{PUBLIC_URL}/hooks/twilio/voice/keys"/>')
    under_way = simulator.ring()
    log = calls(simulator, missed_call_number=MISSED)
    log.place_call(PHONE, 7, is_alarm=False)
    found = {one.gateway_id: (one.caller, one.line, one.is_over) for one in log.calls_in(lately()).listed}
    assert found == {
        first["sid"]: (PHONE, NUMBER, True),
        second["sid"]: (OTHER, MISSED, True),
        under_way["sid"]: (PHONE, NUMBER, False),
    }
    assert len(calls(simulator).calls_in(lately()).listed) == 2
    assert calls(simulator, voice="").calls_in(lately()) == Page(())


def test_recordings_are_listed_with_their_calls(
    simulator: Simulator, hotline: HotlineDouble, calls: Callable[..., TwilioCalls], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hotline.gateways.twilio.calls.LISTED_AT_ONCE", 1)
    hotline.says("", record())
    rung = [simulator.do(simulator.ring(), "speech", seconds=6, end="#")["sid"] for _ in range(2)]
    eventually(lambda: len(hotline.asked("/recorded")) == 2)
    pages, found = all_of(calls(simulator).recordings_in, lately())
    assert (pages, [one.call_id for one in found], {one.duration_s for one in found}) == (2, rung[::-1], {6})
    assert calls(simulator).recordings_in(Span(datetime.now(UTC) - 9 * HOUR, datetime.now(UTC) - HOUR)).listed == ()


# A hotline that was down


def test_what_came_while_our_webhooks_failed_is_all_there_afterwards(
    simulator: Simulator, hotline: HotlineDouble, make_rt: Callable[..., Runtime], clock: Clock
) -> None:
    """Twilio asks once, gets a 503 and never tells again; a caller hears that an error has occurred."""
    account = {"account_sid": SID, "auth_token": TOKEN, "number": NUMBER, "api_url": simulator.url}
    rt = make_rt(account=account, public_url=PUBLIC_URL, voice=Voice(number=NUMBER), sending=Sending(timeout_s=5, undo_s=0))
    hotline.says("", record())
    recorded = simulator.do(simulator.ring(phone=OTHER), "speech", seconds=6, end="#")["sid"]
    hotline.answer = (503, "text/plain", "down")
    hotline.pages.clear()
    assert simulator.text(CRY)["status"] == 503
    photo = base64.b64encode(picture()).decode()
    simulator.text("ye dekho orangi town", photo=photo, phone=OTHER)
    unheard = simulator.ring()["sid"]
    clock.now = datetime.now(UTC) + 2 * HOUR
    gateways, logs = text_gateways(rt.config), call_logs(rt.config)
    try:
        for _ in range(2):
            assert reconcile_due(rt, gateways, logs) is False
            clock.forward(minutes=10)
        fetch_due(rt, call_gateways(rt.config)["twilio"])
    finally:
        gateways["twilio"].close()
        logs["twilio"].close()
    with rt.reading() as session:
        came: list[IncomingText] = [one.body for one in session.scalars(select(Message).where(Message.direction == "in"))]  # type: ignore[misc]
    assert came == [CRY, "ye dekho orangi town"]
    assert {one.gateway_id: (one.direction, one.reason) for one in calls_of(rt)} == {
        recorded: (CallDirection.MISSED, CallReason.TOO_LATE),
        unheard: (CallDirection.MISSED, CallReason.TOO_LATE),
    }
    assert [one.state in (RecordingState.STORED, RecordingState.DONE) for one in recordings(rt)] == [True]
    assert len(tickets(rt)) == 3  # two texts and what was said on the call; of the other call only the book tells
    assert not any(one.text_key == "receipt" and one.contact_id == tickets(rt)[0].contact_id for one in texts_out(rt))
    assert account_of(rt.config).number == NUMBER

"""The REST API, asked by the real SDK."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from tests.simulator.conftest import NUMBER, PHONE, SID, STATUS_URL, Simulator, eventually

URDU = "482-719-365: پیغام مل گیا۔"
SERVICE = "MG" + "2" * 32


def refusal(client: Client, **fields: str) -> tuple[int, int | None]:
    with pytest.raises(TwilioRestException) as caught:
        client.messages.create(**fields)
    return caught.value.status, caught.value.code


def test_a_created_text_reads_in_the_sdk_as_twilios_own_would(client: Client) -> None:
    made = client.messages.create(to=PHONE, from_=NUMBER, body=URDU, status_callback=STATUS_URL, validity_period=3600)
    assert made.sid.startswith("SM")
    assert len(made.sid) == 34
    assert (made.status, made.direction, made.body, made.to, made.from_) == ("queued", "outbound-api", URDU, PHONE, NUMBER)
    assert (made.num_segments, made.error_code, made.account_sid, made.messaging_service_sid) == ("1", None, SID, None)
    assert abs(made.date_created - datetime.now(UTC)) < timedelta(seconds=5)
    assert made.date_sent is None
    fetched = client.messages(made.sid).fetch()
    assert (fetched.sid, fetched.body) == (made.sid, URDU)
    delivered = eventually(lambda: (found := client.messages(made.sid).fetch()).status == "delivered" and found)
    assert isinstance(delivered.date_sent, datetime)


def test_a_text_through_a_service_is_accepted_first_and_counts_no_segments_yet(
    client: Client, start: Callable[..., Simulator], clients: Callable[..., Client]
) -> None:
    made = client.messages.create(to=PHONE, messaging_service_sid=SERVICE, body=URDU)
    assert (made.status, made.num_segments, made.messaging_service_sid) == ("accepted", "0", SERVICE)
    of_a_service = clients(start(number=SERVICE))
    assert of_a_service.messages.create(to=PHONE, messaging_service_sid=SERVICE, body="x").status == "accepted"
    assert refusal(of_a_service, to=PHONE, messaging_service_sid="MG" + "3" * 32, body="x") == (400, 21703)


def test_a_wrong_token_is_refused_with_20003(simulator: Simulator, clients: Callable[..., Client]) -> None:
    assert refusal(clients(simulator, token="wrong"), to=PHONE, from_=NUMBER, body="x") == (401, 20003)
    status, reply = simulator.call("GET", f"/2010-04-01/Accounts/{SID}/Messages.json")
    assert (status, reply["code"], sorted(reply)) == (401, 20003, ["code", "message", "more_info", "status"])


def test_the_account_can_be_fetched_and_no_other(client: Client) -> None:
    assert client.api.accounts(SID).fetch().status == "active"
    with pytest.raises(TwilioRestException) as caught:
        client.api.accounts("AC" + "9" * 32).fetch()
    assert caught.value.code == 20404


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"to": ""}, 21604),
        ({"to": "03001234567"}, 21211),
        ({"to": "JAZZ"}, 21211),
        ({"to": NUMBER}, 21266),
        ({"body": ""}, 21602),
        ({"body": "ا" * 1601}, 21617),
        ({"from_": ""}, 21603),
        ({"from_": "+12025550199"}, 21606),
        ({"status_callback": "nowhere"}, 21609),
        ({"status_callback": "http://under_score.example/"}, 21609),
        ({"status_callback": "http://a.example:port/"}, 21609),
        ({"validity_period": "36001"}, 20001),
        ({"to": "+15005550001"}, 21211),
        ({"to": "+15005550002"}, 21612),
        ({"to": "+15005550003"}, 21408),
        ({"to": "+15005550004"}, 21610),
        ({"to": "+15005550009"}, 21614),
        ({"from_": "+15005550001"}, 21212),
        ({"from_": "+15005550007"}, 21606),
        ({"from_": "+15005550008"}, 21611),
    ],
)
def test_what_twilio_would_refuse_is_refused_with_its_code(client: Client, changed: dict[str, str], code: int) -> None:
    assert refusal(client, **{"to": PHONE, "from_": NUMBER, "body": "x", **changed}) == (400, code)
    assert client.messages.list() == []


def test_the_longest_text_is_taken(client: Client) -> None:
    assert client.messages.create(to=PHONE, from_="+15005550006", body="ا" * 1600).num_segments == "24"


def test_the_list_is_newest_first_filtered_and_holds_incoming_texts_too(client: Client, simulator: Simulator) -> None:
    incoming = simulator.text("salam")["sid"]
    first = client.messages.create(to=PHONE, from_=NUMBER, body="1").sid
    other = client.messages.create(to="+923331234502", from_=NUMBER, body="2").sid
    assert [message.sid for message in client.messages.list()] == [other, first, incoming]
    assert [message.sid for message in client.messages.list(to=PHONE)] == [first]
    [received] = client.messages.list(from_=PHONE, to=NUMBER)
    assert (received.direction, received.status, received.body) == ("inbound", "received", "salam")


def test_the_list_can_be_asked_by_date_of_sending(client: Client) -> None:
    client.messages.create(to=PHONE, from_=NUMBER, body="1")
    now = datetime.now(UTC)
    hour = timedelta(hours=1)
    assert len(client.messages.list(date_sent_after=now - hour)) == 1
    assert len(client.messages.list(date_sent_after=now - hour, date_sent_before=now + hour)) == 1
    assert client.messages.list(date_sent_after=now + hour) == []
    assert client.messages.list(date_sent_before=now - hour) == []
    assert len(client.messages.list(date_sent=now.date())) == 1
    assert client.messages.list(date_sent=now.date() - timedelta(days=1)) == []


def test_pages_follow_each_other_though_texts_arrive_meanwhile(client: Client) -> None:
    sids = [client.messages.create(to=PHONE, from_=NUMBER, body=str(n)).sid for n in range(7)]
    page = client.messages.page(to=PHONE, page_size=3)
    seen = [message.sid for message in page]
    client.messages.create(to=PHONE, from_=NUMBER, body="late")
    while (page := page.next_page()) is not None:
        seen += [message.sid for message in page]
    assert seen == sids[::-1]
    assert len(client.messages.list(page_size=2)) == 8


def test_a_text_can_be_redacted_and_deleted_but_not_on_the_phone(client: Client, simulator: Simulator) -> None:
    made = client.messages.create(to=PHONE, from_=NUMBER, body=URDU)
    eventually(simulator.phone)
    assert client.messages(made.sid).update(body="").body == ""
    assert client.messages(made.sid).fetch().body == ""
    assert client.messages(made.sid).delete()
    assert client.messages.list() == []
    with pytest.raises(TwilioRestException) as caught:
        client.messages(made.sid).fetch()
    assert (caught.value.status, caught.value.code) == (404, 20404)
    assert simulator.bodies() == [URDU]


def test_a_text_on_its_way_cannot_be_deleted(start: Callable[..., Simulator], clients: Callable[..., Client]) -> None:
    client = clients(start(step_s=60))
    made = client.messages.create(to=PHONE, from_=NUMBER, body="x")
    with pytest.raises(TwilioRestException) as caught:
        client.messages(made.sid).delete()
    assert caught.value.status == 409


def test_only_so_many_texts_are_kept(start: Callable[..., Simulator], clients: Callable[..., Client]) -> None:
    client = clients(start(keep=3))
    for n in range(5):
        client.messages.create(to=PHONE, from_=NUMBER, body=str(n))
    assert [message.body for message in client.messages.list()] == ["4", "3", "2"]

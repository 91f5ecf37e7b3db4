"""What happens to a text on its way to a phone, and what the hotline is told of it."""

from collections.abc import Callable
from datetime import datetime

from twilio.rest import Client

from tests.simulator.conftest import NUMBER, PHONE, PUBLIC_URL, SID, STATUS_URL, HotlineDouble, Simulator, eventually


def send(client: Client, body: str = "x", *, callback: str = STATUS_URL) -> str:
    return client.messages.create(to=PHONE, from_=NUMBER, body=body, status_callback=callback).sid


def told(hotline: HotlineDouble, count: int) -> list[str]:
    eventually(lambda: len(hotline.statuses) >= count)
    return hotline.statuses


def test_a_text_is_reported_sent_then_delivered_with_twilios_fields_and_signature(
    client: Client, simulator: Simulator, hotline: HotlineDouble
) -> None:
    sid = send(client, "پیغام")
    assert told(hotline, 2) == ["sent", "delivered"]
    for report, status in zip(hotline.received, ["sent", "delivered"], strict=True):
        assert report.genuine
        assert report.uri == "/hooks/twilio/status?message=7&x=a%20b"
        assert report.fields == {
            "AccountSid": SID,
            "ApiVersion": "2010-04-01",
            "From": NUMBER,
            "To": PHONE,
            "MessageSid": sid,
            "SmsSid": sid,
            "MessageStatus": status,
            "SmsStatus": status,
        }
    [text] = simulator.phone()
    assert (text["sid"], text["body"], text["status"], text["direction"]) == (sid, "پیغام", "delivered", "outbound-api")


def test_through_a_service_queued_is_reported_too(client: Client, hotline: HotlineDouble) -> None:
    service = "MG" + "2" * 32
    client.messages.create(to=PHONE, messaging_service_sid=service, body="x", status_callback=STATUS_URL)
    assert told(hotline, 3) == ["queued", "sent", "delivered"]
    assert hotline.received[0].fields["MessagingServiceSid"] == service


def test_without_a_callback_address_nothing_is_posted(client: Client, simulator: Simulator, hotline: HotlineDouble) -> None:
    client.messages.create(to=PHONE, from_=NUMBER, body="x")
    eventually(simulator.phone)
    assert hotline.received == []


def test_a_callback_address_off_this_computer_is_never_posted_to(client: Client, simulator: Simulator) -> None:
    send(client, callback="https://elsewhere.example/status")
    [first, _] = eventually(lambda: len(log := simulator.log()) == 2 and log)
    assert (first["http_status"], first["error_code"]) == (None, 11205)
    send(client, callback=f"{PUBLIC_URL}.elsewhere.example/")
    eventually(lambda: len(simulator.log()) == 4)


def test_a_text_that_fails_at_the_end_tells_its_code_and_never_reaches_the_phone(
    client: Client, simulator: Simulator, hotline: HotlineDouble
) -> None:
    simulator.faults(final_next=1, final_status="undelivered", final_error_code=30003)
    sid = send(client)
    assert told(hotline, 2) == ["sent", "undelivered"]
    assert hotline.received[1].fields["ErrorCode"] == "30003"
    lost = client.messages(sid).fetch()
    assert (lost.status, lost.error_code) == ("undelivered", 30003)
    assert simulator.phone() == []
    send(client)
    assert told(hotline, 4)[2:] == ["sent", "delivered"]


def test_a_text_can_fail_before_it_was_sent(client: Client, simulator: Simulator, hotline: HotlineDouble) -> None:
    simulator.faults(final_next=1, final_status="failed", final_error_code=30005)
    send(client)
    assert told(hotline, 1) == ["failed"]
    assert hotline.received[0].fields["ErrorCode"] == "30005"


def test_a_network_that_never_reports_leaves_the_text_sent(client: Client, simulator: Simulator, hotline: HotlineDouble) -> None:
    simulator.faults(final_next=1, final_status="sent")
    silent = send(client)
    heard = send(client)
    eventually(lambda: [report.fields["MessageSid"] for report in hotline.received].count(heard) == 2)
    assert client.messages(silent).fetch().status == "sent"
    assert [text["sid"] for text in simulator.phone()] == [heard]


def test_callbacks_can_be_dropped(client: Client, simulator: Simulator, hotline: HotlineDouble) -> None:
    simulator.faults(callback_drop_next=1)
    send(client)
    assert told(hotline, 1) == ["delivered"]
    eventually(lambda: [line["detail"] for line in simulator.log()] == ["dropped on request", "HTTP 200"])


def test_callbacks_can_be_doubled(client: Client, simulator: Simulator, hotline: HotlineDouble) -> None:
    simulator.faults(callback_double_next=1)
    send(client)
    assert told(hotline, 3) == ["sent", "sent", "delivered"]
    tokens = [report.headers["I-Twilio-Idempotency-Token"] for report in hotline.received]
    assert tokens[0] == tokens[1] != tokens[2]


def test_callbacks_can_come_in_reverse(client: Client, simulator: Simulator, hotline: HotlineDouble) -> None:
    simulator.faults(callback_reorder_next=1)
    send(client)
    assert told(hotline, 2) == ["delivered", "sent"]
    send(client)
    assert told(hotline, 4)[2:] == ["sent", "delivered"]


def test_callbacks_can_be_late_though_the_text_is_not(client: Client, simulator: Simulator, hotline: HotlineDouble) -> None:
    simulator.faults(callback_delay_s=0.3)
    send(client)
    assert told(hotline, 2) == ["sent", "delivered"]
    [text] = simulator.phone()
    assert datetime.fromisoformat(text["at"]) < hotline.received[0].at


def test_a_refused_callback_is_in_the_log_as_twilio_would_log_it(client: Client, simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.answer = (403, "text/plain", "no")
    send(client)
    [line, _] = eventually(lambda: len(log := simulator.log()) == 2 and log)
    assert (line["kind"], line["message_status"], line["http_status"], line["error_code"]) == ("status", "sent", 403, 11200)


def test_after_a_reset_nothing_of_before_is_told(
    start: Callable[..., Simulator], clients: Callable[..., Client], hotline: HotlineDouble
) -> None:
    simulator = start(step_s=0.1)
    client = clients(simulator)
    simulator.faults(create_error_next=5)
    simulator.call("PUT", "/faults", {})
    send(client, "before")
    assert simulator.call("DELETE", "/state")[0] == 204
    send(client, "after")
    told(hotline, 2)
    assert simulator.bodies() == ["after"]
    assert hotline.statuses == ["sent", "delivered"]
    assert [message.body for message in client.messages.list()] == ["after"]


def test_forty_texts_in_a_row_are_each_delivered_and_reported_in_order(client: Client, hotline: HotlineDouble) -> None:
    sids = [send(client, str(n)) for n in range(40)]
    told(hotline, 80)
    for sid in sids:
        assert [one.fields["MessageStatus"] for one in hotline.received if one.fields["MessageSid"] == sid] == ["sent", "delivered"]

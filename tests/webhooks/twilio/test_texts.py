"""The webhooks for texts: which requests are let in, and that a genuine form is never refused for what it says."""

import time
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, quote, urlencode

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from hotline.app import create_app
from hotline.domain.message import CUT, KEPT, READ
from hotline.runtime import Runtime
from hotline.services import arriving, draining
from hotline.services.texts.outbound import send_due
from hotline.spool import Reader
from hotline.storage.models import Message, Ticket
from hotline.webhooks.twilio.signature import read_pairs, sign_bytes
from tests.support import TOKEN, ScriptedGateway, count, text_in, texts_out, tickets

BASE = "https://hotline.example.org"
SMS, STATUS = "/hooks/twilio/sms", "/hooks/twilio/status"


@pytest.fixture
def client(rt: Runtime) -> FlaskClient:
    return create_app(rt).test_client()


def form(**fields: str) -> dict[str, str]:
    return {"MessageSid": "SM1", "From": "+923001234501", "To": "+15005550006", "Body": "mera mobile cheen liya"} | fields


def signature(fields: Mapping[str, str], path: str = SMS, token: str = TOKEN) -> str:
    return str(RequestValidator(token).compute_signature(BASE + path, fields))


def post(client: FlaskClient, fields: dict[str, str], path: str = SMS, **headers: str) -> int:
    headers = {"X-Twilio-Signature": signature(fields, path), "Host": "evil.example"} | headers
    return client.post(path, data=fields, headers=headers).status_code


def bodies(rt: Runtime) -> list[str]:
    with rt.reading() as session:
        return [m.body for m in session.scalars(select(Message).where(Message.direction == "in").order_by(Message.id))]


def test_a_signed_text_is_taken_and_answered_with_an_empty_reply(rt: Runtime, client: FlaskClient) -> None:
    fields = form()
    reply = client.post(SMS, data=fields, headers={"X-Twilio-Signature": signature(fields)})
    assert (reply.status_code, reply.mimetype) == (200, "text/xml")
    assert reply.get_data(as_text=True).endswith("<Response/>")
    assert count(rt, Ticket) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Twilio-Signature": ""},
        {"X-Twilio-Signature": "AAAAAAAAAAAAAAAAAAAAAAAAAAA="},
        {"X-Twilio-Signature": signature(form(Body="something else"))},
        {"X-Twilio-Signature": signature(form(), token="54321")},
        {"X-Twilio-Signature": f"{signature(form())},{signature(form())}"},
        {"X-Twilio-Signature": "سند"},
    ],
)
@pytest.mark.parametrize("path", [SMS, STATUS])
def test_a_wrong_missing_or_doubled_signature_is_refused_and_nothing_is_read(
    rt: Runtime, client: FlaskClient, headers: dict[str, str], path: str
) -> None:
    encoded = {name: value.encode().decode("latin-1") for name, value in headers.items()}
    assert client.post(path, data=form(), headers=encoded).status_code == 403
    assert count(rt, Message) == 0


def test_the_previous_token_is_accepted_while_it_is_rotated(make_rt: Callable[..., Runtime]) -> None:
    rt = make_rt(account={"auth_token": "new", "auth_token_previous": TOKEN})
    client = create_app(rt).test_client()
    assert post(client, form()) == 200
    assert post(client, form(MessageSid="SM2"), **{"X-Twilio-Signature": signature(form(MessageSid="SM2"), token="new")}) == 200
    assert count(rt, Message) == 4 - 1  # the second text joined the ticket: no second receipt


def test_without_any_token_nobody_comes_in(make_rt: Callable[..., Runtime]) -> None:
    client = create_app(make_rt(account={"auth_token": "", "auth_token_previous": ""})).test_client()
    assert post(client, form(), **{"X-Twilio-Signature": signature(form(), token="")}) == 403


def test_the_address_is_checked_as_it_was_asked_for(rt: Runtime, client: FlaskClient) -> None:
    path = f"{SMS}?b={quote('آ')}&c=%7E%2F"
    assert post(client, form(), path) == 200


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("a\0b", "a\ufffdb"),
        ("", ""),
        ("\r\n", "\r\n"),
        ("\u202eمدد\u200f 👩‍👩‍👧", "\u202eمدد\u200f 👩‍👩‍👧"),
        ("<script>alert(1)</script> & {ref} %s", "<script>alert(1)</script> & {ref} %s"),
        ("x" * 10_000, "x" * 10_000),
    ],
)
def test_what_is_signed_is_kept_whatever_it_says(rt: Runtime, client: FlaskClient, body: str, kept: str) -> None:
    assert post(client, form(Body=body)) == 200
    assert bodies(rt) == [kept]


@pytest.mark.parametrize("host", ["a..b", "a" * 64 + ".example", ".", "a_b", "", "[x", "x:99999"])
def test_a_signed_text_is_taken_whatever_host_it_names(rt: Runtime, client: FlaskClient, host: str) -> None:
    assert (post(client, form(), Host=host), bodies(rt)) == (200, ["mera mobile cheen liya"])


@pytest.mark.parametrize("signed_as", ["bytes", "replaced"])
def test_bytes_that_are_no_utf8_are_replaced(rt: Runtime, client: FlaskClient, signed_as: str) -> None:
    raw = urlencode(form(Body="")).encode() + b"mera %FF%FE mobile"
    sign = sign_bytes(TOKEN, BASE + SMS, read_pairs(raw)) if signed_as == "bytes" else signature(form(Body="mera \ufffd\ufffd mobile"))
    headers = {"X-Twilio-Signature": sign, "Content-Type": "application/x-www-form-urlencoded"}
    assert client.post(SMS, data=raw, headers=headers).status_code == 200
    assert bodies(rt) == ["mera \ufffd\ufffd mobile"]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Body=a&Body=b&Body=a", "a"),
        ("Body=a;b+c%2Bd", "a;b c+d"),
        ("Body=%zz%&x&=y&&", "%zz%"),
        ("Body=a%00b%C2", "a\ufffdb\ufffd"),
        ("Body=%D9%85&\ufffd=1", "م"),
    ],
)
@pytest.mark.parametrize("signed_as", ["bytes", "replaced"])
def test_a_form_that_is_oddly_written_is_taken(rt: Runtime, client: FlaskClient, written: str, kept: str, signed_as: str) -> None:
    raw = f"MessageSid=SM1&From=%2B923001234501&{written}".encode()
    replaced = MultiDict(parse_qsl(raw.decode(), keep_blank_values=True))
    sign = sign_bytes(TOKEN, BASE + SMS, read_pairs(raw)) if signed_as == "bytes" else signature(replaced)
    headers = {"X-Twilio-Signature": sign, "Content-Type": "application/x-www-form-urlencoded"}
    assert client.post(SMS, data=raw, headers=headers).status_code == 200
    assert bodies(rt) == [kept]


def test_fields_nobody_told_us_of_do_no_harm(rt: Runtime, client: FlaskClient) -> None:
    assert post(client, form(NewField="x", AccountSid="AC" + "9" * 32, NumMedia="abc")) == 200


def test_an_id_like_none_of_the_gateways_is_kept_under_one_that_can_be_stored(rt: Runtime, client: FlaskClient) -> None:
    for _ in range(2):
        assert post(client, form(MessageSid="SM " + "x" * 80)) == 200
    assert len(bodies(rt)) == 1


def test_thousands_of_fields_are_refused_in_no_time(client: FlaskClient) -> None:
    started = time.process_time()
    fields = urlencode({f"f{n:04d}": "" for n in range(9000)})
    headers = {"X-Twilio-Signature": signature({}), "Content-Type": "application/x-www-form-urlencoded"}
    assert client.post(SMS, data=fields, headers=headers).status_code == 403
    assert time.process_time() - started < 5  # it took forty when each field was searched separately


def test_a_form_without_a_signature_of_the_right_length_is_not_even_read(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hotline.webhooks.twilio.signature.read_pairs", lambda _raw: pytest.fail("it was read"))
    for sign in ("", "x", signature({}) + "x"):
        assert post(client, form(), **{"X-Twilio-Signature": sign}) == 403


@pytest.mark.parametrize("characters", [70_000, 300_000, 2_000_000])
def test_a_signed_text_of_any_length_is_kept_cut_and_marked(rt: Runtime, client: FlaskClient, characters: int) -> None:
    assert post(client, form(Body="x" * characters)) == 200
    assert bodies(rt) == ["x" * KEPT + CUT]
    assert count(rt, Ticket) == 1


def test_a_long_text_about_an_official_is_sealed_wherever_the_word_stands(rt: Runtime, client: FlaskClient) -> None:
    assert post(client, form(Body="x " * READ + "SHO ne rishwat mangi")) == 200
    assert tickets(rt)[0].sealed


def test_a_long_text_that_begins_like_a_command_is_a_complaint(rt: Runtime, client: FlaskClient) -> None:
    assert post(client, form(Body="STOP" + " " * READ + "they took my phone")) == 200
    assert count(rt, Ticket) == 1


def test_a_long_text_that_names_a_ticket_is_added_to_it(rt: Runtime, client: FlaskClient) -> None:
    text_in(rt, "mera mobile cheen liya")
    assert post(client, form(Body=tickets(rt)[0].reference + " " * READ + "woh phir aaye")) == 200
    assert (count(rt, Ticket), tickets(rt)[0].unread) == (1, True)


@pytest.mark.parametrize("address", ["https://hotline.example.org:443", "https://hotline.example.org"])
def test_the_address_may_be_signed_with_its_port_or_without(rt: Runtime, client: FlaskClient, address: str) -> None:
    fields = form()
    sign = sign_bytes(TOKEN, address + SMS, [(name.encode(), value.encode()) for name, value in fields.items()])
    assert post(client, fields, **{"X-Twilio-Signature": sign}) == 200


@pytest.mark.parametrize("missing", ["MessageSid", "From"])
def test_without_an_id_or_a_sender_it_is_no_text(rt: Runtime, client: FlaskClient, missing: str) -> None:
    for fields in ({k: v for k, v in form().items() if k != missing}, form(**{missing: ""})):
        assert post(client, fields) == 400
    assert count(rt, Message) == 0


def test_a_text_without_a_body_is_kept(rt: Runtime, client: FlaskClient) -> None:
    assert post(client, {k: v for k, v in form().items() if k != "Body"}) == 200
    assert bodies(rt) == [""]


def test_more_than_the_limit_is_too_much(rt: Runtime, client: FlaskClient) -> None:
    assert post(client, form(Body="x" * 2_200_000)) == 413
    assert count(rt, Message) == 0


def test_a_delivery_report_moves_the_text_forward(rt: Runtime, client: FlaskClient) -> None:
    text_in(rt, "mera mobile cheen liya")
    send_due(rt, ScriptedGateway().alone, for_s=5)
    [message] = texts_out(rt)
    path = f"{STATUS}?text={message.id}&attempt=1"
    for word in ("delivered", "sent", "queued", "delivered", "nonsense"):
        assert post(client, {"MessageSid": message.gateway_id or "", "MessageStatus": word}, path) == 204
    assert texts_out(rt)[0].delivery == "delivered"


def test_a_failed_delivery_keeps_its_code_and_a_stop_is_remembered(rt: Runtime, client: FlaskClient) -> None:
    text_in(rt, "mera mobile cheen liya")
    send_due(rt, ScriptedGateway().alone, for_s=5)
    [message] = texts_out(rt)
    fields = {"MessageSid": message.gateway_id or "", "MessageStatus": "failed", "ErrorCode": "21610"}
    assert post(client, fields, f"{STATUS}?text={message.id}&attempt=1") == 204
    assert (texts_out(rt)[0].delivery, texts_out(rt)[0].reason) == ("failed", "21610")


def test_a_stop_that_the_gateway_tells_us_of_is_obeyed_whatever_the_word(rt: Runtime, client: FlaskClient) -> None:
    assert post(client, form(Body="rok do bhai", OptOutType="STOP")) == 200
    assert (count(rt, Ticket), texts_out(rt)) == (0, [])


def test_a_text_that_a_fault_of_ours_refuses_waits_on_the_disk(rt: Runtime, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(arriving, "receive_text", broken)
        assert post(client, form()) == 200
    assert count(rt, Message) == 0
    draining.take_in_waiting(rt, Reader(rt.config.keys_file), for_s=5)
    assert count(rt, Message) == 2


def test_get_is_not_answered(client: FlaskClient) -> None:
    assert client.get(SMS).status_code == 405

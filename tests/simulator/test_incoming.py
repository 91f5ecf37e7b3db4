"""Texts from a phone to the hotline."""

import base64
import re
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from hotline.simulator.account import Account
from hotline.simulator.segments import count_segments
from tests.simulator.conftest import NUMBER, PHONE, PUBLIC_URL, SID, TOKEN, HotlineDouble, Simulator, eventually

SINDHI = "منهنجي موٽر سائيڪل چوري ٿي وئي. لياري، ڪراچي"

# Twilio's own test vectors, with token 12345.
_VECTOR = {"CallSid": "CA1234567890ABCDE", "Digits": "1234", "From": "+14158675309", "To": "+18005551212", "Caller": "+14158675309"}


@pytest.mark.parametrize(
    ("url", "signature"),
    [
        ("https://mycompany.com/myapp.php?foo=1&bar=2", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("https://mycompany.com:443/myapp.php?foo=1&bar=2", "kvajT1Ptam85bY51eRf/AJRuM3w="),
        ("http://mycompany.com:80/myapp.php?foo=1&bar=2", "0ZXoZLH/DfblKGATFgpif+LLRf4="),
        ("http://mycompany.com:1234/myapp.php?foo=1&bar=2", "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
    ],
)
def test_forms_are_signed_as_twilio_signs_them(url: str, signature: str) -> None:
    account = Account(sid=SID, token="12345", number=NUMBER, public_url=PUBLIC_URL, hotline_url="http://127.0.0.1:1")
    assert account.sign(url, _VECTOR) == signature


def test_a_text_arrives_as_twilio_would_post_it(simulator: Simulator, hotline: HotlineDouble) -> None:
    sent = simulator.text(SINDHI)
    assert re.fullmatch("SM[0-9a-f]{32}", sent["sid"])
    assert sent == {"sid": sent["sid"], "status": 200, "error_code": None, "statuses": [200]}
    [text] = hotline.received
    assert text.genuine
    assert text.uri == "/hooks/twilio/sms"
    assert text.headers["User-Agent"] == "TwilioProxy/1.1"
    assert text.headers["Host"] == "hotline.example"
    assert text.headers["I-Twilio-Idempotency-Token"]
    assert text.fields["MessageSid"] == text.fields["SmsSid"] == text.fields["SmsMessageSid"] == sent["sid"]
    wanted = {"AccountSid": SID, "From": PHONE, "To": NUMBER, "Body": SINDHI, "NumMedia": "0", "NumSegments": "1"}
    wanted |= {"SmsStatus": "received", "ApiVersion": "2010-04-01", "FromCountry": "PK", "ToCountry": "US", "FromCity": ""}
    assert wanted.items() <= text.fields.items()
    [shown] = simulator.phone()
    assert (shown["body"], shown["direction"], shown["webhook"], shown["from_twilio"]) == (SINDHI, "inbound", "taken", False)


def test_a_number_of_a_service_names_the_service(start: Callable[..., Simulator], hotline: HotlineDouble) -> None:
    start(number="MG" + "2" * 32).text("salam")
    assert hotline.texts[0].fields["MessagingServiceSid"] == "MG" + "2" * 32
    assert hotline.texts[0].fields["To"] == "+15005550006"


@pytest.mark.parametrize("sender", ["8300", "JAZZ", "anonymous", "+266696687", "Ufone-Info"])
def test_any_sender_can_be_played(simulator: Simulator, hotline: HotlineDouble, sender: str) -> None:
    simulator.text("آفر", phone=sender)
    assert hotline.texts[0].fields["From"] == sender
    assert hotline.texts[0].genuine
    assert [text["from"] for text in simulator.phone(sender)] == [sender]


def test_the_same_sid_is_the_same_text_told_again(simulator: Simulator, hotline: HotlineDouble) -> None:
    sid = "SM" + "a" * 32
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda _: simulator.text("salam", sid=sid), range(10)))
    assert [text.fields["MessageSid"] for text in hotline.texts] == [sid] * 10
    assert simulator.bodies() == ["salam"]


@pytest.mark.parametrize("body", ["", " ", "a\x00b", "\r\n", "=&%+", "😀" * 40, "half \ud83d a pair"])
def test_odd_bodies_arrive_signed(simulator: Simulator, hotline: HotlineDouble, body: str) -> None:
    assert simulator.text(body)["status"] == 200
    assert hotline.texts[0].genuine
    assert hotline.texts[0].fields["Body"] == body.replace("\ud83d", "\ufffd")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((500, "text/xml", "<Response/>"), 11200),
        ((403, "text/plain", "no"), 11200),
        ((204, "text/xml", ""), 11200),
        ((302, "text/xml", "<Response/>"), 11200),
        ((200, "application/json", "{}"), 12300),
        ((200, "text/xml", "<Response>"), 12100),
        ((200, "text/xml", "<Answer/>"), 12100),
        ((200, "text/xml", "<!DOCTYPE Response><Response/>"), 12100),
    ],
)
def test_an_answer_twilio_could_not_use_is_shown_with_its_code(
    simulator: Simulator, hotline: HotlineDouble, answer: tuple[int, str, str], code: int
) -> None:
    hotline.answer = answer
    sent = simulator.text("salam")
    assert (sent["status"], sent["error_code"]) == (answer[0], code)
    assert str(code) in simulator.phone()[0]["webhook"]
    assert simulator.log()[0]["error_code"] == code


def test_a_hotline_that_is_down_is_shown_as_11205(start: Callable[..., Simulator]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused for sure
        simulator = start(hotline_url=f"http://127.0.0.1:{taken.getsockname()[1]}")
        sent = simulator.text("salam")
    assert (sent["status"], sent["error_code"]) == (None, 11205)


def test_a_message_in_the_twiml_goes_to_the_phone(simulator: Simulator, hotline: HotlineDouble) -> None:
    hotline.answer = (200, "application/xml", "<Response><Message>one</Message><Message><Body>دو</Body></Message></Response>")
    simulator.text("salam")
    eventually(lambda: sorted(simulator.bodies()) == ["one", "salam", "دو"])


def test_incoming_texts_can_be_dropped_yet_are_in_twilios_list(simulator: Simulator, hotline: HotlineDouble, client: Client) -> None:
    simulator.faults(incoming_drop_next=1)
    dropped = simulator.text("lost")
    assert dropped == {"sid": dropped["sid"], "status": None, "error_code": None, "statuses": []}
    assert hotline.received == []
    assert [message.sid for message in client.messages.list(to=NUMBER)] == [dropped["sid"]]
    assert simulator.text("next")["status"] == 200


def test_incoming_texts_can_be_doubled_and_delayed(simulator: Simulator, hotline: HotlineDouble) -> None:
    simulator.faults(incoming_double_next=1, incoming_delay_s=0.2)
    began = time.monotonic()
    assert simulator.text("salam")["statuses"] == [200, 200]
    assert time.monotonic() - began >= 0.2
    assert hotline.texts[0].fields == hotline.texts[1].fields
    assert simulator.bodies() == ["salam"]


@pytest.mark.parametrize("word", ["STOP", "unsubscribe", " Cancel ", "QUIT", "end", "stopall", "revoke", "optout"])
def test_a_stop_word_bars_later_texts_until_start(simulator: Simulator, client: Client, hotline: HotlineDouble, word: str) -> None:
    simulator.text(word)
    assert hotline.texts[0].fields["Body"] == word
    confirmation = simulator.phone()[-1]
    assert confirmation["from_twilio"]
    assert confirmation["body"].startswith("You have successfully been unsubscribed")
    with pytest.raises(TwilioRestException) as caught:
        client.messages.create(to=PHONE, from_=NUMBER, body="x")
    assert (caught.value.status, caught.value.code) == (400, 21610)
    simulator.text("Unstop")
    assert simulator.phone()[-1]["from_twilio"]
    assert client.messages.create(to=PHONE, from_=NUMBER, body="x").status == "queued"


def test_help_is_answered_by_twilio_and_a_sentence_with_stop_is_not(simulator: Simulator) -> None:
    simulator.text("info")
    simulator.text("please stop them")
    assert [text["from_twilio"] for text in simulator.phone()] == [False, True, False]


def test_opt_out_can_be_switched_off(simulator: Simulator, client: Client) -> None:
    simulator.faults(opt_out=False)
    simulator.text("STOP")
    client.messages.create(to=PHONE, from_=NUMBER, body="x")
    assert not any(text["from_twilio"] for text in simulator.phone())


@pytest.mark.parametrize("given", [{}, {"body": 1}, {"body": "x" * 1601}, {"body": "x", "sid": ""}, [], None])
def test_a_request_that_is_no_text_is_refused(simulator: Simulator, given: object) -> None:
    status, reply = simulator.call("POST", f"/phones/{PHONE}/texts", given)
    assert (status, list(reply)) == (400, ["error"])


@pytest.mark.parametrize(
    ("body", "segments"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("€" * 80, 1),
        ("a" * 152 + "€" + "a" * 10, 2),
        ("€" * 81, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("ا" * 70, 1),
        ("ا" * 71, 2),
        ("ا" * 134, 2),
        ("ا" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 67, 3),  # 33 of two units in each part of 67
    ],
)
def test_parts_are_counted_as_twilio_bills_them(body: str, segments: int) -> None:
    assert count_segments(body) == segments


def test_the_signature_of_an_incoming_text_is_over_the_public_address(simulator: Simulator, hotline: HotlineDouble) -> None:
    simulator.text("salam")
    text = hotline.texts[0]
    signature = text.headers["X-Twilio-Signature"]
    assert RequestValidator(TOKEN).validate(f"{PUBLIC_URL}/hooks/twilio/sms", text.fields, signature)
    assert not RequestValidator("other").validate(f"{PUBLIC_URL}/hooks/twilio/sms", text.fields, signature)


def test_a_photo_comes_with_its_address_and_can_be_had_and_deleted_at_twilio(simulator: Simulator, hotline: HotlineDouble) -> None:
    sent = simulator.text("", photo=base64.b64encode(b"a photo").decode())
    fields = hotline.texts[0].fields
    assert re.fullmatch("MM[0-9a-f]{32}", sent["sid"])
    assert (fields["NumMedia"], fields["MediaContentType0"], fields["Body"]) == ("1", "image/jpeg", "")
    address = re.fullmatch(
        f"https://api.twilio.com(/2010-04-01/Accounts/{SID}/Messages/{sent['sid']}/Media/ME[0-9a-f]{{32}})", fields["MediaUrl0"]
    )
    assert address
    password = {"Authorization": "Basic " + base64.b64encode(f"{SID}:{TOKEN}".encode()).decode()}
    assert simulator.call("GET", address[1])[0] == 401
    assert simulator.call("GET", address[1], headers=password) == (200, "a photo")
    assert simulator.call("DELETE", f"{address[1]}.json", headers=password)[0] == 204
    assert [simulator.call(*ask, headers=password)[0] for ask in (("GET", address[1]), ("DELETE", f"{address[1]}.json"))] == [404, 404]


@pytest.mark.parametrize("photo", ["no base64", 7, ["x"]])
def test_a_photo_that_is_no_base64_is_refused(simulator: Simulator, photo: object) -> None:
    assert simulator.call("POST", f"/phones/{PHONE}/texts", {"body": "", "photo": photo})[0] == 400


def test_the_texts_of_all_phones_are_listed_together_the_newest_first(simulator: Simulator, hotline: HotlineDouble) -> None:
    simulator.text("one")
    simulator.text("two", phone="+923331234502")
    status, texts = simulator.call("GET", "/texts")
    assert status == 200
    assert [(text["from"], text["body"]) for text in texts] == [("+923331234502", "two"), (PHONE, "one")]

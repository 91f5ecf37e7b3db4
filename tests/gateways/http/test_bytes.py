"""What leaves, to the byte: for each preset, an English and an Urdu text of each length at which something changes."""

import json
from collections.abc import Callable
from urllib.parse import quote_plus
from xml.sax.saxutils import escape

import pytest

from tests.gateways.http.conftest import Open, text_of
from tests.gateways.http.pretend import MASK, PASSWORD, USER, Pretend
from tests.gateways.http.world import HOOK, NAME
from tests.support import HER, KEYS

LENGTHS = (1, 70, 71, 160, 161, 1600)
ENGLISH = "Your number is 123-456-789. Keep it & ask: 50% + <1> \"x\" 'y' "
URDU = "آپ کا پیغام مل گیا۔ یہ نمبر 123 رکھیں & پوچھیں <1> 😢 "
OURS = f"{KEYS.tag}-7-1"
TO, TO_HOME = HER.removeprefix("+"), "0" + HER.removeprefix("+92")
REPORTS = f"https://hotline.example.org/hooks/http/{NAME}/{HOOK}/reports?our_id={OURS}"


def sample(words: str, length: int) -> str:
    """So many characters; what stands at the end of a text must not be lost either, so it is no space."""
    return (words * (length // len(words) + 1))[: length - 1] + words[0]


def fields(**given: str) -> str:
    return "&".join(f"{name.replace('_', '-')}={quote_plus(value)}" for name, value in given.items())


def xml(value: str) -> str:
    return escape(value, {'"': "&quot;", "'": "&apos;"})


def m3tech(words: str, *, plain: bool) -> tuple[str, str, str]:
    given = fields(AuthKey="m3-Tech", UserId=USER, Password=PASSWORD, MobileNo=TO, MsgId=OURS, SMS=words, MsgHeader=MASK)
    given += "&" + fields(HandsetPort="0", SMSChannel="0", Telco="0", SMSType="0" if plain else "7")
    return "GET", f"/GenericServiceRestAPI/api/SendSMS?{given}", ""


def jazz(words: str, *, plain: bool) -> tuple[str, str, str]:
    given = f"<Username>{USER}</Username><Password>{xml(PASSWORD)}</Password><From>{MASK}</From><To>{TO_HOME}</To>"
    given += f"<Message>{xml(words)}</Message><urdu>{'0' if plain else '1'}</urdu><statuscode>1</statuscode>"
    return "POST", "/sendsms_xml.html", fields(xmldoc=f"<SMSRequest>{given}</SMSRequest>")


def zong(words: str, *, plain: bool) -> tuple[str, str, str]:
    given = {"loginId": USER, "loginPassword": PASSWORD, "Destination": TO, "Mask": MASK, "Message": words}
    given |= {"UniCode": "0" if plain else "1", "ShortCodePrefered": "n"}
    return "POST", "/reachrestapi/home/SendQuickSMS", json.dumps(given, ensure_ascii=False)


def telenor(words: str, *, plain: bool) -> tuple[str, str, str]:
    given = fields(session_id="session0001", to=TO, text=words, mask=MASK).replace("-", "_", 1)
    return "GET", f"/corporate_sms2/api/sendsms.jsp?{given}{'' if plain else '&unicode=true'}", ""


def kannel(words: str, *, plain: bool) -> tuple[str, str, str]:
    given = {"username": USER, "password": PASSWORD, "from": MASK, "to": HER, "text": words, "charset": "UTF-8", "dlr-mask": "19"}
    given |= {"dlr-url": f"{REPORTS}&status=%d", "coding": "0" if plain else "2"}
    return "GET", f"/cgi-bin/sendsms?{fields(**given)}", ""


def jasmin(words: str, *, plain: bool) -> tuple[str, str, str]:
    given = {"username": USER, "password": PASSWORD, "from": MASK, "to": HER, "coding": "0" if plain else "8", "dlr": "yes"}
    given |= {"dlr-level": "3", "dlr-method": "POST", "dlr-url": REPORTS}
    given |= {"content": words} if plain else {"hex-content": "".join(f"{one:02X}" for one in words.encode("utf-16-be"))}
    return "POST", "/send", fields(**given)


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize(("words", "plain"), [(ENGLISH, True), (URDU, False)], ids=["english", "urdu"])
@pytest.mark.parametrize("expected", [m3tech, jazz, zong, telenor, kannel, jasmin])
def test_a_text_leaves_like_this(
    expected: Callable[..., tuple[str, str, str]], words: str, plain: bool, length: int, open_gateway: Open, pretend: Pretend
) -> None:
    body = sample(words, length)
    assert len(body) == length
    open_gateway(expected.__name__).send(text_of(body))
    asked = pretend.asked[-1]
    assert (asked.method, asked.target, asked.body.decode()) == expected(body, plain=plain)
    assert pretend.phones == [(HER, body)]


def test_one_of_them_by_hand(open_gateway: Open, pretend: Pretend) -> None:
    """What the others are made of is written out here once."""
    open_gateway("m3tech").send(text_of("A&ب"))
    assert pretend.asked[-1].target == (
        "/GenericServiceRestAPI/api/SendSMS?AuthKey=m3-Tech&UserId=923001110000&Password=p%26ss+w%2Brd%2F%25&MobileNo=923001234501"
        f"&MsgId={OURS}&SMS=A%26%D8%A8&MsgHeader=HELP+8020&HandsetPort=0&SMSChannel=0&Telco=0&SMSType=7"
    )


def test_what_a_citizen_could_have_written_opens_no_hole_and_no_element(open_gateway: Open, pretend: Pretend) -> None:
    for name in ("jazz", "zong", "example"):
        words = "{PASSWORD} {to.__class__} </Message><To>0</To> \x0c."
        open_gateway(name).send(text_of(words))
        assert pretend.phones[-1][0] == HER
        assert pretend.phones[-1][1] == (words.replace("\x0c", " ") if name == "jazz" else words)
        assert PASSWORD not in pretend.phones[-1][1]

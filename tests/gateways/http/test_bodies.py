"""Bodies as services write them by hand: what a citizen writes makes no document unreadable, and no letter of it is lost."""

import time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from werkzeug.wrappers import Response

from hotline.gateways.http.answers import Document
from hotline.gateways.http.bodies import xml_of
from hotline.gateways.http.incoming import ReadText, told_texts
from hotline.gateways.http.service import Content, Place, TextFields, TextsIn
from tests.gateways.http.conftest import Open
from tests.gateways.http.pretend import Pretend
from tests.support import HER, OTHER

URDU = "بچاؤ 😢"
FIELDS: dict[str, Any] = {"sender": "from", "words": "text"}


def told(body: bytes = b"", *, query: bytes = b"", content: Content = Content.QUERY, **fields: Any) -> list[ReadText]:
    spec = TextsIn(content, Place(), TextFields(**FIELDS | fields), "", "text/plain")
    return told_texts(spec, query, body, b"k" * 32, ZoneInfo("Asia/Karachi"))


def xml(words: str, head: str = "") -> str:
    return f"{head}<sms><from>{HER}</from><text>{words}</text></sms>"


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("AT&T & me", "AT&T & me"),
        ("R&D; &foo;", "R&D; &foo;"),
        ("a&nbsp;b &eacute;", "a\xa0b é"),
        ("a\x0cb\x00", "a b "),
        ("a&#12;b&#x0;&#9999999;", "a b \ufffd"),
        ("&#55357;&#56866; &#xD83D;", "😢 \ufffd"),
        ("1 &lt; 2 &amp;amp; &#60;b&#62; & x", "1 < 2 &amp; <b> & x"),
        ("<![CDATA[a & <b> &amp;]]> & <![CDATA[c]]>", "a & <b> &amp; & c"),
        ("a<br/>b <i>c</i> d", "ab c d"),
        (URDU, URDU),
    ],
)
def test_no_letter_makes_xml_unreadable(written: str, words: str) -> None:
    [text] = told(xml(written).encode(), content=Content.XML)
    assert (text.sender, text.words) == (HER, words)


def test_one_citizens_words_do_not_keep_the_texts_of_others_from_us(open_gateway: Open, pretend: Pretend) -> None:
    """As Jazz lists them: all texts of an hour stand in one document."""
    rows = [(HER, "madad"), (OTHER, "bread & butter \x0c")]
    listed = "".join(
        f"<SMSInfo><smsDate>2026-11-23 12:00:01</smsDate><smsFrom>{number}</smsFrom><smsMessage>{words}</smsMessage></SMSInfo>"
        for number, words in rows
    )
    pretend.answers.append(Response(f"<SMSRsponse>{listed}</SMSRsponse>"))
    assert [(one.sender, one.body) for one in open_gateway("jazz").poll()] == [(HER, "madad"), (OTHER, "bread & butter  ")]


def test_lines_that_end_in_words_do_not_make_json_unreadable() -> None:
    [text] = told(f'{{"from": "{HER}", "text": "a\nb\tc"}}'.encode(), content=Content.JSON)
    assert text.words == "a\nb\tc"


@pytest.mark.parametrize("alphabet", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_the_alphabet_of_a_document_is_recognised(alphabet: str) -> None:
    [text] = told(f'{{"from": "{HER}", "text": "{URDU}"}}'.encode(alphabet), content=Content.JSON)
    assert text.words == URDU
    [text] = told(xml(URDU, f'<?xml version="1.0" encoding="{alphabet.removesuffix("-sig")}"?>').encode(alphabet), content=Content.XML)
    assert text.words == URDU


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (xml("سلام", '<?xml version="1.0" encoding="windows-1256"?>').encode("cp1256"), "سلام"),
        (xml("café", "<?xml version='1.0' encoding='ISO-8859-1'?>").encode("latin-1"), "café"),
        (xml("سلام", '<?xml version="1.0" encoding="utf-16"?>').encode(), "سلام"),  # as .NET says of what it writes in UTF-8
        (xml("سلام", '<?xml version="1.0" encoding="rot13"?>').encode() + b"<!-- \xff -->", "سلام"),
        (xml("x").encode() + b"<!-- \xff -->", "x"),
    ],
)
def test_a_declared_alphabet_counts_where_the_bytes_are_not_utf8(body: bytes, words: str) -> None:
    assert [text.words for text in told(body, content=Content.XML)] == [words]


def test_what_is_mended_declares_nothing_all_the_same() -> None:
    assert xml_of('<!DOCTYPE r [<!ENTITY a "aaaa">]><r>&a; & b</r>') is None
    assert xml_of("<r>&amp") is None


def test_mending_takes_no_longer_than_the_document_is_long() -> None:
    began = time.process_time()
    for bad in ("&", "&#", "&#1;", "&a", "<![CDATA[", "&#xD83D;", "\x0c", "&nbsp;<![CDATA["):
        Document(f"<r>{bad * 300_000}</r>".encode()).find(Place(xml=("//x",)))
    assert time.process_time() - began < 20


def hexed(words: str) -> bytes:
    return words.encode("utf-16-be").hex().encode()


@pytest.mark.parametrize("coding", [b"8", b"08", b"%08", b"24", b"25", b"%19", b"224"])
def test_ucs2_is_known_by_every_number_that_means_it(coding: bytes) -> None:
    """A text that a phone shows at once (flash) has 24 to 27."""
    [text] = told(query=b"from=1&text=" + hexed(URDU) + b"&c=" + coding, coding="c", hex=True)
    assert text.words == URDU


@pytest.mark.parametrize(
    ("coding", "words"), [(b"0", "@"), (b"", "@"), (b"16", "@"), (b"240", "@"), (b"3", "\ufffd"), (b"4", "\ufffd"), (b"x9", "\ufffd")]
)
def test_other_numbers_mean_other_alphabets(coding: bytes, words: str) -> None:
    [text] = told(query=b"from=1&text=00&c=" + coding, coding="c", hex=True)
    assert text.words == words


@pytest.mark.parametrize("named", ["UCS-2", "ucs2", "UTF-16", "utf-16be", "ISO-10646-UCS-2"])
def test_an_alphabet_of_two_bytes_begins_with_the_higher(named: str) -> None:
    raw = "".join(f"%{byte:02X}" for byte in URDU.encode("utf-16-be")).encode()
    [text] = told(query=b"from=1&text=" + raw + b"&cs=" + named.encode(), charset="cs")
    assert text.words == URDU


@pytest.mark.parametrize("words", [URDU, "salam", "1", "مدد 15", "😢", "a\nb"])
@pytest.mark.parametrize("alphabet", ["utf-16-be", "utf-8"])
def test_digits_of_an_alphabet_that_nobody_names_are_words(words: str, alphabet: str) -> None:
    [text] = told(query=b"from=1&text=" + words.encode(alphabet).hex().encode(), hex=True)
    assert text.words == words


def test_a_mark_before_the_words_says_which_byte_is_first() -> None:
    raw = "".join(f"%{byte:02X}" for byte in b"\xff\xfe" + URDU.encode("utf-16-le")).encode()
    [text] = told(query=b"from=1&text=" + raw + b"&cs=utf-16", charset="cs")
    assert text.words == URDU


def test_a_time_in_milliseconds_is_no_time_to_come() -> None:
    in_seconds, in_milliseconds = (
        told(query=b"from=1&text=a&at=" + at, at="at", at_format="unix") for at in (b"1795417205", b"1795417205999")
    )
    assert in_seconds[0].received_at is not None
    assert in_milliseconds[0].received_at is not None
    assert (in_milliseconds[0].received_at - in_seconds[0].received_at).total_seconds() < 1


def test_a_number_written_as_an_address_is_a_number() -> None:
    assert [text.sender for text in told(query=b"from=tel:%2B923001234501&text=a")] == [HER]

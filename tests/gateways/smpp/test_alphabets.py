"""Words and bytes, both ways, against tables that are not ours."""

from random import Random

import pytest
import smpp34

from hotline.domain import segments
from hotline.gateways.smpp import wire
from hotline.gateways.smpp.alphabets import decode, encode, whole
from hotline.gateways.smpp.receipts import read_receipt
from hotline.gateways.smpp.splitting import incoming, split
from hotline.gateways.smpp.wire import Delivered
from tests.gateways.smpp.smsc import gsm, ungsm

URDU = "میرا موبائل اورنگی ٹاؤن میں چھین لیا گیا 😢 "
LATIN = "orangi town mein do larkon ne mobile cheen liya; Rs 5,000 [€~{}\\|^] é ü ñ @ $ £ _ Ω "


def told(message: bytes, **more: object) -> Delivered:
    given = {"source": "923001234501", "source_ton": 1, "destination": "8484", "esm_class": 0, "coding": 0, "schedule": "", "tlvs": {}}
    return Delivered(**{**given, "message": message, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize("words", [LATIN, "€[]{}~^|\\\f", "", "@\n\r\x20Δ"])
def test_gsm_is_as_another_table_has_it(words: str) -> None:
    assert b"".join(encode(words, "gsm").characters) == gsm(words.replace("\f", "")) if "\f" not in words else True
    assert decode(b"".join(encode(words, "gsm").characters), 0, "gsm") == words
    if "\f" not in words:
        assert ungsm(b"".join(encode(words, "gsm").characters)) == words


@pytest.mark.parametrize(
    ("given", "coding", "alphabet", "words"),
    [
        (b"a\x00b", 0, "gsm", "a@b"),
        (b"\x1be\x1b\x28\x1b\x3d", 0, "gsm", "€{~"),
        (b"\x1b\x41\x1b\x1ba", 0, "gsm", "A a"),  # what the extension lacks; two escapes
        (b"a\x1b", 0, "gsm", "a"),
        (b"a\xe9", 0, "gsm", "a\N{REPLACEMENT CHARACTER}"),
        (b"a\xe9", 0, "latin1", "aé"),
        (b"a\xe9", 3, "gsm", "aé"),
        (b"abc", 1, "gsm", "abc"),
        ("مدد".encode("utf-16-be"), 8, "gsm", "مدد"),
        ("مدد".encode("utf-16-be"), 0x18, "gsm", "مدد"),  # a flash text
        ("مدد".encode("utf-16-be"), 0xE0, "gsm", "مدد"),
        ("مدد".encode("utf-16-be") + b"\x06", 8, "gsm", "مدد\N{REPLACEMENT CHARACTER}"),
        (b"a", 0xF1, "gsm", "a"),
    ],
)
def test_words_are_read_as_their_coding_says(given: bytes, coding: int, alphabet: str, words: str) -> None:
    assert decode(given, coding, alphabet) == words


def test_half_characters_are_put_together_and_a_lone_half_is_replaced() -> None:
    data = "😢".encode("utf-16-be")
    halves = [decode(half, 8, "gsm") for half in (data[:2], data[2:])]
    assert whole("".join(halves)) == "😢"
    assert whole(halves[0] + "a\0") == "\N{REPLACEMENT CHARACTER}a\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize("by", ["udh", "sar"])
@pytest.mark.parametrize(
    "words", [LATIN * 19, URDU * 35, "[" * 153, "a" * 160, "a" * 161, "ا" * 70, "ا" * 71, "a" * 152 + "€" * 9, "😢" * 40]
)
def test_a_long_text_has_the_parts_that_are_billed_and_no_character_is_split(words: str, by: str) -> None:
    words = words[:1600]
    parts = split(words, alphabet="gsm", by=by, reference=0x1234)
    assert len(parts) == segments.count(words).segments
    assert all(len(part["short_message"]) <= 160 for part in parts)
    came = [
        incoming(
            told(
                part["short_message"],
                coding=part["data_coding"],
                esm_class=part.get("esm_class", 0),
                tlvs={
                    name: part[name].to_bytes(2 if name == "sar_msg_ref_num" else 1)
                    for name in ("sar_msg_ref_num", "sar_total_segments", "sar_segment_seqnum")
                    if name in part
                },
            ),
            "gsm",
        )
        for part in parts
    ]
    assert "".join(part.words for part in came) == words
    assert all(part.words == whole(part.words) for part in came)
    if len(parts) > 1:
        assert [(part.number, part.of) for part in came] == [(number, len(parts)) for number in range(1, len(parts) + 1)]
        assert len({part.reference for part in came}) == 1


def test_a_text_whole_in_the_payload_is_one_part() -> None:
    assert split(URDU * 30, alphabet="gsm", by="payload", reference=1) == [
        {"data_coding": 8, "message_payload": (URDU * 30).encode("utf-16-be")}
    ]


def test_an_smsc_without_gsm_gets_ucs2() -> None:
    assert split("abc", alphabet="ucs2", by="udh", reference=1) == [{"data_coding": 8, "short_message": "abc".encode("utf-16-be")}]


@pytest.mark.parametrize(
    ("message", "tlvs", "known"),
    [
        (b"\x05\x00\x03\x2a\x03\x02xyz", {}, ("udh 42", 3, 2, "xyz")),
        (b"\x06\x08\x04\x01\x2a\x03\x02xyz", {}, ("udh16 298", 3, 2, "xyz")),
        (b"\x09\x24\x01\x00\x00\x03\x2a\x03\x02\x00xyz", {}, ("udh 42", 3, 2, "xyz")),  # behind a shift table of another language
        (b"\x05\x00\x03\x2a\x03\x04xyz", {}, ("", 1, 1, "xyz")),  # the fourth of three
        (b"\x05\x00\x03\x2a\x00\x00xyz", {}, ("", 1, 1, "xyz")),
        (b"\xff\x00\x03", {}, ("", 1, 1, "\N{REPLACEMENT CHARACTER}@¥")),
        (b"Help they beat me", {}, ("", 1, 1, "Help they beat me")),  # a header is announced, and none is there
        (b"\nHelp they beat me", {}, ("", 1, 1, "\nHelp they beat me")),  # it would fit, and its elements do not
        (b"\x00xyz", {}, ("", 1, 1, "xyz")),
        (b"\x06\x05\x04\x00\x00\x00\x00xyz", {"sar_total_segments": b"\2", "sar_segment_seqnum": b"\1"}, ("sar 0", 2, 1, "xyz")),
        (b"xyz", {"sar_total_segments": b"\xff" * 4, "sar_segment_seqnum": b"\1"}, ("", 1, 1, "xyz")),  # no phone's text
    ],
)
def test_headers_are_read_and_odd_ones_cost_no_words(message: bytes, tlvs: dict[str, bytes], known: tuple[str, int, int, str]) -> None:
    part = incoming(told(message, esm_class=0x40, tlvs=tlvs), "gsm")
    assert (part.reference, part.of, part.number, part.words) == known


@pytest.mark.parametrize("words", ["Help they beat me", "مدد کریں", "H"])
def test_ucs2_without_the_header_that_is_announced_is_all_words(words: str) -> None:
    part = incoming(told(words.encode("utf-16-be"), esm_class=0x40, coding=8), "gsm")
    assert (part.reference, part.of, part.words) == ("", 1, words)


@pytest.mark.parametrize(
    ("source", "ton", "sender"),
    [("923001234501", 1, "+923001234501"), ("+923001234501", 1, "+923001234501"), ("03001234501", 2, "03001234501"),
     ("JAZZ", 5, "JAZZ"), ("8300", 6, "8300"), ("", 0, ""), ("92\x00\n300", 1, "+92300")],
)  # fmt: skip
def test_a_sender_is_read_as_its_kind_of_number_says(source: str, ton: int, sender: str) -> None:
    assert incoming(told(b"a", source=source, source_ton=ton), "gsm").sender == sender


def test_an_absolute_time_is_when_the_network_took_the_text() -> None:
    part = incoming(told(b"a", schedule="261129171500020+"), "gsm")
    assert part.received_at is not None
    assert part.received_at.isoformat() == "2026-11-29T12:15:00+00:00"
    assert part.told_by == "261129171500020+"
    for odd in ("", "000000001000000R", "269929171500020+", "261129171500099-"):
        assert incoming(told(b"a", schedule=odd), "gsm").received_at is None or odd.endswith("-")


@pytest.mark.parametrize("schedule", ["", "000000001000000R", "269929171500020+", "0", "now"])
def test_what_is_no_time_tells_no_two_texts_apart(schedule: str) -> None:
    assert incoming(told(b"1", schedule=schedule), "gsm").told_by == ""


def test_whatever_bytes_come_words_come_of_them_or_it_is_no_pdu() -> None:
    random = Random(17)
    good = smpp34.DeliverSm(
        "923001234501", "8484", b"\x05\x00\x03\x2a\x03\x02xyz", esm_class=0x40, tlvs=[smpp34.Tlv(0x20E, b"\2")]
    ).encode()
    read = 0
    for _ in range(3000):
        data = bytearray(good)
        for _ in range(random.randrange(1, 6)):
            data[random.randrange(16, len(data))] = random.randrange(256)
        data = data[: random.randrange(16, len(data) + 1)]
        try:
            found = wire.delivered(wire.frame_of(bytes(data)))
        except wire.NotAPdu:
            continue
        part = incoming(found, "gsm")
        whole(part.words).encode()
        read_receipt(found)
        read += 1
    assert read > 1000

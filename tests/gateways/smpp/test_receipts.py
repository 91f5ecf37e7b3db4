"""Receipts as SMSCs write them."""

from typing import Any

import pytest

from hotline.domain.delivery import Delivery
from hotline.gateways.base import Outcome
from hotline.gateways.smpp.receipts import is_receipt, other_forms, read_receipt, same_form
from tests.gateways.smpp.test_alphabets import told

APPENDIX_B = "id:{} sub:001 dlvrd:001 submit date:2611291200 done date:2611291201 stat:{} err:{} text:Shikayat darj"


@pytest.mark.parametrize(
    ("state", "delivery", "outcome"),
    [
        ("DELIVRD", Delivery.DELIVERED, None),
        ("EXPIRED", Delivery.UNDELIVERED, Outcome.UNREACHABLE),
        ("DELETED", Delivery.FAILED, None),
        ("UNDELIV", Delivery.UNDELIVERED, None),
        ("REJECTD", Delivery.FAILED, Outcome.REFUSED),
    ],
)
def test_the_words_of_appendix_b(state: str, delivery: Delivery, outcome: Outcome | None) -> None:
    report = read_receipt(told(APPENDIX_B.format("0012345678", state, "021").encode(), esm_class=4))
    assert report is not None
    assert (report.gateway_id, report.delivery, report.outcome) == ("12345678", delivery, outcome)
    assert report.code == (None if delivery is Delivery.DELIVERED else f"{state} 021")
    assert report.phone == "923001234501"
    assert report.other_ids == ("bc614e", "305419896")


@pytest.mark.parametrize(
    "words",
    ["id:1 stat:ENROUTE err:0", "id:1 stat:ACCEPTD err:0", "id:1 stat:UNKNOWN", "stat:DELIVRD", "id:1", "", "text:id:1 stat:DELIVRD"],
)
def test_what_settles_nothing_is_no_report(words: str) -> None:
    assert read_receipt(told(words.encode(), esm_class=4)) is None


@pytest.mark.parametrize(
    "words",
    [
        "Id: AB12 Sub:1 dlvrd:1 Stat: delivrd err:0 Text:x",
        "stat:DELIVRD id:AB12",
        "id:AB12\nsub:001\nstat:DELIVERED err:0",
        "\xffid:AB12 stat:DELIVRD",
    ],
)
def test_fields_in_other_orders_and_letters(words: str) -> None:
    report = read_receipt(told(words.encode("latin-1"), esm_class=4))
    assert report is not None
    assert (report.gateway_id, report.delivery) == ("ab12", Delivery.DELIVERED)


def test_words_in_ucs2_are_read_whatever_the_coding_says() -> None:
    report = read_receipt(told(APPENDIX_B.format("AB12", "DELIVRD", "0").encode("utf-16-be"), esm_class=4))
    assert report is not None
    assert (report.gateway_id, report.delivery) == ("ab12", Delivery.DELIVERED)


def test_what_is_told_of_a_text_on_its_way_settles_nothing() -> None:
    assert read_receipt(told(APPENDIX_B.format("1", "UNDELIV", "0").encode(), esm_class=0x20)) is None


def test_optional_parameters_go_before_words_and_their_id_may_have_another_form_too() -> None:
    tlvs = {"receipted_message_id": b"00FF", "message_state": b"\2"}  # without an end, as some write it
    report = read_receipt(told(APPENDIX_B.format("255", "UNDELIV", "1").encode(), esm_class=4, tlvs=tlvs))
    assert report is not None
    assert (report.gateway_id, report.other_ids, report.delivery) == ("ff", ("255",), Delivery.DELIVERED)


@pytest.mark.parametrize(
    ("more", "is_one"),
    [
        ({"esm_class": 4}, True),
        ({"esm_class": 0x44}, True),
        ({"esm_class": 0x20}, True),  # of a text on its way
        ({"esm_class": 0}, False),
        ({"esm_class": 0x40}, False),
        ({"tlvs": {"receipted_message_id": b"1", "message_state": b"\2"}}, True),
        ({"tlvs": {"receipted_message_id": b"1"}}, False),
    ],
)
def test_words_alone_make_no_receipt(more: dict[str, Any], is_one: bool) -> None:
    assert is_receipt(told(APPENDIX_B.format("1", "DELIVRD", "0").encode(), **more)) is is_one


def test_ids_are_compared_in_one_form_and_looked_for_in_others() -> None:
    assert same_form("000A1b") == "a1b"
    assert same_form("000") == "000"
    assert other_forms("10") == ("a", "16")
    assert other_forms("A1B") == ("2587",)
    assert other_forms("0b2c-77") == ()
    assert len(same_form("x" * 90)) == 64

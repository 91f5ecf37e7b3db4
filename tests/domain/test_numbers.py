"""Numbers of people in a text: found however they are written, shown by their last digits, and nothing else is taken for one."""

import pytest

from hotline.domain.numbers import NumberKind, cut, find, masked, without

CNIC, CARD, ACCOUNT, PHONE = NumberKind.CNIC, NumberKind.CARD, NumberKind.ACCOUNT, NumberKind.PHONE


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("42101-1234567-1", CNIC),
        ("4210112345671", CNIC),
        ("42101 1234567 1", CNIC),
        ("42101–1234567–1", CNIC),
        ("42101/1234567/1", CNIC),
        ("42101-123-4567-1", CNIC),
        ("4 2 1 0 1 1 2 3 4 5 6 7 1", CNIC),
        ("42101 123456 1", CNIC),  # a digit lost
        ("۴۲۱۰۱-۱۲۳۴۵۶۷-۱", CNIC),
        ("٤٢١٠١١٢٣٤٥٦٧١", CNIC),
        ("4111 1111 1111 1111", CARD),
        ("5555-5555-5555-4444", CARD),
        ("4111111111111111", CARD),
        ("3782 822463 10005", CARD),
        ("356938035643809", CARD),  # an IMEI
        ("4111 1111 1111 1112", ACCOUNT),  # mistyped
        ("PK36SCBL0000001123456702", ACCOUNT),
        ("pk36 scbl 0000 0011 2345 6702", ACCOUNT),
        ("PK24MEZN0001AB0171495101", ACCOUNT),
        ("11430012345678", ACCOUNT),
        ("0123-4567-8901-23", ACCOUNT),
        ("35912408 8830172", ACCOUNT),  # an IMEI, mistyped
        ("0099 2210 4471", ACCOUNT),
        ("508-86-123456", ACCOUNT),  # an old identity card
        ("0300-1234567", PHONE),
        ("03001234567", PHONE),
        ("3001234567", PHONE),
        ("0300 123 45 67", PHONE),
        ("0300,1234567", PHONE),
        ("0300*123*4567", PHONE),
        ("0300 -\n1234567", PHONE),
        ("O3OO-1234567", PHONE),
        ("0 3 0 0 1 2 3 4 5 6 7", PHONE),
        ("+92 (0)300 1234567", PHONE),
        ("0092 300 1234567", PHONE),
        ("923001234567", PHONE),
        ("۰۳۰۰ ۱۲۳۴۵۶۷", PHONE),
        (
            "0\ufe0f\u20e33\ufe0f\u20e30\ufe0f\u20e30\ufe0f\u20e31\ufe0f\u20e32\ufe0f\u20e33\ufe0f\u20e34\ufe0f\u20e35\ufe0f\u20e36\ufe0f\u20e37",
            PHONE,
        ),
        ("021-34567890", PHONE),
        ("+971 50 123 4567", PHONE),
        ("00442079460958", PHONE),
    ],
)
def test_a_number_is_found_whole_however_it_is_written(number: str, kind: NumberKind) -> None:
    for before, after in (("", ""), ("mera ", " hai"), ("نمبر:", "۔"), ("5000 rupay,12:30 ", "; kal")):
        [one] = find(before + number + after)
        assert (one.kind, one.start, one.end) == (kind, len(before), len(before + number))
    tail = "".join(c for c in number if c.isdecimal())[-3:]
    assert masked(f"a {number} b") == f"a …{tail} b"
    assert without(f"a {number} b") == "a   b"


@pytest.mark.parametrize(
    "text",
    [
        "482-719-365",
        "482719365 2 din se",
        "Rs 1,50,00,000 ya 150,000,000 ya 1500000000",
        "50 100 200 500 rupay",
        "5000 3000 2000",
        "28-11-2025 14:30:15",
        "2025-11-28 3:30 28/11/25 15.30 28.11.2025",
        "12:30-14:30 28-11-2025",
        "2023 2024 2025",
        "LEA-18-4521 ABC-1234",
        "15 1915 115 honda 125 cc 2018",
        "24.86073431, 67.00113641",
        "FIR 1234/2025, plot 5-C 12345, gali 4 makan 12",
    ],
)
def test_nothing_else_is_taken_for_one(text: str) -> None:
    assert find(text) == ()
    assert masked(text) == text


def test_each_of_several_is_one_of_its_own_and_a_reference_between_them_stays() -> None:
    said = "03001234567 03217654321/0333-1112223, 42101-1234567-1 482719365 +923451112229"
    assert masked(said) == "…567 …321/…223, …671 482719365 …229"
    assert masked(masked(said)) == masked(said)


@pytest.mark.parametrize("number", ["42101-1234567-1", "0300 1234567", "4111 1111 1111 1111", "PK36 SCBL 0000 0011 2345 6702"])
def test_a_text_that_is_cut_within_a_number_shows_no_more_of_it(number: str) -> None:
    said = f"mera number {number} hai"
    for length in range(len(said) + 1):
        shown = masked(cut(said, length))
        assert said.startswith(cut(said, length))
        assert sum(c.isdecimal() for c in shown.removeprefix("mera number PK36")) <= 3, shown
    assert cut("do 1500 rupay 25", 14) == "do 1500 rupay "

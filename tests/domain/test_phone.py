"""Who a text comes from. The table is that of the phonenumbers library on Pakistani numbers and of what gateways put into From."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.domain.phone import SenderKind, costs_no_premium, masked, national, read_sender

HER = "+923001234567"


@pytest.mark.parametrize(
    "raw",
    [
        "03001234567",
        "923001234567",
        "+923001234567",
        "00923001234567",
        "3001234567",
        "+9203001234567",
        "0300-1234567",
        "+92 (300) 1234567",
        "+92.300.1234567",
        "۰۳۰۰۱۲۳۴۵۶۷",
        "۰۳۰۰-۱۲۳۴۵۶۷",
        "٠٣٠٠١٢٣٤٥٦٧",
        "\u200e+923001234567\u200f",
        "\u202a+92 300 1234567\u202c",
        "\u00a0 03001234567 ",
    ],
)
def test_one_phone_is_one_contact_however_it_is_written(raw: str) -> None:
    sender = read_sender(raw, "PK")
    assert (sender.kind, sender.address, sender.country) == (SenderKind.PHONE, HER, "PK")


@pytest.mark.parametrize(
    ("raw", "address", "country"),
    [
        ("021-35662222", "+922135662222", "PK"),
        ("051111786786", "+9251111786786", "PK"),
        ("0800-12345", "+9280012345", "PK"),
        ("+12025550100", "+12025550100", "US"),
    ],
)
def test_other_phones_are_phones_too(raw: str, address: str, country: str) -> None:
    sender = read_sender(raw, "PK")
    assert (sender.kind, sender.address, sender.country) == (SenderKind.PHONE, address, country)


@pytest.mark.parametrize(
    ("raw", "address", "country"),
    [
        ("03801234567", "+923801234567", "PK"),
        ("+923991234567", "+923991234567", "PK"),
        ("۰۳۸۰۱۲۳۴۵۶۷", "+923801234567", "PK"),
        ("+966500000000", "+966500000000", "SA"),
    ],
)
def test_a_prefix_that_the_library_does_not_know_yet_is_a_phone_like_others(raw: str, address: str, country: str) -> None:
    sender = read_sender(raw, "PK")
    assert (sender.kind, sender.address, sender.country) == (SenderKind.PHONE, address, country)
    assert costs_no_premium(address)


@pytest.mark.parametrize("prefix", range(300, 400))
def test_a_mobile_of_pakistan_is_read_without_the_library_as_the_library_reads_it(prefix: int) -> None:
    assert (
        read_sender(f"+92{prefix}1234567", "PK") == read_sender(f"+92 {prefix} 1234567", "PK") == read_sender(f"+92{prefix}1234567", "GB")
    )


@pytest.mark.parametrize("raw", ["+92380123456", "+9238012345678", "+92 480 1234567", "+442012", "+15550100000", "+999123456789"])
def test_what_is_not_as_long_as_a_mobile_or_begins_otherwise_is_no_phone(raw: str) -> None:
    assert read_sender(raw, "PK").kind is SenderKind.SHORT_CODE
    assert not costs_no_premium(raw.replace(" ", ""))


@pytest.mark.parametrize(
    "raw", ["15", "16", "112", "1122", "115", "130", "1915", "1102", "8300", "9999", "111786786", "0" * 30, "+92", "092 300 1234567"]
)
def test_digits_that_are_no_subscribers_are_a_short_code_and_kept_as_they_came(raw: str) -> None:
    sender = read_sender(raw, "PK")
    assert (sender.kind, sender.address, sender.country) == (SenderKind.SHORT_CODE, raw, None)


@pytest.mark.parametrize(
    "raw",
    [
        "JAZZ",
        "Telenor",
        "client:x",
        "sip:x@example.org",
        "0300-PIZZAAA",
        "whatsapp:+923001234567",
        "tel:+923001234567",
        "+923001234567;ext=5",
        "بینک",
    ],
)
def test_letters_make_a_name_even_where_the_library_would_read_a_number(raw: str) -> None:
    sender = read_sender(raw, "PK")
    assert (sender.kind, sender.address, sender.country) == (SenderKind.NAME, raw, None)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "  ",
        "\u200e",
        "anonymous",
        "Anonymous",
        "+anonymous",
        "UNKNOWN",
        "Unknown Caller",
        "restricted",
        "unavailable",
        "Private Number",
        "withheld",
        "+266696687",
        "+7378742833",
        "+2562533",
        "+8656696",
        "+86282452253",
        "266696687",
        "86282452253",
        "+٢٦٦٦٩٦٦٨٧",
    ],
)
def test_a_withheld_number_is_nobody_we_could_know_again(raw: str) -> None:
    sender = read_sender(raw, "PK")
    assert (sender.kind, sender.address, sender.country) == (SenderKind.WITHHELD, None, None)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_whatever_stands_in_from_is_read_and_fits_its_column(raw: str) -> None:
    sender = read_sender(raw, "PK")
    assert (sender.address is None) == (sender.kind is SenderKind.WITHHELD)
    assert sender.address is None or 0 < len(sender.address) <= 64
    assert (sender.country is not None) == (sender.kind is SenderKind.PHONE)


@pytest.mark.parametrize(
    ("number", "dialled"),
    [
        ("+922135662222", "02135662222"),
        ("922135662222", "02135662222"),
        ("02135662222", "02135662222"),
        ("+923001234567", "03001234567"),
        ("1122", "1122"),
        ("8300", "8300"),
        ("", ""),
        ("MG0123", "MG0123"),
    ],
)
def test_our_numbers_are_told_as_people_dial_them(number: str, dialled: str) -> None:
    assert national(number, "PK") == dialled


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (None, "withheld"),
        ("+923001234567", "+92300…67"),
        ("+12025550100", "+12025…00"),
        ("092 300 1234567", "092 30…67"),
        ("whatsapp:+923001234567", "whatsa…67"),
        ("0300-PIZZAAA", "0300-PIZZAAA"),
        ("JAZZ", "JAZZ"),
        ("8300", "8300"),
    ],
)
def test_a_number_is_masked_and_a_name_is_not(address: str | None, shown: str) -> None:
    assert masked(address) == shown

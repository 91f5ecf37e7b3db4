"""The reference: its check digit, how it is drawn, and how it is found in what people write."""

import random
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.domain.reference import _DAMM, EXAMPLE, check_digit, draw, find, is_valid, miscounted, without, written

ONE = "223456781"
TWO = "987654321"[:8] + check_digit("98765432")
WRITTEN = written(ONE)
URDU, ARABIC = "۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩"


def drawn(first: int) -> str:
    """The reference drawn from a random number; a reference that begins like a company's number is drawn again."""
    answers = iter([first, 0])
    return draw(lambda _below: next(answers))


references = st.integers(0, 89_999_999).map(drawn)


def found(text: str) -> list[str]:
    return [one.digits for one in find(text) if one.valid]


@pytest.mark.parametrize(("digits", "check"), [("572", "4"), ("", "0"), ("0", "0"), ("1", "3"), ("43881234567", "9"), ("11294", "6")])
def test_the_check_digit_is_damms(digits: str, check: str) -> None:
    assert check_digit(digits) == check
    assert check_digit(digits + check) == "0"


def test_the_table_catches_every_wrong_digit_and_every_swap_of_neighbours() -> None:
    ten = range(10)
    assert all(sorted(row) == list(ten) for row in _DAMM)
    assert all(sorted(row[digit] for row in _DAMM) == list(ten) for digit in ten)
    assert all(_DAMM[digit][digit] == 0 for digit in ten)
    assert all(_DAMM[_DAMM[c][x]][y] != _DAMM[_DAMM[c][y]][x] for c in ten for x in ten for y in ten if x != y)


def test_the_example_on_posters_leads_to_no_ticket() -> None:
    assert written(EXAMPLE) == "482-719-365"
    assert not is_valid(EXAMPLE)


@pytest.mark.parametrize("digits", ["", "5724", "22345678", "2234567810", "0" + ONE[1:], "000000000", "111" + "000000"])
def test_what_we_never_give_is_not_valid(digits: str) -> None:
    assert not is_valid(digits)


def test_no_reference_begins_like_a_firms_number_even_where_the_check_digit_holds() -> None:
    body = "11178678"
    assert not is_valid(body + check_digit(body))


@settings(deadline=None)
@given(references)
def test_a_drawn_reference_is_valid_and_begins_neither_with_zero_nor_with_111(reference: str) -> None:
    assert is_valid(reference)
    assert re.fullmatch(r"[1-9][0-9]{8}", reference)
    assert not reference.startswith("111")


def test_one_that_begins_with_111_is_drawn_again() -> None:
    answers = iter([11_100_000 - 10_000_000, 11_199_999 - 10_000_000, 5])
    assert draw(lambda _below: next(answers)).startswith("10000005")


def test_the_ends_of_the_range_are_drawn() -> None:
    assert draw(lambda _below: 0).startswith("10000000")
    assert draw(lambda below: below - 1).startswith("99999999")


@settings(deadline=None)
@given(references, st.integers(0, 8), st.integers(1, 9))
def test_a_wrong_digit_is_caught(reference: str, at: int, by: int) -> None:
    wrong = reference[:at] + str((int(reference[at]) + by) % 10) + reference[at + 1 :]
    assert not is_valid(wrong)


@settings(deadline=None)
@given(references, st.integers(0, 7))
def test_two_neighbouring_digits_that_changed_places_are_caught(reference: str, at: int) -> None:
    swapped = reference[:at] + reference[at + 1] + reference[at] + reference[at + 2 :]
    assert swapped == reference or not is_valid(swapped)


DIGITS = st.sampled_from(["0123456789", URDU, ARABIC])
JOINTS = st.sampled_from(["", " ", "  ", "-", " - ", ".", "–", "‑", "−", "/", "_", "\u00a0", "\u00ad", "۔", "ـ", "\u200e-\u200e", "\u200f"])
GROUPS = st.sampled_from([(3, 3, 3), (9,), (4, 5), (2, 3, 4), (1,) * 9, (3, 6)])
AROUND = st.sampled_from(
    [("", ""), ("mera number ", " ka kya hua"), ("میرا نمبر ", " ہے"), ("(", ")"), ("#", "."), ("ref:", "?"), ("\u202b", "\u202c")]
)


@settings(max_examples=300, deadline=None)
@given(references, DIGITS, JOINTS, GROUPS, AROUND)
def test_it_is_found_in_any_digits_with_anything_usual_between(
    reference: str, digits: str, joint: str, groups: tuple[int, ...], around: tuple[str, str]
) -> None:
    parts, rest = [], reference
    for size in groups:
        parts, rest = [*parts, rest[:size]], rest[size:]
    typed = joint.join(parts).translate(str.maketrans("0123456789", digits))
    before, after = around
    assert found(before + typed + after) == [reference]
    assert without(before + typed + after, find(before + typed + after)) == f"{before} {after}".strip()


@pytest.mark.parametrize(
    "text",
    [
        f"{ONE} 2 din se",
        f"2 {WRITTEN}",
        f"{WRITTEN} kb tk 15 din ho gaye",
        f"12:30 {ONE}",
        f"kal 12:30 {WRITTEN} 2 din se",
        f"1 - {WRITTEN}",
        f"(2) {WRITTEN}",
        f"15. {WRITTEN}",
        f"1. {WRITTEN}",
        f"{ONE}\n1",
        f"{ONE}, 500 rupees",
        f"{ONE}: 03001234567",
        f"{ONE}. 03001234567",
        f"{ONE} - 500",
        f"abc{ONE}def",
        f"۲ {WRITTEN}",
        f"{WRITTEN}۔ ۲ دن",
    ],
)
def test_a_count_or_another_number_behind_a_stop_does_not_hide_it(text: str) -> None:
    assert found(text) == [ONE]


@pytest.mark.parametrize(
    "text",
    [
        "03001234567",
        "0300-1234567",
        "0300 1234567",
        "+92 300 1234567",
        "+923001234567",
        "923001234567",
        "00923001234567",
        "۰۳۰۰۱۲۳۴۵۶۷",
        "٠٣٠٠-١٢٣٤٥٦٧",
        "021-35662222",
        "021 111 786 786",
        "+92 21 111 786 786",
        "42101-1234567-1",
        "4210112345671",
        "42101 1234567 1",
        "356938035643809",
        "35-693803-564380-9",
        f"{ONE}0",
        f"0{ONE}",
        f"{WRITTEN}-1",
        f"+{ONE}",
        f"92 {ONE}",
        f"+92 {ONE}",
        f"0092 {ONE}",
        f"12 {WRITTEN}",
        f"92 - {ONE}",
        f"92-{ONE}",
        f"۹۲ {ONE}",
        f"12:92 21 {ONE}",
        f"{ONE} 03001234567",
        f"03001234567 {ONE}",
        f"{ONE} 500 rupees",
        "",
        "12345678",
        "15",
        "2 2 3 4 5 6 7 8",
    ],
)
def test_a_run_that_goes_on_into_further_digits_is_not_one(text: str) -> None:
    assert find(text) == ()


def test_a_firms_number_is_nine_digits_and_no_reference() -> None:
    [firm] = find("111-786-786 se call aayi thi")
    assert not firm.valid


def test_nine_digits_that_fail_the_check_are_told_as_such() -> None:
    [example] = find(f"status {written(EXAMPLE)}?")
    assert (example.digits, example.valid) == (EXAMPLE, False)


@pytest.mark.parametrize("between", ["\n", ", ", ". ", " aur ", "\n\n", "; "])
def test_two_references_in_one_text_are_both_found(between: str) -> None:
    text = written(ONE) + between + written(TWO)
    assert found(text) == [ONE, TWO]
    assert without(text, find(text)).split() == between.split()


@pytest.mark.parametrize(
    "body", ["1" + "\u200e" * 60_000 + "x", "1-" * 30_000, "1 " * 30_000, "12 345678901 " * 4_000, ("1" + "\u200f" * 99) * 600]
)
def test_no_text_keeps_the_search_busy(body: str) -> None:
    began = time.perf_counter()
    find(body)
    assert time.perf_counter() - began < 1


def test_a_random_source_is_all_it_needs() -> None:
    source = random.Random(1)
    assert len({draw(source.randrange) for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    "text",
    [
        "223,456,781",
        "223, 456, 781",
        "۲۲۳،۴۵۶،۷۸۱",
        "223:456:781",
        "223\n456\n781",
        "223-\n456-781",
        "(223)(456)(781)",
        "[223] 456 [781] ka kya bana",
        "223\\456\\781",
        "223 # 456 # 781",
        "status 223;456;781?",
        "meri shikayat no:223,456,781.",
        "22345678l",
        "223-456-78I ka kia hua",
        "223 456 78|",
        "میرا نمبر 223،456،781 ہے",
    ],
)
def test_it_is_found_as_people_write_it(text: str) -> None:
    [one] = find(text)
    assert (one.digits, one.valid) == (ONE, True)
    assert "223" not in without(text, (one,))


def test_o_stands_for_zero() -> None:
    reference = draw(lambda _below: 90_000)  # 10090000 and its check digit
    assert found(reference.replace("0", "O")) == []  # more letters than digits are no number
    assert found(reference.replace("0", "o", 2)) == [reference]


@pytest.mark.parametrize(
    "text", ["lol lol lol", "oil 100 lol", "0300, 223, 456, 781 5", "+92,223,456,781", "12-223,456,781", "223,456,7812", "a223,456,781"]
)
def test_groups_that_belong_to_a_word_or_to_a_longer_number_are_none(text: str) -> None:
    assert found(text) == []


def test_an_amount_of_money_or_a_word_is_no_reference_whatever_its_check_digit() -> None:
    amounts = [f"{n},{m:03},000" for n in range(200, 300) for m in (0, 500)]
    words = [f"{n} {m} {word}" for n in range(200, 230) for m in range(100, 130) for word in ("oil", "lol", "OIL")]
    assert [text for text in (*amounts, *words) if find(text)] == []


@pytest.mark.parametrize("text", ["22345678", "2234567812", "status 2234-5678", "۲۲۳۴۵۶۷۸"])
def test_a_digit_lost_or_one_too_many_is_noticed(text: str) -> None:
    [one] = miscounted(text)
    assert not one.valid
    assert without(text, (one,)) == ("status" if "status" in text else "")


@pytest.mark.parametrize("text", ["03001234567", "3001234567", "+4412345678", "01234567", "12345678 aur 22345678", "2234567", WRITTEN])
def test_a_phone_or_two_numbers_are_no_reference_with_a_slip(text: str) -> None:
    assert miscounted(text) == ()

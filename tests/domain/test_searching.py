"""Words as the index knows them: the same word in any letters, hashed under a key."""

import pytest

from hotline.domain.searching import WORDS_MAX, hashed, key_of, sought, tail, tails, words

KEY = key_of(b"k" * 32)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("كراچي مين چوري", "کراچی میں چوری"),  # an Arabic keyboard, an Urdu one
        ("رِشوَت", "رشوت"),
        ("شڪايت", "شکایت"),  # Sindhi, Urdu
        ("ڪراچيءَ", "کراچی"),
        ("آگ", "اگ"),
        ("POLICE", "police"),
        ("Ｐolice", "police"),
        ("cheen liya", "chin liya"),
        ("bohoot", "bohut"),
        ("gaddi", "gadi"),
        ("مکان ۱۲۳", "مکان 123"),
        ("٤٥٦", "456"),
        ("ڀٽو", "بھٹو"),
        ("ٿر", "تھر"),
        ("ٺٽو", "ٹھٹو"),
        ("ڦليلي", "پھلیلی"),
        ("جهنگ", "جھنگ"),
        ("ڄام شورو", "جام شورو"),
        ("وڃ", "ونج"),
        ("ڇاڇرو", "چھاچھرو"),
        ("ڌاٻيجي", "دھابیجی"),
        ("ڏهرڪي", "ڈہرکی"),
        ("ڊاڪٽر", "ڈاکٹر"),
        ("ڍورو", "ڈھورو"),
        ("ڙي", "ڑی"),
        ("سکر", "سکھر"),  # Sindhi ک is Urdu کھ
        ("کوسو", "کھوسو"),
        ("ڪنڊيارو", "کنڈیارو"),
        ("ڳڙهي", "گڑھی"),
        ("گهر", "گھر"),
        ("جوڻيجو", "جونیجو"),
        ("سڱ", "سنگ"),
    ],
)
def test_the_same_word_is_one_word_however_it_is_written(one: str, other: str) -> None:
    assert words(one) == words(other) != ()
    assert sought(one)[-1:] == sought(other)[-1:] == (words(one),)


def finds(typed: str, written: str) -> bool:
    """Whether one of the ways to look for what was typed finds what was written."""
    return any(set(way) <= set(words(written)) for way in sought(typed))


@pytest.mark.parametrize(
    "writings",
    [
        ("ABC-123", "ABC 123", "abc123", "Abc\u200d123", "ABC۔۱۲۳"),
        ("LEA-18-4521", "LEA 18 4521", "lea184521", "LEA-184521", "lea18 4521"),
        ("KHI-4567", "khi4567", "KHI 4567"),
        ("B-123", "b123"),
        ("5-C", "5c"),
        ("گلی۱۲", "گلی 12", "گلی-12"),
        ("غلط\u200cفہمی", "غلط\u200dفہمی", "غلط\u200bفہمی"),
        ("po\u200blice", "police"),
        ("پو\u200cلیس\u200f", "پولیس"),
    ],
)
def test_what_is_written_with_or_without_signs_between_is_found_either_way(writings: tuple[str, ...]) -> None:
    assert {(typed, written) for typed in writings for written in writings if not finds(typed, written)} == set()


def test_two_words_with_a_joiner_between_are_found_with_it_with_a_space_and_with_nothing() -> None:
    joined, apart, glued = "غلط\u200cفہمی", "غلط فہمی", "غلطفہمی"
    assert all(finds(joined, written) and finds(typed, joined) for written in (joined, apart, glued) for typed in (joined, apart, glued))
    assert not finds("غلط", "فہمی")
    assert not finds("کھا", "کا")


def test_no_part_of_a_long_number_becomes_a_word() -> None:
    assert words("call03001234501 abc1234567 A0300-1234567") == ("cal",)
    assert words("no 03 001 234 501 or 42201-1234567-1 or 4111 1111 1111 1111") == sought("no or or")[0] == ("no", "or")


def test_each_word_is_there_once_and_single_letters_are_not() -> None:
    assert words("chor, CHOR! a چور۔ 7 ؟") == ("chor", "چور")


@pytest.mark.parametrize("number", ["03001234501", "+923001234501", "۰۳۰۰۱۲۳۴۵۰۱", "4220112345671", "482719365", "1234567"])
def test_a_number_of_a_person_is_no_word(number: str) -> None:
    assert words(f"call {number} now") == ("cal", "now")


def test_a_short_number_is_one() -> None:
    assert words("house 1122 KHI-4567") == ("house", "1122", "khi", "4567")


@pytest.mark.parametrize("text", ["", " ", "\0", "%", "'\"--", "\u202e\u200b", "؟؟؟", "a b c", "😀 🙏"])
def test_what_has_no_word_in_it_has_none(text: str) -> None:
    assert words(text) == ()


def test_ten_thousand_characters_are_read_and_a_long_word_is_cut() -> None:
    assert len(words("چور پولیس " * 1000)) == 2
    assert words("x1" * 5000) == ("x1" * 20,) or words("xy" * 5000) == ("xy" * 20,)
    assert len(words(" ".join(f"w{n}x" for n in range(2000)))) == 2000 > WORDS_MAX


def test_a_reference_is_found_by_its_last_four_digits_to_eight() -> None:
    assert tails("482719365") == ("#9365", "#19365", "#719365", "#2719365", "#82719365")
    assert all(tail(one.removeprefix("#")) == one for one in tails("482719365"))


@pytest.mark.parametrize("typed", ["9365", " 9 365 ", "۹۳۶۵", "٩٣٦٥", "93-65", "\u200e9365\u200f"])
def test_last_digits_are_read_however_they_are_written(typed: str) -> None:
    assert tail(typed) == "#9365"


@pytest.mark.parametrize("typed", ["", "365", "482719365", "9365 chor", "x9365", "²²²²", "four"])
def test_what_is_no_end_of_a_reference_is_none(typed: str) -> None:
    assert tail(typed) is None


def test_a_hash_fits_the_database_and_depends_on_word_and_key() -> None:
    found = [hashed(KEY, f"word {n}") for n in range(1000)]
    assert all(-(2**63) <= one < 2**63 for one in found)
    assert len(set(found)) == 1000
    assert any(one < 0 for one in found)
    assert hashed(KEY, "chor") == hashed(KEY, "chor") != hashed(key_of(b"x" * 32), "chor")

"""Words as the index knows them: the same word in any letters, hashed under a key."""

import pytest

from hotline.domain.searching import WORDS_MAX, hashed, key_of, tail, tails, words

KEY = key_of("k" * 32)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("كراچي مين چوري", "کراچی میں چوری"),  # an Arabic keyboard, an Urdu one
        ("رِشوَت", "رشوت"),
        ("شڪايت", "شکایت"),  # Sindhi, Urdu
        ("ڪراچيءَ", "کراچی"),
        ("آگ", "اگ"),
        ("پو\u200cلیس\u200f", "پولیس"),
        ("POLICE", "police"),
        ("Ｐolice", "police"),
        ("cheen liya", "chin liya"),
        ("bohoot", "bohut"),
        ("gaddi", "gadi"),
        ("مکان ۱۲۳", "مکان 123"),
        ("٤٥٦", "456"),
    ],
)
def test_the_same_word_is_one_word_however_it_is_written(one: str, other: str) -> None:
    assert words(one) == words(other) != ()


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
    assert hashed(KEY, "chor") == hashed(KEY, "chor") != hashed(key_of("x" * 32), "chor")

"""The match key: what is one word to a reader is one word here, whatever phone typed it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.domain.folding import ascii_digits, match_key, words


@pytest.mark.parametrize(
    ("typed", "also_typed"),
    [
        ("ميري مدد كرين", "میری مدد کرین"),  # Arabic keyboard
        ("گاڑیے", "گاڑیی"),
        ("شڪايت", "شکایت"),
        ("هڪ", "ہک"),
        ("ھاں", "ہان"),
        ("آپ", "اپ"),
        ("أمي إن", "امی ان"),
        ("ٱلله", "الله"),
        ("جرأت", "جرات"),
        ("مسئلہ", "مسیلہ"),
        ("گاؤں", "گاون"),
        ("لاءِ", "لا"),
        ("مُحَمَّد", "محمد"),
        ("مـــدد", "مدد"),
        ("پو\u200cلیس", "پولیس"),
        ("\u202bپولیس\u202c", "پولیس"),
        ("ﻣﺪﺩ", "مدد"),
        ("ہ\u0654", "ہ"),
        ("ۂ", "ۃ"),
    ],
)
def test_one_word_has_one_key_however_it_is_typed(typed: str, also_typed: str) -> None:
    assert match_key(typed) == match_key(also_typed) != ""


def test_letters_that_are_two_words_apart_stay_two() -> None:
    keys = {match_key(letter) for letter in "ٻٿڏڳڻٹڈڑگکیہناو"}
    assert len(keys) == 15


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", ""),
        (" ?! ", ""),
        ("HELP!!!", "help"),
        ("Heeeelp", "heelp"),
        ("off", "off"),
        ("S.H.O.", "s h o"),
        ("école", "ecole"),
        ("e\u0301cole", "ecole"),
        ("ＨＥＬＰ", "help"),
        ("a\u00a0b\tc\nd", "a b c d"),
        ("مدد،پولیس؟اچھا۔", "مدد پولیس اچہا"),
        ("۴۸۲-٧١٩-365", "482 719 365"),
        ("1000000", "1000000"),
        ("مدد 😀 مدد", "مدد مدد"),
        ("ﷺ", ""),
        ("a\x00b\ud800c", "a b c"),
    ],
)
def test_a_key_has_plain_letters_digits_and_single_spaces(text: str, key: str) -> None:
    assert match_key(text) == key


def test_words_are_the_words_of_the_key() -> None:
    assert words("  Meri GAADI, chori… ") == ("meri", "gaadi", "chori")
    assert words("؟") == ()


def test_digits_of_every_keyboard_become_ascii_one_for_one() -> None:
    assert ascii_digits("نمبر ۴۸۲-٧١٩-３６５ x") == "نمبر 482-719-365 x"


@pytest.mark.parametrize("character", ["\ufdfa", "\ufdfb", "\u33a1", "\u3300", "\u0390", "İ"])
def test_no_character_blows_the_key_up(character: str) -> None:
    assert len(match_key(character * 1600)) <= 4 * 1600


def test_a_long_run_of_marks_costs_nothing() -> None:
    assert match_key("ب" + "\u064e\u0301\u0655" * 200_000) == "ب"


@given(st.text())
def test_a_key_is_its_own_key(text: str) -> None:
    key = match_key(text)
    assert match_key(key) == key
    assert len(key) <= 4 * len(text)
    assert key == " ".join(key.split())
    assert not any(unicodedata.category(c)[0] in "MC" for c in key)


@given(st.text())
def test_ascii_digits_keep_every_offset(text: str) -> None:
    assert len(ascii_digits(text)) == len(text)

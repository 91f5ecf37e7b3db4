"""The sound key: one spelling for one word in three scripts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.domain.folding import match_key
from hotline.domain.sounding import sound_key


@pytest.mark.parametrize(
    "spellings",
    [
        ["چھین لیا", "cheen liya", "chean lia", "chn lya", "CHHEEN LIYAA"],
        ["میرا موبائل", "mera mobile", "mra mobil", "ميرا موبائل"],
        ["پھر", "phir", "fir", "فر"],
        ["ڪراچي", "کراچی", "karachi", "krachi"],
        ["پولیس", "police", "polis", "پوليس", "pulees"],
        ["ٿاڻو", "تھانو", "thano", "thaano"],
        ["ڦريو", "phriyo", "friyo"],
        ["۱۲۵", "125"],
    ],
)
def test_one_word_has_one_key_however_it_is_written(spellings: list[str]) -> None:
    assert len({sound_key(one) for one in spellings}) == 1


@pytest.mark.parametrize(("one", "other"), [("bhai", "bahar"), ("police", "pul"), ("chor", "char baje"), ("ghar", "gali")])
def test_other_words_keep_other_keys(one: str, other: str) -> None:
    assert sound_key(one) != sound_key(other)


@given(st.text(max_size=200))
def test_words_stay_one_for_one_with_those_of_the_match_key(text: str) -> None:
    assert len(sound_key(text).split()) == len(match_key(text).split())

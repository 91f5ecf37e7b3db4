"""Languages told apart, and above all not told apart where nothing tells."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.domain.language import Language, detect


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?",
        "1",
        "11",
        "482-719-365",
        "۴۸۲۷۱۹۳۶۵",
        "ok",
        "OK.",
        "okay thanks",
        "salam",
        "HELP",
        "help me",
        "hello sir",
        "good morning",
        "thank you so much",
        "police",
        "stolen",
        "mujhe",
        "Ahmed Ali",
        "Gulshan e Iqbal block 5",
        "house no 12, street 4",
        "0300-1234567",
        "سلام",
        "مدد",
        "اوکے",
        "بند",
        "السلام علیکم",
        "😀😀",
    ],
)
def test_a_text_that_anybody_could_have_written_tells_no_language(text: str) -> None:
    assert detect(text) is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("میرا موبائل چھین لیا گیا ہے", Language.UR),
        ("ميرا موبائل چوري هو گيا", Language.UR),  # Arabic keyboard: no letter of Urdu's own
        ("مجھے بچاؤ", Language.UR),
        ("گاڑی چوری", Language.UR),
        ("ﮔﺎﮌﯼ ﭼﻮﺭﯼ", Language.UR),  # an old phone's letter shapes
        ("ہم دو دن سے تھانے میں FIR کے لیے بیٹھے ہیں", Language.UR),
        ("منهنجو موبائيل ڦري ويا", Language.SD),
        ("مهرباني ڪري مدد ڪريو", Language.SD),
        ("اسان جي ڳوٺ ۾ پاڻي ناهي", Language.SD),
        ("منہنجو موبائیل چوری تھی ویو آہی", Language.SD),  # Sindhi on an Urdu keyboard
        ("اسان جے گاڑی کھے لٹیو ویو آھے", Language.SD),
        ("توهان جي مهرباني", Language.SD),
        ("السلام عليڪم", Language.SD),
        ("هم تو ايڪ ڳوٺ جا", Language.SD),  # letters outweigh words
        ("My phone was snatched near the bridge", Language.EN),
        ("police are not helping us", Language.EN),
        ("They took my brother yesterday", Language.EN),
        ("Mera mobile cheen liya gaya hai", Language.UR_LATN),
        ("police ne paise liye hain", Language.UR_LATN),
        ("meri car chori ho gai", Language.UR_LATN),
        ("sir plz meri help karo", Language.UR_LATN),
        ("wo the aur hum do", Language.UR_LATN),  # "the" and "do" are Urdu here
        ("MERE BHAI KO CHORO", Language.UR_LATN),
    ],
)
def test_a_sentence_tells_its_language(text: str, language: Language) -> None:
    assert detect(text) is language


@pytest.mark.parametrize("text", ["ہیں اور میں", "ھیں اور میں", "هيں اور ميں"])
def test_the_letters_both_languages_use_prove_nothing(text: str) -> None:
    assert detect(text) is Language.UR


def test_a_quoted_word_does_not_turn_a_text_round() -> None:
    assert detect("ٽريفڪ FIR number") is None
    assert detect("the officer said بھائی and went") is Language.EN


@given(st.text(max_size=2000))
def test_any_text_is_read(text: str) -> None:
    assert detect(text) in {None, *Language}


@given(st.text(alphabet="ٺڪےںیہابپ ھهك\u064e\ufdfa\ufee1aekh ht1۲", max_size=400))
def test_any_text_of_mixed_letters_is_read(text: str) -> None:
    assert detect(text) in {None, *Language}


@pytest.mark.parametrize("text", ["aaab" * 16_000, "ﷺ" * 64_000, "ﮔ\u064e\u0301" * 20_000, "hai " * 16_000, "the good " * 7_000])
def test_the_longest_form_is_read_in_bounded_time(text: str) -> None:
    before = time.perf_counter()
    detect(text)
    assert time.perf_counter() - before < 1

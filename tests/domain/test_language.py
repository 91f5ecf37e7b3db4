"""Languages told apart, and above all not told apart where nothing tells."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.domain.language import DETECTED, detect


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
        ("میرا موبائل چھین لیا گیا ہے", "ur"),
        ("ميرا موبائل چوري هو گيا", "ur"),  # Arabic keyboard: no letter of Urdu's own
        ("مجھے بچاؤ", "ur"),
        ("گاڑی چوری", "ur"),
        ("ﮔﺎﮌﯼ ﭼﻮﺭﯼ", "ur"),  # an old phone's letter shapes
        ("ہم دو دن سے تھانے میں FIR کے لیے بیٹھے ہیں", "ur"),
        ("منهنجو موبائيل ڦري ويا", "sd"),
        ("مهرباني ڪري مدد ڪريو", "sd"),
        ("اسان جي ڳوٺ ۾ پاڻي ناهي", "sd"),
        ("منہنجو موبائیل چوری تھی ویو آہی", "sd"),  # Sindhi on an Urdu keyboard
        ("اسان جے گاڑی کھے لٹیو ویو آھے", "sd"),
        ("توهان جي مهرباني", "sd"),
        ("السلام عليڪم", "sd"),
        ("هم تو ايڪ ڳوٺ جا", "sd"),  # letters outweigh words
        ("My phone was snatched near the bridge", "en"),
        ("police are not helping us", "en"),
        ("They took my brother yesterday", "en"),
        ("Mera mobile cheen liya gaya hai", "ur-Latn"),
        ("police ne paise liye hain", "ur-Latn"),
        ("meri car chori ho gai", "ur-Latn"),
        ("sir plz meri help karo", "ur-Latn"),
        ("wo the aur hum do", "ur-Latn"),  # "the" and "do" are Urdu here
        ("MERE BHAI KO CHORO", "ur-Latn"),
    ],
)
def test_a_sentence_tells_its_language(text: str, language: str) -> None:
    assert detect(text) == language


@pytest.mark.parametrize("text", ["ہیں اور میں", "ھیں اور میں", "هيں اور ميں"])
def test_the_letters_both_languages_use_prove_nothing(text: str) -> None:
    assert detect(text) == "ur"


def test_a_quoted_word_does_not_turn_a_text_round() -> None:
    assert detect("ٽريفڪ FIR number") is None
    assert detect("the officer said بھائی and went") == "en"


@given(st.text(max_size=2000))
def test_any_text_is_read(text: str) -> None:
    assert detect(text) in {None, *DETECTED}


@given(st.text(alphabet="ٺڪےںیہابپ ھهك\u064e\ufdfa\ufee1aekh ht1۲", max_size=400))
def test_any_text_of_mixed_letters_is_read(text: str) -> None:
    assert detect(text) in {None, *DETECTED}


@pytest.mark.parametrize("text", ["aaab" * 16_000, "ﷺ" * 64_000, "ﮔ\u064e\u0301" * 20_000, "hai " * 16_000, "the good " * 7_000])
def test_the_longest_form_is_read_in_bounded_time(text: str) -> None:
    before = time.perf_counter()
    detect(text)
    assert time.perf_counter() - before < 1

"""Languages told apart, and above all not told apart where nothing tells."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.domain.language import DETECTED, NEIGHBOURS, detect, neighbour, spoken


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


@pytest.mark.parametrize(
    ("beginning", "language"),
    [
        ("hamara pani 3 din se", "ur-Latn"),
        ("chacha ka beta kho g", "ur-Latn"),
        ("gari thok k bhag gye", "ur-Latn"),
        ("some men entered our", "en"),
        ("Water tanker driver ", "en"),
        ("landlord locked the g", "en"),
        ("neighbours fighting", "en"),
    ],
)
def test_the_spelling_of_a_few_words_tells_english_from_roman_urdu(beginning: str, language: str) -> None:
    assert detect(beginning) == language


@pytest.mark.parametrize("name", ["Saima Mansoor", "North Karachi 5 C", "Malik Riaz, Orangi Town", "Jinnah Hospital", "Bahadurabad 4"])
def test_the_spelling_of_names_and_places_tells_nothing(name: str) -> None:
    assert detect(name) is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("زما د کور مخې ته دوه کسان ولاړ دي، مرسته وکړئ", "ps"),
        ("زما ورور پرون نہ راغلی نہ دی، موبایل یی بند دی", "ps"),  # on an Urdu keyboard
        ("zma plar begah kor ta raghle na de, cherta tlale de", "ps"),
        ("منی برات دوشی چہ لوگ ءَ شتگ، انگت نیاتکگ", "bal"),
        ("mani bras chi loga shutag o pada nayatka, roch butag", "bal"),
        ("ساڈے گھر دے باہر بندے کھلوتے نیں، مینوں ڈر لگدا اے", "pa"),
        ("saade ghar de bahar munde khalote ne, mainu dar lagda ae", "pa"),
        ("میڈا پتر کل دا گھر نئیں آیا، میکوں ڈسو کیا کراں", "skr"),
        ("meda putr kal da ghar kaini aaya, mekon dasso", "skr"),
    ],
)
def test_a_neighbours_language_is_told_and_answered_in_urdu(text: str, language: str) -> None:
    assert (neighbour(text), spoken(text)) == (language, language)
    assert detect(text) == ("ur-Latn" if text.isascii() else "ur")


@pytest.mark.parametrize(
    "text",
    [
        "munhnjo bhau subhane khan ghar na aayo aahe, madad kayo",
        "asan jo pani band aahe, tawhan khe chayo huyo",
    ],
)
def test_sindhi_in_latin_letters_is_spoken_sindhi_and_answered_in_letters_that_the_phone_has(text: str) -> None:
    assert (detect(text), spoken(text), neighbour(text)) == ("ur-Latn", "sd", None)


@pytest.mark.parametrize(
    "text",
    [
        "میری بہن نے بتایا کہ وہ منڈی سے واپس نہیں آئی",
        "پشاور موڑ پر دو آدمی کھڑے ہیں، زما بھائی کہتا ہے",  # one word is a quotation
        "منهنجو پٽ ڪالهه کان گهر ناهي آيو، ميڪون پريشان آهيان",
        "منہنجو پٹ رات کان گھر کونہ آیو آھے",
        "ji haan, wo ladki do din se ghar nahi aayi, na koi khabar",
        "main ne kaha tha ke de do, ta ke jaan chhoote",
        "the man said he may come again, pa and ma are afraid",
    ],
)
def test_a_text_in_one_of_ours_is_no_neighbours(text: str) -> None:
    assert spoken(text) is None


@given(st.text(max_size=2000))
def test_any_text_is_read(text: str) -> None:
    assert detect(text) in {None, *DETECTED}
    assert neighbour(text) in {None, *NEIGHBOURS}


@given(st.text(alphabet="ٺڪےںیہابپ ھهك\u064e\ufdfa\ufee1aekh ht1۲", max_size=400))
def test_any_text_of_mixed_letters_is_read(text: str) -> None:
    assert detect(text) in {None, *DETECTED}


@pytest.mark.parametrize(
    "text",
    ["aaab" * 16_000, "ﷺ" * 64_000, "ﮔ\u064e\u0301" * 20_000, "hai " * 16_000, "the good " * 7_000, "زما " * 16_000, "munda " * 11_000],
)
def test_the_longest_form_is_read_in_bounded_time(text: str) -> None:
    before = time.perf_counter()
    detect(text)
    assert time.perf_counter() - before < 1

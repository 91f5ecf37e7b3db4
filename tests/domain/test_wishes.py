"""What a citizen's text asks of how we answer: to be left alone, or for a woman, in four ways of writing."""

from pathlib import Path

import pytest

from hotline.domain.wishes import Wishes, read_wishes
from hotline.tables import TableFault, load_lexicon, load_wishes

TABLE, LEXICON = load_wishes(None), load_lexicon(None)


def read(text: str) -> Wishes:
    return read_wishes(text, TABLE, LEXICON)


@pytest.mark.parametrize(
    "text",
    [
        "Please do not call me",
        "Don't text this number",
        "I cannot talk now",
        "can't speak, he is here",
        "My husband checks my phone",
        "they check my phone",
        "call mat karna",
        "Call mat karna please, mera shohar mujhe marta hai",
        "phone mat karna",
        "fon mat karo",
        "msg mat karna",
        "massage mat karna",
        "message na karein",
        "callmat karna",
        "bol nahi sakti",
        "main bol nhi skti",
        "abhi baat nahi kar sakti",
        "mere shohar dekh lete hain",
        "ghar wale dekh lenge",
        "saas mobile check karti hai",
        "mera phone check karte hain",
        "کال مت کرنا",
        "فون نہ کریں",
        "مجھے میسج مت کریں",
        "میں بول نہیں سکتی",
        "شوہر فون دیکھتا ہے",
        "گھر والے دیکھ لیتے ہیں",
        "فون نه ڪجو",
        "مون کي ڪال نه ڪريو",
        "ڳالهائي نٿي سگهان",
        "مڙس فون چيڪ ڪندو آهي",
    ],
)
def test_a_citizen_who_asks_to_be_left_alone_is_understood(text: str) -> None:
    assert read(text).unsafe


@pytest.mark.parametrize(
    "text",
    [
        "police ne call nahi ki",
        "police ne call nahi uthai",
        "unhon ne kaha police ko call mat karna warna maar denge",
        "kisi ko phone mat karna, us ne kaha",
        "He said do not call the police",
        "you do not call back, nobody does",
        "police do not call back",
        "my daughter cannot speak",
        "meri beti bol nahi sakti, us ke saath kuch hua",
        "I can't speak English",
        "main urdu nahi bol sakti",
        "bhai dekh lena mera masla",
        "unho ne mera phone cheen liya",
        "mera mobile chori ho gaya call karein",
        "please call me tonight",
        "پولیس نے کال نہیں کی",
        "پولیس کو فون مت کرنا ورنہ مار دیں گے",
        "میری بیٹی بول نہیں سکتی",
        "پوليس فون نه ڪيو",
        "OFF",
        "",
    ],
)
def test_what_only_looks_like_it_is_not_read_so(text: str) -> None:
    assert not read(text).unsafe


@pytest.mark.parametrize(
    "text",
    [
        "khatoon",
        "Lady please",
        "aurat",
        "khatoon chahiye",
        "Can I talk to a woman?",
        "mujhe kisi khatoon se baat karni hai, mera shohar mujhe marta hai",
        "خاتون",
        "خاتون سے بات کرنی ہے",
        "عورت سان",
        "عورت سان ڳالهائڻ چاهيان ٿي",
    ],
)
def test_a_citizen_who_asks_for_a_woman_is_understood_alone_and_beside_other_words(text: str) -> None:
    assert read(text).woman


@pytest.mark.parametrize(
    "text",
    [
        "ek aurat ko maara",
        "us aurat se paise liye",
        "a woman was robbed in Saddar",
        "lady constable ne mara",
        "ایک عورت کو مارا",
        "هڪ عورت سان ظلم ٿيو",
        "bag snatched",
        "",
    ],
)
def test_a_woman_in_a_story_is_no_wish(text: str) -> None:
    assert not read(text).woman


@pytest.mark.parametrize(
    ("toml", "fault"),
    [
        ('other = ["x"]', "is no list"),
        ("unsafe = 1", "unsafe: words must be a list"),
        ('unsafe = ["?"]', "folds to nothing"),
        ("woman_alone = [1]", "woman_alone must hold lists of phrases"),
    ],
)
def test_a_table_of_wishes_that_cannot_be_meant_is_refused(tmp_path: Path, toml: str, fault: str) -> None:
    path = tmp_path / "wishes.toml"
    path.write_text(toml, "utf-8")
    with pytest.raises(TableFault, match=fault):
        load_wishes(path)


def test_each_form_of_a_word_makes_a_phrase_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "wishes.toml"
    path.write_text('unsafe = ["call/phone mat", "!police/kisi ko call mat"]', "utf-8")
    assert load_wishes(path).unsafe.words == ("call mat", "phone mat", "!police ko call mat", "!kisi ko call mat")

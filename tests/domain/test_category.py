"""What a text is about: what must never be missed, and the words that only look so."""

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.domain.category import Category, categories_in, fallback, literals
from hotline.domain.ticket import Priority
from hotline.tables import load_categories

SHIPPED = load_categories(None)


def codes(text: str) -> list[str]:
    return [category.code for category in categories_in(text, SHIPPED)]


def table(**words: tuple[str, ...]) -> tuple[Category, ...]:
    """A table with nothing in it but words, in their order."""
    return tuple(Category(code, None, "team", Priority.NORMAL, False, False, {}, listed) for code, listed in words.items())


@pytest.mark.parametrize(
    "text",
    [
        "police wale paise maang rahe hain",
        "POLICE ne mara",
        "polees nahi sunti",
        "S.H.O FIR nahi kaat raha",
        "s h o ne thappar mara",
        "thane mein bithaya hua hai",
        "thanay walay 2000 le k chora",
        "the station house officer refused to write it down",
        "constable took my bike",
        "an officer asked for money",
        "FIR darj nahi kar rahe",
        "F.I.R. nahi likh rahe",
        "rangers mere bhai ko utha kar le gaye",
        "rishwat mangte hain",
        "patwari naam charhane ke 5 hazar mangta hai",
        "jhoota parcha kaat diya hum par",
        "naka laga kar roka aur jeb se paise nikal liye",
        "police wale mere chote bhai ko subah se thane me bithaye hue",
        "my brother was beaten by police",
        "sipahi number mangta hai akeli bulata hai",
        "پولیس والے پیسے مانگ رہے ہیں",
        "پوليس وارا پئسا ٿا گهرن",
        "كل پولس نے مارا",
        "تھانے دار نے تھپڑ مارا",
        "سپاہی نے رشوت لی",
        "ایس ایچ او پرچہ نہیں کاٹ رہا",
        "وردی والے بھائی کو اٹھا کر لے گئے",
        "اہلکار جیب سے پیسے نکال کر لے گیا",
        "ایف آئی آر درج نہیں کی",
        "جھوٹے مقدمے میں بند کیا",
        "ٿاڻي وارا نٿا ٻڌن",
        "عملدار پئسا ٿو گهري",
        "ايس ايڇ او ڪيس داخل نٿو ڪري",
        "police waro paisa ghure tho",
    ],
)
def test_police_and_officials_are_sealed_held_and_shown_first(text: str) -> None:
    shown = categories_in(text, SHIPPED)[0]
    assert (shown.code, shown.sealed, shown.hold, shown.team) == ("police", True, True, "integrity")


@pytest.mark.parametrize(
    "text",
    [
        "police",
        "robbers in the house, send police",
        "ghar me daku hain jaldi police bhejo",
        "FIR katwa di hai number 312",
        "thane ke samne se bike le gaye",
        "mera bhai police mein hai",
        "police ne chor pakra",
        "police came late but helped",
        "daku police ki wardi me aye aur mobile le gaye",
        "please call the police. He beat me with a stick",
        "police station ke pas rehta hun",
        "ڈاکو گھر میں ہیں پولیس بھیجیں",
        "تھانے کے سامنے سے موبائل لے گئے",
        "پولیس کو بتا دیا ہے",
        "پوليس موڪليو",
    ],
)
def test_police_who_are_called_or_only_named_seal_nothing(text: str) -> None:
    assert "police" not in codes(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("mere bhai ko aghwa kar liya", "kidnapping"),
        ("agwa hua hai", "kidnapping"),
        ("they kidnapped him", "kidnapping"),
        ("بھائی کو اغواء کر لیا", "kidnapping"),
        ("تاوان مانگ رہے ہیں", "kidnapping"),
        ("ڀنگ ٿا گهرن", "kidnapping"),
        ("5 lakh do warna dekh lena", "extortion"),
        ("ek crore do warna", "extortion"),
        ("پانچ لاکھ دو ورنہ", "extortion"),
        ("mera bhai kal se gayab hai", "missing"),
        ("beti 2 din se ghayab", "missing"),
        ("بیٹا کل سے غائب ہے", "missing"),
        ("kehte hain maar denge", "threat"),
        ("کہتے ہیں مار دیں گے", "threat"),
        ("bhatta maang rahe hain", "extortion"),
        ("bhatay ki parchi aai hai", "extortion"),
        ("بھتہ مانگ رہے ہیں", "extortion"),
        ("بھتے کی پرچی", "extortion"),
        ("ڀتو گهرن ٿا", "extortion"),
        ("us ke sath ziadti hui", "sexual_violence"),
        ("زیادتی ہوئی", "sexual_violence"),
        ("shohar marta hai", "violence_home"),
        ("mere shohar ne mujhe mara hai", "violence_home"),
        ("woh mujhe maar dega", "violence"),
        ("شوہر نے مارا", "violence_home"),
        ("مڙس ماري ٿو", "violence_home"),
        ("toheen ka ilzam lagaya", "religion"),
        ("توہین کا الزام", "religion"),
        ("taliban ka phone aya", "armed_group"),
        ("دہشت گرد", "armed_group"),
        ("meri bachi 2 din se nahi mil rahi", "child"),
        ("my daughter is gone", "child"),
        ("بچے کو مارتے ہیں", "child"),
        ("منهنجو ٻار گم آهي", "child"),
        ("bhai lapata hai", "missing"),
        ("والد لاپتہ ہیں", "missing"),
        ("منهنجو ڀاءُ گم آهي", "missing"),
        ("dhamkiyan mil rahi hain", "threat"),
        ("دھمکی دی ہے", "threat"),
        ("ڌمڪيون ڏين ٿا", "threat"),
        ("goli maar di", "violence"),
        ("فائرنگ ہو رہی ہے", "violence"),
    ],
)
def test_what_may_put_someone_in_danger_is_pressing_or_held(text: str, code: str) -> None:
    hit = next(category for category in categories_in(text, SHIPPED) if category.code == code)
    assert hit.hold or hit.priority is Priority.URGENT
    assert hit.team == "emergency"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mobile cheen liya gun point par", ["snatching"]),
        ("gunpoint pe bike le gaye", ["snatching"]),
        ("pistol dikha kar", ["snatching"]),
        ("دو لڑکے موٹر سائیکل پر آئے، فون چھین لیا", ["snatching"]),
        ("سےموبائل چھینا", ["snatching"]),
        ("موبائيل ڦري ويا", ["snatching"]),
        ("meri bike chori ho gayi", ["theft"]),
        ("bike chori", ["theft"]),
        ("my car was stolen", ["theft"]),
        ("رات گھر میں چوریہو گئی", ["theft"]),
        ("گهر ۾ چوري ٿي", ["theft"]),
        ("aghwa kar ke bhatta maang rahe", ["kidnapping", "extortion"]),
        ("mera bhai kal se gayab hai 5 lakh do warna maar denge", ["extortion", "missing", "threat"]),
        ("chori hui thi police nahi sunti", ["police", "theft"]),
        ("bachi ko aghwa kiya", ["kidnapping"]),
        ("police ne bhai ko aghwa kar liya tawan mang rahe", ["police", "kidnapping"]),
        ("mera account khali ho gaya otp manga tha", ["fraud"]),
        ("plot par qabza ho gaya", ["land"]),
        ("shanakhti card gum ho gaya", ["lost"]),
        ("road par gutter ka pani", ["civic"]),
        ("ناظم آباد میں بجلی نہیں", ["civic"]),
        ("گهر ۾ بجلي ناهي", ["civic"]),
    ],
)
def test_a_text_hits_what_it_names_and_no_more(text: str, expected: list[str]) -> None:
    assert codes(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "khudkushi karna chahti hun",
        "main khud kushi kar lungi",
        "mujhe marna chahti hoon bas",
        "zindagi khatam karna chahti hun",
        "jeena nahi chahta",
        "ab jeena nhi chahti",
        "zindagi se tang aa gayi hun",
        "apne aap ko khatam kar lunga",
        "zeher kha liya hai",
        "main mar jaungi",
        "neend ki goliyan kha li hain",
        "I want to die",
        "i dont want to live anymore",
        "I don't want to live",
        "going to kill myself",
        "میں خودکشی کرنا چاہتی ہوں",
        "خود کشی",
        "میں مرنا چاہتا ہوں",
        "اب جینا نہیں چاہتی",
        "زندگی سے تنگ آ گئی ہوں",
        "زہر کھا لیا",
        "مان خودڪشي ڪندس",
        "آپگهات ڪريان ٿي",
        "مان مرڻ ٿي چاهيان",
        "جيئڻ نٿو چاهيان",
        "زهر کاڌو اٿم",
    ],
)
def test_who_thinks_of_ending_life_is_heard_as_danger(text: str) -> None:
    shown = categories_in(text, SHIPPED)[0]
    assert (shown.code, shown.priority, shown.hold, shown.team) == ("suicide", Priority.URGENT, True, "emergency")
    assert "armed_group" not in codes(text)


@pytest.mark.parametrize(
    "text",
    [
        "khudkush hamla hua hai",
        "خودکش حملہ آور",
        "suicide bomber near the mosque",
        "a suicide attack on the market",
    ],
)
def test_an_attacker_is_no_person_in_despair(text: str) -> None:
    assert "suicide" not in codes(text)
    assert "armed_group" in codes(text) or "violence" in codes(text)


@pytest.mark.parametrize(
    "text",
    [
        "woh shehr chor gaya",
        "mujhe chorna nahi",
        "fir woh chala gaya",
        "woh khare the fir chale gaye",
        "cheeni mehngi hai",
        "China ka mobile",
        "bohat lutf aya",
        "website ghayab hai",
        "as i was walking home",
        "wo chori chori aaya",
        "railway station ke paas khara hun",
        "bijli ki nangi taar hai",
        "golimar me rehta hun",
        "drama me aghwa wala scene",
        "CNG station band hai",
        "i am missing you",
        "نالے کا پانی بہتا ہے",
        "بہت ہی برا حال ہے",
        "بہتہی برا",
        "وزیرستان سے آئے",
        "افسردہ ہوں",
        "بھائی جی سنیں",
        "لاہور سے آئی ایک خاتون",
        "کچہری کہاں ہے",
        "سڑک پر شاخوں کا ڈھیر",
        "دو لڑکے کھڑے تھے",
        "کچوری والا",
        "سمندر کا پانی",
        "ہندوستان کی خبر",
        "کسی ویران جگہ",
        "چور دروازو",
        "هو چوريو آيو",
        "I dont want to live here without water",
        "we do not want to live in this dirt",
        "khud khushi se likha hai",
        "marammat karna chahta hun",
        "بات کرنا چاہتا ہوں",
        "482-719-365",
        "",
    ],
)
def test_words_that_only_look_so_hit_nothing(text: str) -> None:
    assert codes(text) == []


def test_a_place_is_spared_and_the_officer_there_is_not() -> None:
    assert codes("thane ke samne officer ne rishwat mangi") == ["police"]
    assert codes("police station ke samne police ne mara") == ["police"]


def test_steps_follow_each_other_within_six_words_of_one_sentence() -> None:
    rows = table(a=("dog*|کتا .. bit|کاٹا", "!dog show"), b=("one .. two .. three",))

    def hit(text: str) -> list[str]:
        return [c.code for c in categories_in(text, rows)]

    assert hit("the dogs bit me") == hit("کتے نہیں، کتا بہت کاٹا") == hit("dog a b c d e f bit") == ["a"]
    assert hit("dog a b c d e f g bit") == hit("bit by a dog") == hit("bit") == hit("dog") == []
    assert hit("a dog. It bit") == hit("dog\nbit") == hit("کتا آیا۔ کاٹا") == []
    assert hit("D.O.G the dog... bit") == hit("a dog came. The dog bit") == ["a"]
    assert hit("the dog show bit") == []
    assert hit("the dog show: one dog bit") == ["a"]
    assert hit("one 1 2 3 4 5 6 two 1 2 3 4 5 6 three") == ["b"]
    assert hit("two one three") == hit("one two") == []


def test_latin_words_are_whole_and_arabic_ones_anywhere() -> None:
    rows = table(a=("chor",), b=("چور",), c=("=گم",), d=("polic*",), e=("=بچے*",))
    assert [c.code for c in categories_in("chorna", rows)] == []
    assert [c.code for c in categories_in("chor!", rows)] == ["a"]
    assert [c.code for c in categories_in("ایکچورہے", rows)] == ["b"]
    assert [c.code for c in categories_in("گمان", rows)] == []
    assert [c.code for c in categories_in("گم ہے", rows)] == ["c"]
    assert [c.code for c in categories_in("policemen", rows)] == ["d"]
    assert [c.code for c in categories_in("epolice", rows)] == []
    assert [c.code for c in categories_in("بچےکو", rows)] == ["e"]
    assert [c.code for c in categories_in("لبچی", rows)] == []


def test_a_phrase_is_found_without_its_spaces_unless_it_is_exact() -> None:
    assert set(literals("gun point")) == {" gun point ", " gunpoint "}
    assert set(literals("ایس ایچ او")) == {"ایس ایچ او", "ایسایچ او", "ایس ایچاو", "ایسایچاو"}
    assert literals("=a s i") == (" a s i ",)
    assert set(literals("a b c d e*")) == {" a b c d e", " abcde"}
    assert literals("!chor") == (" chor ",)
    assert literals("=*!") == literals("") == ()


def test_a_word_is_spared_where_it_is_covered_only() -> None:
    rows = table(a=("station", "!bus station"), b=("bus station",))
    assert [c.code for c in categories_in("bus station", rows)] == ["b"]
    assert [c.code for c in categories_in("bus station, station", rows)] == ["a", "b"]


def test_boundaries_are_no_part_of_what_is_spared() -> None:
    rows = table(a=("=چور", "!کا چور", "!چور نہ"), b=("*",))
    assert categories_in("کا چور", rows) == categories_in("چور نہ", rows) == ()
    assert [c.code for c in categories_in("چور", rows)] == ["a"]


def test_hits_come_in_the_order_of_the_table() -> None:
    rows = table(first=("one",), second=("two",), rest=())
    assert [c.code for c in categories_in("two one two", rows)] == ["first", "second"]


def test_a_text_that_hits_nothing_falls_to_the_category_without_words() -> None:
    assert categories_in("hello", SHIPPED) == ()
    assert fallback(SHIPPED).code == "general"


def test_two_tables_of_the_same_codes_are_not_mixed_up() -> None:
    one, two = table(a=("red",)), table(a=("blue",))
    renamed = (replace(one[0], names={"en": "Red"}),)
    assert (categories_in("red", one), categories_in("red", renamed)) == (one, renamed)
    assert (
        len(categories_in("red", one)),
        len(categories_in("red", two)),
        len(categories_in("blue", two)),
        len(categories_in("blue", one)),
    ) == (1, 0, 1, 0)


@given(st.text(max_size=2000))
def test_any_text_is_read(text: str) -> None:
    assert set(categories_in(text, SHIPPED)) <= set(SHIPPED)


@given(st.text(max_size=200), st.text(max_size=200))
def test_misconduct_is_found_whatever_is_round_it(before: str, after: str) -> None:
    assert "police" in codes(f"{before} rishwat {after}")
    assert "police" in codes(f"{before}\nپولیس نے مارا {after}")


def test_the_longest_form_is_read_in_bounded_time() -> None:
    before = time.perf_counter()
    for text in ("police mang " * 5_000, "police. " * 8_000 + "mara " * 8_000, "پولیس مانگ" * 6_000, "چھین" * 16_000, "a" * 64_000):
        categories_in(text, SHIPPED)
    assert time.perf_counter() - before < 5


@pytest.mark.parametrize(
    "text",
    [
        "دو لڑکے موٹر سائیکل پر آئے اور میرا موبائل چھین کر لے گئے",
        "لانڈھی میں دو آدمی آئے اور پرس چھین کر بھاگ گئے",
        "تین لڑکے پستول دکھا کر پیسے لے گئے",
    ],
)
def test_boys_who_came_and_took_a_phone_are_neither_officers_nor_a_child_that_was_hurt(text: str) -> None:
    assert not {"police", "child"} & set(codes(text))


@pytest.mark.parametrize("text", ["آئی او پیسے مانگ رہا ہے", "چودہ سال کی لڑکی کا نکاح پرسوں ہے", "لڑکی کو اٹھا کر لے گئے"])
def test_an_officer_and_a_girl_are_still_found(text: str) -> None:
    assert {"police", "child"} & set(codes(text))

"""Ordinary words that look like a word of the tables: in a match key ے is ی, ھ is ہ, and an Arabic word is found inside others."""

import pytest

from hotline.domain.category import Category, categories_in
from hotline.domain.wishes import read_wishes
from hotline.tables import load_categories, load_lexicon, load_wishes

SHIPPED = load_categories(None)
WISHES, LEXICON = load_wishes(None), load_lexicon(None)


def found(text: str) -> tuple[Category, ...]:
    return categories_in(text, SHIPPED)


def codes(text: str) -> set[str]:
    return {category.code for category in found(text)}


@pytest.mark.parametrize(
    "text",
    [
        # the robbers went away: چلے گئے is not لے گئے (took), nor is بجلی گئی, ملے گی or والی گلی
        "تھانے والی گلی سے ڈاکو چلے گئے",
        "تھانے والی سڑک پر بجلی گئی ہوئی ہے",
        "تھانے سے رپورٹ کی کاپی کب ملے گی",
        # a motor cycle and: سائیکل اور is not کل آؤ (come tomorrow)
        "پولیس چوکی سے آگے موٹر سائیکل اور موبائل چھین لیا",
        # them: انہیں is not نہیں (not), بلکہ (but) is not لکھ (write)
        "پولیس نے انہیں پکڑ لیا اور رپورٹ درج کر لی",
        "وہ پولیس نہیں بلکہ ڈاکو تھے",
        # a woman is not ورت (took), a house is not گهر (asks), worth is not لیت (takes), for is not لیے (took)
        "تھانے کے ساتھ دس ہزار ایک عورت کے پرس میں تھے",
        "تھانے کے برابر ہزار روپے گر گئے، گھر پہنچا تو نہیں تھے",
        "تھانے کے برابر پچاس ہزار روپے مالیت کا فون گر گیا",
        "تھانے کے برابر دس ہزار روپے دوائی کے لیے تھے وہ گر گئے",
        "تھانے کے برابر دس ہزار روپے کے علاوہ کارڈ بھی گر گیا",
        "تھانے کے برابر دس ہزار اور فون گر گیا لیاری میں",
        # watches, keeps and writes are not کہتا (says); the fifth is not چوي (says)
        "تھانے کے برابر والا آدمی ہمیں روز دیکھتا ہے",
        "تھانے کے برابر پانچویں گلی میں بائیک چوری ہوئی",
        # places and people of the place are no kin
        "پولیس نے لیاقت آباد میں ڈاکو پکڑ لیے",
        "پولیس آئی تو مقامی لوگوں نے ڈاکو پکڑا ہوا تھا",
        "پولیس نے چوری کا سامان پکڑ لیا",
        "پولیس نے ڈاکو گرفتار کر لیے شکریہ",
        # drugs are not منشی (a clerk), expenses not خرچي, a mountain not پھاڑ (tear), ill not مار (beat)
        "منشیات بیچنے والے لڑکے دھمکی دیتے ہیں",
        "سرکاری ہسپتال میں علاج کے خرچے بہت ہیں",
        "پولیس چوکی کی طرف پہاڑ کے نیچے بائیک چوری ہوئی",
        "پولیس میں تھے پھر بیمار رہے",
        "تھانہ مانگھوپیر کی حد میں بائیک چوری ہوئی",
        # Roman letters and English
        "thana manghopir ki gali me bike chori hui",
        "police station darakhshan ki gali me bike chori hui",
        "my bike was stolen outside the police station so I want to know where to go",
        "thane wali gali me 10 hazar cash aur do mobile the",
        "police ai thi bayan le gai",
        "police took my statement and were kind",
        "نادرا آفس کے باہر سے بائیک لے گئے",
        "rangers headquarter ki gali se bike le gaye",
        "ٿاڻي جي پويان ٻه ڇوڪرا پنج هزار کسي ويا",
    ],
)
def test_ordinary_words_beside_an_officer_seal_nothing(text: str) -> None:
    assert "police" not in codes(text)


@pytest.mark.parametrize(
    "text",
    [
        "پولیس والے بھائی کو لے گئے",
        "پولیس میرے بھائی کو اٹھا کر لےگئی",
        "تھانے والے کہتے ہیں کل آنا",
        "پولیس کہتی ہے کل آؤ",
        "پولیس نہیں لکھ رہی",
        "پولیس رپورٹ نہیں لے رہی",
        "پولیس والے نے پانچ ہزار روپے لیے",
        "سپاہی پانچ سو روپے لیتا ہے",
        "سپاهي پنج هزار گهري ٿو",
        "پوليس پنج هزار ورتا",
        "ٿاڻي وارو چوي ٿو سڀاڻي اچو",
        "پولیس نے میرے ابا کو پکڑ لیا",
        "پولیس نے میاں کو پکڑا ہوا ہے",
        "منشی نے دو ہزار روپے لیے",
        "سپاہی نے قمیض پھاڑ دی",
        "پولیس نے والد کو مارا",
        "sipahi panch so rupay leta hai",
        "SHO ne bola pehle 5 hazar do",
        "patwari kehta hai 2000 do",
        "constable ne bohat daraya",
        "police took my phone",
    ],
)
def test_an_officer_who_takes_asks_beats_or_sends_away_is_still_sealed(text: str) -> None:
    assert found(text)[0].code == "police"


@pytest.mark.parametrize(
    "text",
    [
        # you (Sindhi) is not an insult to religion, Korangi is no holy book
        "توهين ڪير آهيو",
        "korangi me kachra jala rahe hain",
        # the market is not مار (beats), between is not میاں (husband)
        "گھر والے مارکیٹ گئے ہوئے تھے تالا ٹوٹا ملا",
        "میرے شوہر مارکیٹ گئے تھے بائیک چوری ہو گئی",
        "بیوی کو مارکیٹ چھوڑنے گیا تو بائیک چوری ہو گئی",
        "دونوں گلیوں کے درمیان مارکیٹ میں گٹر ابل رہا ہے",
        "منهنجو مڙس مارڪيٽ ويو هو",
        "ghar wale market gaye hue the tala toota mila",
        "shohar market gaye the bike chori ho gai",
        "biwi ko market chora wapis aya to bike nahi thi",
        "shohar roz rickshaw chalate hain aaj rickshaw chori ho gaya",
        "میرے شوہر روز رکشہ چلاتے ہیں آج رکشہ چوری ہو گیا",
        "بہن کے جہیز کا سامان ہماری دکان سے چوری ہوا",
        # flows is not بھتا (extortion), that woman is not رت وهي (blood flows), cuts bamboo is not نس کاٹ (a vein)
        "گٹر کا پانی گلی میں بہتا ہے دو ہفتے سے گھر کے اندر آ رہا ہے",
        "نالی بہتی ہے دو دن سے",
        "یہ عورت وہی ہے جس نے پرس چرایا",
        "پارک سے بانس کاٹ کر لے جا رہے ہیں",
        "وہ خود کو مارکیٹ کا صدر کہتا ہے",
        "ڀنگ ۽ چرس وڪامي ٿي",
        "parchi pe golimar likha tha",
        # saas is also the breath; a family on its way, and a mosque as a landmark
        "dhuen se saas lene me takleef hai",
        "susral ja rahe the raste me phone gir gaya",
        "سسرال جا رہے تھے راستے میں فون گر گیا",
        "sunni masjid ke pas gutter khula hai",
    ],
)
def test_ordinary_words_ring_no_phone_and_are_no_danger(text: str) -> None:
    assert not [category.code for category in found(text) if category.danger is not None]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("اس پر توہین رسالت کا الزام لگا رہے ہیں", "religion"),
        ("کہتے ہیں اس نے توہین کی", "religion"),
        ("quran jalane ka ilzam laga rahe hain", "religion"),
        ("قرآن جلانے کا کہہ رہے ہیں", "religion"),
        ("شوہر مارتا ہے", "violence_home"),
        ("شوہر نے مارا", "violence_home"),
        ("گھر والے مارتے ہیں", "violence_home"),
        ("میاں مارتا ہے", "violence_home"),
        ("بیوی کو مارتا ہے", "violence_home"),
        ("مڙس ماري ٿو", "violence_home"),
        ("shohar marta hai", "violence_home"),
        ("shohar roz sharab pi kar marta hai", "violence_home"),
        ("شوہر روز پی کر آتا ہے", "violence_home"),
        ("ghar wale marte hain", "violence_home"),
        ("biwi ko mara", "violence_home"),
        ("جہیز نہ لانے پر مارتے ہیں", "violence_home"),
        ("jahez ke liye mara", "violence_home"),
        ("saas roz marti hai", "violence_home"),
        ("susral wale marte hain", "violence_home"),
        ("بھتہ دو ورنہ دکان جلا دیں گے", "extortion"),
        ("بھتے کی پرچی آئی ہے", "extortion"),
        ("ڀتو گهرن ٿا", "extortion"),
        ("parchi me goli rakh kar bheji", "extortion"),
        ("رت وهي ٿو", "violence"),
        ("نس کاٹ لی ہے", "suicide"),
        ("خود کو مارنا چاہتا ہوں", "suicide"),
        ("ڀنگ گهرن ٿا", "kidnapping"),
    ],
)
def test_danger_is_still_read(text: str, code: str) -> None:
    assert code in codes(text)


@pytest.mark.parametrize(
    "text",
    [
        # ill, our and the market are not مار (beats), a driver is not ڈرا (frightens), petrol is not پیٹ, eighteen is not اٹھا (lifts)
        "گٹر کے پانی سے بچے بیمار ہیں",
        "بچے سکول نہیں جا سکتے ہماری گلی بند ہے",
        "بچوں کی وین کا ڈرائیور تیز چلاتا ہے",
        "بچے سکول چلے گئے تو تالا ٹوٹا",
        "بچوں کے لیے گاڑی میں پیٹرول ڈلوایا",
        "بچوں کی عمر اٹھارہ سال ہو تو کارڈ کہاں بنتا ہے",
        "بچے محلے کے بیچ میں کھیلتے ہیں گٹر کھلا ہے",
        "bachon ki dawai market se li thi wo gir gai",
        "bachon ka darakht kaat dia",
        "bache ki fees begum ke purse me thi gir gai",
        # sons and boys in Urdu letters
        "بیٹے سے موبائل چھین کر لے گئے",
        "ایک لڑکے سے موبائل چھین کر لے گئے",
        "بیس سال کے لڑکے تھے موبائل چھین لیا",
        "امی کو کم سنائی دیتا ہے",
        # what was taken is a thing
        "bache ke samne mobile le gaye",
        "meri beti ka mobile le gaye",
        "بچوں کو سکول چھوڑنے گیا تھا بائیک لے گئے",
        # the address, a copy and a lost card are no missing person
        "دکان والا پتہ لکھ لیں",
        "ایف آئی آر کی کاپی گم ہو گئی",
        "گم شدہ شناختی کارڈ کی رپورٹ کہاں ہوتی ہے",
        # a kite
        "پتنگ کی ڈور سے گردن کٹ گئی",
        "پریشان کن حالات ہیں گٹر ابل رہا ہے",
    ],
)
def test_ordinary_words_hold_nothing(text: str) -> None:
    assert not [category.code for category in found(text) if category.quiet or category.sealed]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("بچے کو مارتے ہیں", "child"),
        ("بچی کو ڈراتا ہے", "child"),
        ("بچی سکول سے نہیں آئی", "child"),
        ("بچے کو لے گئے", "child"),
        ("بچہ چھین کر لے گئے", "child"),
        ("بچی سمیت گاڑی لے گئے", "child"),
        ("bachi ko le gaye", "child"),
        ("بیٹی نہیں مل رہی", "child"),
        ("بیٹی کالج سے واپس نہیں آئی", "child"),
        ("دس سال کی لڑکی ہے", "child"),
        ("kids have burn marks", "child"),
        ("bachon ko maarta hai", "child"),
        ("کم سن ملازمہ", "child"),
        ("بھائی لاپتہ ہے", "missing"),
        ("منهنجو پيءُ گم آهي", "missing"),
        ("تنگ ڪري ٿو", "harassment"),
    ],
)
def test_a_child_who_is_hurt_and_a_person_who_is_missing_are_still_held(text: str, code: str) -> None:
    assert code in codes(text)


@pytest.mark.parametrize(
    "text",
    [
        "پولیس نے جواب نہ دیا",
        "kisi ne jawab na diya",
        "us ne mera phone na diya",
        "can police check my phone on the road",
        "police can check my phone or not",
        "ٿاڻي وارن جواب نه ڏنو",
        "فون نہ کر سکا بیلنس نہیں تھا",
    ],
)
def test_an_answer_that_did_not_come_is_no_wish_to_be_left_alone(text: str) -> None:
    assert not read_wishes(text, WISHES, LEXICON).unsafe


@pytest.mark.parametrize(
    "text",
    [
        "جواب نہ دیں",
        "جواب نہ دیا کریں",
        "jawab na dena",
        "jawab na diya karen",
        "فون نہ کریں",
        "فون نہ کیا کریں",
        "phone na karna",
        "جواب نه ڏجو",
    ],
)
def test_who_asks_for_no_answer_and_no_call_is_still_left_alone(text: str) -> None:
    assert read_wishes(text, WISHES, LEXICON).unsafe

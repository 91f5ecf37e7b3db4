"""Which language a text is written in, and which language is spoken by who wrote it.

In Arabic letters sure signs tell: letters that only one language has, then common small words. The letters ہ, ی, ي and ک prove nothing:
people type both languages with what their phone offers. In Latin letters the spelling of every word tells English from the rest
(`spellings`), and small words tell the rest apart.
No library tells Roman Urdu from English, and all of them take Sindhi typed with Urdu letters for Urdu. The hotline decides once for each
text and keeps the last confident answer for each contact. So None (a code, "ok", a name) costs nothing, and a wrong guess costs a reply
that cannot be read.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TypeVar

from hotline.domain import neighbours, spellings
from hotline.domain.folding import match_key
from hotline.domain.languages import TEXT_LANGUAGES
from hotline.domain.needs import Interpreter

_Found = TypeVar("_Found")

_EN, _UR, _SD, _UR_LATN = "en", "ur", "sd", "ur-Latn"

# Source: the code points of 9,571 Sindhi and 35,551 Urdu texts. Each letter occurs in one language, and in no text of the other.
_OWN_LETTERS: Mapping[str, frozenset[str]] = {_SD: frozenset("ٺٻٽٿڀڃڄڇڊڌڍڏڙڦڪڱڳڻ۽۾"), _UR: frozenset("ٹڈڑںےۓ")}
_TELLING_LETTERS = re.compile(f"[{''.join(frozenset().union(*_OWN_LETTERS.values(), neighbours.LETTERS))}]")
_ARABIC_LETTERS = re.compile("[\u0620-\u064a\u066e-\u06d3\u06d5\u06fa-\u06ff\u0750-\u077f]+")
_LATIN_LETTERS = re.compile("[a-z]+")
# Old phones send each letter in the shape it has inside a word. These shapes must be undone before letters are counted.
_PRESENTATION_FORMS = re.compile("[\ufb50-\ufdf9\ufdfc-\ufdff\ufe70-\ufefc]")

# A text with fewer letters is a word like "اوکے", which people who write Sindhi send too.
_ARABIC_LETTERS_MIN = 5
# A single Latin word is a name, a greeting or "HELP", which everybody sends.
_LATIN_WORDS_MIN = 2
# What a spelling must count at least to tell English from the rest: names and places ("Gulshan e Iqbal") stay below.
_SPELT_MIN = 10
# What the words of a neighbour's language must count at least: one word is a quotation, or a slip of the thumb.
_NEIGHBOUR_MIN = 3
_GROUPS = (2, 3, 4)  # letters of a group, the edges of the word among them
_WORD_MAX = 24  # no word is longer, and the groups of a longer one tell no more
# How many words are remembered: those of an evening's texts, and few enough that a stranger cannot fill the memory.
_REMEMBERED = 8_192


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Small words as match keys (ے is ی there, ڪ is ک), so that a word is found however it was typed. Words of both languages are left out.
_URDU_WORDS = _listed(
    """
    مین ہین سی کو اور نی اس ایک کا کیا یہ نہین اپ وہ کہ ہون تہا تہین لیی لیکن اپنی اپنا بہی مجہی میری میرا مجہ بہت گیا گیی ہم تو
    والی والا والون ساتہ جس سب تم کویی تک کچہ دیا دی گا گی سکتا سکتی رہا رہین کسی اگر کہا جب اب ہوا ہویی یہان وہان جہان ہماری
    ہمارا ہمین کرتا کرتی کرنا کرنی کرین کرو کیون کب کون چاہیی انہون انہین دو تین پاس لوگ لوگون دن مت کتنا کتنی اتنا اتنی جسکا اسکا
    اسکی انکی لیا لی رہی ہوتا ہوتی بعد پہلی طرف ابہی پہر تمہین جاو
    وہی یہی ہوگیا لگا لگی جاتا جاتی جایی کرکی رکہا رکہی لیکر پوچہا بتایا کرلو دیتا دیتی
    """
)
_SINDHI_WORDS = _listed(
    """
    اہی اہیان اہین اہن ناہی جا جون تی تہ سان کان لا بہ ہن ہک کیو چیو پنہنجی پنہنجو پنہنجا مان مون منہنجی منہنجو منہنجا انہن
    جنہن جیکو جیکا جیکی ویو ویا اسان توہان کنہن کجہہ کجہ پو تایین ہیی ہیا ہیو اہو اہا انہی وارو وارا جتی اتی ہتی کتی جیین رہیو
    رہیا ہوندو ہوندی ویندو کندو کندی اچی سگہی گہڻو نالو ایین تہیو تہیا کہی کین نہی لکہی می ناہن سندس سندن اسانجی اسانجو تنہنجو
    تنہنجی اوہان اوہین کیر ہانی وٹ تنہن چہو سبہ پیو پیا اسین توہین
    چوی چون ڈنی ڈنو ڈنا کجو اچجو ویٹہو ویٹہا ویٹہی ڈینہن کونہ کونہی سبہانی ہکڑو ہکڑی چہوکرو چہوکری چہوکرن ڈٹہو ویس ویاسین ایندو کڈہن
    تہو تہیون تہیندو تہیندی چیی چیایون چیایین واری وارن تان گالہ گالہایو چہا نتہو نتہی نتہا ہنن اہیون منہن ڈاڈہو سٹہو ایترو پہرین متہی کتہی
    ہیٹہ کیم ہیس ہوس اتہس اتہم اتہن ڈنم چیم کیین ننڈہو ننڈہی بیو رگو مانہو مانہن وٹہی کالہ چہڈیو چہڈی سگہان بدہایو ملیو موکلیو لکیو سجو
    جڈہن تڈہن کتان اتان وٹ وری کندس کیاین چیاین مونکہی توکہی اسانکہی ویی پوی اہین مڑس گہوٹہ ڈجو ڈیو لاء لای
    """
)

# Sindhi "of", and Urdu "sir": it tells only where the other words are in balance, or are none and the letters are not those of Urdu.
_GENITIVE, _GENITIVE_AS_SINDHI = "جی", "جي"

# In neither list: words that occur in both languages (me, is, us, to, so, he, or, had, do, pass, bus, sale, bad, man, day, by, no, sir,
# hi, ok, thanks), and words that Roman Urdu borrows (phone, police, help, time, mobile, road).
ENGLISH_WORDS = _listed(
    """
    and of you your yours my mine it its that this these those have has having was were what where when who why how which there
    their they them him his she her we our i im ive id ill am at for with from an be been being will would shall can could should
    must may might cant dont doesnt didnt wont isnt wasnt not but if then than because after before again about any some someone
    somebody anyone nobody nothing something everything as into out over down off just now only ever never always did does doing
    done get gets got getting go goes going gone went come came coming take took taken taking give gave given make made want wants
    wanted need needs needed know knows knew tell told said say says see saw seen think thought look looking find found feel keep
    put try ask asked wait leave left lost stole stolen snatched robbed kidnapped threatened threatening beaten killed missing
    happened working work living live home money yesterday today tomorrow tonight night evening week weeks month months year years
    old young men woman women boy boys girl daughter husband wife brother sister father mother people every more most many much
    very really still also too here let lets one two three other another new next first up on all right great well sorry sure
    early late soon until till while around through between under own same such both each few yes sleep eat meet wish thing things
    way children son the are life big once easy called send sent talk care hey u ur r gonna wanna gotta pls thx wat wen wud cud
    abt coz cos dun lor
    """
)
ROMAN_WORDS = _listed(
    """
    hai hain hei hay hy hein hen h mein mai mien mn mene maine mainay mera meri meray merey mujhe mujhay mujay muje mujy mjhe ka
    ki ke kay ky k ko se sy ne ny nay pe pay aur yeh ye yah woh wo wohi yehi iss uss un unn in inn kya kia kyun kyu kiun kab kahan
    kidhar kaun kon kaise kesy kesay kaisa kis kisi koi kuch kuchh kch nahi nahin nai nahe nhi ni na aap ap apka apki apke aapka
    aapki aapke apna apni apne apny ham hamein hamen hamara hamari hamare humara humari humare tu tou tera teri tere tumhara ho hu
    hun hoon hua hui huwa hue huway hoa hoi hota hoti hote hoga hogi honge hona hone raha rahi rahe rahay rha rhi rhe gaya gya gai
    gayi gayee gae gaye gay ja jao jata jati jate jana jane kar kr karo kro karna krna karne krne karta karti karte krta krti krte
    karein karen kren kiya kiye diya dia di diye dy dena dein lo lene leye liye lye liya lia ly leke wala wali wale walay sath
    saath sab sub bhi toh tha thi thay phir phr abhi ab aj aaj kal raat din bohat bohot bahut bht buhat boht acha achha accha aik
    ek teen chaar logon logo ghar ghr bhai baji agar agr ager magar lekin lakin jab jb tab tak tk jo jis jin jese jaise jesa ese
    aise itna itni kitna kitni sirf bas kam kaam baat bat wajah waqt pata pta pehle pehly baad sakta sakti sakte skta skti skte
    chahiye chahye karwa karao batao bata btao dekho dekh suno bolo bola kaha kehte kehta chori cheen chheen chin utha maar mar
    dhamki paisay paise rupay larka larki larke aadmi aurat bacha bachi bachay bachon beta beti biwi shohar walid walida khan
    allah khuda haan jee ji wahan yahan idhar udhar upar neeche andar bahar saray sara sari jaldi madad shikayat nazar dil dua
    yaar yar kyunke kyonke isko usko unko iska uska iski uski unka unki inka inki usay unhon inhe unhe aya aye ayi aai aa ao ata
    ati gi ga ge mil mila mili milta zyada ziada bilkul bara bari naam saal sal tarah hamesha shukriya gali mohalla hazrat sahib
    sahab janab kahi sahi achi acchi pak le main par tum hum mere log han dono khud sa ma pr hn apko apky khilaf firing zakhmi
    qatal nam chal jesi kare kary ker kerna wapis wapas laga lga shadi pani masjid lanat mubarak rakhte tamam dauran afrad shaks
    insan isi usi gire mangte maang mang rishwat bhatta lapata ghayab khatra rok
    """
)

# People who write everything else in Roman Urdu say these in English.
_COURTESIES = re.compile(
    r"\b(?:thank you(?: (?:so|very))?(?: much)?|good (?:morning|afternoon|evening|night)|how are you|excuse me|happy new year)\b"
)
# The languages in Arabic letters: their own letters are in `_OWN_LETTERS`, their small words here.
_SMALL_WORDS: Mapping[str, frozenset[str]] = {_SD: _SINDHI_WORDS, _UR: _URDU_WORDS}

NEIGHBOURS = tuple(language.value for language in Interpreter)
"""The codes of the neighbours' languages that `neighbour` knows: Pashto, Balochi, Punjabi and Saraiki."""

DETECTED = frozenset({*_OWN_LETTERS, *_SMALL_WORDS, _EN, _UR_LATN, *(code for code in NEIGHBOURS if code in TEXT_LANGUAGES)})
"""The codes of the languages that `detect` knows."""


def detect(text: str) -> str | None:
    """The code of the language in which a text is answered, or None where nothing tells it (a code, "ok", a greeting, a name).

    It is that of the text. Only a neighbour's language that we do not write is answered in Urdu, and one in Latin letters, which a phone
    may have no others than, in Roman Urdu; Sindhi in Latin letters too.
    """
    return _read(text)[0]


def neighbour(text: str) -> str | None:
    """The code of the neighbour's language that a text is written in, in letters of any kind (`NEIGHBOURS`); None if it is in none."""
    spoken = _read(text)[1]
    return spoken if spoken in NEIGHBOURS else None


def spoken(text: str) -> str | None:
    """The code of the language that a text speaks, where its answer is in another: a neighbour's, or Sindhi in Latin letters; else None."""
    return _read(text)[1]


@lru_cache(maxsize=16)  # a text is asked for its answer's language and for a neighbour's, one after the other
def _read(text: str) -> tuple[str | None, str | None]:
    """The language of the answer, and the language that is spoken if it is another."""
    key = match_key(text)
    arabic = 0 if key.isascii() else sum(map(len, _ARABIC_LETTERS.findall(key)))
    if 2 * arabic < len(key) and arabic < sum(map(len, _LATIN_LETTERS.findall(key))):
        return _read_latin(key)
    return _read_arabic(text, key) if arabic >= _ARABIC_LETTERS_MIN else (None, None)


def _read_arabic(text: str, key: str) -> tuple[str | None, str | None]:
    # Letters are counted before folding, because folding makes ڪ and ک the same.
    plain = _PRESENTATION_FORMS.sub(lambda shape: unicodedata.normalize("NFKC", shape.group()), text)
    telling = _TELLING_LETTERS.findall(plain)
    letters = {code: sum(map(own.__contains__, telling)) for code, own in _OWN_LETTERS.items()}
    tokens = key.split()
    words = {code: sum(map(small.__contains__, tokens)) for code, small in _SMALL_WORDS.items()}
    lent = neighbours.letters_of(plain) if len(telling) > sum(letters.values()) or neighbours.HAMZA in plain else {}
    ours = max(words[_UR], words[_SD] + neighbours.SURE * letters[_SD])
    met = [neighbours.ARABIC[word] for word in tokens if word in neighbours.ARABIC]
    if _outweighs(len(met) * neighbours.SURE + sum(lent.values()), ours):  # they may, so it is worth counting
        other, count = _most(met, lent)
        if _outweighs(count, ours):
            return _answered(other, _UR)
    # Urdu letters do not settle it: people type Sindhi with them too, on phones that have no others.
    if (settled := _leader(letters)) not in {None, _UR}:
        return settled, None
    if (settled := _leader(words)) is not None:
        return settled, None
    if _GENITIVE in tokens and (words[_SD] or (not letters[_UR] and _GENITIVE_AS_SINDHI in plain)):
        return _SD, None
    return (_UR if letters[_UR] and words[_UR] == max(words.values()) else None), None


def _most(met: Sequence[Mapping[str, int]], lent: Mapping[str, int]) -> tuple[str, int]:
    """The neighbour's language for which the words that were `met` and its own letters count most, and how much."""
    counted = dict(lent)
    for counts in met:
        for code, count in counts.items():
            counted[code] = counted.get(code, 0) + count
    best = max(counted, key=counted.__getitem__)
    return best, counted[best]


def _outweighs(count: int, ours: int) -> bool:
    return count >= _NEIGHBOUR_MIN and 3 * count > 2 * ours


def _answered(spoken: str, instead: str) -> tuple[str, str]:
    return (spoken if spoken in TEXT_LANGUAGES and instead != _UR_LATN else instead), spoken


def _leader(counted: Mapping[str, int]) -> str | None:
    """The code with the highest count; None if two share it."""
    most = max(counted.values())
    leaders = [code for code, count in counted.items() if count == most]
    return leaders[0] if len(leaders) == 1 else None


def _read_latin(key: str) -> tuple[str | None, str | None]:
    tokens = [word for word in _COURTESIES.sub(" ", key).split() if word.isalpha()]
    if len(tokens) < _LATIN_WORDS_MIN:
        return None, None
    met = [counts for word in tokens if (counts := _NEIGHBOURS_OF[word])]
    if len(met) * neighbours.SURE >= _NEIGHBOUR_MIN:
        other, count = _most(met, {})
        ours = (
            []
            if count < _NEIGHBOUR_MIN
            else [word for word in tokens if not _NEIGHBOURS_OF[word] and (word in ROMAN_WORDS or word in ENGLISH_WORDS)]
        )
        if _outweighs(count, len(ours)):
            return _answered(other, _UR_LATN)
    english = sum(map(_ENGLISH_OF.__getitem__, tokens))
    if abs(english) < _SPELT_MIN:
        return None, None
    return (_EN if english > 0 else _UR_LATN), None


class _Remembered(dict[str, _Found]):
    """Word → what was found of it; worked out the first time it is asked for."""

    def __init__(self, find: Callable[[str], _Found]) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, word: str) -> _Found:
        found = self._find(word)
        if len(self) < _REMEMBERED and len(word) <= _WORD_MAX:
            self[word] = found
        return found


def _english(word: str) -> int:
    """How much the spelling of a word speaks for English; below nothing, for Roman Urdu and Roman Sindhi."""
    listed = spellings.ENGLISH * (word in ENGLISH_WORDS) + spellings.ROMAN * (word in ROMAN_WORDS)
    return listed + sum(spellings.WEIGHTS.get(group, 0) for group in groups(word))


_ENGLISH_OF = _Remembered(_english)
_NEIGHBOURS_OF = _Remembered(neighbours.latin)


def groups(word: str) -> Iterator[str]:
    """The groups of letters of a word, an underscore for each of its edges."""
    edged = f"_{word[:_WORD_MAX]}_"
    return (edged[at : at + length] for length in _GROUPS for at in range(len(edged) - length + 1))

"""Which language a text is written in, by sure signs: letters that only one language has, then common small words.

No library tells Roman Urdu from English, and all of them take Sindhi typed with Urdu letters for Urdu. The letters ہ, ی, ي and ک
prove nothing: people type both languages with what their phone offers. The hotline decides once for each text and keeps the last
confident answer for each contact. So None (a code, "ok", a name) costs nothing, and a wrong guess costs a reply that cannot be read.
"""

import re
import unicodedata
from collections.abc import Mapping

from hotline.domain.folding import match_key

_EN, _UR, _SD, _UR_LATN = "en", "ur", "sd", "ur-Latn"

# Source: the code points of 9,571 Sindhi and 35,551 Urdu texts. Each letter occurs in one language, and in no text of the other.
_OWN_LETTERS: Mapping[str, re.Pattern[str]] = {
    _SD: re.compile("[ٺٻٽٿڀڃڄڇڊڌڍڏڙڦڪڱڳڻ۽۾]"),
    _UR: re.compile("[ٹڈڑںےۓ]"),
}
# Letters of Pashto, Saraiki and Punjabi that neither Urdu nor Sindhi has. Source: the alphabets in Unicode 15, block Arabic.
_LETTERS_OF_OTHERS = re.compile("[ټځڅډړږښګڼېۍݙݨ]")
_ARABIC_LETTERS = re.compile("[\u0620-\u064a\u066e-\u06d3\u06d5\u06fa-\u06ff\u0750-\u077f]+")
_LATIN_LETTERS = re.compile("[a-z]+")
# Old phones send each letter in the shape it has inside a word. These shapes must be undone before letters are counted.
_PRESENTATION_FORMS = re.compile("[\ufb50-\ufdf9\ufdfc-\ufdff\ufe70-\ufefc]")

# A text with fewer letters is a word like "اوکے", which people who write Sindhi send too.
_ARABIC_LETTERS_MIN = 5
# A single Latin word is a name, a greeting or "HELP", which everybody sends.
_LATIN_WORDS_MIN = 2
# Names and places look like Roman Urdu ("Gulshan e Iqbal"), so spelling alone must show it twice.
_SHAPES_MIN = 2


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Small words as match keys (ے is ی there, ڪ is ک), so that a word is found however it was typed. Words of both languages are left out.
_URDU_WORDS = _listed(
    """
    مین ہین سی کو اور نی اس ایک کا کیا یہ نہین اپ وہ کہ ہون تہا تہین لیی لیکن اپنی اپنا بہی مجہی میری میرا مجہ بہت گیا گیی ہم تو
    والی والا والون ساتہ جس سب تم کویی تک کچہ دیا دی گا گی سکتا سکتی رہا رہین کسی اگر کہا جب اب ہوا ہویی یہان وہان جہان ہماری
    ہمارا ہمین کرتا کرتی کرنا کرنی کرین کرو کیون کب کون چاہیی انہون انہین دو تین پاس لوگ لوگون دن مت کتنا کتنی اتنا اتنی جسکا اسکا
    اسکی انکی لیا لی رہی ہوتا ہوتی بعد پہلی طرف ابہی پہر تمہین جاو
    """
)
_SINDHI_WORDS = _listed(
    """
    اہی اہیان اہین اہن ناہی جی جا جون تی تہ سان کان لا بہ ہن ہک کیو چیو پنہنجی پنہنجو پنہنجا مان مون منہنجی منہنجو منہنجا انہن
    جنہن جیکو جیکا جیکی ویو ویا اسان توہان کنہن کجہہ کجہ پو تایین ہیی ہیا ہیو اہو اہا انہی وارو وارا جتی اتی ہتی کتی جیین رہیو
    رہیا ہوندو ہوندی ویندو کندو کندی اچی سگہی گہڻو نالو ایین تہیو تہیا کہی کین نہی لکہی می ناہن سندس سندن اسانجی اسانجو تنہنجو
    تنہنجی اوہان اوہین کیر ہانی وٹ تنہن چہو سبہ پیو پیا اسین توہین
    """
)

# In neither list: words that occur in both languages (me, is, us, to, so, he, or, had, do, pass, bus, sale, bad, man, day, by, no, sir,
# hi, ok, thanks), and words that Roman Urdu borrows (phone, police, help, time, mobile, road).
_ENGLISH_WORDS = _listed(
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
_ROMAN_WORDS = _listed(
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
# Spellings typical of each language, for texts that the word lists leave undecided.
_ENGLISH_SHAPE = re.compile(r"[a-z]{2}(?:ing|tion|ness|ment|ight|ould|ful|less|ously|able|edly|ted|ned|sed)\b")
_ROMAN_SHAPE = re.compile(
    r"kh|gh[aeiou]|bh|dh|jh|aa|iy[aei]|uw|zd|nq|q[abdfjlrst]"
    r"|\b(?:hm|kr|mj|pt|zy|ny|jn|jl)"
    r"|(?:[aeiou]y|[tdrkbgpn]y|ain|ein|oon|aye|iye|awa|[a-z]hn)\b"
)


# The languages in Arabic letters: their own letters are in `_OWN_LETTERS`, their small words here.
_SMALL_WORDS: Mapping[str, frozenset[str]] = {_SD: _SINDHI_WORDS, _UR: _URDU_WORDS}

DETECTED = frozenset({*_OWN_LETTERS, *_SMALL_WORDS, _EN, _UR_LATN})
"""The codes of the languages that `detect` knows."""


def has_letters_of_others(text: str) -> bool:
    """Whether a text has letters of a neighbour's language that none of ours has: then small words may mislead `detect`."""
    return _LETTERS_OF_OTHERS.search(text) is not None


def detect(text: str) -> str | None:
    """The code of the language of a text, or None where there is no confident evidence (a code, "ok", a greeting, a name)."""
    key = match_key(text)
    arabic = sum(map(len, _ARABIC_LETTERS.findall(key)))
    latin = sum(map(len, _LATIN_LETTERS.findall(key)))
    if arabic >= latin:
        return _detect_arabic(text, key) if arabic >= _ARABIC_LETTERS_MIN else None
    return _detect_latin(key)


def _detect_arabic(text: str, key: str) -> str | None:
    # Letters are counted before folding, because folding makes ڪ and ک the same.
    plain = _PRESENTATION_FORMS.sub(lambda shape: unicodedata.normalize("NFKC", shape.group()), text)
    letters = {code: len(own.findall(plain)) for code, own in _OWN_LETTERS.items()}
    # Urdu letters do not settle it: people type Sindhi with them too, on phones that have no others.
    if (settled := _leader(letters)) not in {None, _UR}:
        return settled
    tokens = key.split()
    words = {code: sum(word in small for word in tokens) for code, small in _SMALL_WORDS.items()}
    if (settled := _leader(words)) is not None:
        return settled
    return _UR if letters[_UR] and words[_UR] == max(words.values()) else None


def _leader(counted: Mapping[str, int]) -> str | None:
    """The code with the highest count; None if two share it."""
    most = max(counted.values())
    leaders = [code for code, count in counted.items() if count == most]
    return leaders[0] if len(leaders) == 1 else None


def _detect_latin(key: str) -> str | None:
    key = _COURTESIES.sub(" ", key)
    tokens = [word for word in key.split() if word.isalpha()]
    if len(tokens) < _LATIN_WORDS_MIN:
        return None
    english = sum(word in _ENGLISH_WORDS for word in tokens)
    roman = sum(word in _ROMAN_WORDS for word in tokens)
    if english != roman:
        return _EN if english > roman else _UR_LATN
    balance = len(_ENGLISH_SHAPE.findall(key)) - len(_ROMAN_SHAPE.findall(key))
    if abs(balance) < (1 if english else _SHAPES_MIN):
        return None
    return _EN if balance > 0 else _UR_LATN

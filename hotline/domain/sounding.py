"""Words that are spelt in several ways and sound alike: forms of a match key in which they are one word. They are never shown or stored.

Each form is made letter by letter, in time linear in the text, and is its own match key.
"""

import re

from hotline.domain.folding import match_key

_SINDHI = str.maketrans(
    {
        "ٻ": "ب",  # Urdu has no letters for the four sounds that are drawn in (ٻ ڄ ڏ ڳ), and writes the nearest
        "ڀ": "بہ",
        "ٿ": "تہ",
        "ٽ": "ٹ",
        "ٺ": "ٹہ",
        "ڦ": "پہ",
        "ڄ": "ج",
        "ڃ": "نج",  # as in وڃ, in Urdu ونج
        "ڇ": "چہ",
        "ڌ": "دہ",
        "ڏ": "ڈ",
        "ڊ": "ڈ",
        "ڍ": "ڈہ",
        "ڙ": "ڑ",
        "ڳ": "گ",
        "ڱ": "نگ",
        "ڻ": "ن",
    }
)
# Sindhi writes kh as ک and k as ڪ, which is one letter in Urdu. A word of two letters keeps its h: کھا (eat) is not کا (of).
_KH = re.compile(r"(?<=\w)[کكڪ]ھ|[کكڪ]ھ(?=\w\w)")
_HS = re.compile("ہہ+")

_SAME_SOUND = str.maketrans("ثصذضظطح", "سسزززتہ")

# Where Roman Urdu has a choice. The digraphs come first: sh becomes x and ch becomes c, which are free.
_ROMAN = re.compile(r"sh|chh?|ph|ck?|q|x|w|([bdgjklprt])h|[aeiouy]+(?:h(?![aeiouy]))?")
_ONE_LETTER = {"sh": "x", "ch": "c", "chh": "c", "ph": "f", "c": "k", "ck": "k", "q": "k", "x": "ks", "w": "v"}
_DOUBLED = re.compile(r"([a-z])\1+")


def in_urdu_letters(text: str) -> str:
    """The match key of a text with Sindhi's own letters as Urdu writes their sounds: ڀٽو and بھٹو are one name, and so are سکر and سکھر."""
    return _HS.sub("ہ", match_key(_KH.sub("ک", text)).translate(_SINDHI))


def same_sound(text: str) -> str:
    """The text with one letter for those that Urdu and Sindhi speak alike (ث س ص), where people misspell."""
    return text.translate(_SAME_SOUND)


def by_ear(key: str) -> str:
    """A match key with one spelling for the spellings of a Roman Urdu word: mehfooz, mahfuz and mehfoz are one. Spaces stay where they are.

    Vowels are of two kinds, a (a, e, i, y) and o (o, u, au); an h after a consonant or at the end of a syllable is dropped.
    """
    return _DOUBLED.sub(r"\1", _ROMAN.sub(_sound, key))


def _sound(found: re.Match[str]) -> str:
    written = found[0]
    if written in _ONE_LETTER:
        return _ONE_LETTER[written]
    if found[1] is not None:
        return found[1]
    return "o" if "o" in written or "u" in written else "a"


# The sound key: Urdu, Sindhi and Latin letters become their Latin consonant, so that one word in three scripts is one key. Letters that
# one script has and another has not are folded (th, ٿ, ٺ and ط are all t), and so are those that people confuse (z for ذ ز ض ظ).
_SOUND_OF = {
    "a": "اآع",
    "b": "بٻڀ",
    "p": "پ",
    "t": "تطٹٿٽٺټ",
    "s": "ثسصشښ",
    "j": "جڄځ",
    "c": "چڇڅ",
    "h": "حہ",
    "k": "خکق",
    "d": "دڈڊڌڍڏډ",
    "z": "ذزضظژږ",
    "r": "رڑڙړ",
    "g": "غگڳګ",
    "f": "فڦ",
    "l": "لݪ",
    "m": "م",
    "n": "نڻڱڃڼݨ",
    "w": "و",
    "y": "ی",
}
_SOUNDS = str.maketrans({letter: sound for sound, letters in _SOUND_OF.items() for letter in letters})
_LATIN_SOUND = re.compile("tch|chh?|sh|[kgtdbj]h|ph|ck|c(?=[eiy])|[cqxv]")
_LATIN_SOUNDS = {"tch": "c", "ch": "c", "chh": "c", "sh": "s", "ph": "f", "ck": "k", "q": "k", "x": "ks", "v": "w"}
_FIRST_VOWEL = re.compile(r"(?<!\S)[aeiou]")
_NOT_HEARD = re.compile(r"(?<=\S)[aeiouywh]+")


def sound_key(text: str) -> str:
    """The consonants of a text, one spelling for three scripts: چھین لیا, "cheen liya", "chean lia" and "chn lya" are all "cn l".

    The first letter of a word stays, any vowel as a; later vowels, h, w and y are gone. Digits and the spaces between words stay.
    """
    key = _LATIN_SOUND.sub(_latin_sound, match_key(text)).replace("پہ", "ف").translate(_SOUNDS)
    return _DOUBLED.sub(r"\1", _NOT_HEARD.sub("", _FIRST_VOWEL.sub("a", key)))


def _latin_sound(found: re.Match[str]) -> str:
    written = found[0]
    if written == "c":  # before e, i or y it is s ("police"), else k ("case")
        return "s" if found.string[found.end() : found.end() + 1] in ("e", "i", "y") else "k"
    return _LATIN_SOUNDS.get(written, written[0])

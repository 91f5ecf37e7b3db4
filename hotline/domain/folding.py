"""The match key: one plain form of a text, in which keywords and categories are looked for. Never shown, never stored.

People write the same word with Urdu, Sindhi or Arabic letters, with or without marks, in any digits, and draw letters out.
The key has one letter for each of these. It is worked out code point by code point (so that it is linear in the text, and
long runs of marks cost nothing), hence idempotent: the key of a key is itself.
"""

import re
import unicodedata
from functools import lru_cache

# Source: the code points of 9,571 Sindhi and 35,551 Urdu texts. None of these letters proves a language, so all may fold.
_LETTERS = {
    **dict.fromkeys("يىےۍېۑ", "ی"),
    **dict.fromkeys("كڪ", "ک"),
    **dict.fromkeys("هھةۃەۀۂ", "ہ"),
    "ں": "ن",
    "ٱ": "ا",
    "ء": "",
}
_URDU_DIGITS = "۰۱۲۳۴۵۶۷۸۹"
_ARABIC_DIGITS = "٠١٢٣٤٥٦٧٨٩"
_FULL_WIDTH_DIGITS = "０１２３４５６７８９"
_ASCII_DIGITS = str.maketrans(_URDU_DIGITS + _ARABIC_DIGITS + _FULL_WIDTH_DIGITS, "0123456789" * 3)

# NFKC makes 18 characters of U+FDFA and 8 of U+FDFB, and no word of ours out of either: past this it becomes a space.
_LONGEST_FOLD = 4
# The folds remembered. More code points than a hotline's texts ever hold, and fewer than a stranger could fill memory with.
_REMEMBERED = 4096
_DRAWN_OUT = re.compile(r"([a-z])\1\1+")


class _Folds(dict[int, str]):
    """Code point → what stands for it in the match key; worked out when first met."""

    def __missing__(self, code_point: int) -> str:
        folded = _fold(chr(code_point))
        if len(self) < _REMEMBERED:
            self[code_point] = folded
        return folded


def _fold(character: str) -> str:
    """One character's part of the match key: a letter, some letters, a digit, a space or nothing."""
    # NFKD, not NFKC: it also parts a letter from its marks, whether or not the phone had joined them.
    plain = "".join(_fold_plain(c) for c in unicodedata.normalize("NFKD", character).lower())
    return plain if len(plain) <= _LONGEST_FOLD else " "


def _fold_plain(character: str) -> str:
    category = unicodedata.category(character)
    if character in _LETTERS:
        return _LETTERS[character]
    if category == "Nd":
        return str(unicodedata.digit(character))
    if category[0] == "M" or category == "Cf" or character == "ـ":
        return ""
    return character if category[0] in "LN" else " "


_FOLDS = _Folds()


@lru_cache(maxsize=16)  # one text is asked for its keyword, its language and its category, one after the other
def match_key(text: str) -> str:
    """The form of a text in which words are compared: letters folded, lower case, single spaces between words.

    Three or more of one Latin letter become two ("bachaooo" → "bachaoo"); punctuation becomes a space; marks, tatweel,
    zero-width and bidi characters are gone; every digit is ASCII.
    """
    folded = " ".join(text.translate(_FOLDS).split())
    return _DRAWN_OUT.sub(r"\1\1", folded)


def words(text: str) -> tuple[str, ...]:
    """The words of a text's match key."""
    return tuple(match_key(text).split())


def ascii_digits(text: str) -> str:
    """The text with Urdu, Arabic and full-width digits as 0-9, one for one: offsets stay those of the text."""
    return text.translate(_ASCII_DIGITS)

"""The match key: one plain form of a text, in which keywords and categories are looked for. It is never shown and never stored.

People write the same word with Urdu, Sindhi or Arabic letters, with or without marks, with any digits, and with letters repeated for
stress. The key has one form for all of these. It is made code point by code point, in time linear in the text, however many marks are
in it. The key of a key is the key itself.
"""

import re
import unicodedata
from functools import lru_cache

# Source: the code points of 9,571 Sindhi and 35,551 Urdu texts. The language is not told from any of these letters, so all may fold.
_LETTERS = {
    **dict.fromkeys("يىےۍېۑ", "ی"),
    **dict.fromkeys("كڪ", "ک"),
    **dict.fromkeys("هھةۃەۀۂ", "ہ"),
    "ں": "ن",
    "ٱ": "ا",
    "ء": "",
}
# NFKD turns U+FDFA into 18 characters and U+FDFB into 8, and neither holds a word that is looked for. Longer than this becomes a space.
_LONGEST_FOLD = 4
# How many folds are remembered: more code points than real texts use, and few enough that a stranger cannot fill the memory.
_REMEMBERED = 4096
_DRAWN_OUT = re.compile(r"([a-z])\1\1+")


class _Folds(dict[int, str]):
    """Code point → its part of the match key; worked out the first time it is asked for."""

    def __missing__(self, code_point: int) -> str:
        folded = _fold(chr(code_point))
        if len(self) < _REMEMBERED:
            self[code_point] = folded
        return folded


def _fold(character: str) -> str:
    """The part of the match key for one character: letters, a digit, a space or nothing."""
    # NFKD, not NFKC: it also separates a letter from its marks, which some phones send as one character.
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


class _Digits(dict[int, str]):
    """Code point of a digit of any script → the ASCII digit; of anything else → itself."""

    def __missing__(self, code_point: int) -> str:
        character = chr(code_point)
        found = str(unicodedata.decimal(character)) if character.isdecimal() else character
        if len(self) < _REMEMBERED:
            self[code_point] = found
        return found


_DIGITS = _Digits()


@lru_cache(maxsize=16)  # a text is read for its keyword, its language and its category, one after the other
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
    """The text with the digits of every script as 0-9, one for one: offsets stay those of the text."""
    return text.translate(_DIGITS)

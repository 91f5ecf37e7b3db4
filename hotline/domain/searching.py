"""What of a ticket can be searched for: words, and the last digits of its reference, each as a keyed hash.

A body stands in two tables only, so that it can be encrypted and erased: the index knows no word, and without the key nobody
can ask it for one. A number of seven digits and more is somebody's phone or identity card: that is no word.
"""

import hmac
import re
from hashlib import sha256

from hotline.domain.folding import ascii_digits, match_key

WORDS_MAX = 300
"""Different words of one text or note that are indexed; a text of 1,600 characters has about so many."""

TAIL_MIN, TAIL_MAX = 4, 8
_NUMBER_DIGITS = 7
_LONGEST_WORD = 40
# Roman Urdu has no spelling: long vowels and doubled letters are written either way.
_ROMAN = ((re.compile("ee"), "i"), (re.compile("oo"), "u"), (re.compile(r"([a-z])\1+"), r"\1"))
_TAIL = re.compile(r"[0-9]+")


def key_of(secret: str) -> bytes:
    """The key of the hashes. It also stands for how words are folded and marks kept: change the name with that, and all is indexed anew."""
    return hmac.digest(secret.encode(), b"search words, 2", sha256)


def words(text: str) -> tuple[str, ...]:
    """The different words of a text as they are indexed and asked for, in the order they came; letters and digits of any script, two at
    least."""
    found = (_spelt(word[:_LONGEST_WORD]) for word in match_key(text).split() if len(word) > 1 and not _is_number(word))
    return tuple(dict.fromkeys(found))


def tails(reference: str) -> tuple[str, ...]:
    """The last digits of a reference, as they are indexed: four of them to eight."""
    return tuple(f"#{reference[-n:]}" for n in range(TAIL_MIN, TAIL_MAX + 1))


def tail(text: str) -> str | None:
    """The last digits of a reference that somebody asks for, in any digits, with spaces or dashes between them; None if it is none."""
    digits = re.sub(r"[\W_]", "", ascii_digits(text))
    return f"#{digits}" if TAIL_MIN <= len(digits) <= TAIL_MAX and _TAIL.fullmatch(digits) else None


def hashed(key: bytes, word: str) -> int:
    """What stands for a word in the index: 64 bits, signed as databases count."""
    return int.from_bytes(hmac.digest(key, word.encode(), sha256)[:8], "big", signed=True)


def _spelt(word: str) -> str:
    if word.isascii():
        for pattern, plain in _ROMAN:
            word = pattern.sub(plain, word) if word.isalpha() else word
    return word


def _is_number(word: str) -> bool:
    return sum(c.isdigit() for c in word) >= _NUMBER_DIGITS

"""What a ticket can be found by: words, and the last digits of its reference, each stored as a keyed hash.

What people wrote stands only in texts, notes, drafts and what shifts hand over, so that it can be encrypted and erased; texts and notes
are indexed. The index holds hashes, and without the key nobody can look a word up in it. A word with seven digits or more is taken for the
number of a phone or an identity card, and is not indexed.
"""

import hmac
import re
from hashlib import sha256

from hotline.domain.folding import ascii_digits, match_key

WORDS_MAX = 300
"""How many different words of one text or note are indexed. A text of 1,600 characters has about as many."""

SOUGHT_MAX = 12
"""How many words are searched for at once: each costs a look-up for every ticket with the rarest of them."""

TAIL_MIN, TAIL_MAX = 4, 8
_NUMBER_DIGITS = 7
_LONGEST_WORD = 40
# Roman Urdu has no fixed spelling: long vowels and doubled letters are written in either way.
_ROMAN = ((re.compile("ee"), "i"), (re.compile("oo"), "u"), (re.compile(r"([a-z])\1+"), r"\1"))
_TAIL = re.compile(r"[0-9]+")


def key_of(secret: str) -> bytes:
    """The key of the hashes. Change the name in it if words are folded or progress is marked in a new way: all is indexed again."""
    return hmac.digest(secret.encode(), b"search words, 2", sha256)


def words(text: str) -> tuple[str, ...]:
    """The different words of a text as they are indexed and searched for, in order. A word has at least two letters or digits."""
    found = (_spelt(word[:_LONGEST_WORD]) for word in match_key(text).split() if len(word) > 1 and not _is_number(word))
    return tuple(dict.fromkeys(found))


def tails(reference: str) -> tuple[str, ...]:
    """The endings of a reference, of four to eight digits, as they are indexed."""
    return tuple(f"#{reference[-n:]}" for n in range(TAIL_MIN, TAIL_MAX + 1))


def tail(text: str) -> str | None:
    """The ending of a reference that a person typed, in any script's digits, with spaces or dashes between them; None if it is not one."""
    digits = re.sub(r"[\W_]", "", ascii_digits(text))
    return f"#{digits}" if TAIL_MIN <= len(digits) <= TAIL_MAX and _TAIL.fullmatch(digits) else None


def hashed(key: bytes, word: str) -> int:
    """The hash of a word in the index: 64 bits, as the signed integer of a database."""
    return int.from_bytes(hmac.digest(key, word.encode(), sha256)[:8], "big", signed=True)


def _spelt(word: str) -> str:
    """One spelling for all spellings of a Roman Urdu word."""
    if word.isascii():
        for pattern, plain in _ROMAN:
            word = pattern.sub(plain, word) if word.isalpha() else word
    return word


def _is_number(word: str) -> bool:
    return sum(c.isdigit() for c in word) >= _NUMBER_DIGITS

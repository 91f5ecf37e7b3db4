"""What a ticket can be found by: words, and the last digits of its reference, each stored as a keyed hash.

What people wrote is sealed; texts and notes are indexed. The index holds hashes, and without the key nobody can look a word up in it: a
thief of the database learns only which tickets share a word, and how often. The number of a phone, an
identity card or an account is not indexed, nor a part of it, nor any other word with seven digits or more.
"""

import hmac
import re
from hashlib import sha256

from hotline.domain import numbers
from hotline.domain.folding import ascii_digits, match_key
from hotline.domain.sounding import in_urdu_letters

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
_PARTS = re.compile(r"[0-9]+|[^0-9]+")
# Between letters these may stand for a space, or for nothing.
_JOINERS = re.compile("[\u200b-\u200d\u2060\ufeff]+")
# The second and the third part of a number plate like LEA-18-4521, with or without signs between them. Not of a longer number.
_PLATE = re.compile(r"(?<![a-z0-9])[a-z]{2,4} ?([0-9]{2}) ?([0-9]{3,4})(?! ?[0-9]|[a-z])")


def key_of(secret: bytes) -> bytes:
    """The key of the hashes. Change the name in it if words are folded or progress is marked in a new way: all is indexed again."""
    return hmac.digest(secret, b"search words, 5", sha256)


def words(text: str) -> tuple[str, ...]:
    """The different words of a text as they are indexed, in order: whatever `sought` gives for another way to write them is among them."""
    text = numbers.without(text)
    plates = [part for plate in _PLATE.finditer(match_key(text)) for part in (plate[1], plate[2], plate[1] + plate[2])]
    return tuple(dict.fromkeys((*_words(text), *_words(_JOINERS.sub(" ", text)), *plates)))


def sought(text: str) -> tuple[tuple[str, ...], ...]:
    """The different words that a volunteer typed, as they are looked for: with joiners as spaces, then, if that differs, as nothing."""
    text = numbers.without(text)
    return tuple(dict.fromkeys(found for found in (_words(_JOINERS.sub(" ", text)), _words(text)) if found))


def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for written in text.split() for word in _words_of(written)))


def _words_of(written: str) -> list[str]:
    """The words of what is written without a space: ABC-123 and abc123 are "abc" and "123". If all are single (5-C), they are one word."""
    keys = [key[:_LONGEST_WORD] for key in in_urdu_letters(written).split() if not _is_number(key)]
    parts = [part for key in keys for part in _PARTS.findall(key)]
    if all(len(part) == 1 for part in parts):
        parts = ["".join(parts)]
    return [_spelt(part) for part in parts if len(part) > 1 and not _is_number(part)]


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

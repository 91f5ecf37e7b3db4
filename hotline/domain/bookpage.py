"""How rows are bound into the pages of a book, and the code that stands for all pages until the end of a day.

Every digest is keyed and made of fields with their lengths before them, so that no two rows and no two pages give the same bytes. A page's
digest has the digest of the page before in it.
"""

import hashlib
import struct
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

_MARK = struct.Struct(">q8s")  # a row's id, and the mark of what it says
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: without I, L, O and U, which are read as others. Source: crockford.com/base32.html."""

_READ_AS = str.maketrans("ILO", "110", " -")
_CODE = 16
"""Characters of a code: 15 of 5 bits, and a last by which a mistyped character is told."""

Marks = Sequence[tuple[int, bytes]]
"""(id, mark) of the rows of a page, in their order. A mark has 8 bytes."""


def row_mark(key: bytes, fields: Iterable[bytes | None]) -> bytes:
    """The keyed mark of what a row says, 8 bytes; its id is not in it."""
    return hashlib.blake2b(_joined(fields), key=key, digest_size=8, person=b"book row").digest()


def packed(marks: Marks) -> bytes:
    """Marks as they are stored."""
    return b"".join(_MARK.pack(*mark) for mark in marks)


def unpacked(stored: bytes) -> Marks:
    """Stored marks. What does not fill a whole mark is left out."""
    return list(_MARK.iter_unpack(stored[: len(stored) // _MARK.size * _MARK.size]))


def rows_digest(key: bytes, stored: bytes) -> bytes:
    """The keyed digest of stored marks, 16 bytes."""
    return hashlib.blake2b(stored, key=key, digest_size=16, person=b"book rows").digest()


def page_digest(key: bytes, previous: bytes, fields: Iterable[bytes | None]) -> bytes:
    """The keyed digest of a page, 32 bytes; `previous` is that of the page before, b"" for the first."""
    return hashlib.blake2b(_joined((previous, *fields)), key=key, digest_size=32, person=b"book page").digest()


def removal_mark(key: bytes, digest: bytes, removed_at: str) -> bytes:
    """The keyed mark of the removal of a page's rows, 16 bytes."""
    return hashlib.blake2b(_joined((digest, removed_at.encode())), key=key, digest_size=16, person=b"book removal").digest()


def code(key: bytes, day: date, heads: Mapping[str, tuple[int, bytes]]) -> str:
    """The code of a day, 16 characters. `heads`: book → the number of its last page bound by the end of the day, and that page's digest."""
    told = (part for book, (number, digest) in sorted(heads.items()) for part in (book.encode(), str(number).encode(), digest))
    made = hashlib.blake2b(_joined((day.isoformat().encode(), *told)), key=key, digest_size=10, person=b"book code").digest()
    value = int.from_bytes(made) >> 5
    letters = "".join(_ALPHABET[value >> shift & 31] for shift in range(70, -5, -5))
    return letters + _check(letters)


def read_code(typed: str) -> str | None:
    """A code as a person typed it, with or without dashes and spaces; None if it is none, or a character is wrong."""
    read = typed.strip().upper().translate(_READ_AS)
    if len(read) != _CODE or not set(read) <= set(_ALPHABET) or _check(read[:-1]) != read[-1]:
        return None
    return read


def written_code(code_: str) -> str:
    """A code in groups of four, as people read it."""
    return "-".join(code_[start : start + 4] for start in range(0, len(code_), 4))


def _check(letters: str) -> str:
    # Odd weights have an inverse modulo 32: any one wrong character changes the sum.
    return _ALPHABET[sum((2 * place + 1) * _ALPHABET.index(letter) for place, letter in enumerate(letters)) % 32]


def _joined(fields: Iterable[bytes | None]) -> bytes:
    """Fields one behind the other, each with its length before it; None is told from an empty one."""
    return b"".join(b"\xff\xff\xff\xff" if field is None else len(field).to_bytes(4) + field for field in fields)

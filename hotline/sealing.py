"""Sealing: AES-256-GCM under the key of a contact, which is itself sealed by a key of the keys file.

What is sealed is bound to its place: the column, the contact, and what else tells it from its neighbours. Put elsewhere it does not open.
A sealed value is a version byte, a nonce of 12 bytes, and the text with its tag of 16; a wrapped key has the id of its sealing key between
version and nonce. A file is sealed in chunks, so that a part of it opens without the rest. Formats and reasons:
docs/adr/0033-sealed-under-a-key-for-each-contact.md.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR

from hotline.keys import Keys

OVERHEAD = 1 + 12 + 16
"""How much longer a sealed value is than its text, in bytes."""

CHUNK = 65_536
"""Bytes of a file that are sealed together."""

SEALED_CHUNK = CHUNK + 16
HEAD = 1 + 7
"""Bytes of a sealed file before its first chunk: the version, and the beginning of each chunk's nonce."""

_VERSION = b"\x01"
_NONCE = 12
_ID = 4
_TAG = SEALED_CHUNK - CHUNK


class SealBroken(Exception):
    """A sealed value does not open: it was changed, moved, cut, or sealed by a key that is not in the keys file."""


class KeyMissing(SealBroken):
    """It was sealed by a key that is not in the keys file of this host: another host's file may have it already."""


class ContactKey(NamedTuple):
    """The key of a contact, and the random number (16 bytes) that what it seals is bound to."""

    uid: bytes
    key: bytes

    def seal(self, place: str, text: str, *bound: object) -> bytes:
        """A text, sealed for its column (`table.column`) and for what else it is `bound` to."""
        return seal(self.key, text.encode("utf-8", "surrogatepass"), place, self.uid, *bound)

    def open(self, place: str, sealed: bytes, *bound: object) -> str:
        """The text of what `seal` made with the same place and `bound`. Raises `SealBroken`."""
        return unseal(self.key, sealed, place, self.uid, *bound).decode("utf-8", "surrogatepass")


def new_contact_key() -> ContactKey:
    """A key that no contact has yet."""
    drawn = os.urandom(48)
    return ContactKey(drawn[:16], drawn[16:])


def wrap(keys: Keys, contact: ContactKey) -> bytes:
    """The contact's key, sealed by the current sealing key."""
    return _VERSION + bytes.fromhex(keys.current) + _sealed(keys.sealing[keys.current], contact.key, _bound("key", (contact.uid,)))


def unwrap(keys: Keys, uid: bytes, wrapped: bytes) -> ContactKey:
    """The contact's key. Raises `KeyMissing`, `SealBroken`."""
    sealer = keys.sealing.get(wrapped_by(wrapped))
    if wrapped[:1] != _VERSION:
        raise SealBroken("it was sealed by a newer version")
    if sealer is None:
        raise KeyMissing(f"no sealing key {wrapped_by(wrapped)} in the keys file: hotline keys check")
    nonce, sealed = wrapped[1 + _ID : 1 + _ID + _NONCE], wrapped[1 + _ID + _NONCE :]
    try:
        return ContactKey(uid, _cipher(sealer).decrypt(nonce, sealed, _bound("key", (uid,))))
    except (InvalidTag, ValueError) as fault:
        raise SealBroken("the key of a contact does not open") from fault


def wrapped_by(wrapped: bytes) -> str:
    """The id of the sealing key that wrapped a contact's key."""
    return wrapped[1 : 1 + _ID].hex()


def seal(key: bytes, text: bytes, place: str, *bound: object) -> bytes:
    """Bytes, sealed by a key of 32 bytes for their place."""
    return _VERSION + _sealed(key, text, _bound(place, bound))


def _sealed(key: bytes, text: bytes, bound: bytes) -> bytes:
    """The nonce and the sealed bytes.

    The nonce is a keyed hash of the text and of what it is bound to, so that none serves two of them, not even where a process, a machine
    or its random numbers are copied. The same text at the same place is the same when it is sealed again.
    """
    told = len(bound).to_bytes(4, "big") + bound + text
    nonce = hashlib.blake2b(told, digest_size=_NONCE, key=key, person=b"nonce").digest()
    return nonce + _cipher(key).encrypt(nonce, text, bound)


def unseal(key: bytes, sealed: bytes, place: str, *bound: object) -> bytes:
    """What `seal` was given. Raises `SealBroken`."""
    if sealed[:1] != _VERSION:
        raise SealBroken("it was sealed by a newer version, or is not sealed")
    try:
        return _cipher(key).decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], _bound(place, bound))
    except (InvalidTag, ValueError) as fault:
        raise SealBroken(f"{place} does not open") from fault


class SealedFile:
    """A file that is sealed in chunks under a key of its own, made from the contact's key and from what the file is bound to.

    A chunk's nonce is 7 bytes from the head of the file, the chunk's number, and whether it is the last: no chunk opens in another place,
    and a file that ends too soon does not either. The 7 bytes are a keyed hash of the content: no nonce serves two contents, and two
    workers that seal the same file write the same bytes.
    """

    def __init__(self, contact: ContactKey, place: str, *bound: object) -> None:
        self._bound = _bound(place, (contact.uid, *bound))
        self._key = hashlib.blake2b(self._bound, digest_size=32, key=contact.key, person=b"file").digest()
        self._aes = AESGCM(self._key)

    def seal(self, content: bytes) -> bytes:
        """The content, sealed."""
        head = _VERSION + hashlib.blake2b(content, digest_size=HEAD - 1, key=self._key, person=b"head").digest()
        count = max(1, -(-len(content) // CHUNK))
        view = memoryview(content)
        chunks = (view[n * CHUNK : (n + 1) * CHUNK] for n in range(count))
        return b"".join((head, *(self._aes.encrypt(_nonce(head, n, count), chunk, self._bound) for n, chunk in enumerate(chunks))))

    def open(self, head: bytes, chunks: Iterable[bytes], numbers: range, sealed_bytes: int) -> Iterator[bytes]:
        """The chunks of these numbers, opened one by one. Raises `SealBroken`, and never gives what is not as it was sealed.

        `sealed_bytes`: the size of the whole file, sealed.
        """
        count, there = _chunks(sealed_bytes), iter(chunks)
        for number in numbers:
            sealed = next(there, b"")
            if head[:1] != _VERSION or len(head) != HEAD:
                raise SealBroken("it was sealed by a newer version, or is not sealed")
            if number == numbers[-1] and next(there, b""):
                raise SealBroken("there is more than was sealed")
            try:
                yield self._aes.decrypt(_nonce(head, number, count), sealed, self._bound)
            except (InvalidTag, ValueError) as fault:
                raise SealBroken(f"chunk {number} of {count} does not open") from fault


class Scratch:
    """Hides what a process puts into a file of its own for a while (AES-256-CTR): the key is in its memory only, and gone with it.

    It does not notice changes. The bytes at one place must be hidden only once.
    """

    def __init__(self) -> None:
        self._aes = AES256(os.urandom(32))

    def turned(self, data: bytes, at: int) -> bytes:
        """The bytes at the place `at` of the file, hidden if they were plain, and plain if they were hidden."""
        block, skipped = divmod(at, 16)
        turning = Cipher(self._aes, CTR(block.to_bytes(16))).encryptor()
        turning.update(bytes(skipped))
        return turning.update(data)


def plain_size(sealed_bytes: int) -> int:
    """The size of a file before it was sealed. Raises `SealBroken` if no sealed file has such a size."""
    return sealed_bytes - HEAD - _TAG * _chunks(sealed_bytes)


def _chunks(sealed_bytes: int) -> int:
    count = -(-(sealed_bytes - HEAD) // SEALED_CHUNK)
    if sealed_bytes < HEAD + _TAG or (count > 1 and (sealed_bytes - HEAD) % SEALED_CHUNK in range(1, _TAG + 1)):
        raise SealBroken(f"no sealed file has {sealed_bytes} bytes")
    return count


def _nonce(head: bytes, number: int, count: int) -> bytes:
    return head[1:] + number.to_bytes(4, "big") + bytes([number == count - 1])


@lru_cache(maxsize=64)
def _cipher(key: bytes) -> AESGCM:
    """The cipher of a key. To make one costs as much as to seal a text, and a text that comes in needs one three times."""
    return AESGCM(key)


def mark(keys: Keys, address: str) -> bytes:
    """The mark of a number or name, of 16 bytes: the same for the same number, and without the key nobody's."""
    return hashlib.blake2b(address.encode(), digest_size=16, key=keys.mark, person=b"mark").digest()


def _bound(place: str, bound: tuple[object, ...]) -> bytes:
    """The place and what else a value is bound to, each with its length before it, so that no two lists read alike."""
    parts = [place.encode(), *[part if isinstance(part, bytes) else str(part).encode() for part in bound]]
    return b"".join([len(part).to_bytes(4, "big") + part for part in parts])

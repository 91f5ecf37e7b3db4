"""Recordings and photos as they lie in a store: sealed under the key of the caller, and opened only as far as somebody listens.

A name that ends in `.sealed` says that the file is sealed. Recordings from before lie as they came, until a worker has sealed them.
"""

import contextlib
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass

from hotline.media.store import Store
from hotline.sealing import CHUNK, HEAD, SEALED_CHUNK, ContactKey, SealBroken, SealedFile, plain_size

SEALED = ".sealed"
"""The end of the name of a sealed file, behind the ending of its form."""

_PLACE = "recordings"


class RecordingBroken(SealBroken):
    """A recording does not open: its file was changed, cut or exchanged."""


def seal(key: ContactKey, name: str, audio: bytes) -> bytes:
    """The file of a recording, sealed under its caller's key and for the name that it gets."""
    return SealedFile(key, _PLACE, name).seal(audio)


def is_sealed(name: str) -> bool:
    """Whether the file of this name is sealed."""
    return name.endswith(SEALED)


def audio_bytes(name: str, stored_bytes: int) -> int:
    """The size of the audio in a file of this name and size. Raises `SealBroken` if no sealed file has that size."""
    return plain_size(stored_bytes) if is_sealed(name) else stored_bytes


@dataclass(frozen=True)
class StoredAudio:
    """The file of a recording in its store. `stored_bytes`: the size of the file."""

    store: Store
    name: str
    stored_bytes: int
    key: ContactKey

    @property
    def size_bytes(self) -> int:
        """The size of the audio. Raises `SealBroken`."""
        return audio_bytes(self.name, self.stored_bytes)

    @property
    def ending(self) -> str:
        """The ending of the audio's form, as in `audio.MEDIA_TYPES`."""
        return self.name.removesuffix(SEALED).rpartition(".")[2]

    def read(self, start: int, stop: int) -> Generator[bytes]:
        """The bytes of the audio from `start` to before `stop`, in pieces. Only the chunks in which they lie are read and opened.

        The first piece raises `StoreFault` if the store fails; any raises `RecordingBroken` where the file is not as it was sealed.
        """
        if start >= stop:
            return
        if not is_sealed(self.name):
            yield from self.store.read(self.name, start, stop - start)
            return
        numbers = range(start // CHUNK, (stop - 1) // CHUNK + 1)
        begin, end = HEAD + numbers[0] * SEALED_CHUNK, HEAD + (numbers[-1] + 1) * SEALED_CHUNK
        if end >= self.stored_bytes:  # one byte more than there should be: what was put behind the last chunk is found
            end = self.stored_bytes + 1
        head = b"".join(self.store.read(self.name, 0, HEAD))
        with contextlib.closing(self.store.read(self.name, begin, end - begin)) as sealed:
            opened = SealedFile(self.key, _PLACE, self.name).open(head, _cut(sealed), numbers, self.stored_bytes)
            try:
                for number, chunk in zip(numbers, opened, strict=True):
                    first = number * CHUNK
                    yield chunk[max(0, start - first) : stop - first]
            except SealBroken as fault:
                raise RecordingBroken(str(fault)) from fault


def _cut(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces that a store gives, cut anew into chunks."""
    kept = bytearray()
    for piece in pieces:
        kept += piece
        while len(kept) >= SEALED_CHUNK:
            yield bytes(kept[:SEALED_CHUNK])
            del kept[:SEALED_CHUNK]
    if kept:
        yield bytes(kept)

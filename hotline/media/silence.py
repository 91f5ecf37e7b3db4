"""Stretches of a recording that are heard as silence: the samples are replaced on the way out, or for good.

It works on WAV alone: every byte of a sample stands where it can be counted. In an MP3 it cannot.
"""

import struct
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass

from hotline.domain.redaction import Span
from hotline.media import audio
from hotline.media.audio import NotAudio
from hotline.media.sealedaudio import StoredAudio

_HEAD_BYTES = 65_536
"""How much of a file is read to find where its samples begin."""


class CannotCut(Exception):
    """The recording is in a form of which no stretch can be silenced."""


@dataclass(frozen=True)
class Samples:
    """Where the samples of a WAV stand: from byte `start` to before `stop`. `quiet`: the byte of which silence is made."""

    start: int
    stop: int
    frame_bytes: int
    rate_hz: int
    quiet: bytes

    def bytes_of(self, stretch: Span) -> Span:
        """The bytes of a stretch in milliseconds: whole samples, and rather one more than one too few."""
        first = stretch.starts * self.rate_hz // 1000
        last = -(-stretch.ends * self.rate_hz // 1000)
        return Span(self.start + first * self.frame_bytes, min(self.stop, self.start + last * self.frame_bytes))


def samples_of(stored: StoredAudio) -> Samples:
    """Where the samples of a stored recording stand. Raises `CannotCut`, `StoreFault`, `RecordingBroken`."""
    size = stored.size_bytes
    try:
        laid = audio.layout(b"".join(stored.read(0, min(size, _HEAD_BYTES))))
    except (NotAudio, struct.error) as fault:
        raise CannotCut(str(fault)) from fault
    stop = size if laid.told is None else min(size, laid.start + laid.told)
    return Samples(laid.start, stop, laid.frame_bytes, laid.rate_hz, laid.quiet)


def heard(stored: StoredAudio, start: int, stop: int, stretches: Sequence[Span]) -> Generator[bytes]:
    """As `StoredAudio.read`, with the stretches, in milliseconds, silent. Raises `CannotCut` besides."""
    if not stretches:
        yield from stored.read(start, stop)
        return
    samples = samples_of(stored)
    yield from _silenced(stored.read(start, stop), start, [samples.bytes_of(one) for one in stretches], samples.quiet)


def _silenced(pieces: Iterable[bytes], at: int, spans: Sequence[Span], quiet: bytes) -> Generator[bytes]:
    """The pieces, of which the first byte is byte `at` of the recording, with `quiet` wherever a span is."""
    for piece in pieces:
        end = at + len(piece)
        within = [Span(max(at, starts) - at, min(end, ends) - at) for starts, ends in spans if starts < end and ends > at]
        if within:
            changed = bytearray(piece)
            for starts, ends in within:
                changed[starts:ends] = quiet * (ends - starts)
            yield bytes(changed)
        else:
            yield piece
        at = end

"""What came as a recording: the sound that a browser can play, and how long it lasts.

Only headers are read here, and two tables of telephone codecs. Nothing that came from outside is given to a decoder of ours (ADR 20).
"""

import io
import struct
import wave
from dataclasses import dataclass

from hotline.media import mp3

_PCM, _A_LAW, _MU_LAW, _EXTENSIBLE = 1, 6, 7, 0xFFFE  # WAVE_FORMAT_… of mmreg.h
_UNKNOWN_LENGTHS = frozenset({0, 0xFFFFFFFF})
"""The lengths that a program writes that cannot go back to the header: the samples then last to the end of the file."""

MEDIA_TYPES = {"wav": "audio/wav", "mp3": "audio/mpeg"}
"""The ending of a sound's name → the type by which a browser plays it."""


class NotAudio(Exception):
    """There is no sound in it that a browser could play."""


@dataclass(frozen=True)
class Sound:
    """Sound as a browser plays it. `ending`: a key of `MEDIA_TYPES`."""

    content: bytes
    duration_s: float
    ending: str


def heard(content: bytes) -> Sound:
    """The sound in a file: a WAV or an MP3. Raises `NotAudio`.

    What is there is counted: the header of a file that was cut off or streamed says something else. A WAV whose header is wrong gets a
    right one, and A-law and µ-law become plain samples, because not every browser plays them. Any other file stays as it came.
    """
    if content[:4] == b"RIFF" and content[8:12] == b"WAVE":
        return _wav(content)
    if (duration_s := mp3.duration_s(content)) is not None:
        return Sound(content, duration_s, "mp3")
    raise NotAudio("it is neither WAV nor MP3")


@dataclass(frozen=True)
class _Format:
    """What a WAV says of its samples."""

    codec: int
    channels: int
    rate_hz: int
    bits: int

    @property
    def frame_bytes(self) -> int:
        return self.channels * self.bits // 8


@dataclass(frozen=True)
class Layout:
    """Where the samples of a WAV begin, how many bytes of them it tells (None: to its end), the bytes of a moment on all channels, and the
    byte of which silence is made."""

    start: int
    told: int | None
    frame_bytes: int
    rate_hz: int
    quiet: bytes


def layout(head: bytes) -> Layout:
    """Where the samples of a WAV stand, given its first bytes. Raises `NotAudio` for anything else, and where they begin further on."""
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        raise NotAudio("it is no WAV")
    format_, start, told = _chunks(head)
    # PCM of 8 bits is unsigned, all other is signed; the codes of no sound are those of ITU-T G.711.
    quiet = {_A_LAW: 0xD5, _MU_LAW: 0xFF}.get(format_.codec, 0x80 if format_.bits == 8 else 0)
    return Layout(start, None if told in _UNKNOWN_LENGTHS else told, format_.frame_bytes, format_.rate_hz, bytes([quiet]))


def _wav(content: bytes) -> Sound:
    format_, start, told = _chunks(content)
    there = len(content) - start
    is_true = told not in _UNKNOWN_LENGTHS and told <= there
    size_bytes = told if is_true else there
    size_bytes -= size_bytes % format_.frame_bytes
    duration_s = size_bytes / format_.frame_bytes / format_.rate_hz
    if not size_bytes:
        raise NotAudio("there is nothing in it")
    if format_.codec == _PCM and is_true:
        return Sound(content, duration_s, "wav")
    samples = content[start : start + size_bytes]
    if format_.codec != _PCM:
        samples = _widened(samples, _TABLES[format_.codec])
    return Sound(_written(format_, samples), duration_s, "wav")


def _chunks(content: bytes) -> tuple[_Format, int, int]:
    """The format of a WAV, where its samples begin, and how many bytes of them it tells. Its chunks come in any order."""
    format_, at = None, 12
    data: tuple[int, int] | None = None
    while at + 8 <= len(content) and (format_ is None or data is None):
        name, size = struct.unpack_from("<4sI", content, at)
        at += 8
        if name == b"data" and data is None:
            data = at, size
        elif name == b"fmt ":
            format_ = _format(content[at : at + size])
        at += size + size % 2
    if format_ is None or data is None:
        raise NotAudio("its header is not whole")
    return format_, *data


def _format(chunk: bytes) -> _Format:
    if len(chunk) < 16:
        raise NotAudio("its header is not whole")
    codec, channels, rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", chunk)
    if codec == _EXTENSIBLE and len(chunk) >= 26:
        (codec,) = struct.unpack_from("<H", chunk, 24)  # the first bytes of the sub-format, which is the codec
    is_known = bits in {_PCM: (8, 16, 24, 32), _A_LAW: (8,), _MU_LAW: (8,)}.get(codec, ())
    if not (is_known and 1 <= channels <= 8 and 1 <= rate_hz <= 192_000):
        raise NotAudio(f"its format is unknown: {codec}, {channels} channels, {rate_hz} Hz, {bits} bits")
    return _Format(codec, channels, rate_hz, bits)


def _written(format_: _Format, samples: bytes) -> bytes:
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(format_.channels)
        file.setsampwidth(format_.bits // 8 if format_.codec == _PCM else 2)
        file.setframerate(format_.rate_hz)
        file.writeframes(samples)
    return content.getvalue()


def _a_law(code: int) -> int:
    """The 16-bit sample of an A-law byte, by ITU-T G.711."""
    code ^= 0x55
    segment, size = (code & 0x70) >> 4, ((code & 0x0F) << 4) + 8
    if segment:
        size = (size + 0x100) << (segment - 1)
    return size if code & 0x80 else -size


def _mu_law(code: int) -> int:
    """The 16-bit sample of a µ-law byte, by ITU-T G.711."""
    code ^= 0xFF
    size = ((((code & 0x0F) << 3) + 0x84) << ((code & 0x70) >> 4)) - 0x84
    return -size if code & 0x80 else size


_TABLES = {
    codec: tuple(struct.pack("<256h", *map(sample_of, range(256)))[half::2] for half in (0, 1))
    for codec, sample_of in ((_A_LAW, _a_law), (_MU_LAW, _mu_law))
}
"""Codec → the low and the high byte of the sample of each code."""


def _widened(codes: bytes, table: tuple[bytes, ...]) -> bytes:
    samples = bytearray(2 * len(codes))
    for half in (0, 1):
        samples[half::2] = codes.translate(table[half])
    return bytes(samples)

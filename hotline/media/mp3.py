"""How long an MP3 lasts, by the headers of its frames (ISO/IEC 11172-3 and 13818-3, Layer III). No sound is decoded."""

_KBITS = (
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),  # MPEG 2 and 2.5
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),  # MPEG 1
)
_RATES_HZ = {0: (11_025, 12_000, 8_000), 2: (22_050, 24_000, 16_000), 3: (44_100, 48_000, 32_000)}
_MPEG_1 = 3
_LEAST_FRAMES = 3
"""So many in a row are no accident."""


def duration_s(content: bytes) -> float | None:
    """How many seconds an MP3 lasts, as far as its frames follow each other; None if it is no MP3."""
    at, frames, duration = _after_tag(content), 0, 0.0
    while (frame := _frame(content[at : at + 4])) is not None and at + frame[0] <= len(content):
        size_bytes, frame_s = frame
        at, frames, duration = at + size_bytes, frames + 1, duration + frame_s
    return duration if frames >= _LEAST_FRAMES else None


def _after_tag(content: bytes) -> int:
    """Where the frames begin: after an ID3 tag, whose size has seven bits in each byte."""
    if content[:3] != b"ID3" or len(content) < 10:
        return 0
    size = 0
    for byte in content[6:10]:
        size = size << 7 | byte & 0x7F
    return 10 + size


def _frame(header: bytes) -> tuple[int, float] | None:
    """The bytes and the seconds of the frame that begins with this header; None if it is none."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE6 != 0xE2:  # eleven bits are set, and the layer is III
        return None
    version, kbits, rate = header[1] >> 3 & 3, header[2] >> 4, header[2] >> 2 & 3
    if version not in _RATES_HZ or kbits in (0, 15) or rate == 3:
        return None
    is_first = version == _MPEG_1
    rate_hz, samples = _RATES_HZ[version][rate], 1152 if is_first else 576
    return samples // 8 * 1000 * _KBITS[is_first][kbits] // rate_hz + (header[2] >> 1 & 1), samples / rate_hz

"""Sound of telephone quality (8,000 samples a second, one channel, 16 bits): trim, level and measure it, read and write it as WAV."""

import io
import math
import wave
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

Samples: TypeAlias = "array[int]"
"""16-bit samples: an array of type "h"."""

RATE_HZ = 8000
"""Samples a second, as a telephone carries them. More would be dropped on the way, and take longer to fetch."""

LEVEL_DB = -20.0
"""The mean power of every clip, outside pauses, in dB of full scale. It is the same for all, as they are heard one after another."""

PEAK_DB = -1.5
"""The loudest that a sample may be, in dB of full scale: telephone codecs distort above it."""

_FULL_SCALE = 32768
_WINDOW = RATE_HZ // 50
# Quieter than speech by this much is a pause. In recordings made at home, the noise is some 30 dB below the voice.
_PAUSE_DB = 26.0
# Samples kept before and after the speech: the hiss of a first or last consonant is quieter than the threshold.
_LEAD = RATE_HZ * 6 // 100
_TAIL = RATE_HZ * 14 // 100

SILENT_DB = -60.0
"""A recording that is quieter than this throughout counts as silence."""


class NotOurSound(Exception):
    """The file is not a WAV of telephone quality; the message says what it is."""


@dataclass(frozen=True)
class Measured:
    """The length of a clip in seconds; its level (outside pauses) and its peak in dB of full scale."""

    duration_s: float
    level_db: float
    peak_db: float


def measure(samples: Sequence[int]) -> Measured:
    """Measure samples. The levels of silence are minus infinity."""
    peak = max((abs(sample) for sample in samples), default=0)
    powers = _powers(samples)
    threshold = _threshold(powers)
    loud = [power for power in powers if power > threshold]
    level = sum(loud) / len(loud) if loud else 0.0
    return Measured(len(samples) / RATE_HZ, _power_db(level), _power_db((peak / _FULL_SCALE) ** 2))


def ready(samples: Sequence[int], *, pause_s: float = 0.0) -> Samples:
    """Samples made into a clip: silence at both ends cut off, levelled, and with a pause at the end. Raises ValueError for silence."""
    trimmed = _trimmed(samples)
    measured = measure(trimmed)
    gain = 10 ** (min(LEVEL_DB - measured.level_db, PEAK_DB - measured.peak_db) / 20)
    levelled = array("h", (max(-_FULL_SCALE, min(_FULL_SCALE - 1, round(sample * gain))) for sample in trimmed))
    return levelled + array("h", bytes(2 * round(pause_s * RATE_HZ)))


def written(samples: Samples) -> bytes:
    """Samples as the content of a WAV file."""
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(samples.tobytes())
    return content.getvalue()


def read_wav(path: Path) -> Samples:
    """The samples of a WAV file. Raises OSError, and NotOurSound if it is not of telephone quality."""
    try:
        with wave.open(str(path), "rb") as file:
            found = (file.getframerate(), file.getnchannels(), file.getsampwidth() * 8)
            if found != (RATE_HZ, 1, 16):
                raise NotOurSound("{} Hz, {} channels, {} bits".format(*found))
            return array("h", file.readframes(file.getnframes()))
    except (wave.Error, EOFError) as error:
        raise NotOurSound(f"no WAV file we can read: {error}") from error


def _trimmed(samples: Sequence[int]) -> Sequence[int]:
    powers = _powers(samples)
    if not powers or _power_db(max(powers)) < SILENT_DB:
        raise ValueError("there is nothing to hear")
    threshold = _threshold(powers)
    loud = [window for window, power in enumerate(powers) if power > threshold]
    return samples[max(0, loud[0] * _WINDOW - _LEAD) : (loud[-1] + 1) * _WINDOW + _TAIL]


def _powers(samples: Sequence[int]) -> list[float]:
    """The mean power of each fiftieth of a second; 1 is full scale."""
    return [
        sum(sample * sample for sample in window) / len(window) / _FULL_SCALE**2
        for window in (samples[at : at + _WINDOW] for at in range(0, len(samples), _WINDOW))
    ]


def _threshold(powers: Sequence[float]) -> float:
    """The power above which sound is speech. It is relative to the loudest tenth, so that a single click does not raise it too far."""
    loudest = sorted(powers, reverse=True)[: max(1, len(powers) // 10)]
    return float(10 ** (-_PAUSE_DB / 10) * sum(loudest) / len(loudest)) if loudest else 0.0


def _power_db(power: float) -> float:
    return 10 * math.log10(power) if power > 0 else -math.inf

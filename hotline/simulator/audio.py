"""What a caller says, as Twilio keeps it: WAV, 8 kHz, 16 bit, one channel."""

import io
import math
import random
import wave
from array import array
from collections.abc import Iterable
from itertools import accumulate

RATE = 8000
MAX_SECONDS = 600


def tone(seconds: float) -> bytes:
    """A warble that rises and falls twice a second: audible, and no two places of a second alike."""
    second = array(
        "h", (int(9000 * math.sin(math.tau * 4 * n / RATE) * math.sin(math.tau * (300 + n / 40) * n / RATE)) for n in range(RATE))
    )
    frames = round(seconds * RATE)
    return _wav((second * (frames // RATE + 1))[:frames])


def line_noise(seconds: float) -> bytes:
    """A line on which nobody speaks."""
    noise = random.Random(8000)  # noqa: S311  the same noise each time
    return _wav(array("h", (noise.randint(-12, 12) for _ in range(round(seconds * RATE)))))


def silence(seconds: float) -> bytes:
    return _wav(array("h", bytes(2 * round(seconds * RATE))))


def join(parts: Iterable[bytes]) -> bytes:
    """Several of ours, one after the other."""
    joined = array("h")
    for part in parts:
        with wave.open(io.BytesIO(part)) as sound:
            joined.frombytes(sound.readframes(sound.getnframes()))
    return _wav(joined)


def seconds_of(audio: bytes) -> float:
    """The length of one of ours."""
    with wave.open(io.BytesIO(audio)) as sound:
        return float(sound.getnframes() / sound.getframerate())


def cut(audio: bytes, seconds: float) -> bytes:
    """One of ours, at most so long."""
    with wave.open(io.BytesIO(audio)) as sound:
        return _wav(array("h", sound.readframes(round(seconds * RATE))))


def as_telephone(given: bytes) -> bytes:
    """Any uncompressed WAV of 8 or 16 bit made one of ours. Raises ValueError for what is none, or is too long."""
    try:
        with wave.open(io.BytesIO(given)) as sound:
            channels, width, rate, count = sound.getnchannels(), sound.getsampwidth(), sound.getframerate(), sound.getnframes()
            if width not in {1, 2} or not 4000 <= rate <= 192_000 or count > MAX_SECONDS * rate:
                raise ValueError(f"a WAV of 8 or 16 bit and at most {MAX_SECONDS} s is needed")
            frames = sound.readframes(count)
    except (wave.Error, EOFError) as broken:
        raise ValueError(f"not a WAV: {broken}") from None
    samples = array("h", frames[: len(frames) // 2 * 2]) if width == 2 else array("h", ((byte - 128) << 8 for byte in frames))
    one = samples[::channels]
    return _wav(one if rate == RATE else _resampled(one, rate))


def _resampled(samples: "array[int]", rate: int) -> "array[int]":
    """Each new sample is the mean of the old ones in its place: crude, and speech stays speech."""
    sums = array("q", accumulate(samples, initial=0))
    length = len(samples) * RATE // rate
    means = array("h")
    for n in range(length):
        begin = n * rate // RATE
        end = max((n + 1) * rate // RATE, begin + 1)
        means.append((sums[end] - sums[begin]) // (end - begin))
    return means


def _wav(samples: "array[int]") -> bytes:
    kept = io.BytesIO()
    with wave.open(kept, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(samples.tobytes())
    return kept.getvalue()

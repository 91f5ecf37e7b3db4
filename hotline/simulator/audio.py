"""Sound as Twilio stores it: WAV, 8,000 samples a second, 16 bits, one channel. Below, "such a WAV"."""

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
    """A warble of this length, which stands for speech. No two places within a second are alike, so that a test can tell them apart."""
    second = array(
        "h", (int(9000 * math.sin(math.tau * 4 * n / RATE) * math.sin(math.tau * (300 + n / 40) * n / RATE)) for n in range(RATE))
    )
    frames = round(seconds * RATE)
    return _wav((second * (frames // RATE + 1))[:frames])


def line_noise(seconds: float) -> bytes:
    """The faint noise of a line on which nobody speaks."""
    noise = random.Random(8000)  # noqa: S311  the same noise each time
    return _wav(array("h", (noise.randint(-12, 12) for _ in range(round(seconds * RATE)))))


def silence(seconds: float) -> bytes:
    return _wav(array("h", bytes(2 * round(seconds * RATE))))


def join(parts: Iterable[bytes]) -> bytes:
    """Several such WAVs joined into one."""
    joined = array("h")
    for part in parts:
        with wave.open(io.BytesIO(part)) as sound:
            joined.frombytes(sound.readframes(sound.getnframes()))
    return _wav(joined)


def seconds_of(audio: bytes) -> float:
    """The length of such a WAV."""
    with wave.open(io.BytesIO(audio)) as sound:
        return float(sound.getnframes() / sound.getframerate())


def cut(audio: bytes, seconds: float) -> bytes:
    """The first `seconds` of such a WAV."""
    with wave.open(io.BytesIO(audio)) as sound:
        return _wav(array("h", sound.readframes(round(seconds * RATE))))


def as_telephone(given: bytes) -> bytes:
    """Convert any uncompressed WAV of 8 or 16 bits. Raises ValueError if it is not one, or is longer than `MAX_SECONDS`."""
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
    """Samples at `RATE`. Each is the mean of the old samples in its place: crude, but good enough for speech."""
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

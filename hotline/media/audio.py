"""Is it audio, and how long? WAV alone, which is what a gateway's recordings are."""

import wave
from typing import BinaryIO

_FRAMES_AT_ONCE = 65_536


class NotAudio(Exception):
    """It is no WAV, or one without a sound in it."""


def length_s(audio: BinaryIO) -> float:
    """How long a WAV lasts, in seconds, by what is in it: its header promises the same of a file that was cut off.

    Raises `NotAudio`.
    """
    try:
        with wave.open(audio, "rb") as sound:
            rate, width = sound.getframerate(), sound.getnchannels() * sound.getsampwidth()
            size_bytes = 0
            while frames := sound.readframes(_FRAMES_AT_ONCE):
                size_bytes += len(frames)
    except (wave.Error, EOFError, RuntimeError) as fault:  # the last: a piece says it is longer than the whole
        raise NotAudio(str(fault)) from fault
    if not rate or size_bytes < width:
        raise NotAudio("there is nothing in it")
    return size_bytes / width / rate

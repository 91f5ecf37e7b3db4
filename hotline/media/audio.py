"""Check that a recording is audio, and how long it is. Only WAV is read, the format of a gateway's recordings."""

import wave
from typing import BinaryIO

_FRAMES_AT_ONCE = 65_536


class NotAudio(Exception):
    """The file is not a WAV, or there is no sound in it."""


def length_s(audio: BinaryIO) -> float:
    """How long a WAV lasts, in seconds. The samples are counted: the header of a file that was cut off still gives the full length.

    Raises `NotAudio`.
    """
    try:
        with wave.open(audio, "rb") as sound:
            rate, width = sound.getframerate(), sound.getnchannels() * sound.getsampwidth()
            size_bytes = 0
            while frames := sound.readframes(_FRAMES_AT_ONCE):
                size_bytes += len(frames)
    except (wave.Error, EOFError, RuntimeError) as fault:  # RuntimeError: a chunk says that it is longer than the file
        raise NotAudio(str(fault)) from fault
    if not rate or size_bytes < width:
        raise NotAudio("there is nothing in it")
    return size_bytes / width / rate

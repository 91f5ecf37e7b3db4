"""Speech made from text by espeak-ng: placeholders, until a person has recorded the prompts. The extra `prompts` installs it.

The library is called as its speak_lib.h says. It is needed to build clips only, never by the running hotline.
"""

import ctypes
from array import array
from collections.abc import Callable
from functools import cache

import espeakng_loader

from hotline.media.sound import Samples

_RETRIEVAL = 1  # AUDIO_OUTPUT_RETRIEVAL: samples come to the callback
_UTF8 = 1  # espeakCHARS_UTF8
_BY_CHARACTER = 1  # POS_CHARACTER
_RATE = 1  # espeakRATE, words a minute
_WORDS_PER_MINUTE = 155

_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class SpeechFault(Exception):
    """espeak-ng cannot speak; the message says why."""


@cache  # initialised a second time in one process, the library hangs
def open_speech() -> tuple[Callable[[str, str], Samples], int]:
    """A function (voice, text) → samples, and their rate in Hz; `voice` is a `machine_voice` of the table of languages ("en" is British).

    Both raise SpeechFault.
    """
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    rate_hz = library.espeak_Initialize(_RETRIEVAL, 0, str(espeakng_loader.get_data_path()).encode(), 0)
    if rate_hz <= 0:
        raise SpeechFault("espeak-ng does not start")
    spoken = array("h")

    def take(samples: "ctypes._Pointer[ctypes.c_short]", count: int, _events: int | None) -> int:
        if samples and count > 0:
            spoken.frombytes(ctypes.string_at(samples, 2 * count))
        return 0

    callback = _Callback(take)
    library.espeak_SetSynthCallback(callback)

    def speak(voice: str, text: str, _kept: object = callback) -> Samples:
        # `_kept` keeps the callback alive as long as this function, which makes the library call it.
        if library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise SpeechFault(f"espeak-ng has no voice {voice!r}")
        library.espeak_SetParameter(_RATE, _WORDS_PER_MINUTE, 0)
        del spoken[:]
        encoded = text.encode() + b"\0"
        done = library.espeak_Synth(encoded, ctypes.c_size_t(len(encoded)), 0, _BY_CHARACTER, 0, _UTF8, None, None)
        if done != 0 or library.espeak_Synchronize() != 0 or not spoken:
            raise SpeechFault(f"espeak-ng does not speak {text!r}")
        return array("h", spoken)

    return speak, rate_hz

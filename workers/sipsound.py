"""What a caller on a line of our own hears, as samples: prompts from their files, the beep, the tone of a phone that rings. And whether
anything is said."""

import math
from array import array
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from hotline import i18n
from hotline.domain.voice import Pause, Say, Sound
from hotline.i18n import Catalogues
from hotline.log import logger
from hotline.media import sound
from hotline.media.sound import RATE_HZ, NotOurSound

_QUIET_DB = -50.0
"""What is quieter is no speech, in dB of full scale. A whisper into a phone is some 10 dB louder, the hiss of a good line 10 dB
quieter. On a line that hisses louder, silence ends no recording: the longest time does."""

_FULL_SCALE = 32_768


def samples_of(catalogues: Catalogues, sounds: Sequence[Sound]) -> bytes:
    """The samples of sounds, one after the other. A clip whose file is missing is left out, and logged: the caller hears the rest."""
    heard = bytearray()
    for one in sounds:
        match one:
            case Pause():
                heard += bytes(2 * RATE_HZ * one.seconds)
            case Say():
                folder = i18n.prompts_path(i18n.LOCALES, one.language)
                for clip in catalogues.clips(one.language, one.prompt, **dict(one.values)):
                    heard += _clip(folder / f"{clip}.wav")
    return bytes(heard)


def _clip(path: Path) -> bytes:
    try:
        return _read(path, path.stat().st_mtime_ns)
    except (OSError, NotOurSound) as fault:
        logger().error("a prompt cannot be played", clip=f"{path.parent.parent.name}/{path.stem}", fault=str(fault))
        return b""


@lru_cache(maxsize=400)
def _read(path: Path, _changed_at_ns: int) -> bytes:
    """The samples of a file: a new recording is heard from the next call on."""
    return sound.read_wav(path).tobytes()


def _tone(hz: int, seconds: float, *, silence_s: float = 0) -> bytes:
    loud = _FULL_SCALE * 10 ** (sound.LEVEL_DB / 20) * math.sqrt(2)
    wave = array("h", (round(loud * math.sin(2 * math.pi * hz * n / RATE_HZ)) for n in range(round(seconds * RATE_HZ))))
    return wave.tobytes() + bytes(2 * round(silence_s * RATE_HZ))


BEEP = _tone(1000, 0.4)

RINGING = _tone(400, 1, silence_s=4)
"""As phones in Pakistan say that the other one rings (ITU-T E.180, supplement 2)."""


def is_quiet(samples: bytes) -> bool:
    """Whether nobody speaks in samples of some tenths of a second."""
    values = array("h", samples)
    power = sum(value * value for value in values) / max(1, len(values)) / _FULL_SCALE**2
    return power < 10 ** (_QUIET_DB / 10)

"""Who keys nothing, and who keys danger, is recorded within 20 seconds: the clips as they are, and the waits, added up in each language."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from hotline.domain import menu as table
from hotline.domain import voice
from hotline.domain.languages import SPOKEN_LANGUAGES
from hotline.domain.menu import begin, press
from hotline.domain.voice import Action, Ask, Beep, Pause, Sound
from hotline.domain.walk import Menu, Step, Walk
from hotline.i18n import LOCALES, prompts_path
from hotline.media import sound
from hotline.sections import Voice
from tests.support import catalogues

MOST_S = 20
POLICE = ("15", "1122")
"""The usual number, and the longest one that a deployment may name."""


def menu(language: str, police: str, duty_phones: int = 1, key_wait_s: int = Voice().key_wait_s) -> Menu:
    """The menu of a deployment whose first language is this one. A caller who has not chosen hears all three."""
    others = tuple(other for other in Voice().languages if other != language)
    return Menu(
        languages=(language, *others),
        categories=(("1", "snatching"), ("7", "police")),
        careful=frozenset({"police"}),
        duty_phones=duty_phones,
        police=police,
        key_wait_s=key_wait_s,
        silence_s=Voice().silence_s,
        recording_s=Voice().recording_s,
    )


def seconds_of(one: Sound) -> float:
    """How long a sound takes."""
    if isinstance(one, Pause):
        return one.seconds
    shelf = prompts_path(LOCALES, one.language)
    clips = catalogues().clips(one.language, one.prompt, **dict(one.values))
    return sum(sound.measure(sound.read_wav(shelf / f"{clip}.wav")).duration_s for clip in clips)


def seconds(action: Action) -> float:
    """How long it takes to hear what is said at a step, and to wait for a key that does not come."""
    assert isinstance(action, Ask | Beep)
    wait_s = action.wait_s if isinstance(action, Ask) else voice.CUT_WAIT_S
    return sum(seconds_of(one) for one in action.sounds) + wait_s * bool(action.sounds)


def to_the_beep(walk: Walk, here: Menu) -> float:
    """The seconds from a step on until the caller is recorded, if no key comes."""
    taken = 0.0
    for turn in range(9):
        [action] = voice.heard(walk, here, None)
        taken += seconds(action)
        if isinstance(action, Beep):
            return taken
        walk = press(walk, here, "", turn=turn)
    raise AssertionError("there is no beep")


EVERY_LANGUAGE = pytest.mark.parametrize("language", SPOKEN_LANGUAGES)


@EVERY_LANGUAGE
@pytest.mark.parametrize("withheld", [False, True], ids=["a number", "withheld"])
def test_who_keys_nothing_is_recorded_in_time(language: str, withheld: bool) -> None:
    for key_wait_s in (Voice().key_wait_s, 30):
        here = menu(language, "15", key_wait_s=key_wait_s)
        for known in (True, False):
            walk = begin(language, known=known, withheld=withheld)
            assert to_the_beep(walk, here) <= MOST_S, (known, key_wait_s)
        chosen = press(begin(language, known=False, withheld=withheld), here, "1", turn=0)
        assert to_the_beep(chosen, here) <= MOST_S


def steps(language: str) -> Iterator[Walk]:
    """A caller at every step at which 0 means danger."""
    for step in (*table.TABLE, Step.ENTER):
        if step not in table.OF_VOLUNTEERS:
            yield Walk(step, language)
            yield Walk(step, language, other_language=True)


@EVERY_LANGUAGE
@pytest.mark.parametrize("police", POLICE)
@pytest.mark.parametrize("duty_phones", [0, 2])
def test_who_keys_danger_is_recorded_in_time_from_wherever_it_is_keyed(language: str, police: str, duty_phones: int) -> None:
    here = menu(language, police, duty_phones)
    for walk in steps(language):
        assert to_the_beep(press(walk, here, "0", turn=0), here) <= MOST_S, walk.step
    while_recorded = table.recorded(Walk(Step.RECORD, language, takes=table.MAX_TAKES - 1), here, heard=True, key="0")
    assert to_the_beep(while_recorded, here) <= MOST_S


@EVERY_LANGUAGE
def test_a_key_in_danger_is_followed_by_the_beep_at_once(language: str) -> None:
    here = menu(language, "15")
    at = press(Walk(Step.MAIN, language), here, "0", turn=0)
    assert to_the_beep(press(at, here, "1", turn=1), here) == 0
    silent = press(at, here, "5", turn=1)
    assert to_the_beep(silent, here) == 0
    assert to_the_beep(replace(at, early=True), here) <= MOST_S

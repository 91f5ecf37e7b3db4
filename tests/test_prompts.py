"""The audio of the prompts: every clip in every language is there, says its text, and is fit for a telephone."""

import wave
from collections.abc import Callable
from pathlib import Path

import pytest

from hotline.domain.languages import SPOKEN_LANGUAGES
from hotline.domain.prompts import PROMPTS
from hotline.i18n import LOCALES, prompts_path
from hotline.media import sound
from hotline.media.clips import PAUSE_S, Clip, Kind, Shelf, State, length_range_s
from hotline.tables import load_categories
from tests.support import catalogues

EVERY_LANGUAGE = pytest.mark.parametrize("language", SPOKEN_LANGUAGES)


def shelf(language: str) -> Shelf:
    return Shelf(prompts_path(LOCALES, language))


def clips(language: str) -> list[Clip]:
    return shelf(language).look(catalogues().clip_texts(language, load_categories(None)))


@EVERY_LANGUAGE
def test_every_prompt_has_audio_that_says_its_text(language: str) -> None:
    assert [(clip.name, clip.state) for clip in clips(language) if not clip.is_usable] == []


@EVERY_LANGUAGE
def test_no_audio_is_left_of_what_nobody_says(language: str) -> None:
    assert shelf(language).unneeded(catalogues().clip_texts(language, load_categories(None))) == []


@EVERY_LANGUAGE
def test_there_are_clips_for_digits_categories_and_every_prompt(language: str) -> None:
    names = {clip.name for clip in clips(language)}
    assert {f"digit_{n}" for n in range(10)} <= names
    assert {f"category_{one.code}" for one in load_categories(None) if one.key is not None} <= names
    spoken = {name.partition(".")[0] for name in names}
    silent = {key for key in PROMPTS if key not in spoken}
    assert silent == set()


@EVERY_LANGUAGE
def test_the_audio_is_of_telephone_quality(language: str) -> None:
    for clip in clips(language):
        with wave.open(str(shelf(language).path(clip.name)), "rb") as file:
            assert (file.getframerate(), file.getnchannels(), file.getsampwidth(), file.getcomptype()) == (8000, 1, 2, "NONE"), clip.name


@EVERY_LANGUAGE
def test_every_clip_is_loud_enough_even_and_as_long_as_its_text(language: str) -> None:
    faults = []
    for clip in clips(language):
        measured = sound.measure(sound.read_wav(shelf(language).path(clip.name)))
        least, most = length_range_s(clip.says)
        if abs(measured.level_db - sound.LEVEL_DB) > 2:
            faults.append(f"{clip.name}: level {measured.level_db:.1f} dB")
        if not -14 < measured.peak_db < sound.PEAK_DB + 0.1:
            faults.append(f"{clip.name}: peak {measured.peak_db:.1f} dB")
        if not least <= measured.duration_s - PAUSE_S <= most:
            faults.append(f"{clip.name}: {measured.duration_s:.1f} s")
    assert faults == []


@EVERY_LANGUAGE
def test_no_two_clips_that_say_different_things_sound_the_same(language: str) -> None:
    """Alike sounds mean that a file has the wrong name."""
    by_content: dict[bytes, str] = {}
    for clip in clips(language):
        content = shelf(language).path(clip.name).read_bytes()
        assert by_content.setdefault(content, clip.says) == clip.says, clip.name


@EVERY_LANGUAGE
def test_a_caller_in_a_hurry_is_not_kept_by_a_long_prompt(language: str) -> None:
    """A caller in danger hears what to press within seconds; no prompt takes longer than the notice."""
    seconds = {clip.name: sound.measure(sound.read_wav(shelf(language).path(clip.name))).duration_s for clip in clips(language)}
    assert seconds["danger_key"] < 5
    assert seconds["danger.1"] + seconds.get("danger.2", 0) < 6
    assert max(seconds.values()) < 15


def test_the_languages_do_not_share_audio() -> None:
    for name in ("consent", "notice", "danger_key"):
        assert len({shelf(language).path(name).read_bytes() for language in SPOKEN_LANGUAGES}) == len(SPOKEN_LANGUAGES)


# What the checks above rest on, broken on purpose.


@pytest.fixture
def broken(tmp_path: Path) -> Callable[[], Shelf]:
    """A shelf with one clip; looked at anew each time."""
    Shelf(tmp_path).add("keep", "We have it.", Kind.PLACEHOLDER, sound.read_wav(shelf("en").path("goodbye")))
    return lambda: Shelf(tmp_path)


def state(one: Shelf, says: str) -> State:
    [clip] = one.look({"keep": says})
    return clip.state


def test_a_clip_whose_text_has_changed_is_older_than_it(broken: Callable[[], Shelf]) -> None:
    assert state(broken(), "We have it.") is State.PLACEHOLDER
    assert state(broken(), "We have it now.") is State.OUTDATED


def test_a_clip_without_its_file_or_its_entry_is_missing(broken: Callable[[], Shelf]) -> None:
    broken().path("keep").rename(broken().path("other"))
    assert state(broken(), "We have it.") is State.MISSING
    assert [clip.state for clip in broken().look({"other": "Other."})] == [State.MISSING]
    assert broken().unneeded({}) == ["keep", "other"]

"""Samples: trimmed, levelled and measured, and read as WAV."""

import math
import wave
from array import array
from pathlib import Path

import pytest

from hotline.media import sound
from hotline.media.sound import LEVEL_DB, PEAK_DB, RATE_HZ, NotOurSound, Samples, measure, read_wav, ready, written


def tone(seconds: float, amplitude: float = 0.5, hz: float = 440) -> Samples:
    return array("h", (round(32767 * amplitude * math.sin(2 * math.pi * hz * n / RATE_HZ)) for n in range(round(seconds * RATE_HZ))))


def silence(seconds: float) -> Samples:
    return array("h", bytes(2 * round(seconds * RATE_HZ)))


def noise(seconds: float, amplitude: float) -> Samples:
    return tone(seconds, amplitude, hz=1777)


def test_a_tone_is_measured_as_arithmetic_says() -> None:
    measured = measure(tone(2, 0.5))
    assert measured.duration_s == 2
    assert measured.level_db == pytest.approx(20 * math.log10(0.5 / math.sqrt(2)), abs=0.05)
    assert measured.peak_db == pytest.approx(20 * math.log10(0.5), abs=0.05)


def test_pauses_do_not_make_speech_quieter() -> None:
    assert measure(tone(1) + silence(3) + tone(1)).level_db == pytest.approx(measure(tone(2)).level_db, abs=0.1)


def test_silence_has_no_level() -> None:
    for nothing in (silence(1), silence(0)):
        assert measure(nothing).level_db == measure(nothing).peak_db == -math.inf


@pytest.mark.parametrize("amplitude", [0.003, 0.05, 0.9])
def test_what_is_loud_and_what_is_quiet_comes_out_alike(amplitude: float) -> None:
    assert measure(ready(tone(1, amplitude))).level_db == pytest.approx(LEVEL_DB, abs=0.3)


def test_a_peak_is_never_over_the_limit_even_if_the_clip_stays_quiet() -> None:
    peaky = tone(1, 0.02)
    peaky[4000] = 32767
    measured = measure(ready(peaky))
    assert measured.peak_db == pytest.approx(PEAK_DB, abs=0.05)
    assert measured.level_db < LEVEL_DB


def test_silence_and_the_noise_of_a_room_are_cut_from_both_ends_and_from_nowhere_else() -> None:
    speech = tone(0.6) + noise(0.5, 0.003) + tone(0.6)
    clip = ready(noise(2, 0.003) + speech + noise(3, 0.003))
    assert len(clip) / RATE_HZ == pytest.approx(1.7 + 0.06 + 0.14, abs=0.05)


def test_a_click_does_not_make_it_deaf() -> None:
    click = array("h", [32767, -32767])
    assert len(ready(click + silence(1) + tone(1, 0.05))) / RATE_HZ > 1


def test_a_pause_is_put_behind() -> None:
    assert len(ready(tone(1), pause_s=0.25)) - len(ready(tone(1))) == RATE_HZ // 4
    assert set(ready(tone(1), pause_s=0.25)[-RATE_HZ // 4 :]) == {0}


@pytest.mark.parametrize("nothing", [silence(0), silence(1), noise(1, 0.0005)])
def test_nothing_is_no_clip(nothing: Samples) -> None:
    with pytest.raises(ValueError, match="nothing to hear"):
        ready(nothing)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "tone.wav").write_bytes(written(tone(0.5)))
    assert sound.read_wav(tmp_path / "tone.wav") == tone(0.5)


@pytest.mark.parametrize(("rate", "channels", "width"), [(16000, 1, 2), (8000, 2, 2), (8000, 1, 1)])
def test_a_wav_of_another_kind_is_not_taken_for_ours(tmp_path: Path, rate: int, channels: int, width: int) -> None:
    with wave.open(str(tmp_path / "other.wav"), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(bytes(800))
    with pytest.raises(NotOurSound, match=f"{rate} Hz, {channels} channels, {width * 8} bits"):
        read_wav(tmp_path / "other.wav")


def test_what_is_no_wav_is_said_to_be_none(tmp_path: Path) -> None:
    for content in (b"", b"ID3", b"RIFF\0\0\0\0WAVE"):
        (tmp_path / "no.wav").write_bytes(content)
        with pytest.raises(NotOurSound, match="no WAV file"):
            read_wav(tmp_path / "no.wav")

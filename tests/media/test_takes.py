"""Recordings in the formats that people send, and speech from a machine: all come out in the format of a telephone."""

import itertools
import math
from array import array
from pathlib import Path

import av
import pytest
from av.audio.frame import AudioFrame

from hotline.media.sound import RATE_HZ, Samples, measure
from hotline.media.speech import SpeechFault, open_speech
from hotline.media.takes import TakeFault, decoded, resampled


def encoded(path: Path, codec: str, *, rate: int = 44100, layout: str = "mono", hz: float = 440, seconds: float = 2) -> Path:
    """A tone as a phone's recorder would save it."""
    channels = 2 if layout == "stereo" else 1
    samples = array("h")
    for n in range(round(rate * seconds)):
        samples.extend([round(16000 * math.sin(2 * math.pi * hz * n / rate))] * channels)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout=layout)
        frame = AudioFrame(format="s16", layout=layout, samples=len(samples) // channels)
        frame.sample_rate, frame.pts = rate, 0
        frame.planes[0].update(samples.tobytes().ljust(frame.planes[0].buffer_size, b"\0"))
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def crossings_hz(samples: Samples) -> float:
    """The frequency of a tone, by how often it goes up through zero."""
    return sum(1 for a, b in itertools.pairwise(samples) if a < 0 <= b) * RATE_HZ / len(samples)


FORMATS = [
    ("phone.m4a", "aac", 44100, "mono"),
    ("studio.wav", "pcm_s24le", 48000, "stereo"),
    ("telephone.wav", "pcm_mulaw", 8000, "mono"),
    ("desk.flac", "flac", 48000, "mono"),
    ("chat.ogg", "libopus", 48000, "mono"),
    ("old.mp3", "libmp3lame", 22050, "stereo"),
]


@pytest.mark.parametrize(("name", "codec", "rate", "layout"), FORMATS)
def test_a_recording_in_any_common_format_is_read(tmp_path: Path, name: str, codec: str, rate: int, layout: str) -> None:
    samples = decoded(encoded(tmp_path / name, codec, rate=rate, layout=layout))
    measured = measure(samples)
    assert measured.duration_s == pytest.approx(2, abs=0.15)
    assert crossings_hz(samples) == pytest.approx(440, rel=0.08)
    assert measured.level_db == pytest.approx(20 * math.log10(16000 / 32768 / math.sqrt(2)), abs=1.5)


def test_the_hum_of_the_mains_is_taken_out(tmp_path: Path) -> None:
    voice = measure(decoded(encoded(tmp_path / "voice.wav", "pcm_s16le", hz=440)))
    hum = measure(decoded(encoded(tmp_path / "hum.wav", "pcm_s16le", hz=50)))
    assert hum.level_db < voice.level_db - 12


def test_what_is_too_high_for_a_telephone_does_not_come_back_as_something_else(tmp_path: Path) -> None:
    assert measure(decoded(encoded(tmp_path / "high.wav", "pcm_s16le", hz=7000))).level_db < -35


@pytest.mark.parametrize("content", [b"", b"not a sound", b"%PDF-1.7\n" * 100])
def test_what_is_no_sound_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "keep.m4a").write_bytes(content)
    with pytest.raises(TakeFault):
        decoded(tmp_path / "keep.m4a")


def test_samples_of_another_rate_keep_their_length_and_their_tone() -> None:
    tone = array("h", (round(16000 * math.sin(2 * math.pi * 300 * n / 22050)) for n in range(22050)))
    samples = resampled(tone, 22050)
    assert len(samples) / RATE_HZ == pytest.approx(1, abs=0.02)
    assert crossings_hz(samples) == pytest.approx(300, rel=0.03)


def test_a_machine_speaks_all_three_languages() -> None:
    speak, rate_hz = open_speech()
    spoken = {
        language: speak(language, text) for language, text in {"en": "Thank you", "ur": "آپ کا شکریہ", "sd": "توهان جي مهرباني"}.items()
    }
    for language, samples in spoken.items():
        assert 0.3 < len(samples) / rate_hz < 3, language
        assert measure(samples).level_db > -40, language
    with pytest.raises(SpeechFault, match="no voice 'xx'"):
        speak("xx", "Thank you")

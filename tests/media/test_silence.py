"""Stretches of a recording are silent on the way out, in whatever parts it is asked for."""

import io
import wave
from pathlib import Path

import pytest

from hotline import private
from hotline.domain.redaction import Span
from hotline.media import audio, sealedaudio, silence
from hotline.media.sealedaudio import StoredAudio
from hotline.media.silence import CannotCut
from hotline.media.store import FolderStore
from hotline.sealing import new_contact_key
from tests.recorded import A_LAW, MU_LAW, PCM, mp3, riff, wav

KEY = new_contact_key()


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    private.folder(tmp_path / "recordings")
    return FolderStore(tmp_path / "recordings")


def stored(store: FolderStore, content: bytes, ending: str = "wav") -> StoredAudio:
    name = f"{'0' * 32}.{ending}{sealedaudio.SEALED}"
    sealed = sealedaudio.seal(KEY, name, content)
    store.save(name, io.BytesIO(sealed))
    return StoredAudio(store, name, len(sealed), KEY)


def all_of(one: StoredAudio, *stretches: Span) -> bytes:
    return b"".join(silence.heard(one, 0, one.size_bytes, stretches))


def test_a_stretch_is_silent_and_all_else_is_as_it_was(store: FolderStore) -> None:
    content = wav(10)
    heard = all_of(stored(store, content), Span(2000, 3500), Span(9000, 9100))
    assert len(heard) == len(content)
    first, last = 44 + 2 * 16_000, 44 + int(3.5 * 16_000)
    assert heard[first:last] == bytes(last - first)
    assert heard[:first] == content[:first]
    assert heard[last : 44 + 9 * 16_000] == content[last : 44 + 9 * 16_000]
    assert heard[44 + 9 * 16_000 : 44 + int(9.1 * 16_000)] == bytes(1600)
    with wave.open(io.BytesIO(heard)) as sound:
        assert sound.getnframes() == 80_000


def test_any_part_that_a_player_asks_for_is_a_part_of_the_same(store: FolderStore) -> None:
    one = stored(store, wav(20))
    stretches = (Span(1000, 1003), Span(4000, 9000), Span(8500, 12_000))
    heard = all_of(one, *stretches)
    for start, stop in ((0, 44), (100, 101), (16_040, 16_100), (65_535, 65_538), (60_000, 200_000), (131_071, len(heard)), (7, 7)):
        assert b"".join(silence.heard(one, start, stop, stretches)) == heard[start:stop]


@pytest.mark.parametrize(
    ("codec", "bits", "quiet"), [(PCM, 8, 0x80), (PCM, 16, 0), (PCM, 24, 0), (PCM, 32, 0), (A_LAW, 8, 0xD5), (MU_LAW, 8, 0xFF)]
)
@pytest.mark.parametrize("channels", [1, 2])
def test_silence_is_what_the_form_has_for_it(store: FolderStore, codec: int, bits: int, quiet: int, channels: int) -> None:
    frame = channels * bits // 8
    samples = bytes(1 + n % 120 for n in range(8000 * frame))
    content = riff(samples, codec=codec, bits=bits, channels=channels, before=b"LIST\x04\0\0\0abcd")
    start = len(content) - len(samples)
    heard = all_of(stored(store, content), Span(250, 500))
    assert heard[start + 2000 * frame : start + 4000 * frame] == bytes([quiet]) * 2000 * frame
    assert (heard[: start + 2000 * frame], heard[start + 4000 * frame :]) == (
        content[: start + 2000 * frame],
        content[start + 4000 * frame :],
    )


def test_silence_of_a_telephone_is_none_as_our_own_decoder_hears_it() -> None:
    for codec, quiet in ((A_LAW, 0xD5), (MU_LAW, 0xFF)):
        assert audio.layout(riff(b"", codec=codec, bits=8)).quiet == bytes([quiet])
        sound = audio.heard(riff(bytes([quiet]) * 100, codec=codec, bits=8))
        with wave.open(io.BytesIO(sound.content)) as samples:
            assert max(abs(int.from_bytes(samples.readframes(1), "little", signed=True)) for _ in range(100)) <= 8


def test_what_follows_the_samples_is_left_alone(store: FolderStore) -> None:
    content = riff(b"\x11" * 16_000) + b"LIST\x04\0\0\0abcd"
    assert all_of(stored(store, content), Span(0, 99_000)).endswith(b"LIST\x04\0\0\0abcd")


def test_a_stretch_past_the_end_ends_with_it(store: FolderStore) -> None:
    content = wav(1)
    assert all_of(stored(store, content), Span(500, 99_000)) == content[: 44 + 8000] + bytes(8000)


@pytest.mark.parametrize(("content", "ending"), [(mp3(1), "mp3"), (b"neither this nor that", "bin"), (b"RIFF\0\0\0\0WAVE", "wav")])
def test_what_is_no_wav_cannot_be_cut(store: FolderStore, content: bytes, ending: str) -> None:
    one = stored(store, content, ending)
    with pytest.raises(CannotCut):
        silence.samples_of(one)
    with pytest.raises(CannotCut):  # nor is it heard whole
        all_of(one, Span(0, 1000))

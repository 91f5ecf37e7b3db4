"""How long audio is, and which bytes are no audio."""

import io

import pytest

from hotline.media.audio import NotAudio, length_s
from tests.recorded import wav


@pytest.mark.parametrize("seconds", [0.5, 1, 7.25])
def test_the_length_of_a_wav(seconds: float) -> None:
    assert length_s(io.BytesIO(wav(seconds))) == seconds


def test_a_wav_that_was_cut_off_is_as_long_as_what_is_left() -> None:
    assert length_s(io.BytesIO(wav(10)[: 44 + 5 * 16_000])) == 5


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"RIFF",
        wav(3)[:30],
        wav(0),
        b"<html>gone</html>",
        b"ID3" + bytes(1000),
        wav(3).replace(b"WAVE", b"AVI "),
        wav(3).replace(b"fmt \x10\0\0\0", b"fmt \xff\xff\xff\x7f"),
    ],
    ids=["nothing", "a word", "half a header", "no sound", "a page", "an mp3", "a film", "a piece without an end"],
)
def test_what_is_no_audio(data: bytes) -> None:
    with pytest.raises(NotAudio):
        length_s(io.BytesIO(data))

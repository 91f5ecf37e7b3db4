"""What came as a recording: what a browser can play of it, how long it is, and which bytes are no sound."""

import io
import random
import struct
import wave
from pathlib import Path

import av
import pytest
from av.audio.frame import AudioFrame

from hotline.media.audio import NotAudio, Sound, heard
from tests.recorded import A_LAW, MU_LAW, mp3, riff, wav

RATE_HZ = 8000
CUE = b"LIST\x05\0\0\0INFO!\0"  # a chunk of odd length, and its padding


def samples_of(sound: Sound) -> tuple[int, int, bytes]:
    """What any player hears in a WAV: its channels, the bytes of a sample, and the samples. Its header must be right."""
    with wave.open(io.BytesIO(sound.content)) as file:
        samples = file.readframes(file.getnframes())
        assert len(samples) == file.getnframes() * file.getnchannels() * file.getsampwidth()
        return file.getnchannels(), file.getsampwidth(), samples


@pytest.mark.parametrize("seconds", [0.5, 1, 7.25])
def test_the_length_of_a_wav_which_stays_as_it_came(seconds: float) -> None:
    assert heard(wav(seconds)) == Sound(wav(seconds), seconds, "wav")


@pytest.mark.parametrize(("channels", "bits"), [(1, 8), (2, 8), (1, 16), (2, 16), (1, 24), (2, 32)])
def test_plain_samples_stay_as_they_came(channels: int, bits: int) -> None:
    content = riff(bytes(range(240)) * 200, channels=channels, bits=bits)
    assert heard(content) == Sound(content, 48_000 * 8 / bits / channels / RATE_HZ, "wav")


def test_a_wav_that_was_cut_off_is_as_long_as_what_is_left_and_says_so() -> None:
    sound = heard(wav(10)[: 44 + 5 * 16_000 + 1])
    assert (sound.duration_s, samples_of(sound)) == (5, (1, 2, wav(10)[44 : 44 + 5 * 16_000]))


@pytest.mark.parametrize("told", [0, 0xFFFFFFFF, 0x7FFFFFFF, 32_001], ids=["streamed", "streamed, too", "too long", "by one"])
@pytest.mark.parametrize("before", [b"", CUE], ids=["plain", "behind a list"])
def test_a_wav_whose_length_is_no_length_is_heard_to_its_end(told: int, before: bytes) -> None:
    said = bytes(range(200)) * 160
    sound = heard(riff(said, told=told, before=before))
    assert (sound.duration_s, sound.ending, samples_of(sound)) == (2, "wav", (1, 2, said))


def test_what_follows_the_samples_is_not_heard() -> None:
    said = bytes(range(200)) * 80
    assert heard(riff(said) + CUE).duration_s == 1
    assert heard(riff(said, before=CUE * 3)).duration_s == 1


@pytest.mark.parametrize(
    ("codec", "codes", "samples"),
    [
        (MU_LAW, (0xFF, 0x7F, 0x80, 0x00, 0x8F, 0xF0), (0, 0, 32124, -32124, 16764, 120)),
        (A_LAW, (0xD5, 0x55, 0xAA, 0x2A, 0x80, 0xC0), (8, -8, 32256, -32256, 5504, 344)),
    ],
    ids=["mu-law", "A-law"],
)
def test_the_codes_of_a_telephone_become_samples(codec: int, codes: tuple[int, ...], samples: tuple[int, ...]) -> None:
    """By the tables of ITU-T G.711."""
    content = riff(bytes(codes) * 4000, codec=codec, bits=8, told=0xFFFFFFFF)
    sound = heard(content)
    assert sound.duration_s == 3
    assert samples_of(sound) == (1, 2, struct.pack("<6h", *samples) * 4000)


@pytest.mark.parametrize(("codec", "name"), [(MU_LAW, "pcm_mulaw"), (A_LAW, "pcm_alaw")])
@pytest.mark.parametrize("channels", [1, 2])
def test_every_code_is_heard_as_another_decoder_hears_it(tmp_path: Path, codec: int, name: str, channels: int) -> None:
    content = riff(bytes(range(256)) * 40, codec=codec, bits=8, channels=channels, before=CUE)
    decoder = av.CodecContext.create(name, "r")
    decoder.sample_rate, decoder.layout = RATE_HZ, "mono"  # type: ignore[attr-defined]
    [frame] = decoder.decode(av.Packet(bytes(range(256))))  # type: ignore[attr-defined]
    assert isinstance(frame, AudioFrame)
    assert samples_of(heard(content)) == (channels, 2, bytes(frame.planes[0])[:512] * 40)


def test_the_longer_kind_of_header_is_read() -> None:
    said = bytes(range(200)) * 80
    plain = riff(said, codec=0xFFFE)
    guid = bytes.fromhex("0100000000001000800000aa00389b71")
    content = plain[:16] + struct.pack("<I", 40) + plain[20:36] + struct.pack("<HHI", 22, 16, 4) + guid + plain[36:]
    assert heard(content) == Sound(content, 1, "wav")


@pytest.mark.parametrize("rate", [8000, 22050, 44100], ids=["MPEG 2.5", "MPEG 2", "MPEG 1"])
def test_an_mp3_stays_as_it_came_and_is_as_long_as_it_is(rate: int) -> None:
    content = mp3(3, rate=rate)
    sound = heard(content)
    assert (sound.content, sound.ending) == (content, "mp3")
    assert sound.duration_s == pytest.approx(3, abs=0.3)
    assert heard(content[: len(content) // 2]).duration_s == pytest.approx(1.5, abs=0.3)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"RIFF",
        wav(3)[:30],
        wav(0),
        b"<html>gone</html>",
        b"Ye ek matn hai.\n" * 1000,
        b"ID3" + bytes(1000),
        b"ID3\x04\0\0\x7f\x7f\x7f\x7f",
        mp3(3)[:200],
        random.Random(1).randbytes(100_000),
        b"\xff" * 10_000,
        wav(3).replace(b"WAVE", b"AVI "),
        wav(3).replace(b"fmt \x10\0\0\0", b"fmt \xff\xff\xff\x7f"),
        wav(3).replace(b"fmt \x10\0\0\0", b"fmt \x02\0\0\0"),
        riff(bytes(1000), codec=2, bits=4),
        riff(bytes(1000), codec=MU_LAW, bits=16),
        riff(bytes(1000), channels=0),
        riff(bytes(1000), channels=65_535, told=0),
        riff(bytes(1000)).replace(struct.pack("<I", RATE_HZ), bytes(4)),
    ],
    ids=[
        "nothing",
        "a word",
        "half a header",
        "no sound",
        "a page",
        "a text",
        "a tag and zeros",
        "a tag without an end",
        "half a frame",
        "noise",
        "ones",
        "a film",
        "a piece without an end",
        "a format too short",
        "a codec nobody knows",
        "a codec of two minds",
        "no channel",
        "thousands of channels",
        "no rate",
    ],
)
def test_what_is_no_sound_that_can_be_played(data: bytes) -> None:
    with pytest.raises(NotAudio):
        heard(data)


def test_whatever_the_bytes_are_nothing_else_is_raised() -> None:
    dice = random.Random(2)
    whole = [riff(bytes(range(250)), before=CUE), riff(bytes(range(250)), codec=A_LAW, bits=8, channels=2), mp3(1)[:2000], wav(0.1)[:300]]
    for _ in range(3000):
        content = bytearray(dice.choice(whole))
        for _ in range(dice.randrange(1, 6)):
            content[dice.randrange(min(60, len(content)))] = dice.choice((0, 1, 255, dice.randrange(256)))
        try:
            sound = heard(bytes(content[: dice.randrange(len(content) + 1)]))
        except NotAudio:
            continue
        assert sound.duration_s > 0

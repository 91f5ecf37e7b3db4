"""What a stranger sends is made anew from its pixels, small and without its place; what cannot be is not shown, and harms nothing."""

import io
import struct
import sys
import zlib

import pytest
from PIL import Image

from hotline.media.photos import NotShown, looked_at
from tests.photographed import PLACE, picture


def png(width: int, height: int) -> bytes:
    """A PNG of one colour that says so of itself, as small as it can be."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(bytes((width + 7) // 8 + 1) * height, 9)
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def refused(content: bytes) -> str:
    with pytest.raises(NotShown) as fault:
        looked_at(content)
    return str(fault.value)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_photo_is_made_anew_as_a_jpeg_without_its_place(form: str) -> None:
    seen = looked_at(picture(form=form))
    made = Image.open(io.BytesIO(seen.photo))
    assert (made.format, made.size, seen.whole, dict(made.getexif())) == ("JPEG", (320, 240), True, {})
    assert PLACE not in seen.photo + seen.preview


def test_a_photo_that_was_held_sideways_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    kept = io.BytesIO()
    Image.new("RGB", (300, 100), "blue").save(kept, "JPEG", exif=exif)
    seen = looked_at(kept.getvalue())
    assert (seen.width, seen.height) == (100, 300)


def test_the_preview_is_small_and_keeps_no_line_of_the_photo() -> None:
    lines = Image.new("RGB", (320, 320), "white")
    lines.paste("black", (0, 0, 10, 320))
    kept = io.BytesIO()
    lines.save(kept, "PNG")
    seen = looked_at(kept.getvalue())
    small = Image.open(io.BytesIO(seen.preview)).convert("L")
    assert (max(small.size), len(seen.preview) < 2_000) == (32, True)
    assert min(small.tobytes()) > 60  # the black line is a grey cloud


def test_a_photo_with_very_many_pixels_is_kept_with_fewer() -> None:
    seen = looked_at(picture(6000, 4000))
    assert (seen.width, seen.height) == (4096, 2731)


def test_a_strip_as_thin_as_a_pixel_is_shown() -> None:
    assert looked_at(png(9000, 1)).height == 1


def test_a_bomb_is_not_opened() -> None:
    bomb = png(30_000, 30_000)
    assert len(bomb) < 200_000  # 900 megapixels
    assert refused(bomb) == "too_many_pixels"


def test_a_photo_that_was_cut_off_is_shown_as_far_as_it_came() -> None:
    noise = io.BytesIO()
    Image.effect_noise((600, 600), 90).save(noise, "JPEG")
    seen = looked_at(noise.getvalue()[: len(noise.getvalue()) // 2])
    assert (seen.whole, seen.width) == (False, 600)


def test_what_is_hidden_behind_a_photo_does_not_come_along() -> None:
    seen = looked_at(picture() + b"<script>alert(1)</script>PK\x03\x04")
    assert b"<script>" not in seen.photo


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<html><body onload=alert(1)>photo.jpg",
        b"%PDF-1.7 photo",
        b"\x00\x00\x00\x18ftypmp42 a video",
        b"BM" + bytes(60),  # a bitmap, which no phone sends
        b"\xff\xd8\xff\xe0" + bytes(50),  # begins as a JPEG
        picture()[:40],
        b"II*\x00" + bytes(100),
        b"x",
    ],
)
def test_what_is_no_photo_is_not_shown_whatever_it_is_called(content: bytes) -> None:
    assert refused(content) == "no_photo"


def test_a_decoder_that_dies_or_hangs_is_not_shown_and_ours_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert refused(picture()) == "not_decoded"


def test_the_decoder_has_no_secret_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[str, object] = {}

    def run(_command: list[str], **given: object) -> object:
        told.update(given)
        raise OSError

    monkeypatch.setattr("hotline.media.photos.subprocess.run", run)
    assert refused(picture()) == "not_decoded"
    assert told["env"] == {}

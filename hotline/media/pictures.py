"""Decodes one photo, in a process of its own that `photos.looked_at` starts: what a stranger sends is decoded nowhere else.

It reads the photo's bytes from standard input and writes a line of JSON to standard output, then the photo and its preview, both JPEG,
made anew from the pixels alone: of the place, the time and the camera that stood in it nothing is left. It imports nothing of ours.
"""

import io
import json
import resource
import sys
import warnings

from PIL import Image, ImageFilter
from PIL import ImageFile as Pillow

FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
MOST_PIXELS = 50_000_000
"""Above this nothing is decoded: a small file can stand for gigabytes of pixels."""

_LONGEST = 4_096
"""Pixels of the longer side of what is kept: a sheet of paper can be read, and a page of it is not tens of megabytes."""

_SMALL, _BLUR = 32, 2
"""Pixels of the longer side of the preview, and how far it is blurred: colours and the rough shape, no face and no letter."""

_QUALITY, _SMALL_QUALITY = 88, 60
_TURNED = 0x0112
"""The EXIF tag that says how the camera was held (CIPA DC-008, 4.6.4)."""

_MEMORY_BYTES = 1 << 30
_CPU_S = 30


def _decoded(content: bytes) -> tuple[Image.Image, bool]:
    """The picture, upright and without anything beside its pixels, and whether it came whole. Raises `ValueError`, `OSError`."""
    try:
        return _open(content), True
    except OSError as fault:
        if "truncated" not in str(fault):
            raise
    Pillow.LOAD_TRUNCATED_IMAGES = True
    return _open(content), False


def _open(content: bytes) -> Image.Image:
    opened = Image.open(io.BytesIO(content), formats=FORMATS)
    if opened.width * opened.height > MOST_PIXELS:
        raise ValueError("too_many_pixels")
    opened.draft("RGB", (_LONGEST, _LONGEST))  # a JPEG is then decoded at half or a quarter, with as much less memory
    opened.load()
    return _upright(_on_white(_fitted(opened, _LONGEST)), opened.getexif().get(_TURNED, 1))


def _fitted(picture: Image.Image, longest: int) -> Image.Image:
    """The picture with so many pixels on its longer side, or as it is if it has fewer."""
    most = max(picture.size)
    if most <= longest:
        return picture
    return picture.resize((max(1, round(picture.width * longest / most)), max(1, round(picture.height * longest / most))))


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode == "P" or "A" in picture.mode or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        white = Image.new("RGB", picture.size, "white")
        white.paste(picture, mask=picture.getchannel("A"))
        return white
    picture = picture.convert("RGB")
    return Image.frombytes("RGB", picture.size, picture.tobytes())  # nothing but pixels


def _upright(picture: Image.Image, turned: int) -> Image.Image:
    way = Image.Transpose
    turns = {
        2: way.FLIP_LEFT_RIGHT,
        3: way.ROTATE_180,
        4: way.FLIP_TOP_BOTTOM,
        5: way.TRANSPOSE,
        6: way.ROTATE_270,
        7: way.TRANSVERSE,
        8: way.ROTATE_90,
    }
    return picture.transpose(turns[turned]) if turned in turns else picture


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    made = io.BytesIO()
    picture.save(made, "JPEG", quality=quality)
    return made.getvalue()


def _preview(picture: Image.Image) -> bytes:
    return _jpeg(_fitted(picture, _SMALL).filter(ImageFilter.GaussianBlur(_BLUR)), _SMALL_QUALITY)


def main() -> None:
    """Decode what stands on standard input. What cannot be decoded is told too, by its reason."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # it writes no file
    warnings.simplefilter("ignore")  # `MOST_PIXELS` is asked before Pillow's own warning
    Image.MAX_IMAGE_PIXELS = None
    out = sys.stdout.buffer
    try:
        picture, whole = _decoded(sys.stdin.buffer.read())
        photo, preview = _jpeg(picture, _QUALITY), _preview(picture)
    except Exception as fault:  # noqa: BLE001 - a hostile file raises whatever it finds; all of it means: not shown
        reason = "too_many_pixels" if str(fault) == "too_many_pixels" else "no_photo"
        out.write(json.dumps({"reason": reason}).encode() + b"\n")
        return
    told = {"width": picture.width, "height": picture.height, "whole": whole, "photo": len(photo), "preview": len(preview)}
    out.write(json.dumps(told).encode() + b"\n" + photo + preview)


if __name__ == "__main__":
    main()

"""Has a photo decoded by a process of its own (`pictures`), which has no secret of ours, little memory and little time."""

import json
import subprocess
import sys
from dataclasses import dataclass

_WAIT_S = 40


class NotShown(Exception):
    """What came is no photo that can be shown; `args[0]` says why: `no_photo`, `too_many_pixels` or `not_decoded`."""


@dataclass(frozen=True)
class Seen:
    """A photo made anew, with nothing in it but pixels: a JPEG, and a small blurred one. `whole`: False if only a part of it came."""

    photo: bytes
    preview: bytes
    width: int
    height: int
    whole: bool


def looked_at(content: bytes) -> Seen:
    """The photo in what came, whatever it was called. Raises `NotShown`."""
    command = [sys.executable, "-I", "-m", "hotline.media.pictures"]
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=_WAIT_S, check=True, env={})  # noqa: S603 - ours
    except (subprocess.SubprocessError, OSError) as fault:  # it needed too much memory or time, or fell into a hole of the decoder
        raise NotShown("not_decoded") from fault
    head, _, rest = done.stdout.partition(b"\n")
    told = json.loads(head)
    if "reason" in told:
        raise NotShown(told["reason"])
    photo, preview = rest[: told["photo"]], rest[told["photo"] :]
    return Seen(photo, preview, told["width"], told["height"], told["whole"])

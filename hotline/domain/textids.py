"""The id under which a text of ours leaves. A gateway that knows it refuses a second text of the same id, and finds the first by it."""

import re

_ID = re.compile(r"([0-9a-f]{8})-([0-9]{1,15})-([0-9]{1,4})")


_PER_ERA = 10**9
"""More texts than a hotline has."""


def our_id(tag: str, message_id: int, attempt: int, *, era: int = 0) -> str:
    """The id of one attempt to send a text: at most 30 characters. `tag` (8 hexadecimal digits) tells this hotline from others.

    `era` (at most 6 digits) tells texts apart that have the same id because a backup was restored between them.
    """
    return f"{tag}-{era * _PER_ERA + message_id}-{attempt}"


def read_our_id(tag: str, given: str) -> tuple[int, int] | None:
    """The text and the attempt that an id names; None if the id is not of this hotline."""
    found = _ID.fullmatch(given)
    return (int(found[2]) % _PER_ERA, int(found[3])) if found is not None and found[1] == tag else None

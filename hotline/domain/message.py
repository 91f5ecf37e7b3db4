"""A message: one text, in or out."""

from enum import StrEnum


class Direction(StrEnum):
    """Which way a text went."""

    IN = "in"
    OUT = "out"


READ = 4_000
"""Characters of a text that are read for references, commands and its language, searched, and shown before somebody asks for the whole.
The longest text that the gateway takes has 1,600. What a text means is read in all that is kept: a complaint about officials is sealed
wherever the word stands."""

KEPT = 65_536
"""Characters of a text that are kept. No phone sends so many: something at the gateway is out of order."""

CUT = " […]"
"""What stands behind a text that was longer than `KEPT`."""


def kept(body: str) -> str:
    """The text as it is stored: whole, or cut and marked if it is longer than `KEPT`."""
    return body if len(body) <= KEPT else body[:KEPT] + CUT

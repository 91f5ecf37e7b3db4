"""A message: one text, in or out."""

from enum import StrEnum


class Direction(StrEnum):
    """Which way a text went."""

    IN = "in"
    OUT = "out"

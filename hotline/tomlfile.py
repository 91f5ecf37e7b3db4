"""Read TOML files that people write, and check the kinds of their values. Faults are sentences for the people who wrote the file."""

import tomllib
from datetime import time
from pathlib import Path
from typing import Any

TEXT, TEXTS, NUMBER = "text in quotes", "a list of texts in quotes", "a whole number"
YES_NO, TIME = "true or false", "a time like 08:00"
NAMES = "text in quotes, or a table of such texts by language"
"""The kinds of values, in the words of a fault."""


class Unreadable(Exception):
    """The file is missing, not UTF-8 or not TOML; `args[0]` says which file and why."""


def read_toml(path: Path) -> dict[str, Any]:
    """The content of a file. A byte order mark at its beginning, as Windows writes it, is ignored. Raises `Unreadable`."""
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise Unreadable(f"{path} cannot be read: {fault}") from fault


def is_of(kind: str, value: object) -> bool:
    """Whether the value is of that kind. True and false are not numbers."""
    if kind == TEXTS:
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    if kind == NAMES:
        return isinstance(value, str) or (isinstance(value, dict) and all(isinstance(each, str) for each in value.values()))
    if kind == TIME:
        return time_of(value) is not None
    return type(value) is {TEXT: str, NUMBER: int, YES_NO: bool}[kind]


def time_of(value: object) -> time | None:
    """A time of the day, in quotes or not; None for anything else."""
    try:
        found = time.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return None
    return found if isinstance(found, time) and found.tzinfo is None else None

"""A table of a service's file, read key by key. What is wrong is a sentence in `faults`, and a default stands in for it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from hotline.gateways.http.filling import holes
from hotline.tomlfile import NUMBER, TEXT, TEXTS, YES_NO, is_of

_Choice = TypeVar("_Choice", bound=str)


class Table:
    """`where` begins each sentence. `done` tells of the keys that nobody asked for."""

    def __init__(self, where: str, given: object, faults: list[str]) -> None:
        self.where, self.faults = where, faults
        if not isinstance(given, dict):
            self.wrong("must be a table")
        self._given: dict[str, Any] = given if isinstance(given, dict) else {}
        self._asked: set[str] = set()

    def wrong(self, what: str) -> None:
        """Note a fault."""
        self.faults.append(f"{self.where}: {what}")

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        return key in self._given

    def text(self, key: str, default: str = "", *, needed: bool = False) -> str:
        """A text."""
        if needed and not self._given.get(key):
            self.wrong(f"{key} is missing")
        value = self._value(key, default, TEXT)
        return value if isinstance(value, str) else default

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; one text alone is a list of one."""
        if isinstance(self._given.get(key), str):
            return (self.text(key),)
        return tuple(self._value(key, [], TEXTS))

    def yes_no(self, key: str) -> bool:
        """True or false; false if it is not there."""
        return bool(self._value(key, False, YES_NO))

    def number(self, key: str, default: int, *, least: int, most: int) -> int:
        """A whole number within its limits."""
        value = int(self._value(key, default, NUMBER))
        if not least <= value <= most:
            self.wrong(f"{key} must be from {least} to {most}")
            return default
        return value

    def choice(self, key: str, choices: Sequence[_Choice], default: _Choice | None = None) -> _Choice:
        """One of some words; without a default it has to be there."""
        given = self.text(key, str(default or ""))
        for one in choices:
            if one == given:
                return one
        self.wrong(f"{key} must be one of {', '.join(choices)}")
        return default or choices[0]

    def of_texts(self, key: str) -> dict[str, str]:
        """A table of texts."""
        inner = self.table(key)
        return {name: inner.text(name) for name in inner.names()} if inner is not None else {}

    def of_anything(self, key: str, *, nested: bool) -> dict[str, Any]:
        """A table of the fields of a request: texts; if `nested` also numbers, yes and no, lists and tables."""
        inner = self.table(key)
        if inner is None:
            return {}
        for name, value in inner.raw().items():
            if not (_is_field(value) if nested else isinstance(value, str)):
                inner.wrong(f"{name} must be {'what JSON has' if nested else TEXT}")
        return {name: value for name, value in inner.raw().items() if nested or isinstance(value, str)}

    def table(self, key: str) -> "Table | None":
        """The table inside; None if it is not there."""
        self._asked.add(key)
        return Table(f"{self.where} {key}", self._given[key], self.faults) if key in self._given else None

    def tables(self, key: str) -> list["Table"]:
        """The tables of a list."""
        self._asked.add(key)
        rows = self._given.get(key, [])
        if not isinstance(rows, list):
            self.wrong(f"{key} must be a list of tables")
            return []
        return [Table(f"{self.where} {key} {number}", row, self.faults) for number, row in enumerate(rows, 1)]

    def numbers(self, key: str, *, least: int, most: int) -> frozenset[int]:
        """A list of whole numbers; one alone is a list of one."""
        self._asked.add(key)
        given = self._given.get(key, [])
        rows = given if isinstance(given, list) else [given]
        if not all(is_of(NUMBER, row) and least <= row <= most for row in rows):
            self.wrong(f"{key} must be whole numbers from {least} to {most}")
            return frozenset()
        return frozenset(rows)

    def names(self) -> list[str]:
        """The names of all keys."""
        return list(self._given)

    def raw(self) -> Mapping[str, Any]:
        """What was given."""
        return self._given

    def check_holes(self, allowed: frozenset[str], *templates: object) -> None:
        """Note each hole that nothing fills here."""
        for unknown in sorted(holes(list(templates)) - allowed):
            self.wrong(f"{{{unknown}}} is nothing that can stand here; there are {', '.join(sorted(allowed))}")

    def pattern(self, key: str) -> re.Pattern[str] | None:
        """A regular expression; None if it is not there."""
        given = self.text(key)
        try:
            return re.compile(given) if given else None
        except (re.error, OverflowError, RecursionError) as fault:
            self.wrong(f"{key} is no regular expression: {fault}")
            return None

    def done(self) -> None:
        """Note the keys that nobody asked for."""
        for key in self._given.keys() - self._asked:
            self.wrong(f"{key} is not a key; see hotline/gateways/http/example.toml")

    def _value(self, key: str, default: Any, kind: str) -> Any:
        self._asked.add(key)
        value = self._given.get(key, default)
        if not is_of(kind, value):
            self.wrong(f"{key} must be {kind}")
            return default
        return value


def _is_field(value: object, depth: int = 0) -> bool:
    if isinstance(value, dict | list):
        inside = value.values() if isinstance(value, dict) else value
        return depth < 8 and all(_is_field(one, depth + 1) for one in inside)
    return isinstance(value, str | int | float | bool)

"""Whom a note calls: `@bob`, `@Sana Khan`, `@"Sana Khan"` or a log-in, in any way of writing the name."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from hotline.domain.folding import match_key
from hotline.domain.names import Person

_CALLS = re.compile(r"""(?<![\w.@＠])[@＠](?:["“”«‘']([^"“”»«’\n]{1,80})["“”»’']|([^\s@＠][^\n@＠]{0,79}))""")
"""A name after the sign, in quotation marks or as far as it goes. Not the middle of a mail address."""

MOST = 10
"""So many colleagues one note can call."""


@dataclass(frozen=True)
class Called:
    """Whom a note calls, by id, and whether it has a name that is nobody's or that of several."""

    ids: tuple[int, ...] = ()
    unclear: bool = False


def called_in(note: str, people: Sequence[Person], *, first: frozenset[int]) -> Called:
    """Whom a note calls. A first name is enough where it is one person's alone, among those of `first` or else among everybody."""
    ids: list[int] = []
    unclear = False
    for found in list(_CALLS.finditer(note))[:MOST]:
        quoted, running = found.groups()
        named = _named(quoted or running, people, whole=quoted is not None)
        one = _one(named & first) or (_one(named) if not named & first else None)
        if one is None:
            unclear = True
        elif one not in ids:
            ids.append(one)
    return Called(tuple(ids), unclear)


def _one(ids: frozenset[int]) -> int | None:
    return next(iter(ids)) if len(ids) == 1 else None


def _named(words: str, people: Iterable[Person], *, whole: bool) -> frozenset[int]:
    """The ids of the people of whom the words are the name: of the names that fit, the longest counts."""
    key = match_key(words).split()
    best, ids = 0, set[int]()
    for person in people:
        for name in _names(person):
            fits = key == name if whole else key[: len(name)] == name
            if fits and len(name) > best:
                best, ids = len(name), set()
            if fits and len(name) == best:
                ids.add(person.id)
    return frozenset(ids)


def _names(person: Person) -> list[list[str]]:
    """The names of a person as words: whole, in each script, the first alone, and the log-in."""
    words = match_key(person.name).split()
    runs = [list(run) for _, run in groupby(words, key=str.isascii)]
    return [name for name in (words, match_key(person.login).split(), *runs, *(run[:1] for run in runs)) if name]

"""Which people a text names in full: by the name of the account, in each script that the account has it in, or by the log-in.

A first name alone names nobody: half of a city has it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from hotline.domain import category, telltale
from hotline.domain.category import Category
from hotline.domain.folding import match_key
from hotline.domain.keyword import single_letters

_LOGIN_MIN = 4
_INSIDE_MIN = 6
"""The least letters of a name in Arabic script that is looked for inside words, because people leave out spaces."""
_AROUND = ".,:;!?()'\"’،۔؟"
"""What may stand around a log-in in a text."""


@dataclass(frozen=True)
class Person:
    """Somebody who has an account."""

    id: int
    login: str
    name: str


@dataclass(frozen=True)
class Names:
    """The people, to be looked for in texts. `anybody` has the names of all, so that a text that names nobody costs one search."""

    people: tuple[Person, ...]
    anybody: tuple[Category, ...]
    each: tuple[Category, ...]  # a row for each, whose code is the id
    logins: dict[str, int]  # log-ins that are no word of a text, like "sana.k"


def names_of(people: Iterable[Person]) -> Names:
    """Prepare the people's names."""
    everybody = tuple(people)
    each = tuple(telltale.unsaid(str(one.id), spellings(one.name, one.login)) for one in everybody)
    anybody = telltale.unsaid("people", (word for row in each for word in row.words))
    return Names(everybody, (anybody,), each, {one.login: one.id for one in everybody if not one.login.isalnum()})


def named_in(text: str, names: Names) -> frozenset[int]:
    """The ids of the people whom a text names in full."""
    key, found = f" {single_letters(match_key(text))} ", set[int]()
    if category.found_in(key, names.anybody):
        found = {int(names.each[index].code) for index, _ in category.found_in(key, names.each)}
    if names.logins:
        found |= {names.logins[word] for word in {raw.strip(_AROUND) for raw in text.casefold().split()} & names.logins.keys()}
    return frozenset(found)


def spellings(name: str, login: str) -> tuple[str, ...]:
    """The ways in which a person is named in full, with doubled letters as one, as entries of a table of words (see
    `hotline/data/categories.toml`).

    "Sana Khan / ثنا خان" gives both. Of a longer name the first or the middle one with the last is enough. A log-in that is one word counts
    unless it is short or a part of the name.
    """
    words = [word for word in match_key(name).split() if len(word) > 1]
    found: list[str] = []
    for is_latin, run in groupby(words, key=str.isascii):
        parts = list(run)
        for full in (parts, parts[-2:], [parts[0], parts[-1]]) if len(parts) > 1 else ():
            whole = "" if is_latin or sum(map(len, full)) >= _INSIDE_MIN else "="
            found.append(whole + single_letters(" ".join(full)))
    if login.isalnum() and len(login) >= _LOGIN_MIN and match_key(login) not in words:
        found.append(single_letters(login))
    return tuple(dict.fromkeys(found))

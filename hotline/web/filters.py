"""What the address of the queue asks for: a list and its filters. They are read here, written back, and named in words.

An address may be anything. What it asks for that nobody can ask for is left out, as if it were not there.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from typing import NamedTuple, TypeVar
from urllib.parse import parse_qsl, urlencode

from flask import g

from hotline.domain.area import Area, named
from hotline.domain.languages import TEXT_LANGUAGES
from hotline.domain.queue import Channel, QueueFilter, QueueList, first_list, lists
from hotline.domain.rights import Rights
from hotline.domain.ticket import Priority, Status
from hotline.guards import gettext, runtime
from hotline.web import words

_LONGEST = 1000
"""Characters of a query that is read: what the form gives takes a fifth of it."""

_Enum = TypeVar("_Enum", bound=Enum)


class Named(NamedTuple):
    """One filter in words, and the list without it."""

    words: str
    without: dict[str, str]


@dataclass(frozen=True)
class Asked:
    """A list and its filters, and how they stand in an address."""

    filter: QueueFilter
    given: dict[str, str]

    @property
    def filters(self) -> dict[str, str]:
        """What stands in the address besides the list."""
        return {name: value for name, value in self.given.items() if name != "list"}

    @property
    def query(self) -> str:
        """All of it in one string, the list too, as it is stored."""
        return urlencode({"list": self.filter.of.value, **self.filters})

    def named(self) -> list[Named]:
        """Each filter in words, in the order of the form."""
        return [
            Named(_NAMED[name](value), {other: v for other, v in self.given.items() if other != name})
            for name, value in self.given.items()
            if name in _NAMED
        ]


def read(args: Mapping[str, str], may: Rights) -> Asked:
    """What an address asks for, as far as the volunteer may see it. The list that is shown first stands for any other."""
    which = _one_of(QueueList, args.get("list"))
    given: dict[str, str] = {"list": which.value} if which is not None else {}
    given |= {name: args[name] for name, is_one in _CHECKS.items() if args.get(name) and is_one(args[name])}
    from_, until = (date.fromisoformat(given[name]) if name in given else None for name in ("from", "until"))
    asked = QueueFilter(
        which if which in lists(may) else first_list(may),
        status=_one_of(Status, given.get("status")),
        priority=_one_of(Priority, given.get("priority")),
        category=given.get("category"),
        areas=tuple(one.code for one in runtime().areas if given.get("place") in (one.code, one.district)) if "place" in given else (),
        language=given.get("language"),
        channel=_one_of(Channel, given.get("channel")),
        late="late" in given,
        since=_midnight(from_) if from_ else None,
        until=_midnight(until + timedelta(days=1)) if until else None,
    )
    return Asked(asked, given)


def read_query(query: str, may: Rights) -> Asked:
    """The same of a string that `Asked.query` gave, or that somebody made up."""
    return read(dict(parse_qsl(query, max_num_fields=20) if len(query) <= _LONGEST else ()), may)


def kinds() -> list[tuple[str, str]]:
    """The code and the name of each kind of complaint, by name."""
    return sorted(((c.code, c.names.get(g.language, c.code)) for c in runtime().categories), key=lambda kind: kind[1])


def places() -> Iterator[tuple[Area, list[Area]]]:
    """Each district and its towns, in the order of their table."""
    for district in runtime().areas:
        if district.district is None:
            yield district, [one for one in runtime().areas if one.district == district.code]


def kind_name(code: str) -> str:
    """The name of a kind in the reader's language; its code if it has left the table."""
    return next((c.names.get(g.language, code) for c in runtime().categories if c.code == code), code)


def place_name(code: str | None) -> str:
    """The name of a place in the reader's language; empty if none is known."""
    area = named(runtime().areas, code)
    return area.names.get(g.language, area.code) if area is not None else code or ""


def _one_of(kind: type[_Enum], value: str | None) -> _Enum | None:
    """The member that has this value; None if there is none."""
    return next((member for member in kind if str(member.value) == value), None)


def _midnight(day: date) -> datetime:
    """The instant at which a day begins here."""
    return datetime.combine(day, time(), runtime().config.zone).astimezone(UTC)


def _is_day(value: str) -> bool:
    try:
        return len(value) == len("2026-01-01") and 2000 <= date.fromisoformat(value).year <= 2999
    except ValueError:
        return False


# In the order of the form.
_CHECKS: Mapping[str, Callable[[str], bool]] = {
    "category": lambda code: any(c.code == code for c in runtime().categories),
    "place": lambda code: named(runtime().areas, code) is not None,
    "language": lambda code: code in TEXT_LANGUAGES,
    "from": _is_day,
    "until": _is_day,
    "late": lambda value: value == "1",
    "channel": lambda value: _one_of(Channel, value) is not None,
    "status": lambda value: _one_of(Status, value) is not None,
    "priority": lambda value: _one_of(Priority, value) is not None,
}
_NAMED: Mapping[str, Callable[[str], str]] = {
    "category": kind_name,
    "place": place_name,
    "language": lambda code: gettext(words.LANGUAGES[code]),
    "from": lambda day: gettext("From %(day)s") % {"day": day},
    "until": lambda day: gettext("Until %(day)s") % {"day": day},
    "late": lambda _: gettext("Late"),
    "channel": lambda value: gettext(words.CHANNELS[Channel(value)]),
    "status": lambda value: gettext(words.STATUSES[Status(value)]),
    "priority": lambda value: gettext(words.PRIORITIES[Priority(int(value))]),
}

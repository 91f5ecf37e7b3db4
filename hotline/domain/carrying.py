"""Which gateway, and which line of it, carries a text now: pure rules. What is known of the gateways is passed in.

A text leaves by the gateway and the line that its citizen wrote to, as the citizen knows that number. While that gateway rests, has no
room for long, or did not send that very text, another takes it: the best for the citizen's network, then the cheaper, then the longest
well. Gateways that are alike share in proportion to what they have left.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hotline.domain.load import Load

NO_ROOM = timedelta(seconds=2)
"""How long a text waits for room at the least, so that the texts behind it are seen."""

_NEVER = timedelta(hours=1)
"""When it is asked again for a text that is longer than every limit: until then they may be set higher."""

_AS_LEFT_S = 900
"""What a gateway without limits has left, beside others: what it carries in a quarter of an hour."""


@dataclass
class Carrier:
    """A gateway at one claim. `room`: how many units it takes now; `back`: how many texts, if it comes back from a rest; `loads`: line →
    what that may carry; `price`: of a segment; `per_s`: units a second; `by_segments`: whether its units are segments."""

    name: str
    room: int
    per_s: float
    by_segments: bool = False
    price: int = 0
    networks: tuple[str, ...] = ()
    loads: Mapping[str, Load] = field(default_factory=dict)
    back: int | None = None
    rests_until: datetime | None = None
    taken: int = 0
    promised: int = 0

    def units(self, segments: int) -> int:
        """What a text takes of its limits."""
        return segments if self.by_segments else 1

    @property
    def carries(self) -> bool:
        """Whether it takes any text now."""
        return self.rests_until is None and self.back != 0

    def line(self, text: "Asked") -> str | None:
        """The line that takes the text now: the citizen's, else the one with most left. None: no line does."""
        if self.room <= 0 or not self.carries:
            return None
        units = self.units(text.segments)
        left = {line: load.left(urgent=text.urgent) for line, load in self.loads.items()}
        free = [line for line, one in left.items() if one is None or one >= units]
        if text.home == self.name and text.home_line in free:
            return text.home_line
        return max(free, key=lambda line: float("inf") if (one := left[line]) is None else one, default=None)

    def free_at(self, text: "Asked", now: datetime) -> datetime | None:
        """When it may take the text; None: nobody knows, as it rests, or never, as the text is longer than its limits."""
        if not self.carries:
            return None
        units = self.units(text.segments)
        times = [load.free_at(units, urgent=text.urgent) for load in self.loads.values()]
        first = min((one for one in times if one is not None), default=None)
        in_turn = timedelta(0) if text.urgent else timedelta(seconds=self.promised / self.per_s)
        return None if first is None else max(first, now + max(NO_ROOM, in_turn))

    def take(self, text: "Asked", line: str) -> None:
        """Count a text that it takes."""
        units = self.units(text.segments)
        self.room -= units
        self.taken += units
        self.loads[line].take(units)
        if self.back is not None:
            self.back -= 1

    def promise(self, text: "Asked") -> None:
        """The text waits for it: others come behind."""
        units = self.units(text.segments)
        self.promised += units
        min(self.loads.values(), key=lambda load: load.promised).promise(units)

    @property
    def share(self) -> float:
        """How much it should take beside others: what it has left, for each unit that it has taken."""
        left = [load.left(urgent=False) for load in self.loads.values()]
        whole = sum(one if one is not None else self.per_s * _AS_LEFT_S for one in left) + self.taken
        return whole / (self.taken + 1)


@dataclass(frozen=True)
class Asked:
    """A text that asks for a place. `home`, `home_line`: what the citizen wrote to last; `only`: no other gateway may take it; `digits`:
    the phone as it is dialled at home; `patience`: how long it waits for room; `old`: it has waited that long; `unsent_by`: what surely did
    not send it when it was tried last, and is passed over while another can carry it."""

    segments: int
    urgent: bool
    digits: str = ""
    home: str | None = None
    home_line: str | None = None
    only: str | None = None
    patience: timedelta = timedelta(0)
    old: bool = False
    unsent_by: str | None = None


@dataclass(frozen=True)
class Place:
    """The gateway and the line that take a text now."""

    gateway: str
    line: str


def choose(carriers: Sequence[Carrier], text: Asked, now: datetime) -> Place | datetime:
    """The place of a text, which is taken then; or when to ask again."""
    if text.only is not None:
        return _take([one for one in carriers if one.name == text.only], text) or _later(carriers, text, now)
    home = [one for one in carriers if one.name == text.home]
    groups = [home, *_groups([one for one in carriers if one not in home], text)]
    if text.unsent_by is not None and (other := _another(groups, text, now)) is not None:
        return other
    for group in groups:
        if (place := _take(group, text)) is not None:
            return place
        if not (text.urgent or text.old) and (until := _waits(group, text, now)) is not None:
            return until
    return _later(carriers, text, now)


def _another(groups: Iterable[Iterable[Carrier]], text: Asked, now: datetime) -> Place | datetime | None:
    """The place of a text at a gateway other than `unsent_by`, or when such a gateway takes it; None: none does soon.

    Those that come after it in the order of preference are asked first, so that a text that none of two sends finds the third.
    """
    ways = [one for group in groups for one in group]
    after = next((place + 1 for place, one in enumerate(ways) if one.name == text.unsent_by), 0)
    others = [one for one in (*ways[after:], *ways[:after]) if one.name != text.unsent_by]
    for one in others:
        if (place := _take([one], text)) is not None:
            return place
    return _waits(others, text, now)


def _groups(carriers: Iterable[Carrier], text: Asked) -> list[list[Carrier]]:
    """The gateways in order of preference; those in one group are alike."""
    groups: dict[tuple[bool, int, bool], list[Carrier]] = {}
    for one in carriers:
        key = (not on_network(one.networks, text.digits), one.price * text.segments, one.back is not None)
        groups.setdefault(key, []).append(one)
    return [groups[key] for key in sorted(groups)]


def _take(group: Iterable[Carrier], text: Asked) -> Place | None:
    for one in sorted(group, key=lambda carrier: -carrier.share):
        if (line := one.line(text)) is not None:
            one.take(text, line)
            return Place(one.name, line)
    return None


def _waits(group: Iterable[Carrier], text: Asked, now: datetime) -> datetime | None:
    """Until when the text waits for one of these, rather than leave by another; None: that would be too long."""
    times = {one.name: at for one in group if (at := one.free_at(text, now)) is not None and at - now <= text.patience}
    if not times:
        return None
    first = min((one for one in group if one.name in times), key=lambda one: times[one.name])
    first.promise(text)
    return times[first.name]


def _later(carriers: Iterable[Carrier], text: Asked, now: datetime) -> datetime:
    """When to ask again for a text that no gateway takes."""
    may = [one for one in carriers if text.only in (None, one.name)]
    times = [(at, one) for one in may if (at := one.free_at(text, now)) is not None]
    rests = min((one.rests_until or now + NO_ROOM for one in may if not one.carries), default=None)
    if not times:
        return rests or now + (_NEVER if may else NO_ROOM)
    at, first = min(times, key=lambda time: time[0])
    if rests is not None and rests < at:
        return rests
    first.promise(text)
    return at


def on_network(networks: Iterable[str], digits: str) -> bool:
    """Whether a phone, as it is dialled at home, begins as one of these say: "0321", or "0300-0309" for a range."""
    for written in networks:
        first, _, last = written.partition("-")
        if first <= digits[: len(first)] <= (last or first):
            return True
    return False

"""How the gateways are, for who runs the hotline: what they carry, what is left of their limits, what they cost, and who stopped one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from hotline.config import GatewaySettings
from hotline.domain.budget import PARTS, midnight
from hotline.domain.load import Left, Limits, Load
from hotline.domain.standing import LONG, State
from hotline.gateways.base import Trial
from hotline.gateways.registry import GATEWAYS
from hotline.runtime import Reading, Runtime
from hotline.storage import gatewayhours, gatewayloads, gatewaystates, marks, people
from hotline.storage.gatewayhours import Counts, Seen
from hotline.storage.gatewaymodels import GatewayState

HOURS = 24


@dataclass(frozen=True)
class LineView:
    """A line of a gateway; "" is its only one. `left`: of each limit; empty: it has none."""

    name: str
    left: tuple[Left, ...]


@dataclass(frozen=True)
class GatewayView:
    """A gateway as it is. If it carries no texts, only the first fields say something: how it is, its process knows.

    `numbers`: of ours, by which it is reached. `since`, `until`, `reason`: of a rest, or since when it is stopped (`until` is None then);
    None and "" if it carries. `stopped_by`: a name, None for the command line; `why`: what that person wrote. `hour`, `day`: the last 60
    minutes, and about the last 24 hours. `hours`: the last 24 hours, oldest first. `heard_at`: about when a text came in last.
    `cost_today`: in the currency of [sending], since the local midnight.
    """

    name: str
    kind: str
    texts: bool  # whether it carries texts
    calls: bool  # whether it carries calls
    trial: Trial
    numbers: tuple[str, ...]
    lines: tuple[LineView, ...]
    state: State
    since: datetime | None
    until: datetime | None
    reason: str
    stopped_by: str | None
    why: str | None
    hour: Counts
    day: Counts
    hours: tuple[Counts, ...]
    heard_at: datetime | None
    cost_today: Decimal


def overview(rt: Runtime) -> list[GatewayView]:
    """The gateways that are set up, in the order of the configuration. Texts count in the hour in which they were written."""
    settings = {name: one for name, one in rt.config.gateways.items() if one.is_set}
    now = rt.clock()
    with rt.reading() as session:
        states = gatewaystates.every(session)
        counted = gatewayhours.since(session, settings, gatewayhours.hour_of(now) - timedelta(hours=HOURS - 1))
        seen = gatewayhours.newest(session, after_id=marks.value(session, gatewayhours.MARK), limit=gatewayhours.LIVE)
        spent = gatewayloads.spent(session, midnight(now, rt.config.zone))
        return [
            _view(session, one, states.get(name), _Texts(name, now, counted[name], [text for text in seen if text.gateway == name]), spent)
            for name, one in settings.items()
        ]


@dataclass(frozen=True)
class _Texts:
    """The texts of a gateway: counted hours, and what is read as it is, newest first."""

    name: str
    now: datetime
    counted: Mapping[datetime, Counts]
    seen: Sequence[Seen]

    @property
    def last_hour(self) -> Counts:
        return sum((text.counts for text in self.seen if text.created_at > self.now - timedelta(hours=1)), Counts())

    @property
    def hours(self) -> tuple[Counts, ...]:
        found = dict(self.counted)
        for text in self.seen:
            hour = gatewayhours.hour_of(text.created_at)
            found[hour] = found.get(hour, Counts()) + text.counts
        this = gatewayhours.hour_of(self.now)
        return tuple(found.get(this - timedelta(hours=back), Counts()) for back in range(HOURS - 1, -1, -1))


def limits_of(settings: GatewaySettings) -> Limits:
    """The limits of each line of a gateway."""
    terms = settings.terms
    return Limits(terms.per_15_minutes, terms.per_hour, terms.per_day, terms.reserve_percent)


def _view(session: Reading, settings: GatewaySettings, row: GatewayState | None, texts: _Texts, spent: Mapping[str, int]) -> GatewayView:
    entry = GATEWAYS[settings.kind]
    lines = _lines(session, texts.name, settings, texts.now)
    state = _state(row, lines, texts.now)
    is_stopped, rests = state is State.STOPPED, state is State.RESTS
    by = people.volunteer(session, row.stopped_by) if is_stopped and row is not None and row.stopped_by is not None else None
    came = next((text.created_at for text in texts.seen if text.delivery is None), None)
    return GatewayView(
        name=texts.name,
        kind=settings.kind,
        texts=entry.texts is not None,
        calls=entry.calls is not None,
        trial=entry.trial(settings),
        numbers=settings.terms.lines,
        lines=lines,
        state=state,
        since=None if row is None else row.stopped_at if is_stopped else row.since if rests else None,
        until=row.until if row is not None and rests else None,
        reason=row.reason if row is not None and rests else "",
        stopped_by=by.name if by is not None else None,
        why=gatewaystates.why(session, row) if row is not None and is_stopped else None,
        hour=texts.last_hour,
        day=sum(texts.hours, Counts()),
        hours=texts.hours,
        heard_at=came or gatewayhours.last_heard(session, texts.name),
        cost_today=Decimal(spent.get(texts.name, 0)) / PARTS,
    )


def _lines(session: Reading, name: str, settings: GatewaySettings, now: datetime) -> tuple[LineView, ...]:
    limits = limits_of(settings)
    carried = gatewayloads.since(session, [name], now - limits.reach)
    return tuple(LineView(one, Load(limits, carried.get((name, one), {}), now).parts) for one in settings.terms.sims or ("",))


def _state(row: GatewayState | None, lines: Sequence[LineView], now: datetime) -> State:
    if row is not None and row.stopped_at is not None:
        return State.STOPPED
    if row is not None and row.until > now:
        return State.RESTS
    if any(left.units == 0 for line in lines for left in line.left):
        return State.FULL
    return State.BACK if row is not None and row.times and now - row.until < LONG else State.WELL

"""How much waits and how old it is, from the rows, in one reading: for Prometheus and for the page of the operator.

All classes of tickets are summed up, and nothing here is a number of a phone or a word of a citizen: it may be shown to who sees neither.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hotline.domain.look import Look
from hotline.gateways.registry import GATEWAYS
from hotline.runtime import Reading, Runtime
from hotline.services.condition import certificate, ticks
from hotline.storage import backups, figures, gatewaysigns, gatewaystates, marks
from hotline.storage.figures import Leaving, Since

CLAIMED_WITHIN = timedelta(minutes=15)


@dataclass(frozen=True)
class GatewayFigures:
    """A gateway. `carries` is False while it rests or is stopped, None if it carries no texts.

    `claimed`: texts that were given to it within `CLAIMED_WITHIN`. `heard_at`: when a text last came in by it, if it is one of the newest
    texts of all. `pinged_at`, `battery` (percent): what a phone last told of itself. `deaf`: test texts do not come in.
    """

    name: str
    carries: bool | None
    leaving: Leaving
    claimed: int
    heard_at: datetime | None
    pinged_at: datetime | None
    battery: int | None
    deaf: bool


@dataclass(frozen=True)
class Figures:
    """What waits at one moment, `now`. Counting stops at `storage.figures.MOST`.

    `queued`: texts on their way out; `due`: those of them that should have left. `unknown_gateways`: texts whose end is open by gateways
    that are set up no longer. `ticks`: the clock and each queue of jobs → its last tick, `still`: those of them that stand still.
    `backup_at`: when the last backup was made. `certificate_ends`: of the public address, as far as it is known.
    """

    now: datetime
    queued: int
    due: Since
    gateways: tuple[GatewayFigures, ...]
    unknown_gateways: Leaving
    looks: dict[Look, Since]
    unacted: Since
    unrouted: int
    on_queue: int
    nobodys: int
    unread: int
    recordings: Since
    alarms_open: int
    ticks: dict[str, datetime | None]
    still: tuple[str, ...]
    backup_at: datetime | None
    certificate_ends: datetime | None


def read(rt: Runtime) -> Figures:
    """The figures as they are now. Raises `DatabaseFault`."""
    now = rt.clock()
    with rt.reading() as session:
        leaving = dict(figures.leaving(session))
        gateways = _gateways(rt, session, leaving, now)
        last_ticks, backup = ticks.read(session), backups.newest(session, now=now)
        ends = marks.value(session, certificate.ENDS)
        return Figures(
            now=now,
            queued=figures.queued(session),
            due=figures.due(session, now=now),
            gateways=gateways,
            unknown_gateways=_sum(leaving[name] for name in leaving.keys() - {one.name for one in gateways}),
            looks=dict(figures.looks(session)),
            unacted=figures.unacted(session),
            unrouted=figures.unrouted(session),
            on_queue=figures.on_queue(session),
            nobodys=figures.nobodys(session),
            unread=figures.unread(session),
            recordings=figures.recordings_awaited(session),
            alarms_open=figures.alarms_open(session),
            ticks=last_ticks,
            still=tuple(ticks.still(last_ticks, now)),
            backup_at=backup.made_at if backup is not None else None,
            certificate_ends=datetime.fromtimestamp(ends, UTC) if ends else None,
        )


def _gateways(rt: Runtime, session: Reading, leaving: dict[str, Leaving], now: datetime) -> tuple[GatewayFigures, ...]:
    rests, signs = gatewaystates.resting(session, now=now), gatewaysigns.every(session)
    claimed, heard = figures.claimed(session, since=now - CLAIMED_WITHIN), figures.heard(session)
    found = []
    for name, settings in rt.config.gateways.items():
        if not settings.is_set:
            continue
        sign = signs.get(name)
        found.append(
            GatewayFigures(
                name=name,
                carries=name not in rests if GATEWAYS[settings.kind].texts is not None else None,
                leaving=leaving.get(name, Leaving()),
                claimed=claimed.get(name, 0),
                heard_at=heard.get(name),
                pinged_at=sign.pinged_at if sign is not None else None,
                battery=sign.battery if sign is not None else None,
                deaf=sign is not None and sign.deaf_since is not None,
            )
        )
    return tuple(found)


def _sum(of: Iterable[Leaving]) -> Leaving:
    counts = list(of)
    return Leaving(*(sum(one[n] for one in counts) for n in range(len(Leaving._fields))))

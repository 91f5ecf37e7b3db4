"""The gateways are watched, by what really happens: an ill gateway rests, and the heads are told of a long rest.

What it had of ours and surely did not send is free for the others: a claim chooses anew. It comes back by itself, a few texts first.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from hotline.alarms import AlarmKind, raise_alarm_about
from hotline.domain.delivery import Delivery
from hotline.domain.health import BAD, Facts, unwell
from hotline.domain.load import MINUTE
from hotline.domain.shutdowns import shut_until
from hotline.domain.standing import LONG
from hotline.gateways.base import TextGateway
from hotline.jobs import Job
from hotline.log import logger
from hotline.runtime import Runtime
from hotline.storage import alarms, gatewayhours, gatewayloads, gatewaystates, marks, people
from hotline.storage.gatewayhours import Counts, Seen

BATCH = 5_000
"""How many texts are counted in one transaction."""

_LOOKS_BACK, _LATEST, _DELIVERED_WITHIN = timedelta(hours=2), timedelta(minutes=15), timedelta(minutes=5)
_LOOKED_AT = 10_000
"""The most texts that one look reads: of a busier quarter of an hour the newest tell."""

_PASTS = tuple(timedelta(days=days) for days in (7, 14, 21, 28, 1, 2, 3))
"""The pasts of an hour: the same hour of the day and week, and of the last days."""

_SILENCE_MOST = 24
_KEPT_HOURS, _KEPT_MINUTES = timedelta(days=35), timedelta(days=2)
ABOUT_ALL = "gateways"


def watch(rt: Runtime, gateways: Mapping[str, TextGateway]) -> bool:
    """Count what has settled, let gateways rest that are not well, tell the heads; True if there is more to count."""
    more = _count(rt)
    if shut_until(rt.config.sending.shutdowns, rt.clock(), rt.config.zone) is None:  # else it is no fault of theirs, and no news
        _let_rest(rt, gateways)
        _tell(rt, gateways.keys())
    return more


def _count(rt: Runtime) -> bool:
    """Count texts of which nothing new is expected, in their hours; and forget what is too old to matter."""
    before = rt.clock() - gatewayhours.SETTLES
    with rt.reading() as session:
        after = marks.value(session, gatewayhours.MARK)
        if after and gatewayhours.settled(session, after_id=after, limit=1, before=before)[1] == after:
            return False
    with rt.transaction() as tx:
        gatewayloads.in_turn(tx.session)
        after = marks.value(tx.session, gatewayhours.MARK) or gatewayhours.first_from(tx.session, tx.now - _KEPT_HOURS) - 1
        texts, until = gatewayhours.settled(tx.session, after_id=after, limit=BATCH, before=before)
        found: dict[tuple[str, datetime], Counts] = {}
        for text in texts:
            key = (text.gateway, gatewayhours.hour_of(text.created_at))
            found[key] = found.get(key, Counts()) + text.counts
        for (gateway, hour), counts in sorted(found.items()):
            gatewayhours.add(tx.session, gateway, hour, counts)
        marks.set_value(tx.session, gatewayhours.MARK, until)
        gatewayhours.forget(tx.session, tx.now - _KEPT_HOURS)
        gatewayloads.forget(tx.session, tx.now - _KEPT_MINUTES)
    return until - after >= BATCH


def _let_rest(rt: Runtime, gateways: Mapping[str, TextGateway]) -> None:
    now = rt.clock()
    with rt.reading() as session:
        first = gatewayhours.first_from(session, now - _LOOKS_BACK)
        seen = gatewayhours.newest(session, after_id=first - 1, limit=_LOOKED_AT)
        counted = gatewayhours.since(session, gateways, gatewayhours.hour_of(now) - _KEPT_HOURS)
        states, rests = gatewaystates.every(session), gatewaystates.resting(session, now=now)
        facts = {}
        for name, gateway in gateways.items():
            if name in rests:  # it carries nothing: no other is to rest beside it
                continue
            ours = [text for text in seen if text.gateway == name]
            looked_from = now - _LOOKS_BACK
            # In the minute in which its rest ends, what was claimed before may still be missed.
            rested = max(looked_from, states[name].until + MINUTE) if name in states else looked_from
            facts[name] = replace(
                _facts(ours, counted[name], now, reports=gateway.can.reports),
                missed=gatewayloads.missed_in_a_row(session, name, looked_from),
                anew=gatewayloads.missed_in_a_row(session, name, rested),
            )
    if not facts:  # what carries badly is better than nothing
        ill = [states[name] for name in gateways if states[name].stopped_at is None]
        _wake(rt, [one.name for one in ill if one.reason in BAD])
    for name, verdict in unwell(facts).items():
        with rt.transaction() as tx:
            gatewaystates.rest(tx.session, name, verdict, now=tx.now)
        logger().warning("a gateway is not well and rests", gateway=name, verdict=verdict)


def _wake(rt: Runtime, names: Iterable[str]) -> None:
    """End the rests of gateways that were not well beside others which rest by now, or are stopped."""
    for name in names:
        with rt.transaction() as tx:
            gatewaystates.wake(tx.session, name, now=tx.now)
            tx.ring(Job.SEND_DUE)
        logger().warning("no gateway carries texts: one that is not well does again", gateway=name)


def _facts(texts: Sequence[Seen], counted: Mapping[datetime, Counts], now: datetime, *, reports: bool) -> Facts:
    """What happened at a gateway. `texts`: newest first."""
    ours = [text for text in texts if text.delivery is not None]
    tried = [text for text in ours if text.claimed_at is not None and text.claimed_at > now - _LATEST]
    told = reports and (any(text.delivered_at is not None for text in ours) or any(one.delivered for one in counted.values()))
    settled = now - _DELIVERED_WITHIN
    judged = [text for text in ours if text.sent_at is not None and settled - _LATEST < text.sent_at <= settled] if told else []
    return Facts(
        tried=len(tried),
        errors=sum(_failed(text) for text in tried),
        judged=len(judged),
        slow=sum(text.delivered_at is None or text.delivered_at - (text.sent_at or now) > _DELIVERED_WITHIN for text in judged),
        pasts=_pasts(next((text.created_at for text in texts if text.delivery is None), None), counted, now),
    )


def _failed(text: Seen) -> bool:
    """Whether the gateway did not take a text, or nobody knows."""
    put_back = text.delivery in (Delivery.QUEUED, Delivery.FAILED) and text.sent_at is None and text.attempts > 0
    return text.delivery == Delivery.UNKNOWN or put_back


def _pasts(heard_at: datetime | None, counted: Mapping[datetime, Counts], now: datetime) -> tuple[int, ...]:
    """How many texts came in, earlier, in the same hours as those in which nothing has come in now. `heard_at`: when one came in last, if
    that was within `_LOOKS_BACK`."""
    hour, this = timedelta(hours=1), gatewayhours.hour_of(now)
    last = max((at for at, counts in counted.items() if counts.came_in), default=None)
    heard = heard_at or (last + hour if last is not None else None)
    if heard is None:
        return ()
    begins = max(gatewayhours.hour_of(heard) + hour, this - _SILENCE_MOST * hour)
    silent = [begins + n * hour for n in range(int((this - begins) / hour))]
    oldest = min(counted, default=now)
    return tuple(sum(counted.get(at - past, Counts()).came_in for at in silent) for past in _PASTS if silent and begins - past >= oldest)


def _tell(rt: Runtime, names: Iterable[str]) -> None:
    """Alarm the heads once of each gateway that is ill for long, and at once if all rest; forget it when they have been well for long."""
    now, names = rt.clock(), list(names)
    with rt.reading() as session:
        states, rests = gatewaystates.every(session), gatewaystates.resting(session, now=now)
        long = [name for name in names if name in states and states[name].until > now and _ill_for(states[name].ill_since, now) >= LONG]
        well = [name for name in names if name not in rests and (name not in states or now - states[name].until > LONG)]
        raised = {_about(name): AlarmKind.GATEWAY_RESTS for name in long}
        if names and all(name in rests for name in names):
            raised[ABOUT_ALL] = AlarmKind.ALL_REST
        over = [*(_about(name) for name in well), *([ABOUT_ALL] if well else [])]
        raised = {about: kind for about, kind in raised.items() if not alarms.is_about(session, about)}
        over = [about for about in over if alarms.is_about(session, about)]
    if raised or over:
        _store(rt, raised, over)


def _store(rt: Runtime, raised: Mapping[str, AlarmKind], over: Iterable[str]) -> None:
    with rt.transaction() as tx:
        for about in over:
            alarms.forget_about(tx.session, about)
        for about, kind in raised.items():
            logger().error("gateways rest", about=about, kind=kind)
            for head in people.heads(tx.session):
                raise_alarm_about(tx, about, kind, head)


def _about(name: str) -> str:
    return f"gateway:{name}"


def _ill_for(since: datetime | None, now: datetime) -> timedelta:
    return now - since if since is not None else timedelta(0)

"""How gateways are: which of them rest, until when, and which a person has stopped."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from hotline.storage import sealed
from hotline.storage.db import upsert
from hotline.storage.gatewaymodels import GatewayState

_RESTS = (timedelta(minutes=1), timedelta(minutes=3), timedelta(minutes=10), timedelta(minutes=30))
"""How long a gateway rests the first time, the second in a row and so on; after the last always so long."""

IN_A_ROW = timedelta(minutes=30)
"""A rest that begins later than this after the last one ended is a first one."""

_STOPPED_FOR = timedelta(minutes=1)
"""So often it is asked whether a stopped gateway was started."""

_WHY = "gateway_states.why"


def resting(session: Session, *, now: datetime) -> Mapping[str, datetime]:
    """Name → until when at least, of the gateways that carry nothing now."""
    statement = select(GatewayState.name, GatewayState.until, GatewayState.stopped_at)
    statement = statement.where(or_(GatewayState.until > now, GatewayState.stopped_at.is_not(None)))
    return {name: until if stopped_at is None else max(until, now + _STOPPED_FOR) for name, until, stopped_at in session.execute(statement)}


def back_since(session: Session, *, now: datetime) -> Mapping[str, datetime]:
    """Name → when its last rest ended, of the gateways that carry again and had to rest within `IN_A_ROW`."""
    statement = select(GatewayState.name, GatewayState.until).where(GatewayState.until <= now, GatewayState.until > now - IN_A_ROW)
    return {row[0]: row[1] for row in session.execute(statement.where(GatewayState.times > 0, GatewayState.stopped_at.is_(None)))}


def every(session: Session) -> Mapping[str, GatewayState]:
    """Name → how it is, of the gateways that had to rest or were stopped, now or before."""
    return {one.name: one for one in session.scalars(select(GatewayState), execution_options={"populate_existing": True})}


def rest(session: Session, name: str, reason: str, *, now: datetime) -> None:
    """Let a gateway rest. Each time in a row it rests longer; a gateway that rests already goes on as it is."""
    state = _locked(session, name)
    if state is not None and state.until > now:
        return
    times = 1 if state is None or now - state.until > IN_A_ROW else min(state.times + 1, len(_RESTS))
    ill_since = now if times == 1 or state is None else state.ill_since
    values = {"since": now, "until": now + _RESTS[times - 1], "reason": reason[:16], "times": times, "ill_since": ill_since}
    _store(session, name, values, whole=values)


def wake(session: Session, name: str, *, now: datetime) -> None:
    """End a gateway's rest: it comes back as after any rest."""
    state = _locked(session, name)
    if state is not None and state.until > now:
        state.until = now
        session.flush()


def stop(session: Session, name: str, by: int | None, now: datetime, *, why: str = "") -> bool:
    """Have a gateway carry nothing until it is started. False if it is stopped already. `by`: a volunteer's id; None: the command line."""
    state = _locked(session, name)
    if state is not None and state.stopped_at is not None:
        return False
    words = sealed.seal_for_staff(session, _WHY, why, name) if why else None
    values = {"stopped_at": now, "stopped_by": by, "why": words}
    _store(session, name, values, whole=values | {"since": now, "until": now, "reason": "", "times": 0})
    return True


def start(session: Session, name: str) -> bool:
    """Let a gateway carry again that was stopped. False if it was not. One that is ill as well rests on."""
    state = _locked(session, name)
    if state is None or state.stopped_at is None:
        return False
    state.stopped_at = state.stopped_by = state.why = None
    session.flush()
    return True


def why(session: Session, state: GatewayState) -> str | None:
    """What the person wrote who stopped a gateway; None if nothing."""
    return sealed.open_for_staff(session, _WHY, state.why, state.name)


def _locked(session: Session, name: str) -> GatewayState | None:
    statement = select(GatewayState).where(GatewayState.name == name).with_for_update()
    return session.scalar(statement, execution_options={"populate_existing": True})


def _store(session: Session, name: str, values: Mapping[str, object], *, whole: Mapping[str, object]) -> None:
    """Change a gateway's row; `whole`: all of it, where there is none yet."""
    statement = upsert(session, GatewayState).values(name=name, **whole)
    session.execute(statement.on_conflict_do_update(index_elements=["name"], set_=dict(values)))

"""What the commands say of a gateway: how it is, in a line, and what is left of its limits."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from hotline.domain.standing import State
from hotline.gateways.base import Trial
from hotline.runtime import Runtime
from hotline.services.reconciling.asking import caught_up
from hotline.services.texts import gatewayview
from hotline.services.texts.gatewayview import GatewayView

_TRIALS = {Trial.UNTRIED: "untried with a real service", Trial.EXPERIMENTAL: "experimental"}

_BEHIND = timedelta(hours=1)
"""So old may what is surely here be: each gateway with a log is asked every ten minutes."""

_COLUMNS = ("came_in", "sent", "delivered", "failed")


def table(rt: Runtime, shown: list[GatewayView]) -> Iterator[str]:
    """The lines of a list of gateways. The counts are of the last hour and of the last 24 hours."""
    yield (
        f"{'name':<16}  {'kind':<8}  {'carries':<15}" + "".join(f"  {column.replace('_', ' '):>11}" for column in _COLUMNS) + "  how it is"
    )
    for one in shown:
        counts = "".join(f"  {f'{getattr(one.hour, column)}/{getattr(one.day, column)}' if one.texts else '-':>11}" for column in _COLUMNS)
        yield f"{one.name:<16}  {one.kind:<8}  {_carried(one):<15}{counts}  {'; '.join((how(rt, one), *_trial(one)))}"
        for line in one.lines:
            for left in line.left:
                by = f" by line {line.name}" if line.name else ""
                yield f"{'':<16}  {left.units} of {left.most} left in {int(left.stretch.total_seconds() // 60)} minutes{by}"


def said(rt: Runtime, name: str) -> tuple[bool, str]:
    """Whether a gateway carries now and all that came to it is here, as far as its log tells; and a sentence about it."""
    with rt.reading() as session:
        here_until = caught_up(session, {name}).get(name)
    is_behind = here_until is not None and rt.clock() - here_until > _BEHIND
    one = next(view for view in gatewayview.overview(rt) if view.name == name)
    told = [f"{one.kind}, carries {_carried(one)}", *_trial(one), *([how(rt, one)] if one.texts else [])]
    if here_until is not None:
        told.append(f"what came by {_at(rt, here_until)} is here" + (", and of later nothing is sure" if is_behind else ""))
    return not is_behind and one.state not in (State.RESTS, State.STOPPED), "; ".join(told)


def _carried(one: GatewayView) -> str:
    return " and ".join(what for what, has in (("texts", one.texts), ("calls", one.calls)) if has)


def _trial(one: GatewayView) -> tuple[str, ...]:
    return (_TRIALS[one.trial],) if one.trial in _TRIALS else ()


def how(rt: Runtime, one: GatewayView) -> str:
    """How a gateway is. Times are of the hotline's zone."""
    if not one.texts:
        return "hotline doctor asks how its line is"
    match one.state:
        case State.STOPPED:
            return f"stopped by {one.stopped_by or 'the command line'} since {_at(rt, one.since)}"
        case State.RESTS:
            return f"rests until {_at(rt, one.until)} ({one.reason})"
        case State.FULL:
            return "full: a limit is reached"
        case State.BACK:
            return "comes back: a few texts first"
        case _:
            return "works"


def _at(rt: Runtime, at: datetime | None) -> str:
    return f"{at.astimezone(rt.config.zone):%Y-%m-%d %H:%M}" if at else ""

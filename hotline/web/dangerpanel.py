"""What a ticket's page shows of danger: how we know of it, whose phones ring, who cannot act, and who has acted."""

from dataclasses import dataclass
from datetime import datetime

from hotline.domain.danger import BroughtIn
from hotline.runtime import Reading, Runtime
from hotline.services import access
from hotline.services.access import Access, Act
from hotline.services.tickets.danger import is_ringing
from hotline.storage import events, people, rings
from hotline.storage.models import Event


@dataclass(frozen=True)
class Rung:
    """A phone that was rung. `name` is None for one of the duty line; `rests`: it is not rung for some minutes."""

    name: str | None
    rung_at: datetime
    rests: bool


@dataclass(frozen=True)
class Panel:
    """What the panel shows of a ticket in danger."""

    rings: bool
    rung: tuple[Rung, ...]
    cannot: tuple[str, ...]
    act: Event | None
    acted_by: str
    may_take: bool
    may_give_up: bool
    choices: tuple[BroughtIn, ...] = tuple(BroughtIn)


def of(rt: Runtime, session: Reading, entered: Access) -> Panel | None:
    """The panel of a ticket; None if nobody is in danger."""
    ticket, now = entered.ticket, rt.clock()
    if ticket.danger is None:
        return None
    rows = [row for row in rings.of_ticket(session, ticket.id).values() if row.rung_at is not None]
    declined = events.declined_by(session, ticket.id)
    act = events.last_act(session, ticket.id) if ticket.acted_at is not None else None
    names = people.names(session, [*(row.volunteer_id for row in rows), *declined, act.volunteer_id if act is not None else None])
    rung = [
        Rung(
            names.get(row.volunteer_id) if row.volunteer_id is not None else None,
            row.rung_at,
            rests=row.quiet_until is not None and row.quiet_until > now,
        )
        for row in rows
        if row.rung_at is not None
    ]
    since = ticket.danger_at or ticket.opened_at
    return Panel(
        rings=is_ringing(ticket),
        rung=tuple(sorted(rung, key=lambda one: one.rung_at, reverse=True)),
        cannot=tuple(sorted(names[i] for i in declined if i in names)),
        act=act,
        acted_by=names.get(act.volunteer_id or 0, "") if act is not None else "",
        may_take=not events.has_taken(session, ticket.id, entered.volunteer.id, since=since),
        may_give_up=access.may(entered.rights, ticket, Act.EASE),
    )

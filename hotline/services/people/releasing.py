"""One person asks to be shown a number that takes two people, with a reason; another says yes, with a fresh code of the second factor.

Where nobody can say yes in time, a person can open the number alone ("break the glass"): it is shown at once, and the heads and the team's
leads are alarmed. It is a rule of the pages, and no cryptography: the process that shows a number can read every number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hotline.alarms import AlarmKind, raise_alarm
from hotline.log import logger
from hotline.runtime import Reading, Runtime
from hotline.services import access
from hotline.services.access import Access, Act, NoSuchTicket, NotAllowed, NoteMissing
from hotline.services.people import factor
from hotline.services.people.grants import Decided
from hotline.services.tickets import custody
from hotline.services.tickets.custody import Custody
from hotline.storage import alarms, events, people, releases, retention, sealed, tickets
from hotline.storage.events import EventKind, happened
from hotline.storage.models import Ticket
from hotline.storage.peoplemodels import Volunteer


class NobodyToAsk(Exception):
    """There is no other person who may see the ticket, may say yes and has a second factor."""


@dataclass(frozen=True)
class Request:
    """A request that waits, as the page shows it."""

    id: int
    reader_id: int
    reason: str
    asked_at: datetime


@dataclass(frozen=True)
class Panel:
    """What a ticket's page says of its numbers that take two people.

    `asked_at`: the reader's own request waits since then; `others`: requests that the reader may decide; `asks_code`: a code is typed in.
    """

    until: datetime | None
    may_ask: bool
    asked_at: datetime | None
    others: tuple[Request, ...]
    asks_code: bool

    @property
    def asks(self) -> bool:
        """Whether the page has the form to ask another person."""
        return self.may_ask and self.until is None and self.asked_at is None


def panel(rt: Runtime, session: Reading, entered: Access, kept: Custody) -> Panel | None:
    """What the page says; None if one person's right is enough, or if the person can neither ask nor decide."""
    if not kept.takes_two:
        return None
    may_ask, may_decide = custody.may_ask(rt, session, entered), access.may(entered.rights, entered.ticket, Act.RELEASE)
    if not (may_ask or may_decide):
        return None
    waiting = _waiting(rt, session, entered.ticket, rt.clock())
    own = next((one.asked_at for one in waiting if one.reader_id == entered.volunteer.id), None)
    others = tuple(one for one in waiting if one.reader_id != entered.volunteer.id) if may_decide else ()
    return Panel(kept.until, may_ask, own, others, factor.is_asked(session, entered.volunteer))


def ask(rt: Runtime, volunteer: Volunteer, reference: str, *, note: str) -> None:
    """Ask another person to agree that the numbers of a ticket are shown to this one. To ask twice is one request.

    Raises `NoSuchTicket`, `NotAllowed`, `NoteMissing`, `NobodyToAsk`.
    """
    with rt.transaction() as tx:
        entered = _entered(rt, tx.session, volunteer, reference, note)
        ticket = tickets.locked(tx.session, entered.ticket.id)
        releases.expire(tx.session, ticket.id, asked_before=tx.now - _ask_time(rt), now=tx.now)
        asked = any(one.reader_id == volunteer.id for one in _waiting(rt, tx.session, ticket, tx.now))
        if asked or custody.of(rt, tx.session, entered).is_open:
            return
        deciders = _deciders(tx.session, ticket, reader_id=volunteer.id)
        if not deciders:
            raise NobodyToAsk
        note_id = events.note(tx.session, ticket.id, volunteer.id, note, now=tx.now)
        retention.count_anew(tx.session, ticket.id, since=tx.now)  # its words may have gone: the reason goes too, some day
        releases.ask(tx.session, ticket.id, volunteer.id, note_id=note_id, now=tx.now)
        happened(tx.session, ticket.id, EventKind.NUMBER_ASKED, now=tx.now, volunteer_id=volunteer.id, note_id=note_id)
        for one in deciders:
            raise_alarm(tx, ticket.id, AlarmKind.NUMBER_ASKED, one.id, again=True)


def decide(rt: Runtime, volunteer: Volunteer, reference: str, release_id: int, *, yes: bool, code: str = "") -> None:
    """Say yes or no to another person's request; yes takes a code that the app shows now. The numbers are open for some minutes then.

    Raises `NoSuchTicket`, `NotAllowed` (one's own request), `Decided` (also if it is over), and as `factor.prove_fresh` does.
    """
    with rt.reading() as session:
        _request(rt, session, access.enter(session, volunteer, reference, Act.RELEASE), release_id, rt.clock())
    if yes:
        factor.prove_fresh(rt, volunteer.id, code)
    with rt.transaction() as tx:
        entered = access.enter(tx.session, volunteer, reference, Act.RELEASE)
        ticket = tickets.locked(tx.session, entered.ticket.id)
        asked = _request(rt, tx.session, entered, release_id, tx.now)
        until = tx.now + _open_time(rt) if yes else None
        if not releases.decide(tx.session, asked.id, volunteer.id, until=until, ticket=ticket, now=tx.now):
            raise Decided
        kind = EventKind.NUMBER_RELEASED if yes else EventKind.NUMBER_REFUSED
        happened(tx.session, ticket.id, kind, now=tx.now, volunteer_id=volunteer.id, to=asked.reader_id)
        if not _waiting(rt, tx.session, ticket, tx.now):
            alarms.settle(tx.session, ticket.id, AlarmKind.NUMBER_ASKED, now=tx.now)
        if yes:
            raise_alarm(tx, ticket.id, AlarmKind.NUMBER_OPEN, asked.reader_id, again=True)


def break_glass(rt: Runtime, volunteer: Volunteer, reference: str, *, note: str, code: str = "") -> None:
    """Open the numbers of a ticket for oneself, with a reason and a code that the app shows now. Heads and the team's leads are alarmed.

    Raises `NoSuchTicket`, `NotAllowed`, `NoteMissing`, and as `factor.prove_fresh` does.
    """
    with rt.reading() as session:
        if custody.of(rt, session, _entered(rt, session, volunteer, reference, note)).is_open:
            return
    factor.prove_fresh(rt, volunteer.id, code)
    with rt.transaction() as tx:
        entered = _entered(rt, tx.session, volunteer, reference, note)
        ticket = tickets.locked(tx.session, entered.ticket.id)
        note_id = events.note(tx.session, ticket.id, volunteer.id, note, now=tx.now)
        retention.count_anew(tx.session, ticket.id, since=tx.now)  # its words may have gone: the reason goes too, some day
        releases.break_glass(tx.session, ticket, volunteer.id, note_id=note_id, until=tx.now + _open_time(rt), now=tx.now)
        happened(tx.session, ticket.id, EventKind.GLASS_BROKEN, now=tx.now, volunteer_id=volunteer.id, note_id=note_id)
        leads = people.leads(tx.session, ticket.team_id) if ticket.team_id is not None else ()
        # Also to the very person: somebody else may sit at that browser, and the person's own phone tells of it.
        for one in sorted({*people.heads(tx.session), *leads}):
            raise_alarm(tx, ticket.id, AlarmKind.GLASS_BROKEN, one, again=True)
    logger().warning("a number was opened without another person's yes", ticket_id=ticket.id, volunteer_id=volunteer.id)


def _entered(rt: Runtime, session: Reading, volunteer: Volunteer, reference: str, note: str) -> Access:
    """Let a person in who may ask for the numbers of a ticket, and who says why."""
    entered = access.enter(session, volunteer, reference)
    if not custody.may_ask(rt, session, entered):
        raise NotAllowed
    if not note.strip():
        raise NoteMissing
    return entered


def _request(rt: Runtime, session: Reading, entered: Access, release_id: int, now: datetime) -> Request:
    """The request that a person may decide. Raises `Decided`, `NotAllowed`."""
    asked = next((one for one in _waiting(rt, session, entered.ticket, now) if one.id == release_id), None)
    if asked is None:
        raise Decided
    if asked.reader_id == entered.volunteer.id:
        raise NotAllowed
    return asked


def _waiting(rt: Runtime, session: Reading, ticket: Ticket, now: datetime) -> Sequence[Request]:
    """The requests about a ticket that somebody may still decide."""
    found = releases.asked(session, ticket.id, since=now - _ask_time(rt))
    reasons = [sealed.shown_note_of(session, note, ticket.contact_id) if note is not None else "" for _, note in found]
    return [Request(row.id, row.reader_id, reason, row.asked_at) for (row, _), reason in zip(found, reasons, strict=True)]


def _deciders(session: Reading, ticket: Ticket, *, reader_id: int) -> list[Volunteer]:
    """The other people who can say yes: they may see the ticket, may decide, and have a second factor."""
    return [
        one
        for one in releases.may_decide(session, ticket)
        if one.id != reader_id and (one.totp_step is not None or not factor.is_asked(session, one)) and _sees(session, one, ticket)
    ]


def _sees(session: Reading, person: Volunteer, ticket: Ticket) -> bool:
    try:
        access.enter(session, person, ticket.reference, Act.RELEASE)
    except (NoSuchTicket, NotAllowed):
        return False
    return True


def _ask_time(rt: Runtime) -> timedelta:
    return timedelta(minutes=rt.config.web.number_ask_minutes)


def _open_time(rt: Runtime) -> timedelta:
    return timedelta(minutes=rt.config.web.number_minutes)

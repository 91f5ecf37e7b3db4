"""What has been kept for long enough. Each function of the upper half gives the ids that are due, as a query; those below change rows.

Nothing of a ticket is due while somebody may still need its words: while it is open, unread, on hold, in danger on which nobody acted, or
while something on it waits for a look or is on its way.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, and_, case, delete, exists, func, literal, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from hotline.domain.call import TO_VOLUNTEERS
from hotline.domain.conversation import ReadAs
from hotline.domain.delivery import Delivery
from hotline.domain.keeping import ANNOUNCED, Terms
from hotline.domain.phone import SenderKind
from hotline.domain.rights import Rights
from hotline.domain.ticket import ENDED, Status
from hotline.storage.base import NO_TICKET
from hotline.storage.bridgemodels import TO_MAKE, Bridge, CallPlan
from hotline.storage.callmodels import Call, Recording
from hotline.storage.contacts import ERASED
from hotline.storage.erasuremodels import ERASURE_OPEN, Erasure
from hotline.storage.keepingmodels import GatewayCopy
from hotline.storage.models import ALONE, GOES, KEPT, Contact, Draft, Mark, Message, Ticket, TypedPhone
from hotline.storage.peoplemodels import Login, ShiftDay, Volunteer
from hotline.storage.photomodels import Photo
from hotline.storage.photos import KEPT as SEEN
from hotline.storage.photos import PhotoState
from hotline.storage.prankmodels import Prank
from hotline.storage.recordings import HAS_FILE, WIPED
from hotline.storage.recordings import KEPT as HEARD
from hotline.storage.ringmodels import Ring
from hotline.storage.sealed import HAS_WORDS
from hotline.storage.tickets import visible_to

Due = Select[int]
"""The ids of rows that are due, as a query."""

_UNDER_WAY = (Delivery.QUEUED, Delivery.SENDING, Delivery.UNKNOWN)
_WAITS = or_(Message.look.is_not(None), Message.to_read.is_(True), Message.delivery.in_(_UNDER_WAY))
_NOT_FETCHED = or_(Recording.look.is_not(None), and_(Recording.next_attempt_at.is_not(None), func.coalesce(Recording.reason, "") != WIPED))

_NOT_HERE = Photo.state == PhotoState.AWAITED

AT_REST = and_(
    Ticket.status.in_(ENDED),
    Ticket.unread.is_(False),
    Ticket.to_read.is_(False),
    # Closed, it holds nothing back any more (law 3 of "First, do no harm").
    or_(Ticket.hold.is_(False), Ticket.status == Status.CLOSED),
    or_(Ticket.danger.is_(None), Ticket.acted_at.is_not(None)),
    ~exists().where(Message.ticket_id == Ticket.id, _WAITS).correlate(Ticket),
    ~exists().where(Call.ticket_id == Ticket.id, or_(Call.next_attempt_at.is_not(None), Call.ended_at.is_(None))).correlate(Ticket),
    ~exists().where(Call.ticket_id == Ticket.id, Recording.call_id == Call.id, _NOT_FETCHED).correlate(Ticket),
    ~exists().where(Message.ticket_id == Ticket.id, Photo.message_id == Message.id, _NOT_HERE).correlate(Ticket),
    ~exists().where(Bridge.ticket_id == Ticket.id, Bridge.ended_at.is_(None)).correlate(Ticket),
    ~exists().where(CallPlan.ticket_id == Ticket.id, TO_MAKE).correlate(Ticket),
)
"""Whether nobody needs the words of a ticket for anything that is under way."""


def unannounced(terms: Terms, *, now: datetime) -> Due:
    """Tickets whose words may go within a week, and whose leads were not told yet."""
    soon = now + ANNOUNCED
    own_days = {code: soon - timedelta(days=days) for code, days in terms.by_kind.items()}
    by_seal = (Ticket.sealed, soon - timedelta(days=terms.sealed_days)), (Ticket.sealed.is_(False), soon - timedelta(days=terms.text_days))
    kinds = [(Ticket.category == code, literal(until, Ticket.kept_from.type)) for code, until in own_days.items()]
    until = case(*kinds, *((which, literal(at, Ticket.kept_from.type)) for which, at in by_seal))
    least = min(terms.text_days, terms.sealed_days, *terms.by_kind.values())
    is_due = (KEPT, Ticket.kept_from <= soon - timedelta(days=least), Ticket.kept_from <= until, Ticket.goes_at.is_(None))
    return select(Ticket.id).where(*is_due, or_(Ticket.keep_until.is_(None), Ticket.keep_until <= soon), AT_REST).order_by(Ticket.kept_from)


def going(*, until: datetime) -> Due:
    """Tickets whose words go until then, as their leads were told."""
    return select(Ticket.id).where(GOES, Ticket.goes_at <= until, AT_REST).order_by(Ticket.goes_at)


def heard(*, before: datetime, ended_before: datetime, now: datetime) -> Due:
    """Recordings of ended tickets that were written down before then, or whose ticket ended before then and nobody wrote them down.

    `ended_before`: in either case the ticket ended before that, so that leads have seen when its words go.
    """
    written = aliased(Message)
    is_written = (written.ticket_id == Ticket.id, written.read_as == ReadAs.WRITTEN, written.created_at >= Recording.created_at)
    first = select(func.min(written.created_at)).where(*is_written).correlate(Ticket, Recording).scalar_subquery()
    return (
        select(Recording.id)
        .join(Call, Call.id == Recording.call_id)
        .join(Ticket, Ticket.id == Call.ticket_id)
        .where(
            Recording.stored_as.is_not(None),
            Recording.state.in_(HEARD),
            func.coalesce(first, Ticket.kept_from) <= before,
            Ticket.kept_from <= ended_before,
            or_(Ticket.keep_until.is_(None), Ticket.keep_until <= now),
            AT_REST,
        )
        .order_by(Recording.id)
    )


def seen(*, before: datetime, ended_before: datetime, now: datetime) -> Due:
    """Photos of tickets that ended before then. `ended_before`: as of recordings."""
    return (
        select(Photo.id)
        .join(Message, Message.id == Photo.message_id)
        .join(Ticket, Ticket.id == Message.ticket_id)
        .where(
            Photo.stored_as.is_not(None),
            Photo.state.in_(SEEN),
            Ticket.kept_from <= before,
            Ticket.kept_from <= ended_before,
            or_(Ticket.keep_until.is_(None), Ticket.keep_until <= now),
            AT_REST,
        )
        .order_by(Photo.id)
    )


def heard_alone(*, before: datetime) -> Due:
    """Recordings of calls that left no ticket."""
    is_old = (Recording.created_at <= before, Recording.stored_as.is_not(None), Recording.state.in_(HEARD), Call.ticket_id.is_(None))
    return select(Recording.id).join(Call, Call.id == Recording.call_id).where(*is_old, ~_NOT_FETCHED).order_by(Recording.id)


def alone(*, before: datetime) -> Due:
    """Texts without a ticket that nobody waits for."""
    return select(Message.id).where(ALONE, Message.created_at <= before, ~func.coalesce(_WAITS, False)).order_by(Message.created_at)


def calls(*, before: datetime) -> Due:
    """Calls to and from citizens that left no ticket and no recording."""
    is_over = (Call.started_at <= before, Call.ended_at.is_not(None), Call.next_attempt_at.is_(None), Call.direction.not_in(TO_VOLUNTEERS))
    left = or_(*(exists().where(one.call_id == Call.id).correlate(Call) for one in (Recording, Bridge)))
    # Else nothing would know of its copy at the gateway any more.
    at_gateway = exists().where(GatewayCopy.gateway == Call.gateway, GatewayCopy.gateway_id == Call.gateway_id).correlate(Call)
    passed = select(Mark.value).where(Mark.name == "forget_call").scalar_subquery()
    is_gone = or_(Call.gateway_id.is_(None), and_(Call.id <= func.coalesce(passed, 0), ~at_gateway))
    return select(Call.id).where(NO_TICKET, *is_over, ~left, is_gone).order_by(Call.started_at)


def handovers(*, before: datetime) -> Due:
    """Shifts with a note to the next."""
    return select(ShiftDay.id).where(ShiftDay.note.is_not(None), ShiftDay.handed_over_at <= before)


def sought(*, before: datetime) -> Due:
    """Log-ins with words that were searched for."""
    return select(Login.id).where(Login.sought.is_not(None), Login.seen_at <= before)


def contacts(*, before: datetime, desks_before: datetime) -> Due:
    """Contacts of whom nothing is left, and that nothing must be remembered of. `desks_before`: as `before`, for the nameless contacts of
    walk-ins, which phones have taken over: data files from before that open by their keys.

    What somebody marked or asked for stays known for as long as the phone may text us again; so do volunteers' own phones.
    """
    own = Ticket.contact_id == Contact.id
    left = (
        exists().where(own, or_(Ticket.status.not_in(ENDED), Ticket.kept_from.is_not(None))).correlate(Contact),
        exists().where(Message.contact_id == Contact.id, HAS_WORDS).correlate(Contact),
        exists().where(Call.contact_id == Contact.id, or_(Call.started_at > before, Call.next_attempt_at.is_not(None))).correlate(Contact),
        exists().where(Call.contact_id == Contact.id, Recording.call_id == Call.id, or_(HAS_FILE, _NOT_FETCHED)).correlate(Contact),
        exists().where(Message.contact_id == Contact.id, Photo.message_id == Message.id, Photo.stored_as.is_not(None)).correlate(Contact),
        exists().where(TypedPhone.mark == Contact.mark).correlate(Contact),
        exists().where(Volunteer.phone_id == Contact.id).correlate(Contact),
        exists().where(Prank.contact_id == Contact.id).correlate(Contact),
        exists().where(Ring.contact_id == Contact.id, Ring.rung_at > before).correlate(Contact),
        exists().where(Erasure.contact_id == Contact.id, ERASURE_OPEN).correlate(Contact),
    )
    asked_for = (Contact.stopped_at, Contact.refused_texts_at, Contact.refused_calls_at, Contact.safe_from, Contact.safe_until)
    is_marked = and_(
        Contact.kind != ERASED,  # no phone is found by it any more: it is there for what an earlier owner of its number told
        or_(Contact.on_hold, Contact.may_text.is_(False), Contact.may_call.is_(False), *(one.is_not(None) for one in asked_for)),
    )
    is_desk, last = and_(Contact.kind == SenderKind.WITHHELD, Contact.times_seen == 0), func.coalesce(Contact.heard_at, Contact.created_at)
    is_old = (Contact.wrapped_key.is_not(None), last <= before, or_(~is_desk, last <= desks_before))
    return select(Contact.id).where(*is_old, ~is_marked, *(~one for one in left)).order_by(Contact.id)


def count(session: Session, due: Due) -> int:
    """How many are due."""
    return session.scalar(select(func.count()).select_from(due.order_by(None).subquery())) or 0


def drafts(session: Session, *, before: datetime) -> int:
    """How many texts to citizens were begun and left before then."""
    return session.scalar(select(func.count()).select_from(Draft).where(Draft.saved_at <= before)) or 0


def ids(session: Session, due: Due, *, limit: int) -> Sequence[int]:
    """The ids of the first that are due."""
    return session.scalars(due.limit(limit)).all()


def locked_ticket(session: Session, ticket_id: int) -> Ticket | None:
    """A ticket, locked until the commit; None if somebody else has locked it. Nothing is waited for."""
    return next(iter(_locked_tickets(session, [ticket_id])), None)


def due_tickets(session: Session, due: Due, *, limit: int) -> Sequence[Ticket]:
    """The first tickets that are due, locked until the commit. Rows that somebody else has locked are left out: nothing is waited for."""
    found = _locked_tickets(session, ids(session, due, limit=limit))
    # Asked again under the lock: what came in meanwhile is seen by now.
    still = set(session.scalars(due.where(Ticket.id.in_([ticket.id for ticket in found]))))
    return [ticket for ticket in found if ticket.id in still]


def due_recordings(session: Session, due: Due, *, limit: int) -> Sequence[int]:
    """The first recordings that are due, locked until the commit with their tickets. Those that somebody else has locked are left out."""
    found = _locked(session, Recording, ids(session, due, limit=limit))
    of_tickets = select(Call.ticket_id).join(Recording, Recording.call_id == Call.id).where(Recording.id.in_(found))
    return _still(session, due.where(Recording.id.in_(found)), Call.ticket_id, of_tickets)


def due_photos(session: Session, due: Due, *, limit: int) -> Sequence[int]:
    """The first photos that are due, locked as recordings are."""
    found = _locked(session, Photo, ids(session, due, limit=limit))
    of_tickets = select(Message.ticket_id).join(Photo, Photo.message_id == Message.id).where(Photo.id.in_(found))
    return _still(session, due.where(Photo.id.in_(found)), Message.ticket_id, of_tickets)


def due_texts(session: Session, due: Due, *, limit: int) -> Sequence[int]:
    """The first texts without a ticket that are due, locked until the commit. Those that somebody else has locked are left out."""
    return session.scalars(due.where(Message.id.in_(_locked(session, Message, ids(session, due, limit=limit))))).all()


def due_contacts(session: Session, due: Due, contact_ids: Sequence[int]) -> Sequence[int]:
    """Those of the contacts that are due still, locked until the commit. Those that somebody else has locked are left out."""
    statement = select(Contact.id).where(Contact.id.in_(contact_ids)).order_by(Contact.id).with_for_update(skip_locked=True)
    return session.scalars(due.where(Contact.id.in_(session.scalars(statement).all()))).all()


def _locked(session: Session, model: type[Recording] | type[Photo] | type[Message], row_ids: Sequence[int]) -> Sequence[int]:
    statement = select(model.id).where(model.id.in_(row_ids)).order_by(model.id).with_for_update(skip_locked=True)
    return session.scalars(statement).all()


def _still(session: Session, due: Due, ticket_id: InstrumentedAttribute[int | None], of_tickets: Select[int | None]) -> Sequence[int]:
    """What is due still once the tickets are locked too: a lead may have kept a ticket's words for longer meanwhile."""
    here = _locked_tickets(session, [one for one in session.scalars(of_tickets.distinct()) if one is not None])
    return session.scalars(due.where(or_(ticket_id.is_(None), ticket_id.in_([ticket.id for ticket in here])))).all()


def _locked_tickets(session: Session, ticket_ids: Sequence[int]) -> Sequence[Ticket]:
    statement = select(Ticket).where(Ticket.id.in_(ticket_ids)).order_by(Ticket.id).with_for_update(skip_locked=True)
    return session.scalars(statement, execution_options={"populate_existing": True}).all()


def announce(session: Session, ticket_id: int, *, goes_at: datetime | None) -> None:
    """Store when the words of a ticket go; None: not soon. Its version stays: nobody's form is refused because of it."""
    session.execute(update(Ticket).where(Ticket.id == ticket_id).values(goes_at=goes_at))


def tell_again(session: Session) -> None:
    """Let leads be told once more which words go: the database is from a backup, and one may have put a day off since."""
    session.execute(update(Ticket).where(GOES).values(goes_at=None))


def on_list(session: Session, volunteer: Volunteer, rights: Rights, *, limit: int) -> Sequence[Ticket]:
    """The tickets whose words go soon of the teams that a volunteer leads, and of none for the head; only those the volunteer may see."""
    led = or_(Ticket.team_id.in_(rights.leads), Ticket.team_id.is_(None)) if rights.is_head else Ticket.team_id.in_(rights.leads)
    return session.scalars(select(Ticket).where(GOES, led, visible_to(volunteer)).order_by(Ticket.goes_at, Ticket.id).limit(limit)).all()


def late_texts(session: Session, *, after: int, before: datetime, limit: int) -> tuple[int, dict[int, datetime]]:
    """Texts that came to tickets whose words had gone, among the next `limit` texts with ids after `after`: the last id that was looked at,
    and ticket → the time of its newest such text."""
    statement = select(Message.id, Message.ticket_id, Message.created_at, Message.sealed.is_not(None), Ticket.status, Ticket.kept_from)
    statement = statement.outerjoin(Ticket, Ticket.id == Message.ticket_id).where(Message.id > after, Message.created_at <= before)
    found = session.execute(statement.order_by(Message.id).limit(limit)).all()
    late = {row[1]: row[2] for row in found if row[1] is not None and row[3] and row[4] in ENDED and row[5] is None}
    return (found[-1][0] if found else after), late


def count_anew(session: Session, ticket_id: int, *, since: datetime) -> None:
    """Count the days of a ticket from then on whose words had gone: something came after that. An open one is left alone."""
    its = (Ticket.id == ticket_id, Ticket.status.in_(ENDED), Ticket.kept_from.is_(None))
    session.execute(update(Ticket).where(*its).values(kept_from=since))


def forget_drafts(session: Session, *, before: datetime, limit: int) -> int:
    """Delete texts to citizens that were begun and left; returns how many."""
    old = select(Draft.ticket_id, Draft.volunteer_id).where(Draft.saved_at <= before).limit(limit)
    done = 0
    for ticket_id, volunteer_id in session.execute(old).all():
        its = (Draft.ticket_id == ticket_id, Draft.volunteer_id == volunteer_id, Draft.saved_at <= before)
        session.execute(delete(Draft).where(*its))
        done += 1
    return done


def forget_handovers(session: Session, day_ids: Sequence[int]) -> None:
    """Delete the notes of shifts to the next."""
    session.execute(update(ShiftDay).where(ShiftDay.id.in_(day_ids)).values(note=None))


def forget_sought(session: Session, login_ids: Sequence[int]) -> None:
    """Delete what was searched for."""
    session.execute(update(Login).where(Login.id.in_(login_ids)).values(sought=None))


def forget_calls(session: Session, call_ids: Sequence[int], due: Due) -> None:
    """Delete calls that are still due."""
    session.execute(delete(Call).where(Call.id.in_(due.where(Call.id.in_(call_ids)).order_by(None))))

"""Call backs: how a call to a citizen is safe, which calls were promised, and the bridges between volunteers and citizens."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TypedDict, Unpack

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from hotline.domain.bridge import Came, End
from hotline.domain.conversation import ReadAs
from hotline.domain.message import Direction
from hotline.domain.ticket import Status
from hotline.domain.walk import Walk
from hotline.sealing import ContactKey
from hotline.storage import sealed
from hotline.storage.bridgemodels import OPEN_BRIDGE, TO_MAKE, Bridge, CallPlan
from hotline.storage.callmodels import Call
from hotline.storage.db import upsert
from hotline.storage.models import HOLDS_BACK, Contact, Message, Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.tickets import visible_to

_MOST_TO_MAKE = 100
_CODE_WORD = "call_plans.code_word"  # of a phone: it goes along where the phone's texts are moved to another of its tickets


class PlanChanges(TypedDict, total=False):
    """Changes of what is known of a call to a citizen."""

    code_word: bytes | None
    agreed_at: datetime | None
    agreed_by: int | None
    agreed_in: int | None
    urged_at: datetime | None
    urged_by: int | None
    urged_note_id: int | None
    seconded_at: datetime | None
    wanted_at: datetime | None
    made_at: datetime | None


class BridgeChanges(TypedDict, total=False):
    """Changes of a bridge."""

    answered_at: datetime | None
    rung_at: datetime | None
    joined_at: datetime | None
    ended_at: datetime | None
    ended: End | None
    duration_s: int | None
    came: Came | None


def plan(session: Session, ticket_id: int) -> CallPlan | None:
    """What is known of a call to the citizen of a ticket; None if nothing is."""
    return session.scalar(select(CallPlan).where(CallPlan.ticket_id == ticket_id), execution_options={"populate_existing": True})


def code_word(session: Session, known: CallPlan | None) -> str | None:
    """The code word that the citizen named; None if there is none, or it was erased."""
    if known is None or known.code_word is None:
        return None
    word, ticket_id = known.code_word, known.ticket_id

    def opened() -> str | None:
        key = sealed.key_of_ticket(session, ticket_id)
        return key.open(_CODE_WORD, word) if key is not None else None

    return sealed.readable(f"code word of ticket {ticket_id}", opened, None)


def keep_code_word(session: Session, ticket_id: int, word: str | None) -> None:
    """Store the code word that the citizen named; None takes it out."""
    key = sealed.needed_key_of_ticket(session, ticket_id)
    keep_plan(session, ticket_id, code_word=key.seal(_CODE_WORD, word) if word else None)


def seal_anew(session: Session, ticket_id: int, old: ContactKey | None, new: ContactKey) -> None:
    """Seal the code word of a ticket under another key."""
    known = plan(session, ticket_id)
    if known is not None and known.code_word is not None and old is not None:
        keep_plan(session, ticket_id, code_word=new.seal(_CODE_WORD, old.open(_CODE_WORD, known.code_word)))


def keep_plan(session: Session, ticket_id: int, **values: Unpack[PlanChanges]) -> None:
    """Store what is known of a call to the citizen of a ticket."""
    statement = upsert(session, CallPlan).values(ticket_id=ticket_id, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["ticket_id"], set_=values))


def carry(session: Session, ticket_id: int, to: int, text_ids: Collection[int], *, whole: bool) -> None:
    """Texts of a ticket were moved to the ticket `to`: what is known of a call goes with them.

    That the citizen agreed goes where the text goes in which it stands. If `whole`, a code word and a call that is promised and not made
    count for both, unless the other has its own. That silence is deadlier was said of the one ticket only.
    """
    known, there = plan(session, ticket_id), plan(session, to)
    if known is None:
        return
    changes = PlanChanges()
    if whole and known.code_word is not None and (there is None or there.code_word is None):
        changes["code_word"] = known.code_word
    if whole and _is_to_make(known) and (there is None or not _is_to_make(there)):
        changes |= {"wanted_at": known.wanted_at, "made_at": None}
    if known.agreed_in in text_ids:
        changes |= {"agreed_at": known.agreed_at, "agreed_by": known.agreed_by, "agreed_in": known.agreed_in}
    if changes:
        keep_plan(session, to, **changes)
    if "agreed_in" in changes:
        keep_plan(session, ticket_id, agreed_at=None, agreed_by=None, agreed_in=None)


def promise(session: Session, ticket_id: int, *, now: datetime) -> bool:
    """Store that a call was promised. False if one is to be made already: the first promise counts."""
    known = plan(session, ticket_id)
    if known is not None and _is_to_make(known):
        return False
    keep_plan(session, ticket_id, wanted_at=now, made_at=None)
    return True


def take_promise_back(session: Session, ticket_id: int, *, promised_at: datetime) -> None:
    """Forget that a call was promised at that time: the text that promised it never left."""
    mine = (CallPlan.ticket_id == ticket_id, CallPlan.wanted_at == promised_at, CallPlan.made_at.is_(None))
    session.execute(update(CallPlan).where(*mine).values(wanted_at=None))


def _is_to_make(known: CallPlan) -> bool:
    return known.wanted_at is not None and known.made_at is None


def to_make(session: Session, volunteer: Volunteer) -> Sequence[tuple[CallPlan, Ticket, Contact]]:
    """The promised calls that the volunteer may know of and nobody has made yet, the oldest promise first: at most 100."""
    statement = (
        select(CallPlan, Ticket, Contact)
        .join(Ticket, Ticket.id == CallPlan.ticket_id)
        .join(Contact, Contact.id == Ticket.contact_id)
        .where(TO_MAKE, visible_to(volunteer))
        .order_by(CallPlan.wanted_at, CallPlan.ticket_id)
        .limit(_MOST_TO_MAKE)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(statement)]


def put(session: Session, *, ticket_id: int, contact_id: int, volunteer_id: int, call_id: int, now: datetime) -> bool:
    """Store a bridge that was asked for. False if one is open for that phone."""
    values = {"ticket_id": ticket_id, "contact_id": contact_id, "volunteer_id": volunteer_id, "call_id": call_id, "asked_at": now}
    statement = upsert(session, Bridge).values(values).on_conflict_do_nothing(index_elements=["contact_id"], index_where=OPEN_BRIDGE)
    return session.scalar(statement.returning(Bridge.id)) is not None


def of_call(session: Session, call_id: int) -> Bridge | None:
    """The bridge to which a call to a volunteer's phone belongs, locked until the commit."""
    statement = select(Bridge).where(Bridge.call_id == call_id).with_for_update()
    return session.scalars(statement, execution_options={"populate_existing": True}).one_or_none()


def is_open(session: Session, contact_id: int, volunteer_id: int) -> bool:
    """Whether a bridge is open to that phone, or by that volunteer."""
    mine_or_theirs = or_(Bridge.contact_id == contact_id, Bridge.volunteer_id == volunteer_id)
    return session.scalar(select(Bridge.id).where(OPEN_BRIDGE, mine_or_theirs).limit(1)) is not None


def is_called(session: Session, contact_id: int) -> bool:
    """Whether a bridge is open to that phone of a citizen: it rings, or will ring as soon as the volunteer presses 1."""
    return session.scalar(select(Bridge.id).where(OPEN_BRIDGE, Bridge.contact_id == contact_id).limit(1)) is not None


def any_open(session: Session) -> bool:
    """Whether any bridge is open."""
    return session.scalar(select(Bridge.id).where(OPEN_BRIDGE).limit(1)) is not None


def tries(session: Session, ticket: Ticket, *, since: datetime) -> Sequence[Bridge]:
    """The bridges of a ticket or its phone for which the citizen's phone was to ring from `since` on."""
    of_it = or_(Bridge.contact_id == ticket.contact_id, Bridge.ticket_id == ticket.id)
    return session.scalars(select(Bridge).where(of_it, Bridge.answered_at >= since).order_by(Bridge.id)).all()


def last_by(session: Session, ticket_id: int, volunteer_id: int) -> Bridge | None:
    """The last bridge that a volunteer asked for on a ticket, locked until the commit; None if there is none."""
    statement = select(Bridge).where(Bridge.ticket_id == ticket_id, Bridge.volunteer_id == volunteer_id)
    statement = statement.order_by(Bridge.id.desc()).limit(1).with_for_update()
    return session.scalars(statement, execution_options={"populate_existing": True}).one_or_none()


def newest(session: Session, ticket_id: int) -> Bridge | None:
    """The last bridge of a ticket; None if there is none."""
    return session.scalar(select(Bridge).where(Bridge.ticket_id == ticket_id).order_by(Bridge.id.desc()).limit(1))


def store(session: Session, bridge: Bridge, **values: Unpack[BridgeChanges]) -> None:
    """Store changes of a bridge, which is locked."""
    session.execute(update(Bridge).where(Bridge.id == bridge.id).values(**values))
    session.refresh(bridge)


def lost(session: Session, *, placed_before: datetime, asked_before: datetime) -> Sequence[Bridge]:
    """Open bridges that nobody will report of any more, locked.

    Our call to the volunteer is over, or was not placed although it was asked for before `placed_before`, or was asked for before
    `asked_before`.
    """
    gone = or_(Call.ended_at.is_not(None), and_(Call.gateway_id.is_(None), Bridge.asked_at < placed_before), Bridge.asked_at < asked_before)
    open_ones = Bridge.ended_at.is_(None)
    statement = select(Bridge).join(Call, Call.id == Bridge.call_id).where(open_ones, gone).limit(50)
    return session.scalars(statement.with_for_update(skip_locked=True, of=Bridge), execution_options={"populate_existing": True}).all()


def texts_of(session: Session, ticket: Ticket, *, limit: int) -> Sequence[tuple[Message, str]]:
    """The newest texts that came from the ticket's own phone, each with its words, newest first."""
    statement = select(Message).where(
        Message.ticket_id == ticket.id,
        Message.contact_id == ticket.contact_id,
        Message.direction == Direction.IN,
        Message.volunteer_id.is_(None),
        Message.read_as != ReadAs.WRITTEN,
    )
    newest = session.scalars(statement.order_by(Message.created_at.desc(), Message.id.desc()).limit(limit))
    return [(message, sealed.shown_body_of(session, message)) for message in newest]


def keyed_silence(session: Session, volunteer: Volunteer, ticket: Ticket) -> bool:
    """Whether a caller of this phone pressed 5 on the call of this ticket, or of another that the volunteer sees and is not closed."""
    about = or_(Ticket.id == ticket.id, and_(Ticket.contact_id == ticket.contact_id, Ticket.status != Status.CLOSED, visible_to(volunteer)))
    statement = select(Call.walk).join(Ticket, Ticket.id == Call.ticket_id).where(about).order_by(Call.id.desc()).limit(50)
    return any(Walk.from_row(walk).must_be_silent for walk in session.scalars(statement))


def hidden_hold(session: Session, volunteer: Volunteer, ticket: Ticket) -> bool:
    """Whether another ticket holds the phone back that the volunteer may not know of: then the phone counts as marked.

    One that the volunteer sees is for the volunteer to weigh.
    """
    others = select(Ticket.id).where(Ticket.contact_id == ticket.contact_id, HOLDS_BACK, Ticket.id != ticket.id, ~visible_to(volunteer))
    if ticket.sealed:  # of two sealed tickets neither counts for the other
        others = others.where(Ticket.hold)
    return session.scalar(others.limit(1)) is not None

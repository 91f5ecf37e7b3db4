"""A sealed ticket is in danger and its own team does not act. The head is told that there is one; then a lead may break the seal."""

from hotline.alarms import AlarmKind, raise_alarm
from hotline.runtime import Reading, Runtime
from hotline.services import access
from hotline.services.access import NotAllowed, NoteMissing
from hotline.services.tickets.danger import act_time
from hotline.storage import events, people, seals, tickets
from hotline.storage.events import EventKind, happened
from hotline.storage.peoplemodels import Volunteer


class NothingWaits(Exception):
    """There is no sealed ticket whose seal this person may break now."""


def waits(rt: Runtime, session: Reading, volunteer: Volunteer) -> bool:
    """Whether there is a sealed ticket whose seal the lead may break now. Raises `NotAllowed` for anybody but leads and the head."""
    return _waiting(rt, session, volunteer) is not None


def _waiting(rt: Runtime, session: Reading, volunteer: Volunteer) -> int | None:
    if not access.working(session, volunteer).leads_any:
        raise NotAllowed
    return seals.breakable(session, volunteer, told_before=rt.clock() - act_time(rt))


def break_seal(rt: Runtime, volunteer: Volunteer, *, note: str) -> str:
    """A lead who is not shut out breaks the seal of the ticket that has waited longest, with a reason. Returns its reference.

    The lead sees it from now on; for everybody else it stays sealed. The heads are told. Raises `NotAllowed`, `NoteMissing`,
    `NothingWaits`.
    """
    with rt.transaction() as tx:
        ticket_id = _waiting(rt, tx.session, volunteer)
        if not note.strip():
            raise NoteMissing
        if ticket_id is None:
            raise NothingWaits
        tickets.locked(tx.session, ticket_id)  # a second press waits for the first
        if _waiting(rt, tx.session, volunteer) != ticket_id:
            raise NothingWaits
        note_id = events.note(tx.session, ticket_id, volunteer.id, note, now=tx.now)
        if note_id is not None:
            seals.let_in(tx.session, ticket_id, volunteer.id, note_id=note_id, now=tx.now)
        happened(tx.session, ticket_id, EventKind.SEAL_BROKEN, now=tx.now, volunteer_id=volunteer.id, note_id=note_id)
        for head in people.heads(tx.session):
            if head != volunteer.id:
                raise_alarm(tx, ticket_id, AlarmKind.SEAL_BROKEN, head)
        return tickets.reference_of(tx.session, ticket_id)

"""What ends when a volunteer leaves the hotline."""

from hotline.runtime import Transaction
from hotline.services.tickets.handback import hand_back
from hotline.storage import grants, invitations, logins, peopleevents
from hotline.storage.peopleevents import PeopleEventKind


def leave(tx: Transaction, volunteer_id: int, *, by: int | None) -> None:
    """End the volunteer's log-ins and links, take their tickets back; `by`: None for the command line.

    The rights that were asked for them are dropped, and so are the links that they made and the rights that they asked for others.
    """
    logins.end_all(tx.session, volunteer_id, now=tx.now)
    invitations.void(tx.session, volunteer_id, now=tx.now)
    invitations.void_made_by(tx.session, volunteer_id, now=tx.now)
    grants.drop(tx.session, volunteer_id, decided_by=by, now=tx.now)
    grants.drop_asked_by(tx.session, volunteer_id, decided_by=by, now=tx.now)
    peopleevents.happened(tx.session, PeopleEventKind.DEACTIVATED, now=tx.now, by=by, about=volunteer_id)
    hand_back(tx, volunteer_id, by=by)

"""A request that waits for a second person: stored once, and told to the heads."""

from hotline.alarms import AlarmKind, raise_alarm_about
from hotline.domain.grant import Right
from hotline.runtime import Transaction
from hotline.storage import grants, people
from hotline.storage.peopleevents import PeopleEventKind, happened


def keep_request(tx: Transaction, subject_id: int, right: Right, *, asked_by: int) -> None:
    """Store a request for a right and alarm the heads, unless the same request is open."""
    grant_id = grants.request(tx.session, subject_id, str(right), asked_by=asked_by, now=tx.now)
    if grant_id is not None:
        happened(tx.session, PeopleEventKind.RIGHT_ASKED, now=tx.now, by=asked_by, about=subject_id, right=str(right))
        for head in people.heads(tx.session):
            raise_alarm_about(tx, f"grant:{grant_id}", AlarmKind.GRANT, head)

"""A note calls colleagues: each has an alarm about the ticket, if they may see it."""

from collections.abc import Collection
from dataclasses import dataclass

from hotline.alarms import AlarmKind, raise_alarm
from hotline.domain.mention import MOST, called_in
from hotline.runtime import Transaction
from hotline.services import access
from hotline.storage import people
from hotline.storage.models import Ticket
from hotline.storage.peoplemodels import Volunteer


@dataclass(frozen=True)
class Uncalled:
    """Who was not called: colleagues who may not see the ticket, by id; and whether a name was nobody's, or that of several."""

    blind: tuple[int, ...] = ()
    unclear: bool = False

    def __bool__(self) -> bool:
        return bool(self.blind) or self.unclear


def call(tx: Transaction, ticket: Ticket, volunteer: Volunteer, note: str, chosen: Collection[int] = ()) -> Uncalled:
    """Raise an alarm for each colleague whom the note names after an @, and for those who were `chosen` on a list.

    It says that a colleague asks for them, and nothing of the matter. Returns who was not called. Nobody calls themselves.
    """
    if not chosen and "@" not in note and "＠" not in note:
        return Uncalled()
    colleagues = {one.id: one for one in people.colleagues(tx.session)}
    sees = frozenset(one.id for one in colleagues.values() if access.sees(tx.session, one, ticket.reference) is not None)
    called = called_in(note, [one for one in people.named(tx.session) if one.id in colleagues], first=sees)
    wanted = [one for one in dict.fromkeys((*called.ids, *list(chosen)[:MOST])) if one != volunteer.id]
    for one in wanted:
        if one in sees:
            raise_alarm(tx, ticket.id, AlarmKind.MENTIONED, one, again=True)
    return Uncalled(tuple(one for one in wanted if one not in sees and one in colleagues), called.unclear)

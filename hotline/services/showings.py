"""Every look is in a book: what a page, a search or a command shows of people's words and numbers is noted before it is answered.

A look at one ticket is an event of the ticket (`casework.view`, `casework.listen`, `casework.show_number`). Here are the others.
"""

from collections.abc import Collection
from datetime import timedelta

from hotline.runtime import Reading, Runtime, Transaction
from hotline.storage import people, showings
from hotline.storage.showings import ShowingKind

TOGETHER = timedelta(minutes=10)
"""What one person is shown again within this time is one look."""


def record(tx: Transaction, kind: ShowingKind, *, volunteer_id: int | None, tickets: Collection[int] = (), what: str = "") -> None:
    """Note a look in a transaction that is open: `tickets` are the ids of those shown, `volunteer_id` None is the command line.

    `what` is the name of the page or command, of 40 characters at most; never what was searched for, a word or a number.
    """
    showings.add(tx.session, kind, volunteer_id=volunteer_id, tickets=tickets, what=what, now=tx.now)


def note(rt: Runtime, kind: ShowingKind, *, volunteer_id: int | None, tickets: Collection[int] = (), what: str = "") -> None:
    """Note a look by itself. If it cannot be noted this raises, and nothing may be shown. Raises `Overloaded`, `DatabaseFault`."""
    with rt.transaction() as tx:
        record(tx, kind, volunteer_id=volunteer_id, tickets=tickets, what=what)


def note_list(rt: Runtime, volunteer_id: int, tickets: Collection[int], *, what: str, kind: ShowingKind = ShowingKind.LIST) -> None:
    """Note that a list shows words of these tickets, but for those that a look of this kind has shown to the same person in ten minutes.

    Raises as `note` does.
    """

    def unseen(session: Reading) -> frozenset[int]:
        return showings.not_shown(session, kind, volunteer_id=volunteer_id, tickets=tickets, since=rt.clock() - TOGETHER)

    with rt.reading() as session:
        if not tickets or not unseen(session):
            return
    with rt.transaction() as tx:
        people.lock(tx.session, volunteer_id)  # the same person may open it in two windows at once
        if new := unseen(tx.session):
            record(tx, kind, volunteer_id=volunteer_id, tickets=new, what=what)


def note_page(rt: Runtime, volunteer_id: int, kind: ShowingKind, *, what: str) -> None:
    """Note a look at a page that shows something of people on no ticket; once in ten minutes. Raises as `note` does."""

    def was_noted(session: Reading) -> bool:
        return showings.was_shown(session, kind, volunteer_id=volunteer_id, what=what, since=rt.clock() - TOGETHER)

    with rt.reading() as session:
        if was_noted(session):
            return
    with rt.transaction() as tx:
        people.lock(tx.session, volunteer_id)
        if not was_noted(tx.session):
            record(tx, kind, volunteer_id=volunteer_id, what=what)

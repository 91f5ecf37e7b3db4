"""Saved views: a volunteer gives a list of the queue with its filters a name, and opens it by that name."""

from collections.abc import Sequence

from hotline.domain.folding import match_key
from hotline.runtime import Reading, Runtime
from hotline.services import access
from hotline.storage import people, views
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.views import SavedView

MOST = 12
"""How many views a volunteer may have: each is counted with every page of the queue."""

LONGEST = 40
"""Characters of a name."""


class NoName(Exception):
    """The name has neither a letter nor a digit."""


class TooManyViews(Exception):
    """The volunteer has as many views as there may be."""


def of(session: Reading, volunteer: Volunteer) -> Sequence[SavedView]:
    """The volunteer's own views, by name. Raises `NotAllowed`."""
    access.working(session, volunteer)
    return views.of(session, volunteer.id, most=MOST)


def save(rt: Runtime, volunteer: Volunteer, name: str, query: str) -> None:
    """Give a list a name. A view of the same name, however it is written, becomes this one.

    Raises `NotAllowed`, `NoName`, `TooManyViews`.
    """
    name = " ".join(name.split())[:LONGEST]
    with rt.transaction() as tx:
        access.working(tx.session, volunteer)
        if not match_key(name):
            raise NoName
        people.lock(tx.session, volunteer.id)  # so that two forms at once do not make one too many
        if views.count_others(tx.session, volunteer.id, name) >= MOST:
            raise TooManyViews
        views.put(tx.session, volunteer.id, name, query)


def delete(rt: Runtime, volunteer: Volunteer, view_id: int) -> None:
    """Forget one of the volunteer's own views. Raises `NotAllowed`."""
    with rt.transaction() as tx:
        access.working(tx.session, volunteer)
        views.remove(tx.session, volunteer.id, view_id)

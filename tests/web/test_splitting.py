"""The form on a ticket's page by which texts go to a ticket of their own, or to another ticket of the same phone."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import update

from hotline.domain.reference import written
from hotline.domain.ticket import Status
from hotline.runtime import Runtime
from hotline.services.keeping import erasing
from hotline.services.tickets.routing import route_due
from hotline.storage.models import Ticket
from tests.support import Clock, said, text_in, tickets
from tests.web.visiting import Visitor

As = Callable[[str], Visitor]


@pytest.fixture
def shared(rt: Runtime, clock: Clock, app: Flask) -> tuple[Ticket, Ticket]:
    """Two tickets of one phone; the second has two texts, and one of them has no words."""
    assert app
    text_in(rt, "do larkon ne mera mobile cheen liya")
    clock.forward(hours=1)
    text_in(rt, "gali se meri motorcycle chori ho gai hai")
    text_in(rt, "")
    route_due(rt)
    first, second = tickets(rt)
    return first, second


def places(page: str) -> list[str]:
    return re.findall(r'name="text" value="([0-9]+)"', page)


def test_the_texts_are_chosen_and_led_to_where_they_are_now(rt: Runtime, as_: As, shared: tuple[Ticket, Ticket]) -> None:
    bob, (_, second) = as_("bob"), shared
    path = f"/tickets/{second.reference}"
    page = bob.text(path)
    assert "(no words: a picture, or nothing)" in page
    [_, empty] = places(page)
    answer = bob.post(f"{path}/move-texts", version=str(second.version), text=empty, to="new")
    new = tickets(rt)[-1]
    assert (answer.status_code, answer.location) == (302, f"/tickets/{new.reference}?done=moved")
    for old, other in ((second, new), (new, second)):
        assert written(other.reference) in bob.text(f"/tickets/{old.reference}")
    assert len(places(bob.text(path))) == 1
    assert said(rt) == ["receipt", "receipt"]


def test_they_go_to_another_ticket_of_the_phone_and_only_as_it_was_seen(rt: Runtime, as_: As, shared: tuple[Ticket, Ticket]) -> None:
    bob, (first, second) = as_("bob"), shared
    path = f"/tickets/{second.reference}"
    [one, _] = places(bob.text(path))
    form = {"version": str(second.version), "text": one, "to": first.reference}
    assert bob.post(f"{path}/move-texts", **form).location == f"/tickets/{first.reference}?done=moved"
    assert bob.post(f"{path}/move-texts", **form).status_code in (409, 422)
    assert "motorcycle" in bob.text(f"/tickets/{first.reference}")
    assert len(tickets(rt)) == 2


@pytest.mark.parametrize(
    ("field", "value", "code"), [("text", "x", 400), ("text", "99", 422), ("text", "0", 422), ("to", "12", 400), ("to", "482719365", 404)]
)
def test_a_form_that_no_page_sends_moves_nothing(
    as_: As, rt: Runtime, shared: tuple[Ticket, Ticket], field: str, value: str, code: int
) -> None:
    bob, (_, second) = as_("bob"), shared
    path = f"/tickets/{second.reference}"
    form = {"version": str(second.version), "text": places(bob.text(path))[0], "to": "new"} | {field: value}
    assert bob.post(f"{path}/move-texts", **form).status_code == code
    assert len(tickets(rt)) == 2


def test_only_a_lead_of_its_team_is_offered_less_care(rt: Runtime, as_: As, shared: tuple[Ticket, Ticket]) -> None:
    bob, (_, second) = as_("bob"), shared
    path = f"/tickets/{second.reference}"
    assert bob.post(f"{path}/hold", version=str(second.version), on="1").status_code == 302
    assert 'name="lighter"' not in bob.text(path)
    assert 'name="lighter"' in as_("lead").text(path)
    assert 'name="receipt"' not in bob.text(path)


def test_a_ticket_older_than_many_closed_ones_takes_texts_too(
    rt: Runtime, as_: As, clock: Clock, shared: tuple[Ticket, Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "SHOWN", 1)
    first, second = shared
    clock.forward(hours=1)
    text_in(rt, "orangi town mein bijli nahi")
    route_due(rt)
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).where(Ticket.id.not_in((first.id, second.id))).values(status=Status.CLOSED))
    page = as_("bob").text(f"/tickets/{second.reference}")
    assert re.findall('name="to" value="([0-9]{9})"', page) == [first.reference]

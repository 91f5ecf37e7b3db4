"""Two clicks at the same instant, and a volunteer who is removed while at work: one click counts, and nothing breaks."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select, update

from hotline.domain.grant import Right, RightKind
from hotline.runtime import Runtime
from hotline.services.access import NotAllowed
from hotline.services.people import grants, staff
from hotline.services.people.invitations import LinkNotGood, LoginTaken, invite, invited
from hotline.services.people.organisation import load_organisation, reset_password
from hotline.services.tickets import facts, taking
from hotline.services.tickets.routing import route_due
from hotline.storage import people
from hotline.storage.models import ShutOut, Ticket
from hotline.storage.peoplemodels import Grant, Membership, Volunteer
from hotline.storage.tickets import TicketMoved
from tests.services.colleagues import ORGANISATION, settle, volunteer
from tests.support import count, text_in, tickets


@pytest.fixture(autouse=True)
def _people(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)


def at_once(work: Callable[[], object]) -> list[type[Exception]]:
    """Do the work five times at the same instant; returns the exceptions raised."""
    faults: list[type[Exception]] = []
    start = threading.Barrier(5)

    def run() -> None:
        start.wait()
        try:
            work()
        except Exception as fault:  # noqa: BLE001 - told to the test
            faults.append(type(fault))

    threads = [threading.Thread(target=run) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return faults


def test_of_two_invitations_one_makes_the_account(rt: Runtime) -> None:
    assert set(at_once(lambda: invite(rt, "dora", "Dora", made_by=None))) == {LoginTaken}
    with rt.reading() as session:
        assert len(session.scalars(select(Volunteer).where(Volunteer.login == "dora")).all()) == 1


def test_a_right_that_is_asked_for_twice_waits_once(rt: Runtime) -> None:
    admin = volunteer(rt, "admin").id
    assert at_once(lambda: grants.request(rt, admin, "bob", Right(RightKind.NUMBERS))) == []
    assert count(rt, Grant) == 1


def test_somebody_who_is_put_into_a_team_twice_is_in_it(rt: Runtime) -> None:
    admin, before = volunteer(rt, "admin").id, count(rt, Membership)
    assert at_once(lambda: staff.join(rt, admin, "charlie", "street")) == []
    assert count(rt, Membership) == before + 1


def test_somebody_who_is_shut_out_twice_is_out(rt: Runtime) -> None:
    text_in(rt, "mera mobile cheen liya")
    route_due(rt)
    [ticket] = tickets(rt)
    lead, bob = volunteer(rt, "lead"), volunteer(rt, "bob").id
    faults = at_once(lambda: facts.shut_out(rt, lead, ticket.reference, version=ticket.version, whom=bob, out=True))
    assert set(faults) <= {TicketMoved}
    assert (count(rt, ShutOut), tickets(rt)[0].version) == (1, ticket.version + 1)


def test_whoever_was_put_out_takes_nothing_with_a_page_that_was_under_way(rt: Runtime) -> None:
    text_in(rt, "mera mobile cheen liya")
    bob = volunteer(rt, "bob")
    route_due(rt)
    staff.deactivate(rt, volunteer(rt, "admin").id, "alice")
    staff.deactivate(rt, volunteer(rt, "admin").id, "bob")
    assert tickets(rt)[0].assignee_id is None
    with pytest.raises(NotAllowed):
        taking.take_next(rt, bob)
    assert tickets(rt)[0].assignee_id is None


def test_whoever_goes_by_the_file_gives_her_tickets_back(rt: Runtime, tmp_path: Path) -> None:
    text_in(rt, "mera mobile cheen liya")
    route_due(rt)
    [ticket] = tickets(rt)
    with rt.reading() as session:
        name = people.names(session, [ticket.assignee_id])[ticket.assignee_id or 0]
    path = tmp_path / "change.toml"
    for change in (f'login = "{name.lower()}"\nname = "{name}"\nactive = false', f'login = "{name.lower()}"\nname = "{name}"'):
        settle(rt, tmp_path, ORGANISATION)
        hold(rt, name.lower())
        path.write_text(f"[[volunteer]]\n{change}\n", "utf-8")
        load_organisation(rt, path)
        assert (tickets(rt)[0].assignee_id, tickets(rt)[0].routed_at) == (None, None)


def hold(rt: Runtime, login: str) -> None:
    """Assign the ticket to that volunteer, as if routed."""
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).values(assignee_id=volunteer(rt, login).id, routed_at=tx.now))


def test_a_new_password_ends_the_links_that_are_about(rt: Runtime) -> None:
    token = invite(rt, "dora", "Dora", made_by=None)
    assert invited(rt, token).login == "dora"
    reset_password(rt, "dora")
    with pytest.raises(LinkNotGood):
        invited(rt, token)


def test_of_two_heads_who_are_closed_at_once_one_remains(rt: Runtime) -> None:
    with rt.transaction() as tx:
        tx.session.execute(update(Volunteer).where(Volunteer.login == "bob").values(is_head=True))
    admin, logins = volunteer(rt, "admin").id, iter(["head", "bob", "head", "bob", "head"])
    faults = at_once(lambda: staff.deactivate(rt, admin, next(logins)))
    assert faults == [grants.NotPossible] * 4
    with rt.reading() as session:
        assert len(people.heads(session)) == 1

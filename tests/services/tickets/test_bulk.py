"""Several tickets at once: each by its version, some go and others not, and none that wants to be looked at by itself."""

from pathlib import Path

import pytest
from sqlalchemy import select, update

from hotline.domain.look import Look
from hotline.domain.ticket import Status
from hotline.runtime import Runtime
from hotline.services.tickets import bulk, casework
from hotline.services.tickets.bulk import Chosen, Outcome
from hotline.services.tickets.routing import route_due
from hotline.storage.models import Event, Message, Ticket
from tests.services.colleagues import settle, volunteer
from tests.services.test_at_once import at_once
from tests.support import Clock, alter, text_in, tickets

NAMES = ("plain", "urgent", "danger", "held", "sealed", "unseen", "moved")


@pytest.fixture
def seven(rt: Runtime, tmp_path: Path) -> list[Chosen]:
    """Tickets about which everybody would have another reason to look at them alone, but for the first."""
    settle(rt, tmp_path)
    for n in range(len(NAMES)):
        text_in(rt, "mera mobile chori ho gaya", sender=f"+92300123450{n}")
    route_due(rt)
    alter(rt, Message, look=None)
    ids = [one.id for one in tickets(rt)]
    changes: dict[int, dict[str, object]] = {
        1: {"priority": 1},
        2: {"danger": "read"},
        3: {"hold": True},
        4: {"sealed": True},
    }
    with rt.transaction() as tx:
        for n, values in changes.items():
            tx.session.execute(update(Ticket).where(Ticket.id == ids[n]).values(**values))
        tx.session.execute(update(Message).where(Message.ticket_id == ids[5], Message.direction == "in").values(look=Look.NEXT))
    found = tickets(rt)
    chosen = [(one.reference, one.version) for one in found]
    casework.write_note(rt, volunteer(rt, "bob"), found[6].reference, version=found[6].version, note="first")
    return chosen


def outcomes(results: list[bulk.Result]) -> list[Outcome]:
    return [one.outcome for one in results]


def not_ours(rt: Runtime) -> int:
    with rt.reading() as session:
        return len([one for one in session.scalars(select(Event).where(Event.kind == "looked")) if one.data["answer"] == "not_ours"])


REFUSED = [Outcome.URGENT, Outcome.URGENT, Outcome.HELD, Outcome.SEALED, Outcome.UNSEEN, Outcome.MOVED]


def test_each_goes_by_itself_and_each_that_does_not_says_why(rt: Runtime, seven: list[Chosen], clock: Clock) -> None:
    bob, alice, charlie = (volunteer(rt, login) for login in ("bob", "alice", "charlie"))
    with rt.reading() as session:
        assert bulk.choosable(session, tickets(rt)) == {tickets(rt)[0].id, tickets(rt)[6].id}
    before = [one.version for one in tickets(rt)[1:]]
    for do in (
        lambda: bulk.take(rt, bob, seven),
        lambda: bulk.pass_on(rt, bob, seven, team="emergency"),
        lambda: bulk.close(rt, bob, seven),
    ):
        seven[0] = (tickets(rt)[0].reference, tickets(rt)[0].version)
        assert outcomes(do())[1:] == REFUSED
    assert [one.version for one in tickets(rt)[1:]] == before
    assert outcomes(bulk.take(rt, charlie, [seven[4], ("482719365", 1)])) == [Outcome.GONE, Outcome.GONE]
    [first, *_] = tickets(rt)
    again = [(first.reference, first.version)] * 3
    assert outcomes(bulk.take(rt, bob, again)) == [Outcome.DONE]
    assert outcomes(bulk.pass_on(rt, bob, [(first.reference, tickets(rt)[0].version)], colleague_id=volunteer(rt, "admin").id)) == [
        Outcome.BLIND
    ]
    assert outcomes(bulk.pass_on(rt, bob, [(first.reference, tickets(rt)[0].version)], colleague_id=alice.id)) == [Outcome.DONE]
    assert tickets(rt)[0].assignee_id == alice.id
    many = [(f"1{n:08d}", 1) for n in range(500)]
    assert len(bulk.take(rt, bob, many)) == rt.config.web.page_rows


def test_not_ours_takes_two_people_within_the_hour(rt: Runtime, seven: list[Chosen], clock: Clock) -> None:
    bob, alice = volunteer(rt, "bob"), volunteer(rt, "alice")
    one = seven[:1]
    assert outcomes(bulk.close(rt, bob, one)) == outcomes(bulk.close(rt, bob, one)) == [Outcome.SECOND]
    assert (not_ours(rt), tickets(rt)[0].status) == (1, "assigned")
    clock.forward(hours=1)
    assert outcomes(bulk.close(rt, alice, one)) == [Outcome.SECOND]
    assert outcomes(bulk.close(rt, bob, one)) == [Outcome.DONE]
    assert tickets(rt)[0].status == "closed"
    moved = [(tickets(rt)[6].reference, tickets(rt)[6].version)]
    casework.change_status(rt, bob, moved[0][0], version=moved[0][1], to=Status.IN_PROGRESS)
    assert outcomes(bulk.close(rt, alice, [(moved[0][0], tickets(rt)[6].version)])) == [Outcome.BEGUN]


def test_a_kind_whose_end_a_person_tells_is_not_closed_among_others(rt: Runtime, seven: list[Chosen]) -> None:
    alter(rt, Ticket, category="harassment")
    assert outcomes(bulk.close(rt, volunteer(rt, "bob"), seven[:1])) == [Outcome.BY_PERSON]


def test_of_many_who_take_the_same_one_has_it_and_two_who_close_close_it(rt: Runtime, seven: list[Chosen]) -> None:
    people = iter([volunteer(rt, login) for login in ("alice", "bob", "lead", "head", "charlie")])
    assert at_once(lambda: bulk.close(rt, next(people), seven[:1])) == []
    assert (tickets(rt)[0].status, not_ours(rt)) == ("closed", 2)
    found: list[Outcome] = []
    takers = iter([volunteer(rt, login) for login in ("alice", "bob", "lead", "head", "charlie")])
    last = [(tickets(rt)[6].reference, tickets(rt)[6].version)]
    assert at_once(lambda: found.extend(outcomes(bulk.take(rt, next(takers), last)))) == []
    assert sorted(found) == [Outcome.DONE, *[Outcome.MOVED] * 4]

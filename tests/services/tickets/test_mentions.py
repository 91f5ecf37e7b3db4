"""A note calls a colleague: an alarm of a kind of its own, for who may see the ticket; the writer is told who may not."""

from hotline.alarms import AlarmKind
from hotline.domain.ticket import Status
from hotline.runtime import Runtime
from hotline.services.duty.paging import page_unseen
from hotline.services.tickets import casework
from hotline.services.tickets.mentions import Uncalled
from hotline.storage import alarms
from hotline.storage.models import Ticket
from tests.services.colleagues import volunteer
from tests.services.duty.test_attendance import give_phone
from tests.support import Clock, alter, texts_out, tickets


def note(rt: Runtime, words: str, call: tuple[int, ...] = ()) -> Uncalled:
    found = tickets(rt)[0]
    return casework.write_note(rt, volunteer(rt, "alice"), found.reference, version=found.version, note=words, call=call)


def alarmed(rt: Runtime, login: str) -> list[str]:
    with rt.reading() as session:
        return [alarm.kind for alarm, _ in alarms.open_for(session, volunteer(rt, login)) if alarm.kind == AlarmKind.MENTIONED]


def test_who_is_called_has_an_alarm_that_is_texted_like_any_and_rings_again_when_called_again(
    rt: Runtime, ticket: Ticket, clock: Clock
) -> None:
    give_phone(rt, "bob")
    assert note(rt, "@bob and @Alice: the bag is red") == Uncalled()
    assert (alarmed(rt, "bob"), alarmed(rt, "alice")) == (["mentioned"], [])
    clock.forward(minutes=2)
    assert page_unseen(rt) == 1
    assert all("bag" not in text.body and "Alice" not in text.body for text in texts_out(rt))
    with rt.reading() as session:
        [alarm_id] = [alarm.id for alarm, _ in alarms.open_for(session, volunteer(rt, "bob"))]
    casework.acknowledge(rt, volunteer(rt, "bob"), alarm_id)
    assert alarmed(rt, "bob") == []
    note(rt, "@bob again")
    assert alarmed(rt, "bob") == ["mentioned"]


def test_who_may_not_see_it_is_not_called_and_the_list_does_the_same(rt: Runtime, ticket: Ticket) -> None:
    alter(rt, Ticket, sealed=True)  # alice and bob are of its team, charlie is not
    bob, charlie = volunteer(rt, "bob").id, volunteer(rt, "charlie").id
    assert note(rt, "@charlie @bob @nobody") == Uncalled(blind=(charlie,), unclear=True)
    assert (alarmed(rt, "charlie"), alarmed(rt, "bob")) == ([], ["mentioned"])
    assert note(rt, "", call=(charlie, bob, 4711, volunteer(rt, "admin").id)) == Uncalled(blind=(charlie,))
    found = tickets(rt)[0]
    at = (rt, volunteer(rt, "bob"), found.reference)
    casework.change_status(*at, version=found.version, to=Status.IN_PROGRESS, note="@Alice yours")
    assert alarmed(rt, "alice") == ["mentioned"]

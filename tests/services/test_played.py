"""Played: a caller in danger, in as many ways as we could think of. What was sent to the phone, what rang whom, and what did not.

The clock stands at 23:00 on a Monday in Karachi: alice is on duty in "general" until 06:00, bob and charlie are asleep, the lead and the
head have no shift, and two phones stand in the duty line. After each scene no text names the matter, the accused, us or the words.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from hotline.domain.closing import HowToldMissing
from hotline.domain.danger import BroughtIn, Danger
from hotline.domain.delivery import Reason
from hotline.domain.holder import Holder
from hotline.domain.look import Look, LookAnswer
from hotline.domain.ticket import Priority, Status
from hotline.domain.voice import Beep
from hotline.runtime import Runtime
from hotline.sections import Hours
from hotline.services.duty.paging import page_unseen
from hotline.services.tickets import acting, casework, looking, pranks, protocols, replies, seals
from hotline.services.tickets.latelooks import tell_of_late
from hotline.services.tickets.looking import Given
from hotline.services.tickets.replies import HolderUnsaid, ReplyRefused, SaysTooMuch
from hotline.services.tickets.seals import NothingWaits
from hotline.storage.callmodels import Recording
from hotline.storage.models import Message, Ticket
from tests.calling import Caller, contact_of
from tests.services.calls.test_missedcalls import missed, reasons
from tests.services.colleagues import settle, volunteer
from tests.services.duty.test_attendance import give_phone
from tests.services.duty.test_ringing import ALICE, CHARLIE, FIRST, HEAD, LEAD, PHONES, RINGS_VOICE, SECOND, House, alarms_of
from tests.services.quiet import names_nothing, to
from tests.services.tickets.test_naming import PEOPLE, seers
from tests.support import HER, OTHER, SNATCHED, Clock, hand_over, text_in, tickets

HOME = "mera shohar mujhe marta hai, woh mujhe maar dega"
TAKEN = "mere bhai ko aghwa kar liya hai"
EXTORTED = "bhatta mang rahe hain, goli bheji hai"
MINUTE = 60
ALL = [ALICE, LEAD, HEAD, FIRST, SECOND]


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path, clock: Clock) -> Iterator[Runtime]:
    rt = make_rt(voice=RINGS_VOICE, data_dir=tmp_path, contact_hours=Hours(opens="00:00", closes="24:00"))
    settle(rt, tmp_path, PEOPLE)
    for login, address in PHONES.items():
        give_phone(rt, login, address)
    clock.forward(hours=11)
    yield rt
    hand_over(rt)
    names_nothing(rt)


@pytest.fixture
def house(rt: Runtime, clock: Clock) -> House:
    return House(rt, clock)


def comes(house: House, body: str, *, sender: str = HER) -> Ticket:
    """A text comes in, and the workers run. The newest ticket."""
    text_in(house.rt, body, sender=sender)
    house.work()
    return tickets(house.rt)[-1]


def rings_on(house: House, ticket: Ticket) -> bool:
    """Whether the ticket is held, urgent and as dangerous as it was, and phones ring for it."""
    now = of(house.rt, ticket)
    return (now.danger, now.hold, now.priority, now.acted_at) == (ticket.danger, True, 1, None) and house.passes(2 * MINUTE) != []


def of(rt: Runtime, ticket: Ticket) -> Ticket:
    return next(one for one in tickets(rt) if one.id == ticket.id)


def sent(rt: Runtime, number: str = HER) -> list[str | None]:
    """The keys of the texts that went to a phone; None for a volunteer's."""
    hand_over(rt)
    return [key for key, delivery in to(rt, number) if delivery == "sent"]


def first_looks(rt: Runtime) -> int:
    """How many texts and recordings stand first in the list of looks."""
    with rt.reading() as session:
        return sum(len(session.scalars(select(kind.id).where(kind.look == Look.FIRST)).all()) for kind in (Message, Recording))


def silent_call(rt: Runtime, number: str = HER) -> Caller:
    """A caller presses 0, and 5 because somebody listens."""
    return Caller(rt, number).ring().press("1", "0", "5").hang_up()


def says(rt: Runtime, answer: LookAnswer, login: str) -> bool:
    look_id = looking.take_next(rt, volunteer(rt, login))
    assert look_id is not None
    return looking.answer(rt, volunteer(rt, login), look_id, Given(answer))


def write(rt: Runtime, ticket: Ticket, body: str = "We have read it.", **how: object) -> None:
    version = of(rt, ticket).version
    replies.reply(rt, volunteer(rt, "alice"), ticket.reference, version=version, body=body, confirmed=frozenset(), **how)  # type: ignore[arg-type]


# Somebody else holds the phone


def test_a_husband_sends_on(rt: Runtime, house: House) -> None:
    silent_call(rt)
    house.work()
    [ticket] = tickets(rt)
    text_in(rt, "ON")
    casework.change_status(rt, volunteer(rt, "alice"), ticket.reference, version=of(rt, ticket).version, to=Status.IN_PROGRESS)
    assert sent(rt) == ["started"], "the answer that any phone gets, and no news of the ticket"
    assert contact_of(rt, HER).refused_texts_at is not None
    assert rings_on(house, ticket)


def test_a_husband_presses_one(rt: Runtime, house: House) -> None:
    ticket = comes(house, TAKEN)
    comes(house, "1")
    Caller(rt).ring().press("1", "1").hang_up()
    assert rings_on(house, ticket)
    assert of(rt, ticket).status not in (Status.RESOLVED, Status.CLOSED)
    assert set(sent(rt)) <= {"receipt", "help", "noted"}


@pytest.mark.parametrize("words", ["masla hal ho gaya cancel kar do", "solved, cancel", "galti se bhej diya, sab theek hai"])
def test_a_husband_says_that_it_is_solved(rt: Runtime, house: House, words: str) -> None:
    ticket = comes(house, TAKEN)
    comes(house, words)
    comes(house, f"{ticket.reference} {words}")
    assert rings_on(house, ticket)
    assert set(sent(rt)) <= {"receipt", "noted", "status_in_progress"}
    assert first_looks(rt) >= 1


def test_a_husband_asks_how_it_is_going(rt: Runtime, house: House, clock: Clock) -> None:
    ticket = comes(house, HOME)
    clock.forward(minutes=20)
    comes(house, ticket.reference)
    assert sent(rt) == ["receipt", "status_in_progress"]
    assert rings_on(house, ticket)


def test_an_extorter_holds_the_phone(rt: Runtime, house: House, clock: Clock) -> None:
    ticket = comes(house, EXTORTED)
    for words in ("cancel", "yeh number kis ka hai?", "OFF", "ON", ticket.reference):
        clock.forward(minutes=3)
        comes(house, words)
    now = of(rt, ticket)
    assert (now.danger, now.hold, now.priority) == (Danger.READ, True, Priority.URGENT)
    assert first_looks(rt) >= 1
    assert set(sent(rt)) == {"receipt", "stopped", "started", "status_in_progress"}


def test_an_officer_who_works_with_us_is_named_in_full(rt: Runtime, house: House) -> None:
    ticket = comes(house, "SHO Charlie Memon ne rishwat mangi aur mere bhai ko aghwa kar liya hai")
    rung = [to for _, to in house.rang] + house.passes(12 * MINUTE)
    assert (ticket.sealed, CHARLIE in rung, HEAD in rung) == (True, False, True)
    assert "charlie" not in seers(rt, ticket)
    assert alarms_of(rt, "charlie") == {}
    assert sent(rt) == ["receipt"]


def test_a_relative_asks_by_the_reference_from_another_phone(rt: Runtime, house: House) -> None:
    ticket = comes(house, TAKEN)
    comes(house, ticket.reference, sender=OTHER)
    comes(house, f"{ticket.reference} cancel kar do", sender=OTHER)
    assert rings_on(house, ticket)
    assert (sent(rt), set(sent(rt, OTHER)) <= {"told_elsewhere", "receipt"}) == (["receipt"], True)
    assert "cancel" not in "".join(m.body for m in texts_on(rt, ticket))


def texts_on(rt: Runtime, ticket: Ticket) -> list[Message]:
    with rt.reading() as session:
        return list(session.scalars(select(Message).where(Message.ticket_id == ticket.id)))


# Who texts, and about what


def test_a_child_texts(rt: Runtime, house: House, clock: Clock) -> None:
    ticket = comes(house, "main das saal ka hun chacha mujhe ganda karta hai ammi ko mat batana")
    clock.forward(minutes=6)
    page_unseen(rt)
    assert sent(rt) == ["receipt"]
    clock.forward(minutes=9)
    tell_of_late(rt)  # the machine read nothing in it: it waits for its turn, and is late after a quarter of an hour
    assert "look_late" in alarms_of(rt, "alice")
    assert says(rt, LookAnswer.DANGER, "alice")
    assert of(rt, ticket).danger == Danger.PERSON
    assert house.passes(MINUTE) != []


def test_somebody_thinks_of_suicide(rt: Runtime, house: House) -> None:
    ticket = comes(house, "main khudkushi karna chahti hun")
    assert (ticket.priority, ticket.hold, first_looks(rt)) == (Priority.URGENT, True, 1)
    acting.bring_in(rt, volunteer(rt, "alice"), ticket.reference, version=ticket.version, whom=BroughtIn.DOCTOR, note="called")
    with pytest.raises(protocols.StepsMissing):
        casework.change_status(rt, volunteer(rt, "alice"), ticket.reference, version=of(rt, ticket).version, to=Status.RESOLVED)
    with pytest.raises(SaysTooMuch):
        write(rt, ticket, "Please do not think of suicide.", holder=Holder.CITIZEN)
    assert sent(rt) == ["receipt"]


def test_somebody_is_accused_about_religion(rt: Runtime, house: House) -> None:
    ticket = comes(house, "mohalle walon ne mujh par toheen ka ilzam lagaya hai, log jama ho gaye hain")
    assert (ticket.priority, ticket.hold, ticket.category, first_looks(rt)) == (Priority.URGENT, True, "religion", 1)
    with pytest.raises(SaysTooMuch):
        write(rt, ticket, "Has anybody filed a case of blasphemy?", holder=Holder.CITIZEN)
    write(rt, ticket, holder=Holder.CITIZEN)
    assert sent(rt) == ["receipt", None]


def test_two_people_share_a_phone(rt: Runtime, house: House, clock: Clock) -> None:
    plain = comes(house, SNATCHED)
    clock.forward(minutes=5)
    danger = comes(house, HOME)
    assert (danger.id != plain.id, of(rt, plain).danger, danger.hold) == (True, None, True)
    casework.change_status(rt, volunteer(rt, "alice"), plain.reference, version=of(rt, plain).version, to=Status.IN_PROGRESS)
    assert sent(rt) == ["receipt", "receipt"], "nothing is started to a phone that somebody in danger uses"
    clock.forward(minutes=30)
    assert comes(house, "bachao").id == danger.id
    assert (len(tickets(rt)), of(rt, danger).danger, sent(rt)) == (2, Danger.CRY, ["receipt", "receipt"])
    assert house.passes(2 * MINUTE) != []


def test_a_sim_is_sold_and_somebody_else_uses_it_months_later(rt: Runtime, house: House, clock: Clock) -> None:
    old = comes(house, "mera mobile gum ho gaya tha, koi mil jaye to batana")
    casework.change_status(rt, volunteer(rt, "alice"), old.reference, version=of(rt, old).version, to=Status.IN_PROGRESS)
    before = len(sent(rt))
    clock.forward(days=200)
    new = comes(house, "منهنجي پيءُ کي ڪجهه ماڻهن اغوا ڪيو آهي، مهرباني ڪري مدد ڪريو")
    assert new.id != old.id
    assert contact_of(rt, HER).language == "sd"
    assert sent(rt)[before:] == ["receipt"]
    assert of(rt, old).danger is None


@pytest.mark.parametrize("words", ["زما خاوند ما وهي، د خدای لپاره مرسته وکړئ", "منا کمک کنیت، منی مرد منا جنت"], ids=["pashto", "balochi"])
def test_somebody_writes_in_a_neighbours_language(rt: Runtime, house: House, clock: Clock, words: str) -> None:
    comes(house, words)
    assert (sent(rt), first_looks(rt)) == (["receipt"], 1)
    clock.forward(minutes=3)
    tell_of_late(rt)
    assert "look_late" in alarms_of(rt, "alice")


def test_a_photo_comes_without_words(rt: Runtime, house: House, clock: Clock) -> None:
    comes(house, "")
    assert first_looks(rt) == 1
    ticket = comes(house, TAKEN, sender=OTHER)
    comes(house, "", sender=OTHER)
    assert [m.body for m in texts_on(rt, ticket) if m.direction == "in"] == [TAKEN, ""]
    assert first_looks(rt) == 3
    assert set(sent(rt)) <= {"help", "receipt"}


# Calls


def test_a_caller_is_silent(rt: Runtime, house: House) -> None:
    caller = Caller(rt).ring().press("")
    assert isinstance(caller.last, Beep)
    caller.speak(seconds=8).hang_up()
    house.work()
    assert (len(tickets(rt)), first_looks(rt), sent(rt)) == (1, 1, [])


@pytest.mark.parametrize("steps", [("1", "0"), ("0",), ("0", "5"), ("1", "1", "0"), ("1", "1", "1", "0"), ("", "0"), ("1", "2", "0")])
def test_a_caller_in_danger_hangs_up_at_each_step(rt: Runtime, house: House, steps: tuple[str, ...]) -> None:
    Caller(rt).ring().press(*steps).hang_up()
    house.work()
    [ticket] = tickets(rt)
    assert (ticket.danger, ticket.hold, sent(rt)) == (Danger.KEYED, True, [])
    assert [to for _, to in house.rang] == [LEAD if steps == ("1", "1", "1", "0") else ALICE], "of another team nobody is on duty"


def test_do_not_call_me_and_then_a_missed_call(rt: Runtime, house: House) -> None:
    comes(house, "call mat karna, mere shohar dekh lete hain")
    missed(rt)
    house.work()
    assert HER not in {to for _, to in house.rang}
    assert reasons(rt)[-1] == ("missed", "not_safe")
    assert sent(rt) == ["receipt"]


@pytest.mark.parametrize("words", [("OFF", "ON"), ("ON",), ("START",), ("sab theek hai ab call karein",)])
def test_key_five_and_then_the_phone_takes_it_back(rt: Runtime, house: House, words: tuple[str, ...]) -> None:
    silent_call(rt)
    for body in words:
        comes(house, body)
    missed(rt)
    house.work()
    contact = contact_of(rt, HER)
    assert None not in (contact.refused_texts_at, contact.refused_calls_at)
    assert HER not in {to for _, to in house.rang}
    assert reasons(rt)[-1] == ("missed", "not_safe")
    assert set(sent(rt)) <= {"receipt", "started", "stopped"}


def test_a_text_after_a_no_by_key_is_answered_and_no_more(rt: Runtime, house: House, clock: Clock) -> None:
    Caller(rt).ring().press("1", "1", "1", "2", "2").speak().press("1").hang_up()
    assert sent(rt) == []
    clock.forward(hours=1)
    ticket = comes(house, SNATCHED)
    assert sent(rt) == ["receipt"]
    casework.change_status(rt, volunteer(rt, "alice"), ticket.reference, version=of(rt, ticket).version, to=Status.IN_PROGRESS)
    assert sent(rt) == ["receipt"]


# What people do


def test_a_held_ticket_is_answered_within_ten_minutes_with_the_second_question_and_not_after(
    rt: Runtime, house: House, clock: Clock
) -> None:
    ticket = comes(house, TAKEN)
    clock.forward(minutes=8)
    with pytest.raises(HolderUnsaid):
        write(rt, ticket)
    write(rt, ticket, holder=Holder.CITIZEN)
    assert sent(rt) == ["receipt", None]
    assert of(rt, ticket).acted_at is not None
    comes(house, "jaldi karo")
    clock.forward(minutes=11)
    with pytest.raises(ReplyRefused) as refused:
        write(rt, ticket, holder=Holder.CITIZEN)
    assert refused.value.args == (Reason.HOLD,)
    assert sent(rt)[:2] == ["receipt", None]
    assert None not in sent(rt)[2:]


def test_a_ticket_about_violence_is_closed_without_saying_how_the_citizen_was_told(rt: Runtime, house: House) -> None:
    ticket = comes(house, HOME)
    acting.bring_in(rt, volunteer(rt, "alice"), ticket.reference, version=ticket.version, whom=BroughtIn.POLICE, note="they are there")
    with pytest.raises((HowToldMissing, protocols.StepsMissing)):
        casework.change_status(rt, volunteer(rt, "alice"), ticket.reference, version=of(rt, ticket).version, to=Status.CLOSED)
    with pytest.raises(HowToldMissing):
        casework.change_status(
            rt,
            volunteer(rt, "lead"),
            ticket.reference,
            version=of(rt, ticket).version,
            to=Status.CLOSED,
            without_steps=True,
            note="all done",
        )
    assert sent(rt) == ["receipt"]


def test_a_phone_that_is_marked_for_pranks_cries(rt: Runtime, house: House, clock: Clock) -> None:
    ticket = comes(house, SNATCHED)
    pranks.mark(rt, volunteer(rt, "alice"), ticket.reference, version=of(rt, ticket).version, note="swears at us")
    pranks.confirm(rt, volunteer(rt, "bob"), ticket.reference, version=of(rt, ticket).version)
    clock.forward(hours=2)
    danger = comes(house, "bachao")
    assert (danger.danger, danger.priority) == (Danger.CRY, Priority.URGENT)
    assert [to for _, to in house.rang] == [ALICE]
    assert sent(rt) == ["receipt", "receipt"]


def test_a_volunteer_says_that_it_was_seen_and_does_nothing_else(rt: Runtime, house: House) -> None:
    house.picks_up = lambda caller: caller.press("9")
    ticket = comes(house, "bachao")
    house.picks_up = None
    assert house.passes(5 * MINUTE - 10) == [LEAD, HEAD, FIRST, SECOND]
    assert ALICE in house.passes(2 * MINUTE)
    assert (of(rt, ticket).acted_at, sent(rt)) == (None, ["receipt"])


def test_a_volunteer_cannot(rt: Runtime, house: House) -> None:
    ticket = comes(house, "bachao")
    acting.cannot(rt, volunteer(rt, "alice"), ticket.reference)
    house.work()
    assert [to for _, to in house.rang] == [ALICE, LEAD]
    assert ALICE not in house.passes(10 * MINUTE)
    assert sent(rt) == ["receipt"]


def test_a_lead_works_on_the_danger_in_a_sealed_ticket(rt: Runtime, house: House) -> None:
    ticket = comes(house, "SHO ne rishwat mangi aur mere bhai ko aghwa kar liya hai")
    assert [to for _, to in house.rang] == [LEAD], "nobody of its team is on duty"
    assert HEAD in house.passes(2 * MINUTE)
    assert {"beside", "danger"} <= alarms_of(rt, "lead").keys()
    with pytest.raises(NothingWaits):  # there is no seal that this lead has to break
        seals.break_seal(rt, volunteer(rt, "lead"), note="nobody answers")
    assert seers(rt, ticket) & {"lead", "alice", "bob"} == {"lead"}
    assert sent(rt) == ["receipt"]


def test_ordinary_lifts_what_the_machine_alone_held_and_nothing_else(rt: Runtime, house: House) -> None:
    read = comes(house, EXTORTED)
    assert (read.danger, house.rang) == (Danger.READ, [])
    assert [says(rt, LookAnswer.ORDINARY, login) for login in ("alice", "bob")] == [False, True]
    assert (of(rt, read).danger, of(rt, read).hold) == (None, False)
    silent_call(rt, OTHER)
    keyed = comes(house, "bachao", sender=OTHER)
    assert says(rt, LookAnswer.ORDINARY, "alice")
    assert rings_on(house, keyed)
    assert (sent(rt), sent(rt, OTHER)) == (["receipt"], [])


def test_two_who_say_that_it_is_ordinary_let_phones_rest_and_take_the_alarm_off_every_page(rt: Runtime, house: House) -> None:
    ticket = comes(house, TAKEN)
    house.passes(5 * MINUTE)
    assert {"danger"} <= set(alarms_of(rt, "lead")) & set(alarms_of(rt, "head"))
    assert [says(rt, LookAnswer.ORDINARY, login) for login in ("alice", "bob")] == [False, True]
    assert (of(rt, ticket).danger, of(rt, ticket).next_ring_at, house.passes(10 * MINUTE)) == (None, None, [])
    assert all("danger" not in alarms_of(rt, login) for login in PHONES)
    assert sent(rt) == ["receipt"]


def test_not_ours_takes_two(rt: Runtime, house: House, clock: Clock) -> None:
    ticket = comes(house, "Congratulations you have won a prize, send your card number")
    assert says(rt, LookAnswer.NOT_OURS, "alice") is False
    assert of(rt, ticket).status != Status.CLOSED
    assert says(rt, LookAnswer.NOT_OURS, "bob") is True
    assert of(rt, ticket).status == Status.CLOSED
    assert clock.now - ticket.opened_at < timedelta(hours=1)
    assert sent(rt)[0] == "receipt"

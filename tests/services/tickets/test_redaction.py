"""Words are masked and shown again by who leads, and rewritten for good by a second person; the machine and the search follow."""

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from hotline.domain import reading, searching
from hotline.domain.delivery import Delivery
from hotline.domain.redaction import BLOCK
from hotline.runtime import Runtime
from hotline.services.access import NoSuchTicket, NotAllowed
from hotline.services.tickets import casework, indexing, redaction, replies, rewriting
from hotline.services.tickets.reading import read_due
from hotline.services.tickets.redaction import INDEXED_AGAIN, NoSuchMask, NothingToMask, SamePerson, StillLeaving
from hotline.services.tickets.routing import route_due
from hotline.storage import events, messages, readings, redactions, said, sealed, ticketwords
from hotline.storage.models import Event, Message, Note, Ticket, TicketWord
from hotline.storage.readingmodels import ReadingRow
from hotline.storage.redactionmodels import Redaction
from hotline.storage.redactions import Item
from hotline.storage.tickets import TicketMoved
from tests.services.colleagues import settle, volunteer
from tests.support import OTHER, Clock, ScriptedGateway, alter, hand_over, text_in, texts_out, tickets

SAID = "orangi town mein Aslam ne pistol dikha kar mera mobile cheen liya, Aslam ka number 0300 1234567"
"""Its words are counted from 0 on: "Aslam" is 3 and 12, the number 15."""
HIDDEN = SAID.replace("Aslam", BLOCK, 1)


@pytest.fixture(autouse=True)
def _ticket(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)
    text_in(rt, SAID)
    route_due(rt)
    while read_due(rt, limit=10, late=10):
        pass


def now(rt: Runtime) -> Ticket:
    return tickets(rt)[0]


def text(rt: Runtime) -> Message:
    with rt.reading() as session:
        return session.scalars(select(Message).where(Message.direction == "in").order_by(Message.id)).first()  # type: ignore[return-value]


def item(rt: Runtime) -> Item:
    return Item(message_id=text(rt).id)


def mask(rt: Runtime, *places: int, by: str = "lead", of: Item | None = None, version: int | None = None) -> None:
    at = (rt, volunteer(rt, by), now(rt).reference)
    rt.clock.now += timedelta(seconds=1)  # type: ignore[attr-defined]
    redaction.mask_words(*at, version=version or now(rt).version, item=of or item(rt), places=places)


def rows(rt: Runtime) -> Sequence[Redaction]:
    with rt.reading() as session:
        return session.scalars(select(Redaction).order_by(Redaction.made_at, Redaction.starts)).all()


def undo(rt: Runtime, which: int = 0, *, by: str = "lead") -> None:
    redaction.undo(rt, volunteer(rt, by), now(rt).reference, version=now(rt).version, redaction_id=rows(rt)[which].id)


def rewrite(rt: Runtime, which: int = 0, *, by: str = "head", version: int | None = None) -> None:
    at = (rt, volunteer(rt, by), now(rt).reference)
    redaction.rewrite(*at, version=version or now(rt).version, redaction_id=rows(rt)[which].id)


def shown(rt: Runtime) -> str:
    with rt.reading() as session:
        return sealed.shown_body_of(session, session.get_one(Message, text(rt).id))


def stored(rt: Runtime) -> str:
    with rt.reading() as session:
        return sealed.body_of(session, session.get_one(Message, text(rt).id))


def finds(rt: Runtime, word: str) -> bool:
    key = searching.key_of(rt.keys.search)
    with rt.reading() as session:
        hashed = searching.hashed(key, *searching.words(word))
        return session.scalar(select(TicketWord.ticket_id).where(TicketWord.word == hashed)) is not None


def happened(rt: Runtime) -> list[tuple[str, int | None, dict[str, object]]]:
    with rt.reading() as session:
        kinds = ("masked", "unmasked", "rewritten")
        found = session.scalars(select(Event).where(Event.kind.in_(kinds)).order_by(Event.id))
        return [(event.kind, event.volunteer_id, event.data) for event in found]


def test_a_masked_word_is_shown_to_nobody_and_is_still_stored(rt: Runtime) -> None:
    mask(rt, 3)
    assert (shown(rt), stored(rt)) == (HIDDEN, SAID)
    with rt.reading() as session:
        ticket = now(rt)
        assert [words for message, words in messages.newest_of(session, ticket.id, until=None, limit=9, longest=500)][-1] == HIDDEN
        first = messages.first_in(session, ticket.id, longest=500)
        assert first is not None
        assert first[1] == HIDDEN
        assert said.of_tickets(session, [ticket.id], longest=500)[ticket.id].words == HIDDEN
    assert happened(rt) == [("masked", volunteer(rt, "lead").id, {"message": text(rt).id, "starts": 17, "ends": 22})]


def test_words_side_by_side_are_one_part_and_a_number_is_one_word(rt: Runtime) -> None:
    mask(rt, 3, 4, 15)
    assert shown(rt) == SAID.replace("Aslam ne", BLOCK, 1).replace("0300 1234567", BLOCK)


def test_it_is_shown_again_by_the_same_right(rt: Runtime) -> None:
    mask(rt, 3)
    undo(rt, by="head")
    assert shown(rt) == SAID
    assert text(rt).masked is None
    assert [kind for kind, _, _ in happened(rt)] == ["masked", "unmasked"]
    with pytest.raises(NoSuchMask):
        undo(rt)


def test_of_two_masks_on_a_word_one_is_enough(rt: Runtime) -> None:
    mask(rt, 3)
    mask(rt, 2, 3, 4, by="head")
    undo(rt, 0)
    assert shown(rt) == SAID.replace("mein Aslam ne", BLOCK, 1)


def test_a_masked_word_is_not_found_until_it_is_shown_again(rt: Runtime) -> None:
    indexing.reindex(rt)
    assert finds(rt, "pistol")
    mask(rt, 5)
    assert not finds(rt, "pistol")
    assert finds(rt, "mobile")
    undo(rt)
    assert finds(rt, "pistol")


def test_a_word_that_was_being_indexed_as_it_was_masked_is_not_found_a_minute_later(rt: Runtime, clock: Clock) -> None:
    mask(rt, 5)
    with rt.transaction() as tx:  # a worker had read the words before
        key = searching.key_of(rt.keys.search)
        ticketwords.index(tx.session, [(searching.hashed(key, *searching.words("pistol")), now(rt).id)])
    rewriting.redact_due(rt)
    assert finds(rt, "pistol")  # too early: another may still be at it
    clock.now += INDEXED_AGAIN
    rewriting.redact_due(rt)
    assert not finds(rt, "pistol")
    assert rows(rt)[0].next_at is None


def test_the_words_that_decided_a_reading_are_not_shown_of_a_masked_text(rt: Runtime) -> None:
    with rt.transaction() as tx:
        key = sealed.needed_key(tx.session, text(rt).contact_id)
        why = key.seal("readings.reasons", '{"danger": ["Aslam"]}', text(rt).id)
        tx.session.execute(update(ReadingRow).values(reasons=why))
    with rt.reading() as session:
        assert readings.reasons_of(session, session.scalars(select(ReadingRow)).one()) == {"danger": ["Aslam"]}
    mask(rt, 3)
    with rt.reading() as session:
        row = session.scalars(select(ReadingRow)).one()
        assert readings.reasons_of(session, row) == {}
        assert row.reasons is not None
    rewrite(rt)
    with rt.reading() as session:
        assert session.scalars(select(ReadingRow)).all() == []


def test_the_machine_goes_on_with_all_the_words(rt: Runtime) -> None:
    words_said = "mera shohar mujhe marta hai, orangi town mein"
    text_in(rt, words_said, sender=OTHER)
    second = tickets(rt)[1]
    with rt.reading() as session:
        message = session.scalars(select(Message).where(Message.ticket_id == second.id, Message.direction == "in")).one()
        assert message.to_read
    alter(rt, Ticket, team_id=now(rt).team_id, to_read=False)
    at = (rt, volunteer(rt, "head"), second.reference)
    words = Item(message_id=message.id)
    redaction.mask_words(*at, version=tickets(rt)[1].version, item=words, places=range(20))
    assert read_due(rt, limit=10, late=10) == 1
    with rt.reading() as session:
        row = session.scalars(select(ReadingRow).where(ReadingRow.message_id == message.id)).one()
        assert row.kinds == list(reading.read(words_said, rt.reader).kinds) != list(reading.read(BLOCK, rt.reader).kinds)


def test_it_is_rewritten_by_another_person_and_nothing_brings_it_back(rt: Runtime) -> None:
    mask(rt, 3)
    with pytest.raises(SamePerson):
        rewrite(rt, by="lead")
    assert stored(rt) == SAID
    rewrite(rt, by="head")
    assert stored(rt) == shown(rt) == HIDDEN
    assert text(rt).masked is None
    assert happened(rt)[-1] == ("rewritten", volunteer(rt, "head").id, {"message": text(rt).id, "starts": 17, "ends": 22})
    for again in (undo, rewrite):
        with pytest.raises(NoSuchMask):
            again(rt)


def test_what_else_is_masked_stays_so_when_a_part_is_rewritten(rt: Runtime) -> None:
    mask(rt, 3)
    mask(rt, 15)
    mask(rt, 2, 3, 4)
    rewrite(rt, 0)
    assert stored(rt) == HIDDEN
    assert shown(rt) == SAID.replace("mein Aslam ne", BLOCK, 1).replace("0300 1234567", BLOCK)
    undo(rt, 1)
    undo(rt, 2)
    assert shown(rt) == HIDDEN


def test_a_mask_within_what_is_rewritten_is_done_with(rt: Runtime) -> None:
    mask(rt, 3)
    mask(rt, 2, 3, 4, by="head")
    with pytest.raises(SamePerson):
        rewrite(rt, 1, by="head")
    rewrite(rt, 1, by="lead")
    assert stored(rt) == shown(rt) == SAID.replace("mein Aslam ne", BLOCK, 1)
    assert [row.undone_at is None for row in rows(rt)].count(True) == 1


def test_a_note_is_masked_and_rewritten_too(rt: Runtime) -> None:
    casework.write_note(rt, volunteer(rt, "alice"), now(rt).reference, version=now(rt).version, note="Us ka bhai Imran hai")
    with rt.reading() as session:
        note_id = session.scalars(select(Note.id)).one()
    mask(rt, 3, of=Item(note_id=note_id))

    def shown_note() -> str:
        with rt.reading() as session:
            [words] = [words for _, words in events.newest_of(session, now(rt).id, until=None, limit=20, longest=500) if words]
            return words

    assert shown_note() == f"Us ka bhai {BLOCK} hai"
    rewrite(rt)
    assert shown_note() == f"Us ka bhai {BLOCK} hai"
    with rt.reading() as session:
        note = session.get_one(Note, note_id)
        assert sealed.note_of(sealed.key_of_ticket(session, note.ticket_id), note) == f"Us ka bhai {BLOCK} hai"
        assert (happened(rt)[0][2], note.masked) == ({"of_note": note_id, "starts": 11, "ends": 16}, None)


@pytest.mark.parametrize("login", ["alice", "bob"])
def test_who_leads_nothing_masks_nothing(rt: Runtime, login: str) -> None:
    with pytest.raises(NotAllowed):
        mask(rt, 3, by=login)
    mask(rt, 3)
    for act in (undo, rewrite):
        with pytest.raises(NotAllowed):
            act(rt, by=login)
    with pytest.raises(NotAllowed):
        redaction.words_on(rt, volunteer(rt, login), now(rt).reference, item(rt))


def test_the_text_of_another_ticket_is_not_masked_by_way_of_this_one(rt: Runtime) -> None:
    text_in(rt, "lyari mein chori ho gayi", sender=OTHER)
    with rt.reading() as session:
        other = session.scalars(select(Message.id).where(Message.ticket_id == tickets(rt)[1].id, Message.direction == "in")).one()
    with pytest.raises(NothingToMask):
        mask(rt, 1, of=Item(message_id=other))
    alter(rt, Ticket, sealed=True, team_id=None)
    with pytest.raises(NoSuchTicket):
        mask(rt, 3)


def test_the_words_to_choose_from_hold_nothing_that_is_masked(rt: Runtime) -> None:
    mask(rt, 3)
    words = redaction.words_on(rt, volunteer(rt, "head"), now(rt).reference, item(rt))
    assert [word.text for word in words][:5] == ["orangi", "town", "mein", None, "ne"]
    assert words[15] == (15, "0300 1234567", True)


@pytest.mark.parametrize("places", [(), (99,), (3,)])
def test_nothing_new_is_no_mask(rt: Runtime, places: tuple[int, ...]) -> None:
    mask(rt, 3)
    version = now(rt).version
    with pytest.raises(NothingToMask):
        mask(rt, *places)
    assert (len(rows(rt)), now(rt).version) == (1, version)


def test_a_page_of_an_older_version_masks_and_rewrites_nothing(rt: Runtime) -> None:
    seen = now(rt).version
    mask(rt, 15)
    with pytest.raises(TicketMoved):
        mask(rt, 3, version=seen)
    with pytest.raises(TicketMoved):
        rewrite(rt, version=seen)
    assert stored(rt) == SAID


def _at_once(*acts: Callable[[], None]) -> list[type[Exception] | None]:
    """Do all at the same instant; returns the exception of each."""
    results: list[type[Exception] | None] = [None] * len(acts)
    start = threading.Barrier(len(acts))

    def run(place: int) -> None:
        start.wait()
        try:
            acts[place]()
        except Exception as fault:  # noqa: BLE001 - told to the test
            results[place] = type(fault)

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_of_two_who_rewrite_at_the_same_instant_one_does(rt: Runtime) -> None:
    mask(rt, 3)
    seen = now(rt).version
    done = _at_once(*(lambda: rewrite(rt, version=seen),) * 4)
    assert done.count(None) == 1
    assert set(done) <= {None, TicketMoved, NoSuchMask, StillLeaving}
    assert stored(rt) == HIDDEN
    assert [kind for kind, _, _ in happened(rt)] == ["masked", "rewritten"]


def test_of_undoing_and_rewriting_at_the_same_instant_one_counts(rt: Runtime) -> None:
    mask(rt, 3)
    done = _at_once(lambda: undo(rt), lambda: rewrite(rt))
    assert done.count(None) == 1
    assert (stored(rt), shown(rt)) in ((SAID, SAID), (HIDDEN, HIDDEN))
    assert (rows(rt)[0].undone_at is None) is (stored(rt) == HIDDEN)


def test_a_text_of_ours_is_masked_once_it_has_left_and_rewritten_once_it_leaves_no_more(rt: Runtime, clock: Clock) -> None:
    words = "Kya Aslam ab bhi wahan hai?"
    alice = volunteer(rt, "alice")
    hand_over(rt)
    replies.reply(rt, alice, now(rt).reference, version=now(rt).version, body=words, confirmed=frozenset())
    ours = Item(message_id=texts_out(rt)[-1].id)
    with pytest.raises(StillLeaving):
        mask(rt, 1, of=ours)
    gateway = ScriptedGateway()
    clock.now += timedelta(minutes=1)
    hand_over(rt, gateway)
    mask(rt, 1, of=ours)
    with pytest.raises(StillLeaving):  # its phone may be off: then it is sent once more
        rewrite(rt)
    alter(rt, Message, delivery=Delivery.DELIVERED)
    rewrite(rt)
    with rt.reading() as session:
        assert sealed.body_of(session, session.get_one(Message, ours.message_id)) == f"Kya {BLOCK} ab bhi wahan hai?"


def test_a_text_that_was_erased_has_nothing_to_mask(rt: Runtime) -> None:
    alter(rt, Message, sealed=None, plain=None)
    with pytest.raises(NothingToMask):
        mask(rt, 3)


def test_a_masked_text_that_was_erased_meanwhile_stays_erased(rt: Runtime) -> None:
    mask(rt, 3)
    alter(rt, Message, sealed=None, plain=None)
    rewrite(rt)
    assert (text(rt).sealed, shown(rt)) == (None, "")


def test_a_restored_database_is_rewritten_again(rt: Runtime) -> None:
    before = text(rt).sealed
    mask(rt, 3)
    mask(rt, 15)
    rewrite(rt, 1)
    rewrite(rt, 0)
    hidden = HIDDEN.replace("0300 1234567", BLOCK)
    assert stored(rt) == hidden
    with rt.reading() as session:
        listed = redactions.listed(session)
    with rt.transaction() as tx:  # as it was before anything was masked
        tx.session.query(Redaction).delete()
        tx.session.get_one(Message, text(rt).id).sealed = before
    assert stored(rt) == SAID
    for _ in range(2):
        with rt.transaction() as tx:
            redactions.replay(tx.session, listed, now=tx.now)
        assert stored(rt) == shown(rt) == hidden
    with rt.transaction() as tx:  # as it was with one of the two masked, and not rewritten
        tx.session.query(Redaction).filter(Redaction.ends > 60).delete()
        row = tx.session.query(Redaction).one()
        row.rewritten_at = row.rewritten_by = row.done_at = None
        message = tx.session.get_one(Message, text(rt).id)
        message.sealed, message.masked = before, True
    with rt.transaction() as tx:
        assert redactions.replay(tx.session, listed, now=tx.now) == 2
    assert stored(rt) == shown(rt) == hidden


def test_another_text_under_the_same_id_stays(rt: Runtime) -> None:
    mask(rt, 3)
    rewrite(rt)
    with rt.reading() as session:
        [listed] = redactions.listed(session)
    with rt.transaction() as tx:
        tx.session.query(Redaction).delete()
        assert redactions.replay(tx.session, [listed._replace(born=listed.born + timedelta(seconds=1))], now=tx.now) == 0
        assert tx.session.scalar(select(func.count()).select_from(Redaction)) == 0

"""A restore of an older backup does again what was wiped since, and nothing that was told, stopped, kept or sent since is undone by it."""

from datetime import timedelta

from sqlalchemy import select

from hotline.config import Config
from hotline.domain.redaction import BLOCK, Span
from hotline.domain.ticket import Status
from hotline.gateways.base import Abilities, IncomingText, LookUp
from hotline.runtime import Runtime, Transaction
from hotline.sealing import new_contact_key
from hotline.services.backups.restoring import restore
from hotline.services.keeping import forgetting, longer, retention
from hotline.services.keeping.erasing import erase_due
from hotline.services.reconciling.asking import reconcile_since
from hotline.services.texts.outbound import send_due
from hotline.services.texts.reports import settle_unknown
from hotline.services.tickets import casework
from hotline.storage import redactions, rekeying, wiping
from hotline.storage.callmodels import Call
from hotline.storage.keepingmodels import GatewayCopy
from hotline.storage.models import Contact, Message, Note
from hotline.storage.redactions import Item
from hotline.storage.wiping import Why
from tests.calling import Caller
from tests.services.backups.backing import Safe, started
from tests.services.colleagues import volunteer
from tests.services.keeping.ended import ended, forward, of
from tests.services.keeping.test_erasing import agree, ask, contact, stop, words
from tests.services.test_reconciling import Listing
from tests.support import HER, OTHER, SNATCHED, Clock, ScriptedGateway, alter, hand_over, text_in

STOLEN = "orangi town mein meri gari chori ho gai"


def until_gone(rt: Runtime, clock: Clock) -> None:
    """The words of a ticket that has just ended go when their days are over; leads are told a week before."""
    forward(clock, 173)
    retention.sweep(rt)
    forward(clock, 7)
    retention.sweep(rt)


def rewrite_first_word(tx: Transaction, message_id: int) -> None:
    """The first word of a text is rewritten for good."""
    item = Item(message_id=message_id)
    redactions.mask(tx.session, item, [Span(0, 4)], made_by=1, now=tx.now, next_at=None)
    [mask] = redactions.of_item(tx.session, item, rewritten=False)
    redactions.rewrite_words(tx.session, mask, by=2, now=tx.now)


def first_text(tx: Transaction, direction: str) -> Message:
    return tx.session.scalars(select(Message).where(Message.direction == direction).order_by(Message.id).limit(1)).one()


def asked(rt: Runtime) -> set[str]:
    """The ids of what the gateway is to delete at once."""
    with rt.reading() as session:
        return set(session.scalars(select(GatewayCopy.gateway_id).where(GatewayCopy.asked)))


def test_what_was_told_after_the_words_of_a_ticket_had_gone_is_still_there(rt: Runtime, kept: Safe, into: Config, clock: Clock) -> None:
    ticket = ended(rt, to=Status.RESOLVED)
    forward(clock, 173)
    retention.sweep(rt)
    text_in(rt, STOLEN)  # so that the phone is known, and its key stays
    forward(clock, 7)
    retention.sweep(rt)
    forward(clock, 1)
    text_in(rt, f"{ticket.reference} woh phir aaye hain")
    version = of(rt, ticket.reference).version
    casework.write_note(rt, volunteer(rt, "lead"), ticket.reference, version=version, note="they came again")
    told = ["", STOLEN, f"{ticket.reference} woh phir aaye hain"]
    assert words(rt) == told
    forward(clock, 1)
    made = kept.make(rt)
    restore(into, kept.identity, made.data, made.keys, now=clock.now)
    with started(into, clock=clock) as new:
        assert words(new) == told
        with new.reading() as session:
            assert [note.sealed is not None for note in session.scalars(select(Note).order_by(Note.id))] == [False, True]


def test_what_was_erased_since_is_not_taken_in_again_from_a_gateway_that_deletes_nothing(
    rt: Runtime, kept: Safe, into: Config, clock: Clock
) -> None:
    ticket = ended(rt)
    with rt.reading() as session:
        [text] = session.scalars(select(Message).where(Message.direction == "in"))
        listed = IncomingText(text.gateway_id or "", HER, SNATCHED, received_at=text.created_at)
    old = kept.make(rt)
    ask(rt, ticket)
    agree(rt, ticket)
    forward(clock, 7)
    erase_due(rt)
    newest = kept.make(rt).keys
    restore(into, kept.identity, old.data, newest, now=clock.now)
    with started(into, clock=clock) as new:
        gateway = Listing(can=Abilities(LookUp.EXACT, keeps_log=True), has=[listed])
        [balance] = reconcile_since(new, gateway.alone, {}, clock() - timedelta(days=30))
        assert (balance.here, balance.taken_in, words(new)) == (1, 0, [""])


def test_when_and_why_the_words_of_a_phone_went_is_known_as_before(rt: Runtime, kept: Safe, into: Config, clock: Clock) -> None:
    ticket = ended(rt)
    until_gone(rt, clock)
    gone_at = clock.now
    forward(clock, 100)
    assert contact(rt, ticket).wrapped_key is None
    made = kept.make(rt)
    restore(into, kept.identity, made.data, made.keys, now=clock.now)
    with started(into) as new, new.reading() as session:
        assert wiping.when(session, ticket.id) == (gone_at, Why.AGE)


def test_an_erasure_that_was_stopped_since_waits_for_a_second_yes(rt: Runtime, kept: Safe, into: Config, clock: Clock) -> None:
    ticket = ended(rt)
    ask(rt, ticket)
    agree(rt, ticket)
    forward(clock, 6)
    old = kept.make(rt)
    stop(rt, ticket)
    forward(clock, 0.5)
    newest = kept.make(rt).keys
    forward(clock, 1)
    restore(into, kept.identity, old.data, newest, now=clock.now)
    with started(into, clock=clock) as new:
        assert erase_due(new) is False
        assert words(new) == [SNATCHED]
        agree(new, ticket)
        forward(clock, 7)
        erase_due(new)
        assert words(new) == [""]


def test_words_that_were_kept_longer_since_go_a_week_after_leads_were_told_again(
    rt: Runtime, kept: Safe, into: Config, clock: Clock
) -> None:
    ticket = ended(rt)
    forward(clock, 173)
    retention.sweep(rt)
    forward(clock, 6)
    old = kept.make(rt)
    version = of(rt, ticket.reference).version
    longer.keep_longer(rt, volunteer(rt, "lead"), ticket.reference, version=version, days=365, note="the court sits in spring")
    forward(clock, 1)
    restore(into, kept.identity, old.data, old.keys, now=clock.now)
    with started(into, clock=clock) as new:
        retention.sweep(new)
        assert words(new) == [SNATCHED]
        forward(clock, 7)
        retention.sweep(new)
        assert words(new) == [""]


def test_a_rewritten_text_that_does_not_open_keeps_no_other_from_being_restored(
    rt: Runtime, kept: Safe, into: Config, clock: Clock
) -> None:
    text_in(rt, "mera naam Zqx hai aur ghar lyari mein")
    text_in(rt, STOLEN, sender=OTHER)
    old = kept.make(rt)
    forward(clock, 1)
    with rt.transaction() as tx:  # as when the keys were changed since the backup
        text = first_text(tx, "in")
        rewrite_first_word(tx, text.id)
        new_key = new_contact_key()._replace(uid=bytes(tx.session.get_one(Contact, text.contact_id).uid))
        assert rekeying.seal_anew(tx.session, rt.keys, text.contact_id, new_key, {})
    forward(clock, 1)
    newest = kept.make(rt).keys
    told = restore(into, kept.identity, old.data, newest, now=clock.now)
    assert told.unopened > 0
    with started(into) as new, new.reading() as session:
        other = session.scalars(select(Message).where(Message.direction == "in", Message.contact_id != text.contact_id)).one()
        assert other.body == STOLEN  # type: ignore[attr-defined]


def test_a_text_that_left_and_was_rewritten_since_is_not_sent_again(rt: Runtime, kept: Safe, into: Config, clock: Clock) -> None:
    text_in(rt, STOLEN)
    text_in(rt, SNATCHED, sender=OTHER)
    old = kept.make(rt)
    clock.forward(minutes=1)
    hand_over(rt)
    with rt.transaction() as tx:
        rewritten = first_text(tx, "out").id
        rewrite_first_word(tx, rewritten)
    clock.forward(minutes=1)
    restore(into, kept.identity, old.data, kept.make(rt).keys, now=clock.now)
    gateway = ScriptedGateway()  # it knows of neither text any more
    with started(into, clock=clock) as new:
        for _ in range(4):
            clock.forward(minutes=1)
            settle_unknown(new, gateway.alone)
            send_due(new, gateway.alone, for_s=5)
    assert len(gateway.taken) == 1
    assert gateway.taken[0].message_id != rewritten
    assert BLOCK not in gateway.taken[0].body


def test_what_the_erased_left_at_the_gateway_is_asked_for_again_texts_and_calls(
    rt: Runtime, kept: Safe, into: Config, clock: Clock
) -> None:
    ticket = ended(rt)
    Caller(rt).ring().hang_up()
    alter(rt, Call, ended_at=clock.now, next_attempt_at=None)
    old = kept.make(rt)
    forward(clock, 1)
    with rt.transaction() as tx:
        wiping.wipe_contact(tx.session, ticket.contact_id, now=tx.now, why=Why.WISH)
        forgetting.ask_now(tx, ticket.contact_id)
    before = asked(rt)
    assert any(gateway_id.startswith("CA") for gateway_id in before)
    forward(clock, 1)
    restore(into, kept.identity, old.data, kept.make(rt).keys, now=clock.now)
    with started(into) as new:
        assert asked(new) == before

"""Texts and calls are deleted at the gateway: late enough that nothing needs them there, and surely."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from hotline.domain.delivery import Delivery
from hotline.gateways.base import GatewayError, Outcome, Report, Sent
from hotline.jobs import Job
from hotline.runtime import Runtime
from hotline.services.calls.hangup import close_calls
from hotline.services.keeping import forgetting as subject
from hotline.services.keeping import retention
from hotline.services.keeping.forgetting import ask_now, forget_due
from hotline.services.texts.intake import Received
from hotline.services.texts.reports import receive_report, settle_unknown
from hotline.storage import backups, bridges, gatewaycopies, wiping
from hotline.storage.bridgemodels import Bridge
from hotline.storage.callmodels import Call, Recording
from hotline.storage.keepingmodels import GatewayCopy
from hotline.storage.models import Alarm, Contact, Mark, Message
from hotline.storage.recordings import RecordingState
from hotline.storage.wiping import Why
from tests.calling import MISSED, Caller, calls_of
from tests.recorded import Killed, RecordingGateway, a_recording, fetch
from tests.services.colleagues import settle, volunteer
from tests.support import HER, OTHER, Clock, ScriptedGateway, alter, count, hand_over, make_runtime, text_in, texts_out, tickets

REAL = {"account": {"api_url": "https://api.twilio.com"}}
TOLD = "orangi town mein mera mobile cheen liya"
BUSY = GatewayError("20009", Outcome.REFUSED)
AWAY = GatewayError("ConnectTimeout", Outcome.NOT_SENT)


@dataclass
class Log:
    """What a gateway was asked to delete. `script`: what the next requests meet instead; None: nothing."""

    script: list[BaseException | None] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    texts: ScriptedGateway = field(default_factory=ScriptedGateway)
    calls: RecordingGateway = field(default_factory=RecordingGateway)

    def __post_init__(self) -> None:
        self.texts.delete_text = self._delete  # type: ignore[method-assign]
        self.calls.delete_call = self.calls.delete_recording = self._delete  # type: ignore[method-assign]

    def _delete(self, gateway_id: str) -> None:
        if self.script and (step := self.script.pop(0)) is not None:
            raise step
        self.deleted.append(gateway_id)

    def forget(self, rt: Runtime) -> list[str]:
        """The job runs; the ids that it had deleted."""
        before = len(self.deleted)
        assert forget_due(rt, self.texts.alone, {"twilio": self.calls}, for_s=10) is False
        return sorted(self.deleted[before:])


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def real(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    """At a gateway that reaches real phones."""
    rt = make_rt(data_dir=tmp_path, **REAL)
    settle(rt, tmp_path)
    return rt


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    """The demo, at the pretend gateway."""
    rt = make_rt(data_dir=tmp_path)
    settle(rt, tmp_path)
    return rt


def back_up(rt: Runtime, *, verified: bool = True, covers: timedelta = timedelta(0)) -> None:
    """A backup is made now that has everything from before `covers` ago."""
    digest = f"{count(rt, backups.Backup):064x}"
    with rt.transaction() as tx:
        backups.made(tx.session, now=tx.now, covers_until=tx.now - covers, data_sha256=digest)
        if verified:
            assert backups.verified(tx.session, now=tx.now, data_sha256=digest)


def said(rt: Runtime, log: Log) -> list[str]:
    """A citizen texts, the receipt is delivered: the ids of both at the gateway."""
    text_in(rt, TOLD, gateway_id="SM" + "a" * 32)
    hand_over(rt, log.texts)
    report(rt, Delivery.DELIVERED)
    return sorted(ids(rt))


def report(rt: Runtime, delivery: Delivery, **values: object) -> None:
    """The gateway reports on the last text of ours."""
    text = texts_out(rt)[-1]
    told = Report(text.gateway_id or "", text.id, text.attempts, delivery, None)
    receive_report(rt, "twilio", replace(told, **values))  # type: ignore[arg-type]


def ids(rt: Runtime) -> list[str]:
    with rt.reading() as session:
        return [one for one in session.scalars(select(Message.gateway_id).order_by(Message.id)) if one is not None]


def copies(rt: Runtime) -> list[GatewayCopy]:
    with rt.reading() as session:
        return list(session.scalars(select(GatewayCopy).order_by(GatewayCopy.id)))


def alarms(rt: Runtime) -> list[tuple[int, bool]]:
    """Who was alarmed about what the gateway keeps, and whether that is open."""
    with rt.reading() as session:
        found = session.scalars(select(Alarm).where(Alarm.kind == "gateway_keeps"))
        return [(one.volunteer_id, one.acknowledged_at is None) for one in found]


def her_id(rt: Runtime) -> int:
    with rt.reading() as session:
        return session.scalars(select(Message.contact_id).order_by(Message.id)).first() or 0


def erase(rt: Runtime, contact_id: int) -> None:
    """What the erasure of a contact does."""
    with rt.transaction() as tx:
        wiping.wipe_contact(tx.session, contact_id, now=tx.now, why=Why.WISH)
        ask_now(tx, contact_id)


# When


def test_texts_are_deleted_after_the_days_and_not_before(rt: Runtime, log: Log, clock: Clock) -> None:
    both = said(rt, log)
    clock.forward(days=6, hours=23)
    assert log.forget(rt) == []
    clock.forward(hours=2)
    assert log.forget(rt) == both
    assert log.forget(rt) == []
    assert (copies(rt), sorted(ids(rt))) == ([], both)  # the row keeps the id, so that a second delivery is known


def test_the_days_are_those_of_the_configuration(make_rt: Callable[..., Runtime], log: Log, clock: Clock, rt: Runtime) -> None:
    both = said(rt, log)
    shorter = make_rt(sending=replace(rt.config.sending, gateway_keep_days=3))
    clock.forward(days=3, minutes=1)
    assert log.forget(rt) == []
    assert log.forget(shorter) == both


def test_at_a_real_gateway_nothing_is_deleted_that_no_verified_backup_holds(real: Runtime, log: Log, clock: Clock) -> None:
    both = said(real, log)
    clock.forward(days=8)
    assert log.forget(real) == []
    back_up(real, verified=False)
    assert log.forget(real) == []
    back_up(real, covers=timedelta(days=9))
    assert log.forget(real) == []
    back_up(real)
    assert log.forget(real) == both


def test_a_text_delivered_after_the_backup_waits_for_the_next_one(real: Runtime, log: Log, clock: Clock) -> None:
    text_in(real, TOLD, gateway_id="SM" + "a" * 32)
    hand_over(real, log.texts)
    clock.forward(hours=1)
    back_up(real)
    clock.forward(hours=1)
    report(real, Delivery.DELIVERED)
    clock.forward(days=8)
    assert log.forget(real) == ["SM" + "a" * 32]
    back_up(real)
    clock.forward(days=1)
    assert log.forget(real) == [texts_out(real)[0].gateway_id]


def test_what_a_volunteer_wrote_down_was_never_at_the_gateway(rt: Runtime, log: Log, clock: Clock) -> None:
    said(rt, log)
    with rt.transaction() as tx:
        tx.session.execute(update(Message).values(gateway=""))
    clock.forward(days=8)
    assert log.forget(rt) == []


# What reconciling still needs


@pytest.mark.parametrize("delivery", [Delivery.SENDING, Delivery.UNKNOWN, Delivery.QUEUED])
def test_a_text_that_may_still_be_looked_up_stays(rt: Runtime, log: Log, clock: Clock, delivery: Delivery) -> None:
    incoming = said(rt, log)[0]
    with rt.transaction() as tx:
        tx.session.execute(update(Message).where(Message.direction == "out").values(delivery=delivery, delivered_at=None))
    clock.forward(days=30)
    assert log.forget(rt) == [incoming]
    with rt.transaction() as tx:
        tx.session.execute(update(Message).where(Message.direction == "out").values(delivery=Delivery.FAILED))
    assert log.forget(rt) == [texts_out(rt)[0].gateway_id]


def test_a_text_of_which_a_report_may_come_stays_for_two_days_more(rt: Runtime, log: Log, clock: Clock) -> None:
    text_in(rt, TOLD)
    hand_over(rt, log.texts)
    incoming, ours = ids(rt)
    clock.forward(days=8)
    assert log.forget(rt) == [incoming]
    clock.forward(days=2)
    assert log.forget(rt) == [ours]


def test_a_text_that_was_unknown_for_weeks_is_found_and_then_deleted(rt: Runtime, log: Log, clock: Clock) -> None:
    """The worker's mark does not pass it: it has no id of the gateway yet."""
    text_in(rt, TOLD)
    hand_over(rt, ScriptedGateway(script=[GatewayError("ReadTimeout", Outcome.UNKNOWN)]))
    later = "SM" + "b" * 32
    clock.forward(days=20)
    text_in(rt, TOLD, sender=OTHER, gateway_id=later)
    clock.forward(days=20)
    assert later not in log.forget(rt)
    log.texts.found = {texts_out(rt)[0].id: Sent("SM" + "c" * 32, Delivery.DELIVERED)}
    settle_unknown(rt, log.texts.alone)
    clock.forward(days=10)
    assert {"SM" + "c" * 32, later} <= set(log.forget(rt))


def test_the_copy_of_an_attempt_that_was_given_up_is_deleted_too(rt: Runtime, log: Log, clock: Clock) -> None:
    text_in(rt, TOLD)
    hand_over(rt, log.texts)
    first = texts_out(rt)[0].gateway_id
    report(rt, Delivery.UNDELIVERED, outcome=Outcome.UNREACHABLE)
    clock.forward(minutes=31)
    hand_over(rt, log.texts)
    report(rt, Delivery.DELIVERED)
    second = texts_out(rt)[0].gateway_id
    assert first != second
    clock.forward(days=8)
    assert {first, second} <= set(log.forget(rt))


def test_the_copy_of_the_last_attempt_stays_while_its_text_may_be_sent_again(rt: Runtime, log: Log, clock: Clock) -> None:
    """Its id keeps a look-up from taking it for the next attempt."""
    text_in(rt, TOLD)
    hand_over(rt, log.texts)
    incoming, ours = ids(rt)
    report(rt, Delivery.UNDELIVERED, outcome=Outcome.UNREACHABLE)
    assert [one.gateway_id for one in copies(rt)] == [ours]
    clock.forward(days=20)
    assert log.forget(rt) == [incoming]


def test_a_copy_that_only_a_late_report_names_is_deleted_too(rt: Runtime, log: Log, clock: Clock) -> None:
    """The gateway had taken a text after all, and it was sent again."""
    said(rt, log)
    [text] = texts_out(rt)
    receive_report(rt, "twilio", Report("SM" + "d" * 32, text.id, 0, Delivery.DELIVERED, None))
    receive_report(rt, "twilio", Report("SM" + "e" * 32, 999, 0, Delivery.DELIVERED, None))  # of no text of ours
    clock.forward(days=8)
    found = log.forget(rt)
    assert "SM" + "d" * 32 in found
    assert "SM" + "e" * 32 not in found


# Calls and recordings


def test_a_call_is_deleted_once_it_ended_and_its_recordings_are_with_us(rt: Runtime, log: Log, clock: Clock) -> None:
    recording = a_recording(rt, log.calls)
    with rt.reading() as session:
        [call] = session.scalars(select(Call)).all()
    clock.forward(days=8)
    assert log.forget(rt) == []  # nobody knows that it ended
    close_calls(rt, log.calls)
    clock.forward(hours=1)
    close_calls(rt, log.calls)
    clock.forward(days=8)
    with rt.transaction() as tx:  # the job that fetches is behind
        tx.session.execute(update(Recording).values(next_attempt_at=tx.now))
    assert log.forget(rt) == []
    fetch(rt, log.calls)
    assert log.deleted == [recording]
    clock.forward(days=8)
    assert log.forget(rt) == [call.gateway_id]


def test_a_call_is_forgotten_here_only_after_the_gateway_has_deleted_it(real: Runtime, log: Log, clock: Clock) -> None:
    Caller(real, line=MISSED).ring().hang_up()
    alter(real, Call, ended_at=clock.now, next_attempt_at=None)
    [call] = calls_of(real)
    clock.forward(days=200)
    assert log.forget(real) == []  # no backup has it
    retention.sweep(real)
    assert count(real, Call) == 1
    back_up(real)
    log.script = [BUSY]
    assert log.forget(real) == []
    retention.sweep(real)
    assert count(real, Call) == 1
    clock.forward(minutes=2)
    assert log.forget(real) == [call.gateway_id]
    retention.sweep(real)
    assert count(real, Call) == 0


def test_a_recording_whose_copy_could_not_be_deleted_goes_now(rt: Runtime, log: Log, clock: Clock) -> None:
    recording = a_recording(rt, log.calls)
    fetch(rt, log.calls)
    log.deleted.clear()
    with rt.transaction() as tx:
        tx.session.execute(update(Recording).values(state=RecordingState.STORED, reason="503", next_attempt_at=None))
    clock.forward(days=8)
    assert log.forget(rt) == [recording]
    with rt.reading() as session:
        assert session.scalars(select(Recording.state)).all() == [RecordingState.DONE]


def test_a_recording_that_never_came_stays_where_it_is(rt: Runtime, log: Log, clock: Clock) -> None:
    a_recording(rt, log.calls)
    with rt.transaction() as tx:
        tx.session.execute(update(Recording).values(state=RecordingState.LOST, next_attempt_at=None))
    clock.forward(days=8)
    assert log.forget(rt) == []


# What goes wrong


def test_what_the_gateway_refuses_is_tried_again_after_growing_waits(rt: Runtime, log: Log, clock: Clock) -> None:
    said(rt, log)
    clock.forward(days=8)
    log.script = [BUSY, None]
    assert len(log.forget(rt)) == 1  # the other one goes
    [left] = copies(rt)
    assert (left.reason, left.attempts) == ("20009", 1)
    waits = []
    for _ in range(7):
        assert log.forget(rt) == []
        waits.append(copies(rt)[0].next_attempt_at - clock.now)
        clock.now = copies(rt)[0].next_attempt_at
        log.script = [BUSY]
        log.forget(rt)
    minutes = [round(wait / timedelta(minutes=1)) for wait in waits]
    assert minutes == [1, 10, 60, 360, 1440, 1440, 1440]
    clock.forward(days=1)
    assert log.forget(rt) == [left.gateway_id]


def test_a_gateway_that_is_away_is_asked_once_and_not_for_every_copy(rt: Runtime, log: Log, clock: Clock) -> None:
    both = said(rt, log)
    clock.forward(days=8)
    log.script = [AWAY]
    assert log.forget(rt) == []
    assert log.script == []
    clock.forward(minutes=2)
    assert log.forget(rt) == both


def test_a_worker_that_dies_after_the_gateway_deleted_does_it_once_more(rt: Runtime, log: Log, clock: Clock) -> None:
    both = said(rt, log)
    clock.forward(days=8)
    log.script = [Killed()]
    with pytest.raises(Killed):
        forget_due(rt, log.texts.alone, {"twilio": log.calls})
    clock.forward(minutes=6)
    assert log.forget(rt) == both


def test_a_worker_that_dies_while_it_gathers_loses_nothing(rt: Runtime, log: Log, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    both = said(rt, log)
    clock.forward(days=8)
    with monkeypatch.context() as patch:
        patch.setattr(gatewaycopies.marks, "set_value", lambda *_: (_ for _ in ()).throw(Killed()))
        with pytest.raises(Killed):
            forget_due(rt, log.texts.alone, {"twilio": log.calls})
    assert copies(rt) == []
    assert log.forget(rt) == both


def test_two_workers_at_once_delete_everything_and_raise_nothing(rt: Runtime, clock: Clock) -> None:
    for n in range(12):
        text_in(rt, TOLD, sender=f"+92300123450{n % 10}")
    hand_over(rt)
    clock.forward(days=8)
    logs = [Log(), Log()]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda log: forget_due(rt, log.texts.alone, {"twilio": log.calls}, for_s=10), logs))
    clock.forward(days=3)
    logs.append(Log())
    logs[2].forget(rt)
    assert set(ids(rt)) == {*logs[0].deleted, *logs[1].deleted, *logs[2].deleted}
    assert copies(rt) == []


def test_a_restored_database_deletes_what_was_deleted_before_and_goes_on(rt: Runtime, log: Log, clock: Clock) -> None:
    both = said(rt, log)
    clock.forward(days=8)
    assert log.forget(rt) == both
    with rt.transaction() as tx:
        tx.session.execute(update(Mark).values(value=0))
    assert log.forget(rt) == both  # the gateway says 404, which is as good
    assert copies(rt) == []


def test_what_lies_at_a_gateway_that_is_not_in_use_is_not_asked_of_another(rt: Runtime, log: Log, clock: Clock) -> None:
    both = said(rt, log)
    with rt.transaction() as tx:
        tx.session.execute(update(Message).where(Message.direction == "in").values(gateway="android"))
    clock.forward(days=8)
    assert log.forget(rt) == both[1:]


def test_texts_at_a_gateway_that_deletes_none_are_left_and_alarm_nobody(
    rt: Runtime, log: Log, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    said(rt, log)
    log.texts.can = replace(log.texts.can, deletes=False)
    clock.forward(days=12)
    assert log.forget(rt) == []
    assert copies(rt) == []
    assert alarms(rt) == []
    assert "deletes nothing" not in capsys.readouterr().out


def test_what_an_erased_citizen_left_at_such_a_gateway_is_in_the_log(
    rt: Runtime, log: Log, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    said(rt, log)
    log.texts.can = replace(log.texts.can, deletes=False)
    clock.forward(days=1)
    with rt.transaction() as tx:
        ask_now(tx, tx.session.scalars(select(Contact.id)).first())
    clock.forward(days=3)
    assert log.forget(rt) == []
    assert capsys.readouterr().out.count("deletes nothing") == 2


def test_more_than_there_is_time_for_is_told(rt: Runtime, log: Log) -> None:
    assert forget_due(rt, log.texts.alone, {"twilio": log.calls}, for_s=0) is True


# The heads are told


def test_heads_are_alarmed_when_nothing_could_be_deleted_for_days_and_no_longer_when_it_was(real: Runtime, log: Log, clock: Clock) -> None:
    said(real, log)
    clock.forward(days=9)
    log.forget(real)
    assert alarms(real) == []
    clock.forward(days=2)
    log.forget(real)
    log.forget(real)
    assert alarms(real) == [(volunteer(real, "head").id, True)]
    with real.reading() as session:
        kept = subject.kept(real, session)
    assert (kept.covered_until, kept.failing, kept.late_since) == (None, 0, clock.now - timedelta(days=4))
    back_up(real)
    log.forget(real)
    assert alarms(real) == []


def test_heads_are_alarmed_about_a_copy_that_the_gateway_does_not_give_up(rt: Runtime, log: Log, clock: Clock) -> None:
    said(rt, log)
    clock.forward(days=8)
    log.script = [BUSY]
    log.forget(rt)
    clock.forward(days=3)
    log.script = [BUSY]
    log.forget(rt)
    assert len(alarms(rt)) == 1
    with rt.reading() as session:
        kept = subject.kept(rt, session)
    assert (kept.failing, kept.reason) == (1, "20009")


def test_an_erased_contacts_copy_alarms_after_three_days(rt: Runtime, log: Log, clock: Clock) -> None:
    said(rt, log)
    erase(rt, her_id(rt))
    log.script = [AWAY]
    log.forget(rt)
    clock.forward(days=3, hours=1)
    log.script = [AWAY]
    log.forget(rt)
    assert len(alarms(rt)) == 1


# Erased


def test_what_an_erased_contact_left_is_deleted_at_once_without_a_backup(real: Runtime, log: Log) -> None:
    both = said(real, log)
    text_in(real, TOLD, sender=OTHER)
    erase(real, her_id(real))
    assert Job.FORGET_DUE in real.bell.rung  # type: ignore[attr-defined]
    assert log.forget(real) == both
    assert (len(tickets(real)), copies(real)) == (2, [])


def test_the_id_of_an_erased_text_becomes_a_hash_after_the_deletion_and_is_still_known(real: Runtime, log: Log) -> None:
    both = said(real, log)
    erase(real, her_id(real))
    log.script = [AWAY]
    assert log.forget(real) == []
    assert sorted(ids(real)) == both
    real.clock.forward(minutes=2)  # type: ignore[attr-defined]
    assert log.forget(real) == both
    assert all(one.startswith("h:") for one in ids(real))
    contacts = count(real, Contact)
    again = text_in(real, TOLD, gateway_id="SM" + "a" * 32)
    assert again is Received.SEEN_BEFORE
    assert (count(real, Contact), len(ids(real))) == (contacts, 2)
    assert text_in(real, TOLD) is Received.STORED


def test_an_erased_text_is_known_after_others_of_the_citizen_and_after_the_next_backup(real: Runtime, log: Log, clock: Clock) -> None:
    said(real, log)
    erase(real, her_id(real))
    log.forget(real)
    hashes = ids(real)
    for number in range(2):
        assert text_in(real, f"{number} aur ek nayi baat") is Received.STORED
        assert text_in(real, TOLD, gateway_id="SM" + "a" * 32) is Received.SEEN_BEFORE
    clock.forward(days=9)
    back_up(real)
    assert not any(one.startswith("h:") for one in log.forget(real))
    assert set(hashes) <= set(ids(real))
    assert text_in(real, TOLD, gateway_id="SM" + "a" * 32) is Received.SEEN_BEFORE


def test_a_text_deleted_long_before_its_contact_was_erased_gets_its_hash(rt: Runtime, log: Log, clock: Clock) -> None:
    both = said(rt, log)
    clock.forward(days=8)
    log.forget(rt)
    erase(rt, her_id(rt))
    assert log.forget(rt) == both
    assert all(one.startswith("h:") for one in ids(rt))
    erase(rt, her_id(rt))  # once more, as a restored backup does
    assert log.forget(rt) == []


def test_an_erased_text_that_may_still_be_reported_on_waits_for_that_only(real: Runtime, log: Log, clock: Clock) -> None:
    text_in(real, TOLD)
    hand_over(real, log.texts)
    incoming, ours = ids(real)
    erase(real, her_id(real))
    assert log.forget(real) == [incoming]
    clock.forward(days=2, hours=2)
    assert log.forget(real) == [ours]


def test_a_copy_that_is_reported_after_the_erasure_is_deleted_at_once_without_a_backup(real: Runtime, log: Log) -> None:
    both = said(real, log)
    erase(real, her_id(real))
    assert log.forget(real) == both
    receive_report(real, "twilio", Report("SM" + "d" * 32, texts_out(real)[0].id, 0, Delivery.DELIVERED, None))
    assert log.forget(real) == ["SM" + "d" * 32]


def test_what_another_phone_told_on_a_ticket_of_the_erased_is_deleted_at_once_too(real: Runtime, log: Log) -> None:
    said(real, log)
    theirs = "SM" + "b" * 32
    text_in(real, TOLD, sender=OTHER, gateway_id=theirs)
    with real.transaction() as tx:
        tx.session.execute(update(Message).where(Message.gateway_id == theirs).values(ticket_id=tickets(real)[0].id))
    erase(real, her_id(real))
    assert theirs in log.forget(real)


def test_calls_to_volunteers_in_which_the_erased_was_joined_go_too(rt: Runtime, log: Log) -> None:
    text_in(rt, TOLD)
    Caller(rt, number=OTHER).ring().hang_up()
    ticket_id, contact_id, alice = tickets(rt)[0].id, her_id(rt), volunteer(rt, "alice").id
    with rt.transaction() as tx:
        [call] = tx.session.scalars(select(Call)).all()
        bridges.put(
            tx.session,
            ticket_id=ticket_id,
            contact_id=contact_id,
            volunteer_id=alice,
            call_id=call.id,
            now=tx.now,
        )
        tx.session.execute(update(Call).values(next_attempt_at=None))
    assert count(rt, Bridge) == 1
    erase(rt, her_id(rt))
    assert call.gateway_id in log.forget(rt)


def test_only_what_the_last_owner_of_a_number_left_is_asked_for(rt: Runtime, log: Log, clock: Clock) -> None:
    first = said(rt, log)
    clock.forward(hours=2)
    text_in(rt, TOLD, gateway_id="SM" + "f" * 32)
    contact_id = her_id(rt)
    with rt.transaction() as tx:
        ask_now(tx, contact_id, since=tx.now)
    found = log.forget(rt)
    assert "SM" + "f" * 32 in found
    assert not set(first) & set(found)


def test_texts_that_were_wiped_by_themselves_are_asked_for_by_their_ids(real: Runtime, log: Log) -> None:
    incoming, _ = said(real, log)
    with real.transaction() as tx:
        wiped = tx.session.scalars(select(Message.id).where(Message.gateway_id == incoming)).one()
        wiping.wipe_message(tx.session, wiped, now=tx.now, why=Why.AGE)
        gatewaycopies.ask_for_texts(tx.session, [wiped], now=tx.now)
    assert log.forget(real) == [incoming]


def test_nothing_new_is_written_when_a_text_comes_in(postgres_url: str) -> None:
    rt = make_runtime(postgres_url, **REAL)
    text_in(rt, TOLD, sender=HER)
    assert (copies(rt), count(rt, Mark)) == ([], 0)
    rt.close()

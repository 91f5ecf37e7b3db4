"""Texts leave: claimed, sent, stored. Whatever goes wrong on the way, one text leaves."""

import functools
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from hotline.domain.delivery import Delivery
from hotline.domain.ticket import Status
from hotline.gateways.base import GatewayError, IncomingText, Outcome, OutgoingText, Report, Sent
from hotline.runtime import Runtime
from hotline.sections import Hours, Sending
from hotline.services.texts import outbound
from hotline.services.texts.intake import receive_text
from hotline.services.texts.outbound import Pace, claim_due, send_due, send_one
from hotline.services.texts.reports import receive_report, settle_unknown
from hotline.services.tickets import casework
from hotline.storage import outgoing
from hotline.storage.models import Contact, Message
from tests.services.colleagues import alice
from tests.support import HER, OTHER, Clock, ScriptedGateway, said, text_in, texts_out, tickets

SNATCHED = "mera mobile cheen liya"


@pytest.fixture
def gateway() -> ScriptedGateway:
    return ScriptedGateway()


def send(rt: Runtime, gateway: ScriptedGateway) -> None:
    assert send_due(rt, gateway.alone, for_s=10) is False


def deliveries(rt: Runtime) -> list[tuple[str | None, str | None]]:
    return [(m.delivery, m.reason) for m in texts_out(rt)]


def report(message: Message, delivery: Delivery, code: str | None = None, outcome: Outcome | None = None, **changes: object) -> Report:
    values = {"gateway_id": message.gateway_id or "SMx", "message_id": message.id, "attempt": message.attempts} | changes
    return Report(delivery=delivery, code=code, outcome=outcome, **values)  # type: ignore[arg-type]


def start_text(rt: Runtime) -> None:
    """A text that we start ourselves: the ticket is being worked on."""
    [ticket] = tickets(rt)
    casework.change_status(rt, alice(rt), ticket.reference, version=ticket.version, to=Status.IN_PROGRESS)


def test_a_due_text_is_sent_once_and_its_id_is_kept(rt: Runtime, gateway: ScriptedGateway) -> None:
    text_in(rt, SNATCHED)
    send(rt, gateway)
    send(rt, gateway)
    [message] = texts_out(rt)
    assert [t.to for t in gateway.taken] == [HER]
    assert (message.delivery, message.gateway, message.gateway_id) == ("sent", "twilio", f"SMf{message.id:029d}01")


def test_texts_to_which_a_gateway_gives_an_id_that_is_taken_stand_under_ours(rt: Runtime) -> None:
    """By another text of ours, or by one that came in: a service may count each direction by itself."""
    for number, phone in enumerate((HER, OTHER, "+923001234599"), 5000):
        receive_text(rt, "twilio", IncomingText(str(number), phone, SNATCHED))
    gateway = ScriptedGateway([Sent(given, Delivery.SENT) for given in ("1", "1", "5001")])
    send(rt, gateway)
    assert deliveries(rt) == [("sent", None)] * 3
    ours = {text.message_id: text.our_id for text in gateway.taken}
    kept = [(message.id, message.gateway_id) for message in texts_out(rt)]
    assert sorted(id_ == ours[message_id] for message_id, id_ in kept) == [False, True, True]
    assert len({id_ for _, id_ in kept}) == 3


def test_one_persons_texts_leave_in_their_order(rt: Runtime, gateway: ScriptedGateway) -> None:
    for word in ("URDU", "ENGLISH", "SINDHI", "ROMAN", "MENU"):
        text_in(rt, word)
    send(rt, gateway)
    assert [t.message_id for t in gateway.taken] == [m.id for m in texts_out(rt)]


def test_answers_overtake_what_we_start(rt: Runtime) -> None:
    text_in(rt, SNATCHED)
    start_text(rt)
    text_in(rt, "salam", sender=OTHER)
    _, claimed = claim_due(rt, {"twilio": 2})
    assert [c.text.message_id for c in claimed] == [texts_out(rt)[0].id, texts_out(rt)[2].id]


@pytest.mark.parametrize(
    ("code", "outcome", "delivery", "tried_again_after"),
    [
        ("429", Outcome.NOT_SENT, "queued", timedelta(seconds=5)),
        ("21614", Outcome.REFUSED, "failed", None),
        ("21610", Outcome.STOPPED, "failed", None),
        ("503", Outcome.UNKNOWN, "unknown", timedelta(seconds=20)),
    ],
)
def test_what_a_failed_send_means(
    rt: Runtime, gateway: ScriptedGateway, code: str, outcome: Outcome, delivery: str, tried_again_after: timedelta | None, clock: Clock
) -> None:
    text_in(rt, SNATCHED)
    gateway.script = [GatewayError(code, outcome)]
    send(rt, gateway)
    [message] = texts_out(rt)
    assert (message.delivery, message.reason) == (delivery, code)
    if tried_again_after is None:
        assert message.next_attempt_at is None
    else:
        assert message.next_attempt_at is not None
        assert tried_again_after <= message.next_attempt_at - clock.now <= tried_again_after * 1.25
    with rt.reading() as session:
        assert (session.query(Contact).one().stopped_at is not None) == (outcome is Outcome.STOPPED)


def test_a_text_refused_for_want_of_room_is_sent_later(rt: Runtime, gateway: ScriptedGateway, clock: Clock) -> None:
    text_in(rt, SNATCHED)
    gateway.script = [GatewayError("429", Outcome.NOT_SENT)] * 3
    for seconds in (7, 20, 80, 80):
        send(rt, gateway)
        clock.forward(seconds=seconds)
    assert (len(gateway.taken), deliveries(rt)[0][0]) == (1, "sent")


def test_an_unknown_outcome_that_the_gateway_knows_is_not_sent_again(rt: Runtime, gateway: ScriptedGateway, clock: Clock) -> None:
    text_in(rt, SNATCHED)
    gateway.script = [GatewayError("ReadTimeout", Outcome.UNKNOWN)]
    send(rt, gateway)
    gateway.found[texts_out(rt)[0].id] = Sent("SMfound", Delivery.DELIVERED)
    settle_unknown(rt, gateway.alone)
    assert texts_out(rt)[0].delivery == "unknown"  # not yet: its list lags
    clock.forward(seconds=21)
    settle_unknown(rt, gateway.alone)
    send(rt, gateway)
    assert (gateway.taken, texts_out(rt)[0].gateway_id, texts_out(rt)[0].delivery) == ([], "SMfound", "delivered")


def test_an_unknown_outcome_is_sent_again_only_after_two_look_ups_found_nothing(
    rt: Runtime, gateway: ScriptedGateway, clock: Clock
) -> None:
    text_in(rt, SNATCHED)
    gateway.script = [GatewayError("500", Outcome.UNKNOWN)]
    send(rt, gateway)
    clock.forward(seconds=21)
    settle_unknown(rt, gateway.alone)
    send(rt, gateway)
    assert gateway.taken == []
    clock.forward(seconds=21)
    settle_unknown(rt, gateway.alone)
    clock.forward(seconds=7)
    send(rt, gateway)
    assert (len(gateway.taken), deliveries(rt)[0][0]) == (1, "sent")


def test_a_text_that_the_gateway_loses_again_and_again_is_sent_later_each_time(rt: Runtime, gateway: ScriptedGateway, clock: Clock) -> None:
    text_in(rt, SNATCHED)
    gateway.script = [GatewayError("500", Outcome.UNKNOWN)] * 99
    for _ in range(60):  # an hour
        send(rt, gateway)
        clock.forward(seconds=60)
        settle_unknown(rt, gateway.alone)
    assert 5 <= 99 - len(gateway.script) <= 7


@pytest.mark.parametrize(
    ("outcome", "again_after"), [(Outcome.UNREACHABLE, 1800), (Outcome.NOT_SENT, 7), (Outcome.ILL, 61), (Outcome.REFUSED, None)]
)
def test_a_failure_that_a_look_up_finds_is_tried_again_like_one_that_is_reported(
    rt: Runtime, gateway: ScriptedGateway, clock: Clock, outcome: Outcome, again_after: int | None
) -> None:
    text_in(rt, SNATCHED)
    gateway.script = [GatewayError("500", Outcome.UNKNOWN)]
    send(rt, gateway)
    gateway.found[texts_out(rt)[0].id] = Sent("SMfound", Delivery.UNDELIVERED, "off", outcome)
    clock.forward(seconds=21)
    settle_unknown(rt, gateway.alone)
    [message] = texts_out(rt)
    assert (message.reason, message.gateway_id) == ("off", "SMfound")
    assert message.delivery == ("undelivered" if again_after is None else "queued")
    clock.forward(seconds=again_after or 3600)
    send(rt, gateway)
    assert len(gateway.taken) == (0 if again_after is None else 1)


def test_a_worker_killed_between_claim_and_send_leaves_one_text(rt: Runtime, gateway: ScriptedGateway, clock: Clock) -> None:
    text_in(rt, SNATCHED)
    claim_due(rt, {"twilio": 10})  # and the worker is gone
    send(rt, gateway)
    assert gateway.taken == []
    for seconds in (59, 2):
        clock.forward(seconds=seconds)
        settle_unknown(rt, gateway.alone)
        send(rt, gateway)
    assert (len(gateway.taken), deliveries(rt)[0][0]) == (1, "sent")


def test_a_worker_that_was_slow_does_not_send_what_another_has_by_now(rt: Runtime, gateway: ScriptedGateway, clock: Clock) -> None:
    text_in(rt, SNATCHED)
    _, [claimed] = claim_due(rt, {"twilio": 10})
    clock.forward(seconds=61)
    settle_unknown(rt, gateway.alone)
    _, [again] = claim_due(rt, {"twilio": 10})
    send_one(rt, gateway, claimed)
    assert gateway.taken == []
    send_one(rt, gateway, again)
    assert (len(gateway.taken), deliveries(rt)[0][0]) == (1, "sent")


def test_a_result_that_comes_after_the_text_was_taken_for_lost_is_still_believed(
    rt: Runtime, gateway: ScriptedGateway, clock: Clock
) -> None:
    text_in(rt, SNATCHED)
    _, [claimed] = claim_due(rt, {"twilio": 10})

    def slow(_text: OutgoingText) -> None:
        clock.forward(seconds=61)
        settle_unknown(rt, ScriptedGateway().alone)

    gateway.script = [slow]
    send_one(rt, gateway, claimed)
    assert (len(gateway.taken), deliveries(rt)[0][0]) == (1, "sent")


def test_a_look_up_that_failed_does_not_count_as_not_found(rt: Runtime, gateway: ScriptedGateway, clock: Clock) -> None:
    text_in(rt, SNATCHED)
    gateway.script = [GatewayError("500", Outcome.UNKNOWN)]
    send(rt, gateway)
    broken = ScriptedGateway()
    broken.look_up = raising  # type: ignore[method-assign]
    for asked in (broken, broken, gateway):
        clock.forward(seconds=21)
        settle_unknown(rt, asked.alone)
    assert texts_out(rt)[0].delivery == "unknown"


def raising(*_: object) -> Sent | None:
    raise GatewayError("503", Outcome.UNKNOWN)


def test_while_the_same_words_are_on_their_way_to_the_phone_the_gateways_list_tells_nothing(
    rt: Runtime, gateway: ScriptedGateway, clock: Clock
) -> None:
    text_in(rt, SNATCHED)
    gateway.script = [GatewayError("500", Outcome.UNKNOWN)]
    send(rt, gateway)
    [first] = texts_out(rt)
    with rt.transaction() as tx:
        row = outgoing.due_at_once(
            now=tx.now, contact_id=first.contact_id, body=first.body, language="en", segments=1, rank=first.rank, delivery=Delivery.SENDING
        )
        outgoing.queue(tx.session, ticket_id=None, answers_id=None, **row)
    gateway.found[first.id] = Sent("SMeither", Delivery.SENT)
    clock.forward(seconds=21)
    settle_unknown(rt, gateway.alone)
    assert texts_out(rt)[0].delivery == "unknown"
    with rt.transaction() as tx:
        outgoing.store(tx.session, texts_out(rt)[1].id, delivery=Delivery.FAILED)
    clock.forward(seconds=21)
    settle_unknown(rt, gateway.alone)
    assert texts_out(rt)[0].delivery == "sent"


def test_a_report_that_comes_during_a_look_up_is_believed(rt: Runtime, gateway: ScriptedGateway, clock: Clock) -> None:
    text_in(rt, SNATCHED)
    gateway.script = [GatewayError("500", Outcome.UNKNOWN)]
    send(rt, gateway)
    clock.forward(seconds=21)
    settle_unknown(rt, gateway.alone)

    def look_up(text: OutgoingText, *_: object) -> None:
        receive_report(rt, "twilio", Report("SMlate", text.message_id, text.attempt, Delivery.DELIVERED, None))

    gateway.look_up = look_up  # type: ignore[method-assign]
    clock.forward(seconds=21)
    settle_unknown(rt, gateway.alone)
    send(rt, gateway)
    assert (gateway.taken, deliveries(rt)) == ([], [("delivered", None)])


def test_at_one_text_a_second_no_more_is_claimed_than_leaves_in_time(
    make_rt: Callable[..., Runtime], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A claimed text waits for its turn until the sending has ended, and no longer.
    monkeypatch.setattr(outbound, "Pace", functools.partial(Pace, sleep=lambda seconds: time.sleep(min(seconds, 0.3))))
    rt, gateway = make_rt(sending=Sending(texts_per_s=1, in_flight=8)), ScriptedGateway()
    for n in range(40):
        text_in(rt, "salam", sender=f"+9230012{n:05d}")
    send_due(rt, gateway.alone, for_s=0.2)
    claimed = [m for m in texts_out(rt) if m.attempts]
    assert 1 <= len(claimed) <= 10


def test_a_report_may_come_before_the_send_returns(rt: Runtime, gateway: ScriptedGateway) -> None:
    text_in(rt, SNATCHED)

    def early(text: OutgoingText) -> None:
        receive_report(rt, "twilio", Report("SMearly", text.message_id, text.attempt, Delivery.DELIVERED, None))

    gateway.script = [early]
    send(rt, gateway)
    assert deliveries(rt) == [("delivered", None)]


@pytest.mark.parametrize(
    ("delivery", "outcome"),
    [(Delivery.UNDELIVERED, Outcome.UNREACHABLE), (Delivery.FAILED, Outcome.NOT_SENT), (Delivery.FAILED, Outcome.ILL)],
)
def test_a_text_whose_failure_is_reported_before_the_send_returns_is_tried_again(
    rt: Runtime, gateway: ScriptedGateway, clock: Clock, delivery: Delivery, outcome: Outcome
) -> None:
    text_in(rt, SNATCHED)

    def early(text: OutgoingText) -> None:
        sid = f"SMf{text.message_id:029d}{text.attempt:02d}"  # as the send then answers
        receive_report(rt, "twilio", Report(sid, text.message_id, text.attempt, delivery, "30003", outcome))

    gateway.script = [early]
    _, [claimed] = claim_due(rt, {"twilio": 10})
    send_one(rt, gateway, claimed)
    [message] = texts_out(rt)
    assert (message.delivery, message.reason, message.next_attempt_at is None) == ("queued", "30003", False)
    clock.forward(minutes=31)
    send(rt, gateway)
    assert (len(gateway.taken), deliveries(rt)[0][0]) == (2, "sent")


@pytest.mark.parametrize(
    "order", [["sent", "delivered"], ["delivered", "sent"], ["delivered", "delivered", "sent", "sent"], ["delivered", "undelivered"]]
)
def test_reports_doubled_and_out_of_order_only_move_forward(rt: Runtime, gateway: ScriptedGateway, order: list[str]) -> None:
    text_in(rt, SNATCHED)
    send(rt, gateway)
    for word in order:
        receive_report(rt, "twilio", report(texts_out(rt)[0], Delivery(word)))
    assert (deliveries(rt), len(texts_out(rt))) == ([("delivered", None)], 1)


@pytest.mark.parametrize("busy", [0, 4])
def test_a_phone_that_is_off_is_tried_again_far_apart_and_then_given_up(
    rt: Runtime, gateway: ScriptedGateway, clock: Clock, busy: int
) -> None:
    text_in(rt, SNATCHED)
    waits = []
    for _ in range(5):
        gateway.script = [GatewayError("429", Outcome.NOT_SENT)] * busy  # a gateway without room says nothing about the phone
        send(rt, gateway)
        while (message := texts_out(rt)[0]).delivery == Delivery.QUEUED and message.next_attempt_at:
            clock.now = message.next_attempt_at
            send(rt, gateway)
        receive_report(rt, "twilio", report(message, Delivery.UNDELIVERED, "30003", Outcome.UNREACHABLE))
        [message] = texts_out(rt)
        if message.next_attempt_at is None:
            break
        waits.append(message.next_attempt_at - clock.now)
        clock.now = message.next_attempt_at
    assert waits == [timedelta(minutes=30), timedelta(hours=2), timedelta(hours=6)]
    assert (len(gateway.taken), deliveries(rt)) == (4, [("undelivered", "30003")])


def test_a_phone_that_was_off_waits_behind_everybody_else(rt: Runtime, gateway: ScriptedGateway, clock: Clock) -> None:
    text_in(rt, SNATCHED)
    send(rt, gateway)
    receive_report(rt, "twilio", report(texts_out(rt)[0], Delivery.UNDELIVERED, "30003", Outcome.UNREACHABLE))
    clock.forward(minutes=31)
    text_in(rt, SNATCHED, sender=OTHER)
    _, claimed = claim_due(rt, {"twilio": 2})
    assert [claim.text.to for claim in claimed] == [OTHER, HER]


def test_a_late_report_about_an_earlier_try_changes_nothing(rt: Runtime, gateway: ScriptedGateway, clock: Clock) -> None:
    text_in(rt, SNATCHED)
    send(rt, gateway)
    first = texts_out(rt)[0]
    receive_report(rt, "twilio", report(first, Delivery.UNDELIVERED, "30003", Outcome.UNREACHABLE))
    receive_report(rt, "twilio", report(first, Delivery.FAILED, "30008"))
    assert deliveries(rt) == [("queued", "30003")]
    clock.forward(minutes=31)
    send(rt, gateway)
    receive_report(rt, "twilio", report(first, Delivery.FAILED, "30008"))
    assert deliveries(rt)[0][0] == "sent"


@pytest.mark.parametrize("named", [True, False])
def test_a_phone_that_has_the_text_after_all_is_not_sent_it_again(
    rt: Runtime, gateway: ScriptedGateway, clock: Clock, *, named: bool
) -> None:
    text_in(rt, SNATCHED)
    send(rt, gateway)
    [first] = texts_out(rt)
    receive_report(rt, "twilio", report(first, Delivery.UNDELIVERED, "30003", Outcome.UNREACHABLE))
    ours = {} if named else {"message_id": None, "attempt": None}
    receive_report(rt, "twilio", report(first, Delivery.DELIVERED, **ours))
    clock.forward(hours=12)
    send(rt, gateway)
    assert (deliveries(rt), len(gateway.taken)) == ([("delivered", None)], 1)


def test_a_phone_that_has_the_text_after_an_error_for_good_has_it(rt: Runtime, gateway: ScriptedGateway) -> None:
    text_in(rt, SNATCHED)
    send(rt, gateway)
    [first] = texts_out(rt)
    for delivery, code in ((Delivery.FAILED, "30008"), (Delivery.DELIVERED, None), (Delivery.UNDELIVERED, "30005")):
        receive_report(rt, "twilio", report(first, delivery, code))
    assert deliveries(rt) == [("delivered", None)]


def test_a_report_about_a_text_that_is_not_ours_is_ignored(rt: Runtime) -> None:
    receive_report(rt, "twilio", Report("SMnobody", None, None, Delivery.DELIVERED, None))
    receive_report(rt, "twilio", Report("SMnobody", 999, 1, Delivery.DELIVERED, None))


def test_a_text_that_came_in_is_never_taken_for_one_of_ours(rt: Runtime) -> None:
    text_in(rt, SNATCHED, gateway_id="SMhers")
    receive_report(rt, "twilio", Report("SMhers", 1, 0, Delivery.DELIVERED, None))
    with rt.reading() as session:
        assert session.query(Message).filter_by(direction="in").one().delivery is None


def test_what_we_start_keeps_hours_and_answers_do_not(make_rt: Callable[..., Runtime], gateway: ScriptedGateway, clock: Clock) -> None:
    rt = make_rt(contact_hours=Hours())
    clock.now = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)  # 21:00 in Karachi
    text_in(rt, SNATCHED)
    start_text(rt)
    send(rt, gateway)
    assert [m.delivery for m in texts_out(rt)] == ["sent", "queued"]
    assert texts_out(rt)[1].next_attempt_at == datetime(2026, 11, 24, 3, 0, tzinfo=UTC)  # 08:00
    clock.now = datetime(2026, 11, 24, 2, 59, 59, tzinfo=UTC)
    send(rt, gateway)
    assert texts_out(rt)[1].delivery == "queued"
    clock.forward(seconds=1)
    send(rt, gateway)
    assert texts_out(rt)[1].delivery == "sent"


def test_an_answer_that_was_held_up_keeps_hours_too(make_rt: Callable[..., Runtime], gateway: ScriptedGateway, clock: Clock) -> None:
    rt = make_rt(contact_hours=Hours())
    clock.now = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)  # 01:00
    text_in(rt, SNATCHED)
    clock.forward(minutes=31)  # the gateway was away meanwhile
    send(rt, gateway)
    assert (gateway.taken, texts_out(rt)[0].delivery) == ([], "queued")


@pytest.mark.parametrize(("word", "reason"), [("OFF", "stopped"), ("mere bete ko aghwa kar liya", "not_safe")])
def test_silence_and_hold_stop_what_we_start_and_no_answer(rt: Runtime, gateway: ScriptedGateway, word: str, reason: str) -> None:
    text_in(rt, SNATCHED)
    start_text(rt)
    text_in(rt, word)  # after the text was queued, before it was claimed
    send(rt, gateway)
    started = next(m for m in texts_out(rt) if m.text_key == "status_in_progress")
    answers = [m for m in texts_out(rt) if m.answers_id is not None]
    assert (started.delivery, started.reason) == ("failed", reason)
    assert {m.delivery for m in answers} == {"sent"}


def test_a_contact_that_may_not_be_texted_or_is_on_hold_gets_nothing_we_start(rt: Runtime, gateway: ScriptedGateway) -> None:
    text_in(rt, SNATCHED)
    start_text(rt)
    with rt.transaction() as tx:
        tx.session.execute(update(Contact).values(may_text=False))
    send(rt, gateway)
    assert (gateway.taken, deliveries(rt)) == ([], [("failed", "not_safe")] * 2)


def test_a_text_nobody_could_make_sense_of_any_more_is_not_sent(rt: Runtime, gateway: ScriptedGateway, clock: Clock) -> None:
    text_in(rt, SNATCHED)
    clock.forward(hours=48, seconds=1)
    send(rt, gateway)
    assert deliveries(rt) == [("failed", "too_late")]


def test_many_texts_leave_at_once_at_the_configured_rate(make_rt: Callable[..., Runtime]) -> None:
    rt, gateway = make_rt(sending=Sending(texts_per_s=200, in_flight=8)), ScriptedGateway()
    for n in range(60):
        text_in(rt, "salam", sender=f"+9230012{n:05d}")
    send(rt, gateway)
    assert len({t.message_id for t in gateway.taken}) == 60


def test_the_pace_lets_so_many_through_a_second_and_makes_up_for_little() -> None:
    now, slept = [0.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    pace = Pace(10, clock=lambda: now[0], sleep=sleep)
    for _ in range(11):
        pace.wait()
    assert now[0] == pytest.approx(1.0)
    now[0] += 60  # a pause
    before = len(slept)
    for _ in range(4):
        pace.wait()
    assert sum(slept[before:]) == pytest.approx(0.05)


def test_nothing_is_held_while_the_gateway_is_asked(rt: Runtime, gateway: ScriptedGateway) -> None:
    text_in(rt, SNATCHED)

    def look(_text: OutgoingText) -> None:
        with rt.transaction() as tx:  # on SQLite this would wait for ever if a transaction were open
            assert tx.session.query(Message).filter_by(delivery="sending").count() == 1

    gateway.script = [look]
    send(rt, gateway)
    assert said(rt) == ["receipt"]


def test_a_text_leaves_to_no_number_that_somebody_put_in_the_place_of_the_contacts_own(rt: Runtime, gateway: ScriptedGateway) -> None:
    text_in(rt, SNATCHED)
    text_in(rt, SNATCHED, sender=OTHER)
    with rt.transaction() as tx:
        first, second = tx.session.scalars(select(Contact).order_by(Contact.id)).all()
        stolen = {"number": second.number, "wrapped_key": second.wrapped_key}
        tx.session.execute(update(Contact).where(Contact.id == second.id).values(uid=b"x" * 16, number=None))
        tx.session.execute(update(Contact).where(Contact.id == first.id).values(uid=second.uid, **stolen))
    send(rt, gateway)
    assert [text.to for text in gateway.taken] == []
    assert ("failed", "unreadable") in deliveries(rt)

"""A sending worker is killed: what it had claimed and surely not handed over leaves by itself, and only the rest is in doubt."""

import threading
from datetime import datetime

import pytest

from hotline.domain.delivery import Delivery, Reason
from hotline.gateways.base import Abilities, GatewayError, LookUp, Outcome, OutgoingText, Sent
from hotline.jobs import Job
from hotline.runtime import Runtime
from hotline.services.texts.claiming import Claimed
from hotline.services.texts.outbound import claim_due, send_due, send_one
from hotline.services.texts.reports import settle_unknown
from hotline.storage import outgoing
from hotline.storage.models import Message
from tests.support import HER, OTHER, Clock, ScriptedGateway, text_in, texts_out

SNATCHED = "orangi town mein mera mobile cheen liya"
TELLS, NEVER, KNOWS_IDS = Abilities(LookUp.EXACT), Abilities(LookUp.NEVER), Abilities(LookUp.NEVER, idempotent=True)


class Killed(BaseException):
    """The worker is gone: nothing that would follow happens."""


def before_the_wire(_text: OutgoingText) -> None:
    raise Killed


class Carrier(ScriptedGateway):
    """Says how often it was asked for a text."""

    asked = 0

    def look_up(self, text: OutgoingText, since: datetime, known: set[str]) -> Sent | None:
        self.asked += 1
        return super().look_up(text, since, known)

    def dies_with_it(self, text: OutgoingText) -> None:
        """It has the text, and the worker is gone before it hears so."""
        self.taken.append(text)
        self.found[text.message_id] = Sent(text.our_id, Delivery.SENT)
        raise Killed


def claimed_by_a_worker(rt: Runtime) -> list[Claimed]:
    return claim_due(rt, {"twilio": 10})[1]


def killed_in(rt: Runtime, gateway: Carrier, claimed: Claimed) -> None:
    with pytest.raises(Killed):
        send_one(rt, gateway, claimed)


def live_on(rt: Runtime, gateway: Carrier, clock: Clock, *, minutes: int = 3) -> None:
    """Other workers go on, for some minutes."""
    for _ in range(minutes * 3):
        clock.forward(seconds=21)
        settle_unknown(rt, gateway.alone)
        send_due(rt, gateway.alone, for_s=5)


def now(rt: Runtime) -> Message:
    [message] = texts_out(rt)
    return message


def doubtful(rt: Runtime) -> list[int]:
    with rt.reading() as session:
        return [message.id for message, _ in outgoing.never_known(session, limit=10)]


@pytest.mark.parametrize("can", [TELLS, NEVER, KNOWS_IDS], ids=["tells", "never", "knows-ids"])
def test_killed_between_claim_and_hand_over_a_text_is_queued_again_at_once_and_nobody_is_asked(
    rt: Runtime, clock: Clock, can: Abilities
) -> None:
    text_in(rt, SNATCHED)
    gateway = Carrier(can=can)
    claimed_by_a_worker(rt)
    clock.forward(seconds=59)
    settle_unknown(rt, gateway.alone)
    assert now(rt).delivery == "sending"  # the worker may only be slow
    clock.forward(seconds=2)
    rt.bell.rung.clear()  # type: ignore[attr-defined]
    settle_unknown(rt, gateway.alone)
    message = now(rt)
    assert (message.delivery, message.next_attempt_at, message.claimed_at, message.unhanded) == ("queued", clock.now, None, None)
    assert rt.bell.rung == [Job.SEND_DUE]  # type: ignore[attr-defined]
    send_due(rt, gateway.alone, for_s=5)
    live_on(rt, gateway, clock)
    assert [(text.to, text.attempt, text.our_id) for text in gateway.taken] == [(HER, 2, f"{rt.keys.tag}-{message.id}-2")]
    assert (now(rt).delivery, gateway.asked, doubtful(rt)) == ("sent", 0, [])


def test_a_text_is_marked_as_handed_over_before_the_gateway_has_it(rt: Runtime) -> None:
    text_in(rt, SNATCHED)
    marks = []
    [claimed] = claimed_by_a_worker(rt)
    marks.append(now(rt).unhanded)
    send_one(rt, Carrier([lambda _text: marks.append(now(rt).unhanded)]), claimed)
    assert marks == [True, None]


@pytest.mark.parametrize("has_it", [False, True], ids=["before-the-wire", "after-the-wire"])
def test_killed_after_the_commit_a_text_of_which_nobody_can_tell_is_for_a_person(rt: Runtime, clock: Clock, *, has_it: bool) -> None:
    text_in(rt, SNATCHED)
    gateway = Carrier(can=NEVER)
    gateway.script = [gateway.dies_with_it if has_it else before_the_wire]
    [claimed] = claimed_by_a_worker(rt)
    killed_in(rt, gateway, claimed)
    live_on(rt, gateway, clock)
    assert (doubtful(rt), now(rt).reason, len(gateway.taken)) == ([now(rt).id], Reason.NEVER_KNOWN, has_it)


@pytest.mark.parametrize("has_it", [False, True], ids=["before-the-wire", "after-the-wire"])
def test_killed_after_the_commit_a_text_is_looked_up_where_the_gateway_tells(rt: Runtime, clock: Clock, *, has_it: bool) -> None:
    text_in(rt, SNATCHED)
    gateway = Carrier(can=TELLS)
    gateway.script = [gateway.dies_with_it if has_it else before_the_wire]
    [claimed] = claimed_by_a_worker(rt)
    killed_in(rt, gateway, claimed)
    live_on(rt, gateway, clock)
    assert [text.attempt for text in gateway.taken] == [1 if has_it else 2]
    assert (gateway.asked, now(rt).delivery) == (1 if has_it else 2, "sent")


def test_killed_after_the_commit_a_text_is_repeated_under_its_id_where_the_gateway_knows_ids(rt: Runtime, clock: Clock) -> None:
    text_in(rt, SNATCHED)
    gateway = Carrier(can=KNOWS_IDS)
    gateway.script = [gateway.dies_with_it]
    [claimed] = claimed_by_a_worker(rt)
    killed_in(rt, gateway, claimed)
    live_on(rt, gateway, clock)
    assert {text.our_id for text in gateway.taken} == {f"{rt.keys.tag}-{now(rt).id}-1"}
    assert (now(rt).delivery, now(rt).attempts) == ("sent", 1)


def test_a_worker_killed_as_it_repeats_a_text_leaves_it_in_doubt(rt: Runtime, clock: Clock) -> None:
    """It was handed over the first time: the claim for the second says nothing of that."""
    text_in(rt, SNATCHED)
    gateway = Carrier(can=KNOWS_IDS)
    gateway.script = [gateway.dies_with_it]
    [claimed] = claimed_by_a_worker(rt)
    killed_in(rt, gateway, claimed)
    clock.forward(seconds=61)
    settle_unknown(rt, gateway.alone)
    clock.forward(seconds=30)
    [again] = claimed_by_a_worker(rt)  # and this worker is gone too
    assert (again.text.attempt, now(rt).unhanded) == (1, None)
    live_on(rt, gateway, clock)
    assert {text.our_id for text in gateway.taken} == {f"{rt.keys.tag}-{now(rt).id}-1"}


def test_of_two_texts_in_one_claim_only_the_one_on_the_wire_is_in_doubt(rt: Runtime, clock: Clock) -> None:
    text_in(rt, SNATCHED)
    text_in(rt, SNATCHED, sender=OTHER)
    gateway = Carrier(can=NEVER)
    gateway.script = [gateway.dies_with_it]
    on_the_wire, behind = claimed_by_a_worker(rt)
    killed_in(rt, gateway, on_the_wire)
    live_on(rt, gateway, clock)
    assert doubtful(rt) == [on_the_wire.text.message_id]
    assert [text.message_id for text in gateway.taken] == [on_the_wire.text.message_id, behind.text.message_id]


def test_a_claim_that_was_renewed_twice_may_have_left_all_the_same(rt: Runtime, clock: Clock) -> None:
    text_in(rt, SNATCHED)
    gateway = Carrier(can=NEVER)
    [claimed] = claimed_by_a_worker(rt)
    for _ in range(2):
        clock.forward(seconds=50)
        with rt.transaction() as tx:
            assert outgoing.renew_claim(tx.session, claimed.text.message_id, claimed.text.attempt, now=tx.now)
    clock.forward(seconds=59)
    settle_unknown(rt, gateway.alone)
    assert now(rt).delivery == "sending"
    live_on(rt, gateway, clock)
    assert (doubtful(rt), gateway.taken) == ([now(rt).id], [])


def test_a_second_claim_knows_nothing_of_the_hand_over_of_the_first(rt: Runtime, clock: Clock) -> None:
    text_in(rt, SNATCHED)
    gateway = Carrier([GatewayError("429", Outcome.NOT_SENT)], can=NEVER)
    [first] = claimed_by_a_worker(rt)
    send_one(rt, gateway, first)  # handed over, and surely not taken
    clock.forward(seconds=10)
    [second] = claimed_by_a_worker(rt)
    assert (second.text.attempt, now(rt).unhanded) == (2, True)
    live_on(rt, gateway, clock)
    assert ([text.attempt for text in gateway.taken], now(rt).delivery, doubtful(rt)) == ([3], "sent", [])


def test_a_slow_worker_does_not_hand_over_what_was_given_up_and_claimed_again(rt: Runtime, clock: Clock) -> None:
    text_in(rt, SNATCHED)
    gateway = Carrier(can=NEVER)
    [slow] = claimed_by_a_worker(rt)
    clock.forward(seconds=61)
    settle_unknown(rt, gateway.alone)
    send_one(rt, gateway, slow)
    assert (gateway.taken, now(rt).delivery) == ([], "queued")
    [again] = claimed_by_a_worker(rt)
    send_one(rt, gateway, slow)
    assert (gateway.taken, now(rt).unhanded) == ([], True)
    send_one(rt, gateway, again)
    assert ([text.attempt for text in gateway.taken], now(rt).delivery) == ([2], "sent")


def test_a_slow_worker_and_the_one_that_gives_its_claim_up_never_both_have_it(rt: Runtime, clock: Clock) -> None:
    ends = set()
    for n in range(12):
        text_in(rt, SNATCHED, sender=f"+92300123{n:04d}")
        [claimed] = claimed_by_a_worker(rt)
        clock.forward(seconds=61)
        start, gateway = threading.Barrier(2), Carrier(can=NEVER)

        def give_up(start: threading.Barrier = start, gateway: Carrier = gateway) -> None:
            start.wait()
            settle_unknown(rt, gateway.alone)

        other = threading.Thread(target=give_up)
        other.start()
        start.wait()
        send_one(rt, gateway, claimed)
        other.join()
        message = texts_out(rt)[-1]
        ends.add((message.delivery, len(gateway.taken)))
        send_due(rt, gateway.alone, for_s=5)
        assert len(gateway.taken) == 1
    assert ends <= {("sent", 1), ("queued", 0)}


def test_what_was_claimed_before_the_hotline_knew_of_hand_overs_is_in_doubt(rt: Runtime, clock: Clock) -> None:
    text_in(rt, SNATCHED)
    [claimed] = claimed_by_a_worker(rt)
    with rt.transaction() as tx:
        outgoing.store(tx.session, claimed.text.message_id, unhanded=None)  # as the migration leaves it
    gateway = Carrier(can=NEVER)
    live_on(rt, gateway, clock)
    assert (doubtful(rt), gateway.taken) == ([now(rt).id], [])

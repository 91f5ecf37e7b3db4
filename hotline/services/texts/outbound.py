"""Texts leave. A claim is committed, the gateway is asked while no connection is held, then the result is stored."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import timedelta
from itertools import groupby

from hotline.domain.delivery import LOOK_UP_AFTER, Delivery, Reason, ask_in, moves_forward, retry_delay
from hotline.domain.load import MINUTE
from hotline.gateways.base import GatewayError, Outcome, Sent, TextGateway
from hotline.jobs import Job
from hotline.log import logger
from hotline.runtime import Runtime, Transaction
from hotline.services.texts.carriers import Taken, counted_now
from hotline.services.texts.claiming import Claimed, claim_due
from hotline.storage import contacts, eras, gatewayloads, gatewaystates, outgoing
from hotline.storage.models import Message
from hotline.storage.rows import TextChanges

_NEWS_S = 0.5
"""So long after a claim found nothing due it is looked again, while texts are under way."""


class Pace:
    """Lets threads through at `per_s` a second in total. Of a pause, at most a quarter of a second is made up for."""

    def __init__(
        self, per_s: float, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep, *, ahead_s: float = 0
    ) -> None:
        """`ahead_s`: so many seconds of it are used already."""
        self._interval = 1 / per_s
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._next = clock() + ahead_s

    def wait(self, units: int = 1) -> None:
        """Return when it is this thread's turn. What it does then counts as so many."""
        with self._lock:
            at = max(self._next, self._clock() - 0.25)
            self._next = at + self._interval * units
        if (delay := at - self._clock()) > 0:
            self._sleep(delay)


class _Lane:
    """One gateway and the threads that send by it: a slow gateway holds up no other."""

    def __init__(self, rt: Runtime, gateway: TextGateway, carried: int, carried_in_s: float) -> None:
        """`carried`: units that were claimed for it in the last `carried_in_s` seconds, by jobs before: they count in its pace."""
        terms, settings = rt.config.gateways[gateway.name].terms, rt.config.sending
        per_s = terms.per_minute / 60 or settings.texts_per_s
        in_flight = terms.in_flight or settings.in_flight
        # No more is claimed than can leave in some seconds: a claim that is a minute old is taken for a dead worker's.
        self.most = max(1, min(in_flight * 2, int(per_s * 10)))
        self._rt, self._gateway = rt, gateway
        self._pace = Pace(per_s, ahead_s=max(carried / per_s - carried_in_s, 0) if terms.per_minute else 0)
        self._pool = ThreadPoolExecutor(in_flight, thread_name_prefix=f"send-{gateway.name}")
        self._running: dict[Future[None], int] = {}

    @property
    def room(self) -> int:
        """How many more units (`Abilities.unit`) may be claimed now."""
        return self.most - sum(self._running.values())

    @property
    def is_half_free(self) -> bool:
        """Whether at least half of what may be claimed may be claimed now."""
        return self.room >= (self.most + 1) // 2

    @property
    def running(self) -> set[Future[None]]:
        """What is being sent."""
        return set(self._running)

    def send(self, claimed: Iterable[Claimed]) -> None:
        """Send texts: those of one contact in order, one after the other; those of different contacts at the same time."""
        ordered = sorted(claimed, key=lambda c: (c.contact_id, c.text.message_id))
        for _, group in groupby(ordered, key=lambda c: c.contact_id):
            batch = list(group)
            units = sum(claimed.taken.counted.units for claimed in batch)
            self._running[self._pool.submit(self._send_in_order, batch)] = units

    def sweep(self) -> None:
        """Forget what is done. Raises the bugs of it."""
        for future in [future for future in self._running if future.done()]:
            del self._running[future]
            future.result()

    def close(self) -> None:
        """Wait for what is being sent."""
        self._pool.shutdown()

    def _send_in_order(self, batch: list[Claimed]) -> None:
        for claimed in batch:
            self._pace.wait(claimed.taken.counted.units)
            send_one(self._rt, self._gateway, claimed)


def send_due(rt: Runtime, gateways: Mapping[str, TextGateway], *, for_s: float) -> bool:
    """Send the texts that are due, each gateway at its rate, for about `for_s` seconds; True if there may be more."""
    lanes, ends = _lanes(rt, gateways), time.monotonic() + for_s
    units = {name: gateway.can.unit for name, gateway in gateways.items()}
    try:
        while time.monotonic() < ends:
            seen, claimed = claim_due(rt, {name: lane.room for name, lane in lanes.items()}, units)
            for name, lane in lanes.items():
                lane.send(one for one in claimed if one.gateway == name)
            if not seen and not _wait_for_news(lanes.values()):
                return False
            _wait_for_room(lanes.values(), [lanes[name] for name in {one.gateway for one in claimed}])
        return True
    finally:
        for lane in lanes.values():
            lane.close()
        for lane in lanes.values():
            lane.sweep()


def _lanes(rt: Runtime, gateways: Mapping[str, TextGateway]) -> dict[str, _Lane]:
    now = rt.clock()
    since = gatewayloads.minute_of(now) - MINUTE
    with rt.reading() as session:
        carried = Counter[str]()
        for (name, _), minutes in gatewayloads.since(session, gateways, since - MINUTE).items():
            carried[name] += sum(minutes.values())
    return {name: _Lane(rt, gateway, carried[name], (now - since).total_seconds()) for name, gateway in gateways.items()}


def _wait_for_news(lanes: Iterable[_Lane]) -> bool:
    """Return when some text has left, or soon; False if none is under way. What comes meanwhile waits for no slow gateway."""
    running = set[Future[None]]().union(*(lane.running for lane in lanes))
    wait(running, timeout=_NEWS_S, return_when=FIRST_COMPLETED)
    for lane in lanes:
        lane.sweep()
    return bool(running)


def _wait_for_room(lanes: Iterable[_Lane], given: Iterable[_Lane]) -> None:
    """Return when at least half of some lane is free that the last claim gave texts: a claim of one text costs as much as one of many.

    `given`: those lanes. Another may be free and of no use, as its gateway is at its limits. But what comes for it waits no longer than for
    news.
    """
    lanes, given, ends = list(lanes), list(given), time.monotonic() + _NEWS_S
    while True:
        for lane in lanes:
            lane.sweep()
        busy = [lane for lane in lanes if lane.running]
        left = ends - time.monotonic() if any(lane.is_half_free for lane in lanes) else None
        if not busy or any(lane.is_half_free for lane in given or busy) or (left is not None and left <= 0):
            return
        wait(set[Future[None]]().union(*(lane.running for lane in busy)), timeout=left, return_when=FIRST_COMPLETED)


NOTHING_LEFT = (Outcome.NOT_SENT, Outcome.ILL, Outcome.REFUSED, Outcome.STOPPED)
"""What a gateway answers at once that took nothing of a text: its place and its money are given back. What it reports later gives nothing
back: some parts of a long text may have left."""


def send_one(rt: Runtime, gateway: TextGateway, claimed: Claimed) -> None:
    """Hand a claimed text to the gateway and store what came of it. No connection is held while the gateway is asked.

    The claim is renewed first: if this worker was slow, or stopped for a while, another may have the text by now.
    """
    with rt.transaction() as tx:
        if not outgoing.renew_claim(tx.session, claimed.text.message_id, claimed.text.attempt, now=tx.now):
            logger().warning("a claim was lost before the text was sent", message_id=claimed.text.message_id)
            return
        taken = counted_now(tx, claimed.taken)
    result: Sent | GatewayError
    try:
        result = gateway.send(claimed.text)
    except GatewayError as fault:
        result = fault
    with rt.transaction() as tx:
        message = outgoing.locked(tx.session, claimed.text.message_id)
        if message.attempts != claimed.text.attempt:
            logger().warning("a result came after the text was sent anew", message_id=message.id)
        elif isinstance(result, Sent) and _has_failed_since(message, result):
            logger().info("a report came before the answer: the text was taken, and is tried again", message_id=message.id)
        elif isinstance(result, Sent):
            store_sent(tx, message, gateway, result)
        else:
            _store_failure(tx, message, result, taken, repeats=claimed.repeats)


def _has_failed_since(message: Message, sent: Sent) -> bool:
    """Whether a report has queued a text again that this attempt gave the gateway. A text that was not found is queued as well, without
    the id of the attempt: it was sent after all."""
    return message.delivery == Delivery.QUEUED and message.gateway_id == sent.gateway_id


def store_sent(tx: Transaction, message: Message, gateway: TextGateway, sent: Sent) -> None:
    """Note that the gateway has the text. A report may have told more already: that stays.

    Where another text has the gateway's id, in or out, it stands under ours.
    """
    known = Delivery(message.delivery or "")
    is_news = moves_forward(known, sent.delivery)
    delivery = sent.delivery if is_news else known
    ask_in_a_while = ask_in(timedelta(0)) if gateway.can.tells and is_news and delivery is Delivery.SENT else None
    changes: TextChanges = {
        "gateway": gateway.name,
        "gateway_id": sent.gateway_id,
        "delivery": delivery,
        "reason": sent.code if delivery == sent.delivery else message.reason,
        "sent_at": message.sent_at or tx.now,
        "look_ups": 0,
        "next_attempt_at": tx.now + ask_in_a_while if ask_in_a_while is not None else None,
    }
    ours = eras.our_id(tx.session, message.id, message.attempts or 1)
    if sent.gateway_id == ours:  # nobody else has it
        outgoing.store(tx.session, message.id, **changes)
    elif not outgoing.store_under_new_id(tx.session, message.id, **changes):
        logger().warning("another text has the id that a gateway gives: reports may not find this one", message_id=message.id)
        changes["gateway_id"] = ours
        outgoing.store(tx.session, message.id, **changes)
    about = {"ticket_id": message.ticket_id, "answers_message_id": message.answers_id}
    logger().info("text sent", message_id=message.id, gateway=gateway.name, gateway_id=changes["gateway_id"], **about)


def put_back(tx: Transaction, message: Message, code: str, *, is_ill: bool, after_s: float | None = None) -> None:
    """Queue a text again that was surely not sent: any gateway may take it. A gateway that is ill rests, and its text waits for nothing."""
    if is_ill:
        _let_rest(tx, message.gateway, code)
        again = tx.now
        tx.ring(Job.SEND_DUE)
    else:
        again = tx.now + again_in(message, at_least=timedelta(seconds=min(after_s or 0, 3600)))
    unsent = (message.unsent or 0) + 1
    # What waited to be repeated under its id is a text like any other now: nothing left under that id.
    outgoing.store(tx.session, message.id, delivery=Delivery.QUEUED, unsent=unsent, repeats=None, reason=code, next_attempt_at=again)


def again_in(message: Message, *, at_least: timedelta = timedelta(0)) -> timedelta:
    """How long a text waits that was not sent, with jitter: after each attempt longer."""
    return max(retry_delay(message.attempts or 1), at_least) * random.uniform(1, 1.25)  # noqa: S311 - no secret


def _let_rest(tx: Transaction, gateway: str, code: str) -> None:
    logger().warning("a gateway is ill and rests", gateway=gateway, code=code)
    gatewaystates.rest(tx.session, gateway, code, now=tx.now)


def _store_failure(tx: Transaction, message: Message, fault: GatewayError, taken: Taken, *, repeats: bool) -> None:
    if message.delivery != Delivery.SENDING:  # a report has told us more
        return
    if fault.outcome in NOTHING_LEFT:
        gatewayloads.give_back(tx.session, taken.key, taken.minute, taken.counted, missed=fault.outcome is Outcome.NOT_SENT)
    logger().warning("a text was not taken", message_id=message.id, code=fault.code, outcome=fault.outcome)
    if repeats:
        _store_failed_repeat(tx, message, fault)
    elif fault.outcome in (Outcome.NOT_SENT, Outcome.ILL):
        put_back(tx, message, fault.code, is_ill=fault.outcome is Outcome.ILL, after_s=fault.retry_after_s)
    elif fault.outcome is Outcome.UNKNOWN:
        outgoing.store(tx.session, message.id, delivery=Delivery.UNKNOWN, reason=fault.code, next_attempt_at=tx.now + LOOK_UP_AFTER)
    else:
        outgoing.store(tx.session, message.id, delivery=Delivery.FAILED, reason=fault.code, next_attempt_at=None)
        if fault.outcome is Outcome.STOPPED:
            contacts.silence(tx.session, message.contact_id, tx.now)


def _store_failed_repeat(tx: Transaction, message: Message, fault: GatewayError) -> None:
    """A text that was repeated under its id was not taken. It may have left the first time all the same: it gets no other id, and is
    repeated again or listed for a person (`reports.settle_unknown`)."""
    if fault.outcome is Outcome.ILL:
        _let_rest(tx, message.gateway, fault.code)
    is_over = fault.outcome in (Outcome.REFUSED, Outcome.STOPPED)
    reason, again = (Reason.NEVER_KNOWN, None) if is_over else (fault.code, tx.now + LOOK_UP_AFTER)
    outgoing.store(tx.session, message.id, delivery=Delivery.UNKNOWN, reason=reason, next_attempt_at=again)
    if fault.outcome is Outcome.STOPPED:
        contacts.silence(tx.session, message.contact_id, tx.now)

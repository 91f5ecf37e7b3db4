"""We were down: what the gateways list and we never heard of is taken in, once, as late as it is, and a job never takes long."""

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DataError

from hotline.alarms import AlarmKind
from hotline.domain.call import CallDirection, CallReason
from hotline.domain.look import Look
from hotline.gateways.base import Abilities, GatewayError, IncomingText, LookUp, Outcome
from hotline.gateways.listing import ListedCall, ListedRecording, Page, Span
from hotline.jobs import Job
from hotline.runtime import Runtime
from hotline.services.arriving import take_text
from hotline.services.keeping.forgetting import ask_now, forget_due
from hotline.services.reconciling import asking, logs
from hotline.services.reconciling.asking import Balance, reconcile_due, reconcile_since
from hotline.services.texts import intake
from hotline.storage import gatewaylogs, suppressed, wiping
from hotline.storage.callmodels import Call
from hotline.storage.gatewaymodels import GatewayLog
from hotline.storage.models import Alarm, Contact, Message
from hotline.storage.photomodels import Photo
from hotline.storage.photos import NOT_BROUGHT
from hotline.storage.suppressed import Asked
from hotline.storage.wiping import Why
from tests.calling import Caller, calls_of
from tests.recorded import recordings
from tests.services.colleagues import settle
from tests.support import HER, OTHER, Clock, ScriptedGateway, alter, away, count, texts_out, tickets

SNATCHED = "orangi town mein mera mobile cheen liya"
CRY = "🆘 orangi town mein"
CALL, RECORDING = "CA" + "c" * 32, "RE" + "c" * 32
GONE = GatewayError("ConnectTimeout", Outcome.NOT_SENT)

_Row = TypeVar("_Row", IncomingText, ListedCall, ListedRecording)
Step = GatewayError | Callable[[], None] | None


def page_of(rows: Sequence[_Row], at: Callable[[_Row], datetime | None], span: Span, page: str | None, size: int) -> Page[_Row]:
    """A page of what came in a span, the newest first."""
    found = sorted((row for row in rows if span.has(at(row))), key=lambda row: at(row) or span.since, reverse=True)
    start = int(page or 0)
    return Page(tuple(found[start : start + size]), str(start + size) if start + size < len(found) else None)


@dataclass
class Listing(ScriptedGateway):
    """Keeps a log, and tells of nothing. `asked` is what it was asked; `script`: what the next questions meet."""

    can: Abilities = Abilities(LookUp.EXACT, keeps_log=True)  # noqa: RUF009 - frozen
    has: list[IncomingText] = field(default_factory=list)
    size: int = 100
    asked: list[tuple[datetime, datetime | None, str | None]] = field(default_factory=list)
    meets: list[Step] = field(default_factory=list)

    def texts_in(self, span: Span, page: str | None = None) -> Page[IncomingText]:
        self.asked.append((span.since, span.until, page))
        step = self.meets.pop(0) if self.meets else None
        if isinstance(step, GatewayError):
            raise step
        found = page_of(self.has, lambda text: text.received_at, span, page, self.size)
        if callable(step):
            step()
        return found


@dataclass
class ListedCalls:
    """The log of calls of a gateway."""

    name: str = "twilio"
    rang: list[ListedCall] = field(default_factory=list)
    recorded: list[ListedRecording] = field(default_factory=list)
    fault: GatewayError | None = None

    def calls_in(self, span: Span, page: str | None = None) -> Page[ListedCall]:
        if self.fault is not None:
            raise self.fault
        return page_of(self.rang, lambda call: call.at, span, page, 100)

    def recordings_in(self, span: Span, page: str | None = None) -> Page[ListedRecording]:
        return page_of(self.recorded, lambda one: one.at, span, page, 100)

    def close(self) -> None: ...


def came(rt: Runtime, body: str = SNATCHED, *, ago: timedelta = timedelta(minutes=5), id_: str = "SM1", sender: str = HER) -> IncomingText:
    return IncomingText(id_, sender, body, received_at=rt.clock() - ago)


def read(rt: Runtime, *gateways: Listing, calls: ListedCalls | None = None, for_s: float = 8) -> bool:
    return reconcile_due(rt, {one.name: one for one in gateways}, {calls.name: calls} if calls else {}, for_s=for_s)


def bodies(rt: Runtime) -> list[str]:
    with rt.reading() as session:
        return [one.body for one in session.scalars(select(Message).where(Message.direction == "in").order_by(Message.id))]


def place(rt: Runtime, gateway: str = "twilio", what: str = "texts") -> GatewayLog:
    with rt.reading() as session:
        return gatewaylogs.every(session)[gateway, what]


def alarmed(rt: Runtime) -> int:
    with rt.reading() as session:
        return session.query(Alarm).filter(Alarm.kind == AlarmKind.SPOOL_STUCK).count()


def counts(found: Iterable[Balance]) -> list[tuple[str, int, int, int, int]]:
    return [(one.what, one.listed, one.here, one.taken_in, one.failed) for one in found]


# What is missing


def test_what_came_while_we_were_down_is_taken_in_once_and_rings(rt: Runtime, clock: Clock) -> None:
    intake.receive_text(rt, "twilio", came(rt, "bahut shukriya", id_="SM0", sender=OTHER))
    gateway = Listing(has=[came(rt, id_="SM1"), came(rt, "bahut shukriya", id_="SM0", sender=OTHER)])
    assert read(rt, gateway) is False
    assert bodies(rt) == ["bahut shukriya", SNATCHED]
    assert Job.ROUTE_DUE in rt.bell.rung  # type: ignore[attr-defined]
    clock.forward(minutes=10)
    assert read(rt, gateway) is False
    assert len(bodies(rt)) == 2


@pytest.mark.parametrize(
    ("ago", "answers"),
    [
        (timedelta(minutes=9), 1),
        (timedelta(minutes=11), 0),
        (timedelta(hours=30), 0),
    ],
)
def test_danger_that_is_found_late_is_answered_by_no_machine_and_looked_at_first(
    rt: Runtime, clock: Clock, ago: timedelta, answers: int
) -> None:
    text = came(rt, CRY, ago=ago)
    read(rt, Listing(has=[text]))
    [ticket] = tickets(rt)
    assert (ticket.danger is not None, len(texts_out(rt))) == (True, answers)
    with rt.reading() as session:
        [row] = session.scalars(select(Message).where(Message.direction == "in"))
        assert (row.sent_at, row.created_at, row.look) == (text.received_at, clock(), Look.FIRST)


def test_after_a_day_no_machine_answers_at_all(rt: Runtime) -> None:
    read(rt, Listing(has=[came(rt, ago=timedelta(hours=25)), came(rt, ago=timedelta(hours=23), id_="SM2", sender=OTHER)]))
    assert (len(tickets(rt)), len(texts_out(rt))) == (2, 1)


def test_the_texts_of_a_phone_are_taken_in_as_they_were_written_though_the_list_begins_with_the_last(rt: Runtime) -> None:
    said = [SNATCHED, "peeli motorcycle par do larke the", "shukriya"]
    texts = [came(rt, body, ago=timedelta(hours=1) - timedelta(minutes=number), id_=f"SM{number}") for number, body in enumerate(said)]
    read(rt, Listing(has=texts[::-1]))
    assert (bodies(rt), len(tickets(rt))) == (said, 1)


@pytest.mark.parametrize("by_a_person", [False, True])
def test_so_they_are_where_several_pages_list_them(rt: Runtime, *, by_a_person: bool) -> None:
    said = [SNATCHED, "peeli motorcycle par do larke the", "shukriya"]
    texts = [came(rt, body, ago=timedelta(hours=1) - timedelta(minutes=number), id_=f"SM{number}") for number, body in enumerate(said)]
    gateway = Listing(has=texts, size=1)
    if by_a_person:
        list(reconcile_since(rt, gateway.alone, {}, rt.clock() - timedelta(hours=2)))
    else:
        read(rt, gateway)
    assert (bodies(rt), len(tickets(rt))) == (said, 1)


@pytest.mark.parametrize("by_a_person", [False, True])
def test_of_more_pages_than_are_taken_in_as_one_nothing_is_left_out(rt: Runtime, *, by_a_person: bool) -> None:
    many = 2 * asking._PAGES + 2
    gateway = Listing(size=1, has=[came(rt, id_=f"SM{n}", sender=f"+9230012346{n:02}") for n in range(many)])
    if by_a_person:
        [balance] = reconcile_since(rt, gateway.alone, {}, rt.clock() - timedelta(hours=2))
        assert (balance.taken_in, balance.balances) == (many, True)
    else:
        assert read(rt, gateway) is False
    assert len(bodies(rt)) == many


def test_of_one_second_the_first_comes_first_too(rt: Runtime) -> None:
    at = timedelta(hours=1)
    read(rt, Listing(has=[came(rt, "shukriya", id_="SM2", ago=at), came(rt, id_="SM1", ago=at)]))
    assert bodies(rt) == [SNATCHED, "shukriya"]


def test_what_may_be_on_its_way_is_left_for_the_next_time(rt: Runtime, clock: Clock) -> None:
    """Its webhook may tell more than the list: that the gateway took it as a stop."""
    gateway = Listing(has=[came(rt, ago=timedelta(seconds=30))])
    read(rt, gateway)
    assert bodies(rt) == []
    clock.forward(minutes=10)
    read(rt, gateway)
    assert bodies(rt) == [SNATCHED]


def test_a_text_with_photos_is_asked_for_whole_and_taken_in_without_them_where_they_are_gone(rt: Runtime) -> None:
    @dataclass
    class Photos(Listing):
        can: Abilities = Abilities(LookUp.EXACT, keeps_log=True, photos=True)  # noqa: RUF009 - frozen

        def whole(self, text: IncomingText) -> IncomingText:
            if text.gateway_id == "SM2":
                raise GatewayError("404", Outcome.REFUSED)
            return dataclasses.replace(text, photos=("SM1/ME1",), not_brought=False)

    texts = [came(rt, id_="SM1"), came(rt, id_="SM2", sender=OTHER)]
    read(rt, Photos(has=[dataclasses.replace(text, not_brought=True) for text in texts]))
    assert bodies(rt) == [SNATCHED, SNATCHED]
    assert Job.FETCH_PHOTOS in rt.bell.rung  # type: ignore[attr-defined]


@dataclass
class LosesPhotos(Listing):
    """Lists texts, and never what came with them; `gone`: from then on it does not answer at all."""

    can: Abilities = Abilities(LookUp.EXACT, keeps_log=True, photos=True)  # noqa: RUF009 - frozen
    gone: bool = False

    def whole(self, text: IncomingText) -> IncomingText:
        if not text.not_brought:
            return text
        if self.gone:
            self.meets = [GONE]
        raise GatewayError("20500", Outcome.NOT_SENT)


@pytest.mark.parametrize("by_a_person", [False, True])
def test_a_text_whose_photos_can_never_be_listed_is_taken_in_without_them_and_holds_up_no_other(rt: Runtime, *, by_a_person: bool) -> None:
    bad = dataclasses.replace(came(rt, id_="SM1", ago=timedelta(minutes=9)), not_brought=True)
    gateway = LosesPhotos(has=[bad, came(rt, "bahut shukriya", id_="SM2", sender=OTHER)])
    if by_a_person:
        [balance] = reconcile_since(rt, gateway.alone, {}, rt.clock() - timedelta(hours=1))
        assert (balance.taken_in, balance.balances) == (2, True)
    else:
        assert read(rt, gateway) is False
        assert place(rt).walked_at == rt.clock()
    assert bodies(rt) == [SNATCHED, "bahut shukriya"]
    with rt.reading() as session:
        assert [one.reason for one in session.scalars(select(Photo))] == [NOT_BROUGHT]


def test_while_the_gateway_does_not_answer_at_all_no_text_loses_its_photos(rt: Runtime) -> None:
    bad = dataclasses.replace(came(rt, id_="SM1", ago=timedelta(minutes=9)), not_brought=True)
    gateway = LosesPhotos(has=[bad], gone=True)
    assert read(rt, gateway) is False
    assert bodies(rt) == []


# Never twice


def test_the_webhook_brings_the_text_while_the_page_is_read(rt: Runtime) -> None:
    text = came(rt)
    gateway = Listing(has=[text], meets=[None, None, lambda: take_text(rt, "twilio", text)])
    found = list(reconcile_since(rt, gateway.alone, {}, rt.clock() - timedelta(days=2, hours=12)))
    assert (bodies(rt), len(tickets(rt)), len(texts_out(rt))) == ([SNATCHED], 1, 1)
    assert counts(found) == [("texts", 1, 1, 0, 0)]


def test_the_webhook_and_the_log_at_the_same_moment_make_one_text(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log was compared with what is here before the webhook stored the text."""
    text = came(rt)
    receive = intake.receive_text

    def beaten(*given: Any, **more: Any) -> intake.Received:
        receive(rt, "twilio", text)
        return receive(*given, **more)

    monkeypatch.setattr(logs, "receive_text", beaten)
    [balance] = reconcile_since(rt, Listing(has=[text]).alone, {}, rt.clock() - timedelta(hours=1))
    assert (bodies(rt), len(tickets(rt)), len(texts_out(rt))) == ([SNATCHED], 1, 1)
    assert (balance.here, balance.taken_in) == (1, 0)


def test_two_workers_and_webhooks_at_once_take_each_text_in_once(rt: Runtime) -> None:
    texts = [came(rt, id_=f"SM{number}", sender=f"+9230012346{number:02}") for number in range(12)]
    gateways = [Listing(has=texts, size=5) for _ in range(2)]
    with ThreadPoolExecutor(3) as threads:
        jobs = [threads.submit(read, rt, gateway) for gateway in gateways]
        hooks = threads.submit(lambda: [take_text(rt, "twilio", text) for text in texts])
        assert [job.result() for job in jobs] == [False, False]
        hooks.result()
    assert (len(bodies(rt)), len(tickets(rt)), len(texts_out(rt))) == (12, 12, 12)


def test_a_text_that_is_here_under_another_id_of_its_own_is_not_taken_in(rt: Runtime) -> None:
    intake.receive_text(rt, "twilio", came(rt, id_="minute1"))
    read(rt, Listing(has=[dataclasses.replace(came(rt, id_="minute2"), other_ids=("minute1",))]))
    assert len(bodies(rt)) == 1


# Erased


def erase(rt: Runtime, gateway: Listing) -> None:
    """What the erasure of the first contact does, here and at the gateway."""
    with rt.transaction() as tx:
        contact_id = tx.session.scalars(select(Contact.id).order_by(Contact.id)).first() or 0
        wiping.wipe_contact(tx.session, contact_id, now=tx.now, why=Why.WISH)
        ask_now(tx, contact_id)
    while forget_due(rt, gateway.alone, {}, for_s=10):
        pass


def test_what_was_erased_does_not_come_back_from_a_gateway_that_still_lists_it(rt: Runtime, clock: Clock) -> None:
    """A phone keeps its texts until a person deletes them. The citizen has written again since: the number alone does not tell."""
    gateway = Listing(name="sim1", has=[came(rt, id_=f"t{number}", ago=timedelta(minutes=9 - number)) for number in range(2)])
    read(rt, gateway)
    assert len(bodies(rt)) == 2
    erase(rt, gateway)
    assert all((one.gateway_id or "").startswith("h:") for one in incoming(rt))
    for number in range(2):
        intake.receive_text(rt, "sim1", came(rt, "salam", id_=f"new{number}"))
    before = (count(rt, Message), count(rt, Contact))
    clock.forward(minutes=10)
    read(rt, gateway)
    assert counts(reconcile_since(rt, gateway.alone, {}, clock() - timedelta(days=1))) == [("texts", 2, 2, 0, 0)]
    assert (count(rt, Message), count(rt, Contact)) == before


def incoming(rt: Runtime) -> list[Message]:
    with rt.reading() as session:
        return list(session.scalars(select(Message).where(Message.direction == "in").order_by(Message.id)))


def test_an_erased_text_that_the_gateway_has_not_deleted_yet_is_known_too(rt: Runtime, clock: Clock) -> None:
    gateway = Listing(has=[came(rt)])
    read(rt, gateway)
    with rt.transaction() as tx:
        wiping.wipe_contact(tx.session, incoming(rt)[0].contact_id, now=tx.now, why=Why.WISH)
    clock.forward(minutes=10)
    read(rt, gateway)
    assert (len(incoming(rt)), count(rt, Contact)) == (1, 1)


def test_a_phone_that_asked_for_no_texts_before_it_was_erased_is_still_started_nothing_to(rt: Runtime) -> None:
    with rt.transaction() as tx:
        tx.session.add(suppressed.Suppressed(mark=suppressed.hashed(rt.keys, HER), asked=int(Asked.NO_CALLS | Asked.HELD)))
    read(rt, Listing(has=[came(rt)]))
    with rt.reading() as session:
        [contact] = session.scalars(select(Contact))
    assert (contact.on_hold, contact.refused_calls_at is not None) == (True, True)


def test_the_calls_and_recordings_of_an_erased_caller_do_not_come_back(rt: Runtime, clock: Clock) -> None:
    Caller(rt, gateway_id=CALL).ring().press("1", "1").hang_up()
    with rt.transaction() as tx:
        contact_id = tx.session.scalars(select(Contact.id)).one()
        wiping.wipe_contact(tx.session, contact_id, now=tx.now, why=Why.WISH)
    at = clock() - timedelta(minutes=5)
    log = ListedCalls(rang=[ListedCall(CALL, HER, "+15005550006", at, is_over=True)], recorded=[ListedRecording(RECORDING, CALL, at, 9)])
    before = (count(rt, Contact), len(tickets(rt)))
    read(rt, calls=log)
    assert (count(rt, Contact), len(tickets(rt)), len(calls_of(rt))) == (*before, 1)
    assert [one.look for one in recordings(rt)] == [Look.LAST]  # its file is never stored, and the gateway's copy goes
    clock.forward(minutes=10)
    read(rt, calls=log)
    assert len(recordings(rt)) == 1


# How far


def test_the_log_counts_as_read_only_when_its_last_page_is_in(rt: Runtime, clock: Clock) -> None:
    start = clock()
    gateway = Listing(size=2, has=[came(rt, id_=f"SM{n}", sender=f"+9230012346{n:02}", ago=timedelta(minutes=30 - n)) for n in range(5)])
    gateway.meets = [None, None, None, GONE, GONE]  # two days before, a page of today, another, and it is gone
    assert read(rt, gateway) is False
    assert (len(bodies(rt)), place(rt).page, place(rt).walked_at) == (4, "4", None)
    clock.forward(minutes=10)
    gateway.asked.clear()
    assert read(rt, gateway) is False
    assert gateway.asked == [(start - timedelta(days=1), None, "4")]  # where it stopped, and nothing before that again
    assert len(bodies(rt)) == 5
    assert (place(rt).taken_until, place(rt).page) == (start, None)


def test_the_oldest_page_of_a_walk_is_late_though_the_walk_was_resumed(rt: Runtime, clock: Clock) -> None:
    gateway = Listing(size=1, has=[came(rt, id_="SM2", sender=OTHER, ago=timedelta(minutes=3)), came(rt, CRY)])
    gateway.meets = [None, None, GONE, GONE]
    read(rt, gateway)
    clock.forward(hours=3)
    read(rt, gateway)
    assert [one.contact_id for one in texts_out(rt)] == [incoming(rt)[0].contact_id]


def test_a_gateway_that_was_blind_for_days_is_read_in_jobs_of_some_seconds(rt: Runtime, clock: Clock) -> None:
    gateway = Listing(size=1)
    read(rt, gateway)
    clock.forward(days=9)
    gateway.has = [came(rt, id_=f"SM{n}", sender=f"+9230012346{n:02}", ago=timedelta(days=8 - n, hours=1)) for n in range(9)]
    jobs = 1
    while read(rt, gateway, for_s=0.002):
        jobs += 1
        assert jobs < 100
    assert jobs > 1
    assert len(bodies(rt)) == 9
    assert [one.sent_at for one in incoming(rt)] == sorted(one.received_at for one in gateway.has if one.received_at)
    assert clock() - place(rt).taken_until < timedelta(minutes=5)


def test_a_page_that_takes_long_is_taken_in_by_several_jobs_in_order(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts that have to be fetched wait behind such a job."""
    monkeypatch.setattr(asking, "_STORES_S", 0)
    gateway = Listing(has=[came(rt, f"{SNATCHED} {n}", id_=f"SM{n}", ago=timedelta(minutes=30 - n)) for n in range(4)])
    done = []
    while read(rt, gateway):
        done.append(len(bodies(rt)))
        assert len(done) < 9
    assert (done, bodies(rt)) == ([1, 2, 3], [f"{SNATCHED} {n}" for n in range(4)])
    assert place(rt).walked_at == rt.clock()


def test_what_cannot_be_taken_in_keeps_the_rest_of_a_long_page_from_nothing(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_STORES_S", 0)
    receive = intake.receive_text

    def refused(rt: Runtime, name: str, text: IncomingText, **more: Any) -> intake.Received:
        if text.gateway_id in ("SM0", "SM1"):
            raise ValueError("a fault of ours")
        return receive(rt, name, text, **more)

    monkeypatch.setattr(logs, "receive_text", refused)
    gateway = Listing(has=[came(rt, f"{SNATCHED} {n}", id_=f"SM{n}", ago=timedelta(minutes=30 - n)) for n in range(5)])
    assert read(rt, gateway) is False
    assert bodies(rt) == [f"{SNATCHED} {n}" for n in range(2, 5)]


def test_a_job_that_is_killed_loses_and_doubles_nothing(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = Listing(size=2, has=[came(rt, id_=f"SM{n}", sender=f"+9230012346{n:02}") for n in range(6)])
    receive, taken = intake.receive_text, []

    def killed(*given: Any, **more: Any) -> intake.Received:
        taken.append(given)
        if len(taken) == 3:
            raise KeyboardInterrupt
        return receive(*given, **more)

    with monkeypatch.context() as patch:
        patch.setattr(logs, "receive_text", killed)
        with pytest.raises(KeyboardInterrupt):
            read(rt, gateway)
    read(rt, gateway)
    assert (len(bodies(rt)), len(tickets(rt))) == (6, 6)


def test_what_is_listed_late_is_found_within_two_days(rt: Runtime, clock: Clock) -> None:
    gateway = Listing()
    for _ in range(3):
        read(rt, gateway)
        clock.forward(hours=12)
    gateway.has = [came(rt, ago=timedelta(hours=47))]
    read(rt, gateway)
    assert bodies(rt) == [SNATCHED]


def test_a_page_that_the_gateway_does_not_know_any_more_is_asked_for_from_the_first(rt: Runtime, clock: Clock) -> None:
    gateway = Listing(size=1, has=[came(rt, id_=f"SM{n}", sender=f"+9230012346{n:02}") for n in range(3)])
    gateway.meets = [None, None, GONE, GONE]
    read(rt, gateway)
    gateway.meets = [GatewayError("20001", Outcome.REFUSED)]
    read(rt, gateway)
    assert place(rt).page is None
    read(rt, gateway)
    assert len(bodies(rt)) == 3


def test_a_log_that_was_just_read_is_not_read_again_because_another_has_more(rt: Runtime, clock: Clock) -> None:
    gateway = Listing()
    asked = []
    for seconds in (0, 30, 31):
        clock.forward(seconds=seconds)
        gateway.asked.clear()
        read(rt, gateway)
        asked.append(bool(gateway.asked))
    assert asked == [True, False, True]


# Ill gateways, an ill database, what cannot be taken in


def test_an_ill_gateway_holds_up_no_other_and_loses_nothing(rt: Runtime, clock: Clock) -> None:
    ill = Listing(name="sim1", has=[came(rt, id_="t1", sender=OTHER)], meets=[GONE] * 3)
    well = Listing(has=[came(rt)])
    for _ in range(2):
        assert read(rt, ill, well) is False
        clock.forward(minutes=10)
    assert bodies(rt) == [SNATCHED]
    ill.meets.clear()
    read(rt, ill, well)
    assert len(bodies(rt)) == 2


def test_the_gateway_that_was_read_last_comes_first(rt: Runtime, clock: Clock) -> None:
    order: list[str] = []
    gateways = [Listing(name=name) for name in ("sim1", "sim2", "twilio")]
    read(rt, gateways[1])
    clock.forward(minutes=10)
    for gateway in gateways:
        gateway.meets = [lambda name=gateway.name: order.append(name)]  # type: ignore[misc]
    read(rt, *gateways)
    assert order == ["sim2", "sim1", "twilio"]


def test_while_the_database_is_away_nothing_is_passed_over(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = Listing(has=[came(rt)])
    receive = intake.receive_text

    def stored(*given: Any, **more: Any) -> intake.Received:
        with away(rt):
            return receive(*given, **more)

    with monkeypatch.context() as patch:
        patch.setattr(logs, "receive_text", stored)
        patch.setattr(asking.arriving, "need_database", lambda _: (_ for _ in ()).throw(DataError("", None, Exception())))
        assert read(rt, gateway) is False
    assert bodies(rt) == []
    read(rt, gateway)
    assert bodies(rt) == [SNATCHED]


def test_what_cannot_be_taken_in_holds_up_nobody_and_is_not_passed_over(
    rt: Runtime, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(rt, tmp_path)
    gateway = Listing(has=[came(rt), came(rt, "bahut shukriya", id_="SM2", sender=OTHER, ago=timedelta(minutes=4))])
    came_at, receive = gateway.has[0].received_at, intake.receive_text

    def refuses(rt: Runtime, name: str, text: IncomingText, **more: Any) -> intake.Received:
        if text.gateway_id == "SM1":
            raise ValueError("a fault of ours")
        return receive(rt, name, text, **more)

    with monkeypatch.context() as patch:
        patch.setattr(logs, "receive_text", refuses)
        read(rt, gateway)
        assert (bodies(rt), alarmed(rt), place(rt).taken_until) == (["bahut shukriya"], 1, came_at)
        for _ in range(5):
            clock.forward(days=1)
            read(rt, gateway)
        assert (place(rt).taken_until, alarmed(rt)) == (came_at, 1)
        assert counts(reconcile_since(rt, gateway.alone, {}, clock() - timedelta(days=6))) == [("texts", 2, 1, 0, 1)]
        gateway.has.append(came(rt, "ye naya hai", id_="SM3", sender="+923451234503"))
        clock.forward(minutes=10)
        read(rt, gateway)
        assert bodies(rt)[-1] == "ye naya hai"
    clock.forward(minutes=10)
    read(rt, gateway)
    assert SNATCHED in bodies(rt)
    assert alarmed(rt) == 0
    assert clock() - place(rt).taken_until < timedelta(minutes=5)


# Clocks


@pytest.mark.parametrize("answers_after", [(timedelta(minutes=3), 1), (timedelta(hours=7), 0), (timedelta(days=3, minutes=1), 0)])
def test_a_clock_that_is_ahead_tells_nothing_so_the_text_is_as_old_as_it_can_be(
    rt: Runtime, clock: Clock, answers_after: tuple[timedelta, int]
) -> None:
    down, answers = answers_after
    gateway = Listing()
    read(rt, gateway)
    clock.forward(seconds=down.total_seconds())
    gateway.has = [came(rt, CRY, ago=timedelta(hours=-3))]
    read(rt, gateway)
    assert (bodies(rt), len(texts_out(rt))) == ([CRY], answers)
    assert incoming(rt)[0].sent_at == clock()  # and a text does not come from the future


def test_a_clock_that_is_a_day_behind_hides_no_text(rt: Runtime, clock: Clock) -> None:
    gateway = Listing()
    read(rt, gateway)
    clock.forward(minutes=10)
    gateway.has = [came(rt, ago=timedelta(hours=24, minutes=5))]
    read(rt, gateway)
    assert (bodies(rt), texts_out(rt)) == ([SNATCHED], [])  # a person decides


def test_our_own_clock_that_was_set_back_stops_nothing(rt: Runtime, clock: Clock) -> None:
    gateway = Listing()
    read(rt, gateway)
    clock.forward(days=-3)
    gateway.has = [came(rt)]
    read(rt, gateway)
    assert bodies(rt) == [SNATCHED]


# Calls and recordings


def test_a_call_that_we_did_not_answer_is_in_the_book_with_its_own_time_and_nobody_is_rung(rt: Runtime, clock: Clock) -> None:
    at = clock() - timedelta(hours=2)
    log = ListedCalls(
        rang=[
            ListedCall("CA1", HER, "+15005550006", at, is_over=True),
            ListedCall("CA2", OTHER, "+15005550006", clock() - timedelta(minutes=9), is_over=False),
        ]
    )
    for _ in range(2):
        read(rt, calls=log)
        clock.forward(minutes=10)
    [call] = calls_of(rt)
    assert (call.direction, call.reason, call.started_at) == (CallDirection.MISSED, CallReason.TOO_LATE, at)


def test_a_call_that_we_answered_is_here(rt: Runtime, clock: Clock) -> None:
    Caller(rt, gateway_id=CALL).ring()
    log = ListedCalls(rang=[ListedCall(CALL, HER, "+15005550006", clock() - timedelta(minutes=5), is_over=True)])
    assert counts(reconcile_since(rt, {}, {"twilio": log}, clock() - timedelta(hours=1))) == [
        ("calls", 1, 1, 0, 0),
        ("recordings", 0, 0, 0, 0),
    ]
    assert [call.direction for call in calls_of(rt)] == [CallDirection.IN]


def test_a_recording_whose_report_was_lost_is_fetched(rt: Runtime, clock: Clock) -> None:
    Caller(rt, gateway_id=CALL).ring()
    log = ListedCalls(recorded=[ListedRecording(RECORDING, CALL, clock() - timedelta(minutes=5), 12)])
    read(rt, calls=log)
    [recording] = recordings(rt)
    assert (recording.gateway_id, recording.promised_s, len(tickets(rt))) == (RECORDING, 12, 1)
    assert Job.FETCH_RECORDINGS in rt.bell.rung  # type: ignore[attr-defined]


def test_a_recorded_call_of_which_nothing_is_here_comes_back_with_its_caller(rt: Runtime, clock: Clock) -> None:
    """An old backup was restored: the call and its recording are at the gateway only."""
    at = clock() - timedelta(hours=2)
    log = ListedCalls(rang=[ListedCall(CALL, HER, "+15005550006", at, is_over=True)], recorded=[ListedRecording(RECORDING, CALL, at, 12)])
    read(rt, calls=log)
    [ticket], [call] = tickets(rt), calls_of(rt)
    assert (call.ticket_id, call.contact_id) == (ticket.id, ticket.contact_id)
    assert len(recordings(rt)) == 1
    with rt.reading() as session:
        assert session.get_one(Contact, ticket.contact_id).kind == "phone"


def test_recordings_wait_for_the_list_of_calls(rt: Runtime, clock: Clock) -> None:
    at = clock() - timedelta(hours=2)
    log = ListedCalls(rang=[ListedCall(CALL, HER, "+15005550006", at, is_over=True)], recorded=[ListedRecording(RECORDING, CALL, at, 12)])
    log.fault = GONE
    read(rt, calls=log)
    assert (recordings(rt), calls_of(rt)) == ([], [])
    [of_calls, of_recordings] = reconcile_since(rt, {}, {"twilio": log}, clock() - timedelta(hours=3))
    assert (of_calls.fault, of_recordings.fault, of_calls.balances) == ("ConnectTimeout", "calls_first", False)
    log.fault = None
    clock.forward(minutes=10)
    read(rt, calls=log)
    assert len(recordings(rt)) == 1


def test_a_list_of_calls_that_is_away_for_days_passes_no_recording_over(rt: Runtime, clock: Clock) -> None:
    at = clock() + timedelta(hours=1)
    log = ListedCalls(rang=[ListedCall(CALL, HER, "+15005550006", at, is_over=True)], recorded=[ListedRecording(RECORDING, CALL, at, 12)])
    read(rt, calls=ListedCalls())
    log.fault = GONE
    for _ in range(5):
        clock.forward(days=1)
        read(rt, calls=log)
    log.fault = None
    read(rt, calls=log)
    assert (len(calls_of(rt)), len(recordings(rt)), len(tickets(rt))) == (1, 1, 1)


def test_recordings_of_others_and_of_calls_to_volunteers_are_no_concern_of_ours(rt: Runtime, clock: Clock) -> None:
    Caller(rt, gateway_id=CALL).ring()
    alter(rt, Call, direction=CallDirection.ALARM)
    at = clock() - timedelta(minutes=5)
    log = ListedCalls(recorded=[ListedRecording("RE1", "CA-of-another", at, 3), ListedRecording("RE2", CALL, at, 3)])
    assert counts(reconcile_since(rt, {}, {"twilio": log}, clock() - timedelta(hours=1)))[1] == ("recordings", 0, 0, 0, 0)
    assert recordings(rt) == []


# The balance


def test_the_balance_counts_each_text_once_and_moves_no_place(rt: Runtime, clock: Clock) -> None:
    twice = came(rt)
    intake.receive_text(rt, "twilio", came(rt, id_="SM0", sender=OTHER))
    gateway = Listing(size=1, has=[twice, twice, came(rt, id_="SM0", sender=OTHER)])
    [balance] = reconcile_since(rt, gateway.alone, {}, clock() - timedelta(hours=1))
    assert (balance.listed, balance.here, balance.taken_in, balance.failed, balance.balances) == (2, 1, 1, 0, True)
    with rt.reading() as session:
        assert gatewaylogs.every(session) == {}


def test_what_it_says_of_itself_has_no_number_and_no_word(rt: Runtime, clock: Clock) -> None:
    [balance] = reconcile_since(rt, Listing(has=[came(rt)]).alone, {}, clock() - timedelta(hours=1))
    assert not any(secret in repr(balance) for secret in (HER, "mobile", "SM1"))


def test_until_when_all_is_surely_here_is_told_for_each_gateway(rt: Runtime, clock: Clock) -> None:
    read(rt, Listing(), Listing(name="gone"), calls=ListedCalls())
    clock.forward(hours=2)
    read(rt, Listing(), calls=ListedCalls(fault=GONE))
    with rt.reading() as session:
        assert asking.caught_up(session, {"twilio"}) == {"twilio": clock() - timedelta(hours=2)}

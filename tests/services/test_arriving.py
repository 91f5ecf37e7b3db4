"""The database is away, locked, full or refuses: what the gateway tells waits on the disk, and is taken in once, in order, as late."""

import dataclasses
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import DataError, OperationalError

from hotline import spool
from hotline.alarms import AlarmKind
from hotline.domain import texts
from hotline.domain.call import CallDirection, CallReason
from hotline.domain.delivery import Delivery
from hotline.domain.keyword import Keyword
from hotline.domain.look import Look
from hotline.gateways.base import IncomingCall, IncomingText, Outcome, Report
from hotline.runtime import Runtime
from hotline.sections import Hours
from hotline.services import arriving, draining
from hotline.services.draining import take_in_waiting
from hotline.services.texts import intake
from hotline.services.tickets.routing import route_due
from hotline.spool import Reader, SpoolFault
from hotline.storage import outgoing
from hotline.storage.callmodels import Call
from hotline.storage.events import EventKind
from hotline.storage.models import Alarm, Event, Message
from hotline.storage.writing import Overloaded
from tests.readings import that_reads
from tests.services.colleagues import settle
from tests.support import HER, OTHER, Clock, away, hand_over, keys_file, texts_out, tickets

SNATCHED = "orangi town mein mera mobile cheen liya"
CRY = "🆘 orangi town mein"


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime.now(UTC))  # what waits has its time from the machine's own clock


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    return make_rt(data_dir=tmp_path / "data")


def told(body: str = SNATCHED, *, sender: str = HER, gateway_id: str = "SM1", **more: object) -> IncomingText:
    return IncomingText(gateway_id, sender, body, **more)  # type: ignore[arg-type]


def files(rt: Runtime) -> int:
    return len(spool.waiting(rt.config.data_dir))


def alarms(rt: Runtime) -> int:
    with rt.reading() as session:
        return session.query(Alarm).filter(Alarm.kind == AlarmKind.SPOOL_STUCK).count()


def take_in(rt: Runtime) -> bool:
    return take_in_waiting(rt, Reader(Path(keys_file())), for_s=30)


def late(rt: Runtime, text: IncomingText, **by: float) -> None:
    """A text that came while the database was away, and is taken in so much later."""
    with away(rt):
        arriving.take_text(rt, "twilio", text)
    assert isinstance(rt.clock, Clock)
    rt.clock.forward(**by)
    assert take_in(rt) is False


def test_a_text_waits_while_the_database_is_away_and_is_taken_in_once(rt: Runtime) -> None:
    with away(rt):
        arriving.take_text(rt, "twilio", told())
        assert take_in(rt) is False
        assert files(rt) == 1
    assert take_in(rt) is False
    assert (len(tickets(rt)), len(texts_out(rt)), files(rt)) == (1, 1, 0)
    arriving.take_text(rt, "twilio", told())  # the gateway did not hear that we have it
    assert len(tickets(rt)) == 1


def test_a_text_that_is_told_again_under_its_id_says_nothing_new(rt: Runtime) -> None:
    for _ in range(2):
        arriving.take_text(rt, "twilio", told())
    with rt.reading() as session:
        assert session.query(Event).filter(Event.kind == EventKind.CAME_AGAIN).count() == 0


def test_what_was_committed_before_the_connection_broke_is_not_there_twice(rt: Runtime) -> None:
    arriving.take_text(rt, "twilio", told())
    with away(rt):
        arriving.take_text(rt, "twilio", told())
    take_in(rt)
    assert (len(tickets(rt)), len(texts_out(rt)), files(rt)) == (1, 1, 0)


def test_a_worker_killed_between_the_commit_and_the_file_changes_nothing(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    with away(rt):
        arriving.take_text(rt, "twilio", told())

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", killed)
        with pytest.raises(KeyboardInterrupt):
            take_in(rt)
    assert (len(tickets(rt)), files(rt)) == (1, 1)
    take_in(rt)
    assert (len(tickets(rt)), len(texts_out(rt)), files(rt)) == (1, 1, 0)


def test_a_text_without_an_id_that_a_killed_worker_had_taken_in_did_not_come_again(rt: Runtime, clock: Clock) -> None:
    """Its service gives no ids: what is told again may be said again."""
    text = told(gateway_id="words 2", other_ids=("words 1", "words 3"))
    with away(rt):
        arriving.take_text(rt, "twilio", text)
    [path] = spool.waiting(rt.config.data_dir)
    kept = path.read_bytes()
    clock.forward(minutes=1)
    take_in(rt)
    path.write_bytes(kept)
    take_in(rt)
    assert (len(tickets(rt)), files(rt), came_again(rt)) == (1, 0, 0)
    with away(rt):
        arriving.take_text(rt, "twilio", text)
    take_in(rt)
    assert came_again(rt) == 1, "that one was told again"


def came_again(rt: Runtime) -> int:
    with rt.reading() as session:
        return session.query(Event).filter(Event.kind == EventKind.CAME_AGAIN).count()


def test_what_waits_is_taken_in_in_the_order_in_which_it_came(rt: Runtime) -> None:
    with away(rt):
        for number, body in enumerate((SNATCHED, "peeli motorcycle par do larke the", "shukriya")):
            arriving.take_text(rt, "twilio", told(body, gateway_id=f"SM{number}"))
    take_in(rt)
    with rt.reading() as session:
        came = session.query(Message).filter(Message.direction == "in").order_by(Message.id).all()
        assert [one.body for one in came] == [SNATCHED, "peeli motorcycle par do larke the", "shukriya"]
    assert len(tickets(rt)) == 1


def test_two_workers_at_once_take_each_text_in_once(rt: Runtime) -> None:
    with away(rt):
        for number in range(12):
            arriving.take_text(rt, "twilio", told(sender=f"+9230012346{number:02}", gateway_id=f"SM{number}"))
    with ThreadPoolExecutor(2) as workers:
        assert [one.result() for one in [workers.submit(take_in, rt) for _ in range(2)]] == [False, False]
    assert (len(tickets(rt)), len(texts_out(rt)), files(rt), len(spool.aside(rt.config.data_dir))) == (12, 12, 0, 0)


def test_every_field_of_a_text_and_a_report_comes_back(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    text = told(
        keyword=Keyword.STOP, received_at=datetime(2026, 11, 1, 9, tzinfo=UTC), line="SIM1", other_ids=("a", "b"), photos=("ME1", "ME2")
    )
    reports = [
        Report("SM7", 7, 2, Delivery.FAILED, "30003", Outcome.UNREACHABLE),
        Report("SM8", None, None, Delivery.DELIVERED, None),
    ]
    with away(rt):
        arriving.take_text(rt, "twilio", text)
        for report in reports:
            arriving.take_report(rt, "twilio", report)
    got = list[object]()
    monkeypatch.setattr(arriving, "receive_text", lambda _rt, gateway, one, **_: got.append((gateway, one)))
    monkeypatch.setattr(draining, "receive_report", lambda _rt, gateway, one: got.append((gateway, one)))
    take_in(rt)
    assert sorted(got, key=repr) == sorted([("twilio", text), *(("twilio", report) for report in reports)], key=repr)


def test_neither_database_nor_disk_takes_it(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise SpoolFault("No space left on device")

    monkeypatch.setattr(rt.spool, "put", full)
    with away(rt):
        with pytest.raises(Overloaded):
            arriving.take_text(rt, "twilio", told())
        with pytest.raises(OperationalError):
            arriving.begin_call(rt, IncomingCall("twilio", "CA1", HER, "+15005550007"))
    arriving.take_text(rt, "twilio", told())
    assert len(tickets(rt)) == 1


def test_a_fault_of_ours_loses_no_text_and_holds_up_nobody(rt: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(rt, tmp_path)
    real = intake.receive_text

    def faulty(rt_: Runtime, gateway: str, text: IncomingText, *, came_at: datetime | None = None) -> object:
        if text.sender == OTHER:
            raise ZeroDivisionError
        return real(rt_, gateway, text, came_at=came_at)

    monkeypatch.setattr(arriving, "receive_text", faulty)
    arriving.take_text(rt, "twilio", told(sender=OTHER))
    with away(rt):
        arriving.take_text(rt, "twilio", told(gateway_id="SM2"))
    take_in(rt)
    assert (len(tickets(rt)), files(rt), len(spool.aside(rt.config.data_dir))) == (1, 0, 1)
    assert alarms(rt)
    take_in(rt)
    assert alarms(rt) == 1
    [stuck] = spool.aside(rt.config.data_dir)
    monkeypatch.setattr(arriving, "receive_text", real)
    stuck.rename(rt.config.data_dir / spool.FOLDER / stuck.name)  # as docs/operator.md says
    take_in(rt)
    assert (len(tickets(rt)), alarms(rt)) == (2, 0)


def test_a_row_that_the_database_refuses_is_put_aside_and_a_file_that_is_broken_too(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    with away(rt):
        arriving.take_text(rt, "twilio", told())
        arriving.take_text(rt, "twilio", told(sender=OTHER, gateway_id="SM2"))
    first, _ = spool.waiting(rt.config.data_dir)
    first.write_bytes(b"x")
    monkeypatch.setattr(arriving, "receive_text", lambda *_, **__: (_ for _ in ()).throw(DataError("", None, ValueError())))
    take_in(rt)
    assert (files(rt), len(spool.aside(rt.config.data_dir))) == (0, 2)


@pytest.mark.parametrize("fault", [Overloaded("others have it"), OperationalError("", None, OSError("the connection ended"))])
def test_a_text_that_meets_a_passing_fault_is_never_put_aside(rt: Runtime, monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    with away(rt):
        arriving.take_text(rt, "twilio", told())
    faults, real = [fault], intake.receive_text

    def passing(*given: Any, **more: Any) -> object:
        if faults:
            raise faults.pop()
        return real(*given, **more)

    monkeypatch.setattr(arriving, "receive_text", passing)
    take_in(rt)
    take_in(rt)
    assert (len(tickets(rt)), files(rt), spool.aside(rt.config.data_dir)) == (1, 0, [])


def test_a_text_that_was_told_late_and_then_waited_is_as_late_as_it_was(rt: Runtime, clock: Clock) -> None:
    with away(rt):
        arriving.take_text(rt, "sim1", told(CRY), came_at=clock.now - timedelta(hours=5))
    take_in(rt)
    assert (len(tickets(rt)), texts_out(rt)) == (1, [])


def test_a_database_that_fails_is_not_tried_for_each_text(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = list[str]()

    def slow(_rt: Runtime, _gateway: str, text: IncomingText, **_: object) -> None:
        tried.append(text.gateway_id)
        raise Overloaded("others have it")

    monkeypatch.setattr(arriving, "receive_text", slow)
    for number in range(5):
        arriving.take_text(rt, "twilio", told(gateway_id=f"SM{number}"))
    assert (tried, files(rt)) == (["SM0"], 5)


# What came late


def test_a_text_some_minutes_late_is_answered_as_ever(rt: Runtime) -> None:
    late(rt, told(), minutes=9)
    assert len(texts_out(rt)) == 1


def test_who_texts_now_gets_the_receipt_before_who_texted_while_we_were_away(rt: Runtime) -> None:
    late(rt, told(), minutes=11)
    arriving.take_text(rt, "twilio", told(sender=OTHER, gateway_id="SM2"))
    with rt.transaction() as tx:
        late_one, one = texts_out(rt)
        assert [due.message.id for due in outgoing.due(tx.session, now=tx.now, limit=1)] == [one.id]
        assert [due.message.id for due in outgoing.due(tx.session, now=tx.now, limit=2)] == [one.id, late_one.id]


@pytest.mark.parametrize(
    ("by", "ahead", "asked", "waits"),
    [({"minutes": 11}, 0, 1, False), ({"minutes": 31}, 0, 1, True), ({"minutes": 31}, 5, 1, True), ({"hours": 25}, 0, 0, False)],
)
def test_a_question_of_ours_about_a_late_text_is_late_too(
    rt: Runtime, clock: Clock, tmp_path: Path, by: dict[str, float], ahead: int, asked: int, waits: bool
) -> None:
    """Also if the clock of its gateway is `ahead`, by so many hours."""
    settle(rt, tmp_path)
    opens = (clock.now.astimezone(rt.config.zone) + timedelta(**by) + timedelta(hours=4)).replace(minute=0)
    hours = Hours(opens=f"{opens:%H}:00", closes=f"{(opens + timedelta(hours=2)):%H}:00")
    rt = dataclasses.replace(rt, config=dataclasses.replace(rt.config, contact_hours=hours))
    late(rt, told("mera phone gir gaya rickshaw mein", received_at=clock.now + timedelta(hours=ahead) if ahead else None), **by)
    route_due(that_reads(rt, "kind lost"))
    questions = [one for one in texts_out(rt) if one.text_key == texts.ASK_WHERE.key]
    assert len(questions) == asked
    assert all((one.next_attempt_at is not None and one.next_attempt_at > clock.now) is waits for one in questions)


def test_late_danger_is_heard_by_people_and_texted_to_nobody(rt: Runtime) -> None:
    late(rt, told(CRY, not_brought=True), minutes=11)
    [ticket] = tickets(rt)
    assert (ticket.danger is not None, ticket.next_ring_at is not None, texts_out(rt)) == (True, True, [])


def test_half_an_hour_late_the_receipt_waits_for_the_contact_hours(rt: Runtime, clock: Clock) -> None:
    local = clock.now.astimezone(rt.config.zone)
    opens = (local + timedelta(hours=3)).replace(minute=0)
    hours = Hours(opens=f"{opens:%H}:00", closes=f"{(opens + timedelta(hours=2)):%H}:00")
    rt = dataclasses.replace(rt, config=dataclasses.replace(rt.config, contact_hours=hours))
    late(rt, told(), minutes=31)
    [receipt] = texts_out(rt)
    assert receipt.next_attempt_at is not None
    assert timedelta(0) < receipt.next_attempt_at - clock.now <= timedelta(hours=3)
    assert hand_over(rt).taken == []
    arriving.take_text(rt, "twilio", told(sender=OTHER, gateway_id="SM9"))
    assert len(hand_over(rt).taken) == 1  # a text of the same night that is not late is answered at once


def test_a_day_late_a_person_decides_what_is_said(rt: Runtime) -> None:
    late(rt, told(), hours=25)
    assert (len(tickets(rt)), texts_out(rt)) == (1, [])
    with rt.reading() as session:
        [message] = session.query(Message)
        assert (message.look is not None, message.sent_at is not None) == (True, True)
        assert message.sent_at is not None
        assert timedelta(hours=24) < message.created_at - message.sent_at < timedelta(hours=26)


@pytest.mark.parametrize(("minutes", "look"), [(0, None), (11, Look.NEXT)])
def test_what_came_late_is_looked_at_even_if_it_asks_nothing(rt: Runtime, minutes: int, look: Look | None) -> None:
    late(rt, told("menu"), minutes=minutes)
    with rt.reading() as session:
        assert [one.look for one in session.query(Message).filter(Message.direction == "in")] == [look]


# Calls


def calls(rt: Runtime) -> list[tuple[str, str | None]]:
    with rt.reading() as session:
        return [(one.direction, one.reason) for one in session.query(Call).order_by(Call.id)]


@pytest.mark.parametrize("minutes", [2, 11])
def test_a_caller_who_heard_that_the_lines_are_busy_stands_in_the_book(rt: Runtime, clock: Clock, minutes: int) -> None:
    call = IncomingCall("twilio", "CA" + "1" * 32, HER, "+15005550007")
    with away(rt):
        for _ in range(2):  # the gateway asked its fallback too
            with pytest.raises(OperationalError):
                arriving.begin_call(rt, call)
    clock.forward(minutes=minutes)
    take_in(rt)
    is_late = minutes > 10
    first = (CallDirection.MISSED, CallReason.TOO_LATE if is_late else None)
    assert [one for one in calls(rt) if one[0] == CallDirection.MISSED] == [first]
    assert ((CallDirection.BACK, None) in calls(rt)) is not is_late


def test_what_one_host_has_put_aside_is_not_forgotten_by_another(make_rt: Callable[..., Runtime], rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)
    there = make_rt(data_dir=tmp_path / "there")
    rt.spool.put(spool.Kind.TEXT, "twilio", {"nonsense": 1})
    take_in(rt)
    assert alarms(rt) == 1
    take_in(there)
    assert alarms(rt) == 1

"""The backlog of an outage: several takers, each sender's texts in order, danger first, and one bad file holds up nobody."""

import errno
import os
import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DataError, OperationalError

from hotline import spool
from hotline.alarms import AlarmKind
from hotline.domain.danger import Danger
from hotline.domain.lateness import Late
from hotline.domain.look import Look
from hotline.gateways.base import IncomingText
from hotline.jobs import QUEUES, Job
from hotline.modelfile import MODEL, read_model
from hotline.runtime import Runtime
from hotline.sections import Hours
from hotline.services import arriving
from hotline.services.draining import take_in_waiting
from hotline.services.texts import firsttext
from hotline.services.tickets import meaning
from hotline.services.tickets.routing import route_due
from hotline.spool import Kind, Reader, Turn
from hotline.storage import readings
from hotline.storage.models import Alarm, Message
from hotline.storage.writing import CommitLost, Overloaded
from tests.services.colleagues import settle
from tests.support import Clock, away, keys_file, make_runtime, text_in, texts_out, tickets

SNATCHED = "orangi town mein mera mobile cheen liya"
CRY = "🆘 orangi town mein"
AT_THE_DOOR = "woh log ghar ke bahar khare hain aur darwaza tor rahe hain"
"""Danger that only the model hears."""

OF_OFFICIALS = "water board engineer sells supply"
"""A complaint of officials that only the model hears."""


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime.now(UTC))


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    return make_rt(data_dir=tmp_path / "data")


def with_the_shipped_model(rt: Runtime) -> Runtime:
    return replace(rt, reader=replace(rt.reader, model=read_model(MODEL).model))


def number(which: int) -> str:
    return f"+9230012{which:05}"


def waits(rt: Runtime, *texts: tuple[int, str]) -> None:
    """Texts that came while the database was away: the sender's number, and the words."""
    before = len(files(rt))
    with away(rt):
        for at, (sender, body) in enumerate(texts, before):
            arriving.take_text(rt, "twilio", IncomingText(f"SM{at}", number(sender), body))


def taken_in_late(rt: Runtime, clock: Clock, *texts: tuple[int, str]) -> None:
    waits(rt, *texts)
    clock.forward(minutes=11)
    assert take_in(rt) is False


def texts_in(rt: Runtime) -> list[Message]:
    with rt.reading() as session:
        return session.query(Message).filter(Message.direction == "in").order_by(Message.id).all()


def files(rt: Runtime) -> list[Path]:
    return list(spool.waiting(rt.config.data_dir))


def take_in(rt: Runtime, *, for_s: float = 30) -> bool:
    return take_in_waiting(rt, Reader(Path(keys_file())), for_s=for_s)


def bodies(rt: Runtime) -> dict[int, list[str | None]]:
    """Contact → the words of its texts, in the order in which they were stored."""
    found: dict[int, list[str | None]] = {}
    with rt.reading() as session:
        for one in session.query(Message).filter(Message.direction == "in").order_by(Message.id):
            found.setdefault(one.contact_id, []).append(one.body)
    return found


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The words of the texts that are taken in, in the order in which they are stored."""
    came, real = list[str](), arriving.receive

    def noted(rt: Runtime, gateway: str, text: IncomingText, *, came_at: datetime | None) -> None:
        real(rt, gateway, text, came_at=came_at)
        came.append(text.body)

    monkeypatch.setattr(arriving, "receive", noted)
    return came


def test_what_each_sender_sent_is_taken_in_in_order_whatever_others_sent_between(rt: Runtime) -> None:
    sent = [(sender, f"orangi town mein chori ho gayi, baat {at}") for at in range(4) for sender in range(9)]
    waits(rt, *sent)
    assert take_in(rt) is False
    assert sorted(bodies(rt).values()) == [[f"orangi town mein chori ho gayi, baat {at}" for at in range(4)]] * 9
    assert (len(tickets(rt)), len(texts_out(rt)), files(rt)) == (9, 9, [])


def test_danger_is_taken_in_before_what_came_earlier_but_after_what_its_sender_sent_before(rt: Runtime, taken: list[str]) -> None:
    waits(rt, *((sender, SNATCHED) for sender in range(12)), (3, CRY), (3, "peeli motorcycle"))
    assert [spool.turn_of(path) for path in files(rt)] == [Turn.LAST] * 12 + [Turn.FIRST, Turn.LAST]
    take_in(rt)
    assert taken[:2] == [SNATCHED, CRY]
    assert len(taken) == 14
    assert [CRY in words for words in bodies(rt).values()].count(True) == 1
    assert [SNATCHED, CRY, "peeli motorcycle"] in bodies(rt).values()


def test_danger_that_only_the_model_hears_is_taken_in_first_too(rt: Runtime, taken: list[str]) -> None:
    rt = with_the_shipped_model(rt)
    assert meaning.read_words(rt, AT_THE_DOOR, said=None).danger is None
    waits(rt, *((sender, SNATCHED) for sender in range(12)), (20, AT_THE_DOOR), (21, CRY), (20, SNATCHED))
    assert [spool.turn_of(path) for path in files(rt)] == [Turn.LAST] * 12 + [Turn.NEXT, Turn.FIRST, Turn.LAST]
    take_in(rt)
    assert taken[:2] == [CRY, AT_THE_DOOR], "what the table of words hears is surer"
    assert len(taken) == 15


def test_the_name_of_a_file_tells_neither_the_sender_nor_the_words(rt: Runtime) -> None:
    waits(rt, (1, SNATCHED), (1, SNATCHED), (2, SNATCHED))
    one, again, other = (path.name for path in files(rt))
    assert spool.lane_of(Path(one)) == spool.lane_of(Path(again)) != spool.lane_of(Path(other))
    assert not any(number(1)[1:] in name or number(1)[-7:] in name for name in (one, again, other))


@pytest.mark.parametrize("reader", ["phone.read_sender", "conversation.parse"])
def test_a_text_that_nobody_can_read_is_kept_all_the_same(rt: Runtime, monkeypatch: pytest.MonkeyPatch, reader: str) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(f"hotline.services.arriving.{reader}", lambda *_: 1 / 0)
        waits(rt, (1, CRY))
    assert len(files(rt)) == 1
    take_in(rt)
    assert [ticket.danger is not None for ticket in tickets(rt)] == [True]


def test_a_file_of_a_release_without_lanes_is_taken_in_before_all_others(rt: Runtime, taken: list[str]) -> None:
    waits(rt, (1, "pehla: orangi town mein chori"), (2, CRY))
    first, _ = files(rt)
    first.rename(first.with_name("-".join(first.stem.split("-")[:3]) + ".age"))
    take_in(rt)
    assert taken == ["pehla: orangi town mein chori", CRY]


def test_a_run_that_has_no_time_left_says_that_more_waits(rt: Runtime) -> None:
    waits(rt, *((sender, SNATCHED) for sender in range(20)))
    assert take_in(rt, for_s=-1) is True
    assert len(files(rt)) == 20
    assert take_in(rt) is False
    assert len(tickets(rt)) == 20


def test_every_taker_stops_where_the_database_goes_again_and_nothing_is_put_aside(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    waits(rt, *((sender, SNATCHED) for sender in range(30)))
    left, real = threading.Semaphore(10), arriving.receive

    def goes(*told: Any, **more: Any) -> None:
        if not left.acquire(blocking=False):
            raise OperationalError("", None, OSError("the server closed the connection"))
        real(*told, **more)

    with monkeypatch.context() as patch:
        patch.setattr(arriving, "receive", goes)
        patch.setattr(arriving, "need_database", lambda _: (_ for _ in ()).throw(Overloaded("it is away")))
        assert take_in(rt) is False
    assert (len(tickets(rt)), len(files(rt)), spool.aside(rt.config.data_dir)) == (10, 20, [])
    assert take_in(rt) is False
    assert (len(tickets(rt)), len(texts_out(rt))) == (30, 30)


def test_a_sender_who_is_locked_holds_up_no_other_and_what_lies_aside_is_told_meanwhile(postgres_url: str, tmp_path: Path) -> None:
    rt = make_runtime(postgres_url, data_dir=tmp_path / "data", clock=Clock(datetime.now(UTC)))
    settle(rt, tmp_path)
    text_in(rt, SNATCHED, sender=number(1))
    waits(rt, (1, CRY), (1, "peeli motorcycle"), *((sender, SNATCHED) for sender in range(2, 8)))
    spool.put_aside(files(rt)[-1])
    with rt.engine.connect() as other:
        other.execute(text("SELECT id FROM contacts FOR UPDATE"))  # by a person at a prompt, or a process that hangs
        assert take_in(rt) is False
        assert [spool.turn_of(path) for path in files(rt)] == [Turn.FIRST, Turn.LAST]
        with rt.reading() as session:
            assert session.query(Alarm).filter(Alarm.kind == AlarmKind.SPOOL_STUCK).count() > 0
    assert (take_in(rt), files(rt)) == (False, [])
    rt.close()


def test_what_the_machine_does_not_give_now_is_taken_in_later_and_holds_up_nobody(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    waits(rt, (1, SNATCHED), (1, "peeli motorcycle"), (2, SNATCHED))
    with monkeypatch.context() as patch:
        gives_not(patch, files(rt)[0])
        assert take_in(rt) is False
        assert (len(tickets(rt)), len(files(rt)), spool.aside(rt.config.data_dir)) == (2, 1, [])
    assert take_in(rt) is False
    assert (len(texts_in(rt)), files(rt), spool.aside(rt.config.data_dir)) == (3, [], [])


def test_what_the_machine_has_not_given_for_an_hour_is_put_aside(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    waits(rt, (1, SNATCHED))
    since = rt.config.data_dir / spool.FOLDER / "unread"
    gives_not(monkeypatch, files(rt)[0])
    take_in(rt)
    os.utime(since, (time.time() - 3500,) * 2)
    take_in(rt)
    assert len(files(rt)) == 1
    os.utime(since, (time.time() - 3601,) * 2)
    take_in(rt)
    assert (files(rt), len(spool.aside(rt.config.data_dir))) == ([], 1)
    take_in(rt)
    assert not since.exists(), "the next has an hour of its own"


def gives_not(patch: pytest.MonkeyPatch, bad: Path) -> None:
    """From now on the machine does not give what is in that file."""
    real = Path.read_bytes

    def read(path: Path) -> bytes:
        if path == bad:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(path)

    patch.setattr(Path, "read_bytes", read)


def test_a_fault_that_a_bad_text_brings_upon_those_beside_it_puts_aside_the_bad_one_alone(
    rt: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SQLite a failed commit fails for all that share it."""
    settle(rt, tmp_path)
    waits(rt, *((sender, SNATCHED if sender != 5 else "bad") for sender in range(20)), (5, "shukriya, orangi town mein"))
    real, main = arriving.receive, threading.main_thread()

    def shared(rt_: Runtime, gateway: str, text: IncomingText, *, came_at: datetime | None) -> None:
        if threading.current_thread() is not main:
            raise CommitLost("the shared commit failed")
        if text.body == "bad":
            raise DataError("", None, ValueError())
        real(rt_, gateway, text, came_at=came_at)

    monkeypatch.setattr(arriving, "receive", shared)
    assert take_in(rt) is False
    assert (len(tickets(rt)), files(rt), len(spool.aside(rt.config.data_dir))) == (20, [], 1)


def test_a_worker_that_is_killed_again_and_again_doubles_nothing_and_loses_nothing(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = [(sender, f"orangi town mein chori ho gayi, baat {at}") for at in range(3) for sender in range(8)]
    waits(rt, *sent)
    chance, real = random.Random(7), Path.unlink

    def killed(path: Path, missing_ok: bool = False) -> None:
        if path.suffix == ".age" and chance.random() < 0.3:
            raise KeyboardInterrupt
        real(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", killed)
    for _ in range(200):
        try:
            if take_in(rt) is False:
                break
        except KeyboardInterrupt:
            continue
    assert (files(rt), spool.aside(rt.config.data_dir)) == ([], [])
    assert sorted(bodies(rt).values()) == [[f"orangi town mein chori ho gayi, baat {at}" for at in range(3)]] * 8
    assert (len(tickets(rt)), len(texts_out(rt))) == (8, 8)


def test_first_texts_that_waited_are_stored_together_where_first_texts_are(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    stored, real = list[bool](), firsttext.store

    def noted(*told: Any, **more: Any) -> object:
        one = real(*told, **more)
        stored.append(one is not None)
        return one

    waits(rt, *((sender, SNATCHED) for sender in range(8)))
    text_in(rt, SNATCHED)  # the names of our people are known from then on
    monkeypatch.setattr("hotline.services.texts.intake.firsttext.store", noted)
    take_in(rt)
    assert stored == [rt.first_texts is not None] * 8


@pytest.mark.parametrize(("minutes", "late"), [(0, Late.NOT), (11, Late.LATE), (31, Late.KEEPS_HOURS), (25 * 60, Late.A_PERSONS)])
def test_a_late_first_text_leaves_the_same_by_either_way(
    make_rt: Callable[..., Runtime], tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, minutes: int, late: Late
) -> None:
    opens = (clock.now.astimezone(make_rt().config.zone) + timedelta(minutes=minutes, hours=3)).replace(minute=0)
    hours = Hours(opens=f"{opens:%H}:00", closes=f"{opens + timedelta(hours=2):%H}:00")
    rt = make_rt(data_dir=tmp_path / "data", contact_hours=hours)
    waits(rt, (1, SNATCHED), (2, SNATCHED))
    came_at = clock.now
    clock.forward(minutes=minutes)
    _, second = files(rt)
    aside = second.rename(tmp_path / second.name)
    text_in(rt, SNATCHED, sender=number(3))  # the names of our people are known from then on
    take_in(rt)
    aside.rename(second)
    monkeypatch.setattr("hotline.services.texts.intake.firsttext.store", lambda *_, **__: None)
    take_in(rt)
    with rt.reading() as session:
        one, other = session.query(Message).filter(Message.direction == "in", Message.sent_at.is_not(None)).order_by(Message.id)
        for text in (one, other):
            assert (text.look, text.read_as) == (other.look, other.read_as)
            assert text.sent_at is not None
            assert abs(text.sent_at - came_at) < timedelta(seconds=30)
    assert other.look is (None if late is Late.NOT else Look.NEXT) or other.look in (Look.NEXT, Look.FIRST)
    due = [text.next_attempt_at for text in texts_out(rt)[1:]]
    assert len(due) == (0 if late is Late.A_PERSONS else 2)
    assert len(set(due)) <= 1
    assert all((at is not None and at > clock.now) is (late is Late.KEEPS_HOURS) for at in due)


def test_an_urgent_text_that_comes_while_the_backlog_is_taken_in_is_stored_routed_and_rings_before_it_ends(
    rt: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(rt, tmp_path)
    waits(rt, *((sender, SNATCHED) for sender in range(40)))
    started, goes_on, real = threading.Event(), threading.Event(), arriving.receive

    def slow(*told: Any, **more: Any) -> None:
        real(*told, **more)
        started.set()
        goes_on.wait(20)

    monkeypatch.setattr(arriving, "receive", slow)
    drain = threading.Thread(target=take_in, args=(rt,))
    drain.start()
    try:
        assert started.wait(20)
        with monkeypatch.context() as patch:
            patch.setattr(arriving, "receive", real)
            arriving.take_text(rt, "twilio", IncomingText("SMlive", number(99), CRY))
        route_due(rt)
        waiting = len(files(rt))
        [urgent] = [ticket for ticket in tickets(rt) if ticket.danger is not None]
        assert (urgent.routed_at is not None, urgent.next_ring_at is not None, waiting > 0) == (True, True, True)
    finally:
        goes_on.set()
        drain.join()
    assert len(tickets(rt)) == 41


@pytest.mark.parametrize("limit", [1, 3])
def test_what_presses_is_read_and_routed_before_a_backlog_that_came_earlier(rt: Runtime, tmp_path: Path, limit: int) -> None:
    settle(rt, tmp_path)
    for sender in range(6):
        text_in(rt, SNATCHED, sender=number(sender))
    text_in(rt, CRY, sender=number(99))
    route_due(rt, limit=limit)
    routed = [ticket for ticket in tickets(rt) if ticket.routed_at is not None]
    assert (len(routed), routed[-1].danger is not None) == (limit, True)
    assert [ticket.id for ticket in routed[:-1]] == sorted(ticket.id for ticket in tickets(rt))[: limit - 1]
    while route_due(rt, limit=limit):
        pass
    assert all(ticket.routed_at is not None and not ticket.to_read for ticket in tickets(rt))


def test_what_comes_now_is_read_before_what_was_taken_in_late_whatever_the_table_of_words_hears(
    rt: Runtime, tmp_path: Path, clock: Clock
) -> None:
    settle(rt, tmp_path)
    rt = with_the_shipped_model(rt)
    taken_in_late(rt, clock, *((sender, SNATCHED) for sender in range(6)), (1, "peeli motorcycle"))
    text_in(rt, AT_THE_DOOR, sender=number(98))
    text_in(rt, SNATCHED, sender=number(99))
    *late, danger, other = sorted(tickets(rt), key=lambda ticket: ticket.id)
    assert (len(late), danger.danger) == (6, None)
    route_due(rt, limit=1)
    assert [(ticket.id, ticket.danger) for ticket in tickets(rt) if not ticket.to_read] == [(danger.id, Danger.READ)]
    route_due(rt, limit=2)
    assert {ticket.id for ticket in tickets(rt) if not ticket.to_read} == {danger.id, other.id, late[0].id}
    while route_due(rt, limit=2):
        pass
    assert not any(ticket.to_read for ticket in tickets(rt))


def test_what_was_taken_in_late_is_read_too_while_more_comes_than_is_read(rt: Runtime, tmp_path: Path, clock: Clock) -> None:
    settle(rt, tmp_path)
    taken_in_late(rt, clock, *((sender, SNATCHED) for sender in range(3)))
    for at in range(4):
        for sender in range(10):
            text_in(rt, SNATCHED, sender=number(100 + 10 * at + sender))
        route_due(rt, limit=10)
    assert [ticket.to_read for ticket in sorted(tickets(rt), key=lambda ticket: ticket.id)[:3]] == [False] * 3


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_a_ticket_is_not_shown_by_a_later_text_before_its_first_is_read(rt: Runtime, tmp_path: Path, clock: Clock, limit: int) -> None:
    settle(rt, tmp_path)
    rt = with_the_shipped_model(rt)
    assert meaning.read_words(rt, OF_OFFICIALS, said=None).sealed is False
    taken_in_late(rt, clock, *((sender, SNATCHED) for sender in range(10)), (50, OF_OFFICIALS))
    with rt.reading() as session:
        [ticket_id] = session.scalars(select(Message.ticket_id).where(Message.gateway_id == "SM10"))
    text_in(rt, "bhai koi jawab to do", sender=number(50))
    shown = []
    while route_due(rt, limit=limit):
        [ticket] = [ticket for ticket in tickets(rt) if ticket.id == ticket_id]
        shown += [(ticket.sealed, ticket.routed_at is not None)] * (not ticket.to_read)
    assert set(shown) == {(True, True)}


@pytest.mark.parametrize("limit", [1, 3, 100])
@pytest.mark.parametrize("is_late", [False, True])
def test_no_text_is_read_before_another_of_its_ticket_and_what_comes_now_is_read_at_once(
    rt: Runtime, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, is_late: bool, limit: int
) -> None:
    settle(rt, tmp_path)
    read, real = list[tuple[int, int]](), readings.keep

    def noted(session: Any, message: Message, **values: Any) -> None:
        read.append((message.ticket_id or 0, message.id))
        real(session, message, **values)

    monkeypatch.setattr(readings, "keep", noted)
    several = [(sender, SNATCHED) for sender in range(12)] + [(sender, "peeli motorcycle") for _ in range(3) for sender in range(12)]
    if is_late:
        taken_in_late(rt, clock, *several)
    else:
        for sender, body in several:
            text_in(rt, body, sender=number(sender))
    text_in(rt, "kali gari", sender=number(5))
    text_in(rt, SNATCHED, sender=number(99))
    [own] = [ticket.id for ticket in tickets(rt) if ticket.id not in {one.ticket_id for one in texts_in(rt)[:48]}]
    route_due(rt, limit=limit)
    first = {ticket_id for ticket_id, _ in read}
    while route_due(rt, limit=limit):
        pass
    assert len(read) == 50
    assert all([at for of, at in read if of == one] == sorted(at for of, at in read if of == one) for one, _ in read)
    if is_late and limit > 1:
        assert own in first


def test_what_comes_now_does_not_wait_for_all_that_came_late_by_one_phone(rt: Runtime, tmp_path: Path, clock: Clock) -> None:
    settle(rt, tmp_path)
    taken_in_late(rt, clock, (1, SNATCHED), *((1, f"aur suno {at}") for at in range(30)))
    text_in(rt, SNATCHED, sender=number(99))
    route_due(rt, limit=10)
    assert [ticket.to_read for ticket in tickets(rt)][-1] is False


def test_a_text_that_a_phone_tells_by_a_clock_that_is_a_little_wrong_is_not_late(rt: Runtime, clock: Clock) -> None:
    for minutes in (4, 11):
        text = IncomingText(f"SM{minutes}", number(minutes), SNATCHED)
        arriving.take_text(rt, "twilio", text, came_at=clock.now - timedelta(minutes=minutes))
    with rt.reading() as session:
        assert [one.late for one in session.query(Message).filter(Message.direction == "in").order_by(Message.id)] == [False, True]


def test_beside_a_backlog_few_late_texts_are_read_at_a_time_but_all_that_press_and_all_that_come(
    rt: Runtime, tmp_path: Path, clock: Clock
) -> None:
    settle(rt, tmp_path)
    taken_in_late(rt, clock, *((sender, SNATCHED) for sender in range(15)), *((sender, CRY) for sender in range(90, 102)))
    for sender in range(50, 61):
        text_in(rt, SNATCHED, sender=number(sender))
    for file in range(100):
        rt.spool.put(Kind.TEXT, "twilio", {}, lane=file)
    assert route_due(rt) == 12 + 11 + 10
    assert [ticket.danger is not None for ticket in tickets(rt) if ticket.routed_at is not None] == [True] * 12 + [False] * 21
    for path in files(rt)[1:]:
        path.unlink()
    assert route_due(rt) == 5
    assert all(ticket.routed_at is not None for ticket in tickets(rt))


def test_the_job_that_takes_in_the_backlog_has_a_queue_of_its_own() -> None:
    [queue] = [name for name, jobs in QUEUES.items() if Job.TAKE_IN_WAITING in jobs]
    assert QUEUES[queue] == (Job.TAKE_IN_WAITING,)


def test_a_report_and_a_text_of_one_time_hold_up_each_other_in_no_lane(rt: Runtime) -> None:
    rt.spool.put(Kind.TEXT, "twilio", {"nonsense": 1}, lane=7)
    rt.spool.put(Kind.STEP, "twilio", {"told": "nonsense"}, lane=7)
    waits(rt, (1, SNATCHED))
    assert take_in(rt) is False
    assert (len(tickets(rt)), files(rt), len(spool.aside(rt.config.data_dir))) == (1, [], 2)


def test_takers_leave_a_connection_to_each(rt: Runtime) -> None:
    assert rt.engine.pool.size() > rt.writing.side_by_side  # type: ignore[attr-defined]

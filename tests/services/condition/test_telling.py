"""Heads are alarmed about the hotline itself: once while it is so, again when it goes on for long, and no longer once it is over."""

import shutil
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from hotline import spool
from hotline.alarms import AlarmKind
from hotline.jobs import QUEUES
from hotline.runtime import Runtime
from hotline.sections import Sending, Watch
from hotline.services.condition import certificate, lookout, telling, ticks
from hotline.services.duty import paging
from hotline.spool import Kind
from hotline.storage import gatewaysigns, marks
from hotline.storage.models import Alarm
from tests.services.colleagues import settle, volunteer
from tests.services.duty.test_attendance import give_phone
from tests.support import Clock, away, hand_over, text_in, texts_out

DISK = type(shutil.disk_usage("/"))


@pytest.fixture(autouse=True)
def _roomy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever disk this runs on."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: DISK(100, 50, 50))


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    rt = make_rt(public_url="http://127.0.0.1:8000")
    settle(rt, tmp_path)
    telling.watch(rt)
    return rt


def told(rt: Runtime) -> list[tuple[str, int]]:
    """Open alarms: kind, and to whom."""
    with rt.reading() as session:
        open_ones = select(Alarm.kind, Alarm.volunteer_id).where(Alarm.acknowledged_at.is_(None))
        return [(row[0], row[1]) for row in session.execute(open_ones.order_by(Alarm.id))]


def tick(rt: Runtime, *but: str) -> None:
    """Every worker ticks, but those."""
    for who in QUEUES:
        if who not in but:
            ticks.note(rt, who)


def watch(rt: Runtime, *still: str) -> list[str]:
    """What heads are told once all has ticked but those. Each alarm is to the head alone."""
    tick(rt, *still)
    telling.watch(rt)
    assert {to for _, to in told(rt)} <= {volunteer(rt, "head").id}
    return [kind for kind, _ in told(rt)]


def acknowledge(rt: Runtime, clock: Clock) -> None:
    with rt.transaction() as tx:
        tx.session.execute(update(Alarm).values(acknowledged_at=clock.now))


# What stands still


def test_a_worker_that_stands_still_is_told_of_and_forgotten_when_it_is_back(rt: Runtime, clock: Clock) -> None:
    for _ in range(3):
        clock.forward(minutes=1)
        assert watch(rt, "calls") == []
    clock.forward(minutes=2)
    assert watch(rt, "calls") == [AlarmKind.STANDS_STILL]
    assert watch(rt, "calls") == [AlarmKind.STANDS_STILL], "once"
    assert watch(rt) == []


def test_who_acknowledged_it_is_told_again_after_half_a_day(rt: Runtime, clock: Clock) -> None:
    clock.forward(minutes=3)
    watch(rt, "calls")
    clock.forward(minutes=3)
    watch(rt, "calls")
    acknowledge(rt, clock)
    for hours in range(13):
        clock.forward(hours=1)
        ticks.note(rt, ticks.CLOCK)  # else the whole hotline was down
        assert watch(rt, "calls") == ([AlarmKind.STANDS_STILL] if hours >= 11 else [])


def test_who_has_seen_to_one_that_stands_still_is_told_of_the_next_at_once(rt: Runtime, clock: Clock) -> None:
    clock.forward(minutes=3)
    watch(rt, "calls")
    clock.forward(minutes=3)
    watch(rt, "calls")
    acknowledge(rt, clock)
    clock.forward(minutes=3)
    assert watch(rt, "calls", "sending") == []
    clock.forward(minutes=2)
    assert watch(rt, "calls", "sending") == [AlarmKind.STANDS_STILL]


def test_a_backup_may_take_hours(rt: Runtime, clock: Clock) -> None:
    for _ in range(12):
        clock.forward(hours=1)
        ticks.note(rt, ticks.CLOCK)
        assert watch(rt, "backups") == []
    clock.forward(hours=1)
    ticks.note(rt, ticks.CLOCK)
    assert watch(rt, "backups") == [AlarmKind.STANDS_STILL]


def test_a_hotline_that_was_down_gives_its_workers_time_to_come(rt: Runtime, clock: Clock) -> None:
    clock.forward(hours=20)
    telling.watch(rt)  # the first of all
    assert told(rt) == []
    clock.forward(minutes=3)
    telling.watch(rt)
    clock.forward(minutes=2)
    assert watch(rt, "sending") == [AlarmKind.STANDS_STILL]


@pytest.mark.parametrize(("well", "gap"), [(5, 5), (3, 6)])
def test_a_worker_that_is_gone_is_told_of_though_the_clocks_tick_comes_late_again_and_again(
    rt: Runtime, clock: Clock, well: int, gap: int
) -> None:
    """The worker that notes the clock's tick may be busy for minutes: nothing was down."""
    seen = []
    for minute in range(30):
        clock.forward(minutes=1 if minute % (well + 1) else gap)
        seen.append(len(watch(rt, "tickets")))
    assert 1 in seen[:9]
    assert set(seen[seen.index(1) :]) == {1}, "it is told once, and is not over"


def test_a_backup_that_was_being_made_when_the_hotline_went_down_has_time_to_come(rt: Runtime, clock: Clock) -> None:
    for _ in range(7):
        clock.forward(hours=1)
        ticks.note(rt, ticks.CLOCK)
        assert watch(rt, "backups") == []
    clock.forward(hours=8)
    telling.watch(rt)
    assert told(rt) == []


def test_the_web_process_tells_of_a_clock_that_does_not_ring(rt: Runtime, clock: Clock) -> None:
    clock.forward(minutes=5)
    tick(rt)
    assert telling.tell_of_stillness(rt) == [ticks.CLOCK]
    assert told(rt) == [(AlarmKind.STANDS_STILL, volunteer(rt, "head").id)]


def test_of_a_clock_whose_tick_nobody_could_note_nothing_is_said(rt: Runtime, clock: Clock) -> None:
    clock.forward(minutes=5)
    tick(rt, "gateways")
    assert telling.tell_of_stillness(rt) == ["gateways"]


def test_a_clock_that_was_set_back_makes_nobody_stand_still(rt: Runtime, clock: Clock) -> None:
    clock.forward(hours=-5)
    assert telling.tell_of_stillness(rt) == []


def test_the_lookout_goes_on_when_the_database_is_away(rt: Runtime, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    class Ended(BaseException):
        pass

    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 4:
            raise Ended

    monkeypatch.setattr(lookout.time, "sleep", sleep)
    clock.forward(minutes=5)
    with away(rt), pytest.raises(Ended):
        lookout._go(rt)
    assert slept == [240] * 4, "workers could note nothing meanwhile: they have time to come"
    assert told(rt) == []
    slept.clear()
    with pytest.raises(Ended):
        lookout._go(rt)
    assert slept == [240, 60, 60, 60]
    assert told(rt) == [(AlarmKind.STANDS_STILL, volunteer(rt, "head").id)] * 5, "all but the backups"


def test_a_tick_that_cannot_be_noted_stops_no_job(rt: Runtime) -> None:
    with away(rt):
        ticks.note(rt, "sending")


def test_a_head_who_is_told_is_paged_and_the_text_leaves_though_the_worker_that_sends_stands_still(rt: Runtime, clock: Clock) -> None:
    give_phone(rt, "head")
    clock.forward(minutes=3)
    assert telling.watch(rt) == []
    clock.forward(minutes=2)
    tick(rt, "sending")
    assert telling.watch(rt) == [telling.SENDING], "somebody else is to send"
    clock.forward(minutes=2)
    assert paging.page_unseen(rt) == 1
    assert [text.text_key for text in texts_out(rt)] == ["page_needs_you"]


# What does not leave, and what is not taken in


def test_a_text_that_waits_for_too_long_is_told_of_until_it_has_left(rt: Runtime, clock: Clock) -> None:
    text_in(rt, "orangi town mein chori")
    clock.forward(minutes=14)
    assert watch(rt) == []
    clock.forward(minutes=1)
    assert watch(rt) == [AlarmKind.UNSENT]
    hand_over(rt)
    assert watch(rt) == []


def test_a_text_for_the_morning_is_not_late(rt: Runtime, clock: Clock) -> None:
    text_in(rt, "orangi town mein chori")
    with rt.transaction() as tx:
        tx.session.execute(update(type(texts_out(rt)[0])).values(next_attempt_at=clock.now + timedelta(hours=9)))
    clock.forward(hours=8)
    ticks.note(rt, ticks.CLOCK)
    assert watch(rt) == []


def test_a_planned_shutdown_is_no_news(make_rt: Callable[..., Runtime], rt: Runtime, clock: Clock) -> None:
    shut = make_rt(public_url="http://127.0.0.1:8000", sending=Sending(undo_s=0, shutdowns=("2026-11-23 12:00-18:00",)))
    text_in(shut, "orangi town mein chori")
    clock.forward(minutes=30)
    assert watch(shut) == []
    assert watch(rt) == [AlarmKind.UNSENT]


def test_what_waits_on_the_disk_is_told_of_after_ten_minutes(rt: Runtime, clock: Clock) -> None:
    rt.spool.put(Kind.REPORT, "twilio", {})
    clock.now = datetime.now(UTC)  # what waits has its time from the machine's own clock
    telling.watch(rt)
    clock.forward(minutes=9)
    assert watch(rt) == []
    clock.forward(minutes=2)
    assert watch(rt) == [AlarmKind.SPOOL_WAITS]
    for path in spool.waiting(rt.config.data_dir):
        path.unlink()
    assert watch(rt) == []


def test_a_phone_that_tells_nothing_of_itself_is_told_of(rt: Runtime, clock: Clock) -> None:
    with rt.transaction() as tx:
        gatewaysigns.store(tx.session, "twilio", pinged_at=clock.now)
        gatewaysigns.store(tx.session, "set_up_no_longer", pinged_at=clock.now - timedelta(days=9))
    clock.forward(minutes=14)
    assert watch(rt) == []
    clock.forward(minutes=1)
    assert watch(rt) == [AlarmKind.PHONE_SILENT]
    with rt.transaction() as tx:
        gatewaysigns.store(tx.session, "twilio", pinged_at=clock.now)
    assert watch(rt) == []


def test_a_disk_that_is_nearly_full_is_told_of(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: DISK(100, 91, 9))
    assert watch(rt) == [AlarmKind.DISK_FULL]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: DISK(100, 88, 12))
    assert watch(rt) == []


def test_a_disk_at_the_border_is_told_of_once(rt: Runtime, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    for free in (99, 101, 99, 119, 101, 120, 101, 99):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: DISK(1000, 1000 - free, free))
        clock.forward(seconds=20)
        told.append(len(watch(rt)))
    assert told == [1, 1, 1, 1, 1, 0, 0, 1]


def test_a_disk_that_hangs_holds_nothing_up(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: DISK(100, 91, 9))
    watch(rt)
    hangs = threading.Event()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: hangs.wait(10) and DISK(100, 50, 50))
    monkeypatch.setattr(telling, "_DISKS_WITHIN_S", 0.1)
    began = time.monotonic()
    assert watch(rt) == [AlarmKind.DISK_FULL], "what was known of it stands"
    assert time.monotonic() - began < 5
    hangs.set()


# The certificate


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that were asked. Each certificate ends after twenty days of the test."""
    found: list[str] = []

    def ends_at(url: str, *, now: datetime, context: object = None) -> datetime | None:
        found.append(url)
        return datetime(2026, 12, 13, 7, tzinfo=UTC)

    monkeypatch.setattr(certificate, "ends_at", ends_at)
    return found


def test_a_certificate_that_ends_soon_is_told_of(make_rt: Callable[..., Runtime], rt: Runtime, clock: Clock, asked: list[str]) -> None:
    secure = make_rt(watch=Watch(certificate_days=14))
    for _ in range(5):
        clock.forward(days=1)
        assert watch(secure) == []
    assert len(asked) == 5
    clock.forward(days=1)
    assert watch(secure) == [AlarmKind.CERTIFICATE]
    watch(secure)
    assert len(asked) == 6, "not with every ring"


def test_what_was_known_of_the_certificate_stands_while_nobody_answers(
    make_rt: Callable[..., Runtime], rt: Runtime, clock: Clock, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    secure = make_rt()
    watch(secure)
    monkeypatch.setattr(certificate, "ends_at", lambda *_, **__: None)
    clock.forward(days=7)
    assert watch(secure) == [AlarmKind.CERTIFICATE]
    with secure.reading() as session:
        assert marks.value(session, certificate.ENDS) == datetime(2026, 12, 13, 7, tzinfo=UTC).timestamp()


def test_an_address_without_tls_has_no_certificate(rt: Runtime, asked: list[str]) -> None:
    watch(rt)
    assert asked == []


# Several hosts


def test_a_host_that_is_well_forgets_nothing_of_another(
    make_rt: Callable[..., Runtime], rt: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = make_rt(public_url="http://127.0.0.1:8000", data_dir=tmp_path / "there")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: DISK(100, 91, 9))
    assert watch(rt) == [AlarmKind.DISK_FULL]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: DISK(100, 50, 50))
    assert watch(there) == [AlarmKind.DISK_FULL]
    assert watch(rt) == []


def test_the_web_process_tells_of_what_waits_on_its_own_disk(
    make_rt: Callable[..., Runtime], rt: Runtime, clock: Clock, tmp_path: Path
) -> None:
    """Where no worker runs beside it nobody else sees it: a worker of another host looks on another disk."""
    there = make_rt(public_url="http://127.0.0.1:8000", data_dir=tmp_path / "there")
    there.spool.put(Kind.REPORT, "twilio", {})
    clock.now = datetime.now(UTC) + timedelta(minutes=11)
    assert watch(rt) == []
    telling.tell_of_host(there)
    assert watch(rt) == [AlarmKind.SPOOL_WAITS]

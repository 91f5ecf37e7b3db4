"""Commits are shared on SQLite and separate on PostgreSQL: no success before the row is stored, and no failure by another's fault."""

import contextlib
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event, select, text

from hotline.runtime import Runtime
from hotline.storage import writing
from hotline.storage.db import sqlite_path
from hotline.storage.peoplemodels import Team
from hotline.storage.schema import migrate
from hotline.storage.writing import CommitLost, NotBegun, Overloaded, SharedCommits
from tests.support import count, make_runtime


class Refused(Exception):
    """Raised by the test in place of a service's rule."""


def _add(rt: Runtime, n: int) -> None:
    with rt.transaction() as tx:
        tx.session.add(Team(code=f"team-{n}", name="Team"))
        tx.session.flush()
        time.sleep(0.002)
        if n % 3 == 0:
            raise Refused
    assert _codes(rt) >= {f"team-{n}"}, "it returned before its commit"


def _codes(rt: Runtime) -> set[str]:
    with rt.reading() as session:
        return set(session.scalars(select(Team.code)))


def _outcome(rt: Runtime, n: int) -> str:
    try:
        _add(rt, n)
    except (Refused, CommitLost) as fault:
        return type(fault).__name__
    return "stored"


def test_of_many_at_once_each_is_stored_or_rolled_back_alone(rt: Runtime) -> None:
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda n: _outcome(rt, n), range(120)))
    assert outcomes == ["Refused" if n % 3 == 0 else "stored" for n in range(120)]
    assert _codes(rt) == {f"team-{n}" for n in range(120) if n % 3}


def test_those_who_wait_share_a_commit(sqlite_url: str) -> None:
    rt = make_runtime(sqlite_url)
    commits = []
    event.listen(rt.engine, "commit", commits.append)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: _outcome(rt, n), range(120)))
    rt.close()
    assert 1 <= len(commits) < 60


def test_where_the_shared_commit_fails_nobody_is_told_it_is_stored(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rt = make_runtime(sqlite_url)

    def fail(*_: object) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(rt.engine.dialect, "do_commit", fail)
    with ThreadPoolExecutor(4) as pool:
        outcomes = set(pool.map(lambda n: _outcome(rt, n), range(1, 12)))
    assert outcomes == {"CommitLost"}
    monkeypatch.undo()
    assert _outcome(rt, 1) == "stored"
    assert count(rt, Team) == 1
    rt.close()


def test_what_sqlite_rolls_back_by_itself_is_told_to_all(sqlite_url: str) -> None:
    """As with a full disk: the others' rows are rolled back too, and a later commit would report no fault."""
    rt = make_runtime(sqlite_url)
    inside, over = threading.Event(), threading.Event()

    def first() -> str:
        return _outcome(rt, 1)

    def second() -> None:
        with rt.transaction() as tx:
            tx.session.add(Team(code="holds-the-line", name="Team"))
            tx.session.flush()
            inside.set()
            over.wait(5)
            tx.session.execute(text("ROLLBACK"))

    with ThreadPoolExecutor(2) as pool:
        spoiling = pool.submit(second)
        inside.wait(5)
        waiting = pool.submit(first)
        time.sleep(0.1)  # it stands in line now
        over.set()
        with pytest.raises(Exception, match=r"savepoint|shared commit"):
            spoiling.result()
        assert waiting.result() == "stored", "it came after, in a transaction of its own"
    assert _codes(rt) == {"team-1"}
    rt.close()


def test_a_flush_that_fails_takes_nothing_with_it_unsaid(sqlite_url: str) -> None:
    """SQLAlchemy rolls back all open rows: the transaction that shared them gets an error, and the next one is stored."""
    rt = make_runtime(sqlite_url)
    assert _outcome(rt, 1) == "stored"
    told = threading.Barrier(2)

    def first() -> str:
        with rt.transaction() as tx:
            tx.session.add(Team(code="shares", name="Team"))
            tx.session.flush()
            told.wait(5)
            time.sleep(0.1)  # the other stands in line now
        return "stored"

    def second() -> None:
        told.wait(5)
        with rt.transaction() as tx:
            tx.session.add(Team(code="team-1", name="Taken"))

    with ThreadPoolExecutor(2) as pool:
        sharing, failing = pool.submit(first), pool.submit(second)
        with pytest.raises(CommitLost):
            failing.result()
        with pytest.raises(CommitLost):
            sharing.result()
    assert _outcome(rt, 2) == "stored"
    assert _codes(rt) == {"team-1", "team-2"}
    rt.close()


@contextlib.contextmanager
def _full_line(rt: Runtime) -> Iterator[None]:
    """As many transactions open as may be at once."""
    with contextlib.ExitStack() as open_ones:
        for n in range(1 if isinstance(rt.writing, SharedCommits) else writing._AT_ONCE):
            open_ones.enter_context(rt.transaction()).session.add(Team(code=f"takes-long-{n}", name="Team"))
        yield


def test_nobody_stands_in_line_for_ever(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "WAIT_S", 0.05)
    with ThreadPoolExecutor(1) as pool, _full_line(rt), pytest.raises(Overloaded):
        pool.submit(_add, rt, 1).result(5)
    assert "takes-long-0" in _codes(rt)
    assert _outcome(rt, 2) == "stored"


def test_one_that_goes_ahead_waits_for_no_others_on_postgres(postgres_url: str) -> None:
    rt = make_runtime(postgres_url)
    with _full_line(rt), rt.transaction(ahead=True) as tx:
        tx.session.add(Team(code="ahead", name="Team"))
    assert _codes(rt) >= {"ahead", "takes-long-0"}
    rt.close()


@pytest.mark.parametrize("ahead", [True, False])
def test_one_that_goes_ahead_waits_for_nobody_who_would_share_its_commit(sqlite_url: str, *, ahead: bool) -> None:
    rt = make_runtime(sqlite_url)
    assert isinstance(rt.writing, SharedCommits)
    returned, waited = threading.Event(), []

    def joins() -> None:
        with rt.transaction():
            waited.append(returned.wait(0.5))

    with ThreadPoolExecutor(1) as pool:
        with rt.transaction(ahead=ahead) as tx:
            tx.session.add(Team(code="first", name="Team"))
            joining = pool.submit(joins)
            while not rt.writing._coming:
                time.sleep(0.001)
        returned.set()
        joining.result(5)
    assert waited == [ahead], "the first of the two returned while the other was under way, or not"
    rt.close()


def test_one_interrupted_in_line_holds_up_nobody(sqlite_url: str) -> None:
    rt = make_runtime(sqlite_url)
    assert isinstance(rt.writing, SharedCommits)
    rt.writing._coming += 1  # as if it stood in line, and never came
    waiting = threading.Thread(target=_add, args=(rt, 1))
    waiting.start()
    time.sleep(0.1)
    rt.writing._coming -= 1
    waiting.join(timeout=5)
    assert not waiting.is_alive()
    assert _codes(rt) == {"team-1"}
    rt.close()


def _move(database: str, *, away: bool) -> None:
    """Move the files of the database away, as somebody does who thinks that nothing runs, or back."""
    path = sqlite_path(database)
    assert path is not None
    other = path.with_name("away")
    other.mkdir(exist_ok=True)
    for file in (path.parent if away else other).glob("*.sqlite3*"):
        file.rename((other if away else path.parent) / file.name)


def test_nothing_is_stored_in_a_file_that_was_deleted(sqlite_url: str) -> None:
    rt = make_runtime(sqlite_url)
    assert _outcome(rt, 1) == "stored"
    _move(sqlite_url, away=True)
    with pytest.raises(NotBegun):
        _add(rt, 2)
    _move(sqlite_url, away=False)
    assert _outcome(rt, 4) == "stored"
    assert _codes(rt) == {"team-1", "team-4"}
    rt.close()


@pytest.mark.parametrize("wrote_before", [True, False])
def test_a_file_that_took_the_place_of_the_database_is_written_to_and_read(sqlite_url: str, *, wrote_before: bool) -> None:
    rt = make_runtime(sqlite_url)
    assert not _codes(rt)  # a connection is open
    if wrote_before:
        assert _outcome(rt, 1) == "stored"
    _move(sqlite_url, away=True)
    migrate(sqlite_url)
    assert _outcome(rt, 2) == "stored"
    after_a_restart = make_runtime(sqlite_url)
    assert _codes(after_a_restart) == {"team-2"} == _codes(rt)
    after_a_restart.close()
    rt.close()


def test_a_pool_that_is_closed_waits_for_who_writes(sqlite_url: str) -> None:
    rt = make_runtime(sqlite_url)
    with ThreadPoolExecutor(1) as pool:
        with rt.transaction() as tx:
            tx.session.add(Team(code="first", name="Team"))
            tx.session.flush()
            closing = pool.submit(rt.close)
            time.sleep(0.1)
            assert not closing.done()
            tx.session.add(Team(code="second", name="Team"))
        closing.result(5)
    assert _codes(rt) == {"first", "second"}
    rt.close()

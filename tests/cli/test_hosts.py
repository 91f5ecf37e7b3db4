"""The doctor's look at the hosts of one hotline: whose clock is wrong, and who keeps recordings where the others do not see them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hotline.cli.checks import hosts
from hotline.cli.checks.verdict import Doubtful, Wrong
from hotline.runtime import Runtime
from hotline.sections import Media
from hotline.services.condition import telling
from hotline.storage import hosts as storage
from tests.support import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime.now(UTC))


@pytest.fixture
def _no_other_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of a test stands still, and a database's does not."""
    monkeypatch.setattr(storage, "database_now", lambda _: None)


@pytest.mark.usefixtures("_no_other_clock")
def test_one_host_alone_agrees_with_itself(rt: Runtime) -> None:
    telling.tell_of_host(rt)
    assert hosts.agree(rt) == "this one alone uses this database"


@pytest.mark.parametrize(("seconds", "raises", "says"), [(20, Doubtful, "s ahead of"), (-20, Doubtful, "behind"), (90, Wrong, "ahead of")])
def test_a_clock_that_differs_from_the_databases_is_told_of(
    rt: Runtime, clock: Clock, seconds: int, raises: type[Exception], says: str
) -> None:
    clock.now = datetime.now(UTC) + timedelta(seconds=seconds)
    if rt.engine.dialect.name == "sqlite":  # the database has no clock of its own
        assert "alone" in hosts.agree(rt)
    else:
        with pytest.raises(raises, match=says):
            hosts.agree(rt)


@pytest.mark.usefixtures("_no_other_clock")
def test_hosts_that_keep_recordings_each_for_itself_are_told_of_for_an_hour(
    make_rt: Callable[..., Runtime], rt: Runtime, clock: Clock, tmp_path: Path
) -> None:
    there = make_rt(data_dir=tmp_path / "there")
    with_bucket = make_rt(data_dir=tmp_path / "there", media=Media(bucket="recordings", region="x"))
    for one in (rt, there):
        telling.tell_of_host(one)
    with pytest.raises(Doubtful, match=r"2 hosts use this database.*\[media\] bucket"):
        hosts.agree(rt)
    assert hosts.agree(with_bucket) == "2 use this database"
    with rt.transaction() as tx:
        storage.note(tx.session, "gone", now=clock.now - timedelta(minutes=61))
    assert hosts.agree(with_bucket) == "2 use this database"

"""A hotline that is backed up, a folder for its backups, and an empty place to restore to."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hotline.config import Config
from hotline.runtime import Runtime
from hotline.services.people import keysafe
from hotline.storage import db
from tests.servers import Postgres
from tests.services.backups.backing import Safe, safe, target
from tests.services.colleagues import settle


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    runtime = make_rt(data_dir=tmp_path / "old data")
    keysafe.take_in(runtime)
    settle(runtime, tmp_path)
    return runtime


@pytest.fixture
def kept(tmp_path: Path) -> Safe:
    return safe(tmp_path)


@pytest.fixture
def into(database_url: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Config]:
    """An empty place of the same kind."""
    if db.sqlite_path(database_url) is not None:
        yield target(f"sqlite:///{tmp_path / 'new' / 'hotline.sqlite3'}", tmp_path)
        return
    databases: Postgres = request.getfixturevalue("postgres")
    with databases.empty_database() as url:
        yield target(url, tmp_path)

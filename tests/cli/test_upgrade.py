"""`hotline upgrade --check` says what will be done, and does nothing."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from hotline.cli import main
from hotline.runtime import Runtime
from hotline.storage import schema, sizes
from hotline.storage.db import make_engine
from tests.support import SECRET_KEY, keys_file

Check = Callable[..., str]


@pytest.fixture
def check(empty_database_url: str, tmp_path: Path) -> Check:
    """`hotline upgrade --check`, with a file of settings."""
    settings = {
        "HOTLINE_DATABASE_URL": empty_database_url,
        "HOTLINE_SECRET_KEY": SECRET_KEY,
        "HOTLINE_KEYS_FILE": keys_file(),
        "HOTLINE_DATA_DIR": str(tmp_path / "data"),
    }

    def command(**more: str) -> str:
        result = CliRunner().invoke(main, ["upgrade", "--check"], env=settings | more)
        assert result.exit_code == 0, result.output
        return result.output

    return command


def at(url: str, revision: str) -> None:
    """Bring the database to a revision."""
    engine = make_engine(url, pool_size=1)
    with engine.connect() as connection:
        schema.upgrade(connection, revision)
        connection.commit()
    engine.dispose()


def test_an_empty_database_is_told_as_one(check: Check) -> None:
    assert check().startswith("The database is empty; this version brings it to ")


def test_what_is_to_be_done_is_told_with_the_way_back_and_nothing_is_done(check: Check, empty_database_url: str, tmp_path: Path) -> None:
    at(empty_database_url, "0034")
    said = check()
    assert "The database is at 0034; this version brings it to" in said
    assert "0035  Whether a text that is claimed is surely not given to its gateway yet." in said
    assert "adds to messages (0 rows)" in said
    assert "0036  Texts that a gateway took and never reported" in said
    assert "reads messages (0 rows): nobody writes to it meanwhile" in said
    assert "There is NO backup to go back to" in said
    assert check() == said
    backups = tmp_path / "backups"
    backups.mkdir()
    for part in ("data", "keys"):
        (backups / f"hotline-20261101T020000Z.{part}.age").touch()
    config = tmp_path / "hotline.toml"
    config.write_text(f'[backup]\nfolder = "{backups}"\nto = ["age1{"q" * 58}"]\n')
    said = check(HOTLINE_CONFIG=str(config))
    assert "The newest backup is of 2026-11-01 02:00 UTC: make another first" in said
    assert f"hotline restore --identity IDENTITY {backups}/hotline-20261101T020000Z.data.age" in said


@pytest.mark.parametrize(
    ("data", "keys", "named"),
    [
        ((1, 2, 3), (1, 2, 3), (3, 3)),
        ((1, 2, 3), (1, 2), (2, 2)),  # the third keys file was taken away, and the second does not open what came after it
        ((1, 2), (2, 3), (2, 3)),  # the third data file was lost half way
        ((3,), (2,), None),
        ((3,), (), None),
    ],
)
def test_it_names_two_files_of_which_restore_takes_both(
    check: Check, empty_database_url: str, tmp_path: Path, data: tuple[int, ...], keys: tuple[int, ...], named: tuple[int, int] | None
) -> None:
    at(empty_database_url, "0035")
    for part, days in (("data", data), ("keys", keys)):
        for day in days:
            (tmp_path / f"hotline-2026110{day}T020000Z.{part}.age").touch()
    config = tmp_path / "hotline.toml"
    config.write_text(f'[backup]\nfolder = "{tmp_path}"\nto = ["age1{"q" * 58}"]\n')
    said = check(HOTLINE_CONFIG=str(config))
    found = re.search(r"hotline-2026110(\d)T020000Z.data.age .*hotline-2026110(\d)T020000Z.keys.age", said)
    assert (found and tuple(map(int, found.groups()))) == named
    assert ("There is NO backup to go back to" in said) is (named is None)


def test_it_says_how_long_it_takes_by_the_rows_that_are_there(
    check: Check, empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(empty_database_url, "0035")
    monkeypatch.setattr(sizes, "rows", lambda _engine: {"messages": 30_000_000})
    said = check()
    assert "reads messages (30,000,000 rows): nobody writes to it meanwhile, about 2 min" in said
    assert re.search(r"^In all about \d+ min\. What comes in", said, re.MULTILINE)


def test_the_rows_of_each_table_are_counted(rt: Runtime) -> None:
    with rt.engine.begin() as connection:
        connection.execute(text("INSERT INTO teams (code, name) VALUES ('a', 'A'), ('b', 'B')"))
    found = sizes.rows(rt.engine)
    assert (found["teams"], found["tickets"]) == (2, 0)


def test_without_its_option_neither_command_does_anything() -> None:
    assert [CliRunner().invoke(main, [one]).exit_code for one in ("upgrade", "install")] == [2, 2]


def test_what_the_version_before_cannot_run_on_is_named(check: Check, empty_database_url: str) -> None:
    at(empty_database_url, "0029")
    said = check()
    assert "The version before may not run on what 0030, 0032" in said
    assert re.search(r"^In all about \S+ s, and what 0030 takes, which only the source tells\.", said, re.MULTILINE)
    assert "restore the backup" in said


def test_where_nothing_is_to_be_done_that_is_all_it_says(check: Check, empty_database_url: str) -> None:
    at(empty_database_url, "head")
    [line] = check().splitlines()
    assert "nothing is to be done" in line

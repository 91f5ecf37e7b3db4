"""Workers that start before the database has the schema that they need."""

import time
from pathlib import Path

import pytest

from hotline.storage.schema import migrate
from tests.support import make_config
from workers import __main__ as supervisor


def test_they_go_on_once_a_restored_file_takes_the_place_of_an_empty_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there, restored = (f"sqlite:///{tmp_path / name}" for name in ("hotline.sqlite3", "restored.sqlite3"))
    migrate(restored)
    looks: list[float] = []

    def restore_then_wait(seconds: float) -> None:
        assert not looks, "they look at the file that was there"
        looks.append(seconds)
        for beside in tmp_path.glob("hotline.sqlite3*"):
            beside.unlink()
        (tmp_path / "restored.sqlite3").rename(tmp_path / "hotline.sqlite3")

    monkeypatch.setattr(time, "sleep", restore_then_wait)
    supervisor._wait_for_schema(make_config(there))
    assert len(looks) == 1

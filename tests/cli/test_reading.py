"""`hotline reading learn`, `report` and `back`: a deployment learns from what its people corrected, and can go back."""

import functools
import importlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from hotline import readers
from hotline.cli import main
from hotline.domain.reading import INTENT, KIND, Intent
from hotline.learning import own
from hotline.learning.fitting import fit
from hotline.modelfile import read_model, write_model
from hotline.runtime import Runtime
from tests.learning.test_own import CORPUS
from tests.readings import made_model
from tests.services.colleagues import settle
from tests.storage.test_corrections import comes, name
from tests.support import SECRET_KEY, Clock, keys_file, make_runtime

TEXTS = 10


@pytest.fixture
def corrected(sqlite_url: str, tmp_path: Path) -> Iterator[Runtime]:
    """A hotline whose people said of ten texts, read as theft, that they are about land."""
    rt = make_runtime(sqlite_url, clock=Clock(datetime.now(UTC)))
    settle(rt, tmp_path)
    for number in range(TEXTS):
        comes(rt, f"zamin plot qabza {number}", sender=f"+9234512345{number:02}")
        name(rt, "land")
    yield rt
    rt.close()


def test_the_model_is_learnt_from_corrections_if_it_is_better_and_the_one_before_comes_back(
    corrected: Runtime, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped, data = tmp_path / "shipped.model", tmp_path / "data"
    write_model(shipped, made_model(f"{INTENT} {Intent.COMPLAINT}", f"{KIND} theft"), {})
    monkeypatch.setattr(readers, "MODEL", shipped)
    monkeypatch.setattr(readers, "read_model", read_model)
    reading = importlib.import_module("hotline.cli.reading")
    monkeypatch.setattr(reading, "read_corpus", lambda _: CORPUS)
    monkeypatch.setattr(reading, "_fit_or_exit", lambda: functools.partial(fit, rows=2000))
    monkeypatch.setattr("hotline.cli.setting.configure_log", lambda _level: None)
    environ = {"HOTLINE_DATA_DIR": str(data), "HOTLINE_DATABASE_URL": sqlite_url, "HOTLINE_SECRET_KEY": SECRET_KEY}
    environ["HOTLINE_KEYS_FILE"] = keys_file()
    environ |= {"HOTLINE_PUBLIC_URL": "https://hotline.example.org"}

    def hotline(*words: str) -> list[str]:
        result = CliRunner().invoke(main, ["reading", *words], env=environ)
        assert result.exit_code == 0, (result.output, result.exception)
        return [line.split("   words")[0] for line in result.output.splitlines()]

    assert hotline("report", "--days", "1")[:3] == [
        "In the last 1 days 10 texts were read; people have said of 10 of them what they mean.",
        "Kinds: people named 10, and 10 of them were read as another",
        "  read as theft, is land: 10",
    ]
    assert hotline("learn") == [
        "People spoke of 10 texts that the model in force has not learnt from: too few, 50 are needed. Nothing is changed."
    ]
    assert list(data.glob("reading*")) == []

    monkeypatch.setattr(own, "LEAST", TEXTS)
    said = hotline("learn")
    assert "People spoke of 10 texts; 2 of them were held back, and both models read them:" in said
    assert "  in force 2 of 2 kinds wrong; danger: 0 of 0 missed, 0 of 0 false; 2 mistakes" in said
    assert "  new      0 of 2 kinds wrong; danger: 0 of 0 missed, 0 of 0 false; 0 mistakes" in said
    assert (
        said[-1]
        == "The new model is better: it is in force. Processes that run take it at their next start; hotline reading back undoes it."
    )
    learnt = data / "reading.model"
    assert learnt.stat().st_mode & 0o777 == 0o600
    assert b"zamin" not in learnt.read_bytes()
    assert hotline("explain", "plot qabza")[2].startswith("kinds      land")
    assert any("found" in line for line in hotline("report"))  # at which threshold
    assert "too few, 10 are needed" in hotline("learn")[0]  # it has learnt from all there are

    assert hotline("back") == ["The shipped model is in force again. Processes that run take it at their next start."]
    assert hotline("back") == ["The shipped model is in force already."]
    assert hotline("explain", "plot qabza")[2].startswith("kinds      theft")

    learnt.write_bytes(b"not a model")
    assert f"{learnt}:1: this is no model of the format" in hotline("explain", "plot qabza")[0]  # and the shipped one reads
    doctor = CliRunner().invoke(main, ["doctor"], env=environ | {"HOTLINE_REDIS_URL": "unix:///nonexistent/redis.sock"}).output
    assert f"WRONG  reading: {learnt}:1: this is no model" in doctor
    assert hotline("back")[0].startswith("The shipped model is in force again.")

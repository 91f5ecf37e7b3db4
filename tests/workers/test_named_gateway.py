"""A process of a gateway that cannot start says once what to do, and the supervisor does not start it again and again."""

import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from hotline.cli.checks.gateways import one_gateway as doctor
from hotline.config import Config
from hotline.gateways.registry import GATEWAYS, load_config
from hotline.gateways.sip import gateway as sip
from hotline.i18n import PROJECT
from tests.support import SECRET_KEY, keys_file
from workers import __main__ as supervisor
from workers import process

LINE = '[gateways.line1]\nkind = "sip"\nhost = "sip.example.pk"\nuser = "1"\nregister = false\n'

Configured = Callable[[str], Config]


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configured:
    """Gives the processes a configuration."""

    def configure(toml: str) -> Config:
        (tmp_path / "hotline.toml").write_text(toml)
        for name, value in {
            "HOTLINE_CONFIG": str(tmp_path / "hotline.toml"),
            "HOTLINE_DATA_DIR": str(tmp_path),
            "HOTLINE_SECRET_KEY": SECRET_KEY,
            "HOTLINE_KEYS_FILE": keys_file(),
        }.items():
            monkeypatch.setenv(name, value)
        return load_config()

    return configure


@pytest.fixture
def without_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sip, "find_spec", lambda _name: None)


def ended(monkeypatch: pytest.MonkeyPatch, *words: str) -> str:
    """What the process of a line says when it is started with those words."""
    monkeypatch.setattr(sys, "argv", ["sip.py", *words])
    with pytest.raises(SystemExit) as end:
        process.named_gateway(GATEWAYS["sip"])
    return str(end.value.code)


@pytest.mark.usefixtures("without_library")
def test_a_line_without_its_library_is_not_started_and_told_of_once(configured: Configured, monkeypatch: pytest.MonkeyPatch) -> None:
    config, told = configured(LINE), list[str]()
    monkeypatch.setattr(supervisor, "logger", lambda: SimpleNamespace(error=lambda event, **_more: told.append(event)))
    assert "gateway line1" not in supervisor._commands(config)
    assert [sip.INSTALL in said for said in told] == [True]
    assert sip.INSTALL in ended(monkeypatch, "line1")
    with pytest.raises(Exception, match="the library that speaks SIP is not installed; run: "):
        doctor(config, "line1")


def test_with_its_library_it_is_started(configured: Configured, monkeypatch: pytest.MonkeyPatch) -> None:
    assert supervisor._commands(configured(LINE))["gateway line1"] == ["workers.sip", "line1"]
    monkeypatch.setattr(sys, "argv", ["sip.py", "line1"])
    assert process.named_gateway(GATEWAYS["sip"]) == "line1"


def test_a_name_that_is_no_line_is_answered_with_those_that_are(configured: Configured, monkeypatch: pytest.MonkeyPatch) -> None:
    configured(LINE)
    for words in ((), ("line2",), ("line1", "line1")):
        assert ended(monkeypatch, *words) == (
            "write `python -m workers.sip NAME`, with the name of a gateway; of the kind sip there are: line1"
        )
    configured("")
    assert ended(monkeypatch, "line1").endswith("the configuration has none of the kind sip")


def test_faults_of_the_configuration_and_of_the_keys_are_sentences(configured: Configured, monkeypatch: pytest.MonkeyPatch) -> None:
    configured(LINE)
    monkeypatch.setenv("HOTLINE_KEYS_FILE", "/nonexistent/keys.toml")
    assert ended(monkeypatch, "line1").startswith("the workers cannot start: ")
    monkeypatch.setenv("HOTLINE_SECRET_KEY", "short")
    assert "HOTLINE_SECRET_KEY must have 32 characters or more" in ended(monkeypatch, "line1")


def test_what_is_to_be_installed_is_what_the_project_and_its_page_pin() -> None:
    pinned = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]["sip"]
    assert [one.partition(";")[0] for one in pinned] == [sip.INSTALL.rpartition(" ")[2]]
    assert sip.INSTALL in (PROJECT / "docs/telephone-line.md").read_text("utf-8")

"""`hotline rehearse`: what it refuses, what it prints, its exit code; and how it reads what the pretend gateways and the pages say."""

import contextlib
import dataclasses
import importlib
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hotline.cli import own_postgres
from hotline.cli.own_postgres import NoPostgres
from hotline.cli.rehearsal.balance import CALLS, Line, Recovery
from hotline.cli.rehearsal.day import WALKS, Contact, Way
from hotline.cli.rehearsal.desk import _fields
from hotline.cli.rehearsal.show import Order, Outcome, _with_calls_anew
from hotline.cli.rehearsal.told import Called
from hotline.cli.rehearsal.town import read_call
from hotline.cli.rehearse import rehearse, table

module = importlib.import_module("hotline.cli.rehearse")

GOOD, BAD = Line("texts", 12), Line("receipts", 3, ("1 doubled: texts 7",), "2 listed as unknown")
REPORTS, DROPS = WALKS[0], WALKS[1]


def outcome(*lines: Line) -> Outcome:
    recovery = Recovery("a text was taken", 4, 1.25, 9.0, 1)
    return Outcome(list(lines), [recovery], {"web: kill": 3, "redis: empty": 1, "web: hang": 2}, 31.0, ["clock (1)"], [], [99], 120.0)


@pytest.fixture
def ordered(monkeypatch: pytest.MonkeyPatch) -> list[Order]:
    """The orders that were carried out; each comes out as `GOOD`."""
    found: list[Order] = []

    def carry_out(order: Order, **_: Any) -> Outcome:
        found.append(order)
        return outcome(GOOD)

    monkeypatch.setattr(module, "show", carry_out)
    for name in [name for name in os.environ if name.startswith("HOTLINE_")]:
        monkeypatch.delenv(name)
    return found


def test_it_carries_out_what_is_ordered_and_ends_well_if_the_books_balance(ordered: list[Order]) -> None:
    words = "--database postgresql --minutes 3 --contacts 50 --kills 7 --seed 5"
    done = CliRunner().invoke(rehearse, words.split())
    assert done.exit_code == 0
    assert ordered == [Order("postgresql", 3.0, 50, 7, 5)]
    assert done.output.endswith("The books balance.\n")


def test_it_ends_with_1_if_a_line_does_not_balance(ordered: list[Order], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "show", lambda *_, **__: outcome(GOOD, BAD))
    done = CliRunner().invoke(rehearse, [])
    assert done.exit_code == 1
    assert done.output.endswith("THE BOOKS DO NOT BALANCE.\n")
    assert not ordered


@pytest.mark.parametrize(("kills", "code"), [(18, 0), (17, 1), (0, 1)])
@pytest.mark.usefixtures("ordered")
def test_it_ends_with_1_if_more_than_a_tenth_of_the_kills_was_not_dealt(monkeypatch: pytest.MonkeyPatch, kills: int, code: int) -> None:
    found = dataclasses.replace(outcome(GOOD), blows={"web: kill": kills, "web: hang": 9}, ordered=20)
    monkeypatch.setattr(module, "show", lambda *_, **__: found)
    done = CliRunner().invoke(rehearse, [])
    assert done.exit_code == code
    assert (f"ONLY {kills} OF 20 KILLS WERE DEALT" in done.output) is bool(code)
    assert done.output.endswith("The books balance.\n")


@pytest.mark.parametrize("name", ["HOTLINE_CONFIG", "HOTLINE_DATABASE_URL", "HOTLINE_TWILIO_ACCOUNT_SID", "HOTLINE_DATA_DIR"])
def test_it_refuses_where_a_hotline_is_set_up(ordered: list[Order], monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "something")
    done = CliRunner().invoke(rehearse, [])
    assert done.exit_code == 1
    assert f"env -u {name} hotline rehearse" in done.output
    assert not ordered


@pytest.mark.parametrize("name", ["HOTLINE_PG_BINDIR", "HOTLINE_REDIS_SERVER"])
def test_the_programs_of_the_servers_may_be_named(ordered: list[Order], monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "/somewhere")
    assert CliRunner().invoke(rehearse, []).exit_code == 0
    assert len(ordered) == 1


def test_it_writes_into_no_folder_that_holds_something(ordered: list[Order], tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    done = CliRunner().invoke(rehearse, ["--keep", str(tmp_path)])
    assert done.exit_code == 1
    assert "is not empty" in done.output
    assert not ordered


def test_the_table_shows_each_line_its_faults_and_what_was_dealt() -> None:
    printed = table(outcome(GOOD, BAD)).splitlines()
    assert printed[1:] == [
        "ok       12  texts",
        "--        3  receipts   (2 listed as unknown)",
        "               1 doubled: texts 7",
        "",
        "4 kills; redis: empty 1, web: hang 2, web: kill 3",
        "after a kill, until a text was taken: half within 1.2 s, at worst 9.0 s, 1 times not before the day was over",
        "everything had settled 31 s after the day; 120 s in all",
        "listed as unknown: 99",
        "ended without a blow: clock (1)",
        "THE BOOKS DO NOT BALANCE.",
    ]


def test_without_postgresql_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOTLINE_PG_BINDIR", str(tmp_path))
    with contextlib.ExitStack() as stack, pytest.raises(NoPostgres, match="apt-get install postgresql"):
        own_postgres.binaries(stack, {})


def call(*path: dict[str, Any], heard: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"sid": "CA1", "path": list(path), "heard": list(heard)}


def read(said: dict[str, Any], *, walk: Any = REPORTS, whole: bool = True) -> Called:
    return read_call(Contact(4, 1.0, Way.CALL, walk=walk), walk, said, began_s=1.0, whole=whole)


def test_a_call_is_whole_if_every_request_was_answered() -> None:
    ok = {"request": "/x", "http_status": 200}
    found = read(call(ok, {"recording": "RE1"}, ok))
    assert (found.connected, found.whole, found.busy, found.leaves_ticket) == (True, True, False, True)
    assert found.recordings == {"RE1"}


def test_a_recording_whose_end_was_not_answered_is_not_promised() -> None:
    ok, dead = {"request": "/x", "http_status": 200}, {"request": "/y", "http_status": None}
    found = read(call(ok, {"recording": "RE1"}, dead), walk=DROPS, whole=False)
    assert (found.connected, found.whole, found.leaves_ticket) == (True, False, False)
    assert found.recordings == frozenset()


def test_a_recording_that_was_answered_leaves_a_ticket_although_the_call_broke_off_later() -> None:
    ok, dead = {"request": "/x", "http_status": 200}, {"request": "/y", "http_status": 502}
    found = read(call(ok, {"recording": "RE1"}, ok, dead), whole=False)
    assert (found.whole, found.leaves_ticket) == (False, True)


def test_a_recording_is_not_promised_to_a_caller_who_hears_then_that_the_lines_are_busy() -> None:
    ok, busy = {"request": "/x", "http_status": 200}, {"verb": "Play", "url": "https://h/prompts/ur/busy.wav"}
    assert read(call(ok, {"recording": "RE1"}, ok, busy), whole=False).recordings == frozenset()
    assert read(call(ok, {"recording": "RE1"}, ok, ok, busy), whole=False).recordings == {"RE1"}


def test_a_caller_who_hears_that_the_lines_are_busy_is_not_connected() -> None:
    found = read(call({"request": "/x", "http_status": 200}, heard=("https://h/prompts/ur/busy.wav",)))
    assert (found.connected, found.busy, found.whole) == (False, True, False)


def test_a_call_that_nobody_answered_is_not_connected() -> None:
    assert not read(call({"request": "/x", "http_status": None})).connected


def test_the_hidden_fields_of_a_page_are_read_as_a_browser_reads_them() -> None:
    page = '<input type="hidden" name="csrf_token" value="a&amp;b"><input type="hidden" name="version" value="3">'
    assert _fields(page + '<input type="hidden" name="version" value="9">') == {"csrf_token": "a&b", "version": "3"}


def test_the_log_of_the_account_mends_the_line_of_calls_and_no_other() -> None:
    texts, calls = Line("texts", 3, ("one is nowhere",)), Line(CALLS, 2, ("answered and not stored: contacts 7",))
    later = [Line("texts", 4), Line(CALLS, 2)]
    assert _with_calls_anew([texts, calls], later) == [texts, Line(CALLS, 2)]

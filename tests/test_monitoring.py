"""What is shipped for Prometheus and Grafana: rules that alarm when they should and not before, and no metric that there is not."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hotline.domain.look import Look
from hotline.jobs import QUEUES
from hotline.services.condition import ticks
from hotline.services.condition.readiness import Readiness
from hotline.web import exposition
from tests.promtool import promtool
from tests.services.colleagues import settle
from tests.services.condition.states import fill
from tests.support import Clock, make_runtime

DEPLOY = Path(__file__).resolve().parent.parent / "deploy"
RULES, TESTS = DEPLOY / "prometheus/hotline.rules.yml", DEPLOY / "prometheus/hotline.rules.test.yml"
DASHBOARD = DEPLOY / "grafana/hotline.json"
PARTS = ("database", "redis", "spool", "clock", "disk")
_METRIC = re.compile(r"hotline_[a-z_]+")


@pytest.fixture
def told(sqlite_url: str, clock: Clock, tmp_path: Path) -> Iterator[str]:
    """What a hotline tells in which there is something of all."""
    rt = make_runtime(sqlite_url, clock=clock, data_dir=tmp_path / "data")
    settle(rt, tmp_path)
    rt.spool.make_ready()
    fill(rt)
    yield exposition.exposed(rt, dict.fromkeys(PARTS, "ok"))
    assert tuple(Readiness(rt)._parts) == PARTS
    rt.close()


def metrics(text: str) -> set[str]:
    return set(re.findall(r"^# TYPE (\w+) gauge$", text, re.MULTILINE))


def expressions() -> list[str]:
    """Those of all alarms, as they stand in the file."""
    return re.findall(r"^ +expr: (.+)$", RULES.read_text("utf-8"), re.MULTILINE)


def alerts(text: str) -> list[str]:
    return re.findall(r"^ +- alert: (\w+)$", text, re.MULTILINE)


def test_prometheus_takes_the_rules() -> None:
    checked = promtool("check", "rules", str(RULES))
    assert (checked.returncode, checked.stderr) == (0, "")
    assert f"{len(expressions())} rules found" in checked.stdout


def test_each_alarm_is_raised_when_it_should_be_and_not_before() -> None:
    tested = promtool("test", "rules", str(TESTS))
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_each_alarm_has_a_test_in_which_it_is_raised_and_three_in_which_it_is_not() -> None:
    raised, quiet = [], []
    for name, more in re.findall(r"alertname: (\w+)\n( +exp_alerts:)?", TESTS.read_text("utf-8")):
        (raised if more else quiet).append(name)
    names = alerts(RULES.read_text("utf-8"))
    assert len(names) > 15
    assert [name for name in names if name not in raised or quiet.count(name) < 3] == []


def test_rules_and_dashboard_name_only_what_is_told_and_the_rules_name_most_of_it(told: str) -> None:
    there = metrics(told)
    board = json.loads(DASHBOARD.read_text("utf-8"))
    shown = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    in_rules, on_board = set(_METRIC.findall(" ".join(expressions()))), set(_METRIC.findall(" ".join(shown)))
    assert (in_rules - there, on_board - there) == (set(), set())
    assert there - on_board == set(), "the dashboard shows all of it"
    assert len(in_rules) > 18


def test_labels_in_rules_and_their_tests_are_those_that_are_told(told: str) -> None:
    labels: dict[str, set[str]] = {"look": {exposition.LOOKS[look] for look in Look}, "part": set(PARTS), "who": {*QUEUES, ticks.CLOCK}}
    labels["folder"] = {"data", "database", "backups"}
    named = re.findall(r'(look|part|who|folder)="(\w+)"', RULES.read_text("utf-8") + TESTS.read_text("utf-8"))
    assert [(label, value) for label, value in named if value not in labels[label]] == []
    assert [(label, value) for label, value in re.findall(r'(look|part|who|folder)="(\w+)"', told) if value not in labels[label]] == []


def test_the_dashboard_has_a_place_for_each_panel_and_asks_one_source() -> None:
    board: dict[str, Any] = json.loads(DASHBOARD.read_text("utf-8"))
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"]) > 15
    assert {panel["datasource"]["uid"] for panel in board["panels"]} == {"${DS_PROMETHEUS}"}
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells

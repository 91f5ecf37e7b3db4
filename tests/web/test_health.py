"""What programs are told: who may ask, that nothing is waited for, and that Prometheus reads the figures."""

import dataclasses
import json
import re
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from redis import Redis

from hotline.app import create_app
from hotline.runtime import Runtime
from hotline.sections import Web
from hotline.services.condition import readiness, ticks
from hotline.spool import SpoolFault
from hotline.web import exposition
from tests.promtool import promtool
from tests.services.colleagues import settle
from tests.services.condition.states import fill
from tests.support import HER, OTHER, Clock, away

TOKEN = "t" * 32
BEARER = {"Authorization": f"Bearer {TOKEN}"}
ASKED = ("/readyz", "/metrics")
DISK = type(shutil.disk_usage("/"))


@pytest.fixture(autouse=True)
def _roomy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever disk this runs on."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: DISK(100, 50, 50))


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], redis_url: str, tmp_path: Path) -> Runtime:
    rt = make_rt(metrics_token=TOKEN, redis_url=redis_url, public_url="http://127.0.0.1:8000")
    settle(rt, tmp_path)
    ticks.clock_rang(rt)
    return rt


@pytest.fixture
def app(rt: Runtime) -> Flask:
    return create_app(rt)


def asked(app: Flask, path: str, *, by: str = "10.0.0.7", **headers: str) -> tuple[int, str]:
    answer = app.test_client().get(path, headers=headers or None, environ_base={"REMOTE_ADDR": by})
    return answer.status_code, answer.get_data(as_text=True)


def ready(app: Flask) -> tuple[int, dict[str, str]]:
    status, said = asked(app, "/readyz", **BEARER)
    told = json.loads(said)
    assert told["ready"] is (status == 200)
    parts: dict[str, str] = told["parts"]
    return status, {name: one for name, one in parts.items() if one != "ok"}


# Who may ask


@pytest.mark.parametrize("path", ASKED)
@pytest.mark.parametrize("by", ["127.0.0.1", "127.8.0.1", "::1"])
def test_this_machine_may_ask_without_a_token(app: Flask, path: str, by: str) -> None:
    assert asked(app, path, by=by)[0] == 200


@pytest.mark.parametrize("path", ASKED)
@pytest.mark.parametrize("given", ["", TOKEN, f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer", "Bearer ", "Bearer é"])
def test_nobody_else_may_without_the_token(app: Flask, path: str, given: str) -> None:
    status, said = asked(app, path, Authorization=given)
    assert (status, "hotline_" in said, "parts" in said) == (403, False, False)


@pytest.mark.parametrize("path", ASKED)
def test_who_has_the_token_may_ask_from_anywhere_and_through_a_proxy(app: Flask, path: str) -> None:
    assert asked(app, path, **BEARER)[0] == 200
    assert asked(app, path, **BEARER, by="127.0.0.1", **{"X-Forwarded-For": "203.0.113.9"})[0] == 200


@pytest.mark.parametrize("path", ASKED)
@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Via"])
def test_what_a_proxy_passes_on_is_not_of_this_machine(app: Flask, path: str, header: str) -> None:
    assert asked(app, path, by="127.0.0.1", **{header: "127.0.0.1"})[0] == 403


@pytest.mark.parametrize("public_url", ["https://hotline.example.org", "http://hotline.lan"])
@pytest.mark.parametrize(("proxies", "status"), [(0, 403), (1, 200)])
def test_behind_a_proxy_that_is_not_counted_no_address_is_of_this_machine(
    make_rt: Callable[..., Runtime], proxies: int, status: int, public_url: str, redis_url: str
) -> None:
    rt = make_rt(public_url=public_url, web=Web(proxies=proxies), redis_url=redis_url)
    assert asked(create_app(rt), "/metrics", by="127.0.0.1")[0] == status


def test_without_a_token_an_empty_one_opens_nothing(make_rt: Callable[..., Runtime]) -> None:
    assert asked(create_app(make_rt(metrics_token="")), "/metrics", Authorization="Bearer ")[0] == 403


def test_a_stranger_makes_the_hotline_do_nothing(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness.Readiness, "ask", lambda _: pytest.fail("it was asked"))
    assert [asked(app, path)[0] for path in ASKED] == [403, 403]


# Whether what it needs is there


def test_a_hotline_that_has_all_it_needs_is_ready(app: Flask) -> None:
    assert ready(app) == (200, {})


def test_a_database_that_is_away_is_named_and_so_is_what_cannot_be_known_then(app: Flask, rt: Runtime) -> None:
    with away(rt):
        status, broken = ready(app)
    assert (status, set(broken)) == (503, {"database", "clock"})
    assert broken["database"].startswith("cannot be read")


def test_a_database_that_can_only_be_read_is_named(app: Flask, rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    with rt.engine.connect() as connection:  # of each database its own way to be read only
        if rt.engine.dialect.name == "sqlite":
            connection.exec_driver_sql("CREATE TRIGGER full BEFORE UPDATE ON marks BEGIN SELECT RAISE(FAIL, 'disk full'); END")
            connection.exec_driver_sql("CREATE TRIGGER full_too BEFORE INSERT ON marks BEGIN SELECT RAISE(FAIL, 'disk full'); END")
        else:
            name = connection.exec_driver_sql("SELECT current_database()").scalar_one()
            connection.exec_driver_sql(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        connection.commit()
    rt.engine.dispose()
    status, broken = ready(app)
    assert (status, set(broken)) == (503, {"database"})
    assert broken["database"].startswith("can be read, cannot be written")


def test_a_redis_that_is_away_is_named(make_rt: Callable[..., Runtime], rt: Runtime) -> None:
    gone = make_rt(metrics_token=TOKEN, redis_url="redis://:secret@127.0.0.1:1/0", public_url="http://127.0.0.1:8000")
    status, broken = ready(create_app(gone))
    assert (status, set(broken)) == (503, {"redis"})
    assert "secret" not in broken["redis"]


@pytest.mark.parametrize(("name", "bad", "good"), [("maxmemory", "1", "0"), ("min-replicas-to-write", "1", "0")])
def test_a_redis_that_answers_and_takes_nothing_is_named(app: Flask, redis_url: str, name: str, bad: str, good: str) -> None:
    with Redis.from_url(redis_url) as redis:
        redis.config_set(name, bad)
        try:
            status, broken = ready(app)
        finally:
            redis.config_set(name, good)
    assert (status, set(broken)) == (503, {"redis"})


def test_a_redis_that_is_a_copy_for_reading_is_named(app: Flask, redis_url: str) -> None:
    with Redis.from_url(redis_url) as redis:
        redis.replicaof("127.0.0.1", 1)
        try:
            status, broken = ready(app)
        finally:
            redis.replicaof("NO", "ONE")
    assert (status, broken) == (503, {"redis": "cannot be written: ReadOnlyError"})


def test_a_spool_that_cannot_be_written_is_named(app: Flask, rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise SpoolFault("/secret/place cannot be written")

    monkeypatch.setattr(type(rt.spool), "make_ready", refuse)
    assert ready(app) == (503, {"spool": "cannot be written"})


def test_what_nobody_can_take_in_is_named(app: Flask, rt: Runtime) -> None:
    rt.spool.make_ready()
    aside = rt.config.data_dir / "spool" / "aside"
    aside.mkdir()
    (aside / "00000000000000000001-1-1.age").write_bytes(b"")
    assert ready(app) == (503, {"spool": "1 files cannot be taken in"})


def test_a_clock_that_does_not_ring_is_named(app: Flask, clock: Clock) -> None:
    clock.forward(minutes=5)
    status, broken = ready(app)
    assert (status, set(broken)) == (503, {"clock"})
    assert broken["clock"] == "stands still: sending, tickets, spool, calls, gateways", "a backup may take hours"


def test_workers_that_start_with_this_process_have_a_minute_to_come(rt: Runtime, clock: Clock) -> None:
    clock.forward(hours=9)
    app = create_app(rt)
    clock.forward(seconds=59)
    assert ready(app) == (200, {})
    clock.forward(seconds=1)
    app.extensions["hotline_readiness"]._asked_at = float("-inf")
    assert ready(app)[1]["clock"].startswith("stands still: ")


def test_a_disk_that_is_nearly_full_is_named(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: DISK(100, 91, 9))
    status, broken = ready(app)
    assert (status, set(broken)) == (503, {"disk"})


def test_what_hangs_is_waited_for_two_seconds_and_is_not_asked_again_meanwhile(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []

    def hang(_: Runtime) -> str:
        begun.append(1)
        time.sleep(0.8)
        return "ok"

    monkeypatch.setattr(readiness, "redis", hang)
    monkeypatch.setattr(readiness, "WITHIN_S", 0.2)
    monkeypatch.setattr(readiness, "_FRESH_S", 0.0)
    asks = readiness.Readiness(rt)
    began = time.monotonic()
    first, second = asks.ask(), asks.ask()
    assert time.monotonic() - began < 0.7
    assert (first["redis"], second["redis"], len(begun)) == (readiness.NO_ANSWER, readiness.NO_ANSWER, 1)
    assert first["disk"] == "ok"
    time.sleep(0.8)
    monkeypatch.setattr(readiness, "WITHIN_S", 2.0)
    assert asks.ask()["redis"] == "ok"


def test_who_asks_again_at_once_is_told_the_same(app: Flask, rt: Runtime, clock: Clock) -> None:
    assert ready(app) == (200, {})
    with away(rt):
        assert ready(app) == (200, {})


# The figures


def test_prometheus_reads_the_figures_of_a_hotline_in_which_everything_waits(app: Flask, rt: Runtime) -> None:
    fill(rt)
    status, text = asked(app, "/metrics", **BEARER)
    checked = promtool("check", "metrics", given=text)
    assert (status, checked.returncode, checked.stdout, checked.stderr) == (200, 0, "", "")
    for line in (
        'hotline_texts_unknown{gateway="twilio"} 1',
        'hotline_texts_unknown{gateway="set up no longer"} 1',
        'hotline_texts_undecided{gateway="twilio"} 1',
        "hotline_oldest_unsent_seconds 5400",
        'hotline_first_looks_waiting{look="danger"} 2',
        'hotline_first_looks_waiting{look="next"} 7',
        "hotline_danger_unacted 1",
        "hotline_danger_unacted_age_seconds 5400",
        "hotline_tickets_unrouted 1",
        "hotline_recordings_awaited 1",
        'hotline_gateway_carries{gateway="twilio"} 0',
        'hotline_gateway_given_texts{gateway="twilio"} 7',
        'hotline_gateway_battery_ratio{gateway="twilio"} 0.4',
        'hotline_stands_still{who="calls"} 1',
        'hotline_stands_still{who="sending"} 0',
        'hotline_tick_age_seconds{who="calls"} 5400',
        "hotline_backup_age_seconds 5400",
        "hotline_spool_files 0",
        'hotline_part_works{part="redis"} 1',
        'hotline_part_works{part="clock"} 0',
        "hotline_figures_read 1",
    ):
        assert f"{line}\n" in text, line


def test_prometheus_reads_the_figures_of_an_empty_hotline_and_of_one_without_its_database(app: Flask, rt: Runtime) -> None:
    texts = [asked(app, "/metrics", **BEARER)[1]]
    with away(rt):
        texts.append(asked(app, "/metrics", **BEARER)[1])
    assert [promtool("check", "metrics", given=text).stderr for text in texts] == ["", ""]
    assert ["hotline_figures_read 1\n" in text for text in texts] == [True, False]
    assert "hotline_figures_read 0\n" in texts[1]
    assert "hotline_spool_files" in texts[1]
    assert "hotline_texts_queued" not in texts[1], "what is not known is not told as 0"


def test_a_disk_that_hangs_holds_no_scrape(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    hangs = threading.Event()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: hangs.wait(10) and DISK(100, 50, 50))
    monkeypatch.setattr(readiness, "WITHIN_S", 0.2)
    began = time.monotonic()
    status, text = asked(app, "/metrics", **BEARER)
    took = time.monotonic() - began
    hangs.set()
    assert (status, took < 5) == (200, True)
    assert 'hotline_part_works{part="disk"} 0\n' in text
    assert "hotline_disk_free_bytes" not in text


def test_the_figures_hold_no_number_no_word_and_no_reference(app: Flask, rt: Runtime) -> None:
    fill(rt)
    text = asked(app, "/metrics", **BEARER)[1]
    values = [float(line.rpartition(" ")[2]) for line in text.splitlines() if not line.startswith("#")]
    assert len(values) > 40
    assert not re.search(rf"{HER[1:]}|{OTHER[1:]}|mobile|police|street|Alice", text)
    labels = set(re.findall(r'"([^"]*)"', text))
    assert labels <= {"twilio", exposition.OTHER, "danger", "next", "last", "data", "database", *readiness.Readiness(rt)._parts, *ticks.ALL}


def test_a_label_with_odd_letters_is_written_as_prometheus_reads_it(make_rt: Callable[..., Runtime], redis_url: str) -> None:
    rt = make_rt(metrics_token=TOKEN, redis_url=redis_url)
    odd = dataclasses.replace(rt.config, gateways={'a"b\\c\nd': rt.config.gateways["twilio"]})
    text = asked(create_app(dataclasses.replace(rt, config=odd)), "/metrics", **BEARER)[1]
    assert r'{gateway="a\"b\\c\nd"}' in text
    assert promtool("check", "metrics", given=text).stderr == ""

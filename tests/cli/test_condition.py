"""The doctor's look at a hotline that runs: the lines by which somebody at night sees what has stopped."""

import contextlib
from dataclasses import replace
from datetime import timedelta

import pytest

from hotline.cli.checks import condition
from hotline.cli.checks.verdict import Doubtful, Wrong
from hotline.runtime import Runtime
from hotline.services.condition import certificate, disks, ticks
from hotline.services.condition.disks import Disk
from tests.support import Clock, text_in


@pytest.fixture
def _this_hotline(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(condition, "runtime_of", lambda _: contextlib.nullcontext(rt))


@pytest.mark.usefixtures("_this_hotline")
def test_a_hotline_of_which_nothing_was_started_is_doubtful(rt: Runtime) -> None:
    with pytest.raises(Doubtful, match="nor a worker has done anything yet: start them"):
        condition.running(rt.config)


@pytest.mark.usefixtures("_this_hotline")
def test_who_stands_still_is_wrong_until_it_goes_on(rt: Runtime, clock: Clock) -> None:
    ticks.note(rt, *ticks.ALL)
    assert condition.running(rt.config) == "the clock and all workers"
    clock.forward(minutes=5)
    ticks.note(rt, *(set(ticks.ALL) - {"sending"}))
    with pytest.raises(Wrong, match=r"stand still: sending; the last of all that was done is of 20\d\d-\d\d-\d\d \d\d:\d\d\. Start"):
        condition.running(rt.config)
    ticks.note(rt, "sending")
    assert condition.running(rt.config) == "the clock and all workers"


@pytest.mark.usefixtures("_this_hotline")
def test_a_text_that_should_have_left_is_wrong(rt: Runtime, clock: Clock) -> None:
    text_in(rt, "the drain is blocked")
    assert condition.texts(rt.config) == "none that should have left waits for long"
    clock.forward(minutes=rt.config.watch.unsent_minutes + 1)
    with pytest.raises(Wrong, match="should have left since 20"):
        condition.texts(rt.config)


def test_a_disk_that_is_nearly_full_is_wrong(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    assert condition.disk(rt.config) == "enough is free"
    monkeypatch.setattr(disks, "_disk", lambda _: Disk(100, 5))
    with pytest.raises(Wrong, match="less than 10 % is free where these lie: data"):
        condition.disk(rt.config)


@pytest.mark.usefixtures("_this_hotline")
@pytest.mark.parametrize(
    ("days", "fault", "said"),
    [(60, None, "holds until 20"), (3, Doubtful, "ends on 20.*renewed"), (-1, Wrong, "does not hold: gateways refuse")],
)
def test_the_certificate_of_the_public_address_is_looked_at(
    rt: Runtime, clock: Clock, monkeypatch: pytest.MonkeyPatch, days: int, fault: type[Exception] | None, said: str
) -> None:
    monkeypatch.setattr(certificate, "ends_at", lambda *_, **__: clock.now + timedelta(days=days))
    assert "not known" in condition.address(rt.config)
    certificate.ask_when_due(rt)
    if fault is None:
        assert said in condition.address(rt.config)
    else:
        with pytest.raises(fault, match=said):
            condition.address(rt.config)


@pytest.mark.usefixtures("_this_hotline")
def test_a_certificate_that_was_renewed_since_a_worker_asked_is_seen(rt: Runtime, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificate, "ends_at", lambda *_, **__: clock.now)
    certificate.ask_when_due(rt)
    monkeypatch.setattr(certificate, "ends_at", lambda *_, **__: clock.now + timedelta(days=80))
    assert "holds until" in condition.address(rt.config)


def test_a_public_address_without_tls_has_no_certificate(rt: Runtime) -> None:
    assert "no certificate" in condition.address(replace(rt.config, public_url="http://127.0.0.1:8000"))


def test_what_cannot_be_seen_yet_is_said(rt: Runtime) -> None:
    config = replace(rt.config, database_url="postgresql://hotline@127.0.0.1:1/hotline")
    for check in (condition.running, condition.texts, condition.address):
        assert "once the rest is mended" in check(config)

"""`hotline reconcile`: asks the gateways now, says how many were missing, shows no number and no word, and refuses nonsense."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from hotline.cli import gatewaylines, main
from hotline.gateways.registry import call_logs, load_config, text_gateways
from hotline.runtime import Runtime
from hotline.services.reconciling import asking, logs
from hotline.storage import gatewaylogs
from hotline.storage.models import Message
from tests.simulator.conftest import NUMBER, PHONE, PUBLIC_URL, SID, TOKEN, HotlineDouble, Simulator, hotline, hotline_url, simulator, start
from tests.support import SECRET_KEY, Clock, away, keys_file

__all__ = ["hotline", "hotline_url", "simulator", "start"]

SAID = "orangi town mein mera mobile cheen liya"


@pytest.fixture(autouse=True)
def settings(rt: Runtime, database_url: str, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command finds the hotline of the test, and the pretend account, whose webhooks fail."""
    told = {
        "DATABASE_URL": database_url,
        "SECRET_KEY": SECRET_KEY,
        "KEYS_FILE": keys_file(),
        "PUBLIC_URL": PUBLIC_URL,
        "TWILIO_ACCOUNT_SID": SID,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_NUMBER": NUMBER,
        "TWILIO_API_URL": simulator.url,
        "DATA_DIR": str(rt.config.data_dir),
    }
    for name, value in told.items():
        monkeypatch.setenv(f"HOTLINE_{name}", value)


@pytest.fixture
def passed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some minutes have passed: nothing that the account lists is on its way any more."""
    monkeypatch.setattr("hotline.domain.catchup.STILL_COMING", timedelta(0))


def reconcile(*arguments: str) -> Result:
    result = CliRunner().invoke(main, ["reconcile", *arguments])
    assert PHONE[3:] not in result.output
    assert "mobile" not in result.output
    return result


def hours_ago(hours: int) -> str:
    return f"{datetime.now(UTC) - timedelta(hours=hours):%Y-%m-%dT%H:%M}Z"


def rows(result: Result) -> list[list[str]]:
    return [line.split() for line in result.output.splitlines() if line.startswith(("twilio ", "gateway "))]


@pytest.mark.usefixtures("passed")
def test_it_takes_in_what_is_missing_and_says_that_it_balances(rt: Runtime, simulator: Simulator) -> None:
    simulator.text(SAID)
    first, second = reconcile("--since", hours_ago(1)), reconcile("--since", hours_ago(1), "--gateway", "twilio")
    assert (first.exit_code, second.exit_code) == (0, 0), first.output
    assert rows(first)[1:] == [["twilio", "texts", "1", "0", "1", "0"], ["twilio", "calls", *"0000"], ["twilio", "recordings", *"0000"]]
    assert rows(second)[1] == ["twilio", "texts", "1", "1", "0", "0"]
    assert first.output.endswith("It balances.\n")
    with rt.reading() as session:
        assert len(session.scalars(select(Message).where(Message.direction == "in")).all()) == 1
        assert gatewaylogs.every(session) == {}


@pytest.mark.usefixtures("passed")
def test_what_could_not_be_taken_in_is_counted_and_the_code_says_so(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise ValueError("a fault of ours")

    monkeypatch.setattr("hotline.services.reconciling.logs.receive_text", fails)
    simulator.text(SAID)
    result = reconcile("--since", hours_ago(1))
    assert result.exit_code == 1
    assert ["twilio", "texts", "1", "0", "0", "1"] in rows(result)
    assert "It does NOT balance" in result.output


def test_a_gateway_that_cannot_be_asked_is_named_with_its_code(simulator: Simulator) -> None:
    simulator.faults(list_http_next=-1, list_http_status=503)
    result = reconcile("--since", hours_ago(1))
    assert result.exit_code == 1
    assert [row[-1] for row in rows(result)[1:]] == ["(20503)", "0", "(20503)"]  # no number of ours can be called


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("yesterday", "is no time; write it like 2026-11-30T04:00"),
        ("", "is no time"),
        ("2026-02-30T04:00", "is no time"),
        ("04:00", "is no time"),
        ("2999-01-01", "is yet to come; here it is "),
        ("1999-01-01", "is more than 400 days ago"),
        ("0001-01-01T00:00+23:59", "is more than 400 days ago"),
    ],
)
def test_nonsense_is_refused(given: str, wanted: str) -> None:
    result = reconcile("--since", given)
    assert (result.exit_code, wanted in result.output) == (2, True), result.output
    assert "Traceback" not in result.output


def test_a_time_without_a_zone_is_that_of_the_clock_on_the_wall(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[datetime] = []

    def since(_rt: object, _texts: object, _calls: object, start: datetime) -> Iterator[object]:
        asked.append(start)
        return iter(())

    monkeypatch.setattr("hotline.cli.reconciling.reconcile_since", since)
    at = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(hours=7)
    in_karachi = at + timedelta(hours=5)
    assert reconcile("--since", f"{in_karachi:%Y-%m-%dT%H:%M}").exit_code == 0
    assert asked == [at]


def test_a_gateway_that_is_not_there_is_refused_with_the_names() -> None:
    result = reconcile("--since", hours_ago(1), "--gateway", "sim9")
    assert result.exit_code == 1
    assert "there is no gateway sim9; there are: twilio" in result.output


@pytest.mark.usefixtures("simulator")
def test_the_doctor_doubts_a_gateway_of_which_it_is_long_unknown_what_came(rt: Runtime, clock: Clock) -> None:
    gateways, logs = text_gateways(load_config()), call_logs(load_config())
    try:
        asking.reconcile_due(rt, gateways, logs)
    finally:
        gateways["twilio"].close()
        logs["twilio"].close()
    clock.forward(minutes=59)
    carries, said = gatewaylines.said(rt, "twilio")
    assert (carries, said.endswith("; what came by 2026-11-23 12:00 is here")) == (True, True), said
    clock.forward(minutes=3)
    carries, said = gatewaylines.said(rt, "twilio")
    assert (carries, said.endswith(" is here, and of later nothing is sure")) == (False, True), said


def test_since_has_to_be_said(hotline: HotlineDouble) -> None:
    assert reconcile().exit_code == 2
    assert hotline.texts == []


@pytest.mark.usefixtures("passed")
@pytest.mark.parametrize(
    ("when", "says"),
    [
        ("here_already", "the database failed (OperationalError); run hotline doctor"),
        ("receive_text", "the database cannot be written; run it again, nothing is doubled"),
    ],
)
def test_a_database_that_goes_meanwhile_is_told_in_a_sentence(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch, when: str, says: str
) -> None:
    simulator.text(SAID)
    meant = getattr(logs, when)
    with ExitStack() as gone:

        def goes(rt: Runtime, *given: Any, **more: Any) -> Any:
            gone.enter_context(away(rt))
            return meant(rt, *given, **more)

        monkeypatch.setattr(logs, when, goes)
        result = reconcile("--since", hours_ago(1))
    assert (result.exit_code, result.output.splitlines()[1:]) == (1, [f"Error: {says}"])

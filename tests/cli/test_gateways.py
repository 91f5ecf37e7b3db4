"""`hotline gateways`: what it lists, and that a gateway is stopped and started by it."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from hotline.cli import main
from hotline.cli.checks.gateways import kept
from hotline.cli.checks.verdict import Doubtful
from hotline.domain.standing import State
from hotline.gateways.base import Abilities, GatewayError, LookUp, Outcome
from hotline.gateways.registry import load_config
from hotline.runtime import Runtime
from hotline.services.texts import gatewayview
from hotline.services.texts.outbound import send_due
from hotline.services.texts.reports import settle_unknown
from hotline.storage import gatewaystates
from hotline.storage.auditmodels import Showing
from hotline.storage.callmodels import Recording
from hotline.storage.peoplemodels import PeopleEvent
from tests.recorded import RecordingGateway, a_recording
from tests.support import HER, SECRET_KEY, Clock, ScriptedGateway, alter, keys_file, text_in

SID = "AC" + "0" * 31 + "1"
SAID = "orangi town mein mera mobile cheen liya"


@pytest.fixture(autouse=True)
def settings(rt: Runtime, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands find the hotline of the test."""
    told = {
        "DATABASE_URL": database_url,
        "SECRET_KEY": SECRET_KEY,
        "KEYS_FILE": keys_file(),
        "PUBLIC_URL": "https://hotline.example.org",
        "TWILIO_ACCOUNT_SID": SID,
        "TWILIO_AUTH_TOKEN": "12345",
        "TWILIO_NUMBER": "+15005550006",
        "TWILIO_API_URL": "http://127.0.0.1:1",
    }
    for name, value in told.items():
        monkeypatch.setenv(f"HOTLINE_{name}", value)


def gateways(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["gateways", *arguments])


def last(result: Result) -> str:
    """The last line, below what is logged."""
    assert result.exit_code == 0, result.output
    return result.output.splitlines()[-1]


def state(rt: Runtime) -> State:
    [view] = gatewayview.overview(rt)
    return view.state


@pytest.mark.parametrize("command", [(), ("list",)])
def test_it_lists_how_each_gateway_is_and_what_it_carried(rt: Runtime, command: tuple[str, ...]) -> None:
    text_in(rt, SAID)
    result = gateways(*command)
    assert result.exit_code == 0, result.output
    head, line = result.output.splitlines()
    assert head.split() == ["name", "kind", "carries", "came", "in", "sent", "delivered", "failed", "how", "it", "is"]
    # The clock of the command is the real one.
    assert re.fullmatch(r"twilio +twilio +texts and calls +0/\d+ +0/0 +0/0 +0/0 +works; untried with a real service", line)


def test_a_gateway_is_stopped_with_a_reason_and_started(rt: Runtime) -> None:
    assert gateways("stop", "twilio").exit_code == 2
    stopped = last(gateways("stop", "twilio", "--why", "no balance"))
    assert stopped == "twilio is stopped; to let it carry again: hotline gateways start twilio"
    assert state(rt) is State.STOPPED
    assert "stopped by the command line since 20" in gateways().output
    assert last(gateways("stop", "twilio", "--why", "again")) == "twilio was stopped already."
    assert last(gateways("start", "twilio")) == "twilio carries again."
    assert last(gateways("start", "twilio")) == "twilio was not stopped."
    assert last(gateways()).endswith("works; untried with a real service")
    with rt.reading() as session:
        events = [(one.kind, one.by_id) for one in session.scalars(select(PeopleEvent).order_by(PeopleEvent.id))]
    assert events == [("gateway_stopped", None), ("gateway_started", None)]


@pytest.mark.parametrize("command", [("stop", "sim9", "--why", "x"), ("start", "sim9")])
def test_a_name_that_is_set_up_nowhere_is_answered_with_those_that_are(rt: Runtime, command: tuple[str, ...]) -> None:
    result = gateways(*command)
    assert (result.exit_code, "there is no gateway sim9; there are: twilio" in result.output) == (1, True)
    assert state(rt) is State.WELL


def test_a_line_carries_no_texts_and_has_no_stop(rt: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = tmp_path / "hotline.toml"
    written.write_text('[gateways.line1]\nkind = "sip"\nhost = "sip.example.pk"\nuser = "1"\nregister = false\n')
    monkeypatch.setenv("HOTLINE_CONFIG", str(written))
    line = gateways().output.splitlines()[1]
    assert re.fullmatch(r"line1 +sip +calls +- +- +- +-  hotline doctor asks how its line is; experimental", line)
    for command in (("stop", "line1", "--why", "x"), ("start", "line1")):
        result = gateways(*command)
        assert (result.exit_code, "line1 carries calls only, and a stop is for texts" in result.output) == (1, True)
    with rt.reading() as session:
        assert list(session.scalars(select(PeopleEvent))) == []


def test_a_reason_without_words_is_none(rt: Runtime) -> None:
    result = gateways("stop", "twilio", "--why", "  ")
    assert result.exit_code == 2
    assert state(rt) is State.WELL


def test_it_says_why_a_gateway_rests(rt: Runtime, clock: Clock) -> None:
    with rt.transaction() as tx:
        gatewaystates.rest(tx.session, "twilio", "20003", now=rt.clock().replace(year=2999))
    assert re.search(r"rests until 2999-[0-9: -]+ \(20003\)", gateways().output)


def test_doubts_are_listed_without_words_and_whole_numbers_and_the_look_is_noted(rt: Runtime, clock: Clock) -> None:
    assert gateways("doubts").output == "There is none.\n"
    text_in(rt, SAID)
    gateway = ScriptedGateway([GatewayError("ReadTimeout", Outcome.UNKNOWN)], can=Abilities(LookUp.NEVER))
    send_due(rt, gateway.alone, for_s=5)
    clock.forward(seconds=25)
    settle_unknown(rt, gateway.alone)
    result = gateways("doubts")
    assert re.match(r"2026-11-23 12:00  twilio            \+92300…01", result.output)
    assert "https://hotline.example.org/gateways" in result.output
    assert not any(hidden in result.output for hidden in (HER, "mobile", "received"))
    with rt.reading() as session:
        assert [(one.kind, one.volunteer_id) for one in session.scalars(select(Showing))] == [("command", None)] * 2


def test_the_doctor_names_gateways_that_were_taken_out_and_still_have_recordings(rt: Runtime) -> None:
    a_recording(rt, RecordingGateway())
    assert kept(load_config()).startswith("texts and calls are deleted")
    alter(rt, Recording, gateway="line1")
    with pytest.raises(Doubtful, match=r"not configured any more \(1 at line1\): put their tables back"):
        kept(load_config())

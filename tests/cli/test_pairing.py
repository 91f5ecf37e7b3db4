"""`hotline gateways pair`: a phone is set up, sends a first text and calls us; each failure says what to do."""

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from hotline.cli import main
from hotline.simulator.androidfaults import NO_BALANCE, NO_SIGNAL, PhoneFaults
from tests.gateways.android.world import KEY, NAME, PASSWORD, AndroidWorld, open_world
from tests.gateways.world import MakeRt
from tests.support import HER, SECRET_KEY, catalogues, keys_file


@pytest.fixture
def world(make_rt: MakeRt) -> Iterator[AndroidWorld]:
    with open_world(make_rt) as world:
        world.phone.reset()  # it was never set up
        yield world


@pytest.fixture
def pair(world: AndroidWorld, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs the command; `table` changes lines of the phone's table, `env` the environment."""
    catalogues()
    monkeypatch.setattr(sys.modules["hotline.cli.setting"], "configure_log", lambda _level: None)
    monkeypatch.setattr(sys.modules["hotline.cli.pairing"], "_LOOK_S", 0.02)

    def run(*words: str, table: str = f'url = "{world.phone_url}"\npretend = true', **env: Any) -> Result:
        (tmp_path / "hotline.toml").write_text(f'[gateways.{NAME}]\nkind = "android"\n{table}\n')
        settings = {
            "HOTLINE_CONFIG": str(tmp_path / "hotline.toml"),
            "HOTLINE_DATA_DIR": str(tmp_path / "data"),
            "HOTLINE_DATABASE_URL": database_url,
            "HOTLINE_SECRET_KEY": SECRET_KEY,
            "HOTLINE_KEYS_FILE": keys_file(),
            "HOTLINE_PUBLIC_URL": world.hotline_url,
            "HOTLINE_SIM1_PASSWORD": PASSWORD,
            "HOTLINE_SIM1_SIGNING_KEY": KEY,
        }
        return CliRunner().invoke(main, ["gateways", "pair", *(words or (NAME, "--to", HER, "--wait", "5"))], env=settings | env)

    return run


@pytest.fixture
def pinging(world: AndroidWorld) -> Iterator[None]:
    """The phone tells how it is a few times a second, and not once a minute."""
    over = threading.Event()

    def ping() -> None:
        while not over.wait(0.1):
            world.phone.ping()

    thread = threading.Thread(target=ping)
    thread.start()
    yield
    over.set()
    thread.join()


@pytest.mark.usefixtures("pinging")
def test_a_phone_is_set_up_sends_a_text_and_reaches_us(pair: Callable[..., Result], world: AndroidWorld) -> None:
    world.rt.clock.forward(days=-30)  # type: ignore[attr-defined]  # the command has the real clock, the hotline that of the test
    world.rt.clock.now = world.rt.clock.now.replace(year=2100)  # type: ignore[attr-defined]  # the same
    result = pair()
    assert result.exit_code == 0, result.output
    assert "the text '1 2 3' is " in result.output
    assert "The phone reaches us; battery 87 %. Done." in result.output
    assert "█" in result.output or "▀" in result.output
    assert [(one.to, one.text) for one in world.phone.arrived()] == [(HER, "1 2 3")]
    assert world.phone.setup.settings["webhooks"]["signing_key"] == KEY


def test_a_text_by_each_sim(pair: Callable[..., Result], world: AndroidWorld) -> None:
    result = pair(table=f'url = "{world.phone_url}"\npretend = true\nsims = ["2", "1"]')
    assert [one.sim for one in world.phone.arrived()] == [2, 1]
    assert "does not reach us" in result.output
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("faults", "told"),
    [
        ({"send_error_next": 1, "send_error": NO_SIGNAL}, "there is no signal"),
        ({"send_error_next": 1, "send_error": NO_BALANCE}, "see that the SIM has balance"),
        ({"send_error_next": 1, "send_error": "Can't send message: No SIMs found"}, "there is no such SIM"),
        ({"send_error_next": 1, "send_error": "sendSMS: null"}, "send a text by hand on the phone"),
        ({"off": True}, "nobody answers at"),
    ],
)
def test_a_text_that_does_not_leave_says_what_to_do(pair: Callable[..., Result], world: AndroidWorld, faults: Any, told: str) -> None:
    world.phone.faults = PhoneFaults(**faults)
    result = pair()
    assert (result.exit_code, told in result.output) == (1, True), result.output


def test_a_phone_that_refuses_or_is_away_says_what_to_do(pair: Callable[..., Result], world: AndroidWorld) -> None:
    assert "compare HOTLINE_SIM1_PASSWORD" in pair(HOTLINE_SIM1_PASSWORD="another").output
    assert "nobody answers at http://127.0.0.1:9" in pair(table='url = "http://127.0.0.1:9"\npretend = true').output
    assert "install a newer one" in pair(HOTLINE_PUBLIC_URL="http://hotline.example.org").output
    assert world.phone.arrived() == []


def test_behind_a_server_the_key_is_set_on_the_phone(pair: Callable[..., Result], world: AndroidWorld) -> None:
    world.phone.setup.settings["webhooks"]["signing_key"] = "8letters"
    result = pair(table=f'url = "{world.phone_url}"\npretend = true\nmode = "server"')
    assert "Settings, Webhooks, Signing key: the second code below" in result.output
    assert world.phone.setup.settings["webhooks"]["signing_key"] == "8letters"


def test_an_app_that_passes_settings_over_is_told_of(pair: Callable[..., Result], world: AndroidWorld) -> None:
    world.phone.setup.settings["messages"] = {"log_lifetime_days": None}
    assert "Not taken: messages.processing_order. Set these on the phone" in pair().output


def test_what_is_no_phone_is_told(pair: Callable[..., Result], world: AndroidWorld) -> None:
    assert "the phones are sim1" in pair("sim2", "--to", HER).output
    assert "the phones are sim1" in pair("twilio", "--to", HER).output
    assert "'hello' is no phone's number" in pair(NAME, "--to", "hello").output
    real = pair(table=f'url = "{world.phone_url}"')
    assert "HOTLINE_PUBLIC_URL is not https" in real.output
    assert world.phone.arrived() == []

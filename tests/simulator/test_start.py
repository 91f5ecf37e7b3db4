"""Starting and stopping it."""

import os
import signal
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path

import pytest

from hotline.simulator.__main__ import build, main
from tests.simulator.conftest import PHONE, SID, Simulator

SETTINGS = {
    "HOTLINE_TWILIO_ACCOUNT_SID": SID,
    "HOTLINE_TWILIO_AUTH_TOKEN": "12345",
    "HOTLINE_TWILIO_NUMBER": "+12025550100",
    "HOTLINE_PUBLIC_URL": "http://127.0.0.1:9",
}


def start(*arguments: str, **settings: str) -> "subprocess.Popen[str]":
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HOTLINE_")}
    return subprocess.Popen(
        [sys.executable, "-m", "hotline.simulator", "--port", "0", *arguments],
        env={**kept, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_the_phones_are_logs_nobody_and_ends_cleanly(tmp_path: Path, ending: signal.Signals) -> None:
    (tmp_path / "token").write_text("12345\n", encoding="utf-8")
    settings = {name: value for name, value in SETTINGS.items() if name != "HOTLINE_TWILIO_AUTH_TOKEN"}
    with start(**settings, HOTLINE_TWILIO_AUTH_TOKEN_FILE=str(tmp_path / "token")) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("The phones are at http://127.0.0.1:")
        connection = HTTPConnection(line.split("//")[1].strip("/\n"), timeout=10)
        connection.request("POST", f"/phones/{PHONE}/texts", '{"body": "secret"}', {"Content-Type": "application/json"})
        assert connection.getresponse().status == 200
        connection.close()
        process.send_signal(ending)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (0, "", "")


@pytest.mark.parametrize(
    ("arguments", "settings", "line"),
    [
        ([], {}, "HOTLINE_TWILIO_ACCOUNT_SID, HOTLINE_TWILIO_AUTH_TOKEN, HOTLINE_TWILIO_NUMBER, HOTLINE_PUBLIC_URL"),
        (["--bind", "0.0.0.0"], SETTINGS, "loopback only"),  # noqa: S104  refused is what is tested
        ([], {**SETTINGS, "HOTLINE_PUBLIC_URL": "https://hotline.example"}, "on this computer only"),
        (["--hotline-url", "http://10.0.0.1"], SETTINGS, "on this computer only"),
        ([], {**SETTINGS, "HOTLINE_VOICE_NUMBERS": "+12025550100, 0300 1234567"}, "a voice number is not in E.164"),
        ([], {**SETTINGS, "HOTLINE_TWILIO_API_URL": "https://api.twilio.com"}, "beside a real gateway"),
        ([], {**SETTINGS, "HOTLINE_TWILIO_AUTH_TOKEN_FILE": "/nowhere"}, "HOTLINE_TWILIO_AUTH_TOKEN_FILE cannot be read"),
    ],
)
def test_what_it_cannot_start_with_it_says_in_one_line(
    arguments: list[str], settings: dict[str, str], line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in os.environ if name.startswith("HOTLINE_")]:
        monkeypatch.delenv(name)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["simulator", "--port", "0", *arguments])
    assert main() == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert line in err


def test_the_numbers_that_can_be_called_are_told_by_the_environment() -> None:
    app = build({**SETTINGS, "HOTLINE_VOICE_NUMBERS": "+12025550111, +12025550122,"}, None)
    assert app.extensions["simulator"].account.called_numbers == ("+12025550111", "+12025550122")
    app = build(SETTINGS, None)
    assert app.extensions["simulator"].account.called_numbers == ("+12025550100",)


def test_it_remembers_as_many_texts_and_a_tenth_as_many_calls_as_it_is_told() -> None:
    def remembered(**how: int) -> tuple[int, int]:
        exchange = build(SETTINGS, None, **how).extensions["simulator"]
        return exchange.state.keep, exchange.switchboard.book.keep_at_most

    assert remembered() == (5000, 1000)
    assert remembered(keep=50_000) == (50_000, 5000)


def test_it_imports_nothing_else_of_the_hotline() -> None:
    look = "import sys, hotline.simulator.__main__; print([n for n in sys.modules if n.startswith(('hotline', 'workers'))])"
    found = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True).stdout
    others = [name for name in found.strip("[]\n").replace("'", "").split(", ") if not name.startswith("hotline.simulator")]
    assert others == ["hotline"]


def test_an_idle_simulator_takes_requests(simulator: Simulator) -> None:
    assert simulator.call("GET", "/log") == (200, [])

"""`hotline run`: what it refuses in one line, what it keeps, and that nothing outlives it."""

import contextlib
import importlib
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from http.client import HTTPConnection
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner, Result

from hotline.cli import bundled_redis
from hotline.cli.data_folder import FolderNotUsable, data_folder
from hotline.gateways.registry import load_config
from hotline.i18n import PROJECT
from tests.servers import free_port

# The package's `run` is the command; the module of that name is behind it.
run_module = importlib.import_module("hotline.cli.run")

_REAL_ACCOUNT = {"HOTLINE_TWILIO_ACCOUNT_SID": "AC" + "0" * 32}
_SET_BY_US = {
    "HOTLINE_SUPERVISOR",
    "HOTLINE_VOICE_NUMBERS",
    "HOTLINE_PHONE_PASSWORD",
    "HOTLINE_PHONE_SIGNING_KEY",
    "HOTLINE_TEST_DATABASE_URL",  # of the tests; a rehearsal passes it over
}  # for the processes that we start; nobody else sets it
_WITHIN_S = 60.0
_IN_ANOTHER_PROJECT = """
import importlib, pathlib, sys
module = importlib.import_module("hotline.cli.run")
module.PROJECT = pathlib.Path(sys.argv[1])
module.run([])
"""
_WEB = "python web.py"
_WEB_SCRIPT = """
import http.server, os
class Healthy(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_): ...
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Healthy).serve_forever()
"""


def _environment(data: Path, **more: str) -> dict[str, str]:
    ports = {"PORT": str(free_port()), "HOTLINE_SIMULATOR_PORT": str(free_port())}
    return {**os.environ, "HOTLINE_DATA_DIR": str(data), **ports, **more}


def _refusal(env: Mapping[str, str]) -> str:
    """What the command says when it refuses to start: one line and exit code 1."""
    result: Result = CliRunner().invoke(run_module.run, [], env=env)
    assert result.exit_code == 1, result.output
    assert result.output.startswith("Error: ")
    assert result.output.count("\n") == 1
    return result.output


@contextlib.contextmanager
def _running(project: Path, env: Mapping[str, str], *, until: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`hotline run` in a project, once it has said `until`; gives what it had said by then."""
    command = [sys.executable, "-c", _IN_ANOTHER_PROJECT, str(project)]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout
        said = ""
        try:
            while until not in said:
                line = process.stdout.readline()
                assert line, f"it ended:\n{said}"
                said += line
            yield process, said
        finally:
            process.terminate()


def _project(folder: Path, **processes: str) -> Path:
    folder.mkdir()
    lines = {"release": "true", "web": _WEB, **processes}
    (folder / "Procfile").write_text("".join(f"{name}: {command}\n" for name, command in lines.items()))
    (folder / "web.py").write_text(_WEB_SCRIPT)
    return folder


def _processes_of(data: Path) -> list[str]:
    """All processes with this data folder in their environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"HOTLINE_DATA_DIR={data}".encode() in (process / "environ").read_bytes().split(b"\0"):
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


def _eventually(holds: Callable[[], bool], *, within_s: float = 15.0) -> bool:
    deadline = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize("name", ["PORT", "HOTLINE_SIMULATOR_PORT"])
def test_a_busy_port_is_told_in_one_line_before_anything_starts(tmp_path: Path, name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        said = _refusal(_environment(tmp_path / "data", **{name: str(port)}))
    assert f"port {port}" in said
    assert f"name another in {name}" in said
    assert not (tmp_path / "data" / "redis").exists()


def test_two_equal_ports_and_a_port_that_is_none_are_told(tmp_path: Path) -> None:
    assert "must differ" in _refusal(_environment(tmp_path, PORT="8123", HOTLINE_SIMULATOR_PORT="8123"))
    assert "PORT must be a port" in _refusal(_environment(tmp_path, PORT="70000"))


def test_a_folder_that_cannot_be_used_is_told_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "data"
    file.write_text("in the way")
    assert str(file) in _refusal(_environment(file))
    assert "HOTLINE_DATA_DIR" in _refusal(_environment(file / "below"))


def test_a_wide_folder_with_folders_of_others_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "letters").mkdir(parents=True)
    (home / "letter.txt").touch()
    for path, mode in ((home, 0o755), (home / "letters", 0o755), (home / "letter.txt", 0o644)):
        path.chmod(mode)
    said = _refusal(_environment(home))
    assert f"others can look into the data folder {home}" in said
    assert "name one of its own in HOTLINE_DATA_DIR" in said
    assert [stat.S_IMODE(path.stat().st_mode) for path in (home, home / "letters", home / "letter.txt")] == [0o755, 0o755, 0o644]


def test_a_wide_folder_of_our_own_is_narrowed_with_all_that_is_in_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "recordings").mkdir(parents=True)
    for path in (data, data / "recordings"):
        path.chmod(0o777)
    for name in ("secret_key", "hotline.sqlite3", "run.lock", "recordings/0123.wav"):
        (data / name).touch()
        (data / name).chmod(0o666)
    with data_folder(data):
        assert {stat.S_IMODE(path.stat().st_mode) for path in data.rglob("*") if path.is_file()} == {0o600}
        assert [stat.S_IMODE(path.stat().st_mode) for path in (data, data / "recordings")] == [0o700, 0o700]


@pytest.mark.parametrize("name", ["", "run.lock", "secret_key", "redis", "recordings"])
def test_a_link_in_place_of_what_is_ours_is_told_and_not_followed(tmp_path: Path, name: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    if name in ("", "redis", "recordings"):
        elsewhere.mkdir(mode=0o755)
        elsewhere.chmod(0o755)
    else:
        elsewhere.write_text("theirs")
        elsewhere.chmod(0o644)
    data = tmp_path / "data"
    if name:
        data.mkdir(mode=0o700)
        (data / name).symlink_to(elsewhere)
    else:
        data.symlink_to(elsewhere)
    assert f"the data folder {data} cannot be used" in _refusal(_environment(data))
    assert stat.S_IMODE(elsewhere.stat().st_mode) == (0o644 if elsewhere.is_file() else 0o755)
    assert list(elsewhere.iterdir()) == [] if elsewhere.is_dir() else elsewhere.read_text() == "theirs"


def test_one_folder_serves_one_run_at_a_time(tmp_path: Path) -> None:
    with data_folder(tmp_path / "data"):
        assert "another `hotline run`" in _refusal(_environment(tmp_path / "data"))
    with data_folder(tmp_path / "data") as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    with pytest.raises(FolderNotUsable), data_folder(Path("/proc/none")):
        pass


def test_a_redis_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert "HOTLINE_REDIS_SERVER" in _refusal(_environment(tmp_path, HOTLINE_REDIS_SERVER="no-such-server"))


def test_a_long_path_does_not_make_the_socket_unreachable(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100)
    with bundled_redis.socket_path(deep) as path:
        assert len(os.fsencode(path)) <= 103
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert not path.parent.exists()


def test_secrets_are_made_at_the_first_run_kept_and_read_by_nobody_else(tmp_path: Path) -> None:
    plan = run_module._plan(_environment(tmp_path))
    first, second = (run_module.environment(plan, {}, None) for _ in range(2))
    assert first == second
    assert re.fullmatch(r"AC[0-9a-f]{32}", first["HOTLINE_TWILIO_ACCOUNT_SID"])
    assert len(first["HOTLINE_SECRET_KEY"]) >= 32
    assert first["HOTLINE_TWILIO_API_URL"] == plan.simulator_url
    assert run_module.panel(plan) == run_module.panel(plan)
    assert (tmp_path / "demo_password").read_text().strip() in run_module.panel(plan)
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_whatever_is_set_is_read_by_somebody(tmp_path: Path) -> None:
    plan = run_module._plan(_environment(tmp_path))
    sources = [path for folder in ("hotline", "workers") for path in (PROJECT / folder).rglob("*.py") if path.name != "run.py"]
    read = "".join(path.read_text("utf-8") for path in [*sources, PROJECT / "Procfile"])
    unread = [name for name in run_module.environment(plan, {}, None) if name.startswith("HOTLINE_") and name not in read]
    assert unread == []


def test_whatever_can_be_set_is_named_where_people_look_for_it() -> None:
    sources = [path.read_text("utf-8") for folder in ("hotline", "workers") for path in (PROJECT / folder).rglob("*.py")]
    settings = {name for source in sources for name in re.findall(r'"(HOTLINE_[A-Z_]+)"', source)}
    places = "README.md", "config.example.toml", "docs/reliability.md"
    told = "".join((PROJECT / place).read_text("utf-8") for place in places)
    assert {"HOTLINE_SIMULATOR_PORT", "HOTLINE_REDIS_SERVER", "HOTLINE_CONFIG"} <= settings
    assert {name for name in settings if name not in told} == _SET_BY_US


def test_beside_a_real_account_there_is_no_demo(tmp_path: Path) -> None:
    plan = run_module._plan(_environment(tmp_path, **_REAL_ACCOUNT))
    env = run_module.environment(plan, _REAL_ACCOUNT, None)
    assert not plan.demo
    assert env["HOTLINE_TWILIO_ACCOUNT_SID"] == _REAL_ACCOUNT["HOTLINE_TWILIO_ACCOUNT_SID"]
    assert not {"HOTLINE_TWILIO_API_URL", "HOTLINE_TWILIO_NUMBER", "HOTLINE_CONFIG"} & env.keys()
    assert "Phone" not in run_module.panel(plan)


def test_the_demo_with_a_phone_configures_it_pretended_beside_the_account_for_calls(tmp_path: Path) -> None:
    plan = run_module._plan(_environment(tmp_path, HOTLINE_DEMO="android"))
    env = run_module.environment(plan, {}, None)
    assert "android" not in run_module.panel(plan).lower().replace("a pretend android phone; calls", "")  # not offered once more
    config = load_config(env)
    assert list(config.gateways) == ["phone", "twilio"]
    assert [settings.is_real for settings in config.gateways.values()] == [False, False]
    assert config.gateways["phone"].terms.url == f"{plan.simulator_url}/android"  # type: ignore[attr-defined]  # it is a phone
    again = run_module.environment(plan, {}, None)
    assert again["HOTLINE_PHONE_SIGNING_KEY"] == env["HOTLINE_PHONE_SIGNING_KEY"]
    usual = run_module._plan(_environment(tmp_path))
    assert "HOTLINE_PHONE_PASSWORD" not in run_module.environment(usual, {}, None)
    assert "HOTLINE_DEMO=android make run" in run_module.panel(usual)


def test_a_demo_that_cannot_be_is_refused_in_one_line(tmp_path: Path) -> None:
    assert "twilio, android" in _refusal(_environment(tmp_path, HOTLINE_DEMO="iphone"))
    assert "HOTLINE_CONFIG" in _refusal(_environment(tmp_path, HOTLINE_DEMO="android", HOTLINE_CONFIG=str(tmp_path / "own.toml")))
    assert "leave one of the two out" in _refusal(_environment(tmp_path, HOTLINE_DEMO="android", **_REAL_ACCOUNT))


def test_what_is_named_is_kept_and_nothing_is_started_for_it(tmp_path: Path) -> None:
    named = {
        "HOTLINE_REDIS_URL": "redis://127.0.0.1:1/0",
        "HOTLINE_DATABASE_URL_FILE": "/run/secrets/database",
        "HOTLINE_PUBLIC_URL": "https://hotline.example.org",
        "HOTLINE_CONFIG": "/etc/hotline.toml",
    }
    plan = run_module._plan(_environment(tmp_path, **named))
    env = run_module.environment(plan, named, None)
    assert not plan.redis_server
    assert named.items() <= env.items()
    assert "HOTLINE_DATABASE_URL" not in env


def test_ctrl_c_stops_everything_with_exit_code_0(tmp_path: Path) -> None:
    project, data = _project(tmp_path / "project", worker="sleep 600 & sleep 600"), tmp_path / "data"
    with _running(project, _environment(data, **_REAL_ACCOUNT), until="Stop ") as (process, said):
        assert "The hotline is running." in said
        assert len(_processes_of(data)) > 4  # itself, Redis, web, worker and what they started
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=_WITHIN_S)[0]
    assert process.returncode == 0
    assert rest.endswith("The hotline is stopped.\n")
    assert _processes_of(data) == []


def test_killed_outright_it_leaves_no_orphan(tmp_path: Path) -> None:
    project, data = _project(tmp_path / "project", worker="sleep 600 & sleep 600"), tmp_path / "data"
    with _running(project, _environment(data, **_REAL_ACCOUNT), until="Stop ") as (process, _):
        process.kill()
        process.wait()
    assert _eventually(lambda: _processes_of(data) == [])


def test_when_one_process_ends_it_is_named_and_all_are_stopped(tmp_path: Path) -> None:
    project, data = _project(tmp_path / "project", worker="sleep 600", clock="sleep 1; exit 3"), tmp_path / "data"
    with _running(project, _environment(data, **_REAL_ACCOUNT), until="Error: ") as (process, said):
        process.communicate(timeout=_WITHIN_S)
    assert process.returncode == 1
    assert said.endswith("Error: clock ended with exit code 3\n")
    assert _processes_of(data) == []


def test_a_release_that_fails_starts_nothing_else(tmp_path: Path) -> None:
    project, data = _project(tmp_path / "project", release="echo no database; false"), tmp_path / "data"
    with _running(project, _environment(data, **_REAL_ACCOUNT), until="Error: ") as (process, said):
        process.communicate(timeout=_WITHIN_S)
    assert process.returncode == 1
    assert "no database" in said
    assert said.endswith("Error: release ended with exit code 1\n")


def _is_wide(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & 0o077)
    except FileNotFoundError:  # SQLite removes the files beside the database when nobody uses it
        return False


@pytest.fixture
def no_umask() -> Iterator[None]:
    """Whatever a process makes is open to everybody, unless it says otherwise."""
    before = os.umask(0)
    yield
    os.umask(before)


def test_the_real_thing_runs_and_a_second_run_keeps_data_and_password_from_all_others(tmp_path: Path, no_umask: None) -> None:
    data = tmp_path / "data"
    env = _environment(data)
    passwords = []
    for _ in range(2):
        with _running(PROJECT, env, until="Stop ") as (process, said):
            passwords += re.findall(r"Password +(\S+)", said)
            for port, path in ((env["PORT"], "/login"), (env["HOTLINE_SIMULATOR_PORT"], "/")):
                with contextlib.closing(HTTPConnection("127.0.0.1", int(port), timeout=10)) as connection:
                    connection.request("GET", path)
                    assert connection.getresponse().status == 200
            assert [path for path in (data, *data.rglob("*")) if _is_wide(path)] == []
            assert {"hotline.sqlite3", "redis.sock", "redis.log", "appendonlydir"} <= {path.name for path in data.rglob("*")}
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=_WITHIN_S)
        assert process.returncode == 0
        assert _processes_of(data) == []
    assert len(passwords) == 2
    assert passwords[0] == passwords[1]


def test_the_demo_with_a_phone_answers_a_text_by_it(tmp_path: Path) -> None:
    env = _environment(tmp_path / "data", HOTLINE_DEMO="android")
    phone = f"http://127.0.0.1:{env['HOTLINE_SIMULATOR_PORT']}/phones/%2B923001234501/texts"

    def texts() -> list[dict[str, str]]:
        found: list[dict[str, str]] = requests.get(phone, timeout=10).json()
        return found

    with _running(PROJECT, env, until="Stop ") as (process, said):
        assert "a pretend Android phone" in said
        requests.post(phone, json={"body": "orangi town mein mera mobile cheen liya do larkon ne"}, timeout=10)
        assert _eventually(lambda: len(texts()) == 2, within_s=_WITHIN_S)
        sent, receipt = texts()
        assert (sent["webhook"], receipt["from"], receipt["status"]) == ("taken", "+923001110001", "delivered")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=_WITHIN_S)
    assert process.returncode == 0

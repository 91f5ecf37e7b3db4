"""`hotline run`: the whole hotline on this machine. Unless a gateway is configured, it is a demo with the simulator in place of one.

For trying and developing the hotline. In production every line of the Procfile is a service of its own.
"""

import contextlib
import functools
import http.client
import os
import re
import secrets
import shlex
import shutil
import socket
import sys
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from hotline import private
from hotline.cli import bundled_redis
from hotline.cli.data_folder import FolderNotUsable, data_folder, kept, write
from hotline.cli.processes import ProcessEnded, Processes, StopAsked
from hotline.cli.procfile import read_procfile
from hotline.gateways.registry import DEMOS, demo_environment, demo_secrets, demo_table, names_a_gateway
from hotline.i18n import PROJECT
from hotline.keys import KeysFault, new_keys, write_keys
from hotline.secretfiles import names_secret
from hotline.services.people.organisation import new_password
from hotline.spool import SpoolFault, key_beside, make_key

DEMO_ORGANISATION = Path(__file__).parent.parent / "data" / "demo.toml"
_DEMO_NUMBER = "+15005550006"
# The demo must work at any hour: by default texts would wait from 21:00 to 08:00.
_DEMO_CONFIG = f"""# Made by `hotline run` for the demo; HOTLINE_CONFIG names another.
[contact_hours]
opens = "00:00"
closes = "24:00"
[voice]
number = "{_DEMO_NUMBER}"
missed_call_number = "+15005550007"
duty_line = ["+923000000001", "+923000000002"]
"""
_LOOPBACK = "127.0.0.1"
_READY_WITHIN_S = 60.0


@dataclass(frozen=True)
class Plan:
    """Where this run listens, where it keeps its data, and whether it is the demo."""

    port: int
    simulator_port: int
    bind: str
    data: Path
    procfile: Mapping[str, str]
    demo: str  # what the simulator plays, of `DEMOS`; empty: a gateway is configured, and there is no demo
    redis_server: str  # empty: HOTLINE_REDIS_URL names a server that is already there

    @property
    def url(self) -> str:
        return f"http://{_LOOPBACK}:{self.port}"

    @property
    def simulator_url(self) -> str:
        return f"http://{_LOOPBACK}:{self.simulator_port}"


@click.command()
def run() -> None:
    """Start the hotline on this machine, with a phone in the browser to text it from."""
    try:
        plan = _plan(os.environ)
        with contextlib.ExitStack() as stack:
            stack.enter_context(data_folder(plan.data))
            _check_ports(plan)
            _run(plan, stack)
    except StopAsked:
        with contextlib.suppress(OSError):  # the terminal may have been closed
            click.echo("The hotline is stopped.")
    except (FolderNotUsable, bundled_redis.NoRedisServer, ProcessEnded) as fault:
        raise click.ClickException(str(fault)) from fault


def _plan(env: Mapping[str, str]) -> Plan:
    return Plan(
        port=_port(env, "PORT", 8000),
        simulator_port=_port(env, "HOTLINE_SIMULATOR_PORT", 8001),
        bind=env.get("HOTLINE_BIND") or _LOOPBACK,
        data=Path(env.get("HOTLINE_DATA_DIR") or "data").absolute(),
        procfile=read_procfile(PROJECT / "Procfile"),
        demo=_demo(env),
        redis_server="" if names_secret(env, "HOTLINE_REDIS_URL") else bundled_redis.find_server(env.get("HOTLINE_REDIS_SERVER", "")),
    )


def _demo(env: Mapping[str, str]) -> str:
    named = env.get("HOTLINE_DEMO", "")
    if names_a_gateway(env):
        if named:
            raise click.ClickException(f"HOTLINE_DEMO={named} is for the demo, and a gateway is set up: leave one of the two out")
        return ""
    usual = next(iter(DEMOS))
    if named and named not in DEMOS:
        raise click.ClickException(f"HOTLINE_DEMO must be one of {', '.join(DEMOS)}, not {named!r}")
    if named not in ("", usual) and env.get("HOTLINE_CONFIG"):
        raise click.ClickException(f"HOTLINE_DEMO={named} writes a configuration of its own: leave HOTLINE_CONFIG out")
    return named or usual


def _port(env: Mapping[str, str], name: str, default: int) -> int:
    value = env.get(name) or str(default)
    if not re.fullmatch(r"[0-9]{1,5}", value) or not 0 < int(value) < 65536:
        raise click.ClickException(f"{name} must be a port between 1 and 65535, not {value!r}")
    return int(value)


def _check_ports(plan: Plan) -> None:
    """Raise `ClickException` for a busy port before anything starts: later the processes would only retry and fail."""
    listeners = [("PORT", plan.bind, plan.port)]
    if plan.demo:
        listeners.append(("HOTLINE_SIMULATOR_PORT", _LOOPBACK, plan.simulator_port))
        if plan.port == plan.simulator_port:
            raise click.ClickException(f"PORT and HOTLINE_SIMULATOR_PORT are both {plan.port}: they must differ")
    for name, address, port in listeners:
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address.strip("[]"), port))
            except OSError as fault:
                raise click.ClickException(f"port {port} on {address} cannot be used ({fault.strerror}): name another in {name}") from fault


def _run(plan: Plan, stack: contextlib.ExitStack) -> None:
    """Start everything, print the addresses, and wait. Ends only by raising `StopAsked`, `ProcessEnded` or `ClickException`."""
    redis = stack.enter_context(bundled_redis.socket_path(plan.data / "redis")) if plan.redis_server else None
    processes = stack.enter_context(Processes(folder=PROJECT, environment=environment(plan, os.environ, redis)))
    if redis is not None:
        _start_redis(plan, processes, redis)
    processes.finish("release", plan.procfile["release"])
    if plan.demo:
        load = ["hotline", "load", str(DEMO_ORGANISATION), "--password-file", str(plan.data / "demo_password")]
        processes.finish("release", shlex.join(load))
    for name, command in plan.procfile.items():
        if name != "release":
            processes.start(name, command)
    if plan.demo:
        simulator = [sys.executable, "-m", "hotline.simulator", "--port", str(plan.simulator_port), "--hotline-url", plan.url]
        processes.start("simulator", shlex.join(simulator))
    if not processes.wait(_once_each(_doors(plan)), within_s=_READY_WITHIN_S):
        raise click.ClickException(f"{plan.url}/healthz did not answer 200 within {_READY_WITHIN_S:.0f} s: what was said stands above")
    click.echo(panel(plan))
    processes.wait()


def _start_redis(plan: Plan, processes: Processes, path: Path) -> None:
    folder = plan.data / "redis"
    private.folder(folder)
    path.unlink(missing_ok=True)  # a server that was killed may have left it
    command = shlex.join(bundled_redis.server_command(plan.redis_server, folder=folder, path=path))
    processes.start("redis", f"umask 077 && exec {command}")  # its files are made as the umask says
    try:
        is_up = processes.wait(lambda: bundled_redis.answers(path), within_s=_READY_WITHIN_S)
    except ProcessEnded as fault:
        raise ProcessEnded(f"{fault}: see {folder / 'redis.log'}") from fault
    if not is_up:
        raise ProcessEnded(f"redis does not answer: see {folder / 'redis.log'}")


def environment(plan: Plan, given: Mapping[str, str], redis: Path | None) -> dict[str, str]:
    """The environment of every process: `given`, and what is missing in it. Secrets are made at the first run and kept."""
    env = dict(given)
    folder = Path(sys.executable).parent
    env["PATH"] = os.pathsep.join((str(folder), env.get("PATH", os.defpath)))
    env |= {"PORT": str(plan.port), "HOTLINE_BIND": plan.bind, "HOTLINE_DATA_DIR": str(plan.data), "PYTHONUNBUFFERED": "1"}
    if redis is not None:
        env["HOTLINE_REDIS_URL"] = bundled_redis.url_of(redis)
    defaults: dict[str, Callable[[], str]] = {
        "HOTLINE_SECRET_KEY": lambda: kept(plan.data, "secret_key", lambda: secrets.token_hex(32)),
        "HOTLINE_DATABASE_URL": lambda: f"sqlite:///{plan.data / 'hotline.sqlite3'}",
        "HOTLINE_PUBLIC_URL": lambda: plan.url,
    }
    env |= {name: make() for name, make in defaults.items() if not names_secret(given, name)}
    env["HOTLINE_KEYS_FILE"] = given.get("HOTLINE_KEYS_FILE") or str(_keys_beside(plan.data))
    return env | _demo_environment(plan, given) if plan.demo else env


def _keys_beside(data: Path) -> Path:
    """The file of the keys beside the data folder, made at the first run."""
    path = data.with_name(f"{data.name}-keys.toml")
    try:
        if not path.exists():
            write_keys(path, new_keys(), new=True)
        if not key_beside(path).exists():
            make_key(path)
    except (KeysFault, SpoolFault) as fault:
        raise click.ClickException(str(fault)) from fault
    return path


def _demo_environment(plan: Plan, given: Mapping[str, str]) -> dict[str, str]:
    kept(plan.data, "demo_password", new_password)
    demo = demo_environment(given, functools.partial(kept, plan.data), number=_DEMO_NUMBER, api_url=plan.simulator_url)
    table = ""
    if plan.demo != next(iter(DEMOS)):
        demo |= demo_secrets(functools.partial(kept, plan.data))
        table = demo_table(plan.simulator_url)
    if not given.get("HOTLINE_CONFIG"):
        write(plan.data / "demo_config.toml", _DEMO_CONFIG + table)
        demo["HOTLINE_CONFIG"] = str(plan.data / "demo_config.toml")
    return demo | {"HOTLINE_VOICE_NUMBERS": ",".join(_voice_numbers(Path(given.get("HOTLINE_CONFIG") or demo["HOTLINE_CONFIG"])))}


def _voice_numbers(config: Path) -> list[str]:
    """The numbers that can be called, for the simulator. If the file cannot be read: none; the web process then reports the fault."""
    try:
        voice = tomllib.loads(config.read_text("utf-8")).get("voice", {})
    except (OSError, ValueError):
        return []
    return [voice[key] for key in ("number", "missed_call_number") if voice.get(key)]


def _doors(plan: Plan) -> list[Callable[[], bool]]:
    address = {"0.0.0.0": _LOOPBACK, "::": "::1"}.get(plan.bind, plan.bind)  # noqa: S104 - compared, not bound
    doors = [lambda: _status(address, plan.port, "/healthz") == http.client.OK]
    if plan.demo:
        doors.append(lambda: _status(_LOOPBACK, plan.simulator_port, "/") in range(200, 500))
    return doors


def _once_each(doors: list[Callable[[], bool]]) -> Callable[[], bool]:
    """A function that tells whether every check has succeeded by now. A check that has succeeded is not made again."""
    closed = list(doors)

    def all_opened() -> bool:
        closed[:] = [door for door in closed if not door()]
        return not closed

    return all_opened


def _status(address: str, port: int, path: str) -> int:
    """The HTTP status of a GET; 0 if nothing answers."""
    connection = http.client.HTTPConnection(address, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def panel(plan: Plan) -> str:
    """The lines that say where the hotline is and how to log in."""
    lines = [("Queue", plan.url), ("Data", str(plan.data)), ("Stop", "Ctrl-C")]
    if plan.demo:
        people = tomllib.loads(DEMO_ORGANISATION.read_text("utf-8"))["volunteer"]
        password = (plan.data / "demo_password").read_text("utf-8").strip()
        lines[:1] = [
            ("Phone", f"{plan.simulator_url}   text or call the hotline from here"),
            ("Queue", f"{plan.url}   work the tickets here"),
            ("Log in", f"{people[0]['login']}   (or {', '.join(person['login'] for person in people[1:])})"),
            ("Password", password),
            ("Gateway", DEMOS[plan.demo]),
            *(("", f"HOTLINE_DEMO={other} make run: {played}") for other, played in DEMOS.items() if other != plan.demo),
        ]
    else:
        lines[1:1] = [("People", "hotline load FILE.toml, hotline add-volunteer LOGIN")]
    rule = "─" * min(76, shutil.get_terminal_size().columns)
    return "\n".join(["", rule, "  The hotline is running.", "", *(f"  {name:<10}{value}" for name, value in lines), rule, ""])

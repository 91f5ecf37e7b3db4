"""A whole hotline, as it runs: the lines of the Procfile, a pretend Twilio beside them, and citizens with phones."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from sqlalchemy import create_engine, text

from hotline.jobs import Job, RedisBell
from hotline.sealing import mark
from hotline.storage.db import database_url
from hotline.storage.schema import migrate
from tests.servers import Guard, free_port
from tests.support import KEYS, keys_file

PROJECT = Path(__file__).resolve().parents[2]
PASSWORD = "correct-horse-battery"
PATIENCE = 3
"""A machine busy with other things takes longer; what is promised in seconds is measured by the bench."""

HOTLINE_NUMBER, MISSED_CALL_NUMBER = "+15005550006", "+15005550007"
DUTY_LINE = ("+923000000001", "+923000000002")
CONFIG = f"""
[contact_hours]
opens = "00:00"
closes = "24:00"
[voice]
number = "{HOTLINE_NUMBER}"
missed_call_number = "{MISSED_CALL_NUMBER}"
duty_line = ["{DUTY_LINE[0]}", "{DUTY_LINE[1]}"]
[duty]
ring_test_at = ""  # these run by the clock of the machine: at that hour the duty line would ring once more
"""


class RunningHotline:
    """Starts and ends all processes: `with RunningHotline(…) as hotline`."""

    STARTED: tuple[str, ...] = ("web", "worker", "clock")

    def __init__(self, *, database: str, redis_url: str, folder: Path) -> None:
        self.database, self._bell, self.folder = database, RedisBell(redis_url), folder
        self.port, self.simulator_port = free_port(), free_port()
        config = folder / "hotline.toml"
        config.write_text(CONFIG, "utf-8")
        self.environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PORT": str(self.port),
            "HOTLINE_CONFIG": str(config),
            "HOTLINE_DATABASE_URL": database,
            "HOTLINE_REDIS_URL": redis_url,
            "HOTLINE_DATA_DIR": str(folder),
            "HOTLINE_PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "HOTLINE_SECRET_KEY": "k" * 32,
            "HOTLINE_KEYS_FILE": keys_file(),
            "HOTLINE_TWILIO_ACCOUNT_SID": "AC" + "0" * 31 + "1",
            "HOTLINE_TWILIO_AUTH_TOKEN": "12345",
            "HOTLINE_TWILIO_NUMBER": HOTLINE_NUMBER,
            "HOTLINE_TWILIO_API_URL": f"http://127.0.0.1:{self.simulator_port}",
            "HOTLINE_VOICE_NUMBERS": f"{HOTLINE_NUMBER},{MISSED_CALL_NUMBER}",
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._guard = Guard()

    @property
    def url(self) -> str:
        """The address of the pages."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        migrate(self.database)
        password = self.folder / "password"
        password.write_text(PASSWORD, "utf-8")
        self.command("compile")
        self.command("load", self._organisation(), "--password-file", str(password))
        try:
            self._start_simulator()
            for name in self.STARTED:
                self.start(name)
            self.wait_until(lambda: self.answers(f"{self.url}/healthz") and self._simulator_answers(), within_s=30)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, _kind: type[BaseException] | None, _fault: BaseException | None, _where: TracebackType | None) -> None:
        self._stop()

    def command(self, *words: str) -> None:
        """A `hotline` command."""
        done = subprocess.run(
            [sys.executable, "-c", "from hotline.cli import main; main()", *words],
            cwd=PROJECT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def start(self, name: str, line: str | None = None) -> None:
        """Start a process of the Procfile by name, or any other line."""
        lines = dict(row.split(": ", 1) for row in (PROJECT / "Procfile").read_text("utf-8").splitlines() if ": " in row)
        log = (self.folder / f"{name}.log").open("ab")
        command, environment = ["sh", "-c", f"exec {line or lines[name]}"], self.environment_of(name)
        self.processes[name] = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=log, stderr=log, start_new_session=True)
        log.close()
        self._guard.tell("+", self.processes[name])

    def environment_of(self, name: str) -> dict[str, str]:
        """What a process of that name is given."""
        del name  # of several hosts each has its own
        return self.environment

    def kill(self, name: str) -> None:
        """kill -9, without a warning."""
        self.processes[name].send_signal(signal.SIGKILL)
        self._guard.tell("-", self.processes[name])
        self.processes.pop(name).wait()

    def kill_web(self) -> None:
        """kill -9 for all web processes: a remaining one would go on answering for a moment."""
        web = self.processes.pop("web")
        os.killpg(web.pid, signal.SIGKILL)
        self._guard.tell("-", web)
        web.wait()
        self.wait_until(lambda: not self.answers(f"{self.url}/healthz"), within_s=20)

    def start_web(self) -> None:
        """Start the web processes again, and return once they answer."""
        self.start("web")
        self.wait_until(lambda: self.answers(f"{self.url}/healthz"), within_s=30)

    def restart_simulator(self) -> None:
        """Kill the pretend Twilio and start it anew: what it was asked and had not taken is lost."""
        self.kill("simulator")
        self._start_simulator()
        self.wait_until(self._simulator_answers, within_s=30)

    def log(self, name: str) -> str:
        """What a process said so far."""
        return (self.folder / f"{name}.log").read_text("utf-8", "replace")

    # ---- citizens with phones

    def text(self, number: str, body: str, *, sid: str | None = None) -> int | None:
        """Send a text from a phone; the status the hotline answered."""
        answer = self.ask("POST", f"/phones/{quote(number)}/texts", {"body": body} | ({"sid": sid} if sid else {}))
        status: int | None = answer["status"]
        return status

    def received(self, number: str) -> list[str]:
        """What the phone got from us, oldest first."""
        return [
            t["body"] for t in self.ask("GET", f"/phones/{quote(number)}/texts") if t["direction"] != "inbound" and not t["from_twilio"]
        ]

    def await_texts(self, number: str, count: int, *, within_s: float = 15) -> list[str]:
        """Wait until the phone has that many texts from us."""
        self.wait_until(lambda: len(self.received(number)) >= count, within_s=within_s)
        return self.received(number)

    def faults(self, **faults: object) -> None:
        """Make the pretend Twilio misbehave; none: behave again."""
        self.ask("PUT", "/faults", faults)

    # ---- looking inside

    def ring(self, job: Job) -> None:
        """Call a job now, without waiting for the clock."""
        self._bell.ring(job)

    def rows(self, sql: str, **values: object) -> list[Any]:
        """Ask the database."""
        engine = create_engine(database_url(self.database))
        try:
            with engine.begin() as connection:
                result = connection.execute(text(sql), values)
                return list(result.all()) if result.returns_rows else []
        finally:
            engine.dispose()

    def tickets_of(self, number: str) -> int:
        """How many tickets a phone has."""
        sql = "SELECT count(*) FROM tickets t JOIN contacts c ON c.id = t.contact_id WHERE c.mark = :mark"
        return int(self.rows(sql, mark=mark(KEYS, number))[0][0])

    def deliveries(self, number: str) -> list[str]:
        """The delivery of each text to a phone, oldest first."""
        sql = "SELECT m.delivery FROM messages m JOIN contacts c ON c.id = m.contact_id"
        sql += " WHERE m.direction = 'out' AND c.mark = :mark ORDER BY m.id"
        return [row[0] for row in self.rows(sql, mark=mark(KEYS, number))]

    def wait_until(self, is_so: Callable[[], object], *, within_s: float) -> None:
        """Poll until `is_so`; shows the logs and fails if it never is."""
        ends = time.monotonic() + within_s * PATIENCE
        while not is_so():
            if time.monotonic() > ends:
                logs = "\n".join(f"--- {name}\n{self.log(name)[-3000:]}" for name in self.processes)
                raise AssertionError(f"not so within {within_s} s\n{logs}")
            time.sleep(0.05)

    def _organisation(self) -> str:
        return "hotline/data/demo.toml"

    def _start_simulator(self) -> None:
        self.start("simulator", f"python -m hotline.simulator --port {self.simulator_port}")

    def _simulator_answers(self) -> bool:
        return self.answers(self._simulator("/faults"))

    def _simulator(self, path: str) -> str:
        return f"http://127.0.0.1:{self.simulator_port}{path}"

    def show_phone(self, number: str) -> None:
        """Put a phone on the simulator's page: a call that is put through to it rings there."""
        urllib.request.urlopen(self._simulator("/phones"), data=f"number=%2B{number[1:]}".encode(), timeout=30).close()

    def ask(self, method: str, path: str, body: object = None) -> Any:  # JSON
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._simulator(path), data=data, method=method, headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=90) as answer:
            return json.loads(answer.read() or b"null")

    def answers(self, url: str) -> bool:
        """Whether anybody answers there with success."""
        try:
            with urllib.request.urlopen(url, timeout=2):
                return True
        except OSError:
            return False

    def _stop(self) -> None:
        for name in ("worker", "clock", "web", *self.processes):
            if (process := self.processes.get(name)) and process.poll() is None:
                process.terminate()
        for process in self.processes.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._guard.close()

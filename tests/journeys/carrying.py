"""A whole hotline without the pretend account: two phones, a link over SMPP and a service over HTTP carry its texts."""

import contextlib
import json
import os
import signal
import subprocess
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from hotline.gateways.android import pairing
from hotline.gateways.registry import load_config
from hotline.gateways.settings import secret_variable
from tests.gateways.http.pretend import MASK, PASSWORD, USER, Pretend
from tests.journeys.running import PROJECT, RunningHotline
from tests.servers import free_port

PHONES, SMPP, HTTP = ("sim1", "sim2"), "code8484", "aggregator"
SERVICES = (*PHONES, "smsc")
"""What carries texts to citizens, each a process that can be killed and lives on with what it had."""

IN_FLIGHT = 8
"""So many texts each of them is given at once."""

_PASSWORD, _KEY = "of the phone", "k" * 32


def _table(kind: str, name: str, keys: Mapping[str, Any]) -> str:
    lines = [f"{key} = {json.dumps(value)}" for key, value in keys.items()]
    return "\n".join([f"[gateways.{name}]", f'kind = "{kind}"', *lines, ""])


class CarryingHotline(RunningHotline):
    """Each phone and the SMSC are processes. With `service` there is also a service over HTTP: the pretend one, served at `service_url`."""

    def __init__(
        self, *, database: str, redis_url: str, folder: Path, per_minute: int, service: Pretend | None = None, service_url: str = ""
    ) -> None:
        super().__init__(database=database, redis_url=redis_url, folder=folder)
        self.ports = {name: free_port() for name in (*SERVICES, "smsc-control")}
        self.service = service
        pace = {"per_minute": per_minute, "in_flight": IN_FLIGHT, "pretend": True}
        with (folder / "hotline.toml").open("a", encoding="utf-8") as config:
            for number, name in enumerate(PHONES):
                own = {"url": f"http://127.0.0.1:{self.ports[name]}", "lines": [f"+92300111000{number}"], "sims": ["1"]}
                own |= dict.fromkeys(("per_15_minutes", "per_hour", "per_day"), 0)
                config.write(_table("android", name, own | pace))
            own = {"host": "127.0.0.1", "port": self.ports["smsc"], "tls": False, "system_id": "hotline", "sender": "8484"}
            config.write(_table("smpp", SMPP, own | {"lines": ["8484"]} | pace))
            if service is not None:
                config.write(_table("http", HTTP, {"preset": "kannel", "url": service_url, "per_minute": 60, "in_flight": 1}))
                config.write(f'values = {{ user = "{USER}", sender = "{MASK}" }}\n')
        for name in list(self.environment):
            if name.startswith("HOTLINE_TWILIO_"):
                del self.environment[name]
        secrets = {
            "HOTLINE_PHONE_PASSWORD": _PASSWORD,
            secret_variable(SMPP, "PASSWORD"): "secret",
            secret_variable(HTTP, "PASSWORD"): PASSWORD,
            secret_variable(HTTP, "HOOK"): _KEY,
        }
        secrets |= {secret_variable(name, "PASSWORD"): _PASSWORD for name in PHONES} | {
            secret_variable(name, "SIGNING_KEY"): _KEY for name in PHONES
        }
        self.environment |= secrets

    def _organisation(self) -> str:
        """The people of the demo as a real organisation: a service over HTTP may reach real phones, wherever it is."""
        path = self.folder / "organisation.toml"
        path.write_text((PROJECT / "hotline/data/demo.toml").read_text("utf-8").replace("demo = true", "demo = false"), "utf-8")
        return str(path)

    def _start_simulator(self) -> None:
        for name in SERVICES:
            self.start_service(name)
        config = load_config(self.environment)
        for name in PHONES:
            phone: Any = config.gateways[name]
            rest = pairing.rest_of(config, phone)
            pairing.set_up(config, phone, rest)
            rest.close()

    def _simulator_answers(self) -> bool:
        return True  # `_start_simulator` has waited

    def start_service(self, name: str) -> None:
        """Start a phone or the SMSC with what it had, and return once it answers."""
        port, kept = self.ports[name], self.folder / f"{name}.kept"
        if name == "smsc":
            self.start(name, f"python -m tests.journeys.smscmain {port} {self.ports['smsc-control']} {kept}")
            self.wait_until(lambda: self.answers(f"http://127.0.0.1:{self.ports['smsc-control']}/"), within_s=60)
            return
        how = f"--port {port} --kept {kept} --hotline-url {self.url} --step-s 0.004 --retry-s 0.5"
        self.start(name, f"python -m hotline.simulator.androidmain {how}")
        self.wait_until(lambda: self.answers(f"http://127.0.0.1:{port}/health"), within_s=60)

    def restart_service(self, name: str, *, away_s: float) -> None:
        """kill -9, and back some seconds later."""
        self.kill(name)
        time.sleep(away_s)
        self.start_service(name)

    def kill_child(self, argument: str) -> None:
        """kill -9 for the process under the supervisor that was started with this last argument; the supervisor starts it again.

        Returns when the job that it ran is gone too.
        """
        gone = []
        for pid in _children(self.processes["worker"].pid):
            if _arguments(pid)[-1:] == [argument]:
                gone += [pid, *_children(pid)]
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self.wait_until(lambda: not any(any(_arguments(pid)) for pid in gone), within_s=40)

    # ---- citizens with phones

    def text_by(self, service: str, number: str, body: str) -> None:
        """A citizen texts one of our phones, the short code, or the number of the service over HTTP."""
        if service == HTTP:
            query = {
                "id": f"{time.monotonic_ns()}",
                "from": number,
                "to": MASK,
                "text": body,
                "charset": "UTF-8",
                "at": str(int(time.time())),
            }
            with urllib.request.urlopen(f"{self.url}/hooks/http/{HTTP}/{_KEY}/texts?{urlencode(query)}", timeout=30) as answer:
                assert answer.status == 200
        elif service == "smsc":
            self._control("smsc-control", "POST", "/texts", {"from": number, "text": body})
        else:
            self._control(service, "POST", "/control/texts", {"from": number, "text": body})

    def on_phones(self, service: str) -> list[tuple[str, str]]:
        """(number, words) of each text that this service brought to a phone."""
        if service == HTTP:
            return list(self.service.phones) if self.service is not None else []
        if service == "smsc":
            found = self._control("smsc-control", "GET", "/texts")
            return [(one["to"], one["text"]) for one in found]
        return [(one["to"], one["text"]) for one in self._control(service, "GET", "/control/texts")["arrived"]]

    def arrived(self, number: str) -> list[tuple[str, str]]:
        """(service, words) of each text that arrived on that phone."""
        return [(name, text) for name in (*SERVICES, HTTP) for to, text in self.on_phones(name) if to == number]

    def times_arrived(self) -> Counter[str]:
        """Number → how many texts arrived there, by all services."""
        return Counter(number for name in (*SERVICES, HTTP) for number, _ in self.on_phones(name))

    def report_by_http(self) -> None:
        """The service over HTTP reports that its newest text was delivered."""
        assert self.service is not None
        url = self.service.report_urls[-1].replace("%d", "1")
        with urllib.request.urlopen(url, timeout=30) as answer:
            assert answer.status == 200

    def _control(self, name: str, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        url = f"http://127.0.0.1:{self.ports[name]}{path}"
        request = urllib.request.Request(url, data=data, method=method, headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")


def _children(pid: int) -> list[int]:
    return [int(one) for one in subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout.split()]


def _arguments(pid: int) -> list[str]:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text("utf-8").rstrip("\0").split("\0")
    return []


@contextlib.contextmanager
def no_worker(hotline: CarryingHotline) -> Iterator[None]:
    """The workers are killed outright, and started again afterwards. Nothing is on its way to a gateway meanwhile."""
    supervisor = hotline.processes["worker"].pid
    gone = [one for child in _children(supervisor) for one in (child, *_children(child))]
    hotline.kill("worker")
    hotline.wait_until(lambda: not any(_arguments(pid) for pid in gone), within_s=60)
    time.sleep(1)  # whatever the services had read of a request has become a text
    yield
    hotline.start("worker")

"""At rest: seconds from a citizen's text to the reference on the phone, through the web process, a worker, the clock and the simulator."""

import http.client
import json
import random
import re
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from statistics import median, quantiles
from typing import Any

from tests.bench.processes import BenchFailed, Processes, answers, procfile
from tests.bench.report import say
from tests.servers import free_port

_REFERENCE = re.compile(r"\d{3}-\d{3}-\d{3}")
_BODIES = (
    "کل رات گلشن چورنگی کے پاس میرا موبائل چھین لیا گیا",
    "My car was stolen from outside my house last night",
    "mera mobile korangi 2 number par cheen liya hai",
    "ڪالهه شام لانڍي ۾ مون کان موٽرسائيڪل ڦري ورتي",
)
_GIVE_UP_S = 15


@dataclass(frozen=True)
class AtRest:
    """Seconds from a citizen's text to the reference on the phone, one figure for each text."""

    seconds: list[float]

    @property
    def p50(self) -> float:
        return median(self.seconds)

    @property
    def p95(self) -> float:
        return quantiles(self.seconds, n=20, method="inclusive")[-1]


def measure(processes: Processes, *, url: str, redis_url: str, texts: int) -> AtRest:
    """Send one text at a time, each from another phone."""
    port = free_port()
    environment = processes.environment(url, redis_url, HOTLINE_TWILIO_API_URL=f"http://127.0.0.1:{port}")
    web = processes.serve("web", environment)
    simulator = f"{sys.executable} -m hotline.simulator --port {port} --hotline-url http://127.0.0.1:{web.port}"
    processes.start("simulator", simulator, environment)
    processes.start("workers", procfile("worker"), environment)
    processes.start("clock", procfile("clock"), environment)
    try:
        processes.wait(lambda: answers(port), "the simulator answers")
        _text(port, "+923009999999", _BODIES[0])  # the first text wakes all processes
        say(f"at rest: {texts} texts, one at a time")
        seconds = []
        for n in range(texts):
            time.sleep(random.uniform(0, 1.5))  # so that texts are not in step with the clock
            seconds.append(_text(port, f"+92300{n:07d}", _BODIES[n % len(_BODIES)]))
    finally:
        for name in ("clock", "workers", "simulator", "web"):
            processes.stop(name)
    rest = AtRest(seconds)
    say(f"at rest: p50 {rest.p50:.2f} s, p95 {rest.p95:.2f} s, slowest {max(seconds):.2f} s")
    return rest


def _text(port: int, number: str, body: str) -> float:
    path = f"/phones/{number}/texts"
    said = _ask(port, "POST", path, {"body": body})
    if said["status"] != 200:
        raise BenchFailed(f"the hotline answered a text at rest with {said['status']}")
    deadline = time.monotonic() + _GIVE_UP_S
    while time.monotonic() < deadline:
        texts = _ask(port, "GET", path)
        mine, replies = texts[0], [t for t in texts if t["direction"] != "inbound" and _REFERENCE.search(t["body"])]
        if replies:
            return (datetime.fromisoformat(replies[0]["at"]) - datetime.fromisoformat(mine["at"])).total_seconds()
        time.sleep(0.02)
    raise BenchFailed(f"no reference within {_GIVE_UP_S} s")


def _ask(port: int, method: str, path: str, given: dict[str, str] | None = None) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(
            method, path.replace("+", "%2B"), json.dumps(given).encode() if given else None, {"Content-Type": "application/json"}
        )
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()

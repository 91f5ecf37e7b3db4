"""Signed texts, replayed by wrk: each text once."""

import contextlib
import hashlib
import http.client
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.bench.processes import PUBLIC_URL, TOKEN, BenchFailed
from tests.bench.wires import Wire

_HERE = Path(__file__).parent
_PATH = "/hooks/twilio/sms"
_LINE = re.compile(r"rate_per_s=(\S+) p50_ms=(\S+) p99_ms=(\S+) max_ms=(\S+) requests=(\d+) non2xx=(\d+) socket_errors=(\d+)")


@dataclass(frozen=True)
class Load:
    """What wrk saw. `first` and `count` are the texts it had to send; it began with the first and stopped in flight."""

    rate_per_s: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    acknowledged: int
    non2xx: int
    socket_errors: int
    connections: int
    first: int
    count: int
    cpu_ms: float = 0.0  # of the web processes, for each text: steadier than the rate on a machine that does other things too

    @property
    def spread(self) -> float:
        """How much longer than the median the slowest hundredth waits."""
        return self.p99_ms / self.p50_ms

    def __str__(self) -> str:
        times = f"p50 {self.p50_ms:6.1f} ms   p99 {self.p99_ms:6.1f} ms   {self.spread:.1f} x"
        return f"{self.rate_per_s:6.0f}/s   {times}   {self.cpu_ms:.2f} ms of CPU"


def gateway_id(number: int) -> str:
    """The id that sign_texts.py gives to the text of that number."""
    return "SM" + hashlib.sha256(str(number).encode()).hexdigest()[:32]


class Texts:
    """Hands out files of texts; no two files share an id."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._path, self._next = folder, folder / "texts.tsv", 0

    def draw(self, count: int) -> tuple[Path, int]:
        """A file of so many texts, and the number of its first. The next call overwrites the file."""
        first, self._next = self._next, self._next + count
        script = [sys.executable, str(_HERE / "sign_texts.py"), PUBLIC_URL + _PATH, TOKEN, str(count), str(first)]
        with self._path.open("wb") as file:
            subprocess.run(script, stdout=file, check=True)
        return self._path, first


def signed(path: Path) -> list[tuple[str, str]]:
    """A file of texts for a client other than wrk: signature and form of each."""
    pairs = (line.split("\t", 1) for line in path.read_text("ascii").splitlines())
    return [(signature, form) for signature, form in pairs]


def post(connection: http.client.HTTPConnection, signature: str, form: str) -> int:
    """Post a text and return the status of the answer."""
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8", "X-Twilio-Signature": signature}
    connection.request("POST", _PATH, form, headers)
    reply = connection.getresponse()
    reply.read()
    return reply.status


def post_one(texts: Texts, port: int) -> None:
    """Post one text. Raises `BenchFailed` if it is not taken."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    try:
        status = post(connection, *signed(texts.draw(1)[0])[0])
    finally:
        connection.close()
    if status != 200:
        raise BenchFailed(f"the first text was answered with {status}")


def replay(
    texts: Texts,
    port: int,
    *,
    connections: int,
    seconds: int,
    per_s: float,
    beside: contextlib.AbstractContextManager[object] | None = None,
) -> Load:
    """Send texts for so many seconds, at most `per_s` a second; `beside` is entered while wrk runs. Raises `BenchFailed` if
    the texts ran out, or wrk failed."""
    count = int(seconds * per_s) + 500
    path, first = texts.draw(count)
    with beside or contextlib.nullcontext():
        return _wrk("post.lua", port, [_PATH, str(path)], connections=connections, seconds=seconds, first=first, count=count)


def replay_lines(folder: Path, wire: Wire, port: int, *, first: int, connections: int, seconds: int, per_s: float) -> Load:
    """The same for another gateway, with its texts from the number `first` on."""
    count = int(seconds * per_s) + 500
    path = folder / f"{wire.kind}.tsv"
    with path.open("w", encoding="utf-8") as file:
        file.writelines(wire.lines(first, count))
    headers = [part for header in wire.headers.items() for part in header]
    told = [wire.path, str(path), wire.signed_by, *headers]
    return _wrk("post_any.lua", port, told, connections=connections, seconds=seconds, first=first, count=count)


def _wrk(script: str, port: int, told: list[str], *, connections: int, seconds: int, first: int, count: int) -> Load:
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "15s", "-s", str(_HERE / script)]
    command += [f"http://127.0.0.1:{port}", "--", *told]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = _LINE.search(done.stdout)
    if found is None:
        raise BenchFailed(f"wrk said nothing we can read:\n{done.stdout}{done.stderr}")
    rate, p50, p99, slowest = map(float, found.groups()[:4])
    requests, non2xx, socket_errors = map(int, found.groups()[4:])
    if requests + connections >= count:
        raise BenchFailed(f"{count} texts were not enough for {seconds} s at {rate:.0f} a second: wrk began them again")
    return Load(rate, p50, p99, slowest, requests - non2xx, non2xx, socket_errors, connections, first, count)

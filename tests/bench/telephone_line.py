"""`python -m tests.bench.telephone_line [MINUTES [CALLS]]`: callers on loopback keep a line of ours full, and what became of it is printed.

Each caller walks through the menu, speaks for 40 seconds after the beep, hears its reference, hangs up and calls again. It is no part of
`python -m tests.bench`: it takes as long as it is told to.
"""

import asyncio
import contextlib
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import wave
from array import array
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hotline.cli.catalogues import compile_all
from hotline.gateways.registry import call_gateways, load_config
from hotline.gateways.sip.client import SipCalls
from hotline.i18n import LOCALES, PROJECT
from hotline.storage.schema import migrate
from tests.servers import RedisServer
from tests.support import SECRET_KEY, keys_file
from tests.workers.sipphones import RATE_HZ, SipPhone, free_port, sip_phones, so, tone

SPEAKS_S = 40
_WINDOW = RATE_HZ // 50
_PRESSES = (("1", 2), ("1", 4), ("1", 4), ("1", 4), ("1", 4), ("1", 0.5))
"""What is keyed, and the seconds of listening before: language, complaint, category, texts, calls, and the words before the beep."""


@dataclass
class Seen:
    """What became of the calls."""

    whole: int = 0
    failed: list[str] = field(default_factory=list)
    mib: list[float] = field(default_factory=list)


async def _call(phone: SipPhone, seen: Seen, ends: float) -> None:
    speech = tone(700, SPEAKS_S)
    while time.monotonic() < ends:
        try:
            await phone.ring()
            for key, wait_s in _PRESSES:
                assert any(await phone.hear(wait_s)), "nothing was heard"
                await phone.press(key)
            await asyncio.sleep(1.5)  # the beep
            await phone.say(speech)
            await phone.press("#")
            await asyncio.sleep(3)
            await phone.press("1")
            assert any(await phone.hear(8)), "no reference was heard"
            await phone.hang_up()
            seen.whole += 1
        except Exception as fault:  # noqa: BLE001 - counted
            seen.failed.append(f"{type(fault).__name__}: {fault}"[:80])
            with contextlib.suppress(Exception):
                await phone.hang_up()
        await asyncio.sleep(1)


async def _watch(pid: int, seen: Seen) -> None:
    while True:
        status = Path(f"/proc/{pid}/status").read_text("utf-8")  # noqa: ASYNC240 - no disk
        seen.mib.append(next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024)
        await asyncio.sleep(2)


def _cpu_s(pid: int) -> float:
    spent = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(spent[11]) + int(spent[12])) / os.sysconf("SC_CLK_TCK")


async def _measure(env: dict[str, str], log: Path, *, minutes: float, calls: int, ports: tuple[int, int]) -> tuple[Seen, float, float]:
    gateway = call_gateways(load_config(env))["line"]
    assert isinstance(gateway, SipCalls)
    with (
        log.open("wb") as said,
        subprocess.Popen(  # noqa: ASYNC220 - nobody waits yet
            [sys.executable, "-m", "workers.sip", "line"], cwd=PROJECT, env=os.environ | env, stdout=said, stderr=said
        ) as process,
    ):
        async with sip_phones(port=ports[0], line_port=ports[1]) as phone:
            await so(lambda: "the line is held" in log.read_text("utf-8"), within_s=30)
            seen, began, spent = Seen(), time.monotonic(), _cpu_s(process.pid)
            watching = asyncio.create_task(_watch(process.pid, seen))
            phones = [await phone(f"0300123{number:04d}") for number in range(calls)]
            ends = began + 60 * minutes
            await asyncio.gather(*(_call(one, seen, ends) for one in phones))
            watching.cancel()
            took = time.monotonic() - began
            spent = _cpu_s(process.pid) - spent
            await asyncio.sleep(2)
        process.terminate()
    return seen, took, spent


def _gaps(gateway: SipCalls, folder: Path) -> tuple[int, float, list[float]]:
    """How many recordings there are, the seconds missing in them, and the seconds of silence in the midst of each one's tone."""
    missing, holes = 0.0, []
    recordings = sorted(path.stem for path in folder.glob("*.take"))
    for recording in recordings:
        into = io.BytesIO()
        gateway.fetch_recording(recording, into, limit_bytes=10**8)
        with wave.open(io.BytesIO(into.getvalue()), "rb") as file:
            samples = array("h", file.readframes(file.getnframes()))
        loud = [max(map(abs, samples[at : at + _WINDOW]), default=0) > 1000 for at in range(0, len(samples), _WINDOW)]
        if any(loud):
            midst = loud[loud.index(True) : len(loud) - loud[::-1].index(True)]
            holes.append(midst.count(False) / 50)
            missing += max(0.0, SPEAKS_S - len(midst) / 50)
    return len(recordings), missing, holes


def main() -> None:
    minutes, calls = float(sys.argv[1]) if sys.argv[1:] else 5, int(sys.argv[2]) if sys.argv[2:] else 10
    compile_all(LOCALES)
    with tempfile.TemporaryDirectory() as name, RedisServer() as redis:
        folder, ports, first = Path(name), (free_port(), free_port()), random.randrange(20_000, 60_000, 1000)
        config = folder / "hotline.toml"
        config.write_text(
            f'[voice]\nnumber = "+922111234567"\nlanguages = ["ur"]\n[gateways.line]\nkind = "sip"\nhost = "127.0.0.1:{ports[0]}"\n'
            f'user = "hotline"\nregister = false\npretend = true\nlisten = "127.0.0.1:{ports[1]}"\nrtp_ports = "{first}-{first + 900}"\n'
            f"at_once = {calls}\n"
        )
        env = {
            "HOTLINE_CONFIG": str(config),
            "HOTLINE_DATABASE_URL": f"sqlite:///{folder / 'hotline.sqlite3'}",
            "HOTLINE_REDIS_URL": redis.url,
            "HOTLINE_DATA_DIR": str(folder / "data"),
            "HOTLINE_SECRET_KEY": SECRET_KEY,
            "HOTLINE_KEYS_FILE": keys_file(),
        }
        migrate(env["HOTLINE_DATABASE_URL"])
        log = folder / "log"
        seen, took, spent = asyncio.run(_measure(env, log, minutes=minutes, calls=calls, ports=ports))
        gateway = call_gateways(load_config(env))["line"]
        assert isinstance(gateway, SipCalls)
        kept, missing_s, holes = _gaps(gateway, folder / "data/gateways/line")
        ended: list[dict[str, Any]] = [json.loads(line) for line in log.read_text("utf-8").splitlines() if '"a call ended"' in line]
        print(f"{calls} callers for {took / 60:.1f} min: {seen.whole} whole calls, {len(seen.failed)} failed {sorted(set(seen.failed))}")
        print(
            f"process: {100 * spent / took:.0f} % of a core; MiB {seen.mib[0]:.0f} first, {max(seen.mib):.0f} most, {seen.mib[-1]:.0f} last"
        )
        print(f"played: {sum(one['starved'] for one in ended)} frames of 20 ms sent half empty in {len(ended)} calls")
        print(f"heard and dropped: {sum(one['lost_s'] for one in ended):.1f} s")
        print(f"recordings: {kept}, {missing_s:.1f} s missing; silent midst {sum(holes):.2f} s, {max(holes, default=0):.2f} in one")
        faults = {
            line["event"]
            for line in map(json.loads, filter(lambda said: said.startswith("{"), log.read_text("utf-8").splitlines()))
            if line.get("level") in ("error", "critical")
        }
        print(f"faults in the log: {sorted(faults)}")


if __name__ == "__main__":
    main()

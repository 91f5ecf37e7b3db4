"""Phones that speak SIP, on loopback: they call the line of a hotline and answer it. And a registrar that asks for a password."""

import asyncio
import hashlib
import math
import random
import re
import secrets
import socket
from array import array
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from baresip import Account, AudioNotActive, Call, CallState, Config, Runtime, UserAgent

from hotline.gateways.sip.trunk import dial

RATE_HZ = 8000
USER = "hotline"


def free_port() -> int:
    """A port of loopback that nobody uses for UDP. The library uses it alone (`sip_transports`)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def tone(hz: int, seconds: float) -> bytes:
    """A tone that is as loud as speech."""
    return array("h", (round(6000 * math.sin(2 * math.pi * hz * n / RATE_HZ)) for n in range(round(seconds * RATE_HZ)))).tobytes()


class SipPhone:
    """One phone, in one call at a time."""

    def __init__(self, agent: UserAgent, line: str) -> None:
        self._agent, self._line = agent, line
        self.rung: asyncio.Queue[Call] = asyncio.Queue()
        self.call: Call | None = None
        agent.on_incoming(self.rung.put_nowait)

    async def ring(self, user: str = USER) -> "SipPhone":
        """Call the hotline, and wait until it answers."""
        self.call, told = await dial(self._agent, f"sip:{user}@{self._line}")
        for event in told:
            self.call._on_stack_event(event)
        await self.call.wait_established(45)
        return self

    async def answer(self, *, within_s: float = 20) -> "SipPhone":
        """Wait until it is rung, and answer."""
        self.call = await asyncio.wait_for(self.rung.get(), within_s)
        await self.call.answer()
        await self.call.wait_established(5)
        return self

    async def press(self, keys: str) -> None:
        assert self.call is not None
        await self.call.send_dtmf(keys)

    async def say(self, sound: bytes) -> None:
        """Speak, and return once it is spoken."""
        assert self.call is not None
        waits = memoryview(sound)
        while waits or self.call.audio.info().tx_buffered:
            waits = waits[self.call.audio.write(waits) :]
            await asyncio.sleep(0.02)

    async def hear(self, seconds: float) -> bytes:
        """What is heard during the next seconds."""
        assert self.call is not None
        heard, ends = bytearray(), asyncio.get_running_loop().time() + seconds
        self.call.audio.read(65_536)
        while asyncio.get_running_loop().time() < ends:
            await asyncio.sleep(0.04)
            heard += self.call.audio.read(65_536)
        return bytes(heard)

    async def hang_up(self) -> None:
        assert self.call is not None
        await self.call.hangup()

    @property
    def is_in_call(self) -> bool:
        return self.call is not None and self.call.state is CallState.ESTABLISHED

    async def hung_up(self, *, within_s: float = 10) -> None:
        """Wait until the hotline hangs up."""
        await so(lambda: not self.is_in_call, within_s=within_s)


async def so(is_so: Callable[[], Any], *, within_s: float = 45, log: Callable[[], str] = str) -> Any:
    """What `is_so` gives, once it gives something true."""
    ends = asyncio.get_running_loop().time() + within_s
    while not (found := is_so()):
        assert asyncio.get_running_loop().time() < ends, f"not so within {within_s} s\n{log()}"
        await asyncio.sleep(0.05)
    return found


def is_tone(samples: bytes, hz: int) -> bool:
    """Whether a tone is in what was heard, and more of it than of all others (Goertzel's algorithm)."""
    values = array("h", samples)
    total = sum(value * value for value in values)
    if not total:
        return False
    factor, before, last = 2 * math.cos(2 * math.pi * hz / RATE_HZ), 0.0, 0.0
    for value in values:
        before, last = last, value + factor * last - before
    power = before * before + last * last - factor * before * last
    return 2 * power / len(values) > 0.3 * total


@asynccontextmanager
async def sip_phones(*, port: int, line_port: int) -> AsyncIterator[Callable[[str], Any]]:
    """Makes phones: `await phone("03001234567")`. They listen at `port`, and call the line at `line_port`."""
    runtime = Runtime()
    first = random.randrange(20_000, 60_000, 1000)
    listen = f"sip_listen 127.0.0.1:{port}\nsip_transports udp\nrtp_ports {first}-{first + 900}\n"
    await runtime.start(Config(net_interface="127.0.0.1", max_concurrent_calls=None, extra_config_text=listen))

    async def make(number: str) -> SipPhone:
        account = Account(number, f"127.0.0.1:{port}", "", reg_interval=0, audio_codecs=("pcma", "pcmu"))
        return SipPhone(await UserAgent.create(runtime, account), f"127.0.0.1:{line_port}")

    try:
        yield make
    finally:
        await runtime.close()


class Registrar(asyncio.DatagramProtocol):
    """Takes a REGISTER whose password is right (RFC 3261, 22; RFC 2617). `registered`: how many it took."""

    def __init__(self, user: str, password: str) -> None:
        self._user, self._password, self._nonce = user, password, secrets.token_hex(8)
        self.registered = self.refused = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.DatagramTransport = transport  # type: ignore[assignment]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        asked = data.decode()
        if not asked.startswith("REGISTER"):
            return
        given = dict(re.findall(r'(\w+)="?([^",]+)"?', "".join(re.findall(r"^Authorization: Digest (.*)$", asked, re.MULTILINE))))
        if given and given.get("response") == self._right(given):
            self.registered += 1
            self._answer(asked, addr, "200 OK", *re.findall(r"^Contact: .*$", asked, re.MULTILINE), "Expires: 300")
        else:
            self.refused += bool(given)
            self._answer(asked, addr, "401 Unauthorized", f'WWW-Authenticate: Digest realm="test", nonce="{self._nonce}", algorithm=MD5')

    def _right(self, given: dict[str, str]) -> str:
        one, two = _md5(f"{self._user}:test:{self._password}"), _md5(f"REGISTER:{given['uri']}")
        return _md5(f"{one}:{self._nonce}:{two}")

    def _answer(self, asked: str, to: tuple[str, int], status: str, *more: str) -> None:
        kept = [line.strip() for line in re.findall(r"^(?:Via|From|To|Call-ID|CSeq): .*$", asked, re.MULTILINE)]
        kept = [f"{line};tag=registrar" if line.startswith("To:") and "tag=" not in line else line for line in kept]
        lines = [f"SIP/2.0 {status}", *kept, *(line.strip() for line in more), "Content-Length: 0", "", ""]
        self._transport.sendto("\r\n".join(lines).encode(), to)


def _md5(said: str) -> str:
    return hashlib.md5(said.encode(), usedforsecurity=False).hexdigest()


def takes(data: Path) -> list[Path]:
    """The files of recordings that wait in the data folder."""
    return sorted((data / "gateways/line").glob("*.take"))


__all__ = ["AudioNotActive", "Registrar", "SipPhone", "free_port", "is_tone", "sip_phones", "so", "takes", "tone"]

"""Our line: registered at its registrar, again and again; calls come in by it and are placed by it. By baresip.

The library has one state for the whole process: a process holds one line.
"""

import asyncio
import contextlib
import random
from collections.abc import Callable, Iterable
from typing import Any, Literal, cast
from weakref import WeakSet

from baresip import Account, BaresipError, Call, Config, Event, RegistrationError, Runtime, UserAgent

from hotline.domain.phone import national
from hotline.gateways.base import GatewayError, Outcome, storable
from hotline.gateways.sip.handset import Handset
from hotline.gateways.sip.settings import DIGITS, NATIONAL, Line
from hotline.log import logger

_BACKOFF_S = (2, 5, 15, 60)
_REFRESH_S = 300
"""Seconds after which the line is registered anew. Many homes' routers forget us sooner: those need a fixed port."""

_LOST_AFTER_S = 60
"""Seconds without any sound, not even silence, after which a phone counts as lost."""

CameIn = Callable[[Handset, str, str], None]
"""Is told of a call that comes in: the phone, its number, and the number of ours that it called, both as they came."""


class Trunk:
    """See above. `region`: ISO 3166, for numbers in national form."""

    def __init__(self, line: Line, *, region: str) -> None:
        self.code: str | None = "starting"  # why the line is not up; None: it is
        self._line, self._region = line, region
        self._runtime = Runtime()
        self._agent: UserAgent | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._handsets: WeakSet[Handset] = WeakSet()

    async def open(self, came_in: CameIn, died: Callable[[], None]) -> None:
        """Begin to register, and to take calls. `died`: the library ended, and only a new process helps. Raises `BaresipError`."""
        terms = self._line.terms
        self._runtime.on_dead = died
        await self._runtime.start(
            Config(
                net_interface=self._line.address,
                max_concurrent_calls=2 * terms.at_once,  # each caller may be joined with another phone
                expose_headers=("To",),
                native_log_level="error",
                rtp_timeout=_LOST_AFTER_S,
                extra_config_text=f"sip_listen {terms.listen}\nsip_transports {terms.transport}\nrtp_ports {terms.rtp_ports}\n",
            )
        )
        account = Account(
            terms.user,
            terms.host,
            self._line.password,
            reg_interval=_REFRESH_S if terms.register else 0,
            transport=cast("Literal['udp', 'tcp', 'tls']", terms.transport),
            audio_codecs=("pcma", "pcmu"),
        )
        self._agent = await UserAgent.create(self._runtime, account, transfer_policy="reject")
        self._agent.on(self._event)
        self._agent.on_incoming(lambda call: came_in(self._handset(call), _user(call.peer or ""), self._called(call.headers.get("To", ""))))
        if terms.register:
            self._keeping = asyncio.create_task(self._register())
        else:
            self.code = None

    async def hang_up_all(self) -> None:
        """End the calls that are under way."""
        for handset in list(self._handsets):
            await handset.hang_up()

    async def close(self) -> None:
        """Sign off."""
        if self._keeping is not None:
            self._keeping.cancel()
        if self._agent is not None and self._line.terms.register and self.code is None:
            with contextlib.suppress(BaresipError):
                await self._agent.unregister(timeout=3)
        with contextlib.suppress(BaresipError):
            await self._runtime.close()

    async def dial(self, number: str) -> Handset:
        """Ring a phone (E.164); returns before it is answered. Raises `GatewayError`: it was not rung."""
        if self.code is not None or self._agent is None:
            raise GatewayError(self.code or "starting", Outcome.NOT_SENT)
        terms = self._line.terms
        dialled = national(number, self._region) if terms.dial == NATIONAL else number.lstrip("+") if terms.dial == DIGITS else number
        try:
            return self._handset(*await dial(self._agent, f"sip:{dialled}@{terms.host};transport={terms.transport}"))
        except (BaresipError, ValueError) as fault:
            raise GatewayError(type(fault).__name__[:16], Outcome.NOT_SENT) from fault

    def _handset(self, call: Call, told: Iterable[Any] = ()) -> Handset:
        handset = Handset(call, told)
        self._handsets.add(handset)
        return handset

    def _called(self, header: str) -> str:
        """The number of ours that was called, where the exchange says it: else it names our account."""
        user = _user(header)
        return "" if user == self._line.terms.user and not user.lstrip("+").isdigit() else user

    def _event(self, event: Any) -> None:
        if event.event is Event.REGISTER_OK and self.code is not None:
            self.code = None
            logger().info("the line is registered", gateway=self._line.name)
        elif event.event is Event.REGISTER_FAIL:
            self.code = (event.text or "no_answer")[:16]
            logger().warning("the line is not registered", gateway=self._line.name, code=self.code)

    async def _register(self) -> None:
        """Register for the first time; from then on the library does it."""
        failures = 0
        while self._agent is not None:
            try:
                await self._agent.register()
            except RegistrationError:
                wait_s = _BACKOFF_S[min(failures, len(_BACKOFF_S) - 1)]
                failures += 1
                await asyncio.sleep(wait_s * random.uniform(0.8, 1.2))  # noqa: S311 - no secret
            else:
                return


async def dial(agent: UserAgent, address: str) -> tuple[Call, list[Any]]:
    """Ring an address: the call, and what the library told of it meanwhile. Raises `BaresipError`, `ValueError`.

    The library drops what is told before its own `dial` returns, and on a busy machine the phone is answered, or busy, by then.
    """
    told: list[Any] = []
    agent.on(told.append)
    try:
        call = await agent.dial(address)
    finally:
        agent.off(told.append)
    return call, [event for event in told if event.call == call.handle]


def _user(address: str) -> str:
    """The number in a SIP address: `"Ali" <sip:+923001234567@host;user=phone>` → `+923001234567`."""
    user, at, _ = address[address.find("<") + 1 :].partition("@")
    return storable(user.rpartition(":")[2].partition(";")[0])[:64] if at else ""

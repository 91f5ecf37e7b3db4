"""The logs that gateways keep, and what of that which they list is not here."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from hotline.gateways.base import GatewayError, IncomingCall, IncomingText, Outcome, TextGateway
from hotline.gateways.listing import CallLog, ListedCall, ListedRecording, Page, Span
from hotline.log import logger
from hotline.runtime import Runtime
from hotline.services.calls import missedcalls
from hotline.services.calls.leavings import receive_recording
from hotline.services.texts import canary
from hotline.services.texts.fetching import here_already
from hotline.services.texts.intake import Received, receive_text
from hotline.storage import calls, recordings

TEXTS, CALLS, RECORDINGS = "texts", "calls", "recordings"


@dataclass(frozen=True)
class Listed:
    """One thing that a gateway lists. `store` takes it in: it is given when that came; False: it is here by now."""

    id: str
    at: datetime | None
    store: Callable[[datetime], bool]


@dataclass(frozen=True)
class Log:
    """The log of a gateway for one of texts, calls and recordings. `sort`: what of a page is to be here, and the ids of what is."""

    gateway: str
    what: str
    ask: Callable[[Span, str | None], Page[Any]]
    sort: Callable[[Sequence[Any]], tuple[Sequence[Listed], Collection[str]]]


def logs(rt: Runtime, texts: Mapping[str, TextGateway], call_logs: Mapping[str, CallLog]) -> Iterator[Log]:
    """The logs that gateways keep; of each gateway its calls before its recordings."""
    for name, gateway in texts.items():
        if gateway.can.keeps_log:
            yield Log(name, TEXTS, gateway.texts_in, partial(_sort_texts, rt, gateway))
    for name, log in call_logs.items():
        yield Log(name, CALLS, log.calls_in, partial(_sort_calls, rt, name))
        yield Log(name, RECORDINGS, log.recordings_in, partial(_sort_recordings, rt, name))


def _sort_texts(rt: Runtime, gateway: TextGateway, listed: Sequence[IncomingText]) -> tuple[list[Listed], set[str]]:
    """The texts of a page, and which are here. That a canary text is listed does not show that the gateway hears."""
    texts = [text for text in listed if not canary.is_one(rt, text)]

    def store(text: IncomingText, came_at: datetime) -> bool:
        return receive_text(rt, gateway.name, _whole(rt, gateway, text), came_at=came_at) is Received.STORED

    return [Listed(text.gateway_id, text.received_at, partial(store, text)) for text in texts], here_already(rt, gateway.name, texts)


def _whole(rt: Runtime, gateway: TextGateway, text: IncomingText) -> IncomingText:
    """The text with what came with it. Where the gateway does not give that, and yet answers, the words are taken in all the same: one text
    must not hold up all that came after it. Raises `GatewayError` where the gateway does not answer at all."""
    for _ in range(2):
        try:
            return gateway.whole(text)
        except GatewayError as fault:
            if fault.outcome is Outcome.REFUSED:
                return text
            logger().warning("what came with a text cannot be listed", gateway=gateway.name, gateway_id=text.gateway_id, code=fault.code)
            gateway.texts_in(Span(rt.clock(), None))
    return text


def _sort_calls(rt: Runtime, name: str, listed: Sequence[ListedCall]) -> tuple[list[Listed], set[str]]:
    """The calls of a page that are over, and which are here. Nobody answered those that are not here."""
    over = [call for call in listed if call.is_over]

    def store(call: ListedCall, came_at: datetime) -> bool:
        return missedcalls.note_late(rt, IncomingCall(name, call.gateway_id, call.caller, call.line), came_at=came_at)

    with rt.reading() as session:
        here = calls.known(session, name, {call.gateway_id for call in over})
    return [Listed(call.gateway_id, call.at, partial(store, call)) for call in over], here


def _sort_recordings(rt: Runtime, name: str, listed: Sequence[ListedRecording]) -> tuple[list[Listed], set[str]]:
    """The recordings of a page that are of calls to us, and which we know of."""
    with rt.reading() as session:
        ours = calls.known(session, name, {one.call_id for one in listed}, of_citizens=True)
        here = recordings.known(session, name, {one.gateway_id for one in listed})

    def store(one: ListedRecording, _came_at: datetime) -> bool:
        receive_recording(rt, IncomingCall(name, one.call_id, "", "", recording_id=one.gateway_id, recorded_s=one.duration_s))
        return True

    return [Listed(one.gateway_id, one.at, partial(store, one)) for one in listed if one.call_id in ours], here

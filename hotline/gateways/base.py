"""What a gateway is to us: meanings, never HTTP details. A gateway carries our texts and calls; whose it is, only its folders know."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import BinaryIO, Protocol

from hotline.config import Config, GatewaySettings
from hotline.domain.delivery import Delivery
from hotline.domain.keyword import Keyword

LONGEST_TEXT = 1600
"""Characters of one text; every gateway must take as many. They are 24 parts of Urdu. 3GPP TS 23.040 (9.2.3.24.1) allows 255 parts."""


class FieldMissing(Exception):
    """A gateway's form lacks what makes it a text or a call; `args[0]` is the field."""


@dataclass(frozen=True)
class IncomingText:
    """A text as the gateway handed it over, every string already clean. `sender` is raw."""

    gateway_id: str
    sender: str
    body: str
    keyword: Keyword | None = None  # what the gateway itself took it for: a stop or a start


@dataclass(frozen=True)
class OutgoingText:
    """A text to send. `message_id` and `attempt` come back in the reports, which may arrive before `send` returns."""

    message_id: int
    attempt: int
    to: str
    body: str


class Outcome(StrEnum):
    """What a failed send means for the text."""

    NOT_SENT = "not_sent"  # never processed: safe to send again, later
    REFUSED = "refused"  # for good
    STOPPED = "stopped"  # for good: the citizen told the gateway to stop
    UNREACHABLE = "unreachable"  # the phone is off or away: a few tries, far apart
    UNKNOWN = "unknown"  # it may have been sent: look it up before anything else


@dataclass(frozen=True)
class Report:
    """What the gateway says became of a text of ours."""

    gateway_id: str
    message_id: int | None
    attempt: int | None
    delivery: Delivery
    code: str | None
    outcome: Outcome | None = None  # what its code means for the text, where it failed


@dataclass(frozen=True)
class Sent:
    """A text the gateway has: its id, and what became of it so far."""

    gateway_id: str
    delivery: Delivery
    code: str | None = None


class GatewayError(Exception):
    """The gateway did not take a text. `code` is its own, as text."""

    def __init__(self, code: str, outcome: Outcome) -> None:
        super().__init__(code)
        self.code = code
        self.outcome = outcome


class TextGateway(Protocol):
    """Carries texts."""

    name: str

    def send(self, text: OutgoingText) -> Sent:
        """Hand a text over. Raises `GatewayError`."""

    def look_up(self, text: OutgoingText, since: datetime, known: set[str]) -> Sent | None:
        """The text if the gateway took it since then under an id that is none of `known`; None if it has none such.

        Raises `GatewayError` if it cannot tell.
        """

    def close(self) -> None:
        """Give connections back."""


@dataclass(frozen=True)
class IncomingCall:
    """A call as the gateway told of it, or a step of a call; every string clean. `caller` and `line` are raw numbers."""

    gateway: str
    gateway_id: str
    caller: str
    line: str
    keys: str = ""  # what was keyed at this step; "" for silence
    hung_up: bool = False
    recording_id: str | None = None
    recorded_s: int | None = None
    call_id: int | None = None  # of one of ours: it comes back in the report of its end


@dataclass(frozen=True)
class CallState:
    """What the gateway says of a call."""

    ended: bool
    duration_s: int | None = None


@dataclass(frozen=True)
class FoundRecording:
    """A recording the gateway has: its id and its length in whole seconds, None while it is not known."""

    gateway_id: str
    duration_s: int | None


class CallGateway(Protocol):
    """Carries calls, and keeps what they recorded until we have it. Every method raises `GatewayError`."""

    name: str

    def place_call(self, to: str, call_id: int, *, is_alarm: bool) -> str:
        """Ring a phone for our call `call_id`; the gateway's id. Not to be repeated where the outcome is unknown. Of an alarm nothing
        is heard but its own words, whatever breaks."""

    def call_state(self, gateway_id: str) -> CallState | None:
        """How a call stands; None if the gateway knows none such."""

    def recordings_of(self, gateway_id: str) -> list[FoundRecording]:
        """What a call recorded."""

    def fetch_recording(self, gateway_id: str, into: BinaryIO, *, limit_bytes: int) -> int:
        """Write a recording's audio (WAV) into a file, and say how many bytes it has. Asked by id at the API's base, never at an
        address out of a form. Code `404` or `410` where there is none, `too_large` past the limit."""

    def delete_recording(self, gateway_id: str) -> None:
        """Have the gateway forget a recording; one that is gone is forgotten."""

    def close(self) -> None:
        """Give connections back."""


class GatewayFault(Exception):
    """A check of a gateway failed; the message says what is wrong and what to do."""


@dataclass(frozen=True)
class Gateway:
    """What a gateway brings to the registry."""

    name: str  # of its folders, and in the column `gateway`
    key: str  # the variable of the environment without which it is not used
    read: Callable[[Mapping[str, str], list[str]], GatewaySettings]  # its keys, out of the environment; faults are added to the list
    texts: Callable[[Config], TextGateway] | None  # None: it carries none
    calls: Callable[[Config], CallGateway] | None
    check: Callable[[Config], None]  # whether it takes us; raises `GatewayFault`
    check_recordings: Callable[[Config], bool]  # whether it asks for a password; False: that cannot be told; raises `GatewayFault`

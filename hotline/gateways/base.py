"""What every gateway offers, without HTTP details. A gateway carries texts and calls; only its own folders know the company behind it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import BinaryIO, Protocol

from hotline.config import Config, GatewaySettings
from hotline.domain.bridge import Leg
from hotline.domain.delivery import Delivery
from hotline.domain.keyword import Keyword

LONGEST_TEXT = 1600
"""The most characters of one text; every gateway must take as many. In Urdu that is 24 parts; 3GPP TS 23.040 (9.2.3.24.1) allows 255."""


class FieldMissing(Exception):
    """A gateway's form lacks a field that every text or call has; `args[0]` is its name."""


@dataclass(frozen=True)
class IncomingText:
    """A text as the gateway delivered it; all strings can be stored, `sender` is not parsed yet."""

    gateway_id: str
    sender: str
    body: str
    keyword: Keyword | None = None  # set if the gateway itself took the text as a stop or a start


@dataclass(frozen=True)
class OutgoingText:
    """A text to send. `message_id` and `attempt` come back in the reports, which may arrive before `send` returns."""

    message_id: int
    attempt: int
    to: str
    body: str


class Outcome(StrEnum):
    """What a failed send means for the text."""

    NOT_SENT = "not_sent"  # not processed: it can be sent again later
    REFUSED = "refused"  # for good: do not send again
    STOPPED = "stopped"  # for good: the citizen told the gateway to stop
    UNREACHABLE = "unreachable"  # the phone is off or away: try again a few times, far apart
    UNKNOWN = "unknown"  # it may have been sent: look it up before sending again


@dataclass(frozen=True)
class Report:
    """What the gateway reports about a text that we sent."""

    gateway_id: str
    message_id: int | None
    attempt: int | None
    delivery: Delivery
    code: str | None
    outcome: Outcome | None = None  # what `code` means for a text that failed


@dataclass(frozen=True)
class Sent:
    """A text that the gateway accepted: its id and its delivery so far."""

    gateway_id: str
    delivery: Delivery
    code: str | None = None


class GatewayError(Exception):
    """A request to the gateway failed. `code`: the gateway's or our own name of the fault; `outcome`: what it means for a text."""

    def __init__(self, code: str, outcome: Outcome) -> None:
        super().__init__(code)
        self.code = code
        self.outcome = outcome


class TextGateway(Protocol):
    """Sends texts."""

    name: str

    def send(self, text: OutgoingText) -> Sent:
        """Send a text. Raises `GatewayError`."""

    def look_up(self, text: OutgoingText, since: datetime, known: set[str]) -> Sent | None:
        """Find a text that the gateway may have accepted after `since`, under an id that is not in `known`; None if there is none.

        Raises `GatewayError` if the gateway cannot be asked.
        """

    def close(self) -> None:
        """Give connections back."""


@dataclass(frozen=True)
class IncomingCall:
    """A call, or a step of a call, as the gateway delivered it; all strings can be stored. `caller` and `line` (our number) are raw."""

    gateway: str
    gateway_id: str
    caller: str
    line: str
    keys: str = ""  # the keys pressed at this step; "" for silence
    hung_up: bool = False
    recording_id: str | None = None
    recorded_s: int | None = None
    call_id: int | None = None  # of a call that we placed, in the report of its end


@dataclass(frozen=True)
class LegReport:
    """What a gateway reports of the citizen's phone in a call that we join. `duration_s`: how long the two talked, once it is over."""

    leg: Leg
    duration_s: int | None = None


@dataclass(frozen=True)
class CallState:
    """What the gateway says about a call; `duration_s` is None while it is not known."""

    ended: bool
    duration_s: int | None = None


@dataclass(frozen=True)
class FoundRecording:
    """A recording at the gateway: its id, and its length in whole seconds (None while it is not known)."""

    gateway_id: str
    duration_s: int | None


class CallGateway(Protocol):
    """Places calls, and keeps their recordings until we have fetched them. Every method except `close` raises `GatewayError`."""

    name: str

    def place_call(self, to: str, call_id: int, *, is_alarm: bool) -> str:
        """Ring the phone `to` for our call `call_id`; returns the gateway's id of the call.

        Do not repeat it if the outcome is unknown. `is_alarm`: it is a volunteer's own phone, which hears only the words of an alarm or of
        a call that is ready, also after an error.
        """

    def call_state(self, gateway_id: str) -> CallState | None:
        """The state of a call; None if the gateway does not know it."""

    def recordings_of(self, gateway_id: str) -> list[FoundRecording]:
        """The recordings of a call."""

    def fetch_recording(self, gateway_id: str, into: BinaryIO, *, limit_bytes: int) -> int:
        """Write a recording's audio (WAV) into `into`; returns the number of bytes. What came before an error was raised is in `into`.

        The address is made from the id and the API's base, never taken from a form. The error's code is `404` or `410` if there is no
        such recording, `too_large` above the limit.
        """

    def delete_recording(self, gateway_id: str) -> None:
        """Delete a recording at the gateway. It may be deleted already."""

    def close(self) -> None:
        """Give connections back."""


class GatewayFault(Exception):
    """A check of a gateway failed; the message says what is wrong and what to do."""


@dataclass(frozen=True)
class Gateway:
    """A gateway's entry in the registry."""

    name: str  # of its folders, and in the columns `gateway`
    key: str  # the environment variable that has to be set for it to be used
    read: Callable[[Mapping[str, str], list[str]], GatewaySettings]  # reads its keys from the environment; faults are added to the list
    texts: Callable[[Config], TextGateway] | None  # None: it sends no texts
    calls: Callable[[Config], CallGateway] | None  # None: it places no calls
    check: Callable[[Config], None]  # raises `GatewayFault` if the gateway does not accept our account
    check_recordings: Callable[[Config], bool]  # True: recordings need a password; False: not known; raises `GatewayFault`

"""What every gateway offers, without HTTP details. A gateway carries texts and calls; only the folders of its kind know the service
behind it.

What a gateway can do stands in its `Abilities`: services ask for that, and never for a name or a kind.
"""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from http.client import HTTPException
from typing import BinaryIO, Protocol
from urllib.parse import urlsplit

from hotline.config import Config, GatewaySettings
from hotline.domain.bridge import Leg
from hotline.domain.delivery import Delivery
from hotline.domain.keyword import Keyword
from hotline.gateways.listing import CallLog, Page, Span
from hotline.gateways.settings import ReadSettings
from hotline.spool import LANES

LONGEST_TEXT = 1600
"""The most characters of one text; every gateway must take as many. In Urdu that is 24 parts; 3GPP TS 23.040 (9.2.3.24.1) allows 255."""


class FieldMissing(Exception):
    """A gateway's form lacks a field that every text or call has; `args[0]` is its name."""


@dataclass(frozen=True)
class IncomingText:
    """A text as the gateway delivered it; all strings can be stored, `sender` is not parsed yet.

    A text that is delivered twice has the same `gateway_id` both times: where the gateway's own ids are not so, it is made of a keyed hash
    of what the text is (`keyed_id`).
    """

    gateway_id: str
    sender: str
    body: str
    keyword: Keyword | None = None  # set if the gateway itself took the text as a stop or a start
    received_at: datetime | None = None  # when the network took it from the citizen, where the gateway says
    line: str | None = None  # the number or SIM of ours that it came to, as the gateway names it, at most 16 characters
    other_ids: tuple[str, ...] = ()  # where the gateway gives none: ids under which the same text may be here already
    photos: tuple[str, ...] = ()  # the gateway's ids of what came with it, at most 80 characters each; never an address
    not_brought: bool = False  # something came with it, or may have, that the gateway does not bring
    head: str | None = None  # of an MMS: the id of what told that it comes, its own id if it is that; "": not known yet

    @property
    def has_photo(self) -> bool:
        """Whether more came with it than words."""
        return bool(self.photos) or self.not_brought

    @property
    def is_head(self) -> bool:
        """Whether it only tells that an MMS came: its words and what is in it are told later, or never."""
        return self.head == self.gateway_id


@dataclass(frozen=True)
class OutgoingText:
    """A text to send. `message_id` and `attempt` come back in the reports, which may arrive before `send` returns.

    `our_id` stands for the two (`domain.textids`). It was committed before `send` is called, together with the gateway.
    """

    message_id: int
    attempt: int
    to: str
    body: str
    our_id: str
    segments: int = 1
    urgent: bool = False  # somebody is in danger: it leaves before others
    line: str | None = None  # the line that the citizen wrote to, if that was one of this gateway
    leaves_by: datetime | None = None  # where the gateway `expires` texts: after this it must not leave any more


class Outcome(StrEnum):
    """What a failed send means for the text."""

    NOT_SENT = "not_sent"  # not processed: it can be sent again later
    REFUSED = "refused"  # for good: do not send again
    STOPPED = "stopped"  # for good: the citizen told the gateway to stop
    UNREACHABLE = "unreachable"  # the phone is off or away: try again a few times, far apart
    UNKNOWN = "unknown"  # it may have been sent: look it up before sending again
    ILL = "ill"  # not sent, and not the text's fault: password, balance, blocked SIM. The gateway rests, other texts too


@dataclass(frozen=True)
class Report:
    """What the gateway reports about a text that we sent. `message_id` and `attempt`: by our own id, where it gives that back."""

    gateway_id: str
    message_id: int | None
    attempt: int | None
    delivery: Delivery
    code: str | None
    outcome: Outcome | None = None  # what `code` means for a text that failed
    of_part: bool = False  # of a text of several parts it is about one of them, and does not say which


@dataclass(frozen=True)
class Sent:
    """A text that the gateway accepted: its id and its delivery so far. `outcome`: what `code` means for a text that failed since."""

    gateway_id: str
    delivery: Delivery
    code: str | None = None
    outcome: Outcome | None = None


class GatewayError(Exception):
    """A request to the gateway failed. `code`: the gateway's or our own name of the fault, at most 16 characters; `outcome`: what it means
    for a text; `retry_after_s`: how long the gateway asks us to wait, where it says."""

    def __init__(self, code: str, outcome: Outcome, *, retry_after_s: float | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.outcome = outcome
        self.retry_after_s = retry_after_s


def network_fault(fault: GatewayError, url: str) -> str | None:
    """What is wrong and what to do, if the gateway at `url` was not reached at all; None if it answered, whatever it said."""
    if fault.code != "too_slow" and not isinstance(fault.__cause__, OSError | HTTPException):
        return None
    name = type(fault.__cause__).__name__
    why = name if name.startswith(fault.code) else fault.code  # a code is cut to the length that rows have for it
    return (
        f"{urlsplit(url).netloc} cannot be reached ({why}), so the account was not tried: see that this machine is on the network, "
        "its clock is right, its name server answers, and a firewall lets it out"
    )


class LookUp(StrEnum):
    """How a gateway can tell whether it has a text of which nobody knows whether it was sent."""

    EXACT = "exact"  # it finds a text by our id
    LIST = "list"  # it lists its newest texts: two of the same words to one phone cannot be told apart
    NEVER = "never"  # it cannot tell, ever: a person is asked


class Unit(StrEnum):
    """What a gateway's limits count."""

    TEXTS = "texts"
    SEGMENTS = "segments"


@dataclass(frozen=True)
class Abilities:
    """What a gateway can do. What it cannot, its services do without."""

    look_up: LookUp
    idempotent: bool = False  # a text that is sent twice under one id of ours leaves once
    reports: bool = False  # it tells whether the phone got a text
    polls: bool = False  # it does not tell of texts that came in: they are asked for
    keeps_log: bool = False  # it lists what came in since a time, so that what it never told us is found
    cancels: bool = False  # a text that has not left yet can be stopped
    deletes: bool = False  # a text can be deleted at it
    prioritises: bool = False  # an urgent text passes others that wait at it
    tells: bool = False  # it can be asked what became of a text that it took, for some days
    expires: bool = False  # a text that has not left by `OutgoingText.leaves_by` never leaves
    photos: bool = False  # it brings photos with texts, and keeps them until we have fetched them
    unit: Unit = Unit.TEXTS


class TextGateway(ABC):
    """Sends texts. What `can` does not name is never called. Every method except `close` raises `GatewayError`."""

    name: str  # of the gateway, in the columns `gateway`
    can: Abilities

    @abstractmethod
    def send(self, text: OutgoingText) -> Sent:
        """Send a text."""

    def look_up(self, text: OutgoingText, since: datetime, known: set[str]) -> Sent | None:
        """Find a text that the gateway may have accepted after `since`, under an id that is not in `known`; None if there is none.

        For a gateway whose look-up is not `NEVER`. A text that it has and did not send is None too: it is sent again.
        """
        raise NotImplementedError

    def poll(self) -> Iterable[IncomingText]:
        """The texts that came in, as far as the gateway still lists them; a text may come again and again. Only if it `polls`."""
        raise NotImplementedError

    def texts_in(self, span: Span, page: str | None = None) -> Page[IncomingText]:
        """A page of the texts that came in a span, under the ids by which the gateway told us of them; `page`: None for the first.

        Of what came with a text it may only say that there was something (`not_brought`): `whole` asks for it. Only if it `keeps_log`.
        """
        raise NotImplementedError

    def whole(self, text: IncomingText) -> IncomingText:
        """A text of `texts_in` with all that came with it."""
        return text

    def cancel(self, text: OutgoingText) -> bool:
        """Stop a text that has not left yet; True: it will never leave. Only if it `cancels`."""
        raise NotImplementedError

    def became_of(self, gateway_id: str) -> Report | None:
        """What became of a text that it took, as it would report it; None if it does not know it any more. Only if it `tells`.

        The delivery is `SENT` also while the text waits at it. The report names no message and no attempt.
        """
        raise NotImplementedError

    def delete_text(self, gateway_id: str) -> None:
        """Delete a text, in or out, at the gateway. It may be deleted already. `REFUSED`: not this one, not now. Only if it `deletes`."""
        raise NotImplementedError

    def fetch_photo(self, gateway_id: str, into: BinaryIO, *, limit_bytes: int) -> int:
        """Write what came with a text into `into`; returns the number of bytes. Only if it has `photos`.

        The address is made from the id and the API's base, never taken from a form. The error's code is `404` or `410` if there is no
        such photo, `too_large` above the limit. Whatever else is raised, the photo may still be there.
        """
        raise NotImplementedError

    def delete_photo(self, gateway_id: str) -> None:
        """Delete what came with a text at the gateway. It may be deleted already. Only if it has `photos`."""
        raise NotImplementedError

    def close(self) -> None:  # noqa: B027 - most have nothing to give back
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

    def delete_call(self, gateway_id: str) -> None:
        """Delete a call at the gateway, with the calls that it was joined to. It may be deleted already."""

    def close(self) -> None:
        """Give connections back."""


def keyed_id(key: bytes, *parts: str) -> str:
    """An id for a text that came in, made of what it is: 40 hexadecimal digits. Without the key (`Keys.mark`) no guess can be tested."""
    said = b"".join(len(raw).to_bytes(4, "big") + raw for raw in (part.encode("utf-8", "surrogatepass") for part in parts))
    return hashlib.blake2b(said, key=key, digest_size=20, person=b"incoming text").hexdigest()


def second_id(key: bytes, gateway_id: str) -> str:
    """The id of a text that came in, where the gateway has given its own id to a text of ours too."""
    return keyed_id(key, "in", gateway_id)


def keyed_lane(key: bytes, *parts: str) -> int:
    """The lane in which something waits on the disk, made of who sent it (`spool.LANES`)."""
    return int(keyed_id(key, *parts)[:8], 16) % LANES


def storable(given: str) -> str:
    """The words without what no database stores: NUL (PostgreSQL refuses it) and half a surrogate pair (both databases do)."""
    return given.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


class GatewayFault(Exception):
    """A check of a gateway failed; the message says what is wrong and what to do."""


class Trial(StrEnum):
    """How far a gateway was tried by the people who wrote its code."""

    TRIED = "tried"  # with the real service
    UNTRIED = "untried"  # with a pretend one
    EXPERIMENTAL = "experimental"  # the same, and what it is built on is not finished


@dataclass(frozen=True)
class Gateway:
    """The entry of a kind of gateways in the registry. Its functions are given the configuration and the name of the gateway."""

    kind: str  # the name of its folders
    read: ReadSettings
    texts: Callable[[Config, str], TextGateway] | None  # None: it sends no texts
    calls: Callable[[Config, str], CallGateway] | None  # None: it places no calls
    check: Callable[[Config, str], str]  # what to say of the gateway; raises `GatewayFault` if it does not accept our account
    call_log: Callable[[Config, str], CallLog] | None = None  # None: it keeps no log of calls that can be asked
    check_recordings: Callable[[Config], bool] | None = None  # True: recordings need a password; False: not known; raises `GatewayFault`
    acts_on_words: bool = False  # it acts on STOP, START and their like before we see the text (`[gateway]` of the lexicon)
    has_webhooks: bool = True  # `hotline.webhooks.<kind>` has `BLUEPRINTS`
    process: str | None = None  # the module of `workers` that keeps a connection to each gateway of this kind; None: it needs no process
    trial: Callable[[GatewaySettings], Trial] = lambda _settings: Trial.UNTRIED
    lacks: Callable[[], str | None] = lambda: None  # what has to be installed before `process` can start, in a sentence

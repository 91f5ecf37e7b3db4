"""What a gateway is to us: meanings, never HTTP details. A gateway carries our texts; which company it is, only its folder knows."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from hotline.domain.delivery import Delivery
from hotline.domain.keyword import Keyword


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
    STOPPED = "stopped"  # for good: she told the gateway to stop
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

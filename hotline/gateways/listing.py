"""What came to a gateway, as the gateway's own log has it: it is asked for a span of time, page by page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

_Listed = TypeVar("_Listed")


@dataclass(frozen=True)
class Span:
    """From when to when something came, by the gateway's clock; both ends belong to it. `until` is None for the last: it has no end."""

    since: datetime
    until: datetime | None = None

    def has(self, at: datetime | None) -> bool:
        """Whether something that came at `at` is in it. What has no time is."""
        return at is None or (at >= self.since and (self.until is None or at <= self.until))


@dataclass(frozen=True)
class Page(Generic[_Listed]):
    """A page of what came in a span, the newest first where its times do not tell. What a page lists may stand in another one too.

    `next`: what to ask for to have the next page, at most 500 characters; None: it was the last.
    """

    listed: tuple[_Listed, ...]
    next: str | None = None


@dataclass(frozen=True)
class ListedCall:
    """A call to a number of ours. `caller` and `line` (our number) are raw. `at`: when it began, where the gateway says."""

    gateway_id: str
    caller: str
    line: str
    at: datetime | None
    is_over: bool


@dataclass(frozen=True)
class ListedRecording:
    """A recording, perhaps of a call that is not ours. `call_id`: the gateway's id of the call; `duration_s`: None while not known."""

    gateway_id: str
    call_id: str
    at: datetime | None
    duration_s: int | None


class CallLog(Protocol):
    """The log that a gateway keeps of calls to us and of what it recorded. Every method except `close` raises `GatewayError`."""

    name: str

    def calls_in(self, span: Span, page: str | None = None) -> Page[ListedCall]:
        """A page of the calls to our numbers that began in a span; `page`: None for the first."""

    def recordings_in(self, span: Span, page: str | None = None) -> Page[ListedRecording]:
        """A page of the recordings that were made in a span; `page`: None for the first."""

    def close(self) -> None:
        """Give connections back."""

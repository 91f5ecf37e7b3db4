"""What the pretend phone keeps, and how it writes it: texts in and out, times, its health."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

PENDING, CANCELLED, PROCESSED, SENT, DELIVERED, FAILED = "Pending", "Cancelled", "Processed", "Sent", "Delivered", "Failed"


class Taken(Exception):
    """A text of this id is there already."""


@dataclass
class OutText:
    """A text that the phone was given to send. `left`: it is on the citizen's phone."""

    id: str
    to: str
    text: str
    sim: int
    priority: int
    order: int
    valid_until: datetime | None
    wants_report: bool
    parts: int
    state: str = PENDING
    error: str | None = None
    left: int = 0
    states: dict[str, str] = field(default_factory=dict)


def read_out(kept: dict[str, Any]) -> OutText:
    """A text from its fields as JSON has them."""
    until = kept["valid_until"]
    return OutText(**{**kept, "valid_until": until and datetime.fromisoformat(until)})


@dataclass(frozen=True)
class InText:
    """A text in the phone's own store. `number` is the app's hash of it: 32 bits, and two texts of one second and words have one."""

    sender: str
    text: str
    sim: int
    at: datetime
    number: int


def payload_of(came: InText, line: str) -> dict[str, Any]:
    """What the app tells of a text that came to `line`."""
    return {
        "messageId": f"{came.number:x}",
        "message": came.text,
        "sender": came.sender,
        "recipient": line,
        "simNumber": came.sim,
        "receivedAt": written(came.at),
        "phoneNumber": came.sender,
    }


def written(at: datetime) -> str:
    """A time as the app writes it: in the phone's zone."""
    local = at.astimezone(UTC) + timedelta(hours=5)
    return local.strftime("%Y-%m-%dT%H:%M:%S.") + f"{local.microsecond // 1000:03d}+05:00"


def health_of(*, failed: int) -> dict[str, Any]:
    """The app's account of itself. `failed`: how many texts failed."""

    def check(value: int, unit: str) -> dict[str, Any]:
        return {"status": "pass", "observedValue": value, "observedUnit": unit, "description": ""}

    checks = {
        "messages:failed": check(failed, "messages"),
        "connection:status": check(1, "boolean"),
        "connection:transport": check(4, "flags"),
        "connection:cellular": check(3, "index"),
        "battery:level": check(87, "percent"),
        "battery:charging": check(2, "flags"),
    }
    return {"status": "pass", "version": "1.68.0", "releaseId": 168, "checks": checks}

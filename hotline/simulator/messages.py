"""One text, as Twilio's log has it and as the phone shows it."""

import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

API_VERSION = "2010-04-01"
MAX_BODY = 1600
PHOTO_BYTES = 5 << 20  # docs: "Accepted content types", the most that one message carries
IN_FLIGHT = frozenset({"accepted", "queued", "sending"})

_SURROGATES = re.compile("[\ud800-\udfff]")


def new_sid(*, with_photo: bool = False) -> str:
    return ("MM" if with_photo else "SM") + secrets.token_hex(16)


def clean(text: str) -> str:
    """Replace half surrogate pairs. JSON can carry them but a form cannot, and then it could not be signed."""
    return _SURROGATES.sub("\ufffd", text)


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Message:
    """A text. `direction` is Twilio's word: inbound, outbound-api or outbound-reply.

    `body` is what Twilio keeps, and can be redacted there. `phone_body` is what the phone has: it stays, even if the text is `deleted` at
    Twilio. `photos`: the id of each photo that came with it → its bytes, until Twilio deletes it. `seen` orders the texts on a phone (None:
    not on the phone). `webhook` sums up the hotline's answer to an inbound text.
    """

    direction: str
    sender: str
    recipient: str
    body: str
    status: str
    segments: int
    sid: str = field(default_factory=new_sid)
    service_sid: str = ""
    callback_url: str = ""
    by_twilio: bool = False
    deleted: bool = False
    error_code: int | None = None
    webhook: str = ""
    photos: dict[str, bytes] = field(default_factory=dict)
    phone_body: str = ""
    seq: int = 0
    seen: int | None = None
    seen_at: datetime | None = None
    created_at: datetime = field(default_factory=now)
    updated_at: datetime = field(default_factory=now)
    sent_at: datetime | None = None

    def __post_init__(self) -> None:
        self.phone_body = self.phone_body or self.body

    @property
    def inbound(self) -> bool:
        return self.direction == "inbound"

    @property
    def phone(self) -> str:
        """The number of the citizen's phone."""
        return self.sender if self.inbound else self.recipient

    def as_twilio(self, account_sid: str) -> dict[str, Any]:
        """Twilio's Message resource, with its RFC 2822 dates and its numbers as strings."""
        uri = f"/{API_VERSION}/Accounts/{account_sid}/Messages/{self.sid}"
        return {
            "account_sid": account_sid,
            "api_version": API_VERSION,
            "body": self.body,
            "date_created": format_datetime(self.created_at),
            "date_sent": format_datetime(self.sent_at) if self.sent_at else None,
            "date_updated": format_datetime(self.updated_at),
            "direction": self.direction,
            "error_code": self.error_code,
            "error_message": f"error {self.error_code}" if self.error_code else None,
            "from": self.sender,
            "messaging_service_sid": self.service_sid or None,
            "num_media": str(len(self.photos)),
            # Twilio counts the segments when the service has picked a sender.
            "num_segments": "0" if self.status == "accepted" else str(self.segments),
            "price": None,
            "price_unit": "USD",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": self.recipient,
            "uri": f"{uri}.json",
        }

    def as_phone(self) -> dict[str, Any]:
        """What the phone shows, for tests. `at` is when it arrived there, in UTC."""
        return {
            "sid": self.sid,
            "direction": self.direction,
            "from": self.sender,
            "to": self.recipient,
            "body": self.phone_body,
            "status": self.status,
            "segments": self.segments,
            "from_twilio": self.by_twilio,
            "webhook": self.webhook,
            "photos": len(self.photos),
            "at": self.seen_at.isoformat() if self.seen_at else None,
        }

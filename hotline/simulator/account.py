"""The pretend account: who may ask, what it signs with, and where the hotline lives."""

import hmac
import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from twilio.request_validator import RequestValidator

_SENDER_OF_A_SERVICE = "+15005550006"  # a Messaging Service has numbers; this stands for the one it picks (Twilio's test number)


def is_loopback(host: str) -> bool:
    """Whether a host name or address (no port, no brackets) stays on this computer."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Account:
    """One account with one number (E.164, a short code, or the `MG…` id of a Messaging Service).

    `public_url` is the hotline's base as Twilio would know it: it is what gets signed. `hotline_url` is where that really is.
    `voice_numbers` are called, the second (if any) by who wants to be called back; without them the one number is.
    Raises ValueError when `hotline_url` would lead off this computer.
    """

    sid: str
    token: str
    number: str
    public_url: str
    hotline_url: str
    voice_numbers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        where = urlsplit(self.hotline_url)
        # Asking for the port raises ValueError if it is none, here rather than at the first text.
        if where.scheme != "http" or where.port == 0 or not is_loopback(where.hostname or ""):
            raise ValueError(f"the simulator posts to plain http on this computer only, not to {self.hotline_url}")
        if not all(re.fullmatch(r"\+[1-9]\d{6,14}", number) for number in self.voice_numbers):
            raise ValueError("a voice number is not in E.164")

    @property
    def sender(self) -> str:
        """The number a phone sees, and texts to."""
        return _SENDER_OF_A_SERVICE if self.service_sid else self.number

    @property
    def service_sid(self) -> str:
        return self.number if self.number.startswith("MG") else ""

    @property
    def incoming_url(self) -> str:
        return self.public_url.rstrip("/") + "/hooks/twilio/sms"

    @property
    def called_numbers(self) -> tuple[str, ...]:
        """The numbers a phone can call and the hotline can call from; the main one first."""
        return self.voice_numbers or (self.sender,)

    @property
    def voice_url(self) -> str:
        """What a call to a number requests; its fallback and the end of the call lie below it."""
        return self.public_url.rstrip("/") + "/hooks/twilio/voice"

    def knows(self, username: str | None, password: str | None) -> bool:
        """Whether Basic credentials are the account's."""
        given = f"{username}:{password}".encode()
        return hmac.compare_digest(given, f"{self.sid}:{self.token}".encode())

    def sign(self, url: str, fields: dict[str, str]) -> str:
        """The X-Twilio-Signature of a form posted to `url` (query included, fragment already gone)."""
        return str(RequestValidator(self.token).compute_signature(url, fields))

    def real_address(self, url: str) -> str | None:
        """Where a signed URL is really posted: under `hotline_url` if it is the hotline's, as it stands if loopback, else nowhere."""
        public = self.public_url.rstrip("/")
        if url.startswith((public + "/", public + "?")) or url == public:
            return self.hotline_url.rstrip("/") + url.removeprefix(public)
        where = urlsplit(url)
        return url if where.scheme == "http" and is_loopback(where.hostname or "") else None

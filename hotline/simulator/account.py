"""The pretend account: its password, its numbers, how it signs, and the address of the hotline."""

import hmac
import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from twilio.request_validator import RequestValidator

_SENDER_OF_A_SERVICE = "+15005550006"  # stands for the number that a Messaging Service picks (Twilio's test number)


def is_loopback(host: str) -> bool:
    """Whether a host name or address (no port, no brackets) is this computer."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Account:
    """One account with one `number` for texts (E.164, a short code, or the `MG…` id of a Messaging Service).

    `public_url` is the hotline's address as Twilio would know it, which signatures are made of; `hotline_url` is where it really listens.
    `voice_numbers` can be called; the second, if any, is for missed calls. Without them `number` can be called. Raises ValueError if
    `hotline_url` is not on this computer, or a voice number is not in E.164.
    """

    sid: str
    token: str
    number: str
    public_url: str
    hotline_url: str
    voice_numbers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        where = urlsplit(self.hotline_url)
        # `port` raises ValueError if it is not a number: better now than at the first text.
        if where.scheme != "http" or where.port == 0 or not is_loopback(where.hostname or ""):
            raise ValueError(f"the simulator posts to plain http on this computer only, not to {self.hotline_url}")
        if not all(re.fullmatch(r"\+[1-9]\d{6,14}", number) for number in self.voice_numbers):
            raise ValueError("a voice number is not in E.164")

    @property
    def sender(self) -> str:
        """The number that phones see and text to."""
        return _SENDER_OF_A_SERVICE if self.service_sid else self.number

    @property
    def service_sid(self) -> str:
        return self.number if self.number.startswith("MG") else ""

    @property
    def incoming_url(self) -> str:
        return self.public_url.rstrip("/") + "/hooks/twilio/sms"

    @property
    def called_numbers(self) -> tuple[str, ...]:
        """The numbers that phones can call and the hotline can call from, the main one first."""
        return self.voice_numbers or (self.sender,)

    @property
    def voice_url(self) -> str:
        """Requested when a phone calls. The paths for the fallback and for status callbacks begin with it."""
        return self.public_url.rstrip("/") + "/hooks/twilio/voice"

    def knows(self, username: str | None, password: str | None) -> bool:
        """Whether these are the account's Basic credentials."""
        given = f"{username}:{password}".encode()
        return hmac.compare_digest(given, f"{self.sid}:{self.token}".encode())

    def sign(self, url: str, fields: dict[str, str]) -> str:
        """The X-Twilio-Signature of a form posted to `url` (with its query, without a fragment)."""
        return str(RequestValidator(self.token).compute_signature(url, fields))

    def real_address(self, url: str) -> str | None:
        """Where a request for `url` really goes: to `hotline_url` if it is the hotline's, to itself if on loopback, else nowhere (None)."""
        public = self.public_url.rstrip("/")
        if url.startswith((public + "/", public + "?")) or url == public:
            return self.hotline_url.rstrip("/") + url.removeprefix(public)
        where = urlsplit(url)
        return url if where.scheme == "http" and is_loopback(where.hostname or "") else None

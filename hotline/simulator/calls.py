"""One call, as Twilio's log has it, and the path it took."""

import secrets
import threading
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from hotline.simulator.account import Account
from hotline.simulator.countries import country
from hotline.simulator.messages import API_VERSION, now
from hotline.simulator.twiml import Document, Verb

ENDED = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})
_LONGEST_PATH = 2000
_PLACES = ("From", "To", "Caller", "Called")


def new_call_sid() -> str:
    return "CA" + secrets.token_hex(16)


@dataclass
class Call:
    """A call. Its `lock` must be held to change it; it can be read at any time.

    `direction` is Twilio's word: inbound, outbound-api, or outbound-dial for the leg to a volunteer. `phone` is the number of the citizen's
    or volunteer's phone, even if `sender` hides it. `document` is the TwiML that is being performed, `position` the index of its next verb,
    `awaiting` the verb that waits for a person, if any. `sounds` are the URLs played and the lengths of pauses in seconds; those from index
    `playing_from` on came after the caller last did something. `spent_s` is how long the same call would have lasted on a real phone.
    `documents` counts the documents since then, `reported` the status callbacks; `whispered`: a leg whose own document is over;
    `deleted`: Twilio's log has it no more, though the phone's page does. `parent`:
    of a leg that rings on a phone of the page, the call that rings it; the two share a lock.
    """

    direction: str
    sender: str
    recipient: str
    phone: str
    api_url: str = ""
    parent_sid: str = ""
    url: str = ""
    method: str = "POST"
    fallback_url: str = ""
    callback_url: str = ""
    callback_events: tuple[str, ...] = ("completed",)
    timeout_s: int = 60
    status: str = "ringing"
    sid: str = field(default_factory=new_call_sid)
    document: Document | None = None
    position: int = 0
    documents: int = 0
    asked_url: str = ""
    awaiting: Verb | None = None
    keyed: str = ""
    sounds: list[str | int] = field(default_factory=list)
    playing_from: int = 0
    path: list[dict[str, Any]] = field(default_factory=list)
    legs: list["Call"] = field(default_factory=list)
    parent: "Call | None" = field(default=None, repr=False, compare=False)
    whispered: bool = False
    deleted: bool = False
    spent_s: float = 0
    seq: int = 0
    generation: int = 0
    reported: int = 0
    created_at: datetime = field(default_factory=now)
    updated_at: datetime = field(default_factory=now)
    started_at: datetime | None = None
    ended_at: datetime | None = None
    lock: Any = field(default_factory=threading.RLock)

    @property
    def inbound(self) -> bool:
        return self.direction == "inbound"

    @property
    def is_leg(self) -> bool:
        return self.direction == "outbound-dial"

    @property
    def over(self) -> bool:
        return self.status in ENDED

    @property
    def rings(self) -> bool:
        """Whether a phone rings, which somebody has to pick up."""
        return (self.direction == "outbound-api" or self.parent is not None) and self.status in {"queued", "ringing"}

    @property
    def talks(self) -> bool:
        """Whether this phone and another one of the page are joined."""
        legs = (self,) if self.parent is not None else self.legs
        return any(leg.parent is not None and leg.status == "in-progress" for leg in legs)

    @property
    def heard(self) -> list[str]:
        """The URLs of all that was played."""
        return [sound for sound in self.sounds if isinstance(sound, str)]

    @property
    def plays(self) -> list[str]:
        """The URLs of what was played since the caller last did something."""
        return [sound for sound in self.sounds[self.playing_from :] if isinstance(sound, str)]

    def fall_silent(self) -> None:
        """Stop what is playing, because the caller does something."""
        self.playing_from = len(self.sounds)

    @property
    def duration_s(self) -> int:
        """The length of the call in seconds, with the times for speech and silence that were only simulated. 0 if it was never answered."""
        if self.started_at is None:
            return 0
        return max(1, round(max(self.spent_s, ((self.ended_at or now()) - self.started_at).total_seconds())))

    def note(self, **entry: Any) -> None:
        """Add an entry to the path, unless it is very long already."""
        self.updated_at = now()
        if len(self.path) < _LONGEST_PATH:
            self.path.append(entry)

    def answer(self) -> None:
        if self.status in {"queued", "ringing"}:
            self.status = "in-progress"
            self.started_at = now()

    def end(self, status: str) -> None:
        self.status = status
        self.ended_at = now()
        self.awaiting = None

    def fields(self, account: Account) -> dict[str, str]:
        """The fields about a call that Twilio sends with every request."""
        numbers = {"From": self.sender, "To": self.recipient, "Caller": self.sender, "Called": self.recipient}
        fields = {f"{which}{what}": "" for which in _PLACES for what in ("City", "State", "Zip")}
        fields |= {f"{which}Country": country(number) for which, number in numbers.items()}
        fields |= numbers
        fields |= {
            "AccountSid": account.sid,
            "ApiVersion": API_VERSION,
            "CallSid": self.sid,
            "CallStatus": self.status,
            "Direction": self.direction,
        }
        if self.parent_sid:
            fields["ParentCallSid"] = self.parent_sid
        return fields

    def as_json(self) -> dict[str, Any]:
        return {
            "sid": self.sid,
            "parent_sid": self.parent_sid or None,
            "phone": self.phone,
            "from": self.sender,
            "to": self.recipient,
            "direction": self.direction,
            "status": self.status,
            "duration_s": self.duration_s,
            "awaiting": self._awaiting(),
            "plays": self.plays,
            "heard": self.heard,
            "path": [dict(entry) for entry in self.path],
        }

    def _awaiting(self) -> dict[str, Any] | None:
        verb = self.awaiting
        if self.rings:
            return {"verb": "Ring", "timeout": self.timeout_s}
        if verb is None:
            return None
        if verb.name == "Dial":
            return {"verb": "Dial", "number": verb.nested[0].text, "timeout": verb.whole("timeout", 30), "plays": self.plays}
        shared = {"verb": verb.name, "timeout": verb.whole("timeout", 5), "plays": self.plays}
        if verb.name == "Gather":
            digits = verb.whole("numDigits", 0) or None
            return shared | {"num_digits": digits, "finish_on_key": finish_keys(verb), "keyed": self.keyed}
        beep = verb.on("playBeep", default=True)
        return shared | {"max_length": verb.whole("maxLength", 3600), "finish_on_key": finish_keys(verb), "play_beep": beep}

    def as_twilio(self, account_sid: str) -> dict[str, Any]:
        """Twilio's Call resource."""
        uri = f"/{API_VERSION}/Accounts/{account_sid}/Calls/{self.sid}"
        answered = self.started_at is not None
        return {
            "account_sid": account_sid,
            "annotation": None,
            "answered_by": None,
            "api_version": API_VERSION,
            "caller_name": None,
            "date_created": format_datetime(self.created_at),
            "date_updated": format_datetime(self.updated_at),
            "direction": self.direction,
            "duration": str(self.duration_s) if self.over and answered else None,
            "end_time": format_datetime(self.ended_at) if self.ended_at else None,
            "forwarded_from": None,
            "from": self.sender,
            "from_formatted": self.sender,
            "group_sid": None,
            "parent_call_sid": self.parent_sid or None,
            "phone_number_sid": None,
            "price": None,
            "price_unit": "USD",
            "queue_time": "0",
            "sid": self.sid,
            "start_time": format_datetime(self.started_at or self.created_at),
            "status": self.status,
            "subresource_uris": {"recordings": f"{uri}/Recordings.json"},
            "to": self.recipient,
            "to_formatted": self.recipient,
            "trunk_sid": None,
            "uri": f"{uri}.json",
        }


def finish_keys(verb: Verb) -> str:
    """The keys that end a Gather or a Record."""
    return verb.attributes.get("finishOnKey", "#" if verb.name == "Gather" else "1234567890*#")

"""One recording, as Twilio's log has it, and its audio."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from hotline.simulator.messages import API_VERSION, now


def new_recording_sid() -> str:
    return "RE" + secrets.token_hex(16)


@dataclass
class Recording:
    """A recording. The next `late` requests for its audio fail; if `missing`, all requests for it fail."""

    call_sid: str
    audio: bytes
    duration_s: int
    sid: str = field(default_factory=new_recording_sid)
    missing: bool = False
    late: int = 0
    seq: int = 0
    created_at: datetime = field(default_factory=now)

    def uri(self, account_sid: str) -> str:
        """The path of its audio. With `.json` it is the path of the resource."""
        return f"/{API_VERSION}/Accounts/{account_sid}/Recordings/{self.sid}"

    def as_twilio(self, account_sid: str, api_url: str) -> dict[str, Any]:
        """Twilio's Recording resource."""
        uri = self.uri(account_sid)
        return {
            "account_sid": account_sid,
            "api_version": API_VERSION,
            "call_sid": self.call_sid,
            "channels": 1,
            "conference_sid": None,
            "date_created": format_datetime(self.created_at),
            "date_updated": format_datetime(self.created_at),
            "duration": str(self.duration_s),
            "encryption_details": None,
            "error_code": None,
            "media_url": api_url + uri,
            "price": None,
            "price_unit": "USD",
            "sid": self.sid,
            "source": "RecordVerb",
            "start_time": format_datetime(self.created_at),
            "status": "processing" if self.late else "completed",
            "subresource_uris": {},
            "uri": f"{uri}.json",
        }

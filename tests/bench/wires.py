"""How each gateway tells us of texts: its addresses, headers and bodies, as many as wrk can replay, and the ids that we give to them."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from hotline.gateways.base import keyed_id
from tests.bench.sign_texts import BODIES
from tests.support import KEYS

_KEY, _STAMP = "bench" * 6, "1764400000"
_BEGAN = datetime(2026, 11, 29, 7, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Wire:
    """One gateway. `table` and `secrets` set it up; `text` gives the signature and the body of the text of a number, `gateway_id` its id.

    `headers`: those of every request; `signed_by`: the header with the signature, if there is one.
    """

    kind: str
    path: str
    table: str
    secrets: Mapping[str, str]
    headers: Mapping[str, str]
    signed_by: str
    text: Callable[[int], tuple[str, bytes]]
    gateway_id: Callable[[int], str]

    def lines(self, first: int, count: int) -> Iterator[str]:
        """What `post_any.lua` reads: the signature and the body of each text."""
        for number in range(first, first + count):
            signature, body = self.text(number)
            yield f"{signature}\t{body.decode()}\n"


def _sender(number: int) -> str:
    return f"+9230{number % 10**8:08d}"


def _at(number: int) -> datetime:
    return _BEGAN + timedelta(milliseconds=number)


def _by_phone(number: int) -> tuple[str, bytes]:
    words, at = BODIES[number % len(BODIES)], _at(number)
    payload = {
        "messageId": f"{number:x}",
        "message": words,
        "sender": _sender(number),
        "recipient": "+923001110001",
        "simNumber": 1,
        "receivedAt": at.isoformat(timespec="milliseconds"),
        "phoneNumber": _sender(number),
    }
    event = {"deviceId": "0f1e2d3c4b5a6978", "event": "sms:received", "id": f"{number:021x}", "payload": payload, "webhookId": "w1"}
    body = json.dumps(event).encode()
    return hmac.new(_KEY.encode(), body + _STAMP.encode(), hashlib.sha256).hexdigest(), body


def _id_by_phone(number: int) -> str:
    ms = (_at(number) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    return keyed_id(KEYS.mark, "", _sender(number), str(ms), BODIES[number % len(BODIES)])


def _by_service(number: int) -> tuple[str, bytes]:
    """As Jasmin's client connector posts a text in UCS-2."""
    words = BODIES[number % len(BODIES)].encode("utf-16-be")
    form = {"id": f"text-{number}", "from": _sender(number), "to": "8020", "origin-connector": "smpp1", "priority": "1", "coding": "\x08"}
    return "", urlencode({**form, "content": words, "binary": words.hex()}).encode()


ANDROID = Wire(
    "android",
    "/hooks/android/sim1",
    '[gateways.sim1]\nkind = "android"\nurl = "http://127.0.0.1:1"\n',
    {"HOTLINE_SIM1_PASSWORD": "bench", "HOTLINE_SIM1_SIGNING_KEY": _KEY},
    {"Content-Type": "application/json; charset=UTF-8", "X-Timestamp": _STAMP},
    "X-Signature",
    _by_phone,
    _id_by_phone,
)
HTTP = Wire(
    "http",
    f"/hooks/http/aggregator/{_KEY}/texts",
    '[gateways.aggregator]\nkind = "http"\npreset = "jasmin"\nurl = "http://127.0.0.1:1"\nvalues = { user = "bench", sender = "8020" }\n',
    {"HOTLINE_AGGREGATOR_PASSWORD": "bench", "HOTLINE_AGGREGATOR_HOOK": _KEY},
    {"Content-Type": "application/x-www-form-urlencoded"},
    "X-Unsigned",
    _by_service,
    lambda number: f"text-{number}",
)
WIRES = (ANDROID, HTTP)

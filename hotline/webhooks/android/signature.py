"""Checks a phone's signature of a webhook. Source: capcom6/android-sms-gateway v1.68.0, PayloadSingingPlugin.

The time in it is checked by nobody. A phone with a wrong clock would lose every text, and what is told again changes nothing here.
"""

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from typing import cast

from flask import g, request

from hotline import guards
from hotline.gateways.android.settings import KIND, Phone
from hotline.log import logger

SIGNATURE, TIMESTAMP = "X-Signature", "X-Timestamp"

_HEX = re.compile(r"[0-9a-fA-F]{64}")
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)
_OFF_BY = timedelta(minutes=5)
_TELL_AGAIN = timedelta(hours=1)

_told_at: dict[str, datetime] = {}


def sign(key: str, raw: bytes, timestamp: str) -> str:
    """The signature over the bytes of a body and the header with the time."""
    return hmac.new(key.encode(), raw + timestamp.encode("latin-1", "replace"), hashlib.sha256).hexdigest()


def _is_genuine() -> bool:
    signature, timestamp = request.headers.get(SIGNATURE, ""), request.headers.get(TIMESTAMP, "")
    settings = guards.runtime().config.gateways.get((request.view_args or {}).get("name", ""))
    if settings is None or settings.kind != KIND or not _HEX.fullmatch(signature):  # the body is not even read
        return False
    phone = cast("Phone", settings)
    request.max_content_length = guards.PHONE_EVENT_LIMIT_BYTES
    raw = request.get_data(cache=False, parse_form_data=False)
    if not hmac.compare_digest(sign(phone.signing_key, raw, timestamp), signature.lower()):
        return False
    g.phone, g.raw = phone, raw
    g.clock_is_right = _look_at_clock(phone.name, timestamp)
    return True


signed = guards.for_gateway(_is_genuine)
"""Decorator: the view takes only what this phone signed, and finds the body in `g.raw` and the phone in `g.phone`."""


def _look_at_clock(name: str, timestamp: str) -> bool:
    """Whether a phone's clock is right: else what it says of when a text came tells nothing. That it is wrong is logged once an hour.

    The header has the time of the request, also when it is told again.
    """
    now = guards.runtime().clock()
    if not _SECONDS.fullmatch(timestamp):
        return False
    try:
        off = now - datetime.fromtimestamp(int(timestamp), UTC)
    except (ValueError, OverflowError, OSError):
        off = timedelta.max
    is_right = abs(off) <= _OFF_BY
    if not is_right and (name not in _told_at or abs(now - _told_at[name]) >= _TELL_AGAIN):
        _told_at[name] = now
        logger().warning("a phone's clock is wrong: set it to the network's time", gateway=name, minutes=int(off.total_seconds() // 60))
    return is_right

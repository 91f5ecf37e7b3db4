"""A canary text: one gateway of ours texts another, so that it is seen whether that one hears. It says nothing, and only we can make it."""

import hashlib
import hmac
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

EVERY = timedelta(hours=1)

HEARD_WITHIN = timedelta(minutes=10)
"""A canary text that has left and did not come in by then: the gateway is deaf."""

LEAVES_WITHIN = timedelta(minutes=5)
"""A canary text that has not left by then counts as never sent: the gateway that should have sent it is at fault."""

_TEXT = re.compile(r"\s{0,9}#([0-9]{12})-([0-9a-f]{20})\s{0,9}")
_AT = "%y%m%d%H%M%S"


def write(key: bytes, name: str, at: datetime) -> str:
    """The canary text to the gateway of that name, made at `at`. `key` is `Keys.mark`."""
    stamp = at.astimezone(UTC).strftime(_AT)
    return f"#{stamp}-{_code(key, name, stamp)}"


def read(key: bytes, names: Iterable[str], text: str) -> tuple[str, datetime] | None:
    """For which of these gateways a canary text was made, and when; None if the text is none of ours."""
    found = _TEXT.fullmatch(text) if text.lstrip().startswith("#") else None
    if found is None:
        return None
    to = next((name for name in names if hmac.compare_digest(_code(key, name, found[1]), found[2])), None)
    try:
        return (to, datetime.strptime(found[1], _AT).replace(tzinfo=UTC)) if to is not None else None
    except ValueError:  # only with our key could somebody write a month 13
        return None


def _code(key: bytes, name: str, stamp: str) -> str:
    return hashlib.blake2b(f"{name} {stamp}".encode(), key=key, digest_size=10, person=b"canary text").hexdigest()

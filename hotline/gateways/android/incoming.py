"""Texts that came to a phone, as the app tells of them: by a webhook, or in the list of its inbox. Both give a text the same id.

The app's own ids are not used: it tells of one text under several (issues 288, 301, 372 of capcom6/android-sms-gateway), and gives two
texts one id (394). So the id is made of what the text is: phone, sender, the network's time and the words.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hotline.gateways.base import IncomingText, keyed_id, storable

_TIME = re.compile(
    r"(?P<at>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.(?P<part>[0-9]{1,9}))?"
    r"(?:Z|(?P<sign>[+-])(?P<hours>[0-9]{1,2}):?(?P<minutes>[0-9]{0,2}))?"
)
_LINE = 16

_FIRST_TIME = datetime(2020, 1, 1, tzinfo=UTC)
"""A time before it is none: some phones' stores have 1970 for every text. Taken at its word, danger would be years old."""


def read_text(mark: bytes, device: str, told: Mapping[str, Any], *, event: str = "") -> IncomingText:
    """A text from the fields of a webhook or of the inbox. It raises nothing: what is missing or odd is taken as far as it makes a text.

    `mark`: the key for ids. `device`: what stands for the phone. `event`: the id of the webhook; it is part of the text's id only where no
    time is told, because the same words said twice must stay two texts.
    """
    sender = _words(told.get("sender") or told.get("phoneNumber"))
    body = _words(told.get("message") if "message" in told else told.get("contentPreview", told.get("body") or told.get("subject")))
    time = told.get("receivedAt", told.get("createdAt"))
    received_at = read_time(time)
    when = str(_milliseconds(received_at)) if received_at is not None else f"{event} {_words(told.get('messageId'))}"
    line = told.get("simNumber")
    is_named = isinstance(line, int | str) and not isinstance(line, bool) and line != ""
    return IncomingText(
        gateway_id=keyed_id(mark, device, sender, when, body),
        sender=sender,
        body=body,
        received_at=received_at,
        line=_words(line)[:_LINE] if is_named else None,
    )


def read_time(told: object) -> datetime | None:
    """A time of the app, in UTC and whole milliseconds; None if it is none. Old phones write the offset as `+05:0`."""
    if isinstance(told, int | float) and not isinstance(told, bool):
        return _in_range(lambda: datetime.fromtimestamp(int(told) / 1000, UTC))
    found = _TIME.fullmatch(told.strip()) if isinstance(told, str) else None
    if found is None:
        return None
    offset = timedelta(hours=int(found["hours"] or 0), minutes=int(found["minutes"] or 0))
    after = timedelta(milliseconds=int((found["part"] or "0")[:3].ljust(3, "0")))

    def made() -> datetime:
        zone = timezone(-offset if found["sign"] == "-" else offset)
        return (datetime.fromisoformat(found["at"]).replace(tzinfo=zone) + after).astimezone(UTC)

    return _in_range(made)


def _in_range(made: Any) -> datetime | None:
    try:
        at: datetime = made()
    except (ValueError, OverflowError, OSError):  # the 40th of a month, the year 300000
        return None
    return at if at >= _FIRST_TIME else None


def _milliseconds(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def _words(told: object) -> str:
    return storable(told if isinstance(told, str) else "" if told is None else str(told))

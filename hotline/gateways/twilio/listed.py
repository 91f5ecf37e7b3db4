"""Twilio's lists, read page by page.

Its documents promise filters by the day only, and its examples filter by the second: it is asked for whole days where that matters, and
what lies outside the span is left out here.
"""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from twilio.base import values
from twilio.base.page import Page as TwilioPage
from twilio.rest.api.v2010.account.call import CallInstance

from hotline.gateways.base import GatewayError, Outcome, storable
from hotline.gateways.listing import Span

LISTED_AT_ONCE = 1000
"""Rows of a page: the most that Twilio gives."""


def bounds(span: Span) -> tuple[datetime, Any]:
    """The filters that ask for a span, and perhaps for more."""
    if span.until is None:
        return span.since, values.unset
    return span.since, datetime.combine(span.until.astimezone(UTC).date() + timedelta(days=1), time(), UTC)


def turned(page: str | None) -> dict[str, Any]:
    """The parameters that ask for a page that `next_of` named; None: the first."""
    if page is None:
        return {}
    number, _, token = page.partition(" ")
    return {"page_number": int(number), "page_token": token}


def next_of(page: TwilioPage) -> str | None:
    """What asks for the page after this one; None if it is the last. Only what leads there is kept of Twilio's address, never the address.

    Raises `GatewayError` if nothing leads there.
    """
    if page.next_page_url is None:
        return None
    query = parse_qs(urlsplit(page.next_page_url).query)
    token, number = query.get("PageToken", [""])[0], query.get("Page", [""])[0]
    if not (0 < len(token) < 400 and number.isascii() and number.isdigit() and len(number) < 8):
        raise GatewayError("no_page", Outcome.UNKNOWN)
    return f"{number} {token}"


def caller_of(call: CallInstance) -> str:
    """Who called, as it can be stored."""
    return storable(call._from or "")  # noqa: SLF001 - the SDK has no other name for it


def time_of(*told: object) -> datetime | None:
    """The first of these that is a time; None if none is."""
    return next((one for one in told if isinstance(one, datetime)), None)

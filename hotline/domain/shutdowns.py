"""Announced shutdowns of the phone networks, as they stand in the configuration: "2026-12-05 09:00-21:00", local time."""

import re
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

_SHUTDOWN = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d)-(\d\d:\d\d)")


def read_shutdown(written: str) -> tuple[datetime, datetime]:
    """Its beginning and its end, without a zone. One that ends at the hour it begins, or earlier, ends on the next day.

    Raises `ValueError`.
    """
    found = _SHUTDOWN.fullmatch(written)
    if found is None:
        raise ValueError(written)
    begins = datetime.fromisoformat(f"{found[1]} {found[2]}")
    ends = datetime.combine(begins.date(), time.fromisoformat(found[3]))
    return begins, ends if ends > begins else ends + timedelta(days=1)


def shut_until(shutdowns: Iterable[str], now: datetime, zone: ZoneInfo) -> datetime | None:
    """When the shutdown ends in which `now` lies; None: there is none."""
    local = now.astimezone(zone).replace(tzinfo=None)
    ends = [end for begin, end in map(read_shutdown, shutdowns) if begin <= local < end]
    return max(ends).replace(tzinfo=zone) if ends else None

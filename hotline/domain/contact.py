"""The contact, and whether a text may go to her now: a phone is a family, and whoever holds it hears it beep.

Safe contact, silence, hold and hours are asked at the claim, not when the text was queued: much can change in between.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from hotline.domain.delivery import Reason


@dataclass(frozen=True)
class ContactHours:
    """When we may start a text ourselves: local times, `opens` included, `closes` not; 24:00 is `closes` of None."""

    opens: time
    closes: time | None
    zone: ZoneInfo

    def narrowed(self, safe_from: time | None, safe_until: time | None) -> "ContactHours":
        """These hours within a contact's own safe ones."""
        opens = max(self.opens, safe_from) if safe_from is not None else self.opens
        closes = min(self.closes or time.max, safe_until) if safe_until is not None else self.closes
        return ContactHours(opens, closes, self.zone)

    def opening(self, now: datetime) -> datetime | None:
        """None if `now` is within the hours, else the next instant at which they open (aware, in `zone`)."""
        local = now.astimezone(self.zone)
        if self.opens <= local.time() and (self.closes is None or local.time() < self.closes):
            return None
        day = local.date() if local.time() < self.opens else local.date() + timedelta(days=1)
        return datetime.combine(day, self.opens, self.zone)


@dataclass(frozen=True)
class Outgoing:
    """What the decision needs to know of a text and of whom it is for."""

    created_at: datetime
    is_answer: bool  # to a text of hers; receipts are
    may_text: bool  # safe contact
    stopped: bool
    hold: bool


@dataclass(frozen=True)
class Verdict:
    """Send it (both None), wait until `wait_until`, or never, because of `reason`."""

    wait_until: datetime | None = None
    reason: Reason | None = None


SEND = Verdict()


def may_go(text: Outgoing, *, now: datetime, hours: ContactHours, fresh_for: timedelta, expires_after: timedelta) -> Verdict:
    """Whether a text may go now (docs/architecture.md, "First, do no harm", 2 and 3).

    An answer to a text just received goes at any hour, stopped or on hold; one that was held up longer than `fresh_for` keeps
    hours like what we start, for by then the phone may lie in another hand. Nothing goes after `expires_after`.
    """
    if not text.may_text:
        return Verdict(reason=Reason.NOT_SAFE)
    if now - text.created_at > expires_after:
        return Verdict(reason=Reason.TOO_LATE)
    if not text.is_answer:
        if text.stopped:
            return Verdict(reason=Reason.STOPPED)
        if text.hold:
            return Verdict(reason=Reason.HOLD)
    elif now - text.created_at <= fresh_for:
        return SEND
    return Verdict(wait_until=hours.opening(now))

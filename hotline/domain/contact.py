"""Whether a text or a call may go to a contact now. A phone is shared in a family: any of them may hear it and read the text.

Safe contact, stop, hold and hours are checked when a worker claims the text, not when it is queued: they can change in between.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from hotline.domain.delivery import Reason


@dataclass(frozen=True)
class ContactHours:
    """When we may send a text that is not an answer. Local times, from `opens` to before `closes`; `closes` of None is 24:00."""

    opens: time
    closes: time | None
    zone: ZoneInfo

    def narrowed(self, safe_from: time | None, safe_until: time | None) -> "ContactHours":
        """The part of these hours that lies within the contact's own safe hours."""
        opens = max(self.opens, safe_from) if safe_from is not None else self.opens
        closes = min(self.closes or time.max, safe_until) if safe_until is not None else self.closes
        return ContactHours(opens, closes, self.zone)

    def opening(self, now: datetime) -> datetime | None:
        """None if `now` is within the hours, else the next time at which they open (aware, in `zone`)."""
        local = now.astimezone(self.zone)
        if self.opens <= local.time() and (self.closes is None or local.time() < self.closes):
            return None
        day = local.date() if local.time() < self.opens else local.date() + timedelta(days=1)
        return datetime.combine(day, self.opens, self.zone)


@dataclass(frozen=True)
class Held:
    """What holds back whatever is not an answer: the ticket that it is about, and the phone that it would go to."""

    ticket_held: bool = False  # the ticket that it is about is on hold
    ticket_sealed: bool = False
    phone_held: bool = False  # nothing goes to this phone: it is marked so, or another of its tickets asks for that
    by_person: bool = False  # only a person tells the citizen of that ticket (`domain.closing`)


def held_back(held: Held, *, by_machine: bool) -> Reason | None:
    """Why a text or a call that is no answer may not be started; None if it may (docs/adr/0017-what-a-forged-number-can-do.md).

    `by_machine`: nobody wrote it. About a sealed ticket, and one of which only a person tells the citizen, a person may write and a machine
    may not. What comes of another ticket of the phone has the words of any phone that is marked unsafe: a volunteer may not know of that
    ticket.
    """
    if held.ticket_held:
        return Reason.HOLD
    if held.phone_held:
        return Reason.NOT_SAFE
    if by_machine and held.ticket_sealed:
        return Reason.SEALED
    return Reason.BY_PERSON if by_machine and held.by_person else None


@dataclass(frozen=True)
class Outgoing:
    """What the decision needs to know about a text and its contact."""

    created_at: datetime
    is_answer: bool  # to a text of the citizen; a receipt is one
    may_text: bool  # safe contact
    stopped: bool  # the phone itself asked for no more texts
    refused: bool = False  # the citizen said that texts are not safe
    held: Held = Held()
    by_machine: bool = True  # no volunteer wrote it


@dataclass(frozen=True)
class Verdict:
    """Send it now (both None), send it at `wait_until`, or never send it, because of `reason`."""

    wait_until: datetime | None = None
    reason: Reason | None = None


SEND = Verdict()


def _not_started(text: Outgoing) -> Reason | None:
    """Why a text that is no answer does not go; None if it may."""
    if text.refused:
        return Reason.REFUSED
    return Reason.STOPPED if text.stopped else held_back(text.held, by_machine=text.by_machine)


def may_go(text: Outgoing, *, now: datetime, hours: ContactHours, fresh_for: timedelta, expires_after: timedelta) -> Verdict:
    """Whether a text may go now (docs/architecture.md, "First, do no harm", 2 and 3).

    An answer to a text just received goes at any hour, even if the contact is stopped or on hold. An answer older than `fresh_for` keeps
    the hours like any other text, for somebody else may hold the phone by then. No text goes after `expires_after`.
    """
    if not text.may_text:
        return Verdict(reason=Reason.NOT_SAFE)
    if now - text.created_at > expires_after:
        return Verdict(reason=Reason.TOO_LATE)
    if not text.is_answer:
        if (reason := _not_started(text)) is not None:
            return Verdict(reason=reason)
    elif now - text.created_at <= fresh_for:
        return SEND
    return Verdict(wait_until=hours.opening(now))

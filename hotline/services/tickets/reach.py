"""How the citizen may be reached: the safe contact. It belongs to the phone, so it holds for every ticket of that phone."""

from dataclasses import dataclass, replace
from datetime import datetime, time

from hotline.domain.needs import Interpreter, Only
from hotline.runtime import Runtime
from hotline.services import access
from hotline.services.access import Act, NoteMissing
from hotline.storage import calls, contacts, events, holds, tickets
from hotline.storage.events import EventKind, Fact, happened
from hotline.storage.models import Contact
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.rows import ContactChanges
from hotline.storage.tickets import TicketMoved


@dataclass(frozen=True)
class SafeContact:
    """Whether the phone may be texted and rung, between which local times, and whether it is on hold: then nothing at all goes to it.

    `no_texts` and `no_calls`: the citizen said, by a key or in words, that these are not safe. `deaf`, `only` and `interpreter` are what
    the citizen needs. As a volunteer is shown it, a phone is on hold for whatever reason, also because of a ticket that the volunteer
    may not know of.
    """

    may_text: bool
    may_call: bool
    safe_from: time | None
    safe_until: time | None
    on_hold: bool
    no_texts: bool = False
    no_calls: bool = False
    deaf: bool = False
    only: Only | None = None
    interpreter: Interpreter | None = None

    @classmethod
    def of(cls, contact: Contact, *, phone_held: bool) -> "SafeContact":
        """The safe contact of a phone; `phone_held`: whether anything keeps it on hold (`storage.holds`)."""
        return cls(
            contact.may_text,
            contact.may_call,
            contact.safe_from,
            contact.safe_until,
            phone_held,
            contact.refused_texts_at is not None,
            contact.refused_calls_at is not None,
            contact.deaf,
            Only(contact.only) if contact.only is not None else None,
            Interpreter(contact.interpreter) if contact.interpreter is not None else None,
        )

    def row(self, before: Contact, now: datetime) -> ContactChanges:
        """The columns of a contact that hold it. What the citizen said keeps the time at which it was said."""
        return {
            "may_text": self.may_text,
            "may_call": self.may_call,
            "safe_from": self.safe_from,
            "safe_until": self.safe_until,
            "on_hold": self.on_hold,
            "refused_texts_at": (before.refused_texts_at or now) if self.no_texts else None,
            "refused_calls_at": (before.refused_calls_at or now) if self.no_calls else None,
            "deaf": self.deaf,
            "only": self.only,
            "interpreter": self.interpreter,
        }

    @property
    def mark(self) -> str:
        """What a form carries, to tell whether the safe contact is still as it was shown."""
        ticks = (self.may_text, self.may_call, self.on_hold, self.no_texts, self.no_calls, self.deaf)
        return f"{''.join(f'{tick:d}' for tick in ticks)} {_hours(self)} {self.only or ''} {self.interpreter or ''}"

    def allows_more(self, before: "SafeContact") -> bool:
        """Whether it allows a text, a call or an hour that was not allowed before."""
        earlier = (self.safe_from or time.min) < (before.safe_from or time.min)
        later = (self.safe_until or time.max) > (before.safe_until or time.max)
        texts = (self.may_text and not before.may_text) or (before.no_texts and not self.no_texts)
        calls = (self.may_call and not before.may_call) or (before.no_calls and not self.no_calls)
        return earlier or later or texts or calls

    def stricter(self, other: "SafeContact") -> "SafeContact":
        """What both of them allow; if they have no hour in common, neither texts nor calls. What the citizen needs is taken from either."""
        safe_from = max((at for at in (self.safe_from, other.safe_from) if at is not None), default=None)
        safe_until = min((at for at in (self.safe_until, other.safe_until) if at is not None), default=None)
        has_hours = safe_from is None or safe_until is None or safe_from < safe_until
        return SafeContact(
            may_text=self.may_text and other.may_text and has_hours,
            may_call=self.may_call and other.may_call and has_hours,
            safe_from=safe_from if has_hours else None,
            safe_until=safe_until if has_hours else None,
            on_hold=self.on_hold or other.on_hold,
            no_texts=self.no_texts or other.no_texts,
            no_calls=self.no_calls or other.no_calls,
            deaf=self.deaf or other.deaf,
            only=other.only or self.only,
            interpreter=other.interpreter or self.interpreter,
        )


class HoursTurnedRound(Exception):
    """The safe hours do not begin before they end."""


def reach(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, was: str, wanted: SafeContact, note: str) -> None:
    """Set how the citizen may be reached. `was` is the mark the volunteer saw: another ticket of the same phone may have changed it.

    To allow what was forbidden, by a volunteer or by the citizen, takes a note; to lift the hold of a phone, a lead as well. Lifting it
    lifts this mark alone: the phone stays on hold while another ticket of it asks for that.

    Raises `NoSuchTicket`, `NotAllowed`, `TicketMoved`, `NoteMissing`, `HoursTurnedRound`.
    """
    if wanted.safe_from is not None and wanted.safe_until is not None and wanted.safe_from >= wanted.safe_until:
        raise HoursTurnedRound
    with rt.transaction() as tx:
        way = access.enter(tx.session, volunteer, reference, version=version)
        ticket = way.ticket
        contact = contacts.locked(tx.session, ticket.contact_id)  # before the ticket, as a text that comes in does
        now = SafeContact.of(contact, phone_held=holds.of(tx.session, contact.id, ticket).phone_held)
        if wanted == now:
            return
        if was != now.mark:
            raise TicketMoved(ticket.id)
        if now.on_hold and not wanted.on_hold:
            way.require(Act.EASE, note)
        if wanted.allows_more(now) and not note.strip():
            raise NoteMissing
        note_id = events.note(tx.session, ticket.id, volunteer.id, note, now=tx.now)
        # It holds for every ticket of the phone: a volunteer who works another one must see who changed it.
        for about in tickets.unclosed_ids(tx.session, contact.id, besides=ticket.id):
            for fact, old, new in _differences(now, wanted):
                happened(
                    tx.session,
                    about,
                    EventKind.CHANGED,
                    now=tx.now,
                    volunteer_id=volunteer.id,
                    note_id=note_id if about == ticket.id else None,
                    fact=fact,
                    old=old,
                    new=new,
                )
                note_id = None if about == ticket.id else note_id
        # What another ticket asks for is no mark of this form.
        on_hold = contact.on_hold if wanted.on_hold == now.on_hold else wanted.on_hold
        contacts.make_safe(tx.session, contact.id, **replace(wanted, on_hold=on_hold).row(contact, tx.now))
        if now.on_hold and not wanted.on_hold and contact.owner_since is not None and contact.owner_since > ticket.opened_at:
            contacts.make_safe(tx.session, contact.id, owner_since=None)  # a lead says that the number is still the citizen's
        # The "no" of a call holds for its own ticket as well.
        texts, rings = now.no_texts and not wanted.no_texts, now.no_calls and not wanted.no_calls
        calls.allow(tx.session, contact.id, texts=texts, calls=rings)
        tickets.change(tx.session, ticket.id, version, now=tx.now)


_FACTS = ("may_text", "may_call", "on_hold", "no_texts", "no_calls", "deaf", "only", "interpreter")
"""What is told as it is when it changes; the hours are told together."""


def _differences(old: SafeContact, new: SafeContact) -> list[tuple[str, Fact, Fact]]:
    pairs = [(name, getattr(old, name), getattr(new, name)) for name in _FACTS]
    pairs.append(("safe_hours", _hours(old), _hours(new)))
    return [pair for pair in pairs if pair[1] != pair[2]]


def _hours(one: SafeContact) -> str:
    return f"{_clock(one.safe_from)}-{_clock(one.safe_until)}"


def _clock(at: time | None) -> str:
    return at.strftime("%H:%M") if at is not None else ""

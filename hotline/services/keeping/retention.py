"""Words, numbers and recordings are kept no longer than needed: what is due is wiped by the clock, in small steps.

Each step is one short transaction. It takes only rows that nobody else has locked, and asks once more under the lock whether they are due:
a text that came in a moment ago keeps its ticket from being wiped, and waits for nothing. Killed half way, the next run goes on.
"""

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from hotline.domain.keeping import ANNOUNCED, Terms
from hotline.jobs import Job
from hotline.log import logger
from hotline.runtime import Runtime, Transaction
from hotline.storage import binding, marks, retention, wiping
from hotline.storage.binding import Book
from hotline.storage.db import truncate_log
from hotline.storage.events import EventKind, happened
from hotline.storage.models import Ticket
from hotline.storage.retention import Due
from hotline.storage.wiping import Why

TICKETS = 4
"""The most tickets or contacts that one transaction wipes. On SQLite an incoming text waits for that transaction."""

ROWS = 25
"""The most other rows that one transaction changes."""

_LOOKED_THROUGH = 1_000
_EVERY = timedelta(hours=1)
_SETTLED = timedelta(hours=1)
"""So long after a text came it is sure that none with a lower id is still being stored."""

_SWEPT, _LATE = "kept_swept", "kept_late"

RULES: Mapping[str, str] = MappingProxyType(
    {
        "messages.sealed": "with its ticket; without one after no_ticket_days",
        "readings.reasons": "with its text",
        "notes.sealed": "with its ticket",
        "photos.preview": "with its photo: after recording_days, or with its text",
        "typed_phones.number": "with its ticket",
        "call_plans.code_word": "with its ticket",
        "drafts.sealed": "after draft_days, or with its ticket",
        "logins.sought": "after draft_days",
        "shift_days.note": "after handover_days",
        "text_parts.sealed": "a day after the text was taken in",
        "gateway_states.why": "when the gateway is started again",
        "views.sealed": "when its volunteer deletes it: it is a list of the volunteer's own",
        "volunteers.totp_seed": "with the account: it is no citizen's",
        "contacts.number": "when nothing else is left of the contact",
        "contacts.wrapped_key": "when nothing else is left of the contact",
    }
)
"""Every column that is sealed, and when what is in it goes. A test finds a sealed column without a rule."""


def terms(rt: Runtime) -> Terms:
    """For how long the words of tickets are kept."""
    kept = rt.config.keeping
    return Terms(kept.text_days, kept.sealed_days, {one.code: one.keep_days for one in rt.categories if one.keep_days is not None})


def keep_due(rt: Runtime, *, for_s: float = 10) -> bool:
    """Once an hour, wipe what is due, for about `for_s` seconds; True if there may be more."""
    with rt.reading() as session:
        swept = marks.value(session, _SWEPT)
    now = int(rt.clock().timestamp())
    if now < swept + _EVERY.total_seconds():
        return False
    if sweep(rt, for_s=for_s):
        return True
    with rt.transaction() as tx:
        marks.set_value(tx.session, _SWEPT, now)
    return False


def sweep(rt: Runtime, *, for_s: float = 10) -> bool:
    """Wipe what is due; True if the time was over before everything was done."""
    ends, total = time.monotonic() + for_s, 0
    for step in STEPS:
        while done := step(rt):
            total += done
            if time.monotonic() > ends:
                logger().info("kept for long enough", rows=total, more=True)
                return True
    truncate_log(rt.engine)  # also for what others have deleted or rewritten since
    if total:
        logger().info("kept for long enough", rows=total)
    return False


def due(rt: Runtime, *, now: datetime) -> Mapping[str, Due]:
    """What is due at a time, by the rule it goes by."""
    kept = rt.config.keeping
    return {
        "tickets": retention.going(until=now),
        "recordings": retention.heard(before=_days(now, kept.recording_days), ended_before=now - ANNOUNCED, now=now),
        "photos": retention.seen(before=_days(now, kept.recording_days), ended_before=now - ANNOUNCED, now=now),
        "recordings without a ticket": retention.heard_alone(before=_days(now, kept.no_ticket_days)),
        "texts without a ticket": retention.alone(before=_days(now, kept.no_ticket_days)),
        "calls without a ticket": retention.calls(before=_days(now, kept.no_ticket_days)),
        "hand-over notes": retention.handovers(before=_days(now, kept.handover_days)),
        "words searched for": retention.sought(before=_days(now, kept.draft_days)),
        "numbers of phones of which nothing else is left": retention.contacts(
            before=_days(now, kept.no_ticket_days), desks_before=_days(now, max(kept.no_ticket_days, rt.config.backup.data_days))
        ),
    }


def expected(rt: Runtime, *, days: int) -> dict[str, int]:
    """How many rows go within so many days, by the rule; nothing of what is in them is read."""
    until = rt.clock() + timedelta(days=days)
    with rt.reading() as session:
        # Tickets that are announced in that time go a week after that at the soonest.
        found = {"tickets to be announced": retention.count(session, retention.unannounced(terms(rt), now=until))}
        found |= {rule: retention.count(session, rows) for rule, rows in due(rt, now=until).items()}
        found["texts that were begun"] = retention.drafts(session, before=_days(until, rt.config.keeping.draft_days))
    return found


def _days(now: datetime, days: int) -> datetime:
    return now - timedelta(days=days)


def _announce(rt: Runtime) -> int:
    """Tell leads on their list which words go: a week before, and a week before also where the days were made fewer."""
    with rt.transaction() as tx:
        found = retention.due_tickets(tx.session, retention.unannounced(terms(rt), now=tx.now), limit=ROWS)
        for ticket in found:
            retention.announce(tx.session, ticket.id, goes_at=max(_goes_at(rt, ticket), tx.now + ANNOUNCED))
    return len(found)


def _tickets(rt: Runtime) -> int:
    with rt.transaction() as tx:
        found = retention.due_tickets(tx.session, retention.going(until=tx.now), limit=TICKETS)
        for ticket in found:
            _ticket(rt, tx, ticket)
    return len(found)


def _ticket(rt: Runtime, tx: Transaction, ticket: Ticket) -> None:
    if _goes_at(rt, ticket) > tx.now:  # it was sealed, or given another kind, or the days were made more
        retention.announce(tx.session, ticket.id, goes_at=None)
        return
    wiping.wipe_ticket(tx.session, ticket.id, now=tx.now, why=Why.AGE)
    happened(tx.session, ticket.id, EventKind.WORDS_GONE, now=tx.now)
    tx.ring(Job.FETCH_RECORDINGS)
    tx.ring(Job.FETCH_PHOTOS)


def _goes_at(rt: Runtime, ticket: Ticket) -> datetime:
    since = ticket.kept_from or rt.clock()  # it is never empty here
    return terms(rt).goes_at(ticket.category, sealed=ticket.sealed, kept_from=since, keep_until=ticket.keep_until)


def _recordings(rt: Runtime) -> int:
    return _wipe_audio(rt, "recordings") or _wipe_audio(rt, "recordings without a ticket")


def _wipe_audio(rt: Runtime, rule: str) -> int:
    rows = due(rt, now=rt.clock())[rule]
    with rt.transaction() as tx:
        found = retention.due_recordings(tx.session, rows, limit=TICKETS)
        for recording_id in found:
            wiping.wipe_recording(tx.session, recording_id, now=tx.now, why=Why.AGE)
            tx.ring(Job.FETCH_RECORDINGS)
    return len(found)


def _photos(rt: Runtime) -> int:
    rows = due(rt, now=rt.clock())["photos"]
    with rt.transaction() as tx:
        found = retention.due_photos(tx.session, rows, limit=ROWS)
        for photo_id in found:
            wiping.wipe_photo(tx.session, photo_id, now=tx.now, why=Why.AGE)
            tx.ring(Job.FETCH_PHOTOS)
    return len(found)


def _late_texts(rt: Runtime) -> int:
    """Count the days of tickets anew to which something came after their words had gone."""
    with rt.reading() as session:
        before = marks.value(session, _LATE)
        last, late = retention.late_texts(session, after=before, before=rt.clock() - _SETTLED, limit=_LOOKED_THROUGH)
    if last == before:
        return 0
    with rt.transaction() as tx:
        for ticket_id, since in late.items():
            retention.count_anew(tx.session, ticket_id, since=since)
        marks.set_value(tx.session, _LATE, max(last, marks.value(tx.session, _LATE)))
    return last - before


def _texts(rt: Runtime) -> int:
    rows = due(rt, now=rt.clock())["texts without a ticket"]
    with rt.transaction() as tx:
        found = retention.due_texts(tx.session, rows, limit=ROWS)
        for message_id in found:
            wiping.wipe_message(tx.session, message_id, now=tx.now, why=Why.AGE)
    return len(found)


def _calls(rt: Runtime) -> int:
    rows = due(rt, now=rt.clock())["calls without a ticket"]
    with rt.transaction() as tx:
        found = retention.ids(tx.session, rows, limit=ROWS)
        retention.forget_calls(tx.session, found, rows)
    return len(found)


def _drafts(rt: Runtime) -> int:
    with rt.transaction() as tx:
        return retention.forget_drafts(tx.session, before=_days(tx.now, rt.config.keeping.draft_days), limit=ROWS)


def _handovers(rt: Runtime) -> int:
    with rt.transaction() as tx:
        found = retention.ids(tx.session, due(rt, now=tx.now)["hand-over notes"], limit=ROWS)
        retention.forget_handovers(tx.session, found)
    return len(found)


def _sought(rt: Runtime) -> int:
    with rt.transaction() as tx:
        found = retention.ids(tx.session, due(rt, now=tx.now)["words searched for"], limit=ROWS)
        retention.forget_sought(tx.session, found)
    return len(found)


def _contacts(rt: Runtime) -> int:
    """Wipe contacts of whom nothing but number and key is left. They are looked for before the transaction, as all contacts are read for
    that."""
    rows = due(rt, now=rt.clock())["numbers of phones of which nothing else is left"]
    with rt.reading() as session:
        found = retention.ids(session, rows, limit=_LOOKED_THROUGH)
    done = 0
    for start in range(0, len(found), TICKETS):
        with rt.transaction() as tx:
            for contact_id in retention.due_contacts(tx.session, rows, found[start : start + TICKETS]):
                wiping.wipe_emptied(tx.session, contact_id, now=tx.now, why=Why.AGE)
                done += 1
    return done


def _looks(rt: Runtime) -> int:
    """Remove whole pages of the book of looks. The events of tickets stay: they are codes, and the tickets' only history."""
    with rt.transaction() as tx:
        return binding.clear(tx.session, Book.SHOWINGS, _days(tx.now, rt.config.keeping.audit_days), now=tx.now)


STEPS: tuple[Callable[[Runtime], int], ...] = (
    *(_late_texts, _announce, _tickets, _recordings, _photos, _texts, _calls),
    *(_drafts, _handovers, _sought, _contacts, _looks),
)
"""The steps, in their order; each says how many rows it did, and is repeated until that is none."""

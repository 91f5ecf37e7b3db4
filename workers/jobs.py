"""Every RQ job. Each answers the bell, makes one service call that does what is due, and rings again if there is more."""

from hotline.jobs import Job
from hotline.services import draining
from hotline.services.backups import watching
from hotline.services.books import binding, witness
from hotline.services.calls import hangup, placing, plainaudio, recordings, takenout
from hotline.services.condition import telling
from hotline.services.duty import attendance, paging, ringing, ringtests
from hotline.services.keeping import erasing, forgetting, retention
from hotline.services.reconciling import asking
from hotline.services.texts import canary, fetching, health, outbound, parts, photos, reports, sealing, unreported
from hotline.services.tickets import indexing, latelooks, lateness, rewriting, routing
from workers.process import bell, call_gateways, call_logs, gateways, reader, runtime

DRAIN_FOR_S = 15
"""How long one sending job runs, in seconds: long enough to make up for the fork, short enough that a worker stops soon when asked."""


def send_due() -> None:
    """Send the texts that are due."""
    bell().answer(Job.SEND_DUE)
    if outbound.send_due(runtime(), gateways(), for_s=DRAIN_FOR_S):
        bell().ring(Job.SEND_DUE)


def route_due() -> None:
    """Route the tickets that no worker has looked at."""
    bell().answer(Job.ROUTE_DUE)
    if routing.route_due(runtime()) == routing.BATCH:
        bell().ring(Job.ROUTE_DUE)


def ring_due() -> None:
    """Ring the next phone for each ticket in danger on which nobody has acted."""
    bell().answer(Job.RING_DUE)
    if ringing.ring_due(runtime()):
        bell().ring(Job.RING_DUE)


def mark_late() -> None:
    """Mark the tickets whose promised time has passed."""
    bell().answer(Job.MARK_LATE)
    if lateness.mark_late(runtime()) == lateness.BATCH:
        bell().ring(Job.MARK_LATE)


def settle_unknown() -> None:
    """Look up the texts of which it is unknown whether they were sent."""
    bell().answer(Job.SETTLE_UNKNOWN)
    if reports.settle_unknown(runtime(), gateways()):
        bell().ring(Job.SETTLE_UNKNOWN)


def ask_unreported() -> None:
    """Ask gateways about the texts that they took and never reported of."""
    bell().answer(Job.ASK_UNREPORTED)
    if unreported.ask_unreported(runtime(), gateways()):
        bell().ring(Job.ASK_UNREPORTED)


def place_calls() -> None:
    """Place the calls that are due."""
    bell().answer(Job.PLACE_CALLS)
    if placing.place_calls(runtime(), next(iter(call_gateways().values()))):
        bell().ring(Job.PLACE_CALLS)


def fetch_recordings() -> None:
    """Fetch the recordings that are still at the gateway."""
    bell().answer(Job.FETCH_RECORDINGS)
    more = [recordings.fetch_due(runtime(), gateway) for gateway in call_gateways().values()]
    if takenout.settle_recordings(runtime(), call_gateways()) or any(more):
        bell().ring(Job.FETCH_RECORDINGS)


def close_calls() -> None:
    """Ask the gateway about calls whose end it never reported, and about recordings of calls that have ended."""
    bell().answer(Job.CLOSE_CALLS)
    more = [hangup.close_calls(runtime(), gateway) for gateway in call_gateways().values()]
    if hangup.close_left(runtime(), call_gateways()) or any(more):
        bell().ring(Job.CLOSE_CALLS)


def index_words() -> None:
    """Index the words of new texts and notes for the search."""
    bell().answer(Job.INDEX_WORDS)
    if indexing.index_words(runtime()):
        bell().ring(Job.INDEX_WORDS)


def seal_plain() -> None:
    """Seal the texts and recordings from before they were sealed."""
    bell().answer(Job.SEAL_PLAIN)
    more_texts = sealing.seal_plain(runtime()) == sealing.BATCH
    if plainaudio.seal_plain(runtime()) or more_texts:
        bell().ring(Job.SEAL_PLAIN)


def erase_due() -> None:
    """Erase the citizens who asked for it and whose days of grace are over."""
    bell().answer(Job.ERASE_DUE)
    if erasing.erase_due(runtime()):
        bell().ring(Job.ERASE_DUE)


def redact_due() -> None:
    """Rewrite recordings without their masked stretches, and index tickets with masked words once more."""
    bell().answer(Job.REDACT_DUE)
    if rewriting.redact_due(runtime()):
        bell().ring(Job.REDACT_DUE)


def keep_due() -> None:
    """Wipe words, numbers and recordings that were kept for long enough."""
    bell().answer(Job.KEEP_DUE)
    if retention.keep_due(runtime()):
        bell().ring(Job.KEEP_DUE)


def watch_shifts() -> None:
    """Ask volunteers whether they come to their next shift, tell leads who is missing, alarm about first looks that are late, bring unseen
    alarms to phones, and test the phones."""
    bell().answer(Job.WATCH_SHIFTS)
    attendance.watch_shifts(runtime())
    latelooks.tell_of_late(runtime())
    paging.page_unseen(runtime())
    ringtests.ring_all(runtime())
    ringtests.tell_of_unanswered(runtime())


def fetch_texts() -> None:
    """Ask the gateways for texts that came in, where they do not tell us."""
    bell().answer(Job.FETCH_TEXTS)
    fetching.fetch_texts(runtime(), gateways())


def reconcile() -> None:
    """Ask the gateways what came, and take in what they never told us."""
    bell().answer(Job.RECONCILE)
    if asking.reconcile_due(runtime(), gateways(), call_logs()):
        bell().ring(Job.RECONCILE)


def send_canaries() -> None:
    """Have gateways text each other, to see that they hear, and alarm the heads about a gateway that does not."""
    bell().answer(Job.SEND_CANARIES)
    canary.watch(runtime(), gateways())


def fetch_photos() -> None:
    """Fetch the photos that are still at a gateway."""
    bell().answer(Job.FETCH_PHOTOS)
    if photos.fetch_due(runtime(), gateways()):
        bell().ring(Job.FETCH_PHOTOS)


def take_in_parts() -> None:
    """Take in texts in parts that nobody took in, and those of which a part never came."""
    bell().answer(Job.TAKE_IN_PARTS)
    if parts.take_in_parts(runtime()):
        bell().ring(Job.TAKE_IN_PARTS)


def take_in_waiting() -> None:
    """Take in what waits on the disk because it could not be stored when it came."""
    bell().answer(Job.TAKE_IN_WAITING)
    if draining.take_in_waiting(runtime(), reader(), for_s=DRAIN_FOR_S):
        bell().ring(Job.TAKE_IN_WAITING)


def forget_due() -> None:
    """Delete at the gateway what has been kept there long enough. The clock rings for the rest: texts to be fetched wait behind this."""
    bell().answer(Job.FORGET_DUE)
    forgetting.forget_due(runtime(), gateways(), call_gateways())


def watch_gateways() -> None:
    """Let gateways rest that are not well, and tell the heads of those that rest for long."""
    bell().answer(Job.WATCH_GATEWAYS)
    if health.watch(runtime(), gateways()):
        bell().ring(Job.WATCH_GATEWAYS)


def watch_hotline() -> None:
    """Note that the clock rings, alarm the heads about the hotline itself, and bring unseen alarms to phones: the worker of tickets, which
    does so too, may stand still. While it does, ring for danger here; while the worker that sends does, send here."""
    bell().answer(Job.WATCH_HOTLINE)
    still = telling.watch(runtime())
    paging.page_unseen(runtime())
    if telling.TICKETS in still:
        ringing.ring_due(runtime())
    if telling.SENDING in still:
        outbound.send_due(runtime(), gateways(), for_s=DRAIN_FOR_S)


def bind_books() -> None:
    """Bind what happened and who looked into pages, and text the code of a day."""
    bell().answer(Job.BIND_BOOKS)
    witness.tell_codes(runtime())
    if binding.bind_books(runtime()):
        bell().ring(Job.BIND_BOOKS)


def back_up() -> None:
    """Make a backup when one is due, remove those that are too old, and alarm the heads if there is none."""
    bell().answer(Job.BACK_UP)
    watching.back_up_due(runtime())

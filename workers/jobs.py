"""Every RQ job. Each answers the bell, makes one service call that does what is due, and rings again if there is more."""

from hotline.jobs import Job
from hotline.services.calls import hangup, placing, plainaudio, recordings
from hotline.services.duty import attendance, paging, ringing, ringtests
from hotline.services.texts import outbound, reports, sealing
from hotline.services.tickets import indexing, latelooks, lateness, routing
from workers.process import bell, call_gateway, gateway, runtime

DRAIN_FOR_S = 15
"""How long one sending job runs, in seconds: long enough to make up for the fork, short enough that a worker stops soon when asked."""


def send_due() -> None:
    """Send the texts that are due."""
    bell().answer(Job.SEND_DUE)
    if outbound.send_due(runtime(), gateway(), for_s=DRAIN_FOR_S):
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
    if reports.settle_unknown(runtime(), gateway()):
        bell().ring(Job.SETTLE_UNKNOWN)


def place_calls() -> None:
    """Place the calls that are due."""
    bell().answer(Job.PLACE_CALLS)
    if placing.place_calls(runtime(), call_gateway()):
        bell().ring(Job.PLACE_CALLS)


def fetch_recordings() -> None:
    """Fetch the recordings that are still at the gateway."""
    bell().answer(Job.FETCH_RECORDINGS)
    if recordings.fetch_due(runtime(), call_gateway()):
        bell().ring(Job.FETCH_RECORDINGS)


def close_calls() -> None:
    """Ask the gateway about calls whose end it never reported, and about recordings of calls that have ended."""
    bell().answer(Job.CLOSE_CALLS)
    if hangup.close_calls(runtime(), call_gateway()):
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


def watch_shifts() -> None:
    """Ask volunteers whether they come to their next shift, tell leads who is missing, alarm about first looks that are late, bring unseen
    alarms to phones, and test the phones."""
    bell().answer(Job.WATCH_SHIFTS)
    attendance.watch_shifts(runtime())
    latelooks.tell_of_late(runtime())
    paging.page_unseen(runtime())
    ringtests.ring_all(runtime())
    ringtests.tell_of_unanswered(runtime())

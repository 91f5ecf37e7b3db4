"""Every RQ job, three lines each: the bell answered, one service call that drains what is due, rung again if there is more."""

from hotline.jobs import Job
from hotline.services.calls import hangup, placing, recordings
from hotline.services.duty import attendance, paging
from hotline.services.texts import outbound, reports
from hotline.services.tickets import indexing, lateness, routing
from workers.process import bell, call_gateway, gateway, runtime

DRAIN_FOR_S = 15
"""How long one sending job goes on: long enough that a fork is nothing, short enough to stop a worker without waiting."""


def send_due() -> None:
    """Send the texts that are due."""
    bell().answer(Job.SEND_DUE)
    if outbound.send_due(runtime(), gateway(), for_s=DRAIN_FOR_S):
        bell().ring(Job.SEND_DUE)


def route_due() -> None:
    """Route the tickets no worker has looked at."""
    bell().answer(Job.ROUTE_DUE)
    if routing.route_due(runtime()) == routing.BATCH:
        bell().ring(Job.ROUTE_DUE)


def mark_late() -> None:
    """Mark the tickets whose promise has passed."""
    bell().answer(Job.MARK_LATE)
    if lateness.mark_late(runtime()) == lateness.BATCH:
        bell().ring(Job.MARK_LATE)


def settle_unknown() -> None:
    """Look up the texts whose outcome nobody knows."""
    bell().answer(Job.SETTLE_UNKNOWN)
    if reports.settle_unknown(runtime(), gateway()):
        bell().ring(Job.SETTLE_UNKNOWN)


def place_calls() -> None:
    """Place the calls that are due."""
    bell().answer(Job.PLACE_CALLS)
    if placing.place_calls(runtime(), call_gateway()):
        bell().ring(Job.PLACE_CALLS)


def fetch_recordings() -> None:
    """Fetch the recordings that are at the gateway."""
    bell().answer(Job.FETCH_RECORDINGS)
    if recordings.fetch_due(runtime(), call_gateway()):
        bell().ring(Job.FETCH_RECORDINGS)


def close_calls() -> None:
    """Ask the gateway about calls that never told us they ended, and about what ended ones recorded."""
    bell().answer(Job.CLOSE_CALLS)
    if hangup.close_calls(runtime(), call_gateway()):
        bell().ring(Job.CLOSE_CALLS)


def index_words() -> None:
    """Index the words of new texts and notes for the search."""
    bell().answer(Job.INDEX_WORDS)
    if indexing.index_words(runtime()):
        bell().ring(Job.INDEX_WORDS)


def watch_shifts() -> None:
    """Ask whoever has a shift to come, tell leads who is missing, and take unseen alarms to phones."""
    bell().answer(Job.WATCH_SHIFTS)
    attendance.watch_shifts(runtime())
    paging.page_unseen(runtime())
    paging.tell_of_unopened(runtime())

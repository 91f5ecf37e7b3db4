"""The duty line: which of its phones a caller in danger rings first, and for how long each rings."""

from datetime import UTC, datetime, timedelta

from hotline.domain.walk import Walk
from hotline.runtime import Runtime, Transaction
from hotline.sections import Voice
from hotline.services.calls.leavings import OPEN_AT_MOST
from hotline.storage import calls, rings
from hotline.storage.callmodels import Call

_ANSWERING = timedelta(minutes=1)
"""How long a phone that was picked up takes at most until its key is pressed, or it is hung up."""

_NEVER = datetime.min.replace(tzinfo=UTC)


def first_phone(rt: Runtime, tx: Transaction) -> int:
    """The place in the line of the phone that a caller in danger rings first.

    That is the first phone that no other call rings or talks to; without one, the phone that was rung longest ago.
    """
    voice = rt.config.voice
    rung_since = tx.now - timedelta(seconds=voice.duty_line_s) - _ANSWERING
    rung = {walk.duty_index: at for walk, at in calls.at_duty_line(tx.session, rung_since=rung_since, talked_since=tx.now - OPEN_AT_MOST)}
    known = rings.by_address(tx.session, voice.duty_line)
    for place, number in enumerate(voice.duty_line):
        if number in known and calls.rings_now(tx.session, known[number].id, since=rung_since):  # for somebody else in danger
            rung[place] = tx.now
    return min(range(len(voice.duty_line)), key=lambda place: rung.get(place, _NEVER))


def ring_s(voice: Voice, call: Call, walk: Walk, now: datetime) -> int:
    """How many seconds the phone at which the call is rings: its share of the time left."""
    return max(5, left_s(voice, call, now) // max(1, len(voice.duty_line) - walk.duty_rung))


def left_s(voice: Voice, call: Call, now: datetime) -> int:
    """For how many whole seconds the duty line may still be rung."""
    since = call.danger_at or now
    return voice.duty_line_s - int((now - since).total_seconds())

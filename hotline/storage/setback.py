"""Times that were written by a clock that was ahead. Once it is right, what waits for such a time would wait for hours."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, literal_column, not_, or_, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from hotline.domain import texts
from hotline.storage.callmodels import CALL_OPEN, RECORDING_DUE, Call, Recording
from hotline.storage.gatewaymodels import GatewayState
from hotline.storage.models import RINGING, Alarm, Message, Ticket
from hotline.storage.photomodels import PHOTO_DUE, Photo
from hotline.storage.ringmodels import Ring

_MINUTE = timedelta(minutes=1)
_TEN_MINUTES = timedelta(minutes=10)
_HALF_AN_HOUR = timedelta(minutes=30)
_TWO_HOURS = timedelta(hours=2)


def bring_back(session: Session, *, now: datetime, ring_every: timedelta, rests_for: timedelta, late_rank: int) -> None:
    """What waits for longer than it ever does by a clock that is right is due now.

    A text that nobody tried yet may wait for its hours: its claim asks for them anew. `late_rank`: of the answers to what was taken in
    late, whose claim does not; they keep the time that they have. `ring_every`: from one phone to the next; `rests_for`: how long a phone
    rests at most.
    """
    queued, out = Message.delivery == literal_column("'queued'"), Message.delivery
    is_answer = or_(Message.answers_id.is_not(None), Message.text_key == texts.RECEIPT.key)
    keeps_hours = and_(Message.volunteer_id.is_(None), Message.rank >= late_rank, is_answer)
    waits_for_its_turn = and_(Call.gateway_id.is_(None), Call.reason.is_(None))
    waits: Sequence[tuple[InstrumentedAttribute[Any], timedelta, tuple[ColumnElement[bool] | Any, ...]]] = (
        (Message.next_attempt_at, _MINUTE, (queued, Message.attempts == 0, not_(keeps_hours))),
        (Message.next_attempt_at, _TWO_HOURS, (queued, Message.attempts > 0)),
        (Message.next_attempt_at, _TWO_HOURS, (out == literal_column("'unknown'"),)),
        (Message.claimed_at, timedelta(0), (out == literal_column("'sending'"),)),
        (Ticket.next_ring_at, ring_every, (RINGING,)),
        (Ring.quiet_until, rests_for, ()),
        (Alarm.raised_at, timedelta(0), (Alarm.acknowledged_at.is_(None),)),
        (Call.next_attempt_at, _MINUTE, (CALL_OPEN, waits_for_its_turn)),
        (Call.next_attempt_at, _TEN_MINUTES, (CALL_OPEN,)),
        (Recording.next_attempt_at, _TWO_HOURS, (RECORDING_DUE,)),
        (Photo.next_attempt_at, _TWO_HOURS, (PHOTO_DUE,)),
        (GatewayState.until, _HALF_AN_HOUR, ()),
    )
    for column, longest, where in waits:
        changed = update(column.class_).where(*where, column > now + longest).values({column: now})
        session.execute(changed, execution_options={"synchronize_session": False})

"""The two digits that texts to volunteers' own phones showed, so that what comes back can be told from a guess."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from hotline.domain.conversation import ReadAs
from hotline.storage import ringtests
from hotline.storage.models import Alarm, Message
from hotline.storage.peoplemodels import AT_WORK, ShiftDay, Volunteer


class Shown(NamedTuple):
    """A code, when the text that shows it was queued, whether an answer is awaited still, and whether it is an alarm's or a test's."""

    code: str
    at: datetime
    awaited: bool
    is_alarm: bool
    is_test: bool = False


def shown(session: Session, contact_id: int, *, since: datetime) -> Sequence[Shown]:
    """The codes that a phone of staff was shown after `since`: of the last alarm, of the last test, and of questions about shifts."""
    whose = Volunteer.phone_id == contact_id, AT_WORK
    alarms = select(Alarm).join(Volunteer, Volunteer.id == Alarm.volunteer_id).where(*whose, Alarm.code.is_not(None), Alarm.told_at > since)
    told = session.scalars(alarms.order_by(Alarm.told_at)).all()
    found = []
    if told:  # the last text is about all of them
        awaited = any(alarm.acknowledged_at is None and alarm.answered_at is None for alarm in told)
        found.append(Shown(told[-1].code or "", told[-1].told_at or since, awaited, True))
    days = (
        select(ShiftDay)
        .join(Volunteer, or_(Volunteer.id == ShiftDay.volunteer_id, Volunteer.id == ShiftDay.stand_in_id))
        .where(*whose, ShiftDay.yes_code.is_not(None), ShiftDay.asked_at > since, ShiftDay.on_date >= since.date())
    )
    for day in session.scalars(days):
        found += [Shown(code or "", day.asked_at or since, day.answered_at is None, False) for code in (day.yes_code, day.no_code)]
    test = ringtests.newest(session, contact_id)
    if test is not None and test.code is not None and test.begun_at > since:
        found.append(Shown(test.code, test.begun_at, test.answered_at is None, False, is_test=True))
    return found


def count_wrong(session: Session, contact_id: int, *, since: datetime, limit: int) -> int:
    """How many wrong codes came from a phone from `since` on. Counting stops at `limit`."""
    wrong = select(Message.id).where(Message.contact_id == contact_id, Message.created_at >= since, Message.read_as == ReadAs.WRONG_CODE)
    return len(session.scalars(wrong.order_by(Message.id.desc()).limit(limit)).all())

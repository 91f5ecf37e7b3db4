"""Two digits answer a text to a volunteer's own phone: the text shows them, so who sends them back has read that phone.

The sender of a text can be forged, so no fixed word may answer (docs/adr/0017-what-a-forged-number-can-do.md).
"""

import secrets
from collections.abc import Sequence
from datetime import timedelta

from hotline.alarms import AlarmKind, raise_alarm_about
from hotline.log import logger
from hotline.runtime import Transaction
from hotline.storage import codes, people
from hotline.storage.codes import Shown

_TRIES = 3
"""After so many wrong codes a code that was shown before them counts no more: of 90 codes three guesses hit one in thirty."""

_KEPT = timedelta(days=4)
"""For how long a code answers its text. Volunteers are asked about a shift three days before it at the earliest."""


def shown(tx: Transaction, contact_id: int) -> Sequence[Shown]:
    """The codes that a volunteer's own phone was shown."""
    return codes.shown(tx.session, contact_id, since=tx.now - _KEPT)


def draw(tx: Transaction, contact_id: int, number: int) -> list[str]:
    """So many new codes for a text to a phone, each unlike the others and unlike what the phone was shown before."""
    taken = {one.code for one in shown(tx, contact_id)}
    return secrets.SystemRandom().sample([code for n in range(10, 100) if (code := str(n)) not in taken], number)


def tries_left(tx: Transaction, contact_id: int, code: Shown) -> int:
    """How many wrong codes may still come from a phone until this one counts no more. A later text with another code changes nothing."""
    return _TRIES - codes.count_wrong(tx.session, contact_id, since=code.at, limit=_TRIES)


def tell_of_guesses(tx: Transaction, contact_id: int) -> None:
    """Too many wrong codes came under a volunteer's own number: the volunteer's page says so."""
    logger().warning("too many wrong codes", contact_id=contact_id)
    for volunteer in people.by_phone(tx.session, contact_id):
        raise_alarm_about(tx, f"code:{volunteer.id}", AlarmKind.CODE_TRIED, volunteer.id, again=True)

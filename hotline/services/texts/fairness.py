"""Fair between citizens: a flood of texts to one phone delays nobody else's. Texts to one phone keep their order."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from hotline.domain.delivery import Reason
from hotline.outbox import RANK_URGENT
from hotline.runtime import Transaction
from hotline.storage import marks, outgoing
from hotline.storage.outgoing import Due

TOGETHER = 3
"""The most texts to one phone that one claim takes while others wait."""

APART = timedelta(seconds=2)
"""The others of that phone follow so far apart, as many at a time."""

_CROWDED_UNTIL = "crowded_until"
"""The mark of when the last text is due that was put off, in seconds since 1970. Only until then it is asked who has such texts."""


def fair(tx: Transaction, rows: Sequence[Due], *, limit: int) -> list[Due]:
    """The texts that a claim may take, of those that are due. The rest is put off: the more wait, the longer.

    A text that comes while earlier ones to its phone are put off goes behind them. Urgent texts are never put off.
    """
    in_crowd = _in_crowd(tx, {row.contact.id for row in rows})
    others_wait = len(rows) == limit or len({row.contact.id for row in rows}) > 1
    counted, crowds, taken = Counter[int](), set[int](), set[int]()
    for row in sorted(rows, key=_is_newcomer):  # those that were put off before go first
        contact_id, message = row.contact.id, row.message
        if (message.rank or 0) <= RANK_URGENT:
            taken.add(message.id)
            continue
        counted[contact_id] += 1
        is_behind = _is_newcomer(row) and contact_id in in_crowd | crowds
        if is_behind or (others_wait and counted[contact_id] > TOGETHER):
            crowds.add(contact_id)
        else:
            taken.add(message.id)
    for contact_id in sorted(crowds):
        _put_off(tx, contact_id, but=taken)
    return [row for row in rows if row.message.id in taken]


def _is_newcomer(row: Due) -> bool:
    return row.message.reason != Reason.CROWDED


def _in_crowd(tx: Transaction, contact_ids: set[int]) -> set[int]:
    """The contacts that have texts which were put off and are not due yet."""
    if marks.value(tx.session, _CROWDED_UNTIL) < tx.now.timestamp():
        return set()
    return outgoing.crowded(tx.session, contact_ids, now=tx.now)


def _put_off(tx: Transaction, contact_id: int, *, but: set[int]) -> None:
    due, last = dict[int, datetime](), tx.now
    waiting = outgoing.crowd_of(tx.session, contact_id, now=tx.now, above=RANK_URGENT)
    for n, (id_, was) in enumerate((id_, was) for id_, was in waiting if id_ not in but):
        # What has a time keeps it: a flood that goes on must not push its own first texts away for ever.
        last = max(last, was if was > tx.now else tx.now + APART * (1 + n // TOGETHER))
        if last != was:
            due[id_] = last
    outgoing.put_off(tx.session, due)
    marks.set_value(tx.session, _CROWDED_UNTIL, max(round(last.timestamp()) + 1, marks.value(tx.session, _CROWDED_UNTIL)))

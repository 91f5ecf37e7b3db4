"""Texts and calls are deleted at the gateway, some days after they are settled and once a verified backup holds them.

Who has our account there reads numbers and words without any key of ours. Until a backup was verified the gateway has the only other
copy: after a restore the texts of the last days are looked up there. To delete what is gone already counts as
done: so a worker that dies, two workers at once, and a restored database do no harm.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from hotline.alarms import AlarmKind, tell_heads
from hotline.gateways.base import CallGateway, GatewayError, Outcome, TextGateway
from hotline.jobs import Job
from hotline.log import logger
from hotline.runtime import Reading, Runtime, Transaction
from hotline.storage import alarms, backups, gatewaycopies
from hotline.storage.gatewaycopies import CopyKind
from hotline.storage.keepingmodels import GatewayCopy

_BATCH = 200
"""How many rows are gathered in one transaction. On SQLite an incoming text waits for that transaction."""

_SEEN_AT_ONCE = 20
_CLAIM = timedelta(minutes=5)
_NOT_SETTLED = timedelta(days=1)
_ASKED_NOT_SETTLED = timedelta(hours=1)
_AGAIN = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(days=1))
"""How long a copy waits after each failure; after the last it is tried once a day."""

LATE_AFTER = timedelta(days=3)
"""How long after its time a copy may still lie at the gateway, until the heads are alarmed."""

_ABOUT = "gateway_copies"
_REMIND_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class Kept:
    """What lies at the gateway. `late_since`: since when the oldest should have been deleted, if that is so long ago that heads are
    alarmed. `covered_until`: all before it is in a verified backup; None if there is none. `failing`: how many could not be deleted."""

    late_since: datetime | None
    covered_until: datetime | None
    failing: int
    reason: str | None


def ask_now(tx: Transaction, contact_id: int, *, since: datetime | None = None) -> None:
    """Have the gateway delete all texts and calls of a contact, as soon as they are settled. Neither days nor a backup are waited for.

    `since`: only those from that time on. Recordings go the way of `wiping.wipe_recording`. In the transaction that wipes the texts: only
    of a wiped text does the gateway's id become a hash.
    """
    gatewaycopies.ask(tx.session, contact_id, since=since, now=tx.now)
    tx.ring(Job.FORGET_DUE)


def forget_due(rt: Runtime, texts: Mapping[str, TextGateway], calls: Mapping[str, CallGateway], *, for_s: float = 5) -> bool:
    """Delete what is due at the gateway, for about `for_s` seconds; True if there may be more. Heads are alarmed if that fails for days."""
    more = _forget(rt, texts, calls, ends=time.monotonic() + for_s)
    _tell_of_late(rt)
    return more


def _forget(rt: Runtime, texts: Mapping[str, TextGateway], calls: Mapping[str, CallGateway], *, ends: float) -> bool:
    while time.monotonic() < ends:
        claimed = _claim(rt, {*calls, *texts})
        if claimed is not None:
            if not _delete(rt, texts, calls, claimed):
                return False
        elif not _gather(rt):
            return False
    return True


def _until(rt: Runtime, session: Reading, now: datetime) -> datetime | None:
    """What was settled by then may be deleted; None: nothing. A pretend gateway holds nobody's words: there no backup is waited for."""
    old_enough = now - timedelta(days=rt.config.sending.gateway_keep_days)
    if not rt.config.gateway_is_real:
        return old_enough
    covered = backups.newest_verified(session, now=now)
    return None if covered is None else min(covered, old_enough)


def _gather(rt: Runtime) -> bool:
    """Store a batch of what is old enough as copies to delete; False if there was none of any kind."""
    with rt.reading() as session:
        if _until(rt, session, rt.clock()) is None:
            return False
    with rt.transaction() as tx:
        before = _until(rt, tx.session, tx.now)
        if before is None:
            return False
        return any(gatewaycopies.gather(tx.session, kind, before=before, now=tx.now, limit=_BATCH) for kind in CopyKind)


def _claim(rt: Runtime, gateways: set[str]) -> GatewayCopy | None:
    """The next copy to delete, or None. It is due again in a while, whatever happens to this worker. What may change still is put off."""
    with rt.reading() as session:
        if not gatewaycopies.due(session, gateways, now=rt.clock(), limit=1):
            return None
    with rt.transaction() as tx:
        until = _until(rt, tx.session, tx.now)
        for copy in gatewaycopies.due(tx.session, gateways, now=tx.now, limit=_SEEN_AT_ONCE):
            settled_at = gatewaycopies.settled_at(tx.session, copy)
            latest = tx.now if copy.asked else until
            if settled_at is not None and latest is not None and settled_at <= latest:
                gatewaycopies.put_off(tx.session, copy.id, tx.now + _CLAIM, attempts=min(copy.attempts + 1, 9999), reason=copy.reason)
                copy.attempts += 1
                tx.session.expunge(copy)
                return copy
            wait = _ASKED_NOT_SETTLED if copy.asked else _NOT_SETTLED
            gatewaycopies.put_off(tx.session, copy.id, tx.now + wait, attempts=copy.attempts, reason=copy.reason)
    return None


def _delete(rt: Runtime, texts: Mapping[str, TextGateway], calls: Mapping[str, CallGateway], copy: GatewayCopy) -> bool:
    """Have the gateway delete a copy, and note what came of it. False if the gateway is away: it is not asked any more now.

    A text at a gateway that deletes none is left to its keeper: there is nothing more to be done here.
    """
    try:
        if copy.kind == CopyKind.TEXT and not texts[copy.gateway].can.deletes:
            if copy.asked:
                logger().warning("a text lies at a gateway that deletes nothing: delete it there by hand", gateway=copy.gateway)
        elif copy.kind == CopyKind.TEXT:
            texts[copy.gateway].delete_text(copy.gateway_id)
        elif copy.kind == CopyKind.CALL:
            calls[copy.gateway].delete_call(copy.gateway_id)
        else:
            calls[copy.gateway].delete_recording(copy.gateway_id)
    except GatewayError as fault:
        wait = _AGAIN[min(copy.attempts, len(_AGAIN)) - 1]
        with rt.transaction() as tx:
            gatewaycopies.put_off(tx.session, copy.id, tx.now + wait, attempts=copy.attempts, reason=fault.code[:16])
        logger().warning("the gateway did not delete a copy", copy_id=copy.id, kind=copy.kind, code=fault.code, attempt=copy.attempts)
        return fault.outcome is Outcome.REFUSED  # only this one, as while it is under way there
    with rt.transaction() as tx:
        gatewaycopies.gone(tx.session, copy)
    return True


def kept(rt: Runtime, session: Reading) -> Kept:
    """What lies at the gateway, and why."""
    now = rt.clock()
    due_since = [gatewaycopies.asked_since(session)]
    if (oldest := gatewaycopies.oldest(session)) is not None:
        due_since.append(oldest + timedelta(days=rt.config.sending.gateway_keep_days))
    first = min((at for at in due_since if at is not None), default=None)
    failing = gatewaycopies.failing(session)
    late_since = first if first is not None and now - first > LATE_AFTER else None
    return Kept(late_since, backups.newest_verified(session, now=now), failing.rows, failing.reason)


def _tell_of_late(rt: Runtime) -> None:
    """Alarm the heads about what should have been deleted days ago; once it is, forget the alarm."""
    with rt.reading() as session:
        is_late, is_told = kept(rt, session).late_since is not None, alarms.is_about(session, _ABOUT)
    if not is_late and not is_told:
        return
    with rt.transaction() as tx:
        tell_heads(tx, _ABOUT, AlarmKind.GATEWAY_KEEPS, is_so=is_late, after=_REMIND_AFTER)

"""The clock makes backups, removes those that are too old, and alarms the heads when there is none."""

from datetime import datetime, timedelta
from pathlib import Path

from hotline.alarms import AlarmKind, tell_heads
from hotline.config import Config
from hotline.log import logger
from hotline.runtime import Runtime
from hotline.services.backups import archive, making
from hotline.services.backups.archive import BackupFault
from hotline.storage import alarms, backups, marks
from hotline.storage.dumping import Part

ABOUT = "backup"
_TRIED = "backup:tried"
"""The mark of when a backup was last tried, in seconds since 1970."""

_AGAIN_AFTER = timedelta(hours=1)
"""A backup that failed reads the whole database: it is not tried again with every ring of the clock."""

_VERIFIED_WITHIN = timedelta(days=92)


class WrongCode(Exception):
    """No backup that is known here has this code."""


def folder_of(config: Config) -> Path | None:
    """The folder of backups; None if none is configured."""
    return config.folder / config.backup.folder if config.backup.folder else None


def back_up_due(rt: Runtime) -> bool:
    """Make a backup if one is due, and remove what is too old; returns whether one was made. Never raises for a backup that fails: it is
    in the log, and the heads are alarmed."""
    folder, wanted = folder_of(rt.config), rt.config.backup
    if folder is None:
        return False
    now = rt.clock()
    _remove_old(rt, folder, now)
    newest = max((at for _, at in making.files(folder, Part.DATA) if at <= now), default=None)
    every = timedelta(hours=wanted.every_hours)
    if newest is not None and newest > now - every:
        return False
    with rt.reading() as session:
        tried = marks.value(session, _TRIED)
    if tried > now.timestamp():  # the clock was ahead
        tried = 0
    if now.timestamp() < tried + _AGAIN_AFTER.total_seconds():
        return False
    if tried and (newest is None or newest < now - 2 * every):  # those before were killed, or failed
        _alarm(rt)
    with rt.transaction() as tx:
        marks.set_value(tx.session, _TRIED, round(now.timestamp()))
    try:
        making.make(rt, folder, wanted.to)
    except BaseException as fault:
        logger().error("the backup failed", fault=str(fault))
        _alarm(rt)
        if not isinstance(fault, BackupFault):
            raise
        return False
    _remove_old(rt, folder, now)
    with rt.transaction() as tx:
        alarms.forget_about(tx.session, ABOUT)
    return True


def _remove_old(rt: Runtime, folder: Path, now: datetime) -> None:
    try:
        removed = making.tidy(folder, now=now, data_days=rt.config.backup.data_days, keys_days=rt.config.backup.keys_days)
    except OSError as fault:
        logger().error("an old backup cannot be removed", fault=str(fault))
        _alarm(rt)
        return
    if removed:
        logger().info("old backups are removed", rows=len(removed))


def _alarm(rt: Runtime) -> None:
    with rt.transaction() as tx:
        tell_heads(tx, ABOUT, AlarmKind.NO_BACKUP, is_so=True, after=timedelta(hours=rt.config.backup.every_hours))


def confirm(rt: Runtime, code: str) -> datetime:
    """Record that a backup was restored and counted elsewhere, by the code that was told there; returns when it was made.

    Raises `WrongCode`.
    """
    with rt.transaction() as tx:
        for backup in backups.unverified(tx.session):
            if archive.code(rt.keys, backup.data_sha256) == code.strip().lower():
                backups.verified(tx.session, now=tx.now, data_sha256=backup.data_sha256)
                return backup.made_at
    raise WrongCode


def newest(rt: Runtime) -> tuple[datetime | None, datetime | None]:
    """When the last backup was made, and until when everything is in a verified backup; None where there is none."""
    now = rt.clock()
    with rt.reading() as session:
        made = backups.newest(session, now=now)
        return made.made_at if made is not None else None, backups.newest_verified(session, now=now)


def fault(rt: Runtime) -> str | None:
    """What is wrong with the backups, and what to do; None if nothing is. Beside a pretend gateway none need be made."""
    folder, is_real = folder_of(rt.config), rt.config.gateway_is_real
    if folder is None:
        return "none is made: set folder and to in [backup]; docs/operator.md, Backups, says how" if is_real else None
    if not folder.is_dir():
        return f"there is no folder {folder}: is its disk there?"
    made, verified = newest(rt)
    if made is None or made < rt.clock() - 2 * timedelta(hours=rt.config.backup.every_hours):
        return "there is no new one: see the log of the worker, or try hotline backup"
    if ahead := making.ahead(folder, now=rt.clock()):
        return f"nothing old is removed: {ahead[0].name} is of a day to come; docs/operator.md, The clock is wrong, says what to do"
    if is_real and (verified is None or verified < rt.clock() - _VERIFIED_WITHIN):
        return "none of the last three months was verified: hotline backup verify, with the identity from the safe"
    return None

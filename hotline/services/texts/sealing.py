"""A worker seals the texts that were stored before texts were sealed."""

from hotline.log import logger
from hotline.runtime import Runtime
from hotline.storage import sealed
from hotline.storage.db import truncate_log

BATCH = 500
"""How many are sealed in one transaction. On SQLite an incoming text waits for that transaction."""


def seal_plain(rt: Runtime) -> int:
    """Seal a batch; returns how many there were. Killed half way, it goes on where it was."""
    if not is_plain(rt):
        return 0
    with rt.transaction() as tx:
        found = sealed.seal_plain(tx.session, limit=BATCH)
    if found < BATCH:
        truncate_log(rt.engine)
    logger().info("texts from before are sealed", rows=found)
    return found


def is_plain(rt: Runtime) -> bool:
    """Whether a text still stands in plain words."""
    with rt.reading() as session:
        return sealed.is_plain(session)

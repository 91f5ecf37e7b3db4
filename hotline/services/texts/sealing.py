"""A worker seals the texts that were stored before texts were sealed, and the names of lists that volunteers saved."""

from hotline.log import logger
from hotline.runtime import Runtime
from hotline.storage import sealed, views
from hotline.storage.db import truncate_log

BATCH = 500
"""How many are sealed in one transaction. On SQLite an incoming text waits for that transaction."""


def seal_plain(rt: Runtime) -> int:
    """Seal a batch; returns how many texts there were. Killed half way, it goes on where it was."""
    if not is_plain(rt):
        return 0
    with rt.transaction() as tx:
        views.seal_plain(tx.session)
        found = sealed.seal_plain(tx.session, limit=BATCH)
    if not is_plain(rt):
        truncate_log(rt.engine)
    logger().info("texts from before are sealed", rows=found)
    return found


def is_plain(rt: Runtime) -> bool:
    """Whether a text or a name still stands in plain words."""
    with rt.reading() as session:
        return sealed.is_plain(session) or views.is_plain(session)

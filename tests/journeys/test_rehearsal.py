"""A short rehearsal, as `hotline rehearse` does it at length: contacts while the processes are killed, and books that balance."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy.engine import make_url

from hotline.cli.rehearsal.show import Order, rehearse
from hotline.cli.rehearsal.stage import Stage

LONG_AGO = "2020-01-01 00:00:00.000000"
DEAD_AFTER_S = 15
"""A claim that is older, once nothing is killed any more, is a dead worker's: a living one waits ten seconds for a gateway at most."""
STILL_ON_ITS_WAY_S = 4
"""So long after a doubt a text may still be on its way to its gateway. Until then nobody may look it up."""


def hurry(stage: Stage) -> None:
    """Shorten the waits that are safe to shorten: a minute for the claims of the dead, twenty seconds before a look-up, new tries."""
    path = make_url(stage.database.url).database or ""
    with sqlite3.connect(path, timeout=20) as connection:
        for table, column, where, before_s in (
            ("messages", "claimed_at", "delivery = 'sending'", -DEAD_AFTER_S),
            ("messages", "next_attempt_at", "delivery = 'unknown'", 20 - STILL_ON_ITS_WAY_S),
            ("messages", "next_attempt_at", "delivery = 'queued'", 3600),
        ):
            before = (datetime.now(UTC) + timedelta(seconds=before_s)).strftime("%Y-%m-%d %H:%M:%S.%f")
            connection.execute(f"UPDATE {table} SET {column} = ? WHERE {where} AND {column} < ?", (LONG_AGO, before))
    connection.close()


def test_a_short_day_of_kills_balances(tmp_path: Path) -> None:
    said: list[str] = []
    say: Callable[[str], None] = said.append
    order = Order("sqlite", minutes=0.4, contacts=60, kills=6, seed=33, settles_s=240)
    outcome = rehearse(order, say=say, keep=tmp_path / "stage", hurry=hurry)
    assert outcome.is_balanced, [(line.name, line.faults) for line in outcome.lines]
    assert outcome.kills == 6
    assert not outcome.undealt
    assert outcome.lines[0].count > 25  # texts that were answered with success, of some 48

"""`hotline rehearse`: a day of contacts on a hotline of its own, while its processes are killed; do the books balance?"""

import os
import random
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from hotline.cli.bundled_redis import NoRedisServer
from hotline.cli.own_postgres import NoPostgres
from hotline.cli.rehearsal.balance import Line
from hotline.cli.rehearsal.show import Order, Outcome
from hotline.cli.rehearsal.show import rehearse as show
from hotline.cli.rehearsal.stage import StageFault

_ALLOWED = frozenset({"HOTLINE_PG_BINDIR", "HOTLINE_REDIS_SERVER", "HOTLINE_TEST_DATABASE_URL"})
"""Names of programs, and of what the tests use: no hotline is set up by them."""
_SHOWN = 20


@click.command()
@click.option("--database", type=click.Choice(["sqlite", "postgresql"]), default="sqlite", show_default=True, help="On which database.")
@click.option("--minutes", type=click.FloatRange(0.1, 24 * 60), default=20.0, show_default=True, help="How long the day takes.")
@click.option("--contacts", type=click.IntRange(1, 100_000), default=6000, show_default=True, help="Texts and calls of that day.")
@click.option("--kills", type=click.IntRange(0, 10_000), default=200, show_default=True, help="How often a process is killed.")
@click.option("--seed", type=int, default=None, help="The same seed draws the same day and the same kills; by default one is drawn.")
@click.option(
    "--keep",
    type=click.Path(path_type=Path),
    default=None,
    help="An empty folder for everything it leaves, logs too; default: nothing stays.",
)
def rehearse(*, database: str, minutes: float, contacts: int, kills: int, seed: int | None, keep: Path | None) -> None:
    """Rehearse a bad day: citizens, volunteers, and somebody who kills the processes. Exit code 1: the books do not
    balance, or more than a tenth of the kills could not be dealt.

    It runs a hotline of its own with pretend gateways, in a folder of its own, and touches no other. It needs Linux.
    """
    refuse_a_real_one(os.environ)
    if sys.platform != "linux":
        raise click.ClickException("hotline rehearse needs Linux: it finds processes in /proc and limits what they may write")
    if keep is not None and keep.exists() and any(keep.iterdir()):
        raise click.ClickException(f"{keep} is not empty")
    order = Order(database, minutes, contacts, kills, seed if seed is not None else random.randrange(1_000_000))  # noqa: S311
    try:
        outcome = show(order, say=click.echo, keep=keep.absolute() if keep else None)
    except (StageFault, NoPostgres, NoRedisServer) as fault:
        raise click.ClickException(str(fault)) from fault
    click.echo(table(outcome))
    if not (outcome.is_balanced and outcome.is_hard_enough):
        sys.exit(1)


def refuse_a_real_one(env: Mapping[str, str]) -> None:
    """Raise `ClickException` where a hotline is set up in the environment: a rehearsal belongs on a machine that serves nobody."""
    named = sorted(name for name in env if name.startswith("HOTLINE_") and name not in _ALLOWED)
    if named:
        raise click.ClickException(
            f"{', '.join(named)}: a hotline is set up here. A rehearsal takes the whole machine and belongs on another one; "
            f"if this one serves nobody: env -u {' -u '.join(named)} hotline rehearse"
        )


def table(outcome: Outcome) -> str:
    """The books as they are printed."""
    dealt = ", ".join(f"{name} {count}" for name, count in sorted(outcome.blows.items()))
    lines = ["", *(part for line in outcome.lines for part in _shown(line)), ""]
    lines += [f"{outcome.kills} kills; {dealt}"]
    lines += [
        f"after a kill, until {one.what}: half within {one.median_s:.1f} s, at worst {one.worst_s:.1f} s"
        + (f", {one.never} times not before the day was over" if one.never else "")
        for one in outcome.recoveries
    ]
    lines += [f"everything had settled {outcome.settled_s:.0f} s after the day; {outcome.lasted_s:.0f} s in all"]
    lines += [f"listed as unknown: {', '.join(map(str, outcome.unknown[:_SHOWN]))}"] if outcome.unknown else []
    lines += [f"ended without a blow: {', '.join(outcome.ended[:_SHOWN])}"] if outcome.ended else []
    lines += [f"not dealt: {fault}" for fault in outcome.undealt[:_SHOWN]]
    if not outcome.is_hard_enough:
        lines += [f"ONLY {outcome.kills} OF {outcome.ordered} KILLS WERE DEALT: this proves less than was ordered."]
    return "\n".join([*lines, "The books balance." if outcome.is_balanced else "THE BOOKS DO NOT BALANCE."])


def _shown(line: Line) -> list[str]:
    besides = f"   ({line.besides})" if line.besides else ""
    return [
        f"{'--' if line.faults else 'ok'}  {line.count:>7,}  {line.name}{besides}",
        *(f"               {fault}" for fault in line.faults),
    ]

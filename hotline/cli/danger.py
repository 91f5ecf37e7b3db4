"""`hotline danger`."""

from datetime import timedelta

import click

from hotline.cli.setting import runtime_or_exit
from hotline.storage import dangers

_WEEK = 7


@click.command()
@click.option("--days", type=click.IntRange(1, 3650), default=28, show_default=True, help="How many days to look back.")
def danger(days: int) -> None:
    """Say how often phones rang for danger, how often for nothing, and how often they should have rung.

    Which kinds ring is the key `rings` in the table of categories: more kinds ring more often for nothing, fewer miss more.
    """
    with runtime_or_exit() as rt:
        since = rt.clock() - timedelta(days=days)
        with rt.reading() as session:
            found = dangers.count(session, since=since)
        budget = rt.config.duty.false_rings_per_week
    a_week = found.false * _WEEK / days
    click.echo(f"In the last {days} days")
    click.echo(f"  phones rang for {found.rang} tickets")
    click.echo(f"  {found.false} of them were called ordinary by the person who looked: {a_week:.1f} a week; the budget is {budget}")
    click.echo(f"  {found.missed} were called danger by a person before any phone had rung")
    click.echo("The budget is kept." if a_week <= budget else "The budget is not kept: let fewer kinds ring, or make their words stricter.")

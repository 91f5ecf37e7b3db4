"""`hotline keeping`."""

import click

from hotline.cli.setting import runtime_or_exit
from hotline.services.keeping import retention


@click.command()
@click.option("--days", type=click.IntRange(0, 3650), default=30, show_default=True, help="How many days to look ahead.")
def keeping(days: int) -> None:
    """Say how much goes in the next days because it was kept for long enough, by the rule it goes by.

    It counts rows and reads no word. Tickets are announced to their leads a week before their words go.
    """
    with runtime_or_exit() as rt:
        kept = rt.config.keeping
        found = retention.expected(rt, days=days)
        terms = retention.terms(rt)
    click.echo(f"Kept after the end of a ticket: {terms.text_days} days, sealed {terms.sealed_days}, recordings {kept.recording_days}")
    for kind, own in sorted(terms.by_kind.items()):
        click.echo(f"  {kind}: {own} days, by its own line in the table of categories")
    click.echo(f"This goes in the next {days} days, unless somebody keeps it longer:")
    for rule, rows in found.items():
        click.echo(f"  {rows:>8}  {rule}")

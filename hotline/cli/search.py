"""`hotline search …`."""

import click

from hotline.cli.setting import runtime_or_exit
from hotline.services.tickets import indexing


@click.group()
def search() -> None:
    """Commands for the index of the search."""


@search.command()
def reindex() -> None:
    """Build the index anew from the texts and notes. The hotline may run meanwhile; until this is done, searches miss tickets."""
    with runtime_or_exit() as rt:
        indexing.reindex(rt)
    click.echo("The index is built.")

"""`hotline search …`."""

import click

from hotline.cli.setting import runtime_or_exit
from hotline.services import showings
from hotline.services.tickets import indexing
from hotline.storage.showings import ShowingKind


@click.group()
def search() -> None:
    """Commands for the index of the search."""


@search.command()
def reindex() -> None:
    """Build the index anew from the texts and notes. The hotline may run meanwhile; until this is done, searches miss tickets."""
    with runtime_or_exit() as rt:
        showings.note(rt, ShowingKind.COMMAND, volunteer_id=None, what="search reindex")
        indexing.reindex(rt)
    click.echo("The index is built.")

"""`hotline release`: what a new version needs before it serves. It is the line `release` of the Procfile."""

import os
import signal
from collections.abc import Mapping

import click

from hotline.cli.catalogues import compile_catalogues
from hotline.cli.database import migrate

_NAMED_BY_RUNNERS = ("HONCHO_PROCESS_NAME", "PS")
"""The variables by which honcho, and foreman, overmind and hivemind, tell a process its name: `release.1`."""


@click.command()
@click.pass_context
def release(context: click.Context) -> None:
    """Compile the catalogues and bring the database to the newest schema; safe to call again.

    A runner that starts every line of a Procfile side by side, as honcho does, stops all of them when one ends. Started by such a runner,
    this goes on, without doing anything, until it is told to stop.
    """
    context.invoke(compile_catalogues)
    context.invoke(migrate)
    if runs_beside_the_rest(os.environ):
        told_to_stop = {signal.SIGTERM, signal.SIGINT}
        signal.pthread_sigmask(signal.SIG_BLOCK, told_to_stop)  # before anybody is told: a signal that comes now is waited for below
        click.echo("The release is done; this process stays for the sake of the others.")
        signal.sigwait(told_to_stop)


def runs_beside_the_rest(environ: Mapping[str, str]) -> bool:
    """Whether a Procfile runner has started this as one of several processes."""
    return any(environ.get(name, "").partition(".")[0] == "release" for name in _NAMED_BY_RUNNERS)

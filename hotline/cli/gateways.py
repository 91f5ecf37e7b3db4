"""`hotline gateways`: what carries texts and calls, and what a person does with it."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from hotline.cli.gatewaylines import table
from hotline.cli.pairing import pair
from hotline.cli.setting import runtime_or_exit
from hotline.cli.trying import try_gateway
from hotline.runtime import Runtime
from hotline.services import showings
from hotline.services.texts import doubts, gatewayview, stopping
from hotline.storage.showings import ShowingKind


@click.group(invoke_without_command=True)
@click.pass_context
def gateways(context: click.Context) -> None:
    """The gateways that carry texts and calls. Without a command: as `list`."""
    if context.invoked_subcommand is None:
        context.invoke(everything)


@gateways.command("list")
def everything() -> None:
    """Say what each gateway carries, how far it was tried, how it is, and its texts of the last hour and of the last 24 hours."""
    with runtime_or_exit() as rt:
        for line in table(rt, gatewayview.overview(rt)):
            click.echo(line)


def _reason(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    if not value.strip():
        raise click.BadParameter("say why, in a few words")
    return value


@gateways.command()
@click.argument("name")
@click.option("--why", required=True, callback=_reason, help="Why, for the people who run the hotline.")
def stop(name: str, why: str) -> None:
    """Have a gateway carry nothing until it is started. What comes in by it still comes in."""
    with runtime_or_exit() as rt, _told(rt, name):
        is_news = stopping.stop(rt, None, name, why)
    click.echo(f"{name} is stopped; to let it carry again: hotline gateways start {name}" if is_news else f"{name} was stopped already.")


@gateways.command()
@click.argument("name")
def start(name: str) -> None:
    """Let a gateway carry again that was stopped."""
    with runtime_or_exit() as rt, _told(rt, name):
        is_news = stopping.start(rt, None, name)
    click.echo(f"{name} carries again." if is_news else f"{name} was not stopped.")


@gateways.command("doubts")
def doubtful() -> None:
    """List the texts of which nobody can tell whether they were sent. On the page Gateways a person sends one again, or leaves it."""
    with runtime_or_exit() as rt:
        showings.note(rt, ShowingKind.COMMAND, volunteer_id=None, what="gateways doubts")
        found = doubts.listed(rt, None)
        for one in found:
            old = "  too old to be sent again" if one.too_old else ""
            click.echo(f"{one.at.astimezone(rt.config.zone):%Y-%m-%d %H:%M}  {one.gateway:<16}  {one.number}{old}")
    click.echo(f"Decide them on the page {rt.config.public_url}/gateways" if found else "There is none.")


@contextmanager
def _told(rt: Runtime, name: str) -> Iterator[None]:
    try:
        yield
    except stopping.NoSuchGateway:
        names = ", ".join(name for name, one in rt.config.gateways.items() if one.is_set)
        raise click.ClickException(f"there is no gateway {name}; there are: {names or 'none'}") from None
    except stopping.CallsOnly:
        raise click.ClickException(
            f"{name} carries calls only, and a stop is for texts: take its table out of the configuration, and restart the workers"
        ) from None


gateways.add_command(pair)
gateways.add_command(try_gateway)

"""`hotline reconcile`: asks gateways what came since a time, takes in what is missing, and prints the balance."""

import contextlib
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

import click

from hotline.cli.setting import runtime_or_exit
from hotline.gateways.base import TextGateway
from hotline.gateways.listing import CallLog
from hotline.gateways.registry import call_logs, gateways_in_use, text_gateways
from hotline.runtime import Runtime
from hotline.services.reconciling.asking import Balance, reconcile_since
from hotline.storage.writing import Overloaded

_OLDEST = timedelta(days=400)
"""No gateway that we know of keeps a log for longer."""

_ROW = "{:<16}  {:<10}  {:>8}  {:>8}  {:>8}  {:>12}"
_One = TypeVar("_One", TextGateway, CallLog)


@click.command()
@click.option("--since", required=True, metavar="TIME", help="From when on, like 2026-11-30T04:00, by the clock of the hotline's zone.")
@click.option("--gateway", "name", help="Only this gateway, by its name in the configuration.")
def reconcile(since: str, name: str | None) -> None:
    """Ask the gateways what came since a time, take in what is not here, and say how many were.

    It ends with 1 if something could not be taken in, or a gateway could not be asked. It can be run again, and while the workers run.
    """
    with runtime_or_exit() as rt:
        start = _read_time(rt, since)
        if name is not None and name not in gateways_in_use(rt.config):
            raise click.ClickException(f"there is no gateway {name}; there are: {', '.join(gateways_in_use(rt.config)) or 'none'}")
        with _asked(rt, name) as (texts, calls):
            for one in sorted({name} if name else set(gateways_in_use(rt.config))):
                if one not in calls and not (one in texts and texts[one].can.keeps_log):
                    click.echo(f"{one} keeps no log that can be asked.")
            click.echo(_ROW.format("gateway", "", "lists", "here", "taken in", "could not be"))
            is_balanced = True
            try:
                for balance in reconcile_since(rt, texts, calls, start):
                    is_balanced = _shown(balance) and is_balanced
            except Overloaded as fault:
                raise click.ClickException(f"{fault}; run it again, nothing is doubled") from fault
    click.echo("It balances." if is_balanced else "It does NOT balance: see what the log says above, and run it again.")
    sys.exit(0 if is_balanced else 1)


def _read_time(rt: Runtime, given: str) -> datetime:
    """The time that was given. Raises `ClickException` for what is none, is to come, or lies too far back."""
    try:
        read = datetime.fromisoformat(given.strip())
    except ValueError:
        raise click.BadParameter(f"{given!r} is no time; write it like 2026-11-30T04:00", param_hint="--since") from None
    since, now = read.replace(tzinfo=rt.config.zone) if read.tzinfo is None else read, rt.clock()
    age = now - since
    local = f"{now.astimezone(rt.config.zone):%Y-%m-%dT%H:%M}"
    if age < timedelta(0):
        raise click.BadParameter(f"{given} is yet to come; here it is {local} now", param_hint="--since")
    if age > _OLDEST:
        raise click.BadParameter(f"{given} is more than {_OLDEST.days} days ago; no gateway keeps so much", param_hint="--since")
    return since.astimezone(now.tzinfo)


@contextlib.contextmanager
def _asked(rt: Runtime, name: str | None) -> Iterator[tuple[Mapping[str, TextGateway], Mapping[str, CallLog]]]:
    """The gateways to ask; their connections are given back at the end."""
    texts, calls = text_gateways(rt.config), call_logs(rt.config)
    try:
        yield _only(texts, name), _only(calls, name)
    finally:
        for text_gateway in texts.values():
            text_gateway.close()
        for call_log in calls.values():
            call_log.close()


def _only(found: Mapping[str, _One], name: str | None) -> Mapping[str, _One]:
    return {key: one for key, one in found.items() if name in (None, key)}


def _shown(balance: Balance) -> bool:
    """Print the balance of one log; returns whether it balances."""
    counts = (balance.listed, balance.here, balance.taken_in, balance.failed)
    fault = f"  not asked to the end ({balance.fault})" if balance.fault is not None else ""
    click.echo(_ROW.format(balance.gateway, balance.what, *counts) + fault)
    return balance.balances

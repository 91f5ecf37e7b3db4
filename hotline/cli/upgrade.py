"""`hotline upgrade --check`: what this version will do to the database, and how to go back."""

from collections.abc import Mapping
from datetime import timedelta

import click

from hotline.cli.setting import config_or_exit
from hotline.config import Config
from hotline.runtime import utc_now
from hotline.services.backups import making, watching
from hotline.storage import effects, schema, sizes
from hotline.storage.db import DatabaseFault, make_engine
from hotline.storage.effects import Does, Effect

_ROWS_A_SECOND = {Does.ADDS: 100_000, Does.READS: 300_000, Does.REWRITES: 15_000, Does.TAKES: 100_000}
"""Rows that one processor core gets through: of 350 bytes, with five indexes, as tried on a rented machine of two cores."""

_RECENT = timedelta(hours=24)


@click.command()
@click.option("--check", is_flag=True, required=True, help="Only say what would be done; hotline release does it.")
def upgrade(*, check: bool) -> None:  # noqa: ARG001 - it changes nothing, and says so
    """Say what this version's migrations do, how long they take, whether the version before runs on the result, and how to go back."""
    config = config_or_exit()
    try:
        engine = make_engine(config.database_url, pool_size=1)
        try:
            current, steps = schema.steps(engine)
            rows, copies = sizes.rows(engine), engine.dialect.name == "sqlite"
        finally:
            engine.dispose()
    except schema.SchemaIsNewer as newer:
        click.echo(
            f"The database is at {newer.args[0]}, which this version does not know: it is of a newer one. This version changes nothing."
        )
        click.echo("Whether it runs on that schema, `hotline upgrade --check` of the newer version said before it was installed.")
        return
    except (DatabaseFault, OSError) as fault:
        raise click.ClickException(f"the database cannot be reached: {getattr(fault, 'orig', None) or fault}") from fault
    if not steps:
        click.echo(f"The database is at {current}, the newest that this version knows: nothing is to be done.")
        return
    click.echo(
        f"The database is {f'at {current}' if current else 'empty'}; this version brings it to {steps[-1].revision}, {_some(len(steps))}."
    )
    if current is None:
        return
    seconds = sum(_tell(step, rows, copies=copies) for step in steps)
    unknown = [step.revision for step in steps if any(not effect.table for effect in effects.effects(step.source))]
    more = f", and what {', '.join(unknown)} takes, which only the source tells" if unknown else ""
    click.echo(
        f"\nIn all about {_long(seconds)}{more}. What comes in while the database is held up waits on the disk, and nothing is lost."
    )
    _tell_way_back(config, [step.revision for step in steps if not effects.only_expands(step.source)])


def _tell(step: schema.Step, rows: Mapping[str, int], *, copies: bool) -> float:
    """Print what a migration does; returns the seconds that it takes."""
    click.echo(f"\n{step.revision}  {step.says}")
    seconds = 0.0
    for effect in effects.effects(step.source):
        count = rows.get(effect.table, 0)
        is_slow = effect.does in (Does.READS, Does.REWRITES) or (copies and effect.table in rows)
        lasts = count / _ROWS_A_SECOND[effect.does] if is_slow else 0.0
        seconds += lasts
        if said := _said(effect, count, is_known=effect.table in rows, copies=copies):
            click.echo(f"      {said}{f', about {_long(lasts)}' if count and is_slow else ''}")
    return seconds


def _said(effect: Effect, count: int, *, is_known: bool, copies: bool) -> str:
    table = effect.table or "tables that only its source names"
    much = f"{table} ({count:,} rows)" if is_known else table
    if effect.does is Does.READS:
        return f"reads {much}: nobody writes to it meanwhile" if is_known or not effect.table else ""
    if effect.does is Does.REWRITES:
        return f"changes rows of {much}"
    if effect.does is Does.TAKES:
        return f"takes something away from {much}"
    if effect.expands and not is_known:
        return f"adds {table}"
    unwritten = "" if effect.expands else " what the version before does not write"
    return f"adds to {much}{unwritten}" + (", which is copied" if copies and is_known else "")


def _tell_way_back(config: Config, contracting: list[str]) -> None:
    if not contracting:
        click.echo(
            "The version before runs on the new schema too: these migrations only add. To go back, install that version and restart it."
        )
        click.echo("Nothing of the database needs to be undone.")
    else:
        click.echo(f"The version before may not run on what {', '.join(contracting)} leaves. Stop the services before hotline release.")
        click.echo(
            "To go back, install that version, and restore the backup into an empty database: what came in since is at the gateway only."
        )
    folder = watching.folder_of(config)
    pair = making.newest_pair(folder, now=utc_now()) if folder is not None else None
    if pair is None:
        click.echo("There is NO backup to go back to: make one first, with hotline backup FOLDER --to RECIPIENT.")
        return
    data, keys, made_at = pair
    click.echo(
        f"The newest backup is of {made_at:%Y-%m-%d %H:%M} UTC"
        + (": make another first, with hotline backup." if utc_now() - made_at > _RECENT else ".")
    )
    click.echo(f"  hotline restore --identity IDENTITY {data} {keys}")


def _some(count: int) -> str:
    return f"{count} migration{'s' if count != 1 else ''} on"


def _long(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"

"""`hotline doctor`: checks everything that can be wrong in a deployment, and says what to do."""

import sys
from collections.abc import Callable
from functools import partial

import click

from hotline.cli.checks import condition, duty, gateways, hosts, numbers, reading, stores
from hotline.cli.checks.verdict import Doubtful, Wrong
from hotline.config import Config, ConfigFault
from hotline.gateways.registry import gateways_in_use, load_config


@click.command()
def doctor() -> None:
    """Check configuration, tables, catalogues, prompts, database, Redis, gateway and files; exit code 1 if anything is wrong."""
    try:
        config, wrong = load_config(), False
        click.echo("ok     configuration: every key is known and in range")
    except ConfigFault as fault:
        for line in fault.args[0]:
            click.echo(f"WRONG  configuration: {line}")
        config, wrong = fault.read, True
    checks: dict[str, Callable[[Config], str]] = {
        "numbers": numbers.check,
        "tables": reading.tables,
        "reading": reading.reading,
        "catalogues": reading.catalogues,
        "prompts": reading.prompts,
        "database": stores.database,
        "keys": stores.keys,
        "spool": stores.spool,
        "redis": stores.redis,
        "running": condition.running,
        "texts": condition.texts,
        "disk": condition.disk,
        "address": condition.address,
        "hosts": hosts.check,
        "gateway": gateways.gateway,
        **{f"gateway {name}": partial(gateways.one_gateway, name=name) for name in gateways_in_use(config)},
        "recordings": gateways.recordings,
        "files": stores.files,
        "copies": gateways.kept,
        "duty": duty.check,
        "backup": stores.backup,
    }
    for name, check in checks.items():
        try:
            click.echo(f"ok     {name}: {check(config)}")
        except Doubtful as fault:
            click.echo(f"doubt  {name}: {fault}")
        except Wrong as fault:
            wrong = True
            click.echo(f"WRONG  {name}: {' '.join(str(fault).split())}")
        except Exception as fault:  # noqa: BLE001 - the lines that follow must be told all the same
            wrong = True
            click.echo(f"WRONG  {name}: the check itself failed ({type(fault).__name__}); mend the rest first, then tell us of it")
    if wrong:
        sys.exit(1)

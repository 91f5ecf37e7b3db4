"""What the commands share: the configuration and a Runtime, or their faults in a line each."""

import contextlib
import os
from collections.abc import Iterator

import click

from hotline.config import Config, ConfigFault
from hotline.gateways.registry import load_config
from hotline.i18n import CatalogueFault
from hotline.jobs import SilentBell
from hotline.keys import KeysFault
from hotline.log import configure_log
from hotline.runtime import Runtime, build_runtime
from hotline.services.people.installation import DemoBesideReal
from hotline.services.people.organisation import OrganisationFault
from hotline.storage.db import DatabaseFault
from hotline.tables import TableFault


def config_or_exit(*, signs: bool = True) -> Config:
    """The configuration. If it has faults: print them all and exit with code 1.

    `signs`: a command that signs nothing needs no secret, so that it works where nothing is set up yet.
    """
    environ = os.environ if signs else {"HOTLINE_SECRET_KEY": "-" * 32, "HOTLINE_KEYS_FILE": "keys.toml", **os.environ}
    try:
        return load_config(environ)
    except ConfigFault as fault:
        raise click.ClickException("the configuration has faults:\n" + "\n".join(f"  {line}" for line in fault.args[0])) from fault


@contextlib.contextmanager
def runtime_or_exit() -> Iterator[Runtime]:
    """A Runtime for one command. Expected faults are printed in a line, without a traceback, and end the command with code 1."""
    configure_log("WARNING")
    config = config_or_exit()
    try:
        rt = build_runtime(config, bell=SilentBell())
    except (TableFault, CatalogueFault, KeysFault) as fault:
        raise click.ClickException(str(fault)) from fault
    except OSError as fault:  # the folder for SQLite cannot be made
        raise click.ClickException(f"the database cannot be reached: {fault}; check HOTLINE_DATABASE_URL") from fault
    try:
        yield rt
    except KeysFault as fault:
        raise click.ClickException(str(fault)) from fault
    except OrganisationFault as fault:
        raise click.ClickException("the file has faults:\n" + "\n".join(f"  {line}" for line in fault.args[0])) from fault
    except DemoBesideReal as fault:
        raise click.ClickException(str(fault)) from fault
    except DatabaseFault as fault:
        raise click.ClickException(f"the database failed ({type(fault).__name__}); run hotline doctor") from fault
    finally:
        rt.close()

"""`hotline migrate`."""

import click

from hotline import private
from hotline.cli.setting import config_or_exit, runtime_or_exit
from hotline.keys import KeysFault, read_keys
from hotline.services.people import keysafe
from hotline.storage import schema
from hotline.storage.db import DatabaseFault


@click.command()
def migrate() -> None:
    """Bring the database to the newest schema, and see that nobody else can read the data folder; safe to call again."""
    config = config_or_exit()
    try:
        if config.data_dir.exists():
            private.narrow_all(config.data_dir)
    except OSError as fault:
        said = f"the data folder cannot be made private: {fault.filename}: {fault.strerror}; run hotline doctor"
        raise click.ClickException(said) from fault
    try:
        schema.migrate(config.database_url, read_keys(config.keys_file))
    except KeysFault as fault:
        raise click.ClickException(str(fault)) from fault
    except schema.SchemaIsNewer as newer:  # somebody went back to the version before: it runs on what the newer one only added
        click.echo(f"The database is of a newer version than this ({newer.args[0]}): it stays as it is.")
        return
    except (DatabaseFault, OSError) as fault:
        reason = getattr(fault, "orig", None) or fault
        raise click.ClickException(f"the database cannot be reached or changed: {reason}. Check HOTLINE_DATABASE_URL") from fault
    with runtime_or_exit() as rt:
        keysafe.take_in(rt)
    click.echo("The database is up to date.")

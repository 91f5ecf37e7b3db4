"""`hotline backup` and `hotline restore`."""

import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click

from hotline import agefile
from hotline.agefile import AgeFault, Identity
from hotline.cli.setting import config_or_exit, runtime_or_exit
from hotline.config import Config
from hotline.keys import KeysFault
from hotline.log import configure_log
from hotline.services.backups import making, restoring, watching
from hotline.services.backups.archive import BackupFault
from hotline.services.backups.restoring import Restored
from hotline.services.backups.watching import WrongCode

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_identity = click.option("--identity", required=True, type=_FILE, help="The file of the identity, from where it is kept offline.")


class _OrMake(click.Group):
    """A group whose first command need not be named: `hotline backup FOLDER`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """See click."""
        is_named = bool(args) and args[0] in {*self.commands, *ctx.help_option_names}
        return super().parse_args(ctx, args if is_named else ["make", *args])


@click.group(cls=_OrMake)
def backup() -> None:
    """Backups that only an offline identity can read. `hotline backup FOLDER` makes one."""


@backup.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--to", multiple=True, help="A recipient, age1…; may be given more than once. Without it: those of [backup] to.")
def make(folder: Path | None, to: tuple[str, ...]) -> None:
    """Write a backup into FOLDER (without it: that of [backup] folder), while everything runs."""
    with runtime_or_exit() as rt:
        place, readers = folder or watching.folder_of(rt.config), to or rt.config.backup.to
        if place is None or not readers:
            raise click.ClickException("name a FOLDER and a recipient with --to, or set folder and to in [backup]")
        try:
            made = making.make(rt, place, readers)
        except BackupFault as fault:
            raise click.ClickException(str(fault)) from fault
    click.echo(f"{made.data}\n{made.keys}")
    click.echo(f"{sum(made.counts.values())} rows in {len(made.counts)} tables.")
    if made.absent:
        click.echo(f"{made.absent} recordings were not in the store, or not sealed yet: they are not in the backup.")


@backup.command()
@click.argument("path", type=click.Path(path_type=Path))
def identity(path: Path) -> None:
    """Make an identity, which alone can read backups, in the file PATH. It must not stay on this machine."""
    try:
        recipient = agefile.new_identity(path)
    except AgeFault as fault:
        raise click.ClickException(str(fault)) from fault
    click.echo(recipient)
    click.echo("This is the recipient: write it into [backup] to.", err=True)
    click.echo(
        f"Take {path} to two places that are not on any network, such as two USB sticks in two safes, print it, and delete", err=True
    )
    click.echo("it here: who has it, a backup and the keys file reads everything; without it no backup can be read.", err=True)


@backup.command()
@_identity
@click.argument("data", type=_FILE)
@click.argument("keys", type=_FILE)
def verify(identity: Path, data: Path, keys: Path) -> None:
    """Restore a backup into a scratch folder, count, open a sample and remove it. Prints the code for hotline backup verified."""
    _, restored = _carried_out(restoring.verify, identity, data, keys)
    click.echo(f"Where the backup was made: hotline backup verified {restored.code}")


@backup.command()
@click.argument("code")
def verified(code: str) -> None:
    """Record that a backup can be restored; CODE is what hotline backup verify printed, here or on another machine."""
    with runtime_or_exit() as rt:
        try:
            made_at = watching.confirm(rt, code)
        except WrongCode:
            raise click.ClickException("no backup of this hotline that waits to be verified has this code") from None
    click.echo(f"The backup of {made_at:%Y-%m-%d %H:%M} UTC is verified.")


@click.command()
@_identity
@click.argument("data", type=_FILE)
@click.argument("keys", type=_FILE)
def restore(identity: Path, data: Path, keys: Path) -> None:
    """Restore a backup into an empty database and data folder. DATA may be of any day; KEYS is the newest keys file that there is."""
    config, restored = _carried_out(restoring.restore, identity, data, keys)
    click.echo(
        f"{restored.doubtful} texts that waited are looked up at the gateway before any leaves; {restored.given_up} calls are not placed."
    )
    click.echo(f"The configuration of then, if there was a file, lies in {config.data_dir / 'restored'}.")
    click.echo("What came in after the backup is at the gateway only. Start the hotline, and read docs/operator.md, Backups.")


def _carried_out(how: Callable[..., Restored], identity: Path, data: Path, keys: Path) -> tuple[Config, Restored]:
    """Restore or verify, and say what was counted."""
    configure_log("WARNING")
    config = config_or_exit()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was put somewhere is removed, also where the machine is shut down
    try:
        restored = how(config, Identity(identity), data, keys, now=datetime.now(UTC))
    except (BackupFault, AgeFault, KeysFault) as fault:
        raise click.ClickException(str(fault)) from fault
    _tell(restored)
    return config, restored


def _tell(restored: Restored) -> None:
    click.echo(f"Made at {restored.made_at:%Y-%m-%d %H:%M:%S} UTC: {sum(restored.counts.values())} rows, {restored.recordings} recordings.")
    for name in ("contacts", "tickets", "messages", "notes"):
        click.echo(f"  {name:<10} {restored.counts.get(name, 0)}")
    click.echo(f"{restored.opened} numbers and texts were opened with the keys, {restored.unopened} did not open.")
    click.echo(f"{restored.wiped} rows and contacts that were erased since are erased again.")
    if restored.absent:
        click.echo(f"{restored.absent} recordings were not in the store when the backup was made.")

"""`hotline keys`: makes and changes the keys that seal numbers and words. Only `paper` shows one."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import click

from hotline.cli.setting import runtime_or_exit
from hotline.keys import Keys, KeysFault, new_keys, read_keys, write_keys
from hotline.runtime import Runtime
from hotline.services import showings
from hotline.services.people import keysafe
from hotline.services.people.keysafe import WrongCode
from hotline.spool import SpoolFault, key_beside, make_key
from hotline.storage.showings import ShowingKind


@click.group()
def keys() -> None:
    """The keys that seal numbers and words, in the file that HOTLINE_KEYS_FILE names."""


@keys.command()
def new() -> None:
    """Make the file with new keys. It never writes over a file."""
    path = _path()
    try:
        write_keys(path, new_keys(), new=True)
        make_key(path)
    except (KeysFault, SpoolFault) as fault:
        raise click.ClickException(str(fault)) from fault
    click.echo(f"{path} is made. Without it nobody reads the database: print hotline keys paper, and put the sheet into a safe.")


@keys.command()
def spool() -> None:
    """Make the two keys for what waits on the disk while the database is away: both if there is none, or the web process's from the
    workers'. It never writes over a file."""
    _read()
    path = key_beside(_path())
    try:
        make_key(_path())
    except SpoolFault as fault:
        raise click.ClickException(str(fault)) from fault
    click.echo(f"{path} is there, for the workers alone, and {path.name}.pub, for the web process. Restart both.")


@keys.command()
def check() -> None:
    """Say whether the file is whole and this database's, and how many contacts each key seals."""
    _read()
    with _noted("keys check") as rt:
        keysafe.check_keys(rt)
        sealed = keysafe.wrapped(rt)
        for name, fingerprint in rt.keys.fingerprints().items():
            key_id = name.removeprefix("sealing ")
            count = f"  {sealed.get(key_id, 0)} contacts" if key_id in rt.keys.sealing else ""
            click.echo(f"{name:<20} {fingerprint}{count}{'  in use for new ones' if key_id == rt.keys.current else ''}")
        if missing := sorted(sealed.keys() - rt.keys.sealing.keys()):
            raise KeysFault(f"contacts are sealed by {', '.join(missing)}, which is not in the file: bring it back")
        click.echo("A paper copy was confirmed." if keysafe.on_paper(rt) else "No paper copy was confirmed: hotline keys paper")


@keys.command()
def paper() -> None:
    """Show the file as a sheet to print, with its code. It shows the keys: nobody may look on."""
    found = _read()
    try:
        with _noted("keys paper"):
            pass
    except click.ClickException as fault:  # before the first start there is no database, and the sheet is needed all the same
        click.echo(f"# This stands in no book: {fault.message}", err=True)
    click.echo(found.as_toml())
    click.echo("# Once this sheet lies in a safe: hotline keys confirm CODE. The code is:")
    click.echo(f"# {found.check()}")


@keys.command()
@click.argument("code")
def confirm(code: str) -> None:
    """Record that the keys stand on paper too; CODE stands in the last line of the sheet."""
    with _noted("keys confirm") as rt:
        try:
            keysafe.confirm_paper(rt, code)
        except WrongCode:
            raise click.ClickException("this is not the code of the present file: print it anew with hotline keys paper") from None
    click.echo("The paper copy is confirmed.")


@keys.command()
def add() -> None:
    """Put a new sealing key into the file. It seals new contacts from now on; no process needs a restart."""
    with _noted("keys add") as rt:
        key_id = keysafe.add(rt)
    click.echo(f"{key_id} is added and in use for new contacts. Print a new sheet: hotline keys paper")


@keys.command()
@click.option("--deep", is_flag=True, help="Seal every word anew under new keys, after keys were stolen. It takes long.")
def rotate(*, deep: bool) -> None:
    """Seal the keys of all contacts by the newest sealing key, while people text. It may be interrupted and begun again."""
    with _noted("keys rotate") as rt:
        done = 0

        def progress(more: int) -> None:
            nonlocal done
            done += more
            click.echo(f"\r{done} contacts", nl=False, err=True)

        changed, kept = (keysafe.seal_anew if deep else keysafe.rotate)(rt, progress)
        current = rt.keys.current
    click.echo(f"\n{changed} contacts are sealed anew.")
    if kept:
        click.echo(f"{kept} contacts keep their key: of these a recording is on its way, or something does not open (see the log).")
    if deep:
        click.echo(
            f"Their keys are sealed by {current}. If that one was stolen, a thief opens them still: hotline keys add, then this again."
        )


@keys.command()
@click.argument("key_id")
def retire(key_id: str) -> None:
    """Take an old sealing key out of the file, once nothing is sealed by it."""
    with _noted("keys retire") as rt:
        keysafe.retire(rt, key_id)
    click.echo(f"{key_id} is retired. Copies of the file that still have it open backups from before.")


@contextlib.contextmanager
def _noted(command: str) -> Iterator[Runtime]:
    """A Runtime for a command that uses keys; that it was run is noted first."""
    with runtime_or_exit() as rt:
        showings.note(rt, ShowingKind.KEY, volunteer_id=None, what=command)
        yield rt


def _read() -> Keys:
    try:
        return read_keys(_path())
    except KeysFault as fault:
        raise click.ClickException(str(fault)) from fault


def _path() -> Path:
    given = os.environ.get("HOTLINE_KEYS_FILE", "")
    if not given:
        raise click.ClickException("HOTLINE_KEYS_FILE is missing: name the file of the keys, outside the data folder and every backup")
    return Path(given).absolute()

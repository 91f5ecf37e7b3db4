"""`hotline load`."""

from pathlib import Path

import click

from hotline.cli.setting import runtime_or_exit
from hotline.services.people.organisation import load_organisation


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--password-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Its first line becomes the password of people who have none.",
)
def load(file: Path, password_file: Path | None) -> None:
    """Load teams, people and shifts from a TOML file. Loading it again changes them and doubles nothing."""
    password = _first_line(password_file) if password_file else ""
    with runtime_or_exit() as rt:
        loaded = load_organisation(rt, file, password=password)
    click.echo(f"Loaded {loaded.teams} teams, {loaded.volunteers} volunteers, {loaded.shifts} shifts.")


def _first_line(path: Path) -> str:
    try:
        line = path.read_text("utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as fault:
        # A UnicodeDecodeError would show some bytes of the password.
        raise click.ClickException(f"{path} cannot be read: {fault if isinstance(fault, OSError) else 'it is not UTF-8'}") from fault
    if not line:
        raise click.ClickException(f"the first line of {path} is empty: a password was meant")
    return line

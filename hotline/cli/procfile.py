"""Reads the Procfile: the processes of a hotline, a command for each."""

from pathlib import Path

import click


def read_procfile(path: Path) -> dict[str, str]:
    """Name → shell command, in the order of the file. Raises `ClickException`."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as fault:
        raise click.ClickException(f"{path} cannot be read: `hotline` works in a copy of the project's repository") from fault
    return {name: command.strip() for name, separator, command in (line.partition(":") for line in lines) if separator}

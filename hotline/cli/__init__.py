"""The `hotline` command; each of its subcommands, or group of them, has a file here."""

import importlib.metadata

import click

from hotline.cli.audit import audit
from hotline.cli.backup import backup, restore
from hotline.cli.catalogues import catalogues, compile_catalogues
from hotline.cli.danger import danger
from hotline.cli.database import migrate
from hotline.cli.doctor import doctor
from hotline.cli.gateways import gateways
from hotline.cli.install import install
from hotline.cli.keeping import keeping
from hotline.cli.keys import keys
from hotline.cli.organisation import load
from hotline.cli.prompts import prompts
from hotline.cli.reading import reading
from hotline.cli.reconciling import reconcile
from hotline.cli.rehearse import rehearse
from hotline.cli.release import release
from hotline.cli.run import run
from hotline.cli.search import search
from hotline.cli.upgrade import upgrade
from hotline.cli.volunteers import add_volunteer, invite, reset_password


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(importlib.metadata.version("hotline"), prog_name="hotline")
def main() -> None:
    """A complaint hotline for people who have a phone and no internet."""


_COMMANDS = (
    install,
    release,
    upgrade,
    migrate,
    compile_catalogues,
    catalogues,
    prompts,
    load,
    add_volunteer,
    invite,
    reset_password,
    doctor,
    gateways,
    reconcile,
    keys,
    audit,
    keeping,
    backup,
    restore,
    run,
    rehearse,
    search,
    danger,
    reading,
)

for command in _COMMANDS:
    main.add_command(command)

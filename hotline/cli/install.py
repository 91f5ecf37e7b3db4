"""`hotline install`: puts the services of this folder's version under systemd, and the command `hotline` beside them."""

import os
import pwd
import re
import secrets
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import click

from hotline.cli.procfile import read_procfile
from hotline.i18n import PROJECT

TEMPLATES = Path(__file__).parent.parent / "data" / "systemd"
_SERVICES = ("release", "web", "worker", "clock")
_ETC, _DATA, _BACKUPS = Path("/etc/hotline"), Path("/var/lib/hotline"), Path("/var/backups/hotline")
_UNITS, _COMMAND = Path("/etc/systemd/system"), Path("/usr/local/bin/hotline")
_HIDDEN = tuple(Path(name) for name in ("/home", "/root", "/run/user", "/tmp", "/var/tmp"))  # noqa: S108 - nothing is written there
"""What the services do not see (ProtectHome=, PrivateTmp=)."""


@dataclass(frozen=True)
class File:
    """A file to be written: `mode` as chmod takes it; `kept`: it is the operator's once it is there, and never written over."""

    path: Path
    content: str
    mode: int
    kept: bool = False
    is_users: bool = False  # it belongs to the user of the services, and not to root


@click.command()
@click.option("--systemd", is_flag=True, required=True, help="Write the units; the only way that there is.")
@click.option("--user", default="hotline", show_default=True, help="The user of the services; made if there is none.")
@click.option("--print", "shows", is_flag=True, help="Only show what would be written.")
def install(*, systemd: bool, user: str, shows: bool) -> None:  # noqa: ARG001 - it says what is installed
    """Write systemd units for the version in this folder, the command `hotline`, and where there are none settings and a secret key.

    Nothing is started, and what runs goes on as it is until it is restarted: install a new version first, then see to its migrations.
    """
    if not re.fullmatch(r"[a-z_][a-z0-9_-]{0,30}", user):
        raise click.ClickException(f"{user!r} is no name of a user")
    if not re.fullmatch(r"[A-Za-z0-9/._+-]+", str(PROJECT)):
        raise click.ClickException(f"a unit names folders of letters, digits and . _ + - only: {PROJECT}")
    files = files_for(user)
    if shows:
        for one in files:
            click.echo(f"# {one.path}\n{'# (a key that is made)' if 'secrets' in one.path.parts else one.content}")
        return
    if os.geteuid() != 0:
        raise click.ClickException("only root can install services: say sudo; --print shows what would be written")
    if any(PROJECT.is_relative_to(folder) for folder in _HIDDEN):
        raise click.ClickException(f"the services do not see {PROJECT}: put this version below /opt")
    try:
        _install(files, user)
    except OSError as fault:
        raise click.ClickException(f"{fault.filename} cannot be written: {fault.strerror}") from fault
    except subprocess.CalledProcessError as fault:
        raise click.ClickException(f"{fault.cmd[0]} failed: {(fault.stderr or '').strip()}") from fault
    click.echo(f"The services of {PROJECT} are installed. Settings: {_ETC}. Go on as docs/operator.md says; then:")
    click.echo("  systemctl enable --now hotline.target      or, of a new version: systemctl restart hotline.target")


def files_for(user: str) -> list[File]:
    """Every file of an installation, without the folders."""
    units = [*(f"hotline-{name}.service" for name in _SERVICES), "hotline.target"]
    return [
        *(File(_UNITS / name, _filled(name, user), 0o644) for name in units),
        File(_COMMAND, _filled("hotline.sh", user), 0o755),
        File(_ETC / "hotline.env", _filled("hotline.env", user), 0o640, kept=True),
        File(_ETC / "config.toml", (PROJECT / "config.example.toml").read_text("utf-8"), 0o640, kept=True),
        File(_ETC / "secrets" / "SECRET_KEY", f"{secrets.token_hex(32)}\n", 0o600, kept=True, is_users=True),
    ]


def _filled(name: str, user: str) -> str:
    """A template with its places filled; the commands are those of the Procfile."""
    content = (TEMPLATES / name).read_text("utf-8")
    content = content.replace("@hardening@\n", (TEMPLATES / "hardening.conf").read_text("utf-8"))
    for service, command in read_procfile(PROJECT / "Procfile").items():
        content = content.replace(f"@{service}@", _for_a_unit(command))
    places = {"user": user, "project": PROJECT, "etc": _ETC, "backups": _BACKUPS}
    for place, value in places.items():
        content = content.replace(f"@{place}@", str(value))
    return content


def _for_a_unit(command: str) -> str:
    """A shell command as ExecStart takes it: systemd reads $, %, quotes and \\ by itself."""
    escaped = command.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'/bin/sh -c "exec {escaped}"'


def _install(files: list[File], user: str) -> None:
    try:
        owner = pwd.getpwnam(user)
    except KeyError:
        shell = "/usr/sbin/nologin"
        _run("useradd", "--system", "--user-group", "--no-create-home", "--home-dir", str(_DATA), "--shell", shell, user)
        owner = pwd.getpwnam(user)
    if owner.pw_uid == 0:
        raise click.ClickException("the services never run as root: name another user, who need not be there yet")
    # Where root writes, the user may not: a link in place of a file would lead root elsewhere.
    for path in (_ETC, _ETC / "secrets"):
        _folder(path, 0o750, 0, owner.pw_gid)
    for path in (_ETC / "keys", _BACKUPS, _DATA):
        _folder(path, 0o700, owner.pw_uid, owner.pw_gid)
    for one in files:
        if one.kept and one.path.exists():
            continue
        beside = one.path.with_name(f".{one.path.name}.new")
        beside.unlink(missing_ok=True)
        beside.touch(0o600)
        beside.write_text(one.content, "utf-8")
        os.chown(beside, owner.pw_uid if one.is_users else 0, owner.pw_gid if one.kept else 0)
        beside.chmod(one.mode)
        beside.rename(one.path)
    # The services may write nothing here: without this each start would compile all that it imports.
    folders = [str(PROJECT / name) for name in ("hotline", "workers")]
    _run(sys.executable, "-m", "compileall", "-q", *folders, str(Path(sys.prefix) / "lib"), may_fail=True)
    if Path("/run/systemd/system").is_dir() and (systemctl := shutil.which("systemctl")):
        _run(systemctl, "daemon-reload")


def _folder(path: Path, mode: int, uid: int, gid: int) -> None:
    path.mkdir(parents=True, exist_ok=True)
    os.chown(path, uid, gid)
    path.chmod(mode)


def _run(*command: str, may_fail: bool = False) -> None:
    subprocess.run(command, check=not may_fail, capture_output=True, text=True)  # noqa: S603 - our own words

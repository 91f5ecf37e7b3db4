"""`hotline install`: units that start what the Procfile starts, and nothing of the operator's is written over."""

import importlib
import os
import pwd
import re
import shlex
import stat
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from hotline.cli import main
from hotline.cli.procfile import read_procfile
from hotline.i18n import PROJECT

# The package's `install` is the command; the module of that name is behind it.
subject = importlib.import_module("hotline.cli.install")

SERVICES = ("release", "web", "worker", "clock")
SOMEBODY = next(one.pw_name for one in pwd.getpwall() if one.pw_uid)
ALWAYS = {
    "User": "hotline",
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "MemoryDenyWriteExecute": "yes",
    "UMask": "0077",
    "LoadCredential": "HOTLINE:/etc/hotline/secrets",
    "StateDirectory": "hotline",
}
_KNOWN = re.compile(r"\[(Unit|Service|Install)\]|[A-Z][A-Za-z]+=.*|#.*|")


def unit(name: str, user: str = "hotline") -> dict[str, list[str]]:
    """Key → its values, of a unit that would be installed."""
    [content] = [one.content for one in subject.files_for(user) if one.path.name == name]
    assert [line for line in content.splitlines() if not _KNOWN.fullmatch(line)] == []
    assert not re.search("@[a-z]+@", content)
    found: dict[str, list[str]] = {}
    for line in content.splitlines():
        if "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def command_of(exec_start: str) -> str:
    """The shell command that systemd runs: it reads quotes as a shell does, and a % or $ that stands twice as one."""
    shell, option, command = shlex.split(exec_start.replace("$$", "$").replace("%%", "%"))
    assert (shell, option) == ("/bin/sh", "-c")
    return command.removeprefix("exec ")


@pytest.mark.parametrize("name", SERVICES)
def test_a_unit_starts_the_line_of_the_procfile(name: str) -> None:
    found = unit(f"hotline-{name}.service")
    [started] = found["ExecStart"]
    assert command_of(started) == read_procfile(PROJECT / "Procfile")[name]
    [path] = [value for value in found["Environment"] if value.startswith("PATH=")]
    program = shlex.split(command_of(started))[0]
    assert os.access(Path(path.removeprefix("PATH=").partition(":")[0]) / program, os.X_OK)


@pytest.mark.parametrize("name", SERVICES)
def test_a_unit_is_hardened_and_has_its_secrets_as_credentials(name: str) -> None:
    found = unit(f"hotline-{name}.service")
    assert {key: found[key] for key in ALWAYS} == {key: [value] for key, value in ALWAYS.items()}
    assert "HOTLINE_SECRETS=%d" in found["Environment"]
    assert "/etc/hotline/secrets" in found["InaccessiblePaths"]


@pytest.mark.parametrize("name", ["web", "worker", "clock"])
def test_a_service_is_started_again_without_end_and_also_while_the_database_is_away(name: str) -> None:
    found = unit(f"hotline-{name}.service")
    assert (found["Restart"], found["StartLimitIntervalSec"]) == (["always"], ["0"])
    assert "hotline-release.service" in found["After"][0]
    assert "hotline-release.service" in found["Wants"][0]
    assert "Requires" not in found
    assert found["PartOf"] == ["hotline.target"]


@pytest.mark.parametrize(("name", "opens"), [("web", False), ("clock", False), ("worker", True)])
def test_only_the_workers_can_open_what_waits_on_the_disk(name: str, opens: bool) -> None:
    closed = unit(f"hotline-{name}.service")["InaccessiblePaths"]
    assert ("-/etc/hotline/keys/keys.toml.spool" not in closed) is opens


def test_the_target_wants_every_service() -> None:
    assert unit("hotline.target")["Wants"][0].split() == [f"hotline-{name}.service" for name in SERVICES]


def test_what_would_be_written_is_shown_without_a_key_and_to_anybody() -> None:
    shown = CliRunner().invoke(main, ["install", "--systemd", "--user", "karachi", "--print"]).output
    assert "# /etc/systemd/system/hotline-web.service\n" in shown
    assert "User=karachi" in shown
    assert not re.search("[0-9a-f]{64}", shown)


def test_only_root_installs_and_only_for_a_user_that_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "only root can install" in CliRunner().invoke(main, ["install", "--systemd"]).output
    assert "is no name of a user" in CliRunner().invoke(main, ["install", "--systemd", "--user", "a b"]).output


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Everything is written below a folder, as root would write it."""
    for name in ("_ETC", "_BACKUPS", "_UNITS", "_COMMAND", "_DATA"):
        monkeypatch.setattr(subject, name, tmp_path / str(getattr(subject, name)).lstrip("/"))
    for name in ("_UNITS", "_COMMAND"):
        folder = getattr(subject, name) if name == "_UNITS" else getattr(subject, name).parent
        folder.mkdir(parents=True)
    monkeypatch.setattr(subject, "_HIDDEN", ())
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "chown", lambda *_: None)
    monkeypatch.setattr(subject, "_run", lambda *_, **__: None)
    return tmp_path


def installed() -> None:
    result = CliRunner().invoke(main, ["install", "--systemd", "--user", SOMEBODY], catch_exceptions=False)
    assert result.exit_code == 0, result.output


def test_the_services_are_not_installed_as_root_nor_from_a_folder_that_they_do_not_see(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "never run as root" in CliRunner().invoke(main, ["install", "--systemd", "--user", "root"]).output
    monkeypatch.setattr(subject, "_HIDDEN", (PROJECT.parent,))
    assert "the services do not see" in CliRunner().invoke(main, ["install", "--systemd", "--user", SOMEBODY]).output
    assert [path for path in elsewhere.rglob("*") if path.is_file()] == []


def test_the_user_of_the_services_cannot_put_a_link_where_root_writes(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owners: dict[Path, int] = {}
    monkeypatch.setattr(os, "chown", lambda path, uid, _gid: owners.update({path: uid}))
    installed()
    written = [path.parent for path in elsewhere.rglob("*") if path.is_file()]
    assert {owners.get(folder, 0) for folder in written} == {0}
    assert owners[elsewhere / "etc/hotline/keys"] == pwd.getpwnam(SOMEBODY).pw_uid


def test_a_new_version_writes_its_units_and_leaves_settings_and_secrets_as_they_are(elsewhere: Path) -> None:
    installed()
    settings, secret = elsewhere / "etc/hotline/hotline.env", elsewhere / "etc/hotline/secrets/SECRET_KEY"
    web = elsewhere / "etc/systemd/system/hotline-web.service"
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (settings, secret, secret.parent, web)}
    assert modes == {settings: 0o640, secret: 0o600, secret.parent: 0o750, web: 0o644}
    made = secret.read_text()
    assert re.fullmatch("[0-9a-f]{64}\n", made)
    settings.write_text("PORT=8001\n")
    web.write_text("of the version before")
    installed()
    assert (settings.read_text(), secret.read_text()) == ("PORT=8001\n", made)
    assert "ExecStart=" in web.read_text()


def test_the_command_has_the_settings_and_secrets_of_the_services(elsewhere: Path) -> None:
    user = pwd.getpwuid(os.getuid()).pw_name
    for one in subject.files_for(user):
        one.path.parent.mkdir(parents=True, exist_ok=True)
        one.path.write_text(one.content)
        one.path.chmod(one.mode)
    other = elsewhere / "opt/hotline-2"
    program = other / ".venv/bin/hotline"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\necho "$HOTLINE_KEYS_FILE $HOTLINE_SECRETS $PORT $(umask) $*"\n')
    program.chmod(0o755)
    command = [str(elsewhere / "usr/local/bin/hotline"), "upgrade", "--check"]
    said = subprocess.run(
        command, env={"PATH": os.environ["PATH"], "HOTLINE_FOLDER": str(other)}, capture_output=True, text=True, check=True
    )
    etc = elsewhere / "etc/hotline"
    assert said.stdout == f"{etc}/keys/keys.toml {etc}/secrets 8000 0077 upgrade --check\n"

"""Secrets: from the environment, from a file that `<NAME>_FILE` names, or from a folder of such files that HOTLINE_SECRETS names."""

import os
from collections.abc import Mapping
from pathlib import Path


def read_secret(env: Mapping[str, str], name: str, faults: list[str]) -> str:
    """The value of the variable `name`, or the first line of its file. An unreadable or empty file is a fault."""
    found = _secret_file(env, name)
    if env.get(name) or found is None:
        return env.get(name, "")
    named_by, path = found
    try:
        value = path.read_text("utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as fault:
        # A UnicodeDecodeError would show some bytes of the secret.
        faults.append(f"{named_by}: {path} cannot be read: {fault if isinstance(fault, OSError) else 'it is not UTF-8'}")
        return ""
    if not value:
        faults.append(f"{named_by}: the first line of {path} is empty")
    return value


def names_secret(env: Mapping[str, str], name: str) -> bool:
    """Whether the environment has the secret `name`, or a file of it."""
    return bool(env.get(name)) or _secret_file(env, name) is not None


def _secret_file(env: Mapping[str, str], name: str) -> tuple[str, Path] | None:
    """The variable that names the file of a secret, and the file: <name>_FILE, or a file of that name in the folder HOTLINE_SECRETS.

    There the name may lack its HOTLINE_: systemd puts the name of its credential before that of each file (`hotline install`).
    """
    if path := env.get(f"{name}_FILE"):
        return f"{name}_FILE", Path(path)
    if folder := env.get("HOTLINE_SECRETS"):
        for file in (Path(folder, name), Path(folder, name.removeprefix("HOTLINE_"))):
            if os.path.lexists(file):
                return "HOTLINE_SECRETS", file
    return None

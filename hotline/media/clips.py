"""The clips of a language: a folder of WAV files, and a manifest with the text that each one says and whether a person recorded it.

    locales/<language>/prompts/<clip>.wav
    locales/<language>/prompts/manifest.json    clip → {"says": hash of the text, "kind": "placeholder" or "recorded"}

If a text has changed since its clip was made, the hash differs and the clip is outdated. Dates of files are not used.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from hotline.media import sound
from hotline.media.sound import Samples

PAUSE_S = 0.25
"""The silence at the end of each clip: clips follow one another, and callers write down the digits of a reference as they hear them."""

_MANIFEST = "manifest.json"


class Kind(StrEnum):
    """Whether a machine speaks, for the time being, or a person."""

    PLACEHOLDER = "placeholder"
    RECORDED = "recorded"


class State(StrEnum):
    """What there is of a clip that is needed."""

    MISSING = "missing"
    OUTDATED = "older than its text"
    PLACEHOLDER = "placeholder"
    RECORDED = "recorded"


@dataclass(frozen=True)
class Clip:
    """A clip that is needed: its name, the text it has to say, its state, and who speaks in the audio there is (None: there is none)."""

    name: str
    says: str
    state: State
    kind: Kind | None

    @property
    def is_usable(self) -> bool:
        """Whether there is audio, of the present text."""
        return self.state in {State.PLACEHOLDER, State.RECORDED}


class ManifestFault(Exception):
    """A manifest cannot be read; the message says which and why."""


class Shelf:
    """The clips in a folder."""

    def __init__(self, folder: Path) -> None:
        """The folder need not exist yet. Raises ManifestFault."""
        self.folder = folder
        self._manifest = _read(folder / _MANIFEST)

    def look(self, texts: Mapping[str, str]) -> list[Clip]:
        """The clips that are needed. `texts`: name of a clip → the text it has to say."""
        return [self._clip(name, says) for name, says in texts.items()]

    def unneeded(self, texts: Mapping[str, str]) -> list[str]:
        """Names of the clips in the folder that are not in `texts`."""
        there = {path.stem for path in self.folder.glob("*.wav")} | set(self._manifest)
        return sorted(there - set(texts))

    def add(self, name: str, says: str, kind: Kind, samples: Samples) -> None:
        """Store a clip, trimmed and levelled, in place of the clip that was there.

        Raises ValueError if there is nothing to hear, or if it is too long or too short for its text.
        """
        clip = sound.ready(samples, pause_s=PAUSE_S)
        _check_length(len(clip) / sound.RATE_HZ - PAUSE_S, says)
        content = sound.written(clip)
        self.folder.mkdir(parents=True, exist_ok=True)
        # The audio first: if the process dies in between, the manifest still has the old text's hash, and the clip is made again.
        _replace(self.path(name), content)
        self._manifest[name] = {"says": _hash(says), "kind": kind.value}
        self._write()

    def remove(self, name: str) -> None:
        """Delete a clip."""
        self.path(name).unlink(missing_ok=True)
        self._manifest.pop(name, None)
        self._write()

    def path(self, name: str) -> Path:
        """The path of the audio of a clip."""
        return self.folder / f"{name}.wav"

    def _clip(self, name: str, says: str) -> Clip:
        entry = self._manifest.get(name)
        if entry is None or not self.path(name).exists():
            return Clip(name, says, State.MISSING, None)
        kind = Kind(entry["kind"])
        return Clip(name, says, State(kind.value) if entry["says"] == _hash(says) else State.OUTDATED, kind)

    def _write(self) -> None:
        content = json.dumps(self._manifest, indent=1, sort_keys=True) + "\n"
        _replace(self.folder / _MANIFEST, content.encode())


def length_range_s(says: str) -> tuple[float, float]:
    """The shortest and the longest that a spoken text can be, in seconds. It is a wide range, to notice a file under the wrong name."""
    return max(0.1, 0.02 * len(says)), 2.0 + 0.2 * len(says)


def _check_length(duration_s: float, says: str) -> None:
    least, most = length_range_s(says)
    if not least <= duration_s <= most:
        raise ValueError(f"it lasts {duration_s:.1f} s, which is too long or too short for: {says}")


def _read(path: Path) -> dict[str, dict[str, str]]:
    if not path.exists():
        return {}
    try:
        manifest = json.loads(path.read_text("utf-8"))
        return {str(name): {"says": str(entry["says"]), "kind": Kind(entry["kind"]).value} for name, entry in manifest.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ManifestFault(f"{path} cannot be read ({error!r}). Restore it from version control, or run: hotline prompts build") from error


def _hash(says: str) -> str:
    return hashlib.sha256(says.encode()).hexdigest()[:16]


def _replace(path: Path, content: bytes) -> None:
    # By renaming: a web process that reads at the same time gets the whole old file or the whole new one.
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)

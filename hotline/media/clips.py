"""The clips of a language: a folder of WAV files, and its manifest, which says of each what was spoken and whether by a person.

    locales/<language>/prompts/<clip>.wav
    locales/<language>/prompts/manifest.json    clip → {"says": hash of the text, "kind": "placeholder" or "recorded"}

A clip is known by what it says: where the text has changed since, the audio is older than its text, whatever the clock says.
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
"""The silence behind each clip: sentences follow one another, and the digits of a reference are written down as they are heard."""

_MANIFEST = "manifest.json"


class Kind(StrEnum):
    """Who speaks: a machine, until a person does."""

    PLACEHOLDER = "placeholder"
    RECORDED = "recorded"


class State(StrEnum):
    """How it stands with a clip that is needed."""

    MISSING = "missing"
    OUTDATED = "older than its text"
    PLACEHOLDER = "placeholder"
    RECORDED = "recorded"


@dataclass(frozen=True)
class Clip:
    """A clip that is needed: its name, what it has to say, how it stands, and who speaks what is there (None: nothing is)."""

    name: str
    says: str
    state: State
    kind: Kind | None

    @property
    def is_usable(self) -> bool:
        """Whether there is audio, and it says what it should."""
        return self.state in {State.PLACEHOLDER, State.RECORDED}


class ManifestFault(Exception):
    """A manifest cannot be read; the message says which and why."""


class Shelf:
    """The clips in a folder."""

    def __init__(self, folder: Path) -> None:
        """The folder need not be there yet. Raises ManifestFault."""
        self.folder = folder
        self._manifest = _read(folder / _MANIFEST)

    def look(self, texts: Mapping[str, str]) -> list[Clip]:
        """How it stands with every clip that is needed; `texts` is what each has to say, by its name."""
        return [self._clip(name, says) for name, says in texts.items()]

    def unneeded(self, texts: Mapping[str, str]) -> list[str]:
        """The clips there are that nobody needs."""
        there = {path.stem for path in self.folder.glob("*.wav")} | set(self._manifest)
        return sorted(there - set(texts))

    def put(self, name: str, says: str, kind: Kind, samples: Samples) -> None:
        """Take in a clip, trimmed and levelled, in place of the one that was there.

        Raises ValueError if there is nothing to hear, or if it is too long or too short to say its text.
        """
        clip = sound.ready(samples, pause_s=PAUSE_S)
        _check_length(len(clip) / sound.RATE_HZ - PAUSE_S, says)
        content = sound.written(clip)
        self.folder.mkdir(parents=True, exist_ok=True)
        # The audio first: cut off between the two, it is called what it was before, and made again.
        _replace(self.path(name), content)
        self._manifest[name] = {"says": _hash(says), "kind": kind.value}
        self._write()

    def remove(self, name: str) -> None:
        """Throw a clip away."""
        self.path(name).unlink(missing_ok=True)
        self._manifest.pop(name, None)
        self._write()

    def path(self, name: str) -> Path:
        """Where the audio of a clip is."""
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
    """How short and how long a text can be, spoken: by far, to find the wrong file under a name."""
    return max(0.1, 0.02 * len(says)), 2.0 + 0.2 * len(says)


def _check_length(duration_s: float, says: str) -> None:
    least, most = length_range_s(says)
    if not least <= duration_s <= most:
        raise ValueError(f"it lasts {duration_s:.1f} s, and cannot be: {says}")


def _read(path: Path) -> dict[str, dict[str, str]]:
    if not path.exists():
        return {}
    try:
        manifest = json.loads(path.read_text("utf-8"))
        return {str(name): {"says": str(entry["says"]), "kind": Kind(entry["kind"]).value} for name, entry in manifest.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ManifestFault(
            f"{path} cannot be read ({error!r}). Take it back from version control, or run: hotline prompts build"
        ) from error


def _hash(says: str) -> str:
    return hashlib.sha256(says.encode()).hexdigest()[:16]


def _replace(path: Path, content: bytes) -> None:
    # By name: a web process that reads meanwhile gets one or the other whole.
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)

"""The corpus: texts with labels, a file for each author. The head of `hotline/data/corpus/README.md` explains the columns."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hotline.domain.category import MODEL_KINDS
from hotline.domain.reading import Intent
from hotline.tables import DATA, TableFault

CORPUS = DATA / "corpus"
"""The folder of the shipped corpus."""

COLUMNS = ("text", "script", "intent", "kind", "object", "danger", "against", "quiet", "place", "why")

SCRIPTS = ("ur", "sd", "sd-ur", "en", "ur-Latn", "sd-Latn", "ps", "bal", "pa", "skr")

OBJECTS = (
    *("phone", "motorcycle", "car", "rickshaw", "cash", "jewellery", "documents", "house", "plot", "shop", "animal", "bag", "laptop"),
    "other",
)

_FAULTS_SHOWN = 20


@dataclass(frozen=True)
class Labelled:
    """One text and what a person says it means. `kinds`: the main matter first; `place`: the English name of where it happened, or ""."""

    author: str
    text: str
    script: str
    intent: Intent
    kinds: tuple[str, ...]
    object: str
    danger: bool
    against: bool
    quiet: bool
    place: str

    @property
    def kind(self) -> str | None:
        """The main matter; None if the text is no complaint."""
        return self.kinds[0] if self.kinds else None


def read_corpus(folder: Path = CORPUS) -> Sequence[Labelled]:
    """All texts of a folder, its files in the order of their names. Raises `TableFault`."""
    files = sorted(folder.glob("*.tsv"))
    if not files:
        raise TableFault([f"{folder}: there is no file of texts (*.tsv)"])
    return [row for file in files for row in read_texts(file)]


def read_texts(file: Path) -> Sequence[Labelled]:
    """The texts of one file; the name of the file is the author's. Raises `TableFault`, with the line of each fault."""
    try:
        lines = file.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as fault:
        raise TableFault([f"{file} cannot be read: {fault}"]) from fault
    if tuple(lines[0].split("\t")) != COLUMNS:
        raise TableFault([f"{file}:1: the columns must be {' '.join(COLUMNS)}, with a tab between them"])
    rows, faults = list[Labelled](), list[str]()
    for number, line in enumerate(lines[1:], 2):
        if not line:
            continue
        values = line.split("\t")
        found = list(_faults(values))
        faults += [f"{file}:{number}: {fault}" for fault in found]
        if not found:
            rows.append(_row(file.stem, values))
    if faults:
        raise TableFault(faults[:_FAULTS_SHOWN])
    return rows


def _faults(values: list[str]) -> Iterable[str]:
    if len(values) != len(COLUMNS):
        yield f"there are {len(values)} columns, not {len(COLUMNS)}"
        return
    text, script, intent, kind, thing, *marks, _, _ = values
    if not text.strip():
        yield "there is no text"
    if script not in SCRIPTS:
        yield f"script {script!r} is none of {', '.join(SCRIPTS)}"
    if intent not in list(Intent):
        yield f"intent {intent!r} is none of {', '.join(Intent)}"
    if (intent == Intent.COMPLAINT) != bool(kind):
        yield "a complaint has a kind, and no other text has"
    yield from (f"kind {code!r} is none of {', '.join(MODEL_KINDS)}" for code in kind.split("+") if kind and code not in MODEL_KINDS)
    if thing and thing not in OBJECTS:
        yield f"object {thing!r} is none of {', '.join(OBJECTS)}"
    if any(mark not in ("0", "1") for mark in marks):
        yield "danger, against and quiet must be 0 or 1"


def _row(author: str, values: list[str]) -> Labelled:
    text, script, intent, kind, thing, danger, against, quiet, place, _ = values
    return Labelled(
        author,
        text.replace("\\n", "\n"),
        script,
        Intent(intent),
        tuple(kind.split("+")) if kind else (),
        thing,
        danger == "1",
        against == "1",
        quiet == "1",
        place,
    )

"""What the documents name exists: links, files, functions, commands, variables. Their picture of the tree is the tree."""

import re
from functools import cache
from pathlib import Path

import click
import pytest

from hotline.cli import main
from tests.test_layers import ROWS

PROJECT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")])
ARCHITECTURE = PROJECT / "docs/architecture.md"
TOP = ("hotline", "workers", "tests", "locales", "docs", "deploy", ".ci")
README_WORDS = 1500

_CODE = re.compile(r"^```\w*\n(?P<fenced>[\s\S]*?)^```$|(?<!`)`(?P<span>[^`\n]+)`(?!`)|^ {4}(?P<indented>\S.*)$", re.MULTILINE)
_LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]*))?\)")
_PATH = re.compile(rf"(?<![\w/.<>-])(?:{'|'.join(map(re.escape, TOP))})/[\w./<>*-]*")
_FILE = re.compile(r"(?:[\w.-]+/)*[\w-]+\.(?:py|toml|html|js|css|md|sh|lua)")
_MEMBER = re.compile(r"([a-z]\w*)\.([A-Za-z]\w*)(?:\(\))?")
_COMMAND = re.compile(r"(?:^|&& )(?:\.venv/bin/)?hotline ((?:[a-z][a-z-]*(?: |$))+)(.*)")
_ENDINGS = {"py", "toml", "html", "js", "css", "md", "sh", "lua", "po", "mo", "pot", "wav", "json", "ini"}


@cache
def files() -> tuple[Path, ...]:
    """Every file of ours, by its path in the project."""
    found = [path for folder in TOP for path in (PROJECT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return tuple(path.relative_to(PROJECT) for path in [*found, *(path for path in PROJECT.iterdir() if path.is_file())])


@cache
def folders() -> frozenset[Path]:
    return frozenset(folder for file in files() for folder in file.parents)


def code_of(text: str) -> list[str]:
    """What is marked as code in a document: spans, and lines of blocks."""
    found = []
    for match in _CODE.finditer(text):
        found += (match["fenced"] or "").splitlines() or [match["span"] or match["indented"] or ""]
    return found


def link_faults(document: Path, text: str) -> list[str]:
    faults = []
    for target, anchor in _LINK.findall(text):
        path = (document.parent / target).resolve() if target else document
        if not path.exists():
            faults.append(f"link to {target}")
        elif anchor and anchor not in anchors(path.read_text("utf-8")):
            faults.append(f"link to #{anchor}")
    return faults


def anchors(text: str) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    return {re.sub(r"[^\w\- ]", "", line.lstrip("# ").lower()).replace(" ", "-") for line in text.splitlines() if line.startswith("#")}


def path_faults(text: str) -> list[str]:
    """Paths from a top folder, wherever they stand, with `<…>` and `*` for something; and, as code, files by the end of their path."""
    faults = []
    for named in {found.rstrip(".,:;)") for found in _PATH.findall(text)}:
        pattern = re.sub(r"<[^>]*>", "*", named).rstrip("/")
        if not any(path.match(pattern) for path in (*files(), *folders())):
            faults.append(named)
    bare = {code for code in code_of(text) if _FILE.fullmatch(code)}
    return faults + [named for named in bare if not any(path.match(named) for path in files())]


@cache
def modules() -> dict[str, list[str]]:
    """Name of a module, and what each of that name says."""
    found: dict[str, list[str]] = {}
    for path in files():
        if path.suffix == ".py" and path.parts[0] in ("hotline", "workers"):
            found.setdefault(path.stem, []).append((PROJECT / path).read_text("utf-8"))
    return found


def member_faults(text: str) -> list[str]:
    """Names such as `casework.change_status` whose module of ours has no such function, class or constant."""
    faults = []
    for code in code_of(text):
        named = _MEMBER.fullmatch(code)
        if named and named[1] in modules() and named[2] not in _ENDINGS:
            defined = re.compile(rf"^(?:async )?(?:(?:def|class) {named[2]}\b|{named[2]}\b.*=)", re.MULTILINE)
            if not any(defined.search(source) for source in modules()[named[1]]):
                faults.append(code)
    return faults


def command_faults(text: str) -> list[str]:
    """Faults in `hotline …` and `make …` as code: a word that is no command or target, or an option that the command lacks."""
    faults = []
    for code in (re.split(r"\s{2,}", code.strip())[0] for code in code_of(text)):  # two or more spaces divide a command from what it does
        for words, rest in _COMMAND.findall(code):
            command: click.Command = main
            for word in words.split():
                if not isinstance(command, click.Group):
                    break
                if word not in command.commands:
                    faults.append(f"hotline {words.strip()}")
                    break
                command = command.commands[word]
            options = {option for parameter in command.params for option in parameter.opts}
            faults += [f"{words.strip()} {option}" for option in re.findall(r"(?<!\S)--[a-z-]+", rest) if option not in options]
        if target := re.match(r"make ([a-z]+)", code):
            faults += [] if re.search(rf"^{target[1]}:", (PROJECT / "Makefile").read_text("utf-8"), re.MULTILINE) else [code]
    return faults


@cache
def variables() -> frozenset[str]:
    sources = [path for path in files() if path.suffix in (".py", ".sh", ".toml") and path.name != Path(__file__).name]
    return frozenset(name for path in sources for name in re.findall(r"HOTLINE_[A-Z0-9_]+", (PROJECT / path).read_text("utf-8")))


def faults(document: Path, text: str) -> list[str]:
    """Everything a document names that does not exist."""
    unknown = [name for name in re.findall(r"HOTLINE_[A-Z0-9_]+", text) if name not in variables()]
    return [*link_faults(document, text), *path_faults(text), *member_faults(text), *command_faults(text), *unknown]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_what_a_document_names_is_there(document: Path) -> None:
    assert faults(document, document.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        "[gone](gone.md)",
        "[gone](README.md#nowhere)",
        "It stands in hotline/gone.py.",
        "locales/<language>/gone",
        "see `gone.py`",
        "see `services/gone.py`",
        "`casework.process_ticket`",
        "`hotline explode`",
        "`hotline prompts explode`",
        "    hotline prompts build --gone",
        "`make gone`",
        "HOTLINE_GONE",
    ],
)
def test_what_is_not_there_is_seen(text: str) -> None:
    assert len(faults(PROJECT / "README.md", text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "[there](docs/architecture.md#the-tree), [and out](https://example.org/gone)",
        "`services/tickets/casework.py`, `casework.py`, hotline/domain/, locales/<language>/prompts",
        "`casework.change_status`, `rt.transaction()`, `README.md`, /hooks/twilio/sms",
        "`.venv/bin/hotline run`\n\n    hotline prompts sheet ur > sheet.html    a page\n    hotline load FILE.toml",
    ],
)
def test_what_is_there_is_not_complained_of(text: str) -> None:
    assert faults(PROJECT / "README.md", text) == []


def block_of(heading: str) -> str:
    """The first block of code under a heading of architecture.md."""
    section = ARCHITECTURE.read_text("utf-8").partition(f"## {heading}\n")[2]
    return section.partition("```\n")[2].partition("```")[0]


def drawn() -> set[Path]:
    """The paths of the picture of the tree: a line two spaces deeper is inside the one above."""
    above: list[str] = []
    paths = set()
    for line in block_of("The tree").splitlines():
        name = line.split()[0]
        depth = (len(line) - len(line.lstrip())) // 2
        above = [*above[:depth], name.rstrip("/")]
        paths.add(Path(*above))
    return paths


def test_the_tree_of_the_architecture_names_every_folder_of_hotline_and_nothing_that_is_not_there() -> None:
    assert {folder for folder in folders() if folder.parts[:1] == ("hotline",)} - drawn() == set()
    assert drawn() - {*files(), *folders()} == set()


def test_the_rows_of_the_architecture_are_the_rows_that_are_enforced() -> None:
    shown = [frozenset(line.split(" | ")) for line in block_of("Who may import whom").splitlines()]
    assert tuple(shown[::-1]) == ROWS


def test_the_readme_can_be_read_in_a_few_minutes() -> None:
    assert len((PROJECT / "README.md").read_text("utf-8").split()) < README_WORDS


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_documents_say_who_is_meant(document: Path) -> None:
    """Roles (caller, volunteer, lead), not "she" or "whoever"."""
    assert re.findall(r"\b(?:she|her|hers|whoever)\b", document.read_text("utf-8"), re.IGNORECASE) == []

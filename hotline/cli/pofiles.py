"""Extracts the sentences of the sources, and reads and writes the .po files of the catalogues.

The files have no dates, line numbers or wrapped lines, so that a changed sentence changes one line.
"""

import io
import os
import re
import tokenize
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from babel.messages import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_keywords
from babel.messages.pofile import PoFileError, read_po, write_po
from jinja2 import TemplateSyntaxError

from hotline.domain import prompts
from hotline.domain.prompts import PROMPTS
from hotline.domain.texts import TEXTS
from hotline.i18n import CatalogueFault

_HEADER = """\
# Sentences of the hotline. Texts sent by phone have their key as context; their budget is in hotline/domain/texts.py.
# Prompts spoken on a call have "spoken: " before it; a changed one has to be recorded again (hotline prompts list)."""
# Lines of the header with dates and names are left out: they would conflict between branches, and git has both.
_HEADER_LINE = re.compile(r'^"(?!Language:|Plural-Forms:|MIME-Version:|Content-)[A-Z][A-Za-z-]+: .*\\n"\n', re.MULTILINE)
_PROMPTS_SOURCE = "hotline/domain/prompts.py"
KEYED = frozenset(TEXTS) | {prompt.context for prompt in PROMPTS.values()}
"""The contexts of texts and prompts. Sentences of pages have none of these."""


def extract(project: Path) -> Catalog:
    """All sentences in the sources. Raises `CatalogueFault` if a source cannot be parsed."""
    methods, options = _extraction_map(project)
    sources = project / "hotline"
    reading: list[str] = []
    template = Catalog(fuzzy=False, header_comment=_HEADER)
    found = extract_from_dir(
        project,
        methods,
        options,
        keywords=DEFAULT_KEYWORDS,
        strip_comment_tags=True,
        callback=lambda filename, _method, _options: reading.append(filename),
        directory_filter=lambda folder: Path(folder).is_relative_to(sources) and Path(folder).name != "__pycache__",
    )
    try:
        for filename, line, sentence, comments, key in found:
            # Babel finds a prompt's key alone as its context, and a text may have the same key.
            context = prompts.context(key) if key and filename == _PROMPTS_SOURCE else key
            template.add(sentence, None, [(filename, line)], auto_comments=comments, context=context)
    except (SyntaxError, TemplateSyntaxError, UnicodeDecodeError, tokenize.TokenError) as error:
        raise CatalogueFault(f"{reading[-1]} cannot be parsed: {error}") from error
    return template


def _extraction_map(project: Path) -> tuple[list[tuple[str, str]], dict[str, dict[str, Any]]]:
    """[tool.babel] of pyproject.toml as Babel takes it: [(pattern, method)], and pattern → options."""
    methods, options = [], {}
    for mapping in tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["tool"]["babel"]["mappings"]:
        rest = {key: value for key, value in mapping.items() if key not in {"method", "pattern"}}
        if "keywords" in rest:
            rest["keywords"] = parse_keywords(rest["keywords"])
        methods.append((mapping["pattern"], mapping["method"]))
        options[mapping["pattern"]] = rest
    return methods, options


def rendered(catalog: Catalog) -> bytes:
    """The bytes of a catalogue's file."""
    content = io.BytesIO()
    write_po(content, catalog, width=0, include_lineno=False, include_previous=True)
    return _HEADER_LINE.sub("", content.getvalue().decode("utf-8")).rstrip("\n").encode("utf-8") + b"\n"


def sentences(catalog: Catalog) -> Iterable[Message]:
    """All sentences of a catalogue, without its header."""
    return (message for message in catalog if message.id)


def forms(message: Message) -> tuple[str, ...]:
    """The forms of a translation: one, or one for each plural form of the language."""
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def is_translated(message: Message) -> bool:
    """Whether every form of the translation is filled in."""
    return bool(forms(message)) and all(forms(message))


def shown(message: Message) -> str:
    """A sentence as faults name it: its key if it has one, else its English."""
    return str(message.context) if message.context in KEYED else repr(message.id if isinstance(message.id, str) else message.id[0])


def wording(catalog: Catalog, english: str, context: str) -> str:
    """The translation of a text or prompt; its English if there is none."""
    message = catalog.get(english, context)
    return str(message.string) if message is not None and message.string else english


def read_catalogue(path: Path, language: str) -> Catalog:
    """The catalogue in a .po file; an empty one of that language if there is no file. Raises `CatalogueFault` if it cannot be read."""
    locale = language.replace("-", "_")
    if not path.exists():
        return Catalog(locale=locale, fuzzy=False, header_comment=_HEADER)
    try:
        with path.open("rb") as file:
            return read_po(file, locale=locale, abort_invalid=True)
    except (PoFileError, UnicodeDecodeError) as error:
        raise CatalogueFault(f"{path} cannot be read: {error}") from error


def write(path: Path, content: bytes) -> None:
    """Write a file if its content changes; otherwise keep its time, so that the catalogue is not compiled again."""
    if path.exists() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    replace(path, content)


def replace(path: Path, content: bytes, changed_at_ns: int | None = None) -> None:
    """Write a file whole or not at all; `changed_at_ns`: its modification time, by default now."""
    # Written beside the old file and renamed: a web process that starts meanwhile reads one of them whole. Not with `tempfile`:
    # only their owner may read its files.
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(content)
        if changed_at_ns is not None:
            # The time of the source: a .po that is saved while it is compiled is newer, and is compiled again.
            os.utime(beside, ns=(changed_at_ns, changed_at_ns))
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)

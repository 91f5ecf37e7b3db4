"""The protocol cards: the shipped ones or a deployment's own. A file's faults are listed at once."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from hotline.domain.category import Category
from hotline.domain.languages import PAGE_LANGUAGES
from hotline.domain.protocol import Protocol, Step, Words
from hotline.tables import CODE, DATA, parsed, raise_any
from hotline.tomlfile import TEXTS, is_of

_LISTS = ("ask", "never", "bring_in", "lead")
_KEYS = {"code", "categories", "names", "steps", "prints", "approved_by", "approved_on", *_LISTS}
_IS_NO_CODE = "code must be a short name of small letters, digits and _"


def load_protocols(path: Path | None, categories: Iterable[Category] | None) -> tuple[Protocol, ...]:
    """The cards of a file in their order; None: of the shipped file. Raises `TableFault`.

    A deployment's own cards may name only categories that there are. The shipped cards may name more: a deployment with categories of its
    own starts with them, and puts them to tickets by hand. Without `categories` nothing is compared.
    """
    known = None if path is None or categories is None else frozenset(category.code for category in categories)
    path = path or DATA / "protocols.toml"
    document = parsed(path)
    faults = [f"{key!r} is no key of a table of protocols: use [[protocol]]" for key in document if key != "protocol"]
    rows = document.get("protocol")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise_any(path, [*faults, "there is no [[protocol]]"])
        return ()
    for number, row in enumerate(rows, 1):
        faults += [f"{_name(row, number)}: {fault}" for fault in _row_faults(row, known)]
    faults += _doubled("protocols", rows)
    raise_any(path, faults)
    return tuple(_protocol(row) for row in rows)


def _name(row: Mapping[str, Any], number: int) -> str:
    return f"protocol {row['code']!r}" if isinstance(row.get("code"), str) else f"protocol number {number}"


def _doubled(what: str, rows: list[dict[str, Any]]) -> list[str]:
    codes = [row["code"] for row in rows if isinstance(row.get("code"), str)]
    return [f"two {what} have the code {code!r}" for code in dict.fromkeys(codes) if codes.count(code) > 1]


def _row_faults(row: Mapping[str, Any], known: frozenset[str] | None) -> list[str]:
    faults = [f"{key!r} is no key of a protocol" for key in row if key not in _KEYS]
    if not _is_code(row.get("code")):
        faults.append(_IS_NO_CODE)
    categories = row.get("categories")
    if not is_of(TEXTS, categories):
        faults.append("categories must be a list of codes of categories; [] for a card that is only put to tickets by hand")
    elif known is not None:
        faults += [f"categories: there is no category {code!r}" for code in categories or () if code not in known]
    faults += [f"names: {fault}" for fault in _words_faults(row.get("names"))]
    for name in _LISTS:
        faults += _sentences_faults(name, row.get(name))
    faults += _steps_faults(row.get("steps"))
    if not isinstance(row.get("prints", True), bool):
        faults.append("prints must be true or false")
    return faults + _approval_faults(row)


def _is_code(code: object) -> bool:
    return isinstance(code, str) and CODE.fullmatch(code) is not None


def _words_faults(words: object, *, besides: frozenset[str] = frozenset()) -> list[str]:
    """What is wrong with a sentence in each language; `besides` are other keys that may stand there."""
    if not isinstance(words, dict):
        return [f"must have {', '.join(PAGE_LANGUAGES)}"]
    faults = [f"{key!r} is no language of pages" for key in words if key not in PAGE_LANGUAGES and key not in besides]
    given = {key for key, said in words.items() if isinstance(said, str) and said.strip()}
    return faults + [f"{language} is missing" for language in PAGE_LANGUAGES if language not in given]


def _sentences_faults(name: str, sentences: object) -> list[str]:
    if not isinstance(sentences, list) or not sentences:
        return [f"{name} must be a list of sentences, each with {', '.join(PAGE_LANGUAGES)}"]
    return [f"{name}, number {number}: {fault}" for number, words in enumerate(sentences, 1) for fault in _words_faults(words)]


def _steps_faults(steps: object) -> list[str]:
    if not isinstance(steps, list) or not steps or not all(isinstance(step, dict) for step in steps):
        return ["steps must be a list of steps, each with a code and a sentence"]
    faults = []
    for number, step in enumerate(steps, 1):
        where = f"step {step['code']!r}" if isinstance(step.get("code"), str) else f"step number {number}"
        if not _is_code(step.get("code")):
            faults.append(f"{where}: {_IS_NO_CODE}")
        if not isinstance(step.get("demands", False), bool):
            faults.append(f"{where}: demands must be true or false")
        faults += [f"{where}: {fault}" for fault in _words_faults(step, besides=frozenset({"code", "demands"}))]
    return faults + _doubled("steps", steps)


def _approval_faults(row: Mapping[str, Any]) -> list[str]:
    by, on = row.get("approved_by", ""), row.get("approved_on")
    faults = []
    if not isinstance(by, str):
        faults.append("approved_by must be the name of a professional, in quotes")
    if on is not None and (not isinstance(on, date) or isinstance(on, datetime)):
        faults.append("approved_on must be a date like 2026-11-28, without quotes")
    if not faults and bool(by.strip()) is not (on is not None):
        faults.append("approved_by and approved_on belong together: who approved the card, and when")
    return faults


def _protocol(row: Mapping[str, Any]) -> Protocol:
    return Protocol(
        code=row["code"],
        categories=frozenset(row["categories"]),
        names=_words(row["names"]),
        ask=_sentences(row["ask"]),
        never=_sentences(row["never"]),
        bring_in=_sentences(row["bring_in"]),
        lead=_sentences(row["lead"]),
        steps=tuple(Step(step["code"], _words(step), step.get("demands", False)) for step in row["steps"]),
        prints=row.get("prints", True),
        approved_by=row.get("approved_by", "").strip(),
        approved_on=row.get("approved_on"),
    )


def _sentences(rows: Iterable[Mapping[str, str]]) -> tuple[Words, ...]:
    return tuple(_words(row) for row in rows)


def _words(row: Mapping[str, str]) -> Words:
    return MappingProxyType({language: row[language] for language in PAGE_LANGUAGES})

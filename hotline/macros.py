"""The macros: the shipped ones or a deployment's own. A file's faults are listed at once."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from hotline.domain.languages import PAGE_LANGUAGES
from hotline.domain.macro import Macro
from hotline.domain.texts import REPLIES
from hotline.domain.ticket import Status
from hotline.tables import CODE, DATA, parsed, raise_any

_KEYS = {"code", "names", "text", "status", "note"}
_TEXTS = frozenset(text.key for text in REPLIES)
_STATUSES = frozenset({Status.IN_PROGRESS, Status.REFERRED, Status.RESOLVED, Status.CLOSED})


def load_macros(path: Path | None) -> tuple[Macro, ...]:
    """The macros of a file in their order; None: of the shipped file. Raises `TableFault`."""
    path = path or DATA / "macros.toml"
    document = parsed(path)
    faults = [f"{key!r} is no key of a table of macros: use [[macro]]" for key in document if key != "macro"]
    rows = document.get("macro", [])  # a deployment may have none
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise_any(path, [*faults, "there is no [[macro]]"])
        return ()
    for number, row in enumerate(rows, 1):
        faults += [f"macro {row.get('code', number)!r}: {fault}" for fault in _faults(row)]
    codes = [str(row.get("code")) for row in rows]
    faults += [f"two macros have the code {code!r}" for code in dict.fromkeys(codes) if codes.count(code) > 1]
    raise_any(path, faults)
    return tuple(_macro(row) for row in rows)


def _faults(row: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{key!r} is no key of a macro" for key in row if key not in _KEYS)
    if not isinstance(row.get("code"), str) or not CODE.fullmatch(row["code"]):
        yield "code must be a short name of small letters, digits and _"
    for name in ("names", "note"):
        said = row.get(name)
        if (
            not isinstance(said, dict)
            or set(said) != {*PAGE_LANGUAGES}
            or not all(isinstance(one, str) and one.strip() for one in said.values())
        ):
            yield f"{name} must have {', '.join(PAGE_LANGUAGES)}, and no other language"
    if row.get("text") not in (None, *_TEXTS):
        yield f"text must be one of {', '.join(sorted(_TEXTS))}"
    if row.get("status") not in (None, *_STATUSES):
        yield f"status must be one of {', '.join(sorted(_STATUSES))}"


def _macro(row: Mapping[str, Any]) -> Macro:
    return Macro(
        code=row["code"],
        names=MappingProxyType(dict(row["names"])),
        note=MappingProxyType(dict(row["note"])),
        text=row.get("text"),
        status=Status(row["status"]) if "status" in row else None,
    )

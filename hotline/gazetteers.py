"""The gazetteer's file: shipped or a deployment's own. Its faults are listed at once, each with its line."""

from collections.abc import Iterator
from pathlib import Path
from sys import intern

from hotline.domain.folding import match_key
from hotline.domain.gazetteer import ALSO_A_WORD, Gazetteer, Place
from hotline.tables import CODE, DATA, TableFault, raise_any

COLUMNS = ("code", "type", "en", "ur", "sd", "spellings", "within", "source", "checked")
TYPES = ("district", "town", "neighbourhood", "goth", "road", "junction", "bridge", "market", "hospital", "station", "beach", "landmark")
_CHECKED = {"yes": True, "no": False}
_LARGEST = 4 * 1024 * 1024  # bytes

_Row = tuple[int, dict[str, str]]


def load_gazetteer(path: Path | None) -> Gazetteer:
    """The gazetteer of a file; None: of the shipped file. Raises `TableFault`."""
    path = path or DATA / "gazetteer.tsv"
    faults: list[str] = []
    rows = list(_rows(path, faults))
    lines = {row["code"]: line for line, row in reversed(rows)}
    claimed = dict[str, tuple[int, str]]()
    for line, row in rows:
        faults += [f"line {line}: {fault}" for fault in (*_row_faults(row), *_within_faults(row, rows, lines, line))]
        for spelling in _written(row):
            before, code = claimed.setdefault(match_key(spelling), (line, row["code"]))
            if code != row["code"]:
                faults.append(f"line {line}: {spelling!r} is a name of {code!r} too, in line {before}")
    raise_any(path, faults)
    return Gazetteer.of((_place(row), _spellings(row)) for _, row in rows)


def _rows(path: Path, faults: list[str]) -> Iterator[_Row]:
    """Each row with its line. What cannot be a row is added to `faults`."""
    try:
        if path.stat().st_size > _LARGEST:
            raise_any(path, [f"larger than {_LARGEST} bytes"])
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeError) as fault:
        raise TableFault([f"{path}: {fault}"]) from fault
    written = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip() and line[0] != "#"]
    if not written or tuple(written[0][1].split("\t")) != COLUMNS:
        raise_any(path, [f"line {written[0][0] if written else 1}: the first row must name the columns: {', '.join(COLUMNS)}"])
    for number, line in written[1:]:
        cells = [cell.strip() for cell in line.split("\t")]
        if len(cells) == len(COLUMNS):
            yield number, dict(zip(COLUMNS, cells, strict=True))
        else:
            faults.append(f"line {number}: {len(cells)} columns, not {len(COLUMNS)}; one tab stands between two")
    if len(written) == 1:
        faults.append("there is no place in it")


def _row_faults(row: dict[str, str]) -> Iterator[str]:
    if not CODE.fullmatch(row["code"]):
        yield f"code {row['code']!r} must be a short name of small letters, digits and _"
    if row["type"] not in TYPES:
        yield f"type {row['type']!r} is none of {', '.join(TYPES)}"
    for column in ("en", "ur", "sd", "source"):
        if not row[column]:
            yield f"{column} is empty"
    if row["checked"] not in _CHECKED:
        yield f"checked is {row['checked']!r}: write yes or no"
    for spelling in _written(row):
        if spelling and not match_key(spelling):
            yield f"{spelling!r} folds to nothing"


def _within_faults(row: dict[str, str], rows: list[_Row], lines: dict[str, int], line: int) -> Iterator[str]:
    code, within = row["code"], row["within"]
    if lines[code] != line:
        yield f"the code {code!r} stands in line {lines[code]} too"
    if within and within not in lines:
        yield f"within {within!r}: there is no such code"
        return
    around = {other["code"]: other["within"] for _, other in rows}
    passed = {code}
    while within:
        if within in passed:
            yield f"{code!r} lies within itself, by way of {within!r}"
            return
        passed.add(within)
        within = around.get(within, "")


def _spellings(row: dict[str, str]) -> list[str]:
    return [spelling.strip() for spelling in row["spellings"].split("|") if spelling.strip()]


def _written(row: dict[str, str]) -> list[str]:
    """Every name of a row, without marks."""
    names = (row["en"], row["ur"], row["sd"], *_spellings(row))
    return [name.removeprefix(ALSO_A_WORD) for name in names if name]


def _place(row: dict[str, str]) -> Place:
    within = intern(row["within"]) or None
    return Place(intern(row["code"]), intern(row["type"]), row["en"], row["ur"], row["sd"], within, _CHECKED[row["checked"]])

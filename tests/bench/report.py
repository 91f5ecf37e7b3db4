"""The table: printed, and written between the two marks of a page of the documentation."""

import contextlib
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

BEGIN, END = "<!-- bench -->", "<!-- /bench -->"


@dataclass(frozen=True)
class Line:
    """One line of the table: what was measured, the figure, the limit, and whether the limit holds."""

    what: str
    measured: str
    target: str
    met: bool


def say(text: str) -> None:
    """Print progress."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


@contextlib.contextmanager
def timed(part: str) -> Iterator[None]:
    """Say how long a part of the bench took."""
    began = time.monotonic()
    yield
    say(f"{part}: {(time.monotonic() - began) / 60:.1f} minutes")


def table(lines: list[Line], about: str, *, beside: str = "") -> str:
    """The table in Markdown. Lines of an older table that these do not measure anew stand `beside` them."""
    rows = {_what(row): row for row in beside.splitlines() if row.startswith("| ") and not row.startswith("| |")}
    rows |= {line.what: f"| {line.what} | {line.measured} | {line.target} | {'yes' if line.met else '**no**'} |" for line in lines}
    return "\n".join(["| | measured | target | met |", "|---|---|---|---|", *rows.values(), "", about])


def _what(row: str) -> str:
    return row.split(" | ", maxsplit=1)[0].removeprefix("| ")


def there(page: Path) -> str:
    """The table between the marks of the page."""
    text = page.read_text("utf-8") if page.is_file() else ""
    return text.partition(BEGIN)[2].partition(END)[0]


def write(page: Path, text: str) -> bool:
    """Put the table between the marks; False where they are not there."""
    before = page.read_text("utf-8") if page.is_file() else ""
    head, begin, rest = before.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        return False
    page.write_text(f"{head}{begin}\n{text}\n{end}{tail}", "utf-8")
    return True

"""First texts of phones that nobody knows. Such a text needs no look at the database before it is stored, and most texts are of this kind.

So all its rows are made before the database is asked. On PostgreSQL the texts that come at one time are then stored together, in one
statement: a transaction of its own with four round trips costs the web process a third more CPU, and the server twice as much. On SQLite,
where transactions share commits, each is stored by the driver, without a session: the one writer is kept for less time.
"""

import abc
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from sqlalchemy import Engine

from hotline.storage.db import DatabaseFault, RowRefused, StatementFailed, run_alone
from hotline.storage.firststatement import ROWS, Columns, statement, storing_row
from hotline.storage.writing import WAIT_S, Overloaded, SharedCommits, Writing

_TOGETHER = 8
"""How many texts are stored together at most: no more threads of a web process wait for it."""

_MET = 10_000
"""How many phones are remembered: a mebibyte."""


class FirstText(NamedTuple):
    """A first text and all that is stored with it: the columns of each row in `ROWS`, but for the ids. A receipt may be missing."""

    rows: Mapping[str, Mapping[str, Any]]
    suppression_mark: bytes  # what stands for its phone, if that was erased, and asked for something
    hashed_id: str | None  # what stands for its id at the gateway, if it was erased

    @property
    def columns(self) -> Columns:
        """The columns of its rows."""
        return tuple((name, key) for name, row in self.rows.items() for key in row)


class Stored(NamedTuple):
    """The ids of a text that is stored, and of its ticket."""

    message_id: int
    ticket_id: int


class FirstTexts(abc.ABC):
    """Stores first texts, and remembers whose: a text of a phone that is known would be made ready here for nothing."""

    def __init__(self) -> None:
        self._met: set[bytes] = set()

    def may_be_first(self, mark: bytes) -> bool:
        """Whether the phone with this mark may be new. Not so where this process had a text of it before."""
        return mark not in self._met

    def store(self, text: FirstText) -> Stored | None:
        """Store a text; it is committed when this returns its ids.

        None: nothing of it is stored, as it is not the first of its phone, or the database refuses one of its rows, or of those beside
        it. It is to be stored by itself then. Raises `Overloaded`, or `DatabaseFault`: then it may be stored, and told again it is known.
        """
        stored = self._stored(text)
        if len(self._met) >= _MET:
            self._met.clear()
        self._met.add(text.rows["contact"]["mark"])
        return stored

    @abc.abstractmethod
    def _stored(self, text: FirstText) -> Stored | None:
        """See `store`."""


def first_texts(engine: Engine, writing: Writing) -> FirstTexts:
    """What stores first texts in this engine's database."""
    return StoredInTurn(writing) if isinstance(writing, SharedCommits) else StoredTogether(engine)


class StoredInTurn(FirstTexts):
    """SQLite: each text is stored by itself."""

    def __init__(self, writing: SharedCommits) -> None:
        super().__init__()
        self._writing = writing

    def _stored(self, text: FirstText) -> Stored | None:
        rows = [_driven(name, text) for name in text.rows]  # before the one writer is taken
        ids: dict[str, int] = {}
        try:
            with self._writing.driver() as driver:
                for name, sql, values in rows:
                    stored = driver.execute(sql, [*values, *(ids[of] for of in ROWS[name].ids.values())])
                    if not stored.rowcount:  # the phone is known
                        return None
                    ids[name] = cast("int", stored.lastrowid)
        except sqlite3.IntegrityError:
            return None
        except sqlite3.Error as fault:
            raise StatementFailed("the database refused a statement") from fault
        return Stored(ids["text"], ids["ticket"])


def _driven(name: str, text: FirstText) -> tuple[str, str, list[object]]:
    """A row's name, its statement and its own values as the driver takes them."""
    row = text.rows[name]
    made, values = storing_row(name, tuple(row)), dict(row)
    if name == "contact":
        values |= {"erased_phone": text.suppression_mark, "text_gateway": text.rows["text"]["gateway"], "erased_text": text.hashed_id}
    for key, convert in made.converters:
        values[key] = convert(values[key])
    return name, made.sql, [values[key] for key in made.columns]


@dataclass
class _Waiting:
    text: FirstText
    is_tried: bool = False
    stored: Stored | None = None
    fault: DatabaseFault | None = None


class StoredTogether(FirstTexts):
    """PostgreSQL: of the threads that come at one time, the first stores for all that wait."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._engine = engine
        self._turn = threading.Lock()
        self._waiting: list[_Waiting] = []

    def _stored(self, text: FirstText) -> Stored | None:
        one = _Waiting(text)
        self._waiting.append(one)
        if not self._turn.acquire(timeout=WAIT_S):
            raise Overloaded("the first texts before it do not end")
        try:
            while not one.is_tried:
                self._store_waiting()
        finally:
            self._turn.release()
        if one.fault is not None:
            raise StatementFailed("the first texts were not stored") from one.fault
        return one.stored

    def _store_waiting(self) -> None:
        taken = self._waiting[:_TOGETHER]
        del self._waiting[: len(taken)]
        alike: dict[Columns, list[_Waiting]] = {}
        for one in taken:
            one.is_tried = True
            alike.setdefault(one.text.columns, []).append(one)
        for group in alike.values():
            try:
                stored = self._together([one.text for one in group])
            except RowRefused:
                continue
            except DatabaseFault as fault:
                for one in group:
                    one.fault = fault
                continue
            for one in group:
                one.stored = stored.get(one.text.rows["contact"]["uid"])

    def _together(self, texts: Sequence[FirstText]) -> dict[bytes, Stored]:
        """Store texts with the same columns. Returns those that were the first of their phone, by the uids of their contacts.

        Raises `RowRefused`, `DatabaseFault`.
        """
        # In the order of their marks: two processes that store texts of the same phones would wait for each other.
        ordered = sorted(texts, key=lambda text: cast("bytes", text.rows["contact"]["mark"]))
        made = statement(ordered[0].columns, len(ordered))
        values = [convert(value) for text in ordered for convert, value in zip(made.converters, _values(text), strict=True)]
        return {uid: Stored(message_id, ticket_id) for uid, message_id, ticket_id in run_alone(self._engine, made.sql, values)}


def _values(text: FirstText) -> list[object]:
    return [*(value for row in text.rows.values() for value in row.values()), text.suppression_mark, text.hashed_id]

"""The migrations of an empty database, run once for each kind of database and revision; the next one gets the schema that they made."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from sqlalchemy import event, inspect
from sqlalchemy.engine import Connection


class Once:
    """In place of `hotline.storage.schema.upgrade`: quick for an empty database whose like it has seen, for any other the same."""

    def __init__(self, upgrade: Callable[..., None]) -> None:
        self._upgrade = upgrade
        self._files: dict[str, sqlite3.Connection] = {}
        self._written: dict[str, list[tuple[str, Any]]] = {}

    def __call__(self, connection: Connection, to: str = "head", **named: Any) -> None:
        within = connection.in_transaction()  # then all of it is part of that, else each migration is committed
        is_empty = not inspect(connection).get_table_names()
        if not within:
            connection.rollback()
        if not is_empty:
            self._upgrade(connection, to, **named)
        elif connection.dialect.name == "sqlite":
            self._sqlite(connection, to, **named)
        else:
            self._postgres(connection, to, **named)
            if not within:
                connection.commit()

    def close(self) -> None:
        for file in self._files.values():
            file.close()

    def _sqlite(self, connection: Connection, to: str, **named: Any) -> None:
        connection.commit()  # as the migrations do
        driver = cast("sqlite3.Connection", connection.connection.driver_connection)
        if to in self._files:
            self._files[to].backup(driver)
            return
        self._upgrade(connection, to, **named)
        connection.commit()
        self._files[to] = sqlite3.connect(":memory:", check_same_thread=False)
        driver.backup(self._files[to])

    def _postgres(self, connection: Connection, to: str, **named: Any) -> None:
        if to in self._written:
            for statement, values in self._written[to]:
                connection.exec_driver_sql(statement, values)
            return
        with _written(connection) as statements:
            self._upgrade(connection, to, **named)
        self._written[to] = statements


@contextmanager
def _written(connection: Connection) -> Iterator[list[tuple[str, Any]]]:
    """Collects the statements, and the values of each, that change something."""
    statements: list[tuple[str, Any]] = []

    def keep(_connection: object, _cursor: object, statement: str, values: Any, _context: object, many: bool) -> None:
        assert not many
        if not statement.lstrip().upper().startswith("SELECT"):
            statements.append((statement, values))

    event.listen(connection.engine, "before_cursor_execute", keep)
    try:
        yield statements
    finally:
        event.remove(connection.engine, "before_cursor_execute", keep)

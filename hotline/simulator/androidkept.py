"""What the pretend phone keeps through a kill, as the app does in the phone's own store; without a file it is kept nowhere."""

import json
import sqlite3
import threading
from pathlib import Path
from typing import Any


class Kept:
    """Documents by kind and id, in the order in which they were first put. A kill loses none; the power going may lose the newest."""

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.Lock()
        self._file: sqlite3.Connection | None = None
        if path is not None:
            self._file = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._file.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;")
            self._file.execute(
                "CREATE TABLE IF NOT EXISTS kept (seq INTEGER PRIMARY KEY, kind TEXT, id TEXT, document TEXT, UNIQUE (kind, id))"
            )

    def put(self, kind: str, id_: str, document: Any) -> None:
        """Keep a document, in place of the one of this kind and id."""
        written = json.dumps(document, default=str)
        self._do(
            "INSERT INTO kept (kind, id, document) VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET document = excluded.document",
            kind,
            id_,
            written,
        )

    def drop(self, kind: str, id_: str) -> None:
        """Forget a document."""
        self._do("DELETE FROM kept WHERE kind = ? AND id = ?", kind, id_)

    def all(self, kind: str) -> dict[str, Any]:
        """Id → document."""
        return {id_: json.loads(written) for id_, written in self._do("SELECT id, document FROM kept WHERE kind = ? ORDER BY seq", kind)}

    def forget(self) -> None:
        """Forget everything."""
        self._do("DELETE FROM kept")

    def close(self) -> None:
        """Close the file; nothing is kept after that."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def _do(self, sql: str, *values: str) -> list[tuple[str, ...]]:
        with self._lock:
            return self._file.execute(sql, values).fetchall() if self._file is not None else []

"""What the two databases are told when they are opened."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from hotline.storage import db


def test_a_second_release_waits_for_the_first_however_long_it_migrates(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "WAIT_S", 0.01)
    first = create_engine(db.database_url(postgres_url), poolclass=NullPool)
    with ThreadPoolExecutor(1) as pool, first.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(482719365)"))
        second = pool.submit(db.migrate, postgres_url)
        with pytest.raises(TimeoutError):
            second.result(0.5)
    second.result(10)

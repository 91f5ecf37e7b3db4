"""What the two databases are told when they are opened."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic import command
from sqlalchemy import create_engine, delete, inspect, select, text, update
from sqlalchemy.pool import NullPool

from hotline.runtime import Runtime
from hotline.storage import db
from hotline.storage.peoplemodels import Team


def test_a_second_release_waits_for_the_first_however_long_it_migrates(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "WAIT_S", 0.01)
    first = create_engine(db.database_url(postgres_url), poolclass=NullPool)
    with ThreadPoolExecutor(1) as pool, first.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(482719365)"))
        second = pool.submit(db.migrate, postgres_url)
        with pytest.raises(TimeoutError):
            second.result(0.5)
    second.result(10)


def test_whoever_had_a_second_factor_in_clear_sets_up_another_and_keeps_pauses(empty_database_url: str) -> None:
    engine = db.make_engine(empty_database_url, pool_size=1)
    with engine.connect() as connection:
        command.upgrade(db._alembic(connection), "0003")
        connection.execute(
            text(
                "INSERT INTO volunteers (login, name, page_language, languages, is_head, active, totp_secret, totp_step)"
                " VALUES ('lead', 'Lead', 'en', '[]', false, true, 'JBSWY3DPEHPK3PXP', 7)"
            )
        )
        connection.commit()
        command.upgrade(db._alembic(connection), "0004")
        [row] = connection.execute(text("SELECT login, keeps_pauses, totp_seed, totp_step FROM volunteers"))
        assert (row.login, bool(row.keeps_pauses), row.totp_seed, row.totp_step) == ("lead", True, None, None)
        assert "totp_secret" not in {column["name"] for column in inspect(connection).get_columns("volunteers")}
    engine.dispose()


def test_an_update_and_a_delete_leave_loaded_objects_as_they_are(rt: Runtime) -> None:
    with rt.transaction() as tx:
        tx.session.add(Team(code="police", name="Police"))
    with rt.transaction() as tx:
        team = tx.session.scalars(select(Team)).one()
        tx.session.execute(update(Team).values(name="Courts"))
        assert team.name == "Police"
        tx.session.execute(delete(Team))
        assert team in tx.session

"""Second factors from before their seeds were sealed: the apps go on working, and no seed stands in the database any more."""

import pytest
from alembic import command
from sqlalchemy import text

from hotline.services.people import factor
from hotline.storage import db, factors, people, schema
from tests.support import KEYS, make_runtime

_SEED = "5eed" * 8
_PEOPLE = f"""
INSERT INTO volunteers (id, login, name, page_language, languages, is_head, active, totp_seed, totp_step)
VALUES (1, 'lead', 'Lead', 'en', '[]', false, true, '{_SEED}', 7), (2, 'bob', 'Bob', 'en', '[]', false, true, NULL, NULL)
"""


def test_a_seed_is_sealed_where_it_stands_and_goes_back_with_the_migration(empty_database_url: str) -> None:
    engine = db.make_engine(empty_database_url, pool_size=1)
    with engine.connect() as connection:
        command.upgrade(schema._alembic(connection, KEYS), "0025")
        connection.execute(text(_PEOPLE))
        connection.commit()
        with pytest.raises(RuntimeError, match="HOTLINE_KEYS_FILE must name the keys"):
            command.upgrade(schema._alembic(connection), "0027")
        connection.rollback()
        assert connection.scalar(text("SELECT totp_seed FROM volunteers WHERE id = 1")) == _SEED  # nothing was lost
        connection.rollback()
        command.upgrade(schema._alembic(connection, KEYS), "0027")
        connection.commit()
        before, step, nobodys = (
            connection.scalar(text(f"SELECT {what}"))
            for what in (
                "totp_seed FROM volunteers WHERE id = 1",
                "totp_step FROM volunteers WHERE id = 1",
                "totp_seed FROM volunteers WHERE id = 2",
            )
        )
        assert (_SEED.encode() in bytes(before), step, nobodys) == (False, 7, None)
        command.downgrade(schema._alembic(connection, KEYS), "0025")
        connection.commit()
        assert connection.scalar(text("SELECT totp_seed FROM volunteers WHERE id = 1")) == _SEED
        connection.rollback()
    engine.dispose()
    schema.migrate(empty_database_url, KEYS)
    rt = make_runtime(empty_database_url)
    with rt.reading() as session:
        lead = people.volunteer(session, 1)
    assert lead is not None
    assert factors.seed_of(rt.keys, lead) == _SEED
    assert len(factor.secret(rt, lead) or "") == 32
    rt.engine.dispose()

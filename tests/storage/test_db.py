"""What the two databases are told when they are opened."""

import contextlib
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from alembic import command
from sqlalchemy import Connection, create_engine, delete, inspect, select, text, update
from sqlalchemy.pool import NullPool

from hotline.runtime import Runtime
from hotline.storage import db, dumping, schema
from hotline.storage.peoplemodels import Team
from hotline.storage.writing import Overloaded
from tests.support import make_runtime


def test_a_second_release_waits_for_the_first_however_long_it_migrates(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "WAIT_S", 0.01)
    first = create_engine(db.database_url(postgres_url), poolclass=NullPool)
    with ThreadPoolExecutor(1) as pool, first.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(482719365)"))
        second = pool.submit(schema.migrate, postgres_url)
        with pytest.raises(TimeoutError):
            second.result(0.5)
    second.result(10)


def test_no_statement_meets_a_connection_that_the_server_has_ended(postgres_url: str) -> None:
    engine = db.make_engine(postgres_url, pool_size=1)
    with engine.connect() as connection:
        backend = connection.scalar(text("SELECT pg_backend_pid()"))
    with create_engine(db.database_url(postgres_url), poolclass=NullPool).connect() as other:
        other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": backend})
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT pg_backend_pid()")) != backend
    engine.dispose()


def test_the_server_ends_a_transaction_that_does_nothing_and_gives_its_locks_back(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "_IDLE_S", 0.1)
    rt = make_runtime(postgres_url)
    with rt.engine.connect() as hangs:
        hangs.execute(text("LOCK TABLE contacts"))
        with rt.transaction() as tx:
            tx.session.execute(text("LOCK TABLE contacts"))
        with pytest.raises(db.DatabaseFault):
            hangs.execute(text("SELECT 1"))
    with rt.reading() as session:
        assert session.scalar(text("SHOW lock_timeout")) == "5s"
    with rt.reading() as of_backup:
        dumping.hold_still(of_backup)
        time.sleep(0.3)
        assert dumping.revision(of_backup), "a disk may be slow"
    rt.close()


def test_a_connection_on_which_the_server_says_something_else_is_used_again(postgres_url: str) -> None:
    engine = db.make_engine(postgres_url, pool_size=1)
    with engine.connect() as connection:
        backend = connection.scalar(text("SELECT pg_backend_pid()"))
        connection.execute(text("LISTEN tidings"))
        connection.commit()
    with create_engine(db.database_url(postgres_url), poolclass=NullPool).connect() as other:
        other.execute(text("NOTIFY tidings"))
        other.commit()
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT pg_backend_pid()")) == backend
    engine.dispose()


def test_whoever_had_a_second_factor_in_clear_sets_up_another_and_keeps_pauses(empty_database_url: str) -> None:
    engine = db.make_engine(empty_database_url, pool_size=1)
    with engine.connect() as connection:
        command.upgrade(schema._alembic(connection), "0003")
        connection.execute(
            text(
                "INSERT INTO volunteers (login, name, page_language, languages, is_head, active, totp_secret, totp_step)"
                " VALUES ('lead', 'Lead', 'en', '[]', false, true, 'JBSWY3DPEHPK3PXP', 7)"
            )
        )
        connection.commit()
        command.upgrade(schema._alembic(connection), "0004")
        [row] = connection.execute(text("SELECT login, keeps_pauses, totp_seed, totp_step FROM volunteers"))
        assert (row.login, bool(row.keeps_pauses), row.totp_seed, row.totp_step) == ("lead", True, None, None)
        assert "totp_secret" not in {column["name"] for column in inspect(connection).get_columns("volunteers")}
    engine.dispose()


def _insert(connection: Connection, table: str, **values: object) -> None:
    names = ", ".join(values)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES (:{', :'.join(values)})"), values)


def _walk_in(connection: Connection, row: int, contact: int, *, told: bool) -> None:
    """A ticket that volunteer 1 typed in, with its words. `told`: a text of ours waits that asks whether it is solved."""
    at = "2026-11-23 07:00:00+00:00"
    flags = dict.fromkeys(("sealed", "hold", "unread", "unattended"), False)
    ticket = {"reference": f"20000000{row}", "contact_id": contact, "status": "resolved", "category": "theft", "priority": 3, "version": 1}
    _insert(connection, "tickets", id=row, opened_at=at, changed_at=at, walk_in=True, **ticket, **flags)
    _insert(connection, "events", ticket_id=row, kind="opened", happened_at=at, volunteer_id=1, data="{}")
    text_in = {"direction": "in", "gateway": "walk_in", "gateway_id": f"form{row}", "read_as": "written"}
    about = {"contact_id": contact, "ticket_id": row, "created_at": at}
    _insert(connection, "messages", body="They took it", **text_in, **about)
    if told:
        _insert(connection, "messages", direction="out", gateway="", body="It is resolved", delivery="queued", next_attempt_at=at, **about)
        _insert(connection, "questions", kind="solved", contact_id=contact, ticket_id=row, asked_at=at)


def test_walk_ins_are_parted_from_the_phones_that_never_texted_about_them_and_joined_again(empty_database_url: str) -> None:
    engine = db.make_engine(empty_database_url, pool_size=1)
    at = "2026-11-23 07:00:00+00:00"
    with engine.connect() as connection:
        command.upgrade(schema._alembic(connection), "0004")
        _insert(connection, "volunteers", id=1, login="alice", name="Alice", page_language="en", languages="[]", is_head=False, active=True)
        phone = {"kind": "phone", "country": "PK", "language_named": False, "may_call": True, "on_hold": False, "created_at": at}
        _insert(
            connection,
            "contacts",
            id=101,
            address="+923001234501",
            language="ur",
            may_text=True,
            times_seen=4,
            safe_from="09:00:00",
            **phone,
        )
        _insert(connection, "contacts", id=102, address="+923331234502", language="sd", may_text=False, times_seen=0, **phone)
        for row, contact in ((1, 101), (2, 101), (3, 102), (4, 102)):
            _walk_in(connection, row, contact, told=contact == 101)
        # About the second the phone has texted.
        texted = {"direction": "in", "gateway": "twilio", "gateway_id": "SM1", "read_as": "added", "contact_id": 101, "ticket_id": 2}
        _insert(connection, "messages", body="200000002 they came again", created_at=at, **texted)
        connection.commit()

        command.upgrade(schema._alembic(connection), "0005")
        rows = connection.execute(
            text(
                "SELECT t.id, c.address, c.kind, c.language, c.may_text, c.safe_from, c.times_seen, p.address AS typed,"
                " p.kind AS typed_as, p.made_by"
                " FROM tickets t JOIN contacts c ON c.id = t.contact_id LEFT JOIN typed_phones p ON p.ticket_id = t.id ORDER BY t.id"
            )
        ).all()
        assert [(row.id, row.address, row.kind, row.language, bool(row.may_text), row.times_seen, row.typed) for row in rows] == [
            (1, None, "withheld", "ur", True, 0, "+923001234501"),
            (2, "+923001234501", "phone", "ur", True, 4, None),
            (3, None, "withheld", "sd", False, 0, "+923331234502"),
            (4, None, "withheld", "sd", False, 0, "+923331234502"),
        ]
        assert [(row.typed_as, row.made_by) for row in rows if row.typed] == [("walk_in", 1)] * 3
        assert [row.safe_from is None for row in rows] == [True, False, True, True]
        # The number of the phone that never contacted us stands in no contact any more.
        assert connection.scalars(text("SELECT address FROM contacts WHERE address IS NOT NULL")).all() == ["+923001234501"]
        sent = "SELECT m.ticket_id, m.delivery, m.reason FROM messages m WHERE m.direction = 'out' ORDER BY m.ticket_id"
        assert connection.execute(text(sent)).all() == [(1, "failed", "never_wrote"), (2, "queued", None)]
        both = "t.id = m.ticket_id AND t.contact_id = m.contact_id"
        words = f"SELECT count(*) FROM messages m JOIN tickets t ON {both} WHERE m.read_as = 'written'"
        assert connection.scalar(text(words)) == 4
        assert connection.scalars(text("SELECT ticket_id FROM questions WHERE answered_at IS NULL")).all() == [2]
        connection.commit()

        command.downgrade(schema._alembic(connection), "0004")
        joined = "SELECT t.id, c.address, c.country, c.times_seen FROM tickets t JOIN contacts c ON c.id = t.contact_id ORDER BY t.id"
        known, typed = ("+923001234501", "PK", 4), ("+923331234502", "PK", 0)
        assert connection.execute(text(joined)).all() == [(1, *known), (2, *known), (3, *typed), (4, *typed)]
        assert connection.scalar(text(words)) == 4
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


def test_who_locks_the_file_keeps_no_process_in_line_for_longer_than_a_gateway_waits(sqlite_url: str) -> None:
    """Processes of ours wait for the file one after the other."""
    processes = [make_runtime(sqlite_url) for _ in range(6)]

    def tries(rt: Runtime) -> None:
        with pytest.raises(Overloaded), rt.transaction():
            pass

    path = db.sqlite_path(sqlite_url)
    with contextlib.closing(sqlite3.connect(str(path), isolation_level=None)) as other, ThreadPoolExecutor(len(processes)) as pool:
        other.execute("BEGIN EXCLUSIVE")
        tried = wait([pool.submit(tries, rt) for rt in processes], timeout=12)  # Twilio waits 15 seconds
        other.execute("ROLLBACK")
    assert not tried.not_done
    assert [one.exception() for one in tried.done] == [None] * len(processes)
    for rt in processes:
        rt.close()

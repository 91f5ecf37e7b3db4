"""A database from before words were sealed: `hotline migrate` seals it, whole or not at all, and leaves no plain word behind."""

import contextlib
import sqlite3
from collections.abc import Callable

import pytest
from alembic import command
from sqlalchemy import select, text

from hotline import sealing
from hotline.runtime import Runtime
from hotline.services.texts import sealing as sealing_texts
from hotline.services.texts.sealing import is_plain, seal_plain
from hotline.storage import bridges, db, drafts, events, messages, readings, schema, sealed, shiftdays, typedphones, views
from hotline.storage.models import Contact, Ticket
from hotline.storage.peoplemodels import ShiftDay
from hotline.storage.readingmodels import ReadingRow
from hotline.storage.viewmodels import View
from tests.support import HER, KEYS, OTHER, make_runtime, text_in, tickets

WORD = "zqxcanary"
AT = "2026-11-23 07:00:00.123456"
_BEFORE = f"""
INSERT INTO contacts (id, address, kind, country, language, language_named, may_text, may_call, on_hold, created_at, times_seen)
VALUES (1, '{HER}', 'phone', 'PK', 'ur', false, true, true, false, '{AT}', 3),
       (2, NULL, 'withheld', NULL, 'ur', false, true, true, false, '{AT}', 1);
INSERT INTO teams (id, code, name) VALUES (1, 'street', 'Street');
INSERT INTO volunteers (id, login, name, page_language, languages, is_head, active) VALUES (1, 'alice', 'Alice', 'en', '[]', false, true);
INSERT INTO tickets
(id, reference, contact_id, status, category, priority, sealed, hold, unread, unattended, opened_at, changed_at, version)
VALUES (1, '200000001', 1, 'assigned', 'snatching', 2, false, false, false, false, '{AT}', '{AT}', 1);
INSERT INTO messages (id, direction, contact_id, ticket_id, gateway, gateway_id, body, created_at, read_as)
VALUES (1, 'in', 1, 1, 'twilio', 'SM1', 'mera mobile {WORD} text', '{AT}', 'opened'),
       (2, 'in', 2, NULL, 'twilio', 'SM2', '', '{AT}', 'kept');
INSERT INTO notes (id, ticket_id, volunteer_id, body, written_at) VALUES (1, 1, 1, '{WORD} note ؟', '{AT}');
INSERT INTO events (ticket_id, kind, happened_at, volunteer_id, note_id, data) VALUES (1, 'noted', '{AT}', 1, 1, '{{}}');
INSERT INTO drafts (ticket_id, volunteer_id, body, saved_at) VALUES (1, 1, '{WORD} draft', '{AT}');
INSERT INTO typed_phones (id, ticket_id, address, kind, made_by, made_at) VALUES (7, 1, '{OTHER}', 'another', 1, '{AT}');
INSERT INTO call_plans (ticket_id, code_word) VALUES (1, '{WORD} word');
INSERT INTO shift_days (id, team_id, volunteer_id, on_date, starts, ends, note)
VALUES (1, 1, 1, '2026-11-23', '08:00:00', '16:00:00', '{WORD} shift');
INSERT INTO readings (message_id, read_at, intent, kinds, danger, against, quiet, reasons)
VALUES (1, '{AT}', 'complaint', '[]', 0.1, 0.1, 0.1, '{{"kind": ["{WORD}"]}}');
INSERT INTO views (id, volunteer_id, name, folded, query) VALUES (1, 1, '{WORD} view', '{WORD} view', 'list=mine')
"""


def _from_before(url: str) -> None:
    engine = db.make_engine(url, pool_size=1)
    with engine.connect() as connection:
        command.upgrade(schema._alembic(connection), "0021")
        for statement in _BEFORE.split(";"):
            connection.execute(text(statement.replace(":", r"\:")) if ":" in statement else text(statement))
        if engine.dialect.name == "postgresql":  # rows with an id of their own did not move the sequence
            for name in ("contacts", "tickets", "messages", "events"):
                connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), 100)"))
        connection.commit()
    engine.dispose()


def _read(rt: Runtime) -> list[object]:
    """Everything that was said, as the hotline reads it."""
    with rt.reading() as session:
        contact, ticket = session.get_one(Contact, 1), session.get_one(Ticket, 1)
        [(_, said)] = messages.newest_of(session, 1, until=None, limit=5, longest=99)
        [(_, note)] = events.newest_of(session, 1, until=None, limit=5, longest=99)
        [typed] = typedphones.of_ticket(session, 1)
        return [
            sealed.number_of(rt.keys, contact),
            sealed.number_of(rt.keys, session.get_one(Contact, 2)),
            said,
            note,
            drafts.of(session, ticket.id, 1),
            sealed.typed_number_of(session, typed),
            bridges.code_word(session, bridges.plan(session, 1)),
            shiftdays.note_of(session, session.get_one(ShiftDay, 1)),
            readings.reasons_of(session, session.get_one(ReadingRow, 1)),
            views.of(session, 1, most=5)[0][1:],
        ]


EVERYTHING = [
    HER,
    None,
    f"mera mobile {WORD} text",
    f"{WORD} note ؟",
    f"{WORD} draft",
    OTHER,
    f"{WORD} word",
    f"{WORD} shift",
    {"kind": [WORD]},
    (f"{WORD} view", "list=mine"),
]


def _bytes(url: str) -> bytes:
    path = db.sqlite_path(url)
    assert path is not None
    return b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))


def test_all_of_it_is_read_before_and_after_the_worker_and_nothing_plain_is_left(empty_database_url: str) -> None:
    _from_before(empty_database_url)
    schema.migrate(empty_database_url, KEYS)
    rt = make_runtime(empty_database_url)
    assert _read(rt) == EVERYTHING
    text_in(rt, "phir aaye the")  # the phone is known by its mark
    assert [ticket.contact_id for ticket in tickets(rt)][:1] == [1]
    with rt.reading() as session:
        assert len(session.scalars(select(Contact.id)).all()) == 2
    assert seal_plain(rt) == 2
    assert seal_plain(rt) == 0
    assert not is_plain(rt)
    with rt.reading() as session:
        assert messages.first_in(session, 1, longest=99)[1] == EVERYTHING[2]  # type: ignore[index]
        assert views.of(session, 1, most=5)[0][1:] == EVERYTHING[-1]
        assert WORD not in repr(session.execute(select(*View.__table__.columns)).all())
    rt.close()
    if rt.engine.dialect.name == "sqlite":
        left = _bytes(empty_database_url)
        assert [secret for secret in (WORD, HER, OTHER, HER[3:]) if secret.encode() in left] == []


@pytest.mark.parametrize("breaks", ["mark", "seal", "wrap"])
def test_killed_half_way_it_is_as_it_was_and_can_be_begun_again(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch, breaks: str
) -> None:
    _from_before(empty_database_url)
    real: Callable[..., bytes] = getattr(sealing, breaks)
    calls = 0

    def killed(*given: object) -> bytes:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt
        return real(*given)

    with monkeypatch.context() as patch:
        patch.setattr(sealing, breaks, killed)
        with pytest.raises(KeyboardInterrupt):
            schema.migrate(empty_database_url, KEYS)
    engine = db.make_engine(empty_database_url, pool_size=1)
    with engine.connect() as connection:
        assert connection.scalars(text("SELECT address FROM contacts ORDER BY id")).all() == [HER, None]
        assert connection.scalar(text("SELECT body FROM notes")) == EVERYTHING[3]
    engine.dispose()
    schema.migrate(empty_database_url, KEYS)
    rt = make_runtime(empty_database_url)
    assert _read(rt) == EVERYTHING
    rt.close()


def test_killed_before_free_pages_are_overwritten_it_overwrites_them_the_next_time(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or without room on the disk for it: the schema is the newest by then."""
    path = db.sqlite_path(empty_database_url)
    if path is None:
        return
    _from_before(empty_database_url)
    with contextlib.closing(sqlite3.connect(path)) as before:  # as a build of SQLite deletes that does not overwrite
        before.execute("PRAGMA secure_delete = OFF")
        before.execute(f"CREATE TABLE left AS SELECT '{WORD} ' || hex(randomblob(2000)) AS word")
        before.execute("DROP TABLE left")
        before.commit()

    class Full:
        def execute(self, _: str) -> None:
            raise sqlite3.OperationalError("database or disk is full")

    def killed(_: object) -> None:
        raise KeyboardInterrupt

    real = schema._wipe
    for breaks, told in ((killed, KeyboardInterrupt), (lambda _: real(Full()), schema.MigrationFailed)):  # type: ignore[arg-type]
        with monkeypatch.context() as patched:
            patched.setattr(schema, "_wipe", breaks)
            with pytest.raises(told):
                schema.migrate(empty_database_url, KEYS)
    wiped: list[object] = []
    monkeypatch.setattr(schema, "_wipe", lambda driver: wiped.append(real(driver)))
    for _ in range(2):
        schema.migrate(empty_database_url, KEYS)
    assert len(wiped) == 1
    rt = make_runtime(empty_database_url)
    seal_plain(rt)
    rt.close()
    assert WORD.encode() not in _bytes(empty_database_url)


def test_no_plain_word_stays_in_the_log_of_a_hotline_that_runs(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever number of texts there is: two are one whole batch."""
    monkeypatch.setattr(sealing_texts, "BATCH", 2)
    _from_before(empty_database_url)
    schema.migrate(empty_database_url, KEYS)
    rt = make_runtime(empty_database_url)
    text_in(rt, "phir aaye the")
    assert seal_plain(rt) == 2
    seal_plain(rt)
    if rt.engine.dialect.name == "sqlite":
        assert WORD.encode() not in _bytes(empty_database_url)
    rt.close()


def test_without_keys_it_is_refused_and_stays_as_it_was(empty_database_url: str) -> None:
    _from_before(empty_database_url)
    with pytest.raises(RuntimeError, match="HOTLINE_KEYS_FILE"):
        schema.migrate(empty_database_url)
    schema.migrate(empty_database_url, KEYS)

"""What people wrote, and their numbers, stand nowhere in the database. What is sealed opens in its own row only."""

from pathlib import Path

import pytest
from sqlalchemy import JSON, LargeBinary, MetaData, String, Text, select, update

from hotline.domain.delivery import Delivery
from hotline.runtime import Runtime
from hotline.sealing import SealBroken
from hotline.services.texts.outbound import send_due
from hotline.services.texts.sealing import BATCH, seal_plain
from hotline.services.tickets import views
from hotline.storage import messages, sealed
from hotline.storage.base import Base
from hotline.storage.models import Message
from tests.services.backups.backing import THIRD, WORD, say_everything
from tests.services.colleagues import settle, volunteer
from tests.support import HER, OTHER, Clock, ScriptedGateway, text_in, texts_out, tickets

_EXCUSED = {
    "alarms.about": "the kind and key of a shift or a request",
    "alarms.code": "two digits",
    "backups.data_sha256": "a hash of a file that is sealed",
    "book_pages.digest": "a keyed hash",
    "book_pages.marks": "ids and keyed hashes",
    "book_pages.removal": "a keyed hash",
    "book_pages.rows_digest": "a keyed hash",
    "calls.gateway_id": "the gateway's own id",
    "calls.walk": "keys pressed in the menu, and codes",
    "contacts.mark": "a keyed mark",
    "contacts.uid": "drawn at random",
    "events.data": "codes and ids",
    "gateway_copies.gateway_id": "the gateway's own id",
    "gateway_logs.gateway": "our own name of a gateway",
    "gateway_logs.page": "the gateway's own name of a page",
    "gateway_logs.what": "texts, calls or recordings",
    "grants.what": "a right, as a code",
    "invitations.token_sha256": "a hash of what is drawn at random",
    "logins.browser": "the name of a volunteer's browser",
    "logins.key_sha256": "a hash of what is drawn at random",
    "login_throttles.login": "a volunteer's login, or what is counted",
    "messages.gateway_id": "the gateway's own id, or a form's token",
    "messages.head": "a gateway's own id",
    "messages.plain": "from before; a worker empties it",
    "people_events.data": "codes and days",
    "photos.gateway_id": "the gateway's own id",
    "photos.sha256": "a hash of what is stored",
    "photos.stored_as": "a name drawn at random",
    "readings.kinds": "codes",
    "recordings.gateway_id": "the gateway's own id",
    "recordings.sha256": "a hash of what is stored",
    "recordings.stored_as": "a name drawn at random",
    "redactions.left": "a name drawn at random",
    "sent_parts.gateway_id": "the gateway's own id",
    "suppressed.mark": "a keyed mark",
    "teams.name": "a team's",
    "teams.names": "a team's",
    "typed_phones.mark": "a keyed mark",
    "views.folded": "a keyed mark",
    "views.name": "from before; a worker empties it",
    "views.query": "codes and marks of words",
    "volunteers.languages": "codes",
    "volunteers.login": "a volunteer's",
    "volunteers.name": "a volunteer's",
    "volunteers.password_hash": "a hash",
    "volunteers.totp_seed": "drawn at random; the secret is derived from it and HOTLINE_SECRET_KEY",
    "wipings.uid": "drawn at random",
}
_SHORT = 41
"""Shorter columns hold codes."""


def test_every_column_that_could_hold_words_is_sealed_or_excused() -> None:
    wide = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Text | JSON | LargeBinary) or (isinstance(column.type, String) and (column.type.length or 99) > _SHORT)
    }
    assert wide - sealed.SEALED - _EXCUSED.keys() == set()
    assert sealed.SEALED - wide == set()
    assert all(isinstance(column.type, LargeBinary) for table in Base.metadata.sorted_tables for column in table.columns
               if f"{table.name}.{column.name}" in sealed.SEALED)  # fmt: skip


@pytest.fixture(autouse=True)
def _organisation(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)


def _everything(rt: Runtime) -> bytes:
    """Every value of every table, and where the database is a file, its bytes."""
    tables = MetaData()
    tables.reflect(rt.engine)
    with rt.engine.connect() as connection:
        rows = [repr(tuple(row)).encode() for table in tables.sorted_tables for row in connection.execute(table.select())]
    path = rt.engine.url.database or ""
    files = [file.read_bytes() for file in Path(path).parent.glob(f"{Path(path).name}*")] if rt.engine.dialect.name == "sqlite" else []
    return b"\n".join((*rows, *files))


def test_nothing_that_was_said_and_no_number_stands_in_the_database(rt: Runtime) -> None:
    say_everything(rt)
    views.save(rt, volunteer(rt, "alice"), f"list {WORD}", "list=mine")
    found = _everything(rt)
    assert len(found) > 5_000
    for secret in (WORD, HER, OTHER, THIRD, HER[1:], HER[3:], "cheen liya"):
        assert secret.encode() not in found, secret
        assert secret.encode().hex().encode() not in found, secret


def test_texts_of_one_contact_cannot_be_exchanged_and_what_does_not_open_hides_no_other(rt: Runtime, clock: Clock) -> None:
    text_in(rt, "mera mobile cheen liya do larkon ne")
    clock.forward(seconds=30)
    text_in(rt, "koi nahi aaya abhi tak")
    with rt.transaction() as tx:
        one, two = tx.session.scalars(select(Message).where(Message.direction == "in").order_by(Message.id)).all()
        tx.session.execute(update(Message).where(Message.id == one.id).values(sealed=two.sealed))
    with rt.reading() as session:
        one, two = session.scalars(select(Message).where(Message.direction == "in").order_by(Message.id)).all()
        with pytest.raises(SealBroken):
            sealed.body_of(session, one)
        assert [words for _, words in messages.newest_of(session, tickets(rt)[0].id, until=None, limit=5, longest=50) if "nahi" in words]
        assert messages.first_in(session, tickets(rt)[0].id, longest=50)[1] == sealed.UNREADABLE  # type: ignore[index]


def test_a_text_that_does_not_open_is_not_sent_and_keeps_no_other_from_leaving(rt: Runtime) -> None:
    text_in(rt, "mera mobile cheen liya do larkon ne")
    text_in(rt, "meri gari chori ho gai", sender=OTHER)
    first = texts_out(rt)[0]
    with rt.transaction() as tx:
        tx.session.execute(update(Message).where(Message.id == first.id).values(sealed=b"\1" + b"x" * 60))
    gateway = ScriptedGateway()
    send_due(rt, gateway.alone, for_s=10)
    assert [one.to for one in gateway.taken] == [OTHER]
    assert (texts_out(rt)[0].delivery, texts_out(rt)[0].reason) == (Delivery.FAILED, "unreadable")


def test_texts_from_before_are_read_until_a_worker_has_sealed_them(rt: Runtime) -> None:
    text_in(rt, f"mera mobile cheen liya {WORD}")
    ticket = tickets(rt)[0]
    with rt.transaction() as tx:
        tx.session.execute(update(Message).where(Message.direction == "in").values(sealed=None, plain=f"purani baat {WORD}"))
    with rt.reading() as session:
        assert messages.first_in(session, ticket.id, longest=50)[1] == f"purani baat {WORD}"  # type: ignore[index]
    assert seal_plain(rt) == 1 < BATCH
    assert seal_plain(rt) == 0
    with rt.reading() as session:
        assert messages.first_in(session, ticket.id, longest=50)[1] == f"purani baat {WORD}"  # type: ignore[index]
    with rt.reading() as session:
        rows = session.execute(select(*Message.__table__.columns)).all()
    assert WORD not in repr(rows)

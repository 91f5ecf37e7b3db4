"""Numbers and words are sealed: all but texts at once, while nothing else runs; texts by a worker, while people text."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import sqlalchemy as sa
from alembic import context, op

from hotline import sealing
from hotline.keys import Keys
from hotline.sealing import ContactKey

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_AT_ONCE = 1000
_PLAIN = sa.text("plain IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "key_prints",
        sa.Column("name", sa.String(length=24), nullable=False),
        sa.Column("print", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_key_prints")),
    )
    with op.batch_alter_table("contacts") as batch_op:
        batch_op.add_column(sa.Column("uid", sa.LargeBinary(length=16), nullable=True))
        batch_op.add_column(sa.Column("mark", sa.LargeBinary(length=16), nullable=True))
        batch_op.add_column(sa.Column("number", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("wrapped_key", sa.LargeBinary(), nullable=True))
    _each("contacts", "SELECT id, address FROM contacts", _seal_contact)
    with op.batch_alter_table("contacts", recreate=_how()) as batch_op:
        batch_op.alter_column("uid", existing_type=sa.LargeBinary(length=16), nullable=False)
        batch_op.drop_constraint("uq_contacts_address", type_="unique")
        batch_op.drop_column("address")
        batch_op.create_unique_constraint(batch_op.f("uq_contacts_mark"), ["mark"])
    _change(
        "typed_phones",
        "SELECT t.id, t.address, k.contact_id FROM typed_phones t JOIN tickets k ON k.id = t.ticket_id",
        _seal_typed,
        drop="address",
        add=(sa.Column("mark", sa.LargeBinary(length=16), nullable=True), sa.Column("number", sa.LargeBinary(), nullable=True)),
        index=("ix_typed_phones_address", "ix_typed_phones_mark", "mark"),
    )
    _change(
        "notes",
        "SELECT n.id, n.body, n.written_at, k.contact_id FROM notes n JOIN tickets k ON k.id = n.ticket_id",
        _seal_note,
        drop="body",
        add=(sa.Column("sealed", sa.LargeBinary(), nullable=True),),
    )
    _change(
        "drafts",
        "SELECT d.ticket_id, d.volunteer_id, d.body, k.contact_id FROM drafts d JOIN tickets k ON k.id = d.ticket_id",
        _seal_draft,
        drop="body",
        add=(sa.Column("sealed", sa.LargeBinary(), nullable=False, server_default=""),),
        key="ticket_id = :ticket_id AND volunteer_id = :volunteer_id",
    )
    with op.batch_alter_table("drafts") as batch_op:
        batch_op.alter_column("sealed", existing_type=sa.LargeBinary(), existing_nullable=False, server_default=None)
    _change(
        "call_plans",
        "SELECT p.ticket_id, p.code_word, k.contact_id FROM call_plans p JOIN tickets k ON k.id = p.ticket_id",
        _seal_code_word,
        drop="code_word",
        add=(sa.Column("code_word", sa.LargeBinary(), nullable=True),),
        key="ticket_id = :ticket_id",
    )
    _change(
        "shift_days",
        "SELECT id, note FROM shift_days WHERE note IS NOT NULL",
        _seal_hand_over,
        drop="note",
        add=(sa.Column("note", sa.LargeBinary(), nullable=True),),
    )
    _change(
        "readings",
        "SELECT r.message_id, r.reasons, m.contact_id FROM readings r JOIN messages m ON m.id = r.message_id",
        _seal_reasons,
        drop="reasons",
        add=(sa.Column("reasons", sa.LargeBinary(), nullable=True),),
        key="message_id = :message_id",
    )
    with op.batch_alter_table("logins", recreate=_how()) as batch_op:  # what was searched for last is not worth keeping
        batch_op.drop_column("sought")
        batch_op.add_column(sa.Column("sought", sa.LargeBinary(), nullable=True))
    with op.batch_alter_table("messages", recreate=_how()) as batch_op:
        batch_op.alter_column("body", new_column_name="plain", existing_type=sa.Text(), nullable=True)
        batch_op.add_column(sa.Column("sealed", sa.LargeBinary(), nullable=True))
    op.create_index("ix_messages_plain", "messages", ["id"], postgresql_where=_PLAIN, sqlite_where=_PLAIN)


def downgrade() -> None:
    if op.get_bind().scalar(sa.text("SELECT 1 FROM contacts LIMIT 1")) is not None:
        raise RuntimeError("what is sealed is not put back into plain words: restore the backup from before")
    op.drop_index("ix_messages_plain", table_name="messages", postgresql_where=_PLAIN, sqlite_where=_PLAIN)
    with op.batch_alter_table("messages") as batch_op:
        batch_op.drop_column("sealed")
        batch_op.alter_column("plain", new_column_name="body", existing_type=sa.Text(), nullable=False)
    for table, column, before in (
        ("logins", "sought", sa.Column("sought", sa.Text(), nullable=True)),
        ("readings", "reasons", sa.Column("reasons", sa.JSON(), nullable=False)),
        ("shift_days", "note", sa.Column("note", sa.Text(), nullable=True)),
        ("call_plans", "code_word", sa.Column("code_word", sa.Text(), nullable=True)),
        ("drafts", "sealed", sa.Column("body", sa.Text(), nullable=False)),
        ("notes", "sealed", sa.Column("body", sa.Text(), nullable=False)),
    ):
        with op.batch_alter_table(table, recreate=_how()) as batch_op:
            batch_op.drop_column(column)
        with op.batch_alter_table(table, recreate=_how()) as batch_op:
            batch_op.add_column(before)
    op.drop_index("ix_typed_phones_mark", table_name="typed_phones")
    with op.batch_alter_table("typed_phones", recreate=_how()) as batch_op:
        batch_op.drop_column("mark")
        batch_op.drop_column("number")
        batch_op.add_column(sa.Column("address", sa.String(length=64), nullable=False))
    op.create_index("ix_typed_phones_address", "typed_phones", ["address"])
    with op.batch_alter_table("contacts", recreate=_how()) as batch_op:
        batch_op.drop_constraint("uq_contacts_mark", type_="unique")
        for column in ("uid", "mark", "number", "wrapped_key"):
            batch_op.drop_column(column)
        batch_op.add_column(sa.Column("address", sa.String(length=64), nullable=True))
        batch_op.create_unique_constraint(batch_op.f("uq_contacts_address"), ["address"])
    op.drop_table("key_prints")


def _how() -> Literal["always", "never"]:
    return "always" if op.get_bind().dialect.name == "sqlite" else "never"  # as a new database has it


def _keys() -> Keys:
    keys: Keys | None = context.config.attributes.get("keys")
    if keys is None:
        raise RuntimeError("there are numbers and words to be sealed: HOTLINE_KEYS_FILE must name the keys (hotline keys new)")
    return keys


Row = sa.RowMapping


def _each(table: str, query: str, sealed: Callable[[Row], Mapping[str, Any]], *, key: str = "id = :id") -> None:
    """Seal every row that the query finds: store what `sealed` returns, which also has the parameters of `key`."""
    bind = op.get_bind()
    rows = bind.execute(sa.text(query)).mappings().all()
    for start in range(0, len(rows), _AT_ONCE):
        _store(table, key, [sealed(row) for row in rows[start : start + _AT_ONCE]])


def _store(table: str, key: str, rows: Sequence[Mapping[str, Any]]) -> None:
    known = {name for name in rows[0] if f":{name}" in key}
    columns = ", ".join(f"{name} = :{name}" for name in rows[0] if name not in known)
    op.get_bind().execute(sa.text(f"UPDATE {table} SET {columns} WHERE {key}"), [dict(row) for row in rows])  # noqa: S608 - names of ours


def _change(
    table: str,
    query: str,
    sealed: Callable[[Row], Mapping[str, Any]],
    *,
    drop: str,
    add: Sequence[sa.Column[Any]],
    key: str = "id = :id",
    index: tuple[str, str, str] | None = None,
) -> None:
    """Put sealed columns in the place of a plain one. `index`: the name of its index, the name of the new one, and the new one's column."""
    rows = [sealed(row) for row in op.get_bind().execute(sa.text(query)).mappings()]
    if index is not None:
        op.drop_index(index[0], table_name=table)
    with op.batch_alter_table(table, recreate=_how()) as batch_op:
        batch_op.drop_column(drop)
    with op.batch_alter_table(table, recreate=_how()) as batch_op:
        for column in add:
            batch_op.add_column(column)
    if index is not None:
        op.create_index(index[1], table, [index[2]])
    for start in range(0, len(rows), _AT_ONCE):
        _store(table, key, rows[start : start + _AT_ONCE])


def _seal_contact(row: Row) -> Mapping[str, Any]:
    keys, made = _keys(), sealing.new_contact_key()
    address = row["address"]
    return {
        "id": row["id"],
        "uid": made.uid,
        "wrapped_key": sealing.wrap(keys, made),
        "mark": sealing.mark(keys, address) if address is not None else None,
        "number": made.seal("contacts.number", address) if address is not None else None,
    }


def _key_of(contact_id: int) -> ContactKey:
    found = op.get_bind().execute(sa.text("SELECT uid, wrapped_key FROM contacts WHERE id = :id"), {"id": contact_id}).one()
    return sealing.unwrap(_keys(), bytes(found.uid), bytes(found.wrapped_key))


def _seal_typed(row: Row) -> Mapping[str, Any]:
    number = _key_of(row["contact_id"]).seal("typed_phones.number", row["address"], row["id"])
    return {"id": row["id"], "mark": sealing.mark(_keys(), row["address"]), "number": number}


def _seal_note(row: Row) -> Mapping[str, Any]:
    return {"id": row["id"], "sealed": _key_of(row["contact_id"]).seal("notes.sealed", row["body"], _time(row["written_at"]))}


def _seal_draft(row: Row) -> Mapping[str, Any]:
    bound = row["ticket_id"], row["volunteer_id"]
    words = _key_of(row["contact_id"]).seal("drafts.sealed", row["body"], *bound)
    return {"ticket_id": bound[0], "volunteer_id": bound[1], "sealed": words}


def _seal_code_word(row: Row) -> Mapping[str, Any]:
    word = row["code_word"]
    sealed = _key_of(row["contact_id"]).seal("call_plans.code_word", word) if word else None
    return {"ticket_id": row["ticket_id"], "code_word": sealed}


def _seal_hand_over(row: Row) -> Mapping[str, Any]:
    return {
        "id": row["id"],
        "note": sealing.seal(_keys().staff, row["note"].encode("utf-8", "surrogatepass"), "shift_days.note", row["id"]),
    }


def _seal_reasons(row: Row) -> Mapping[str, Any]:
    reasons = row["reasons"] if isinstance(row["reasons"], str) else json.dumps(row["reasons"], ensure_ascii=False)
    sealed = _key_of(row["contact_id"]).seal("readings.reasons", reasons, row["message_id"])
    return {"message_id": row["message_id"], "reasons": sealed}


def _time(at: Any) -> int:
    """A time as `storage.sealed` binds it, from what the driver gives: SQLite has it as text, in UTC."""
    found = datetime.fromisoformat(at) if isinstance(at, str) else at
    return round((found if found.tzinfo is not None else found.replace(tzinfo=UTC)).timestamp() * 1_000_000)

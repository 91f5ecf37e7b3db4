"""A text or a call that opens a ticket: the ticket, its first event, the text and the receipt.

On PostgreSQL one statement stores all of them: each statement is a round trip to the server, which costs more than storing a row.
"""

import functools
from collections.abc import Mapping
from typing import Any

from sqlalchemy import CTE, Select, bindparam, null, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from hotline.storage import events, messages, outgoing, sealed, tickets
from hotline.storage.db import execute, is_sqlite, table
from hotline.storage.events import NewEvent
from hotline.storage.models import Event, Message, Ticket
from hotline.storage.rows import TextIn, TextOut, TicketRow


def store(
    session: Session, *, ticket: TicketRow, event: NewEvent, text: TextIn | None, receipt: TextOut | None
) -> tuple[int | None, int | None]:
    """Store a new ticket, its first event, and the text and the receipt where given. Returns the ids of ticket and text.

    The ticket's id is None if the reference is taken: nothing was stored. The text's id is None, though a text was given, if the gateway
    had delivered it before: the caller must roll the rest back. The rows are given without the ids that are made here.
    """
    if is_sqlite(session):
        return _one_by_one(session, ticket, event, text, receipt)
    rows: dict[str, Mapping[str, object] | None] = {
        "ticket": ticket,
        "event": event,
        "text": sealed.row_of(session, text) if text is not None else None,
        "receipt": sealed.row_of(session, receipt) if receipt is not None else None,
    }
    values = {f"{name}_{column}": value for name, row in rows.items() if row for column, value in row.items()}
    ticket_id, message_id = execute(session, _together(tuple(values)), values) or (None, None)
    return ticket_id, message_id


def _one_by_one(
    session: Session, ticket: TicketRow, event: NewEvent, text: TextIn | None, receipt: TextOut | None
) -> tuple[int | None, int | None]:
    ticket_id = tickets.insert(session, **ticket)
    if ticket_id is None:
        return None, None
    events.append(session, ticket_id=ticket_id, **event)
    message_id = messages.keep(session, ticket_id=ticket_id, **text) if text is not None else None
    if receipt is not None and (text is None or message_id is not None):
        outgoing.queue(session, ticket_id=ticket_id, answers_id=message_id, **receipt)
    return ticket_id, message_id


@functools.cache
def _together(columns: tuple[str, ...]) -> Select[Any]:
    """The statement that stores all rows. `columns` are the names of its values: the row, an underscore, the column of that row."""

    def given(name: str) -> list[str]:
        return [column.removeprefix(f"{name}_") for column in columns if column.startswith(f"{name}_")]

    def row(name: str, model: type, ids: Mapping[str, Any]) -> Any:
        rows = table(model)
        values = [bindparam(f"{name}_{column}", type_=rows.c[column].type) for column in given(name)]
        return insert(rows).from_select([*given(name), *ids], select(*values, *ids.values()))

    opened = table(Ticket)
    ticket: CTE = (
        insert(opened)
        .values({column: bindparam(f"ticket_{column}", type_=opened.c[column].type) for column in given("ticket")})
        .on_conflict_do_nothing(index_elements=["reference"])
        .returning(opened.c.id)
        .cte("ticket")
    )
    event = row("event", Event, {"ticket_id": ticket.c.id}).cte("event")
    opening: dict[str, Any] = {"ticket_id": ticket.c.id}
    message_id: Any = null()
    if given("text"):
        kept = table(Message)
        text: CTE = (
            row("text", Message, opening)
            .on_conflict_do_nothing(index_elements=["gateway", "gateway_id"])
            .returning(kept.c.id, kept.c.ticket_id)
            .cte("text")
        )
        opening, message_id = {"ticket_id": text.c.ticket_id, "answers_id": text.c.id}, select(text.c.id).scalar_subquery()
    found = select(select(ticket.c.id).scalar_subquery(), message_id).add_cte(event)
    return found.add_cte(row("receipt", Message, opening).cte("receipt")) if given("receipt") else found

"""In tests a loaded row shows what is sealed in it: `message.body`, `contact.address`. In the hotline neither is there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Engine, event, select, update
from sqlalchemy.orm import Session, object_session

from hotline.keys import KeyFile
from hotline.sealing import mark, new_contact_key, wrap
from hotline.storage import drafts, sealed
from hotline.storage.models import Contact, Draft, Message, Note, TypedPhone
from hotline.storage.writing import WRITES
from tests.support import KEYS, keys_file


def is_phone(number: str) -> ColumnElement[bool]:
    """The condition that a contact, or a row joined with one, is of that number."""
    return Contact.mark == mark(KEYS, number)


def has_words(session: Session, words: str) -> ColumnElement[bool]:
    """The condition that a text has these words."""
    return Message.id.in_([message.id for message in session.scalars(select(Message)) if message.body == words])


def seal(session: Session, message_id: int, words: str) -> None:
    """Put other words into a text."""
    message = session.get_one(Message, message_id)
    key = sealed.needed_key(session, message.contact_id)
    message.sealed = sealed.seal_body(key, words, direction=message.direction, created_at=message.created_at)
    session.flush()


def numbered(number: str) -> dict[str, bytes]:
    """The columns of a contact that has this number."""
    key = new_contact_key()
    return {"uid": key.uid, "wrapped_key": wrap(KEYS, key), "mark": mark(KEYS, number), "number": sealed.seal_number(key, number)}


def renumber(session: Session, contact_id: int, number: str) -> None:
    """Give a contact another number, under the key it has."""
    key = sealed.needed_key(session, contact_id)
    values = {"mark": mark(KEYS, number), "number": sealed.seal_number(key, number)}
    session.execute(update(Contact).where(Contact.id == contact_id).values(**values))


def seal_all(engine: Engine) -> None:
    """Seal the texts that were stored in plain words, as a worker does."""
    with Session(engine.execution_options(**{WRITES: True}), info={sealed.KEYS: KeyFile(Path(keys_file()))}) as session:
        while sealed.seal_plain(session, limit=500):
            session.commit()


def _in_session(row: Any, opened: Callable[[Session, Any], Any]) -> Any:
    """What is sealed in a row, opened in its session, or in one of its database's if that has ended."""
    session = object_session(row)
    if session is not None and sealed.KEYS in session.info:
        return opened(session, row)
    with Session(row.loaded_from, info={sealed.KEYS: KeyFile(Path(keys_file()))}) as another:
        return opened(another, row)


def _note(session: Session, note: Note) -> str:
    return sealed.note_of(sealed.key_of_ticket(session, note.ticket_id), note)


def _draft(session: Session, draft: Draft) -> str:
    return drafts.of(session, draft.ticket_id, draft.volunteer_id)


# As properties: most tests never look, and what is not asked for must not ask the database.
Message.body = property(lambda row: _in_session(row, sealed.body_of))  # type: ignore[attr-defined]
Note.body = property(lambda row: _in_session(row, _note))  # type: ignore[attr-defined]
Draft.body = property(lambda row: _in_session(row, _draft))  # type: ignore[attr-defined]
Contact.address = property(lambda row: sealed.number_of(KEYS, row))  # type: ignore[attr-defined]
TypedPhone.address = property(lambda row: _in_session(row, sealed.typed_number_of))  # type: ignore[attr-defined]
for model in (Message, Note, Draft, TypedPhone):
    event.listen(model, "load", lambda row, context: setattr(row, "loaded_from", context.session.get_bind().engine))

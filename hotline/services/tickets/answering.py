"""Which text of the citizen a volunteer may answer, though the phone is kept quiet: for some minutes its sender probably still holds it."""

from datetime import datetime, timedelta

from hotline.runtime import Reading, Runtime
from hotline.storage import messages
from hotline.storage.models import Contact, Message, Ticket


def to_answer(rt: Runtime, session: Reading, contact: Contact, ticket: Ticket) -> Message | None:
    """The citizen's newest text about a ticket, if a volunteer may answer it now; None if there is none. Each text has one answer."""
    return messages.newest_unanswered(session, ticket.id, contact.id, since=_since(rt, contact, rt.clock()))


def still_answers(rt: Runtime, session: Reading, contact: Contact, message: Message) -> bool:
    """Whether what a volunteer wrote still answers the citizen's text, as it leaves."""
    return message.answers_id is not None and messages.came_at(session, message.answers_id) > _since(rt, contact, rt.clock())


def ends_at(rt: Runtime, text: Message) -> datetime:
    """Until when a volunteer may answer that text."""
    return text.created_at + timedelta(minutes=rt.config.sending.person_answers_minutes)


def _since(rt: Runtime, contact: Contact, now: datetime) -> datetime:
    """A text that came after this may be answered: OFF, or a word that texts are not safe, ends that for the texts before it."""
    said = [at for at in (contact.stopped_at, contact.refused_texts_at) if at is not None]
    return max([now - timedelta(minutes=rt.config.sending.person_answers_minutes), *said])

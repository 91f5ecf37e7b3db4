"""What goes to phones names nothing: neither the matter, nor who is complained of, nor us, nor what the citizen wrote."""

import re

from sqlalchemy import select

from hotline.domain import telltale
from hotline.domain.texts import TEXTS
from hotline.outbox import render
from hotline.runtime import Runtime
from hotline.storage import people
from hotline.storage.models import Contact
from tests.opened import is_phone
from tests.support import texts_out

TOLD_TO_CITIZENS = frozenset({"receipt", "noted", "status_received", "status_in_progress", "status_closed", "status_reopened"})
"""The sentences that a machine may send to a citizen in danger: that we have it, and its stage."""


def to(rt: Runtime, number: str) -> list[tuple[str | None, str | None]]:
    """The key of each text to a number, None for one that a volunteer wrote, and what became of it; oldest first."""
    with rt.reading() as session:
        found = session.scalars(select(Contact.id).where(is_phone(number))).one_or_none()
    return [(text.text_key, text.delivery) for text in texts_out(rt) if text.contact_id == found]


def names_nothing(rt: Runtime) -> None:
    """Assert that each text of ours, but for its digits, is a sentence that depends on its language alone, and gives nothing away."""
    with rt.reading() as session:
        tables = (rt.categories, (*rt.unsaid, telltale.people(people.all_names(session))))
    for text in texts_out(rt):
        if text.text_key is not None:
            sentence = render(rt, TEXTS[text.text_key], text.language or "en", ref="000000000", code="00")
            assert _without_digits(text.body) == _without_digits(sentence)
        assert telltale.telltales(text.body, tables) == (), text.body


def _without_digits(body: str) -> str:
    return re.sub(r"\d+", "#", body)

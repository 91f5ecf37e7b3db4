"""What people said of texts since they were read: the last word, of the text that was meant, and of none that must not be learnt from."""

import dataclasses
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from hotline.domain.correction import NO_COMPLAINT, Correction
from hotline.domain.look import LookAnswer
from hotline.domain.reading import INTENT, KIND, Intent, Part
from hotline.runtime import Runtime
from hotline.services.tickets import facts, kinds, looking, pranks, splitting
from hotline.services.tickets.looking import Given
from hotline.services.tickets.reading import read_due
from hotline.services.tickets.routing import route_due
from hotline.storage.corrections import corrections, texts_read
from hotline.storage.models import Message, Ticket
from tests.opened import has_words
from tests.readings import made_model
from tests.services.colleagues import ORGANISATION, settle, volunteer
from tests.support import HER, OTHER, Clock, text_in, tickets

THEFT = (f"{INTENT} {Intent.COMPLAINT}", f"{KIND} theft")
IN_DANGER = (*THEFT, Part.DANGER)


@pytest.fixture(autouse=True)
def _people(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path, ORGANISATION.replace('teams = ["integrity"]', 'leads = ["integrity"]'))


def comes(rt: Runtime, body: str, sender: str = HER, read_as: tuple[str, ...] = THEFT) -> None:
    """A text comes in and is read."""
    text_in(rt, body, sender=sender)
    assert read_due(dataclasses.replace(rt, reader=dataclasses.replace(rt.reader, model=made_model(*read_as))), limit=5, late=5) == 1


def say(rt: Runtime, answer: LookAnswer, *, by: str = "alice", kind: str = "", area: str = "") -> None:
    """A person looks at the one text that waits."""
    look = looking.take_next(rt, volunteer(rt, by))
    assert look is not None
    looking.answer(rt, volunteer(rt, by), look, Given(answer, kind=kind, area=area))


def last(rt: Runtime) -> Ticket:
    return tickets(rt)[-1]


def name(rt: Runtime, code: str, by: str = "alice", area: str | None = None) -> None:
    """A person names the kind of the last ticket on its page."""
    one = last(rt)
    facts.describe(rt, volunteer(rt, by), one.reference, version=one.version, category=code, area=area or one.area, wants_woman=False)


def said(rt: Runtime) -> dict[str, Correction]:
    with rt.reading() as session:
        return {one.text: one for one in corrections(session, rt.categories)}


def test_what_is_said_in_a_look_is_said_of_its_text_and_what_waits_for_a_second_person_is_not_said(rt: Runtime, clock: Clock) -> None:
    comes(rt, "the matter of the first phone")
    comes(rt, "and nobody has ever helped me since")
    assert not said(rt)  # what nobody looked at is no label
    say(rt, LookAnswer.KIND, kind="snatching", area=rt.areas[0].code)
    one = said(rt)["the matter of the first phone"]
    assert (one.read_kind, one.kind, one.danger, one.against, one.left) == ("theft", "snatching", None, None, False)
    assert (one.place, one.intent, one.teaches) == ((None, rt.areas[0].code), Intent.COMPLAINT, True)
    say(rt, LookAnswer.ORDINARY)
    assert said(rt)["and nobody has ever helped me since"].danger is False
    assert "and nobody has ever helped me since" in said(rt)

    clock.forward(minutes=1)
    comes(rt, "a thing that sounds bad", sender=OTHER, read_as=IN_DANGER)
    say(rt, LookAnswer.DANGER)
    assert said(rt)["a thing that sounds bad"].danger is True
    assert said(rt)["a thing that sounds bad"].was_read(Part.DANGER)
    comes(rt, "I like your advertisement", sender="+923451234503")
    say(rt, LookAnswer.NOT_OURS)
    assert "I like your advertisement" not in said(rt)
    say(rt, LookAnswer.NOT_OURS, by="bob")
    one = said(rt)["I like your advertisement"]
    assert (one.kind, one.danger, one.left) == (NO_COMPLAINT, False, False)
    comes(rt, "it is as it was read", sender="+923451234504")
    say(rt, LookAnswer.ORDINARY)
    one = said(rt)["it is as it was read"]
    assert (one.kind, one.danger, one.left) == (None, False, True)

    with rt.reading() as session:
        assert (texts_read(session), texts_read(session, since=rt.clock() - timedelta(seconds=30))) == (5, 3)
        recent = corrections(session, rt.categories, since=rt.clock() - timedelta(seconds=30))
    assert [one.text for one in recent] == ["a thing that sounds bad", "I like your advertisement", "it is as it was read"]


def test_what_is_said_on_a_page_counts_for_a_lone_text_the_last_word_counts_and_what_is_undone_was_not_said(
    rt: Runtime, clock: Clock
) -> None:
    comes(rt, "the matter of the first phone")
    name(rt, "snatching")
    clock.forward(seconds=1)
    name(rt, "kidnapping")
    one = said(rt)["the matter of the first phone"]
    assert (one.kind, one.danger) == ("kidnapping", True)
    kinds.undo(rt, volunteer(rt, "alice"), last(rt).reference)
    assert (said(rt)["the matter of the first phone"].kind, said(rt)["the matter of the first phone"].danger) == ("snatching", None)
    clock.forward(seconds=1)
    comes(rt, "and nobody has ever helped me since")
    clock.forward(seconds=1)
    name(rt, "land")  # of which text, nobody knows
    assert {text: one.kind for text, one in said(rt).items()} == {"the matter of the first phone": "snatching"}

    text_ids = [one.id for one in _texts(rt)][-1:]
    splitting.split(rt, volunteer(rt, "alice"), last(rt).reference, version=last(rt).version, text_ids=text_ids)
    assert not said(rt)  # a text was taken away from what was said of all

    comes(rt, "an officer is behind it", sender=OTHER)
    facts.seal(rt, volunteer(rt, "alice"), last(rt).reference, version=last(rt).version, kind="police", note="")
    assert said(rt)["an officer is behind it"].against is True
    clock.forward(seconds=1)
    route_due(rt)
    facts.unseal(rt, volunteer(rt, "charlie"), last(rt).reference, version=last(rt).version, note="nobody of the police")
    assert said(rt)["an officer is behind it"].against is False
    comes(rt, "one of you was rude", sender="+923451234503")
    say(rt, LookAnswer.KIND, kind="ours")
    assert (said(rt)["one of you was rude"].kind, said(rt)["one of you was rude"].against) == ("ours", None)


def _texts(rt: Runtime) -> list[Message]:
    with rt.reading() as session:
        return [one for one in session.query(Message).order_by(Message.id) if one.direction == "in"]


def test_faith_erased_texts_and_pranks_are_never_learnt_from(rt: Runtime, clock: Clock) -> None:
    comes(rt, "they say that I have said a thing")
    say(rt, LookAnswer.KIND, kind="religion")
    clock.forward(seconds=1)
    name(rt, "theft", by="lead")  # whatever is said of it later
    comes(rt, "tauheen e risalat ka ilzam laga diya aur mobile bhi le gaye", sender=OTHER)
    say(rt, LookAnswer.DANGER)
    comes(rt, "what was erased", sender="+923451234503")
    say(rt, LookAnswer.KIND, kind="snatching")
    assert list(said(rt)) == ["what was erased"]
    with rt.transaction() as tx:
        tx.session.execute(update(Message).where(has_words(tx.session, "what was erased")).values(sealed=None))
    comes(rt, "ha ha ha you fools", sender="+923451234504")
    say(rt, LookAnswer.KIND, kind="snatching")
    pranks.mark(rt, volunteer(rt, "alice"), last(rt).reference, version=last(rt).version, note="laughs")
    assert list(said(rt)) == ["ha ha ha you fools"]
    pranks.confirm(rt, volunteer(rt, "bob"), last(rt).reference, version=last(rt).version)
    assert not said(rt)

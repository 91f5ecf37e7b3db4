"""A photo that a gateway cannot bring: the citizen is told what to do, and a person sees that something is missing."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from hotline.domain.look import Look
from hotline.gateways.base import IncomingText
from hotline.runtime import Runtime
from hotline.services.texts.intake import Received, receive_text
from hotline.services.texts.photos import fetch_due
from hotline.storage import photos as rows
from hotline.storage import wiping
from hotline.storage.models import Contact, Message
from hotline.storage.wiping import Why
from hotline.web.photopanel import on_page
from tests.photographed import PhotoGateway, photos
from tests.support import HER, OTHER, Clock, count, texts_out, tickets

NOT_BROUGHT = "photo_not_brought"


def send(rt: Runtime, words: str = "", *, sender: str = HER, gateway_id: str | None = None) -> Received:
    """A text with something that does not reach us."""
    return receive_text(rt, "sim1", IncomingText(gateway_id or f"m{count(rt, Message)}", sender, words, not_brought=True))


def told(rt: Runtime) -> list[str]:
    """The keys of what was texted to citizens."""
    return [one.text_key or "" for one in texts_out(rt)]


def looks(rt: Runtime) -> list[int | None]:
    with rt.reading() as session:
        return list(session.scalars(select(Message.look).where(Message.direction == "in").order_by(Message.id)))


def test_a_photo_without_words_opens_a_ticket_and_waits_for_a_look(rt: Runtime) -> None:
    send(rt)
    assert (len(tickets(rt)), looks(rt), told(rt)) == (1, [Look.FIRST], ["receipt", NOT_BROUGHT])
    [photo] = photos(rt)
    assert (photo.state, photo.reason, photo.next_attempt_at, photo.stored_as) == ("lost", rows.NOT_BROUGHT, None, None)
    assert on_page(1, photo).says == "not_brought"


@pytest.mark.parametrize("words", ["shukriya", "STATUS", "salam"])
def test_words_that_ask_nothing_of_a_person_do_when_something_came_with_them(rt: Runtime, words: str) -> None:
    send(rt, words)
    assert looks(rt)[0] is not None
    assert told(rt)[-1] == NOT_BROUGHT


def test_ten_photos_in_an_hour_are_answered_once_and_each_is_noted(rt: Runtime, clock: Clock) -> None:
    for _ in range(10):
        send(rt)
        clock.forward(minutes=5)
    assert (told(rt).count(NOT_BROUGHT), len(photos(rt)), len(tickets(rt))) == (1, 10, 1)
    clock.forward(minutes=11)
    send(rt)
    assert told(rt).count(NOT_BROUGHT) == 2
    send(rt, sender=OTHER)
    assert told(rt).count(NOT_BROUGHT) == 3


def test_a_text_that_is_told_twice_is_one_note_and_one_answer(rt: Runtime) -> None:
    assert send(rt, gateway_id="a") is Received.STORED
    assert send(rt, gateway_id="a") is Received.SEEN_BEFORE
    assert (len(photos(rt)), told(rt)) == (1, ["receipt", NOT_BROUGHT])


def test_who_wants_no_texts_gets_none_and_a_junk_sender_neither(make_rt: Callable[..., Runtime], rt: Runtime) -> None:
    send(rt, "OFF")
    assert NOT_BROUGHT not in told(rt)
    settings = rt.config.conversation
    junk = make_rt(conversation=type(settings)(**{**vars(settings), "junk_senders": ("SHOP",)}))
    before = len(texts_out(junk)), len(photos(junk))
    send(junk, sender="SHOP")
    assert (len(texts_out(junk)), len(photos(junk))) == before


def test_the_answer_goes_in_the_language_of_the_citizen(rt: Runtime) -> None:
    send(rt, "میرا موبائل اورنگی ٹاؤن میں چھین لیا گیا")
    [answer] = [one for one in texts_out(rt) if one.text_key == NOT_BROUGHT]
    assert answer.language == "ur"
    assert answer.segments == 1


def test_nothing_is_fetched_or_kept_at_the_gateway_for_it_and_erasing_it_waits_for_nothing(rt: Runtime, clock: Clock) -> None:
    send(rt, "orangi town mein yeh hua")
    gateway = PhotoGateway()
    assert fetch_due(rt, gateway.alone) is False
    with rt.transaction() as tx:
        assert rows.is_at_gateway(tx.session, photos(rt)[0].message_id) is False
        wiping.wipe_contact(tx.session, tx.session.scalars(select(Contact.id)).one(), now=tx.now, why=Why.WISH)
    clock.forward(days=1)
    assert fetch_due(rt, gateway.alone) is False
    assert gateway.asked == []
    assert [(one.state, one.reason) for one in photos(rt)] == [("lost", rows.NOT_BROUGHT)]

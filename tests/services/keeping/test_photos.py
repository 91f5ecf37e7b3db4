"""Photos are kept as long as recordings, and go with their citizen."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select, update

from hotline.runtime import Runtime
from hotline.services.keeping import retention
from hotline.services.keeping.forgetting import forget_due
from hotline.services.people import keysafe
from hotline.storage import photos as rows
from hotline.storage import wiping
from hotline.storage.models import Contact, Message, Ticket
from hotline.storage.wiping import Why
from tests.photographed import PhotoGateway, a_photo, fetch, files, opened, photos
from tests.recorded import RecordingGateway
from tests.services.colleagues import settle
from tests.services.keeping.ended import end, forward
from tests.support import Clock, ScriptedGateway, tickets

WORDS = "orangi town mein yeh hua"


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    made = make_rt(data_dir=tmp_path)
    settle(made, tmp_path)
    return made


@pytest.fixture
def gateway() -> PhotoGateway:
    return PhotoGateway()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "recordings"


def ended(rt: Runtime, gateway: PhotoGateway) -> Ticket:
    """A ticket with a photo, that was ended."""
    a_photo(rt, gateway, body=WORDS)
    fetch(rt, gateway)
    end(rt, tickets(rt)[-1].reference)
    return tickets(rt)[-1]


# How long


def test_a_photo_goes_as_a_recording_does_and_the_words_stay(rt: Runtime, gateway: PhotoGateway, clock: Clock, folder: Path) -> None:
    ended(rt, gateway)
    forward(clock, 89)
    assert retention.expected(rt, days=2)["photos"] == 1
    retention.sweep(rt)
    assert len(files(folder)) == 1
    forward(clock, 1)
    retention.sweep(rt)
    fetch(rt, gateway)
    assert (files(folder), photos(rt)[0].preview, photos(rt)[0].reason) == ([], None, "erased")
    with rt.reading() as session:
        assert session.scalars(select(Message.sealed)).first() is not None


def test_while_a_photo_is_on_its_way_nothing_of_its_ticket_goes(rt: Runtime, gateway: PhotoGateway, clock: Clock) -> None:
    a_photo(rt, gateway, body=WORDS)
    end(rt, tickets(rt)[-1].reference)
    forward(clock, 400)
    retention.sweep(rt)
    assert tickets(rt)[0].goes_at is None
    fetch(rt, gateway)
    end(rt, tickets(rt)[-1].reference)
    retention.sweep(rt)
    assert tickets(rt)[0].goes_at is None  # its days are counted from its end


def test_photos_of_texts_without_a_ticket_go_with_their_texts(rt: Runtime, gateway: PhotoGateway, clock: Clock, folder: Path) -> None:
    a_photo(rt, gateway, body="STOP")
    fetch(rt, gateway)
    with rt.transaction() as tx:
        tx.session.execute(update(Message).values(look=None, to_read=None))
    assert (tickets(rt), len(files(folder))) == ([], 1)
    forward(clock, 400)
    retention.sweep(rt)
    fetch(rt, gateway)
    assert files(folder) == []


def test_a_text_stays_at_the_gateway_until_its_photo_is_with_us_alone(rt: Runtime, gateway: PhotoGateway, clock: Clock) -> None:
    a_photo(rt, gateway, body=WORDS)
    texts = ScriptedGateway()

    def forget() -> list[str]:
        forward(clock, 30)
        for _ in range(3):
            forget_due(rt, texts.alone, {"twilio": RecordingGateway()})
        return texts.deleted

    assert not any(one.startswith("MM") for one in forget())
    fetch(rt, gateway)
    assert any(one.startswith("MM") for one in forget())


# With their citizen


def test_who_is_erased_has_no_photo_left_here_or_at_the_gateway(rt: Runtime, gateway: PhotoGateway, folder: Path) -> None:
    ended(rt, gateway)
    a_photo(rt, gateway, body=WORDS)  # not fetched yet
    with rt.transaction() as tx:
        wiping.wipe_contact(tx.session, tx.session.scalars(select(Contact.id)).one(), now=tx.now, why=Why.WISH)
    fetch(rt, gateway)
    assert (files(folder), gateway.photos, [one.state for one in photos(rt)]) == ([], {}, ["lost", "lost"])


def test_every_photo_of_a_citizen_is_sealed_anew_under_a_new_key(rt: Runtime, gateway: PhotoGateway, folder: Path) -> None:
    ended(rt, gateway)
    before, was = files(folder), opened(rt, photos(rt)[0])
    with rt.reading() as session:
        old = rows.key_of(session, photos(rt)[0])
    assert keysafe.seal_anew(rt, lambda _: None) == (1, 0)
    [photo] = photos(rt)
    assert len(files(folder)) == 1
    assert files(folder) != before
    assert opened(rt, photo) == was
    with rt.reading() as session:
        new = rows.key_of(session, photo)
        assert new is not None
        assert new != old
        assert rows.preview_of(new, photo).startswith(b"\xff\xd8\xff")

"""Photos stand in backups, and come back from none once they were wiped."""

from pathlib import Path

import pytest
from sqlalchemy import select

from hotline.config import Config
from hotline.runtime import Runtime
from hotline.services.backups.restoring import restore
from hotline.services.tickets import photos as seeing
from hotline.services.tickets.routing import route_due
from hotline.storage import wiping
from hotline.storage.photomodels import Photo
from hotline.storage.wiping import Why
from tests.photographed import PhotoGateway, a_photo, fetch, files, opened, photos
from tests.services.backups.backing import Safe, started
from tests.services.colleagues import volunteer
from tests.support import NOON, text_in, tickets

WORDS = "orangi town mein yeh hua"


@pytest.fixture
def gateway() -> PhotoGateway:
    return PhotoGateway()


def test_a_photo_stands_in_a_backup_and_is_opened_where_it_is_restored(
    rt: Runtime, gateway: PhotoGateway, kept: Safe, into: Config
) -> None:
    a_photo(rt, gateway, body=WORDS)
    fetch(rt, gateway)
    was = opened(rt, photos(rt)[0])
    made = kept.make(rt)
    told = restore(into, kept.identity, made.data, made.keys, now=NOON)
    assert (told.recordings, told.absent) == (1, 0)
    with started(into) as new:
        assert opened(new, photos(new)[0]) == was


@pytest.mark.parametrize("how", ["with its text", "by itself"])
def test_what_was_wiped_after_the_backup_does_not_come_back(rt: Runtime, gateway: PhotoGateway, kept: Safe, into: Config, how: str) -> None:
    a_photo(rt, gateway, body=WORDS)
    fetch(rt, gateway)
    route_due(rt)
    [ticket] = tickets(rt)
    made = kept.make(rt)
    if how == "by itself":
        for login, change in (("lead", seeing.mask), ("head", seeing.remove)):
            change(rt, volunteer(rt, login), ticket.reference, version=tickets(rt)[0].version, photo_id=photos(rt)[0].id)
    else:
        with rt.transaction() as tx:
            wiping.wipe_ticket(tx.session, ticket.id, now=tx.now, why=Why.WISH)
    newer = _later(kept, rt)
    restore(into, kept.identity, made.data, newer, now=NOON)
    with started(into) as new:
        [photo] = photos(new)
        assert (photo.state, photo.preview, photo.reason) == ("going", None, "erased")
        fetch(new, gateway)
        assert files(into.data_dir / "recordings") == []


def _later(kept: Safe, rt: Runtime) -> Path:
    """The keys file of a second backup, a moment later."""
    rt.clock.forward(minutes=1)  # type: ignore[attr-defined]
    return kept.make(rt).keys


def test_a_photo_that_was_awaited_when_the_backup_was_made_is_fetched(rt: Runtime, gateway: PhotoGateway, kept: Safe, into: Config) -> None:
    text_in(rt, WORDS)
    a_photo(rt, gateway)
    made = kept.make(rt)
    restore(into, kept.identity, made.data, made.keys, now=NOON)
    with started(into) as new:
        fetch(new, gateway)
        assert [one.state for one in photos(new)] == ["done"]
    with rt.reading() as session:
        assert session.scalars(select(Photo.state)).one() == "awaited"

"""A photo comes to us, without the place in it, whatever breaks on the way. Only then is it deleted at the gateway."""

import dataclasses
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest
from sqlalchemy import select, update

from hotline.alarms import AlarmKind
from hotline.domain.look import Look
from hotline.gateways.base import GatewayError, IncomingText, Outcome
from hotline.jobs import Job
from hotline.media import store as media_store
from hotline.media.store import StoreFault
from hotline.runtime import Runtime
from hotline.sealing import SealBroken
from hotline.services.people import keysafe
from hotline.services.texts import photos as subject
from hotline.services.texts.intake import Received, receive_text
from hotline.services.texts.photos import fetch_due
from hotline.services.tickets.routing import route_due
from hotline.storage import photos as rows
from hotline.storage import wiping
from hotline.storage.contacts import ERASED
from hotline.storage.models import Alarm, Contact, Event, Message
from hotline.storage.photomodels import Photo
from hotline.storage.wiping import Why
from tests.photographed import PLACE, PhotoGateway, a_photo, fetch, files, opened, photos, picture
from tests.recorded import Killed
from tests.services.colleagues import settle, volunteer
from tests.support import HER, Clock, ScriptedGateway, count, tickets

AWAY = GatewayError("503", Outcome.UNKNOWN)
PLACE_NAMED = "orangi town mein yeh hua"


@pytest.fixture
def gateway() -> PhotoGateway:
    return PhotoGateway()


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    return make_rt(data_dir=tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "recordings"


def states(rt: Runtime) -> list[tuple[str, str | None]]:
    return [(one.state, one.reason) for one in photos(rt)]


def happened(rt: Runtime) -> list[str]:
    with rt.reading() as session:
        return list(session.scalars(select(Event.kind).where(Event.kind.like("photo_%")).order_by(Event.id)))


def wipe(rt: Runtime) -> None:
    """The citizen is erased."""
    with rt.transaction() as tx:
        of_the_photo = select(Message.contact_id).join(Photo, Photo.message_id == Message.id).distinct()
        wiping.wipe_contact(tx.session, tx.session.scalars(of_the_photo).one(), now=tx.now, why=Why.WISH)


def until_settled(rt: Runtime, gateway: PhotoGateway, clock: Clock, *, hours: float) -> None:
    """Fetch every ten minutes for so many hours."""
    for _ in range(round(hours * 6)):
        fetch(rt, gateway)
        clock.forward(minutes=10)
    fetch(rt, gateway)


# As it should be


def test_it_is_made_anew_sealed_and_then_forgotten_at_the_gateway(rt: Runtime, gateway: PhotoGateway, folder: Path) -> None:
    [gateway_id] = a_photo(rt, gateway, picture(640, 480), body=PLACE_NAMED)
    assert Job.FETCH_PHOTOS in rt.bell.rung  # type: ignore[attr-defined]
    fetch(rt, gateway)
    [photo] = photos(rt)
    assert (photo.state, photo.width, photo.height, photo.next_attempt_at, photo.reason) == ("done", 640, 480, None, None)
    [name] = files(folder)
    stored = (folder / name).read_bytes()
    assert (photo.stored_as, photo.size_bytes, photo.sha256) == (name, len(stored), hashlib.sha256(stored).hexdigest())
    assert opened(rt, photo).startswith(b"\xff\xd8\xff")
    assert PLACE not in opened(rt, photo)
    assert b"\xff\xd8\xff" not in stored  # sealed
    assert gateway.asked == [("fetch", gateway_id), ("delete", gateway_id)]
    assert gateway.photos == {}
    assert happened(rt) == ["photo_came"]
    [ticket] = tickets(rt)
    assert ticket.unread


def test_its_name_says_nothing_of_whose_it_is_and_its_preview_is_sealed(rt: Runtime, gateway: PhotoGateway, folder: Path) -> None:
    [gateway_id] = a_photo(rt, gateway)
    fetch(rt, gateway)
    [photo], [ticket] = photos(rt), tickets(rt)
    assert len(photo.stored_as or "") == len("0" * 32 + ".jpg.sealed")
    assert not any(known in (photo.stored_as or "") for known in (gateway_id, ticket.reference))
    assert photo.preview is not None
    assert b"\xff\xd8" not in photo.preview[:8]
    with rt.reading() as session:
        key = rows.key_of(session, photo)
        assert key is not None
        assert rows.preview_of(key, photo).startswith(b"\xff\xd8\xff")
        photo.id += 1
        with pytest.raises(SealBroken):
            rows.preview_of(key, photo)


def test_several_photos_of_one_text_all_come_and_a_second_delivery_brings_none_twice(
    rt: Runtime, gateway: PhotoGateway, folder: Path
) -> None:
    ids = a_photo(rt, gateway, picture(), picture(colour="blue"), picture(colour="green"))
    again = IncomingText(ids[0].split("/")[0], HER, "", photos=tuple(ids))
    assert receive_text(rt, gateway.name, again) is Received.SEEN_BEFORE
    fetch(rt, gateway)
    assert receive_text(rt, gateway.name, again) is Received.SEEN_BEFORE
    fetch(rt, gateway)
    assert (states(rt), len(files(folder)), len(tickets(rt))) == ([("done", None)] * 3, 3, 1)


def test_more_than_there_is_time_for_is_told(rt: Runtime, gateway: PhotoGateway) -> None:
    a_photo(rt, gateway)
    assert fetch_due(rt, gateway.alone, for_s=0) is True


# On a ticket, for a person to look at


def looks(rt: Runtime) -> list[tuple[int | None, bool]]:
    """How soon each text is looked at, and whether it is on a ticket."""
    with rt.reading() as session:
        found = session.scalars(select(Message).where(Message.direction == "in").order_by(Message.id))
        return [(one.look, one.ticket_id is not None) for one in found]


def test_a_photo_alone_opens_a_ticket_and_comes_first(rt: Runtime, gateway: PhotoGateway) -> None:
    a_photo(rt, gateway)
    assert looks(rt) == [(Look.FIRST, True)]


def test_a_second_photo_joins_the_first_and_is_looked_at_too(rt: Runtime, gateway: PhotoGateway, clock: Clock) -> None:
    a_photo(rt, gateway)
    clock.forward(minutes=1)
    a_photo(rt, gateway)
    assert (looks(rt), len(tickets(rt))) == ([(Look.FIRST, True)] * 2, 1)


@pytest.mark.parametrize("words", ["shukriya", "thanks", "STOP", "help menu", "1", "koi khabar?"])
def test_words_that_ask_nothing_of_a_person_do_when_a_photo_comes_with_them(rt: Runtime, gateway: PhotoGateway, words: str) -> None:
    a_photo(rt, gateway, body=words)
    [(look, _)] = looks(rt)
    assert look is not None


def test_thanks_with_a_photo_are_on_a_ticket(rt: Runtime, gateway: PhotoGateway) -> None:
    a_photo(rt, gateway, body="shukriya")
    assert looks(rt) == [(Look.NEXT, True)]


def test_the_same_words_with_another_photo_join_and_are_looked_at(rt: Runtime, gateway: PhotoGateway, clock: Clock) -> None:
    for _ in range(2):
        a_photo(rt, gateway, body="orangi town mein meri gari chori ho gai")
        clock.forward(hours=8)
    assert (looks(rt)[-1][0] is not None, len(tickets(rt)), len(photos(rt))) == (True, 1, 2)


def test_of_a_junk_sender_nothing_is_fetched(make_rt: Callable[..., Runtime], rt: Runtime, gateway: PhotoGateway) -> None:
    junk = dataclasses.replace(rt.config.conversation, junk_senders=("JAZZ",))
    a_photo(make_rt(conversation=junk), gateway, sender="JAZZ")
    assert photos(rt) == []


# What is no photo


def test_what_is_no_photo_is_kept_as_it_came_and_is_not_shown(rt: Runtime, gateway: PhotoGateway) -> None:
    a_photo(rt, gateway, b"<html>photo.jpg", b"%PDF-1.7")
    fetch(rt, gateway)
    assert states(rt) == [("done", "no_photo")] * 2
    assert [(one.width, one.preview) for one in photos(rt)] == [(None, None)] * 2
    assert [opened(rt, one) for one in photos(rt)] == [b"<html>photo.jpg", b"%PDF-1.7"]
    assert happened(rt) == ["photo_came"] * 2


def test_a_photo_of_which_only_a_part_came_says_so(rt: Runtime, gateway: PhotoGateway) -> None:
    whole = picture(2000, 1500)
    a_photo(rt, gateway, whole[: len(whole) // 2])
    fetch(rt, gateway)
    assert states(rt) == [("done", "not_whole")]


def test_twenty_megabytes_are_given_up_after_an_hour_and_stay_at_the_gateway(rt: Runtime, gateway: PhotoGateway, clock: Clock) -> None:
    [gateway_id] = a_photo(rt, gateway, bytes(20 << 20))
    until_settled(rt, gateway, clock, hours=2)
    assert (states(rt), list(gateway.photos), happened(rt)) == ([("lost", "too_large")], [gateway_id], ["photo_lost"])


# The gateway and the store fail


def test_a_gateway_that_is_away_is_asked_again_for_three_days(rt: Runtime, gateway: PhotoGateway, clock: Clock) -> None:
    a_photo(rt, gateway)
    gateway.meets = [AWAY] * 400
    until_settled(rt, gateway, clock, hours=60)
    assert [state for state, _ in states(rt)] == ["awaited"]
    gateway.meets.clear()
    until_settled(rt, gateway, clock, hours=3)
    assert states(rt) == [("done", None)]


def test_a_photo_that_the_gateway_has_not_is_given_up_after_an_hour(rt: Runtime, gateway: PhotoGateway, clock: Clock) -> None:
    a_photo(rt, gateway)
    gateway.photos.clear()
    until_settled(rt, gateway, clock, hours=2)
    assert (states(rt), happened(rt)) == ([("lost", "404")], ["photo_lost"])
    [ticket] = tickets(rt)
    assert ticket.unread


def test_a_gateway_that_is_configured_no_more_keeps_no_other_from_being_asked(rt: Runtime, gateway: PhotoGateway, clock: Clock) -> None:
    a_photo(rt, gateway)
    other = PhotoGateway(name="zong")
    a_photo(rt, other)
    assert fetch_due(rt, other.alone, for_s=20) is False
    assert [state for state, _ in states(rt)] == ["awaited", "done"]
    assert fetch_due(rt, {"twilio": ScriptedGateway()}, for_s=20) is False  # it carries no photos
    assert [state for state, _ in states(rt)] == ["awaited", "done"]


def test_a_full_disk_loses_nothing(rt: Runtime, gateway: PhotoGateway, clock: Clock, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a_photo(rt, gateway)

    def full(_from: BinaryIO, _to: BinaryIO, _size: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(media_store.shutil, "copyfileobj", full)
        until_settled(rt, gateway, clock, hours=5)
    assert (states(rt), files(folder), len(gateway.photos)) == ([("awaited", "store")], [], 1)
    until_settled(rt, gateway, clock, hours=2)
    assert (states(rt), len(files(folder)), gateway.photos) == ([("done", None)], 1, {})


def test_a_gateway_that_does_not_delete_is_asked_until_it_does(rt: Runtime, gateway: PhotoGateway, clock: Clock) -> None:
    a_photo(rt, gateway)
    gateway.meets = [None, *[AWAY] * 500]
    until_settled(rt, gateway, clock, hours=48)
    assert states(rt) == [("stored", None)]
    gateway.meets.clear()
    until_settled(rt, gateway, clock, hours=2)
    assert (states(rt), gateway.photos) == ([("done", None)], {})


def test_a_file_that_is_gone_before_the_copy_is_deleted_is_fetched_again_and_stays_masked(
    rt: Runtime, gateway: PhotoGateway, clock: Clock, folder: Path
) -> None:
    a_photo(rt, gateway)
    gateway.meets = [None, AWAY]
    fetch(rt, gateway)
    (folder / files(folder)[0]).unlink()
    with rt.transaction() as tx:
        tx.session.execute(update(Photo).values(masked_at=tx.now))
    until_settled(rt, gateway, clock, hours=1)
    assert (states(rt), len(files(folder)), gateway.photos) == ([("done", None)], 1, {})
    assert photos(rt)[0].masked_at is not None


# Killed, late, and side by side


@pytest.mark.parametrize("where", ["before the file", "after the file"])
def test_a_worker_that_is_killed_half_way_leaves_it_to_the_next(
    rt: Runtime, gateway: PhotoGateway, clock: Clock, folder: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    a_photo(rt, gateway)
    save = rt.store.save

    def die(name: str, audio: BinaryIO) -> None:
        if where == "after the file":
            save(name, audio)
        raise Killed

    monkeypatch.setattr(rt.store, "save", die)
    with pytest.raises(Killed):
        fetch_due(rt, gateway.alone)
    monkeypatch.undo()
    assert states(rt) == [("awaited", None)]
    fetch(rt, gateway)  # the claim holds
    assert len(gateway.asked) == 1
    clock.forward(minutes=4)
    fetch(rt, gateway)
    assert (states(rt), files(folder), gateway.photos) == ([("done", None)], [photos(rt)[0].stored_as], {})


def test_a_slow_worker_leaves_no_file_behind(rt: Runtime, gateway: PhotoGateway, clock: Clock, folder: Path) -> None:
    a_photo(rt, gateway)

    def meanwhile() -> None:
        clock.forward(minutes=4)
        fetch(rt, gateway)

    gateway.meets = [meanwhile]
    fetch(rt, gateway)
    assert (states(rt), files(folder), happened(rt)) == ([("done", None)], [photos(rt)[0].stored_as], ["photo_came"])


def test_a_worker_that_is_slow_to_store_leaves_no_file_behind(
    rt: Runtime, gateway: PhotoGateway, clock: Clock, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_photo(rt, gateway)
    save = rt.store.save

    def slow(name: str, audio: BinaryIO) -> None:
        monkeypatch.setattr(rt.store, "save", save)
        clock.forward(minutes=4)
        fetch(rt, gateway)
        save(name, audio)

    monkeypatch.setattr(rt.store, "save", slow)
    fetch(rt, gateway)
    assert (states(rt), files(folder), happened(rt)) == ([("done", None)], [photos(rt)[0].stored_as], ["photo_came"])


def test_a_slow_worker_beside_one_that_is_killed_leaves_no_file_behind(
    rt: Runtime, gateway: PhotoGateway, clock: Clock, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_photo(rt, gateway)
    save = rt.store.save

    def die(name: str, audio: BinaryIO) -> None:
        save(name, audio)
        raise Killed

    def meanwhile() -> None:
        clock.forward(minutes=4)
        with monkeypatch.context() as patched:
            patched.setattr(rt.store, "save", die)
            with pytest.raises(Killed):
                fetch_due(rt, gateway.alone)

    gateway.meets = [meanwhile]
    fetch(rt, gateway)
    clock.forward(minutes=4)
    fetch(rt, gateway)
    assert (states(rt), files(folder)) == ([("done", None)], [photos(rt)[0].stored_as])


# Lost


def alarms(rt: Runtime) -> list[tuple[str, int]]:
    with rt.reading() as session:
        return [(one.kind, one.volunteer_id) for one in session.scalars(select(Alarm).order_by(Alarm.volunteer_id))]


def test_a_photo_that_never_comes_alarms_the_lead_once(rt: Runtime, gateway: PhotoGateway, clock: Clock, tmp_path: Path) -> None:
    settle(rt, tmp_path)
    a_photo(rt, gateway, picture(), picture(colour="blue"), body=PLACE_NAMED)
    route_due(rt)
    gateway.photos.clear()
    until_settled(rt, gateway, clock, hours=0.8)
    assert AlarmKind.PHOTO_LOST not in {kind for kind, _ in alarms(rt)}
    until_settled(rt, gateway, clock, hours=2)
    assert (states(rt), happened(rt)) == ([("lost", "404")] * 2, ["photo_lost"] * 2)
    assert [who for kind, who in alarms(rt) if kind == AlarmKind.PHOTO_LOST] == [volunteer(rt, "lead").id]  # nobody is on duty at noon


def test_a_lost_photo_alarms_the_volunteer_who_has_the_ticket(rt: Runtime, gateway: PhotoGateway, clock: Clock, tmp_path: Path) -> None:
    settle(rt, tmp_path)
    clock.forward(hours=12)  # alice's night
    a_photo(rt, gateway, body=PLACE_NAMED)
    route_due(rt)
    gateway.photos.clear()
    until_settled(rt, gateway, clock, hours=2)
    assert [who for kind, who in alarms(rt) if kind == AlarmKind.PHOTO_LOST] == [volunteer(rt, "alice").id]


def test_a_lost_photo_of_a_ticket_without_a_team_alarms_the_head(rt: Runtime, gateway: PhotoGateway, clock: Clock, tmp_path: Path) -> None:
    settle(rt, tmp_path)
    a_photo(rt, gateway, body=PLACE_NAMED)
    gateway.photos.clear()
    until_settled(rt, gateway, clock, hours=2)
    assert alarms(rt) == [(AlarmKind.PHOTO_LOST, volunteer(rt, "head").id)]


def test_a_photo_that_was_erased_before_it_was_given_up_alarms_nobody(
    rt: Runtime, gateway: PhotoGateway, clock: Clock, tmp_path: Path
) -> None:
    settle(rt, tmp_path)
    a_photo(rt, gateway, body=PLACE_NAMED)
    gateway.photos.clear()
    clock.forward(hours=2)
    gateway.meets = [lambda: wipe(rt)]
    until_settled(rt, gateway, clock, hours=2)
    assert (states(rt), alarms(rt)) == ([("lost", "erased")], [])


# Erased


def test_what_was_erased_before_it_came_is_not_fetched_and_is_deleted_at_the_gateway(
    rt: Runtime, gateway: PhotoGateway, folder: Path
) -> None:
    [gateway_id] = a_photo(rt, gateway)
    wipe(rt)
    fetch(rt, gateway)
    assert (gateway.asked, gateway.photos, files(folder)) == ([("delete", gateway_id)], {}, [])
    assert states(rt) == [("lost", "erased")]


def test_of_a_citizen_who_was_erased_nothing_is_fetched_though_the_key_still_opens_what_an_earlier_owner_left(
    rt: Runtime, gateway: PhotoGateway, folder: Path
) -> None:
    [gateway_id] = a_photo(rt, gateway)
    with rt.transaction() as tx:
        tx.session.execute(update(Contact).values(kind=ERASED))
    fetch(rt, gateway)
    assert (gateway.asked, gateway.photos, files(folder)) == ([("delete", gateway_id)], {}, [])
    assert states(rt) == [("lost", "erased")]


@pytest.mark.parametrize("at", ["while it is fetched", "while the copy is deleted"])
def test_what_is_erased_meanwhile_is_gone_here_and_there(rt: Runtime, gateway: PhotoGateway, clock: Clock, folder: Path, at: str) -> None:
    [gateway_id] = a_photo(rt, gateway)
    gateway.meets = [lambda: wipe(rt)] if at == "while it is fetched" else [None, lambda: wipe(rt)]
    until_settled(rt, gateway, clock, hours=1)
    assert (states(rt), files(folder), gateway.photos) == ([("lost", "erased")], [], {})
    [photo] = photos(rt)
    assert (photo.stored_as, photo.preview, photo.sha256, photo.size_bytes, photo.width) == (None, None, None, None, None)
    assert gateway_id not in photo.gateway_id


def test_what_was_erased_stays_on_the_list_until_both_copies_are_gone(
    rt: Runtime, gateway: PhotoGateway, clock: Clock, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_photo(rt, gateway)
    fetch(rt, gateway)
    wipe(rt)

    def fail(_name: str) -> None:
        raise StoreFault("away")

    with monkeypatch.context() as patched:
        patched.setattr(rt.store, "remove", fail)
        until_settled(rt, gateway, clock, hours=100)
    assert (states(rt), len(files(folder))) == ([("going", "erased")], 1)
    until_settled(rt, gateway, clock, hours=1.5)  # the last tries are up to 75 minutes apart
    assert (states(rt), files(folder)) == ([("lost", "erased")], [])
    until_settled(rt, gateway, clock, hours=1)
    assert count(rt, Photo) == 1


def test_a_key_that_does_not_open_keeps_no_other_photo_from_coming(rt: Runtime, gateway: PhotoGateway) -> None:
    a_photo(rt, gateway)
    with rt.transaction() as tx:
        tx.session.execute(update(Contact).values(wrapped_key=b"\1" + b"x" * 70))
    a_photo(rt, gateway, sender="+923331234599")
    fetch(rt, gateway)
    assert [state for state, _ in states(rt)] == ["awaited", "done"]


def test_a_citizen_with_another_key_by_now_is_sealed_for_once_more(rt: Runtime, gateway: PhotoGateway, clock: Clock) -> None:
    a_photo(rt, gateway)
    gateway.meets = [lambda: assert_done(keysafe.seal_anew(rt, lambda _: None))]
    until_settled(rt, gateway, clock, hours=1)
    [photo] = photos(rt)
    assert photo.state == "done"
    assert opened(rt, photo).startswith(b"\xff\xd8\xff")


def assert_done(done: tuple[int, int]) -> None:
    assert done == (1, 0)


def test_the_bounds_of_a_claim_are_longer_than_what_it_waits_for() -> None:
    assert subject._CLAIM.total_seconds() > 40 + 40

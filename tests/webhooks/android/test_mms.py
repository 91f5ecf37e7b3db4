"""MMS of a phone: the words and the pictures are one text, whatever the phone tells of it, how often and in which order."""

import base64
import io
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from hotline import guards
from hotline.domain.conversation import ReadAs
from hotline.gateways.android.attachments import Attachments
from hotline.gateways.base import GatewayError
from hotline.runtime import Runtime
from hotline.services.draining import take_in_waiting
from hotline.services.texts import heads
from hotline.services.texts.photos import fetch_due
from hotline.simulator.androidmms import HEAD, LOADED
from hotline.spool import Reader
from hotline.storage import photos as rows
from hotline.storage import wiping
from hotline.storage.models import Message
from hotline.storage.photomodels import Photo
from hotline.storage.wiping import Why
from tests.gateways.android.world import NAME, AndroidWorld, open_world
from tests.gateways.world import MakeRt, eventually
from tests.photographed import PLACE, opened, photos, picture
from tests.recorded import Killed
from tests.support import HER, OTHER, Clock, away, texts_out, tickets

SNATCHED = "orangi town mein do larkon ne mera mobile cheen liya"
AT = "2026-11-23T12:00:00.000+05:00"
LATER = "2026-11-23T12:00:20.000+05:00"


def head(**more: Any) -> dict[str, Any]:
    named = {"messageId": "a@mms", "transactionId": "T1", "contentClass": "IMAGE_BASIC", "size": 9, "subject": None}
    return {**named, "sender": HER, "simNumber": 1, "receivedAt": AT, **more}


def loaded(*attachments: Any, **more: Any) -> dict[str, Any]:
    named = {"messageId": "7", "body": SNATCHED, "subject": None, "attachments": list(attachments)}
    return {**named, "sender": HER, "simNumber": 1, "receivedAt": LATER, **more}


def part(content: bytes | None = None, n: int = 1, **more: Any) -> dict[str, Any]:
    data = base64.b64encode(content).decode() if content is not None else None
    return {"partId": n, "contentType": "image/jpeg", "name": "IMG.jpg", "size": len(content or b""), "data": data, **more}


def texts(rt: Runtime) -> list[Message]:
    with rt.reading() as session:
        return list(session.scalars(select(Message).where(Message.direction == "in").order_by(Message.id)))


def bodies(rt: Runtime) -> list[str]:
    return [one.body for one in texts(rt)]


def answers(rt: Runtime) -> list[str]:
    return [one.text_key or "" for one in texts_out(rt)]


def states(rt: Runtime) -> list[tuple[str, str | None]]:
    return [(one.state, one.reason) for one in photos(rt)]


def fetch(world: AndroidWorld) -> None:
    assert fetch_due(world.rt, {NAME: world.gateway}) is False


def later(world: AndroidWorld, clock: Clock, **spans: float) -> None:
    clock.forward(**spans)
    fetch(world)


def files(world: AndroidWorld) -> list[Path]:
    return sorted((world.rt.config.data_dir / "gateways" / NAME).glob("*"))


# One text


@pytest.mark.parametrize(
    ("tells", "serves"),
    [
        ((HEAD, LOADED), True),
        ((LOADED, HEAD), False),
        ((LOADED,), False),
        ((HEAD, HEAD, LOADED, LOADED), False),
        ((LOADED, HEAD, LOADED, HEAD), True),
    ],
)
def test_words_and_pictures_are_one_text_in_whatever_order_the_phone_tells(
    world: AndroidWorld, clock: Clock, tells: tuple[str, ...], serves: bool
) -> None:
    told = world.come_in_mms(HER, SNATCHED, picture(), picture(colour="blue"), serves=serves, tells=tells)
    eventually(lambda: len(world.phone.log) == len(told))
    fetch(world)
    later(world, clock, minutes=30)
    assert bodies(world.rt) == [SNATCHED]
    assert states(world.rt) == [("done", None)] * 2
    assert all(PLACE not in opened(world.rt, one) for one in photos(world.rt))
    assert answers(world.rt) == ["receipt"]
    assert len(tickets(world.rt)) == 1
    assert files(world) == []


def test_a_head_waits_for_its_mms_and_opens_nothing_meanwhile(world: AndroidWorld, clock: Clock) -> None:
    assert world.tell("mms:received", head()) == 200
    later(world, clock, minutes=2)
    assert [(one.body, one.read_as, one.ticket_id) for one in texts(world.rt)] == [("", ReadAs.ANNOUNCED, None)]
    assert (answers(world.rt), tickets(world.rt)) == ([], [])
    world.tell("mms:downloaded", loaded(body="madad"))
    assert [(one.body, one.read_as) for one in texts(world.rt)] == [("madad", ReadAs.CRY)]
    later(world, clock, hours=1)
    assert (bodies(world.rt), states(world.rt), len(tickets(world.rt))) == (["madad"], [], 1)


def test_an_mms_that_is_never_loaded_is_a_text_whose_photo_did_not_come(world: AndroidWorld, clock: Clock) -> None:
    world.come_in_mms(HER, "", picture(), subject="cheen liya", tells=(HEAD,))
    eventually(lambda: texts(world.rt))
    later(world, clock, minutes=3, seconds=1)
    later(world, clock, minutes=30)
    assert (bodies(world.rt), answers(world.rt)) == (["cheen liya"], ["receipt", "photo_not_brought"])
    assert states(world.rt) == [("lost", "not_brought")]
    assert [(one.look is not None, one.ticket_id) for one in texts(world.rt)] == [(True, tickets(world.rt)[0].id)]


def test_an_mms_that_is_loaded_hours_later_brings_its_words_and_nothing_is_missing_any_more(world: AndroidWorld, clock: Clock) -> None:
    world.tell("mms:received", head())
    later(world, clock, minutes=4)
    clock.forward(hours=2)
    for _ in range(2):
        world.tell("mms:downloaded", loaded(part(picture())))
        world.tell("mms:received", head())
    fetch(world)
    later(world, clock, minutes=30)
    assert bodies(world.rt) == ["", SNATCHED]
    assert states(world.rt) == [("done", None)]


def test_of_two_mms_of_one_phone_the_one_that_is_not_loaded_is_not_lost(world: AndroidWorld, clock: Clock) -> None:
    world.tell("mms:received", head())
    world.tell("mms:received", head(transactionId="T2"))
    world.tell("mms:received", head(sender=OTHER))
    world.tell("mms:downloaded", loaded(part(picture())))
    later(world, clock, minutes=4)
    assert sorted(bodies(world.rt)) == sorted(["", "", SNATCHED])
    assert sorted(states(world.rt)) == sorted([("lost", "not_brought"), ("lost", "not_brought"), ("done", None)])


def test_a_head_that_comes_much_later_than_an_mms_without_one_is_another(world: AndroidWorld, clock: Clock) -> None:
    world.tell("mms:downloaded", loaded(part(picture())))
    clock.forward(minutes=30)
    world.tell("mms:received", head(receivedAt="2026-11-23T12:30:00.000+05:00"))
    later(world, clock, minutes=4)
    assert bodies(world.rt) == [SNATCHED, ""]
    assert ("lost", "not_brought") in states(world.rt)


def test_two_pictures_without_words_within_one_second_are_two_texts(world: AndroidWorld) -> None:
    for number, colour in (("7", "red"), ("8", "blue"), ("7", "red")):
        world.tell("mms:downloaded", loaded(part(picture(colour=colour)), body=None, messageId=number))
    fetch(world)
    assert (bodies(world.rt), states(world.rt)) == (["", ""], [("done", None)] * 2)


def test_a_head_and_its_mms_that_come_at_once_are_one_text(world: AndroidWorld, clock: Clock) -> None:
    events = [("mms:received", head()), ("mms:downloaded", loaded(part(picture())))] * 2
    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(lambda one: world.tell(*one), events)) == {200}
    fetch(world)
    later(world, clock, minutes=5)
    assert (bodies(world.rt), states(world.rt), len(tickets(world.rt))) == ([SNATCHED], [("done", None)], 1)


def test_an_mms_that_comes_as_its_head_is_taken_in_is_not_doubled(
    world: AndroidWorld, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.tell("mms:received", head())
    clock.forward(minutes=4)
    as_it_is = heads.take_in

    def late(rt: Runtime, claimed: Photo) -> None:
        world.tell("mms:downloaded", loaded(part(picture())))
        as_it_is(rt, claimed)

    monkeypatch.setattr(heads, "take_in", late)
    fetch(world)
    later(world, clock, minutes=5)
    assert (bodies(world.rt), states(world.rt), len(tickets(world.rt))) == ([SNATCHED], [("done", None)], 1)


def test_both_forms_of_the_batch_event_are_taken(world: AndroidWorld) -> None:
    world.tell("mms:batch:received", {"messages": [head(), head(sender=OTHER)]})
    world.tell("mms:batch:downloaded", {"messages": [loaded(part(picture())), loaded(sender=OTHER)]})
    fetch(world)
    assert (bodies(world.rt), states(world.rt)) == ([SNATCHED, SNATCHED], [("done", None)])


# What is hostile, or cannot be taken


@pytest.mark.parametrize(
    "attachments", [[part(data="/9j/4AA")], [part(url="http://192.168.10.66/secret", partId="../../1")], {"0": {"data": None}}]
)
def test_what_cannot_be_taken_leaves_the_words_and_a_note_and_the_citizen_is_told_once(
    world: AndroidWorld, attachments: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    told = loaded() | {"attachments": attachments}
    for _ in range(2):
        assert world.tell("mms:downloaded", told) == 200
    fetch(world)
    assert (bodies(world.rt), states(world.rt)) == ([SNATCHED], [("lost", "not_brought")])
    assert answers(world.rt) == ["receipt", "photo_not_brought"]
    said = capsys.readouterr()
    assert not any(one in said.out + said.err for one in ("9j/4", "secret", SNATCHED, HER[3:]))


def test_what_is_no_photo_is_kept_as_it_came_and_shown_to_nobody(world: AndroidWorld) -> None:
    world.tell("mms:downloaded", loaded(part(b"BEGIN:VCARD", contentType="text/x-vcard")))
    fetch(world)
    [kept] = photos(world.rt)
    assert (kept.state, kept.reason, kept.width) == ("done", "no_photo", None)
    assert opened(world.rt, kept) == b"BEGIN:VCARD"


def test_a_picture_of_some_megabytes_is_taken_and_a_larger_event_is_refused_before_it_is_read(world: AndroidWorld) -> None:
    assert world.tell("mms:downloaded", loaded(part(picture() + bytes(3 << 20)))) == 200
    fetch(world)
    assert states(world.rt) == [("done", None)]
    assert world.post(b"x" * (guards.PHONE_EVENT_LIMIT_BYTES + 1)) == 413


# Where it is fetched


def test_the_phone_is_asked_at_our_own_address_of_it_whatever_it_names(world: AndroidWorld) -> None:
    [told] = world.come_in_mms(HER, "", picture(), serves=True, tells=(LOADED,))
    eventually(lambda: texts(world.rt))
    told["attachments"][0]["url"] = "http://192.168.10.66:80/inbox/7/attachments/1"
    world.tell("mms:downloaded", told)
    fetch(world)
    assert states(world.rt) == [("done", None)]


def test_behind_a_server_nothing_is_asked_and_the_bytes_are_taken(make_rt: MakeRt) -> None:
    with open_world(make_rt, mode="server") as world:
        world.tell("mms:downloaded", loaded(part(url="/inbox/7/attachments/1")))
        world.tell("mms:downloaded", loaded(part(picture()), messageId="8", body="orangi town mein aur"))
        fetch(world)
        assert states(world.rt) == [("lost", "not_brought"), ("done", None)]


def test_a_picture_that_the_phone_does_not_have_any_more_is_given_up_as_any_other(world: AndroidWorld, clock: Clock) -> None:
    world.tell("mms:downloaded", loaded(part(url="/inbox/7/attachments/1")))
    fetch(world)
    assert states(world.rt) == [("awaited", "404")]
    later(world, clock, hours=2)
    assert states(world.rt) == [("lost", "404")]
    assert answers(world.rt) == ["receipt"]


def test_an_id_leads_to_nothing_else(world: AndroidWorld) -> None:
    for name in ("../keys", "a" * 40 + ".1/..", "", "x/photo", "a/../1", "a/b/c", "a/7/1?x"):
        with pytest.raises(GatewayError) as fault:
            world.gateway.fetch_photo(name, io.BytesIO(), limit_bytes=100)
        assert fault.value.code == "404"
        world.gateway.delete_photo(name)


def test_what_is_too_large_at_the_phone_is_not_read_to_its_end(world: AndroidWorld) -> None:
    world.come_in_mms(HER, "", b"x" * 1000, serves=True, tells=(LOADED,))
    eventually(lambda: photos(world.rt))
    with pytest.raises(GatewayError) as fault:
        world.gateway.fetch_photo(photos(world.rt)[-1].gateway_id, io.BytesIO(), limit_bytes=999)
    assert fault.value.code == "too_large"


# What lies on the disk


def test_the_bytes_are_sealed_on_the_disk_and_gone_once_they_are_kept(world: AndroidWorld) -> None:
    world.tell("mms:downloaded", loaded(part(picture())))
    [file] = files(world)
    assert PLACE not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0
    fetch(world)
    world.tell("mms:downloaded", loaded(part(picture())))  # told again: nobody would fetch it
    assert files(world) == []


def test_a_killed_web_process_leaves_a_picture_that_is_told_again(world: AndroidWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: Any, **__: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr("hotline.services.arriving._store", killed)
        assert world.tell("mms:downloaded", loaded(part(picture()))) == 500
    assert (texts(world.rt), len(files(world))) == ([], 1)
    assert world.tell("mms:downloaded", loaded(part(picture()))) == 200
    fetch(world)
    assert (bodies(world.rt), states(world.rt), files(world)) == ([SNATCHED], [("done", None)], [])


def test_a_full_disk_keeps_the_words_and_the_phone_tells_the_picture_again(
    world: AndroidWorld, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Attachments, "keep", full)
        assert world.tell("mms:downloaded", loaded(part(picture()))) == 503
    assert (bodies(world.rt), states(world.rt)) == ([SNATCHED], [("awaited", None)])
    later(world, clock, hours=40)  # the phone tells again for 45 hours
    assert states(world.rt) == [("awaited", "not_here")]
    assert world.tell("mms:downloaded", loaded(part(picture()))) == 200
    later(world, clock, hours=2)
    assert (bodies(world.rt), states(world.rt)) == ([SNATCHED], [("done", None)])


def test_an_mms_waits_on_the_disk_while_the_database_is_away(world: AndroidWorld, clock: Clock) -> None:
    with away(world.rt):
        assert world.tell("mms:received", head()) == 200
        assert world.tell("mms:downloaded", loaded(part(picture()))) == 200
    take_in_waiting(world.rt, Reader(world.rt.config.keys_file), for_s=10)
    fetch(world)
    later(world, clock, minutes=5)
    assert (bodies(world.rt), states(world.rt)) == ([SNATCHED], [("done", None)])


def test_of_an_erased_citizen_nothing_is_left_here(world: AndroidWorld) -> None:
    world.tell("mms:downloaded", loaded(part(picture())))
    world.tell("mms:received", head(receivedAt="2026-11-23T15:00:00.000+05:00"))
    with world.rt.transaction() as tx:
        wiping.wipe_contact(tx.session, texts(world.rt)[0].contact_id, now=tx.now, why=Why.WISH)
    fetch(world)
    world.rt.clock.forward(minutes=5)  # type: ignore[attr-defined]  # it is a Clock
    fetch(world)
    world.tell("mms:downloaded", loaded(part(picture())))
    assert files(world) == []
    assert [state for state, _ in states(world.rt)] == ["lost", "lost"]
    with world.rt.reading() as session:
        assert not any(rows.is_at_gateway(session, one.id) for one in texts(world.rt))


def test_a_worker_that_dies_as_it_takes_in_a_head_leaves_it_to_the_next(
    world: AndroidWorld, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: Any, **__: Any) -> None:
        raise Killed

    world.tell("mms:received", head())
    clock.forward(minutes=4)
    with monkeypatch.context() as patched:
        patched.setattr("hotline.services.texts.heads.receive_text", killed)
        with pytest.raises(Killed):
            fetch_due(world.rt, {NAME: world.gateway})
    assert [one.read_as for one in texts(world.rt)] == [ReadAs.ANNOUNCED]
    later(world, clock, minutes=4)
    assert (len(tickets(world.rt)), states(world.rt)) == (1, [("lost", "not_brought")])


def test_an_event_of_an_mms_says_nothing_in_the_log(world: AndroidWorld, capsys: pytest.CaptureFixture[str]) -> None:
    told = loaded(part(picture()), subject="chori")
    world.tell("mms:received", head(subject="chori"))
    world.tell("mms:downloaded", told)
    said = capsys.readouterr()
    assert json.loads(json.dumps(told))["attachments"][0]["data"][:20] not in said.out + said.err
    assert not any(one in said.out + said.err for one in ("chori", SNATCHED, HER[3:]))

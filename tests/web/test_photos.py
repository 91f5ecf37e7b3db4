"""Photos on a ticket's page: blurred until somebody asks, who may see them, what the history says of that, and what is masked."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from hotline.domain.look import Look
from hotline.gateways.base import IncomingText
from hotline.media.sealedaudio import SEALED
from hotline.runtime import Runtime
from hotline.services.texts.intake import receive_text
from hotline.services.tickets import facts
from hotline.services.tickets.routing import route_due
from hotline.storage import wiping
from hotline.storage.models import Contact, Event, Message, Ticket
from hotline.storage.photomodels import Photo
from hotline.storage.wiping import Why
from tests.photographed import PhotoGateway, a_photo, fetch, files, photos, picture
from tests.services.colleagues import volunteer
from tests.support import HER, Clock, tickets
from tests.web.visiting import Visitor

As = Callable[[str], Visitor]
WORDS = "orangi town mein yeh hua"


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    return make_rt(data_dir=tmp_path)


@pytest.fixture
def gateway() -> PhotoGateway:
    return PhotoGateway()


def sent(rt: Runtime, gateway: PhotoGateway, *content: bytes, sealed: bool = False, body: str = WORDS) -> Ticket:
    """A citizen sends photos with a text; they are fetched, and the ticket is routed."""
    a_photo(rt, gateway, *content, body=body)
    if sealed:
        with rt.transaction() as tx:
            tx.session.execute(update(Ticket).values(sealed=True, category="police", routed_at=None))
    fetch(rt, gateway)
    route_due(rt)
    return tickets(rt)[-1]


def at(ticket: Ticket, number: int = 1, what: str = "") -> str:
    return f"/tickets/{ticket.reference}/photos/{number}{what}"


def seen(rt: Runtime) -> list[tuple[int | None, object]]:
    with rt.reading() as session:
        found = session.scalars(select(Event).where(Event.kind == "photo_seen").order_by(Event.id))
        return [(event.volunteer_id, event.data["photo"]) for event in found]


def kinds(rt: Runtime) -> list[str]:
    with rt.reading() as session:
        return list(session.scalars(select(Event.kind).where(Event.kind.in_(("masked", "unmasked", "rewritten"))).order_by(Event.id)))


def change(visitor: Visitor, rt: Runtime, what: str, number: int = 1) -> TestResponse:
    ticket = tickets(rt)[-1]
    return visitor.post(at(ticket, number, f"/{what}"), version=str(ticket.version))


# The page


def test_a_photo_is_on_its_way_then_blurred_and_whole_once_somebody_asks(rt: Runtime, gateway: PhotoGateway, as_: As) -> None:
    a_photo(rt, gateway, picture(640, 480), body=WORDS)
    [ticket] = tickets(rt)
    alice = as_("alice")
    page = alice.text(f"/tickets/{ticket.reference}")
    assert "Photo 1 is on its way." in page
    assert "<img" not in page
    assert [alice.get(at(ticket, what=what)).status_code for what in ("", "/preview")] == [404, 404]
    fetch(rt, gateway)
    page = alice.text(f"/tickets/{ticket.reference}")
    assert f'href="{at(ticket)}"' in page
    assert f'src="{at(ticket, what="/preview")}"' in page
    assert f'src="{at(ticket)}"' not in page  # the whole is nowhere on the page
    small = Image.open(io.BytesIO(alice.get(at(ticket, what="/preview")).data))
    assert max(small.size) == 32
    assert seen(rt) == []
    whole = Image.open(io.BytesIO(alice.get(at(ticket)).data))
    assert (whole.format, whole.size, dict(whole.getexif())) == ("JPEG", (640, 480), {})
    assert seen(rt) == [(volunteer(rt, "alice").id, photos(rt)[0].id)]
    assert "Looked at the photo" in alice.text(f"/tickets/{ticket.reference}")


def test_a_look_within_ten_minutes_is_one_look(rt: Runtime, gateway: PhotoGateway, as_: As, clock: Clock) -> None:
    ticket = sent(rt, gateway)
    alice = as_("alice")
    for minutes in (0, 5, 20):
        clock.forward(minutes=minutes)
        assert alice.get(at(ticket)).status_code == 200
    assert len(seen(rt)) == 2


def test_a_photo_is_answered_so_that_no_browser_takes_it_for_anything_else(rt: Runtime, gateway: PhotoGateway, as_: As) -> None:
    ticket = sent(rt, gateway)
    alice = as_("alice")
    for what in ("", "/preview"):
        answer = alice.get(at(ticket, what=what))
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Disposition"] == "inline; filename=photo.jpg"
        assert answer.headers["Cache-Control"] == "no-store"
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "sandbox" in policy
        assert "script-src" not in policy


def test_what_is_no_photo_is_kept_and_handed_to_nobody(rt: Runtime, gateway: PhotoGateway, as_: As) -> None:
    ticket = sent(rt, gateway, b"<html><script>alert(1)</script>", b"<svg onload=alert(1)>")
    alice = as_("alice")
    page = alice.text(f"/tickets/{ticket.reference}")
    assert "What came with the text (2) is no photo that we can show. It is kept." in page
    for number in (1, 2):
        assert [alice.get(at(ticket, number, what)).status_code for what in ("", "/preview")] == [404, 404]


def test_a_photo_that_never_came_and_one_that_was_erased_say_so(rt: Runtime, gateway: PhotoGateway, as_: As, clock: Clock) -> None:
    a_photo(rt, gateway, body=WORDS)
    gateway.photos.clear()
    for _ in range(12):
        fetch(rt, gateway)
        clock.forward(minutes=20)
    [ticket] = tickets(rt)
    alice = as_("alice")
    assert "Photo 1 never came." in alice.text(f"/tickets/{ticket.reference}")
    with rt.transaction() as tx:
        wiping.wipe_photo(tx.session, photos(rt)[0].id, now=tx.now, why=Why.AGE)
    assert "Photo 1 was erased." in alice.text(f"/tickets/{ticket.reference}")


def test_a_photo_that_the_gateway_cannot_bring_is_missed_on_the_ticket(rt: Runtime, as_: As) -> None:
    receive_text(rt, "sim1", IncomingText("m1", HER, WORDS, not_brought=True))
    route_due(rt)
    [ticket] = tickets(rt)
    alice = as_("alice")
    assert "which did not reach us and never will. Ask what it shows." in alice.text(f"/tickets/{ticket.reference}")
    assert [alice.get(at(ticket, 1, what)).status_code for what in ("", "/preview")] == [404, 404]


def test_a_file_that_was_changed_is_a_page_that_says_so_and_no_look(rt: Runtime, gateway: PhotoGateway, as_: As, tmp_path: Path) -> None:
    ticket = sent(rt, gateway)
    [name] = files(tmp_path / "recordings")
    assert name.endswith(SEALED)
    path = tmp_path / "recordings" / name
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    answer = as_("alice").get(at(ticket))
    assert (answer.status_code, "does not open" in answer.get_data(as_text=True), seen(rt)) == (500, True, [])
    with rt.transaction() as tx:
        tx.session.execute(update(Photo).values(preview=b"\1" + b"x" * 40))
    assert as_("alice").get(at(ticket, what="/preview")).status_code == 500


# Who may see it


@pytest.mark.parametrize("login", ["admin", "auditor"])
def test_who_works_no_tickets_sees_no_photo(rt: Runtime, gateway: PhotoGateway, as_: As, login: str) -> None:
    ticket = sent(rt, gateway)
    assert {as_(login).get(at(ticket, what=what)).status_code for what in ("", "/preview")} <= {403, 404}
    assert seen(rt) == []


def test_a_stranger_is_asked_to_log_in(rt: Runtime, gateway: PhotoGateway, visitor: Visitor) -> None:
    ticket = sent(rt, gateway)
    assert [visitor.get(at(ticket, what=what)).status_code for what in ("", "/preview")] == [302, 302]


def test_a_photo_of_a_sealed_ticket_is_answered_as_that_of_no_ticket(rt: Runtime, gateway: PhotoGateway, as_: As) -> None:
    ticket = sent(rt, gateway, sealed=True)

    def plain(answer: TestResponse) -> str:
        return re.sub(r'name="csrf_token" value="[^"]*"|/tickets/[0-9]{9}\S*', "", answer.get_data(as_text=True))

    alice = as_("alice")
    for what in ("", "/preview"):
        there, not_there = alice.get(at(ticket, what=what)), alice.get(f"/tickets/482719365/photos/1{what}")
        assert (there.status_code, plain(there)) == (404, plain(not_there))
    assert as_("charlie").get(at(ticket)).status_code == 200


def test_who_is_shut_out_sees_no_photo(rt: Runtime, gateway: PhotoGateway, as_: As) -> None:
    ticket = sent(rt, gateway)
    alice = as_("alice")
    assert alice.get(at(ticket)).status_code == 200
    facts.shut_out(rt, volunteer(rt, "lead"), ticket.reference, version=tickets(rt)[-1].version, whom=volunteer(rt, "alice").id, out=True)
    assert [alice.get(at(ticket, what=what)).status_code for what in ("", "/preview")] == [404, 404]


# Masked, and removed for good


def test_a_masked_photo_is_shown_to_nobody_until_it_is_shown_again(rt: Runtime, gateway: PhotoGateway, as_: As) -> None:
    ticket = sent(rt, gateway)
    lead, alice = as_("lead"), as_("alice")
    assert "Mask this photo" in lead.text(f"/tickets/{ticket.reference}/masked")
    assert change(lead, rt, "mask").status_code == 302
    for visitor in (alice, lead):
        assert [visitor.get(at(ticket, what=what)).status_code for what in ("", "/preview")] == [404, 404]
    assert "Photo 1 is masked." in alice.text(f"/tickets/{ticket.reference}")
    assert change(lead, rt, "unmask").status_code == 302
    assert alice.get(at(ticket)).status_code == 200
    assert kinds(rt) == ["masked", "unmasked"]


def test_who_masked_it_does_not_remove_it_and_a_second_person_does(rt: Runtime, gateway: PhotoGateway, as_: As, tmp_path: Path) -> None:
    ticket = sent(rt, gateway)
    lead, head = as_("lead"), as_("head")
    change(lead, rt, "mask")
    assert "Remove it for good" not in lead.text(f"/tickets/{ticket.reference}/masked")
    assert change(lead, rt, "remove").status_code == 403
    assert "Remove it for good" in head.text(f"/tickets/{ticket.reference}/masked")
    assert change(head, rt, "remove").status_code == 302
    fetch(rt, gateway)
    assert files(tmp_path / "recordings") == []
    [photo] = photos(rt)
    assert (photo.state, photo.preview, photo.stored_as) == ("lost", None, None)
    assert kinds(rt) == ["masked", "rewritten"]
    assert change(lead, rt, "unmask").status_code == 409


@pytest.mark.parametrize("what", ["mask", "unmask", "remove"])
def test_who_is_no_lead_masks_nothing(rt: Runtime, gateway: PhotoGateway, as_: As, what: str) -> None:
    sent(rt, gateway)
    assert change(as_("alice"), rt, what).status_code == 403
    assert kinds(rt) == []


def test_of_two_leads_at_once_one_masks_and_the_other_is_told(rt: Runtime, gateway: PhotoGateway, as_: As) -> None:
    ticket = sent(rt, gateway)
    version = str(tickets(rt)[-1].version)
    assert as_("lead").post(at(ticket, what="/mask"), version=version).status_code == 302
    assert as_("head").post(at(ticket, what="/mask"), version=version).status_code == 409
    assert change(as_("head"), rt, "mask").status_code == 422
    assert kinds(rt) == ["masked"]


# The first look


def waits(rt: Runtime) -> list[int | None]:
    with rt.reading() as session:
        return list(session.scalars(select(Message.look).where(Message.direction == "in").order_by(Message.id)))


def take(visitor: Visitor) -> str:
    return str(visitor.post("/looks/next").headers["Location"]).split("?")[0]


def test_a_text_with_a_photo_is_not_settled_before_the_photo_was_seen(rt: Runtime, gateway: PhotoGateway, as_: As) -> None:
    sent(rt, gateway, body="")
    bob = as_("bob")
    look = take(bob)
    page = bob.text(look)
    assert f'href="{look}/photos/1"' in page
    assert bob.post(look, answer="ordinary").status_code == 409
    assert "Look at the photo first." in bob.post(look, answer="ordinary").get_data(as_text=True)
    assert bob.get(f"{look}/photos/1/preview").status_code == 200
    assert bob.get(f"{look}/photos/2").status_code == 404
    assert waits(rt) == [Look.FIRST]
    assert bob.get(f"{look}/photos/1").headers["Content-Type"] == "image/jpeg"
    assert seen(rt) == [(volunteer(rt, "bob").id, photos(rt)[0].id)]
    assert bob.post(look, answer="ordinary").status_code == 302
    assert waits(rt) == [None]


def test_danger_is_said_before_the_photo_was_seen(rt: Runtime, gateway: PhotoGateway, as_: As) -> None:
    a_photo(rt, gateway)
    bob = as_("bob")
    assert bob.post(take(bob), answer="danger").status_code == 302
    assert tickets(rt)[0].danger is not None


def test_another_persons_look_shows_no_photo(rt: Runtime, gateway: PhotoGateway, as_: As) -> None:
    sent(rt, gateway)
    look = take(as_("bob"))
    assert [as_("alice").get(f"{look}/photos/1{what}").status_code for what in ("", "/preview")] == [404, 404]


def test_work_on_a_ticket_settles_only_photos_that_were_seen(rt: Runtime, gateway: PhotoGateway, as_: As) -> None:
    ticket = sent(rt, gateway)
    alice = as_("alice")
    alice.text(f"/tickets/{ticket.reference}")
    alice.post(f"/tickets/{ticket.reference}/read", version=str(tickets(rt)[-1].version))
    assert waits(rt) != [None]
    assert alice.get(at(ticket)).status_code == 200
    alice.post(f"/tickets/{ticket.reference}/read", version=str(tickets(rt)[-1].version))
    assert waits(rt) == [None]


def test_an_erased_citizens_photo_is_gone(rt: Runtime, gateway: PhotoGateway, as_: As) -> None:
    ticket = sent(rt, gateway)
    with rt.transaction() as tx:
        wiping.wipe_contact(tx.session, tx.session.scalars(select(Contact.id)).one(), now=tx.now, why=Why.WISH)
    assert [as_("alice").get(at(ticket, what=what)).status_code for what in ("", "/preview")] == [404, 404]

"""A recording on its ticket's page: who may hear it, what the history says of that, and what becomes of the written words."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from hotline.app import create_app
from hotline.domain.ticket import Priority
from hotline.jobs import Job
from hotline.media.sealedaudio import RecordingBroken
from hotline.media.store import StoreFault
from hotline.runtime import Runtime
from hotline.services.tickets.routing import route_due
from hotline.storage import contacts, messages
from hotline.storage.callmodels import Recording
from hotline.storage.models import Contact, Event, Message, Ticket
from tests.recorded import MU_LAW, RecordingGateway, a_recording, fetch, mp3, recordings, riff
from tests.servers import free_port, page_server, serving
from tests.services.colleagues import PASSWORD, settle, volunteer
from tests.support import OTHER, Clock, text_in, tickets
from tests.web.visiting import BASE, Visitor, told

As = Callable[[str], Visitor]
WAY = "The audio is on its way."
NEVER = "The recording never came."
NOBODYS = "482719365"


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    return make_rt(data_dir=tmp_path)


@pytest.fixture
def gateway() -> RecordingGateway:
    return RecordingGateway()


def heard(rt: Runtime, gateway: RecordingGateway, *, sealed: bool = False, **given: object) -> tuple[Ticket, bytes]:
    """A caller left a recording, which is fetched, and the ticket is routed; returns the ticket and the audio."""
    gateway_id = a_recording(rt, gateway, **given)  # type: ignore[arg-type]
    audio = gateway.audio[gateway_id]
    if sealed:
        with rt.transaction() as tx:
            tx.session.execute(update(Ticket).values(sealed=True, category="police", routed_at=None))
    fetch(rt, gateway)
    route_due(rt)
    return tickets(rt)[-1], audio


def at(ticket: Ticket, number: int = 1) -> str:
    return f"/tickets/{ticket.reference}/recordings/{number}"


def listened(rt: Runtime) -> list[tuple[int | None, object]]:
    with rt.reading() as session:
        found = session.scalars(select(Event).where(Event.kind == "listened").order_by(Event.id))
        return [(event.volunteer_id, event.data["recording"]) for event in found]


def write(visitor: Visitor, ticket: Ticket, words: str) -> TestResponse:
    return visitor.post(f"/tickets/{ticket.reference}/written-down", version=str(ticket.version), words=words)


def plain(answer: TestResponse) -> str:
    """A page without the parts that differ between two answers."""
    html = answer.get_data(as_text=True)
    return re.sub(r'name="csrf_token" value="[^"]*"|/tickets/[0-9]{9}\S*', "", html)


# The page


def test_the_audio_is_on_its_way_until_it_is_there(rt: Runtime, gateway: RecordingGateway, as_: As) -> None:
    a_recording(rt, gateway)
    [ticket] = tickets(rt)
    alice = as_("alice")
    before = alice.text(f"/tickets/{ticket.reference}")
    assert WAY in before
    assert '<audio id="recording-' not in before
    assert alice.get(at(ticket)).status_code == 404
    fetch(rt, gateway)
    after = alice.text(f"/tickets/{ticket.reference}")
    assert WAY not in after
    assert f'src="{at(ticket)}"' in after
    assert 'controlslist="nodownload"' in after
    assert "The recording came" in after


def test_a_recording_that_never_came_says_so(rt: Runtime, gateway: RecordingGateway, as_: As, clock: Clock) -> None:
    del gateway.audio[a_recording(rt, gateway)]
    for _ in range(12):
        fetch(rt, gateway)
        clock.forward(minutes=20)
    [ticket] = tickets(rt)
    assert NEVER in as_("alice").text(f"/tickets/{ticket.reference}")
    assert as_("alice").get(at(ticket)).status_code == 404


def test_one_that_is_too_short_can_be_heard_and_says_so(rt: Runtime, gateway: RecordingGateway, as_: As, clock: Clock) -> None:
    gateway_id = a_recording(rt, gateway, seconds=9)
    gateway.audio[gateway_id] = gateway.audio[gateway_id][:50_000]
    for _ in range(12):
        fetch(rt, gateway)
        clock.forward(minutes=20)
    [ticket] = tickets(rt)
    assert "something may be missing" in as_("alice").text(f"/tickets/{ticket.reference}")
    assert len(as_("alice").get(at(ticket)).data) == 50_000


def test_a_ticket_of_a_text_has_no_such_panel(rt: Runtime, as_: As) -> None:
    text_in(rt, "mera mobile cheen liya")
    [ticket] = tickets(rt)
    html = as_("alice").text(f"/tickets/{ticket.reference}")
    assert "written-down" not in html
    assert "player.js" not in html


def test_one_that_cannot_be_played_is_had_as_it_came_and_no_browser_looks_into_it(
    rt: Runtime, gateway: RecordingGateway, as_: As, clock: Clock
) -> None:
    page = b"<html><script>alert(1)</script></html>"
    a_recording(rt, gateway, audio=page)
    for _ in range(12):
        fetch(rt, gateway)
        clock.forward(minutes=20)
    [ticket] = tickets(rt)
    html = as_("alice").text(f"/tickets/{ticket.reference}")
    assert "It came in a form we cannot play." in html
    assert NEVER not in html
    assert '<audio id="recording-' not in html
    assert f'href="{at(ticket)}" download' in html
    answer = as_("alice").get(at(ticket))
    assert (answer.status_code, answer.data, answer.mimetype) == (200, page, "application/octet-stream")
    assert answer.headers["Content-Disposition"] == "attachment; filename=recording.bin"
    assert (answer.headers["X-Content-Type-Options"], answer.headers["Cache-Control"]) == ("nosniff", "no-store")
    part = as_("alice").get(at(ticket), Range="bytes=0-5")
    assert (part.data, part.mimetype) == (b"<html>", "application/octet-stream")
    assert part.headers["Content-Disposition"].startswith("attachment")
    assert listened(rt) == [(volunteer(rt, "alice").id, recordings(rt)[0].id)]


def test_an_mp3_is_played_by_its_own_type(rt: Runtime, gateway: RecordingGateway, as_: As) -> None:
    ticket, audio = heard(rt, gateway, audio=mp3(7))
    assert '<audio id="recording-' in as_("alice").text(f"/tickets/{ticket.reference}")
    answer = as_("alice").get(at(ticket))
    assert (answer.data, answer.mimetype, answer.headers["X-Content-Type-Options"]) == (audio, "audio/mpeg", "nosniff")
    assert "Content-Disposition" not in answer.headers


# The audio


def test_it_is_played_whole_and_kept_nowhere(rt: Runtime, gateway: RecordingGateway, as_: As) -> None:
    ticket, audio = heard(rt, gateway)
    answer = as_("alice").get(at(ticket))
    assert (answer.status_code, answer.data, answer.mimetype) == (200, audio, "audio/wav")
    assert (answer.headers["Cache-Control"], answer.headers["Accept-Ranges"]) == ("no-store", "bytes")
    assert "Content-Disposition" not in answer.headers


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-", 0, None),
        ("bytes=10-19", 10, 20),
        ("bytes=-44", -44, None),
        ("bytes=100-9999999", 100, None),
        ("bytes=65535-65536", 65_535, 65_537),
        ("bytes=65536-", 65_536, None),
    ],
)
def test_a_part_of_it_is_had_by_its_range(
    rt: Runtime, gateway: RecordingGateway, as_: As, asked: str, start: int, stop: int | None
) -> None:
    ticket, audio = heard(rt, gateway)
    answer = as_("alice").get(at(ticket), Range=asked)
    part = audio[start:stop]
    first = start % len(audio)
    assert (answer.status_code, answer.data, answer.content_length) == (206, part, len(part))
    assert answer.headers["Content-Range"] == f"bytes {first}-{first + len(part) - 1}/{len(audio)}"


def test_a_part_that_is_not_there_is_refused(rt: Runtime, gateway: RecordingGateway, as_: As) -> None:
    ticket, audio = heard(rt, gateway)
    answer = as_("alice").get(at(ticket), Range="bytes=999999999-")
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{len(audio)}"
    assert listened(rt) == []


@pytest.mark.parametrize(
    "headers", [{"Range": "bytes=0-1,5-6"}, {"Range": "lines=1-2"}, {"Range": "?"}, {"Range": "bytes=0-1", "If_Range": '"x"'}]
)
def test_what_is_no_single_range_gets_all_of_it(rt: Runtime, gateway: RecordingGateway, as_: As, headers: dict[str, str]) -> None:
    ticket, audio = heard(rt, gateway)
    answer = as_("alice").get(at(ticket), **headers)
    assert (answer.status_code, answer.data) == (200, audio)


def test_a_store_that_is_away_says_so_and_nobody_listened(
    rt: Runtime, gateway: RecordingGateway, as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket, _ = heard(rt, gateway)

    def away(*_: object) -> Iterator[bytes]:
        raise StoreFault("away")

    monkeypatch.setattr(rt.store, "read", away)
    answer = as_("alice").get(at(ticket))
    assert (answer.status_code, listened(rt)) == (503, [])
    assert "cannot be had just now" in told(answer)


def spoil(rt: Runtime, tmp_path: Path, at: int) -> None:
    """Change one byte of the recording's file."""
    path = tmp_path / "recordings" / (recordings(rt)[0].stored_as or "")
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def test_one_that_does_not_open_says_so_and_nobody_listened(
    rt: Runtime, gateway: RecordingGateway, as_: As, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ticket, _ = heard(rt, gateway)
    spoil(rt, tmp_path, at=-1)
    answer = as_("alice").get(at(ticket))
    assert (answer.status_code, listened(rt)) == (500, [])
    assert "does not open" in told(answer)
    assert "a recording does not open" in capsys.readouterr().out
    part = as_("alice").get(at(ticket), Range="bytes=0-9")  # its first chunk is whole
    assert (part.status_code, part.data[:4]) == (206, b"RIFF")


def test_a_long_one_that_does_not_open_to_its_end_breaks_off(rt: Runtime, gateway: RecordingGateway, as_: As, tmp_path: Path) -> None:
    ticket, audio = heard(rt, gateway, seconds=90)
    spoil(rt, tmp_path, at=-1)
    came: list[bytes] = []
    answer = as_("alice").get(at(ticket))
    with pytest.raises(RecordingBroken):
        came.extend(answer.iter_encoded())  # what came before the fault stays in the list
    whole = b"".join(came)
    assert (answer.status_code, answer.content_length) == (200, len(audio))
    assert (audio.startswith(whole), 2**20 <= len(whole) < len(audio)) == (True, True)


def test_the_recording_of_an_erased_caller_is_gone(rt: Runtime, gateway: RecordingGateway, as_: As, clock: Clock) -> None:
    ticket, _ = heard(rt, gateway)
    with rt.transaction() as tx:
        tx.session.execute(update(Contact).values(wrapped_key=None, number=None, mark=None))
    answer = as_("alice").get(at(ticket))
    assert (answer.status_code, listened(rt)) == (410, [])
    assert "It was erased." in told(answer)
    with rt.transaction() as tx:
        tx.session.execute(update(Recording).values(next_attempt_at=tx.now))
    fetch(rt, gateway)
    html = as_("alice").text(f"/tickets/{ticket.reference}")
    assert ("The recording was erased." in html, '<audio id="recording-' in html) == (True, False)


def test_to_listen_is_told_once_in_ten_minutes_of_each_who_does(rt: Runtime, gateway: RecordingGateway, as_: As, clock: Clock) -> None:
    ticket, _ = heard(rt, gateway)
    alice, bob = as_("alice"), as_("bob")
    version = tickets(rt)[0].version
    alice.client.head(at(ticket), base_url=BASE)
    assert listened(rt) == []
    for part in ("bytes=0-1", "bytes=2-3", "bytes=4-"):
        alice.get(at(ticket), Range=part)
    [recording] = recordings(rt)
    hers, his = (volunteer(rt, "alice").id, recording.id), (volunteer(rt, "bob").id, recording.id)
    assert listened(rt) == [hers]
    bob.get(at(ticket))
    clock.forward(minutes=9)
    alice.get(at(ticket))
    assert listened(rt) == [hers, his]
    clock.forward(minutes=2)
    alice.get(at(ticket))
    assert listened(rt) == [hers, his, hers]
    assert tickets(rt)[0].version == version  # hearing it makes no form stale
    assert "Listened to the recording" in alice.text(f"/tickets/{ticket.reference}")


# Who may


def test_a_plain_tickets_recording_is_heard_by_every_volunteer(rt: Runtime, gateway: RecordingGateway, as_: As) -> None:
    ticket, audio = heard(rt, gateway)
    for login in ("alice", "bob", "charlie", "lead", "head"):
        assert as_(login).get(at(ticket)).data == audio


def test_a_sealed_tickets_recording_is_as_if_it_were_not_there(rt: Runtime, gateway: RecordingGateway, as_: As) -> None:
    sealed, audio = heard(rt, gateway, sealed=True)
    assert as_("charlie").get(at(sealed)).data == audio
    for login in ("alice", "bob", "lead", "head"):
        her = as_(login)
        refused, nothing = her.get(at(sealed)), her.get(f"/tickets/{NOBODYS}/recordings/1")
        assert (refused.status_code, plain(refused)) == (nothing.status_code, plain(nothing)) == (404, plain(nothing))
        refused = write(her, sealed, "rishwat")
        nothing = her.post(f"/tickets/{NOBODYS}/written-down", version="1", words="rishwat")
        assert (refused.status_code, plain(refused)) == (404, plain(nothing))
    assert listened(rt) == [(volunteer(rt, "charlie").id, recordings(rt)[0].id)]


def test_a_stranger_hears_and_writes_nothing(rt: Runtime, gateway: RecordingGateway, visitor: Visitor) -> None:
    ticket, audio = heard(rt, gateway)
    for answer in (visitor.get(at(ticket)), visitor.get(at(ticket), Range="bytes=0-9"), write(visitor, ticket, "x")):
        assert answer.status_code == 302
        assert answer.location.startswith("/login")
        assert audio[:10] not in answer.data
    assert listened(rt) == []
    assert tickets(rt)[0].version == ticket.version


def test_a_recording_of_another_ticket_is_not_had_through_ones_own(rt: Runtime, gateway: RecordingGateway, as_: As) -> None:
    heard(rt, gateway, sealed=True)
    ticket, audio = heard(rt, gateway, caller=OTHER)
    alice = as_("alice")
    assert alice.get(at(ticket)).data == audio
    assert [alice.get(at(ticket, number)).status_code for number in (0, 2, 99, 100)] == [404] * 4


# Written down


def test_what_was_said_is_kept_with_the_ticket(rt: Runtime, gateway: RecordingGateway, as_: As) -> None:
    ticket, _ = heard(rt, gateway)
    alice = as_("alice")
    answer = write(alice, ticket, "  میرا بٹوہ\0 گم\r\nہو گیا ")
    assert (answer.status_code, answer.location) == (302, f"/tickets/{ticket.reference}?done=saved")
    with rt.reading() as session:
        [message] = session.scalars(select(Message).where(Message.read_as == "written"))
        [event] = session.scalars(select(Event).where(Event.kind == "written_down"))
    assert (message.body, message.ticket_id, message.direction) == ("میرا بٹوہ\ufffd گم\nہو گیا", ticket.id, "in")
    assert (event.volunteer_id, event.data["message"]) == (volunteer(rt, "alice").id, message.id)
    html = alice.text(f"/tickets/{ticket.reference}")
    assert "میرا بٹوہ" in html
    assert "Said on the phone, and written down" in html


def test_it_is_read_for_meaning_like_a_text(rt: Runtime, gateway: RecordingGateway, as_: As) -> None:
    ticket, _ = heard(rt, gateway)
    assert (ticket.category, ticket.priority) == ("general", Priority.NORMAL)
    write(as_("alice"), ticket, "do larkon ne pistol dikha kar mera mobile cheen liya")
    [now] = tickets(rt)
    assert (now.category, now.priority < Priority.NORMAL, now.routed_at) == ("snatching", True, None)
    assert Job.ROUTE_DUE in rt.bell.rung  # type: ignore[attr-defined]


@pytest.mark.parametrize("words", ["bachao", "bachao 482719366", "Madad! {own}"])
def test_a_cry_for_help_that_is_written_down_is_urgent(rt: Runtime, gateway: RecordingGateway, as_: As, words: str) -> None:
    ticket, _ = heard(rt, gateway)
    write(as_("alice"), ticket, words.format(own=ticket.reference))
    assert (tickets(rt)[0].priority, tickets(rt)[0].routed_at) == (Priority.URGENT, None)


def test_it_lowers_nothing(rt: Runtime, gateway: RecordingGateway, as_: As) -> None:
    ticket, _ = heard(rt, gateway)
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).values(priority=Priority.URGENT, hold=True, category="kidnapping"))
    write(as_("alice"), ticket, "pani nahi aa raha")
    [now] = tickets(rt)
    assert (now.priority, now.hold, now.category) == (Priority.URGENT, True, "kidnapping")


def test_it_may_seal_the_ticket_to_whoever_wrote_it(rt: Runtime, gateway: RecordingGateway, as_: As) -> None:
    ticket, _ = heard(rt, gateway)
    alice = as_("alice")
    answer = write(alice, ticket, "thanay ke SHO ne mujh se rishwat mangi")
    assert (answer.status_code, answer.location) == (302, "/?done=gone")
    [now] = tickets(rt)
    assert (now.sealed, now.assignee_id, now.team_id) == (True, None, None)
    route_due(rt)
    assert alice.get(at(ticket)).status_code == 404
    assert as_("charlie").get(at(ticket)).status_code == 200


def test_a_call_held_for_the_callers_safety_stays_so_by_her_words(rt: Runtime, gateway: RecordingGateway, as_: As) -> None:
    ticket, _ = heard(rt, gateway)
    write(as_("alice"), ticket, "mere bete ko aghwa kar liya hai")
    assert tickets(rt)[0].hold


def test_whoever_was_second_keeps_what_she_wrote(rt: Runtime, gateway: RecordingGateway, as_: As) -> None:
    ticket, _ = heard(rt, gateway)
    write(as_("bob"), ticket, "the first to listen")
    answer = write(as_("alice"), ticket, "the second to listen")
    assert answer.status_code == 409
    html = answer.get_data(as_text=True)
    assert re.search(r'name="words"[^>]*>the second to listen</textarea>', html)
    assert "Wrote down what was said" in told(answer)
    with rt.reading() as session:
        assert [m.body for m in session.scalars(select(Message).where(Message.read_as == "written"))] == ["the first to listen"]


@pytest.mark.parametrize("form", [{"version": "1", "words": "  "}, {"version": "1"}, {"words": "x"}, {"version": "x", "words": "x"}])
def test_a_form_without_words_or_version_writes_nothing(rt: Runtime, gateway: RecordingGateway, as_: As, form: dict[str, str]) -> None:
    ticket, _ = heard(rt, gateway)
    assert as_("alice").post(f"/tickets/{ticket.reference}/written-down", **form).status_code == 400
    assert tickets(rt)[0].version == ticket.version


def test_what_a_volunteer_wrote_is_no_text_of_the_callers(rt: Runtime, gateway: RecordingGateway, as_: As) -> None:
    ticket, _ = heard(rt, gateway)
    write(as_("alice"), ticket, "said on the phone")
    with rt.reading() as session:
        assert messages.last_in(session, ticket.contact_id) is None
        assert not contacts.has_texted(session, ticket.contact_id)


# In a browser


@pytest.fixture
def live(
    make_rt: Callable[..., Runtime], tmp_path: Path, gateway: RecordingGateway, request: pytest.FixtureRequest
) -> Iterator[tuple[str, Ticket]]:
    """The pages on a port of this machine, with a recording of 20 seconds: their address, and the ticket."""
    port = free_port()
    rt = make_rt(data_dir=tmp_path, public_url=f"http://127.0.0.1:{port}")
    settle(rt, tmp_path)
    ticket, _ = heard(rt, gateway, seconds=20, audio=request.param)
    with serving(page_server(create_app(rt), port)) as url:
        yield url, ticket


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "live",
    [None, riff(bytes(range(200)) * 800, codec=MU_LAW, bits=8, told=0), mp3(20)],
    ids=["as it should be", "streamed, mu-law", "an MP3"],
    indirect=True,
)
def test_it_plays_in_a_browser_from_any_place_and_faster(live: tuple[str, Ticket], page: Page) -> None:
    url, ticket = live
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if message.type in ("error", "warning") else None)
    page.goto(f"{url}/login")
    page.fill("input[name=login]", "alice")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.goto(f"{url}/tickets/{ticket.reference}")
    page.evaluate("() => { const a = document.querySelector('audio'); a.muted = true; a.currentTime = 15; return a.play(); }")
    page.wait_for_function("() => document.querySelector('audio').currentTime > 15.1")
    assert page.evaluate("() => document.querySelector('audio').duration") == pytest.approx(20, abs=0.3)
    faster = page.locator("button[data-faster]")
    assert faster.is_visible()
    faster.click()
    assert page.evaluate("() => document.querySelector('audio').playbackRate") == 1.5
    assert faster.get_attribute("aria-pressed") == "true"
    faster.click()
    assert page.evaluate("() => document.querySelector('audio').playbackRate") == 1
    page.wait_for_function("() => document.querySelector('audio').ended")
    assert refused == []

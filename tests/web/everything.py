"""A hotline with something on every page, and the list of all its pages: for tests that look at every page."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import select, update

from hotline.domain.grant import parse as read_right
from hotline.domain.redaction import Span
from hotline.domain.ticket import Status
from hotline.runtime import Runtime
from hotline.sealing import mark
from hotline.services.calls import callplans
from hotline.services.duty import roster
from hotline.services.duty.ringtests import ring_all, tell_of_unanswered
from hotline.services.people import grants, invitations, releasing
from hotline.services.people import login as logins
from hotline.services.texts.outbound import send_due
from hotline.services.tickets import casework, facts, otherphones, pranks, redaction, taking
from hotline.services.tickets.indexing import index_words
from hotline.services.tickets.lateness import mark_late
from hotline.services.tickets.routing import route_due
from hotline.services.tickets.walkin import Complaint, take_down
from hotline.storage.callmodels import Recording
from hotline.storage.models import Ticket, TypedPhone
from hotline.storage.peoplemodels import Team, Volunteer
from hotline.storage.ringmodels import RingTest
from tests.calling import Caller
from tests.photographed import PhotoGateway, a_photo, picture
from tests.photographed import fetch as fetch_photos
from tests.recorded import RecordingGateway, a_recording, fetch
from tests.services.colleagues import PASSWORD, settle, volunteer
from tests.services.duty.test_attendance import give_phone
from tests.support import Clock, ScriptedGateway, text_in, tickets
from tests.web.visiting import Visitor

TEXTS = {
    "urdu": ("میرے بھائی کو دو لڑکوں نے پستول دکھا کر لوٹ لیا، موبائل اور 12,500 روپے لے گئے۔ نمبر 0300-1234567", "+923001234501"),
    "sindhi": ("منهنجي موٽرسائيڪل رات صدر مان چوري ٿي وئي، ڪنهن کي چوان؟", "+923331234502"),
    "roman": ("do larkon ne pistol dikha kar mera mobile cheen liya, bachao", "+923451234503"),
    "odd": ("<b>My</b> \u202emotorcycle\u202c was st\u200bolen " + "x" * 300 + " at night" * 500, "+923121234504"),
    "hold": ("mera shohar mujhe marta hai", "+923211234505"),
    "sealed": ("thanay ke SHO ne mujh se rishwat mangi", "+923131234506"),
}
ALICE_ENDS = datetime(2026, 11, 23, 14, 45, tzinfo=UTC)  # a quarter of an hour before the end of alice's shift
STREET_TUESDAY = (date(2026, 11, 24), time(8))


def furnish(rt: Runtime, folder: Path, clock: Clock, *, language: str) -> dict[str, str]:
    """Fill the hotline, with volunteers who read that language. Returns what stands in the pages' addresses, by name."""
    settle(rt, folder)
    with rt.transaction() as tx:
        tx.session.execute(update(Volunteer).values(page_language=language))
    names = {name: _text(rt, clock, *text) for name, text in TEXTS.items()}
    gateway, pictures = RecordingGateway(), PhotoGateway()
    names["call"] = _opened(rt, lambda: a_recording(rt, gateway, caller="+923221234507"))
    fetch(rt, gateway)
    names["photo"] = _opened(rt, lambda: a_photo(rt, pictures, picture(), b"%PDF-1.7", sender="+923251234511"))
    fetch_photos(rt, pictures)
    Caller(rt, "+923241234509", gateway_id="CA" + "f" * 32).ring().hang_up()  # not one of the ids that a_recording gives
    names["wanted"] = _opened(rt, lambda: Caller(rt, "+923231234510").ring().press("1", "3", "1").hang_up())
    _work(rt, names)
    _mask(rt, names)
    clock.now = ALICE_ENDS
    text_in(rt, f"{names['hold']} aur suno", sender=TEXTS["hold"][1])  # so that its page asks who reads the phone
    _people(rt, names)
    names["walkin"] = take_down(
        rt, volunteer(rt, "alice"), Complaint("a" * 32, "They took her purse", "en", number="0300 7654323", wants_woman=True)
    )
    _other_phones(rt, names)
    mark_late(rt)
    pranks.mark(rt, volunteer(rt, "alice"), names["sindhi"], version=_version(rt, names["sindhi"]), note="رات ڀر گاريون ڏيندو آهي")
    _ask_for_a_number(rt, names)
    _test_phones(rt, clock)
    index_words(rt)
    return names


def _text(rt: Runtime, clock: Clock, body: str, sender: str) -> str:
    clock.forward(minutes=7)
    return _opened(rt, lambda: text_in(rt, body, sender=sender))


def _opened(rt: Runtime, contact: Callable[[], object]) -> str:
    """The reference of the ticket that a text or call opens."""
    contact()
    route_due(rt)
    return tickets(rt)[-1].reference


def _work(rt: Runtime, names: dict[str, str]) -> None:
    alice = volunteer(rt, "alice")

    def version(name: str) -> int:
        return _version(rt, names[name])

    taking.claim(rt, alice, names["urdu"], version("urdu"))
    casework.change_status(rt, alice, names["urdu"], version=version("urdu"), to=Status.IN_PROGRESS, note="بھائی سے بات ہو گئی ہے <i>")
    taking.claim(rt, alice, names["wanted"], version("wanted"))
    callplans.keep_word(rt, alice, names["wanted"], version=version("wanted"), word="چنبیلی")
    callplans.promise(rt, alice, names["urdu"], version=version("urdu"))
    callplans.urge(rt, alice, names["urdu"], version=version("urdu"), note="<b>آج رات</b>")
    facts.promise(rt, alice, names["urdu"], version=version("urdu"), by=rt.clock() + timedelta(hours=2))
    text_in(rt, "kya hua?", sender=TEXTS["urdu"][1])
    send_due(rt, ScriptedGateway().alone, for_s=10)
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).where(Ticket.reference == names["sindhi"]).values(wants_woman=True, unattended=True))


def _mask(rt: Runtime, names: dict[str, str]) -> None:
    """A stretch of the recording, masked by the lead: the head can have it rewritten."""
    at = (rt, volunteer(rt, "lead"), names["call"])
    with rt.reading() as session:
        recording_id = session.scalars(select(Recording.id)).first()
    assert recording_id
    redaction.mask_stretch(*at, version=_version(rt, names["call"]), recording_id=recording_id, stretch=Span(1000, 3000))


def _other_phones(rt: Runtime, names: dict[str, str]) -> None:
    """Two other phones of a citizen's: one that a lead has confirmed and one that waits."""
    at = (rt, volunteer(rt, "alice"), names["sindhi"])
    for number, note in (("0300 7654321", "سندس ڀاءُ جو فون، گڏ آيا هئا"), ("0300 7654322", "<b>her</b> neighbour's")):
        otherphones.add(*at, version=_version(rt, names["sindhi"]), number=number, note=note)
    with rt.reading() as session:
        phone_id = session.scalars(select(TypedPhone.id).where(TypedPhone.mark == mark(rt.keys, "+923007654321"))).one()
    otherphones.confirm(rt, volunteer(rt, "lead"), names["sindhi"], version=_version(rt, names["sindhi"]), phone_id=phone_id)


def _test_phones(rt: Runtime, clock: Clock) -> None:
    """A day on which alice answered the test of her phone and the lead did not."""
    now, clock.now = clock.now, ALICE_ENDS.replace(hour=6)
    for login, number in (("alice", "+923211234501"), ("lead", "+923211234502")):
        give_phone(rt, login, number)
    ring_all(rt)
    with rt.transaction() as tx:
        phone_id = volunteer(rt, "alice").phone_id
        tx.session.execute(update(RingTest).where(RingTest.contact_id == phone_id).values(answered_at=tx.now, answered_by="call"))
    clock.forward(minutes=15)
    tell_of_unanswered(rt)
    clock.now = now


def _version(rt: Runtime, reference: str) -> int:
    return next(ticket.version for ticket in tickets(rt) if ticket.reference == reference)


def _people(rt: Runtime, names: dict[str, str]) -> None:
    alice, bob, admin = (volunteer(rt, login) for login in ("alice", "bob", "admin"))
    right = read_right("team:integrity")
    assert right
    grants.request(rt, admin.id, "bob", right)
    names["welcome"] = invitations.invite(rt, "dania", "دانیہ", made_by=admin.id)
    noor = invitations.accept(rt, invitations.invite(rt, "noor", "نور", made_by=admin.id), PASSWORD)
    logins.choose_page_language(rt, noor.id, alice.page_language)
    with rt.reading() as session:
        street = session.scalars(select(Team.id).where(Team.code == "street")).one()
    roster.ask_stand_in(rt, alice, (street, alice.id, *STREET_TUESDAY), bob.id)
    roster.say(rt, bob, (street, bob.id, *STREET_TUESDAY), comes=False)
    roster.hand_over(rt, alice, (street, alice.id, date(2026, 11, 23), time(8)), "فون کا انتظار ہے۔ Ring the second one back.", was="")


@dataclass(frozen=True)
class Shown:
    """A page as a person sees it. `who`: a login, None for a stranger. `act`: what to do there first. `focus`: what has the focus then."""

    name: str
    endpoint: str
    who: str | None
    path: str
    act: Callable[[Page], object] = lambda _page: None
    proved: bool = True
    focus: str = ""


def _fill(button: str, **fields: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        for name, value in fields.items():
            page.fill(f"main [name={name}]", value)
        page.click(button)

    return act


def _until_a_recording(page: Page) -> None:
    """Leave what comes first to colleagues, until there is a recording."""
    page.click("main .go button")
    while page.query_selector("main audio, main .notice a[download]") is None and page.query_selector("[data-key='8']"):
        page.click("[data-key='8']")


def _open_other_phones(page: Page) -> None:
    page.click("details:has([action$='/phones']) summary")


def _open_call_back(page: Page) -> None:
    for summary in page.query_selector_all("section:has(#call-back) summary"):
        summary.click()


def _ask_for_a_number(rt: Runtime, names: dict[str, str]) -> None:
    """Alice asks to be shown the numbers of the ticket on hold; the head has an app and could say yes."""
    with rt.transaction() as tx:
        tx.session.execute(update(Volunteer).where(Volunteer.login == "head").values(totp_step=1))
        tx.session.execute(update(Volunteer).where(Volunteer.login == "alice").values(shows_numbers=True))
    releasing.ask(rt, volunteer(rt, "alice"), names["hold"], note="ہسپتال سے فون آیا، 0300-1234567")


def _open_alone(page: Page) -> None:
    page.click("#number details summary")
    page.fill("#glass-note", "کوئی جواب نہیں دیتا")
    page.fill("#glass-code", "000000")
    page.click("#number form[action$='/number/open'] button")


def _open_pranks(page: Page) -> None:
    page.click("details:has([action$='/prank/confirm']) summary")


def _add_no_phone(page: Page) -> None:
    _open_other_phones(page)
    page.fill("#other-number", "12")
    page.fill("#other-note", "سندس ڀاءُ جو")
    page.click("form[action$='/phones'] button")


def _as_if_somebody_was_first(page: Page) -> None:
    page.evaluate("document.querySelector('#answer [name=version]').value = 1")
    page.fill("#note", "I wrote this")
    page.click(SAVE)


def _resolve_without_its_steps(page: Page) -> None:
    page.select_option("#status", "resolved")
    page.click(SAVE)


def _too_often(page: Page) -> None:
    while not page.query_selector("#code"):
        _fill("main button", login="nobody", password="no")(page)
        page.wait_for_load_state()


def _name_a_kind(page: Page) -> None:
    page.select_option("#category", "police")
    page.click("form[action$='/facts'] button")


def _seal_by_a_kind(page: Page) -> None:
    _name_a_kind(page)
    page.wait_for_selector("[name=sure]", state="attached")
    page.click("main .go button")


def _choose_none(page: Page) -> None:
    page.click("#several button[value='take']")


def _stop_a_gateway(page: Page) -> None:
    page.click(".gateway details summary")
    _fill(".gateway form[action$='/stop'] button", why="بیلنس ختم ہے، 0300-1234567")(page)


SAVE = 'button[formaction$="/status"]'
SEND = 'button[name="do"][value="send"]'
PAGES = (
    Shown("login", "auth.login", None, "/login"),
    Shown("login-refused", "auth.login", None, "/login", _fill("main button", login="alice", password="no"), focus=".notice.bad"),
    Shown("login-slowed", "auth.login", None, "/login", _too_often, focus=".notice.bad"),
    Shown("welcome", "welcome.welcome", None, "/welcome/{welcome}"),
    Shown("welcome-used", "welcome.welcome", None, "/welcome/nonsense"),
    Shown("waiting", "welcome.waiting", "noor", "/waiting"),
    Shown(
        "factor-first", "factor.factor", "lead", "/second-factor", _fill("main button", code="000000"), proved=False, focus=".notice.bad"
    ),
    Shown("queue", "queues.queue", "alice", "/?list=teams"),
    Shown("queue-filtered", "queues.queue", "lead", "/?list=all&priority=1"),
    Shown("queue-alarms", "queues.queue", "head", "/"),
    Shown("queue-empty", "queues.queue", "bob", "/?list=mine"),
    Shown("queue-keys", "queues.queue", "alice", "/", lambda page: page.click("#show-keys")),
    Shown("menu", "queues.queue", "lead", "/", lambda page: page.click("header summary")),
    Shown("ticket", "tickets.ticket", "alice", "/tickets/{urdu}"),
    Shown("ticket-sindhi", "tickets.ticket", "alice", "/tickets/{sindhi}"),
    Shown("ticket-phones", "tickets.ticket", "lead", "/tickets/{sindhi}", _open_other_phones),
    Shown("ticket-no-phone", "tickets.ticket", "alice", "/tickets/{sindhi}", _add_no_phone, focus=".notice.bad"),
    Shown("ticket-prank", "tickets.ticket", "bob", "/tickets/{sindhi}", _open_pranks),
    Shown("ticket-number-asked", "tickets.ticket", "lead", "/tickets/{hold}", lambda page: page.click("#number details summary")),
    Shown("ticket-number-refused", "tickets.ticket", "lead", "/tickets/{hold}", _open_alone, focus=".notice.bad"),
    Shown("ticket-walk-in", "tickets.ticket", "alice", "/tickets/{walkin}"),
    Shown("ticket-odd", "tickets.ticket", "bob", "/tickets/{odd}"),
    Shown("whole", "tickets.whole", "bob", "/tickets/{odd}", lambda page: page.click(".timeline .written a")),
    Shown("ticket-photo", "tickets.ticket", "alice", "/tickets/{photo}"),
    Shown("masked-photo", "redaction.masked", "head", "/tickets/{photo}/masked"),
    Shown("mask", "redaction.words", "lead", "/tickets/{urdu}", lambda page: page.click(".timeline .citizens a[href*='/mask']")),
    Shown("masked", "redaction.masked", "head", "/tickets/{call}/masked"),
    Shown("ticket-hold", "tickets.ticket", "lead", "/tickets/{hold}"),
    Shown("ticket-steps-missing", "tickets.ticket", "lead", "/tickets/{hold}", _resolve_without_its_steps, focus=".notice.bad"),
    Shown("ticket-sealed", "tickets.ticket", "charlie", "/tickets/{sealed}"),
    Shown("ticket-call", "tickets.ticket", "alice", "/tickets/{call}"),
    Shown("ticket-audited", "tickets.ticket", "auditor", "/tickets/{urdu}"),
    Shown("ticket-moved", "tickets.ticket", "alice", "/tickets/{urdu}", _as_if_somebody_was_first, focus=".notice.bad"),
    Shown(
        "reply-stopped",
        "tickets.ticket",
        "alice",
        "/tickets/{urdu}",
        _fill(SEND, body="Police Station Clifton will ring you."),
        focus="#reply ~ .notice.bad",
    ),
    Shown("kind-asked", "tickets.ticket", "bob", "/tickets/{odd}", _name_a_kind, focus="h1"),
    Shown("kind-gone", "undoing.gone", "bob", "/tickets/{odd}", _seal_by_a_kind, focus=".notice.good"),
    Shown("several-none", "queues.queue", "alice", "/?list=all", _choose_none, focus=".notice.bad"),
    Shown("ticket-none", "tickets.ticket", "alice", "/tickets/482719365"),
    Shown("looks", "looks.waiting", "alice", "/looks"),
    Shown("look", "looks.look", "alice", "/looks", lambda page: page.click("main .go button")),
    Shown("look-recording", "looks.look", "bob", "/looks", _until_a_recording),
    Shown("calls", "calls_book.book", "alice", "/calls"),
    Shown("calls-to-make", "bridges.to_make", "alice", "/calls-to-make"),
    Shown("going", "going.going", "head", "/going"),
    Shown("ticket-call-back", "tickets.ticket", "alice", "/tickets/{wanted}", _open_call_back),
    Shown("ticket-call-barred", "tickets.ticket", "alice", "/tickets/{urdu}", _open_call_back),
    Shown("walk-in", "walkin.form", "alice", "/walk-in"),
    Shown("walk-in-fault", "walkin.form", "alice", "/walk-in", _fill("main button", words="Her purse", number="12"), focus=".notice.bad"),
    Shown("slip", "walkin.slip", "alice", "/tickets/{walkin}/slip"),
    Shown("seal", "danger.seal", "lead", "/seal"),
    Shown("search", "search.page", "alice", "/search"),
    Shown("search-found", "search.page", "alice", "/search", _fill("main button", q="mobile"), focus="h1"),
    Shown("search-none", "search.page", "alice", "/search", _fill("main button", q="zebra"), focus=".notice"),
    Shown("roster", "roster.roster", "bob", "/roster"),
    Shown("roster-lead", "roster.roster", "lead", "/roster"),
    Shown("ringing", "ringing.page", "lead", "/ringing"),
    Shown("handover", "roster.handover", "alice", "/handover"),
    Shown("account", "account.account", "alice", "/account"),
    Shown(
        "account-fault", "account.account", "alice", "/account", _fill('form[action$="/choices"] button', phone="12"), focus=".notice.bad"
    ),
    Shown("people", "people.everybody", "admin", "/people"),
    Shown(
        "people-link",
        "people.everybody",
        "admin",
        "/people",
        _fill('form[action$="/invite"] button', name="ثنا", login="sana"),
        focus=".notice",
    ),
    Shown("people-head", "people.everybody", "head", "/people"),
    Shown("gateways", "gateways.page", "head", "/gateways"),
    Shown("gateways-stopped", "gateways.page", "admin", "/gateways", _stop_a_gateway, focus=".notice.good"),
    Shown("gateways-audited", "gateways.page", "auditor", "/gateways"),
    Shown("condition", "condition.page", "admin", "/condition"),
    Shown("audit", "audit.book", "auditor", "/audit"),
    Shown("audit-people", "audit.people_book", "auditor", "/audit/people"),
    Shown("audit-who", "audit.who", "auditor", "/audit/who"),
    Shown("audit-codes", "audit.codes", "auditor", "/audit/codes"),
)
FAULTS = frozenset({"welcome-used", "ticket-none"})
NO_PAGES = frozenset(
    {
        "static",
        "health.healthz",
        "health.readyz",
        "health.metrics",
        "prompts.clip",
        "factor.code",
        "recordings.audio",
        "looks.audio",
        "queues.version",
        "queues.part",
    }
    | {"queues.alarm_strip", "tickets.live", "tickets.version"}
    | {"photos.whole", "photos.preview", "looks.photo", "looks.photo_preview"}
)
"""Endpoints that answer a GET with part of a page, or with no page."""


Looking = Generator[tuple[Shown, Page], None, None]


def every_page(browser: Browser, app: Flask, address: str, names: dict[str, str], language: str) -> Looking:
    """Each page of the list in turn, in the browser of the person it is for."""
    pages: dict[tuple[str | None, bool], Page] = {}
    try:
        for shown in PAGES:
            whose = (shown.who, shown.proved)
            if whose not in pages:
                pages[whose] = _context(browser, app, address, *whose, language).new_page()
            page = pages[whose]
            page.set_viewport_size({"width": 1280, "height": 800})
            answer = page.goto(address + shown.path.format(**names))
            assert answer
            assert answer.ok is (shown.name not in FAULTS), shown.name
            shown.act(page)
            page.wait_for_load_state()
            if shown.focus:  # a form of a ticket is answered in its place
                page.locator(f"{shown.focus}:focus").wait_for()
            yield shown, page
    finally:
        for page in pages.values():
            page.context.close()


def _context(browser: Browser, app: Flask, address: str, who: str | None, proved: bool, language: str) -> BrowserContext:
    """A browser in that language, logged in without the form: thirty log-ins would take half of the time."""
    context = browser.new_context(locale=language)
    if who:
        come_in(context, app, address, who, proved=proved)
    return context


def come_in(context: BrowserContext, app: Flask, address: str, who: str, *, proved: bool = True) -> None:
    """Give a browser the cookie of a logged-in volunteer."""
    visitor = Visitor(app).log_in(who, proved=proved)
    cookie = visitor.client.get_cookie("hotline", domain="hotline.example.org")
    assert cookie
    context.add_cookies([{"name": "hotline", "value": cookie.value, "url": address}])

"""The page of the hotline's condition: who opens it, what it shows, and that alarms about the hotline lead to it."""

import re
import shutil
from collections.abc import Callable
from html import unescape

import pytest

from hotline.alarms import AlarmKind, raise_alarm_about
from hotline.runtime import Runtime
from hotline.services.condition import disks
from hotline.spool import SpoolFault
from hotline.storage.models import Ticket
from tests.services.colleagues import volunteer
from tests.services.condition.states import fill
from tests.support import HER, OTHER, alter
from tests.web.visiting import Visitor

As = Callable[[str], Visitor]
DISK = type(shutil.disk_usage("/"))
ABOUT_ITSELF = {
    AlarmKind.SPOOL_STUCK,
    AlarmKind.SPOOL_WAITS,
    AlarmKind.UNSENT,
    AlarmKind.STANDS_STILL,
    AlarmKind.DISK_FULL,
    AlarmKind.CERTIFICATE,
    AlarmKind.NO_BACKUP,
}


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], redis_url: str) -> Runtime:
    return make_rt(redis_url=redis_url)


def rows(page: str) -> dict[str, str]:
    """What each line of the page says, by its name."""
    return dict(_words(one) for one in re.findall(r"<dt>(.*?)</dd>", page, re.DOTALL))


def _words(line: str) -> tuple[str, str]:
    name, _, told = line.partition("</dt>")
    return tuple(" ".join(unescape(re.sub("<[^>]*>", " ", part)).split()) for part in (name, told))  # type: ignore[return-value]


def test_operators_heads_and_auditors_see_it_and_nobody_else_learns_of_it(as_: As, visitor: Visitor) -> None:
    seen = {login: as_(login).get("/condition").status_code for login in ("alice", "lead", "head", "admin", "auditor")}
    assert seen == {"alice": 404, "lead": 404, "head": 200, "admin": 200, "auditor": 200}
    assert visitor.get("/condition").status_code == 302
    linked = {login: "/condition" in as_(login).text("/account") for login in ("alice", "head", "admin", "auditor")}
    assert linked == {"alice": False, "head": True, "admin": True, "auditor": True}


def test_it_shows_the_figures_of_a_hotline_in_which_everything_waits(rt: Runtime, as_: As, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: DISK(10**10, 0, 9 * 10**9))
    fill(rt)
    page = as_("admin").text("/condition")
    told = rows(page)
    assert told["Database"] == "Works"
    assert told["Clock and workers"] == "Does not work stands still: calls"
    assert told["Should have left by now"].endswith("the first: 90 min")
    assert told["twilio"] == "handed over just now: 1 · nobody knows yet: 1 · for a person to decide: 1"
    assert told["Gateways that are set up no longer"] == "handed over just now: 0 · nobody knows yet: 1 · for a person to decide: 0"
    assert told["Somebody is in danger, and nobody has acted"] == "1 · the first: 90 min"
    assert told["Wait for a first look, and may be danger"] == "2 · the first: 90 min"
    assert told["Recordings that are not with us yet"] == "1 · the first: 90 min"
    assert told["The worker of calls and recordings"] == "90 min Stands still"
    assert "Stands still" not in told["The worker that makes backups"], "a backup may take hours"
    assert told["The disk of recordings and photos"] == "9.0 GB free of 9.0 GB"
    assert not re.search(rf"{HER[1:]}|{OTHER[1:]}|mobile cheen", page)


def test_a_sealed_ticket_is_counted_and_changes_nothing_on_it(rt: Runtime, as_: As) -> None:
    fill(rt)
    admin = as_("admin")
    before = rows(admin.text("/condition"))
    alter(rt, Ticket, sealed=True, hold=True)
    assert rows(admin.text("/condition")) == before


@pytest.mark.parametrize("login", ["head", "auditor"])
def test_a_reader_of_some_tickets_is_shown_no_sum_of_all(rt: Runtime, as_: As, login: str) -> None:
    """Such a sum tells a head that there is a ticket that the head does not see: it may name that head."""
    fill(rt)
    more = rows(as_("admin").text("/condition")).keys() - rows(as_(login).text("/condition")).keys()
    assert more == {
        "Somebody is in danger, and nobody has acted",
        "Wait for a first look, and may be danger",
        "Wait for a first look",
        "Wait for a first look, from phones that two people marked",
        "Open tickets",
        "Open tickets that are nobody's",
        "Alarms that nobody has seen to",
        "Texts that are not read yet",
        "Tickets that were given to nobody yet",
        "Recordings that are not with us yet",
    }


def test_a_spool_that_cannot_be_looked_through_is_named_and_its_line_left_out(as_: As, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise SpoolFault

    monkeypatch.setattr(disks, "spooled", refuse)
    told = rows(as_("admin").text("/condition"))
    assert told["Where texts wait while the database is away"] == "Does not work cannot be written"
    assert "Came in, and waits on the disk" not in told


@pytest.mark.parametrize("kind", sorted(ABOUT_ITSELF))
def test_an_alarm_about_the_hotline_leads_to_it(rt: Runtime, as_: As, kind: AlarmKind) -> None:
    with rt.transaction() as tx:
        raise_alarm_about(tx, f"{kind}:clock", kind, volunteer(rt, "head").id)
    strip = re.search(r'<section id="alarms".*?</section>', as_("head").text("/"), re.DOTALL)
    assert strip
    assert ('href="/condition"' in strip[0], "/roster" in strip[0]) == (True, False)

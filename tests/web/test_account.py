"""A volunteer's own account, and the one-time link that opened it."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from flask import Flask

from hotline.runtime import Runtime
from hotline.services.people.invitations import invite, invite_again
from hotline.storage import logins
from hotline.storage.models import Contact
from tests.services.colleagues import PASSWORD, volunteer
from tests.support import Clock
from tests.web.visiting import Visitor, told

As = Callable[[str], Visitor]


def test_to_log_out_ends_this_log_in_and_no_other(as_: As) -> None:
    here, there = as_("alice"), as_("alice")
    here.post("/logout")
    assert not here.is_in()
    assert there.is_in()


def test_she_sees_her_log_ins_and_ends_them_and_nobody_elses(app: Flask, as_: As) -> None:
    here, bob = as_("alice"), as_("bob")
    there = Visitor(app)
    agent = {"User-Agent": "Mozilla/5.0 (Linux; Android 13) <script>x</script> Chrome/120 Safari/537"}
    there.client.environ_base["HTTP_USER_AGENT"] = agent["User-Agent"]
    there.log_in("alice")
    page = here.text("/account")
    assert "Chrome · Android" in page
    assert "<script>x" not in page
    ends = re.findall(r"/account/logins/\d+/end", page)
    assert len(ends) == 2
    for path in ends:
        bob.post(path)
    assert there.is_in()
    here.post("/account/logins/end-others")
    assert not there.is_in()
    assert here.is_in()
    assert bob.is_in()


def test_a_new_password_asks_for_the_old_one_and_ends_her_other_log_ins(as_: As, app: Flask) -> None:
    here, there = as_("alice"), as_("alice")
    assert (
        told(here.post("/account/password", old="wrong", new="another-good-password")) == "That is not your password. Nothing was changed."
    )
    assert here.post("/account/password", old=PASSWORD, new="short").status_code == 400
    assert there.is_in()
    assert here.post("/account/password", old=PASSWORD, new="another-good-password").status_code == 302
    assert here.is_in()
    assert not there.is_in()
    assert Visitor(app).log_in("alice", "another-good-password").is_in()


def test_her_own_phone_is_kept_as_a_contact_that_was_not_heard_from(rt: Runtime, as_: As) -> None:
    alice = as_("alice")
    assert alice.post("/account/choices", phone="0300 1234567", takes_women="yes").status_code == 302
    her = volunteer(rt, "alice")
    with rt.reading() as session:
        contact = session.get_one(Contact, her.phone_id)
    assert (contact.address, contact.times_seen, her.takes_women) == ("+923001234567", 0, True)
    assert "+923001234567" in alice.text("/account")
    assert alice.post("/account/choices", phone="12").status_code == 400
    alice.post("/account/choices", phone="")
    assert (volunteer(rt, "alice").phone_id, volunteer(rt, "alice").takes_women) == (None, False)


def test_when_a_log_in_was_used_last_is_written_every_few_minutes_and_not_at_each_page(rt: Runtime, as_: As, clock: Clock) -> None:
    alice, began = as_("alice"), clock.now

    def seen() -> datetime:
        with rt.reading() as session:
            [login] = logins.open_of(session, volunteer(rt, "alice").id, since=began - timedelta(days=1))
        return login.seen_at

    clock.forward(minutes=4)
    assert alice.is_in()
    assert seen() == began
    clock.forward(minutes=1)
    with alice.get("/"):
        assert seen() == began  # the page does not wait for the note
    assert seen() == clock.now


def test_a_log_in_is_over_after_the_hours_it_is_good_for(as_: As, clock: Clock) -> None:
    alice = as_("alice")
    clock.forward(hours=11)
    assert alice.is_in()
    clock.forward(hours=2)
    assert not alice.is_in()


def test_a_link_brings_her_in_once(app: Flask, rt: Runtime) -> None:
    path = f"/welcome/{invite(rt, 'dana', 'Dana <b>', made_by=None)}"
    dana, other = Visitor(app), Visitor(app)
    assert "Dana &lt;b&gt;" in dana.text(path)
    assert dana.post(path, password="short").status_code == 400
    assert dana.post(path, password="long-enough-password").status_code == 302
    assert dana.is_in()
    answer = other.post(path, password="somebody-elses-password")
    assert (answer.status_code, "This link cannot be used" in answer.get_data(as_text=True)) == (404, True)
    assert Visitor(app).log_in("dana", "long-enough-password").is_in()


def test_a_link_that_is_used_too_old_or_unknown_gives_the_same_page(app: Flask, rt: Runtime, clock: Clock) -> None:
    old, void = (f"/welcome/{invite(rt, login, login, made_by=None)}" for login in ("dana", "emma"))
    assert invite_again(rt, "emma")  # the link before opens nothing any more
    pages = {re.sub(r'value="[^"]*"', "", Visitor(app).text(path)) for path in ("/welcome/nothing", void)}
    clock.forward(hours=72)
    pages.add(re.sub(r'value="[^"]*"', "", Visitor(app).text(old)))
    assert len(pages) == 1
    assert "ask your administrator for a new link" in pages.pop()


def test_a_new_link_begins_the_second_factor_anew_and_ends_her_log_ins(app: Flask, rt: Runtime, as_: As) -> None:
    lead = as_("lead")
    path = f"/welcome/{invite_again(rt, 'lead')}"
    assert lead.is_in()
    again = Visitor(app)
    again.post(path, password="long-enough-password")
    assert not lead.is_in()
    assert again.get("/").location.startswith("/second-factor")

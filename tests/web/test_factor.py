"""The second factor: after the password, before anything else, and never the same code twice."""

from collections.abc import Callable
from pathlib import Path

import pyotp
import pytest
from flask import Flask

from hotline.app import create_app
from hotline.runtime import Runtime
from hotline.services.people.factor import SeedUnreadable, secret
from hotline.storage.peoplemodels import Volunteer
from tests.services.colleagues import ORGANISATION, PASSWORD, settle, volunteer
from tests.support import Clock, alter
from tests.web.visiting import Visitor, told


def half_in(app: Flask, login: str) -> Visitor:
    """A visitor who gave the password and no second factor."""
    visitor = Visitor(app)
    assert visitor.post("/login", login=login, password=PASSWORD).status_code == 302
    return visitor


def key(rt: Runtime, login: str) -> str:
    return secret(rt, volunteer(rt, login)) or "?"


def code(rt: Runtime, login: str, clock: Clock) -> str:
    return pyotp.TOTP(key(rt, login)).at(clock.now)


@pytest.mark.parametrize("login", ["lead", "head", "admin", "auditor", "charlie"])
def test_whose_rights_need_it_is_led_to_it_before_anything_else(app: Flask, login: str) -> None:
    visitor = half_in(app, login)
    for path in ("/", "/tickets/482719365", "/account", "/people", "/calls"):
        assert visitor.get(path).location.startswith("/second-factor"), path
    assert visitor.post("/account/logins/end-others").location == "/second-factor"


@pytest.mark.parametrize("login", ["alice", "bob"])
def test_whoever_sees_nothing_sealed_and_leads_nobody_is_not_asked(app: Flask, login: str) -> None:
    assert half_in(app, login).is_in()


def test_the_made_up_people_of_a_demo_are_not_asked(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path, "demo = true\n" + ORGANISATION)
    app = create_app(rt)
    assert half_in(app, "lead").is_in()
    assert half_in(app, "admin").get("/people").status_code == 200


def test_she_puts_the_key_into_her_app_once_and_then_types_codes(app: Flask, rt: Runtime, clock: Clock) -> None:
    lead = half_in(app, "lead")
    page = lead.text("/second-factor")
    assert key(rt, "lead") in page.replace(" ", "")
    picture = lead.get("/second-factor/code.svg")
    assert (picture.status_code, picture.mimetype) == (200, "image/svg+xml")
    assert lead.post("/second-factor?next=/account", code=code(rt, "lead", clock)).location == "/account"
    assert lead.is_in()
    again = half_in(app, "lead")
    assert again.get("/second-factor/code.svg").status_code == 404
    assert key(rt, "lead") not in again.text("/second-factor").replace(" ", "")


def test_a_code_is_never_taken_twice(app: Flask, rt: Runtime, clock: Clock) -> None:
    one, other = half_in(app, "lead"), half_in(app, "lead")
    one.get("/second-factor")
    shown = code(rt, "lead", clock)
    assert one.post("/second-factor", code=shown).status_code == 302
    answer = other.post("/second-factor", code=shown)
    assert (answer.status_code, told(answer)[:22]) == (401, "That code is not right")
    clock.forward(seconds=30)
    assert other.post("/second-factor", code=code(rt, "lead", clock)).status_code == 302


@pytest.mark.parametrize("zero", "٠۰०０")
def test_a_code_may_be_typed_in_the_digits_of_any_script(app: Flask, rt: Runtime, clock: Clock, zero: str) -> None:
    lead = half_in(app, "lead")
    lead.get("/second-factor")
    digits = [chr(ord(zero) + int(digit)) for digit in code(rt, "lead", clock)]
    assert lead.post("/second-factor", code=f"\u200f{''.join(digits[:3])} \u200e{''.join(digits[3:])}\u200f").status_code == 302


@pytest.mark.parametrize("typed", ["", "000000x", "۱۲۳۴۵۶", "\u202e123456", "x" * 5000])
def test_what_is_no_code_is_refused(app: Flask, typed: str) -> None:
    lead = half_in(app, "lead")
    lead.get("/second-factor")
    assert lead.post("/second-factor", code=typed).status_code == 401
    assert not lead.is_in()


def test_who_guesses_codes_is_slowed_down_and_not_locked_out(app: Flask, rt: Runtime, clock: Clock) -> None:
    lead = half_in(app, "lead")
    lead.get("/second-factor")
    for _ in range(5):
        assert lead.post("/second-factor", code="1").status_code == 401
    answer = lead.post("/second-factor", code="1")
    assert (answer.status_code, told(answer)) == (429, "Too many wrong codes. Wait 1 second, then try again.")
    clock.forward(seconds=60)
    assert lead.post("/second-factor", code=code(rt, "lead", clock)).status_code == 302


def test_the_database_alone_does_not_tell_her_secret(app: Flask, rt: Runtime, make_rt: Callable[..., Runtime]) -> None:
    page = half_in(app, "lead").text("/second-factor").replace(" ", "")
    her, shown = volunteer(rt, "lead"), key(rt, "lead")
    assert shown in page
    assert shown not in {str(value) for value in vars(her).values()}
    assert secret(make_rt(secret_key="another-key-of-thirty-two-letters"), her) != shown
    her.id += 1  # nor does a seed copied to another volunteer's row
    with pytest.raises(SeedUnreadable):
        secret(rt, her)


def test_a_seed_that_the_keys_do_not_open_is_told_at_the_log_in(app: Flask, rt: Runtime) -> None:
    lead = half_in(app, "lead")
    lead.get("/second-factor")
    alter(rt, Volunteer, totp_seed=b"\x01 of other keys")
    for answer in (lead.get("/second-factor"), lead.post("/second-factor", code="123456")):
        assert answer.status_code == 503
        assert "the keys of this hotline are missing or wrong" in answer.text

"""A flood of log-ins: what a volunteer is told, and whose address is counted."""

from collections.abc import Callable
from html import unescape

import pyotp
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from hotline.app import create_app
from hotline.runtime import Runtime
from hotline.sections import Web
from hotline.services.people import passwords
from hotline.services.people.factor import secret
from hotline.services.people.invitations import invite
from tests.services.colleagues import PASSWORD, volunteer
from tests.services.people.test_passwords import full
from tests.support import Clock, text_in
from tests.web.visiting import BASE, Visitor, told

As = Callable[[str], Visitor]
GUESSER, NEIGHBOUR, ELSEWHERE = "39.40.12.7", "39.40.12.200", "203.99.48.7"


def tries(app: Flask, address: str, login: str = "nobody", **headers: str) -> TestResponse:
    """A try from that address, as a new browser's."""
    visitor = Visitor(app)
    data = {"csrf_token": visitor.token(), "login": login, "password": PASSWORD}
    return visitor.client.post("/login", base_url=BASE, data=data, environ_base={"REMOTE_ADDR": address}, headers=headers)


def flood(app: Flask, address: str, **headers: str) -> int:
    """Tries with made-up logins until one has to wait, at most 60; how many were heard."""
    return next((n for n in range(60) if tries(app, address, f"nobody-{n}", **headers).status_code == 429), 60)


def test_where_too_many_log_in_at_once_the_page_says_so_and_keeps_the_login(visitor: Visitor) -> None:
    with full(known=False):
        answer = visitor.post("/login", login="alice", password=PASSWORD, kept="signed words")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert told(answer).startswith("Too many people log in just now. Nothing is lost")
    assert 'value="alice"' in answer.text
    assert 'name="kept" value="signed words"' in answer.text
    assert PASSWORD not in answer.text
    assert 'name="code"' in answer.text


def test_so_it_does_where_a_password_is_chosen_or_changed(app: Flask, rt: Runtime, as_: As) -> None:
    alice, path = as_("alice"), f"/welcome/{invite(rt, 'dana', 'Dana', made_by=None)}"
    with full(known=True):
        for answer in (
            alice.post("/account/password", old=PASSWORD, new="violet-kettle-morning"),
            Visitor(app).post(path, password="violet-kettle-morning"),
        ):
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
            assert told(answer).startswith("Too many passwords come in just now.")
    assert Visitor(app).post(path, password="violet-kettle-morning").status_code == 302


def test_with_every_place_taken_texts_and_pages_are_answered(rt: Runtime, as_: As, monkeypatch: pytest.MonkeyPatch) -> None:
    alice = as_("alice")
    monkeypatch.setattr(passwords, "_matches", lambda *_: pytest.fail("it was hashed"))
    with full(known=False), full(known=True):
        assert text_in(rt, "mera mobile cheen liya")
        assert alice.is_in()
        assert alice.post("/login", login="alice", password=PASSWORD).status_code == 503


def test_a_common_password_is_refused_and_the_page_says_what_to_do(rt: Runtime, as_: As, visitor: Visitor) -> None:
    path = f"/welcome/{invite(rt, 'dana', 'Dana', made_by=None)}"
    for answer in (
        visitor.post(path, password="password123"),
        as_("alice").post("/account/password", old=PASSWORD, new="password123"),
    ):
        assert answer.status_code == 400
        assert told(answer).endswith("Take a few words that do not belong together.")


def test_made_up_logins_are_slowed_down_by_where_they_come_from(app: Flask, as_: As) -> None:
    alice = as_("alice")
    assert flood(app, GUESSER) == 30
    answer = tries(app, NEIGHBOUR, "alice")
    assert (answer.status_code, 'name="code"' in answer.text) == (429, True)
    assert tries(app, ELSEWHERE, "bob").status_code == 302
    alice.post("/logout")
    alice.client.environ_base["REMOTE_ADDR"] = NEIGHBOUR
    assert alice.post("/login", login="alice", password=PASSWORD).status_code == 302  # a browser that alice has used before


def test_a_right_code_lets_a_volunteer_try_at_once_and_is_no_second_factor(app: Flask, rt: Runtime, clock: Clock) -> None:
    def code() -> str:
        clock.forward(seconds=30)
        return pyotp.TOTP(secret(rt, volunteer(rt, "lead")) or "?").at(clock.now)

    lead = Visitor(app).log_in("lead", proved=False)
    lead.get("/second-factor")
    assert lead.post("/second-factor", code=code()).status_code == 302
    shown, stranger, new = code(), Visitor(app), Visitor(app)
    while stranger.post("/login", login="lead", password="wrong").status_code != 429:
        pass
    assert new.post("/login", login="lead", password=PASSWORD).status_code == 429
    assert new.post("/login", login="lead", password=PASSWORD, code=shown).status_code == 302
    assert new.get("/").location.startswith("/second-factor")


@pytest.mark.parametrize("proxies", [1, 2])
def test_behind_proxies_of_ours_the_address_is_what_they_wrote_and_not_what_a_client_says(
    app: Flask, make_rt: Callable[..., Runtime], proxies: int
) -> None:
    behind = create_app(make_rt(web=Web(proxies=proxies)))
    ours = ", 10.0.0.2" * (proxies - 1)
    heard = flood(behind, "127.0.0.1", **{"X-Forwarded-For": f"198.51.100.1, {GUESSER}{ours}"})
    assert heard == 30
    for forged in (f"8.8.8.8, {NEIGHBOUR}{ours}", f"127.0.0.1, {NEIGHBOUR}{ours}", f"{NEIGHBOUR}{ours}"):
        assert tries(behind, "127.0.0.1", "alice", **{"X-Forwarded-For": forged}).status_code == 429
    assert tries(behind, "127.0.0.1", "alice", **{"X-Forwarded-For": f"{GUESSER}, {ELSEWHERE}{ours}"}).status_code == 302


def test_where_no_proxy_is_configured_nobody_pretends_to_come_from_elsewhere(app: Flask) -> None:
    assert flood(app, GUESSER, **{"X-Forwarded-For": "8.8.8.8"}) == 30
    for header in ("X-Forwarded-For", "X-Real-Ip", "Forwarded"):
        assert tries(app, GUESSER, "alice", **{header: "203.99.48.9"}).status_code == 429


def test_where_everybody_comes_by_a_proxy_that_is_not_configured_nobody_is_shut_out(app: Flask) -> None:
    assert flood(app, "127.0.0.1", **{"X-Forwarded-For": GUESSER}) == 60
    assert tries(app, "127.0.0.1", "alice").status_code == 302


def test_the_pages_of_a_hotline_behind_a_proxy_are_the_same(make_rt: Callable[..., Runtime], app: Flask) -> None:
    behind = create_app(make_rt(web=Web(proxies=1)))
    headers = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http", "X-Forwarded-Prefix": "/evil", "X-Forwarded-For": GUESSER}
    answer = behind.test_client().get("/", base_url=BASE, headers=headers)
    assert (answer.status_code, answer.location) == (302, "/login?next=/")
    assert "evil" not in unescape(behind.test_client().get("/login", base_url=BASE, headers=headers).text)

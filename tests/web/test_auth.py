"""Coming in to the pages, going, and what every page carries."""

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from hotline import guards
from hotline.app import create_app
from hotline.domain.languages import PAGE_LANGUAGES
from hotline.i18n import direction
from hotline.runtime import Runtime
from hotline.services.people.organisation import reset_password
from hotline.storage import people
from tests.services.colleagues import PASSWORD, volunteer
from tests.support import Clock, catalogues, text_in, tickets
from tests.web.visiting import BASE, Visitor, told

As = Callable[[str], Visitor]


def put_out(rt: Runtime, login: str) -> None:
    """The volunteer does not work here any more."""
    with rt.transaction() as tx:
        found = people.by_login(tx.session, login)
        assert found
        found.active = False
        tx.session.flush()


def page_of(html: str) -> tuple[str, str]:
    """Language and direction of a page."""
    found = re.search(r'<html lang="([^"]*)" dir="([^"]*)">', html)
    assert found, html
    return found[1], found[2]


# Coming in


def test_she_logs_in_and_sees_the_queue(visitor: Visitor) -> None:
    answer = visitor.post("/login", login=" Alice ", password=PASSWORD)
    assert (answer.status_code, answer.location) == (302, "/")
    page = visitor.text("/")
    assert "Open tickets" in page
    assert '<span class="who" dir="auto">Alice</span>' in page
    assert visitor.get("/login").location == "/"


def test_whatever_is_wrong_she_is_told_the_same(visitor: Visitor) -> None:
    wrong = [("alice", "wrong"), ("alice", ""), ("alice", PASSWORD + "x"), ("alice", "x" * 5000)]
    wrong += [(login, PASSWORD) for login in ("nobody", "", "ali\0ce", "\u202eعلی", "x" * 5000)]
    for login, password in wrong:
        answer = visitor.post("/login", login=login, password=password)
        assert (answer.status_code, told(answer)[:34]) == (401, "Login or password is wrong. Check "), login
        assert not visitor.is_in()


def test_the_password_is_never_shown_again(visitor: Visitor) -> None:
    answer = visitor.post("/login", login="alice", password="not-my-password")
    assert "not-my-password" not in answer.get_data(as_text=True)
    assert 'value="alice"' in answer.get_data(as_text=True)


@pytest.mark.parametrize("login", ["alice", "nobody"])
def test_who_guesses_is_slowed_down_whether_the_login_exists_or_not(visitor: Visitor, clock: Clock, login: str) -> None:
    for _ in range(5):
        assert visitor.post("/login", login=login, password="wrong").status_code == 401
    answer = visitor.post("/login", login=login, password="wrong")
    assert (answer.status_code, told(answer)) == (429, "Too many wrong passwords. Wait 1 second, then try again.")
    clock.forward(seconds=1)
    assert visitor.post("/login", login=login, password="wrong").status_code == 401
    assert told(visitor.post("/login", login=login, password=PASSWORD)) == "Too many wrong passwords. Wait 2 seconds, then try again."
    clock.forward(seconds=2)
    assert visitor.post("/login", login=login, password=PASSWORD).status_code == (302 if login == "alice" else 401)


def test_a_form_without_fields_is_a_wrong_password(visitor: Visitor) -> None:
    assert visitor.post("/login").status_code == 401


def test_nobody_is_led_away_from_here(visitor: Visitor) -> None:
    led_to = {"/tickets/482719365": "/tickets/482719365", "/?after=abc": "/?after=abc"}
    led_to |= dict.fromkeys(
        ("//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "/\n/evil.example"), "/"
    )
    led_to |= dict.fromkeys(("https:evil.example", "https://evil.example/", "javascript:alert(1)", "//[", "http://[", "evil.example"), "/")
    led_to |= dict.fromkeys((" //evil.example", "/a\r\nSet-Cookie: a=b", "/\t\\evil.example", ""), "/")
    for asked, there in led_to.items():
        form = {"csrf_token": visitor.token(), "login": "alice", "password": PASSWORD}
        answer = visitor.client.post("/login", query_string={"next": asked}, data=form, base_url=BASE)
        assert (answer.status_code, answer.location) == (302, there), asked
        assert visitor.post("/language", language="en", back=asked).location == there, asked


def test_she_comes_back_to_the_page_she_asked_for_but_never_to_where_a_form_goes(visitor: Visitor) -> None:
    assert visitor.get("/?after=abc").location == "/login?next=/?after%3Dabc"
    assert visitor.get("/tickets/482719365").location == "/login?next=/tickets/482719365"
    assert visitor.post("/tickets/482719365/status", status="closed", version="1").location == "/login"


def test_being_sent_to_the_log_in_leaves_nothing_in_the_cookie(visitor: Visitor) -> None:
    assert all("Set-Cookie" not in visitor.get("/").headers for _ in range(3))


# Going


def test_she_logs_out(as_: As) -> None:
    alice = as_("alice")
    assert alice.is_in()
    assert alice.post("/logout").location == "/login"
    assert not alice.is_in()


def test_a_log_in_ends_when_the_password_changes_on_every_machine(rt: Runtime, as_: As) -> None:
    here, there, bob = as_("alice"), as_("alice"), as_("bob")
    password = reset_password(rt, "alice")
    assert password
    assert not here.is_in()
    assert not there.is_in()
    assert bob.is_in()
    assert here.log_in("alice", password).is_in()


def test_a_log_in_ends_when_she_leaves_and_her_form_does_nothing(rt: Runtime, as_: As) -> None:
    text_in(rt, "mera mobile cheen liya")
    alice, [ticket] = as_("alice"), tickets(rt)
    token = alice.token()
    put_out(rt, "alice")
    form = {"csrf_token": token, "status": "closed", "version": str(ticket.version)}
    assert alice.client.post(f"/tickets/{ticket.reference}/status", data=form, base_url=BASE).location == "/login"
    assert tickets(rt)[0].version == ticket.version
    assert not alice.is_in()
    assert alice.post("/login", login="alice", password=PASSWORD).status_code == 401


def test_a_cookie_that_somebody_made_opens_nothing(app: Flask, rt: Runtime) -> None:
    stranger = Visitor(app)
    for value in ("", "x", "eyJfdXNlcl9pZCI6IjE6ayJ9.aaaa.bbbb"):
        stranger.client.set_cookie("hotline", value, domain="hotline.example.org")
        stranger.client.set_cookie("remember_token", f"{volunteer(rt, 'alice').id}|x", domain="hotline.example.org")
        assert not stranger.is_in()


@pytest.mark.parametrize(("public_url", "is_secure"), [("https://hotline.example.org", True), ("http://127.0.0.1:8000", False)])
def test_the_cookie_is_for_us_alone(make_rt: Callable[..., Runtime], public_url: str, is_secure: bool) -> None:
    client = create_app(make_rt(public_url=public_url)).test_client()
    flags = client.get("/login", base_url=public_url).headers["Set-Cookie"].split("; ")
    assert ("Secure" in flags) is is_secure
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(flags)
    assert not any(flag.startswith("Domain") for flag in flags)


# Forms


def routes_with_forms(app: Flask, reference: str) -> Iterator[str]:
    for rule in app.url_map.iter_rules():
        if "POST" in (rule.methods or ()) and not app.view_functions[rule.endpoint].__dict__.get("signed"):
            _, path = rule.build({name: "1" if name in ("alarm_id", "number") else reference for name in rule.arguments}) or (None, None)
            assert path
            yield path


def test_a_form_that_is_not_ours_is_refused_everywhere(rt: Runtime, app: Flask, as_: As) -> None:
    text_in(rt, "mera mobile cheen liya")
    [ticket] = tickets(rt)
    paths = list(routes_with_forms(app, ticket.reference))
    assert len(paths) >= 7
    form = {"version": str(ticket.version), "status": "closed", "login": "alice", "password": PASSWORD, "language": "ur"}
    tokens: list[dict[str, str]] = [{}, {"csrf_token": ""}, {"csrf_token": "made-up"}, {"csrf_token": as_("bob").token()}]
    for who in (as_("alice"), Visitor(app)):
        for path in paths:
            for token in tokens:
                answer = who.client.post(path, data=form | token, base_url=BASE)
                assert (answer.status_code, told(answer)[:26]) == (400, "This form is out of date. "), path
    assert tickets(rt)[0].version == ticket.version
    assert volunteer(rt, "alice").page_language == "en"


# Languages


def test_a_page_speaks_what_the_browser_asks_for(visitor: Visitor) -> None:
    shown = {
        "": "en",
        "ur-PK,en;q=0.5": "ur",
        "sd": "sd",
        "de-DE,fr": "en",
        "ar;q=0.9,sd;q=0.8,en;q=0.1": "sd",
        "en-GB,ur": "en",
        "\xff;;q=x,": "en",
    }
    for asked, language in shown.items():
        assert page_of(visitor.text("/login", Accept_Language=asked)) == (language, direction(language)), asked


@pytest.mark.parametrize("language", PAGE_LANGUAGES)
def test_the_language_is_chosen_before_logging_in_and_hers_is_kept(app: Flask, rt: Runtime, visitor: Visitor, language: str) -> None:
    answer = visitor.post("/language", language=language, back="/login?next=/tickets/482719365")
    assert answer.location == "/login?next=/tickets/482719365"
    assert page_of(visitor.text("/login")) == (language, direction(language))
    visitor.log_in("alice")
    assert page_of(visitor.text("/")) == ("en", "ltr")
    visitor.post("/language", language=language, back="/")
    assert volunteer(rt, "alice").page_language == language
    assert page_of(Visitor(app).log_in("alice").text("/", Accept_Language="en")) == (language, direction(language))
    visitor.post("/logout")
    assert page_of(visitor.text("/login")) == (language, direction(language))


def test_a_language_there_is_not_changes_nothing(rt: Runtime, as_: As) -> None:
    assert as_("alice").post("/language", language="ur-Latn", back="/").status_code == 302
    assert volunteer(rt, "alice").page_language == "en"


def test_the_language_form_leads_back_to_the_same_page(visitor: Visitor) -> None:
    assert 'name="back" value="/login?next=/tickets/482719365"' in visitor.text("/login?next=/tickets/482719365")


def test_a_page_that_is_not_there_says_so_in_the_readers_language(as_: As) -> None:
    alice, sentences = as_("alice"), set()
    for language in PAGE_LANGUAGES:
        alice.post("/language", language=language)
        answer = alice.get("/nowhere")
        assert (answer.status_code, page_of(answer.get_data(as_text=True))) == (404, (language, direction(language)))
        assert told(answer) == catalogues().translations(language).gettext("There is nothing at this address.")
        sentences.add(told(answer))
    assert len(sentences) == len(PAGE_LANGUAGES)


# What every page carries


def assert_headers(answer: object, path: str) -> None:
    headers = answer.headers  # type: ignore[attr-defined]
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert (policy["default-src"], policy["frame-ancestors"], policy["base-uri"]) == ("'none'",) * 3, path
    assert policy["script-src"] == "'self'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff", path
    assert headers["Referrer-Policy"] == "same-origin", path
    assert ("no-store" in headers.get("Cache-Control", "")) is not path.startswith("/static/style"), path


def test_every_answer_carries_the_headers_errors_too(rt: Runtime, as_: As, visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    text_in(rt, "mera mobile cheen liya")
    [ticket] = tickets(rt)
    alice = as_("alice")
    pages = {
        "/": 200,
        f"/tickets/{ticket.reference}": 200,
        "/tickets/482719365": 404,
        "/nowhere": 404,
        "/static/nothing.css": 404,
        "/static/style.css": 200,
        "/logout": 405,
        "/login": 302,
        "/healthz": 200,
        "/hooks/twilio/sms": 405,
    }
    for path, status in pages.items():
        with alice.get(path) as answer:
            assert answer.status_code == status, path
            assert_headers(answer, path)
    for answer in (
        visitor.get("/"),
        visitor.get("/login"),
        visitor.client.post("/login", base_url=BASE),
        visitor.client.post("/hooks/twilio/sms", base_url=BASE),
        alice.post(f"/tickets/{ticket.reference}/status", status="closed", version="999"),
        alice.client.post("/login", data={"login": "x" * 70_000}, base_url=BASE),
    ):
        assert_headers(answer, "")

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("hotline.web.queues.queues.page", broken)
    answer = alice.get("/")
    assert (answer.status_code, told(answer)[:36]) == (500, "Something is broken on our side. Not")
    assert_headers(answer, "/")


def test_too_much_at_once_is_refused_with_a_sentence(visitor: Visitor) -> None:
    token = visitor.token()
    answer = visitor.client.post("/login", data={"csrf_token": token, "login": "x" * guards.FORM_LIMIT_BYTES}, base_url=BASE)
    assert (answer.status_code, told(answer)) == (413, "That was too much at once. Send less.")


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "a..b"},
        {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http", "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Prefix": "/evil"},
        {"Forwarded": "for=203.0.113.9;host=evil.example;proto=http", "X-Original-URL": "/nowhere", "X-Rewrite-URL": "/nowhere"},
    ],
)
def test_host_and_forwarded_headers_change_nothing(app: Flask, as_: As, headers: dict[str, str]) -> None:
    def answers(visitor: Visitor, **more: str) -> list[tuple[int, str | None, str]]:
        got = [
            visitor.client.open(method=method, headers=more, environ_overrides={"PATH_INFO": path})
            for method in ("GET", "POST")
            for path in ("/", "/login", "/nowhere", "//", "//login", "/login/", "/tickets//482719365", "//evil.example/login")
        ]
        text = [re.sub(r'value="[^"]*"', "", a.get_data(as_text=True)) for a in got]
        return [(a.status_code, a.location, t) for a, t in zip(got, text, strict=True)]

    plain = answers(Visitor(app))
    assert answers(Visitor(app), **headers) == plain
    assert not any(location and "//" in location for _, location, _ in plain)
    if "Host" not in headers:  # a browser keeps its cookies to the host it knows
        alice = as_("alice")
        assert alice.is_in()
        answer = alice.client.get("/", base_url=BASE, headers=headers)
        assert (answer.status_code, "Set-Cookie" in answer.headers) == (200, False)


def test_health_is_told_to_any_host_over_plain_http(app: Flask) -> None:
    for host in ("hotline.example.org", "10.0.0.7:8000", "evil.example", "bad host", "", "a..b", "a" * 64):
        answer = app.test_client().get("/healthz", headers={"Host": host}, base_url="http://localhost")
        assert (answer.status_code, answer.text, "Set-Cookie" in answer.headers) == (200, "ok\n", False), host


def test_with_the_database_away_there_is_a_page_that_says_so_and_the_process_is_alive(as_: As, monkeypatch: pytest.MonkeyPatch) -> None:
    alice = as_("alice")
    alice.post("/language", language="en")

    def away(*_: object) -> None:
        raise OperationalError("select", {}, Exception("gone"))

    monkeypatch.setattr("hotline.web.auth.logins.find", away)
    answer = alice.get("/", Accept_Language="ur")
    assert (answer.status_code, page_of(answer.get_data(as_text=True))) == (500, ("ur", "rtl"))
    assert "ہماری" in told(answer)
    assert_headers(answer, "/")
    with alice.get("/static/style.css") as sheet:
        assert (alice.get("/healthz").status_code, sheet.status_code) == (200, 200)

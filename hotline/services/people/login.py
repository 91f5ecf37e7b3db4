"""A volunteer logs in, and out again."""

import hashlib
import secrets
from datetime import datetime, timedelta

from hotline.domain import browser
from hotline.domain.address import block
from hotline.domain.category import sealed_teams
from hotline.runtime import Runtime
from hotline.services.people import factor, passwords, tries
from hotline.storage import logins, people
from hotline.storage.peoplemodels import Login, Volunteer

_LOGIN_LENGTH = 64


class LoginRefused(Exception):
    """Login or password is wrong; the answer does not tell which."""


def spelt(login: str) -> str:
    """A login as it is stored, made from what was typed."""
    return login.replace("\0", "\ufffd").strip().lower()[:_LOGIN_LENGTH]


def log_in(rt: Runtime, login: str, password: str, *, browser: str | None = None, address: str | None = None, code: str = "") -> Volunteer:
    """Check login and password; returns the volunteer. Raises `LoginRefused`, `LoginTooSoon`, `PasswordsBusy`.

    `browser` stands for a browser in which this volunteer has logged in before; None for any other. `address` is the client's. `code` is
    what the volunteer's app shows: a right one buys a try at once, one in half a minute, so that strangers' tries keep no volunteer out of
    a new browser. It does not stand for the second factor, which is asked for after the password and slowed down by itself.
    """
    login = spelt(login)
    counted = _counted(rt, login, browser, block(address))
    by_code = browser is None and code != "" and factor.shows(rt, login, code)
    with passwords.place(known=browser is not None or by_code):  # before the code is used up: a try that is sent away may come again
        if by_code and factor.spend(rt, login, code):
            counted = []
        tries.count(rt, counted)
        with rt.reading() as session:
            volunteer = people.by_login(session, login)
        stored = volunteer.password_hash if volunteer is not None and volunteer.active else None
        # Check some password also if the login does not exist: the time of the answer must not tell.
        if not passwords.is_password(stored, password) or volunteer is None or stored is None:
            raise LoginRefused
        newer = passwords.hash_password(password) if passwords.is_outdated(stored) else None
    with rt.transaction() as tx:
        tries.succeeded(tx, counted)
        if newer is not None and people.keeps_password(tx.session, volunteer.id, stored):
            people.rehash(tx.session, volunteer.id, newer)
            volunteer.password_hash = newer
    return volunteer


def _counted(rt: Runtime, login: str, browser: str | None, block: str | None) -> list[tries.Counted]:
    if browser is not None:
        return [tries.by_name(rt, f"BROWSER:{browser}")]
    return [tries.by_name(rt, login), *([tries.by_block(block)] if block is not None else [])]


def come_in(rt: Runtime, volunteer: Volunteer, user_agent: str) -> str:
    """Begin a log-in on one browser; returns the key for its cookie. Only its hash is stored.

    None begins if the password is not the volunteer's any more: what ended it ended every log-in, and this one must not come after that.
    """
    key = secrets.token_urlsafe(24)
    with rt.transaction() as tx:
        if people.keeps_password(tx.session, volunteer.id, volunteer.password_hash):
            logins.begin(tx.session, volunteer.id, key_sha256=hashed(key), browser=browser.named(user_agent), now=tx.now)
    return key


def hashed(key: str) -> str:
    """The SHA-256 of a key or a token, in hex, which is what we store. Keys are random and long, so they need no salt."""
    return hashlib.sha256(key.encode()).hexdigest()


def find(rt: Runtime, key: str) -> logins.OpenLogin | None:
    """The log-in of a cookie's key; None if it has ended."""
    with rt.reading() as session:
        return logins.of_key(session, hashed(key), since=oldest(rt), sealed_teams=sealed_teams(rt.categories))


def oldest(rt: Runtime) -> datetime:
    """The earliest time at which a log-in that is still open can have begun."""
    return rt.clock() - timedelta(hours=rt.config.web.session_hours)


def seen(rt: Runtime, login_id: int) -> None:
    """Note that a page was requested in that log-in."""
    with rt.transaction() as tx:
        logins.seen(tx.session, login_id, now=tx.now)


def seek(rt: Runtime, login_id: int, typed: str) -> None:
    """Keep what was searched for last in that log-in, until it ends."""
    with rt.transaction() as tx:
        logins.seek(tx.session, login_id, typed)


def sought(rt: Runtime, login: Login) -> str:
    """What was searched for last in that log-in; "" if nothing was."""
    with rt.reading() as session:
        return logins.sought(session, login)


def log_out(rt: Runtime, volunteer_id: int, login_id: int) -> None:
    """End that log-in; the volunteer's others go on."""
    with rt.transaction() as tx:
        logins.end(tx.session, volunteer_id, login_id, now=tx.now)


def choose_page_language(rt: Runtime, volunteer_id: int, language: str) -> None:
    """Set the language in which a volunteer reads the pages."""
    with rt.transaction() as tx:
        people.read_in(tx.session, volunteer_id, language)

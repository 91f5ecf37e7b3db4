"""A volunteer logs in: passwords hashed with Argon2, and a throttle that slows down the guessing of one login.

Tries are counted by login. A browser in which the volunteer has logged in before is counted by itself: otherwise a stranger who
tries every second would keep the volunteer out.
"""

import hashlib
import math
import secrets
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hotline.domain import browser
from hotline.domain.category import sealed_teams
from hotline.runtime import Runtime, Transaction
from hotline.storage import logins, people, throttles
from hotline.storage.peoplemodels import Volunteer

# OWASP's second choice of parameters (19 MiB, two passes): a web process on a small machine stays small.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_NOBODY = _HASHER.hash(secrets.token_hex(16))
_LONGEST_WAIT_S = 60
_FORGOTTEN_AFTER = timedelta(days=1)
_LOGIN_LENGTH, _PASSWORD_LENGTH = 64, 256


class LoginRefused(Exception):
    """Login or password is wrong; the answer does not tell which."""


class LoginTooSoon(Exception):
    """There were too many wrong passwords: wait `args[0]` seconds."""


def spelt(login: str) -> str:
    """A login as it is stored, made from what was typed."""
    return login.replace("\0", "\ufffd").strip().lower()[:_LOGIN_LENGTH]


def log_in(rt: Runtime, login: str, password: str, *, browser: str | None = None) -> Volunteer:
    """Check login and password; returns the volunteer. Raises `LoginRefused`, `LoginTooSoon`.

    `browser` stands for a browser in which this volunteer has logged in before; None for any other.
    """
    login = spelt(login)
    counted = f"BROWSER:{browser}" if browser else login  # capitals: no login has them
    with rt.transaction() as tx:
        # Counted before the password is checked: otherwise many guesses sent at once would all count as the first.
        count_try(rt, tx, counted)
        volunteer = people.by_login(tx.session, login)
    stored = volunteer.password_hash if volunteer is not None and volunteer.active else None
    # Check some password also if the login does not exist: the time of the answer must not tell.
    if not _matches(stored or _NOBODY, password[:_PASSWORD_LENGTH]) or stored is None or volunteer is None:
        raise LoginRefused
    with rt.transaction() as tx:
        throttles.forget(tx.session, counted)
        if _HASHER.check_needs_rehash(stored):
            people.rehash(tx.session, volunteer.id, _HASHER.hash(password[:_PASSWORD_LENGTH]))
    return volunteer


def come_in(rt: Runtime, volunteer_id: int, user_agent: str) -> str:
    """Begin a log-in on one browser; returns the key for its cookie. Only its hash is stored."""
    key = secrets.token_urlsafe(24)
    with rt.transaction() as tx:
        logins.begin(tx.session, volunteer_id, key_sha256=hashed(key), browser=browser.named(user_agent), now=tx.now)
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


def log_out(rt: Runtime, volunteer_id: int, login_id: int) -> None:
    """End that log-in; the volunteer's others go on."""
    with rt.transaction() as tx:
        logins.end(tx.session, volunteer_id, login_id, now=tx.now)


def hash_password(password: str) -> str:
    """The Argon2 hash of a password."""
    return _HASHER.hash(password[:_PASSWORD_LENGTH])


def choose_page_language(rt: Runtime, volunteer_id: int, language: str) -> None:
    """Set the language in which a volunteer reads the pages."""
    with rt.transaction() as tx:
        people.read_in(tx.session, volunteer_id, language)


def count_try(rt: Runtime, tx: Transaction, login: str) -> None:
    """Count one more try under that name. Raises `LoginTooSoon`."""
    throttle = throttles.locked(tx.session, login, now=tx.now)
    if throttle.next_try_at > tx.now:
        raise LoginTooSoon(math.ceil((throttle.next_try_at - tx.now).total_seconds()))
    forgotten_at = tx.now - _FORGOTTEN_AFTER
    failures = 1 if throttle.next_try_at < forgotten_at else throttle.failures + 1
    throttles.forget_before(tx.session, forgotten_at)
    over = failures - rt.config.web.free_failures
    wait_s = min(2**over, _LONGEST_WAIT_S) if over >= 0 else 0
    throttles.record(tx.session, login, failures=failures, next_try_at=tx.now + timedelta(seconds=wait_s))


def is_password(stored: str | None, password: str) -> bool:
    """Whether `stored` is a hash of the password. It takes as long when there is no hash."""
    return _matches(stored or _NOBODY, password[:_PASSWORD_LENGTH]) and stored is not None


def _matches(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False

"""A volunteer logs in: Argon2, and a throttle that slows down the guessing of one login.

Whoever keeps guessing slows the volunteer down too: at most a minute between two tries, hers among them."""

import math
import secrets
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hotline.runtime import Runtime, Transaction
from hotline.storage import people, throttles
from hotline.storage.peoplemodels import Volunteer

# OWASP's second choice of parameters (19 MiB, two passes): a web process on a small machine stays small.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_NOBODY = _HASHER.hash(secrets.token_hex(16))
_LONGEST_WAIT_S = 60
_FORGOTTEN_AFTER = timedelta(days=1)
_LOGIN_LENGTH, _PASSWORD_LENGTH = 64, 256


class LoginRefused(Exception):
    """Login or password is wrong; which, nobody learns."""


class LoginTooSoon(Exception):
    """Too many wrong passwords: `args[0]` seconds to wait."""


def log_in(rt: Runtime, login: str, password: str) -> Volunteer:
    """The volunteer behind a login and password. Raises `LoginRefused`, `LoginTooSoon`."""
    login = login.replace("\0", "\ufffd").strip().lower()[:_LOGIN_LENGTH]
    with rt.transaction() as tx:
        # Counted before it is checked: guesses sent at once must not all be the first.
        _count_try(rt, tx, login)
        volunteer = people.by_login(tx.session, login)
    stored = volunteer.password_hash if volunteer is not None and volunteer.active else None
    # A login that does not exist takes as long as one that does.
    if not _matches(stored or _NOBODY, password[:_PASSWORD_LENGTH]) or stored is None or volunteer is None:
        raise LoginRefused
    with rt.transaction() as tx:
        throttles.forget(tx.session, login)
        if _HASHER.check_needs_rehash(stored):
            people.rehash(tx.session, volunteer.id, _HASHER.hash(password[:_PASSWORD_LENGTH]))
    return volunteer


def log_out(rt: Runtime, volunteer_id: int) -> None:
    """End every log-in of a volunteer."""
    with rt.transaction() as tx:
        people.end_sessions(tx.session, volunteer_id, secrets.token_hex(16))


def hash_password(password: str) -> str:
    """What is stored of a password."""
    return _HASHER.hash(password[:_PASSWORD_LENGTH])


def choose_page_language(rt: Runtime, volunteer_id: int, language: str) -> None:
    """The language a volunteer reads pages in."""
    with rt.transaction() as tx:
        people.read_in(tx.session, volunteer_id, language)


def _count_try(rt: Runtime, tx: Transaction, login: str) -> None:
    throttle = throttles.locked(tx.session, login, now=tx.now)
    if throttle.next_try_at > tx.now:
        raise LoginTooSoon(math.ceil((throttle.next_try_at - tx.now).total_seconds()))
    forgotten_at = tx.now - _FORGOTTEN_AFTER
    failures = 1 if throttle.next_try_at < forgotten_at else throttle.failures + 1
    throttles.forget_before(tx.session, forgotten_at)
    over = failures - rt.config.web.free_failures
    wait_s = min(2**over, _LONGEST_WAIT_S) if over >= 0 else 0
    throttles.put(tx.session, login, failures=failures, next_try_at=tx.now + timedelta(seconds=wait_s))


def _matches(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False

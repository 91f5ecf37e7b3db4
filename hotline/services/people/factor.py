"""The second factor: six digits from an app on the volunteer's phone (TOTP, RFC 6238). Tries are slowed down like those of passwords."""

import base64
import hmac
import re
import secrets
from datetime import datetime

import pyotp

from hotline.domain.folding import ascii_digits
from hotline.log import logger
from hotline.runtime import Reading, Runtime, Transaction
from hotline.sealing import SealBroken
from hotline.services.people import tries
from hotline.storage import factors, installation, logins, people
from hotline.storage.peoplemodels import Volunteer

_STEP_S = 30
_DRIFT = (-1, 0, 1)  # steps; RFC 6238, 5.2: one step for a clock that is off, and for the delay of the network
_ISSUER = "Queue"  # shown on the volunteer's phone, which others may see: so not our name
_SECRET_BYTES = 20  # RFC 4226, 4 (R6)


class CodeRefused(Exception):
    """The code is wrong, too old, or was used before; the answer does not tell which."""


class FactorMissing(Exception):
    """The volunteer has no app that shows codes."""


class SeedUnreadable(Exception):
    """The keys file of the hotline does not open the seed of this second factor: no code can be checked until it is brought back."""


def prepare(rt: Runtime, volunteer_id: int) -> Volunteer | None:
    """Give the volunteer a secret for the app, if there is none. It counts once a code of it was accepted. None: no such volunteer."""
    with rt.transaction() as tx:
        factors.seed(tx.session, volunteer_id, secrets.token_hex(16))
        return people.volunteer(tx.session, volunteer_id)


def secret(rt: Runtime, volunteer: Volunteer) -> str | None:
    """The secret for the volunteer's app, in base32; None if there is none yet. Raises `SeedUnreadable`.

    It is not stored: it is derived from the secret key and the seed in the database, which is sealed. So it takes the database, the
    environment and the keys file to know it.
    """
    try:
        seed = factors.seed_of(rt.keys, volunteer)
    except SealBroken as fault:
        logger().error("the seed of a second factor does not open", volunteer_id=volunteer.id, fault=str(fault))
        raise SeedUnreadable from fault
    if seed is None:
        return None
    derived = hmac.digest(rt.config.secret_key.encode(), f"totp {volunteer.id} {seed}".encode(), "sha256")
    return base64.b32encode(derived[:_SECRET_BYTES]).decode()


def address(volunteer: Volunteer, secret: str) -> str:
    """The address (otpauth://) that the QR code gives to the app."""
    return pyotp.TOTP(secret).provisioning_uri(name=volunteer.login, issuer_name=_ISSUER)


def prove(rt: Runtime, volunteer_id: int, login_id: int, code: str) -> None:
    """Check a code; if it is right the log-in counts as proved. Raises `CodeRefused`, `LoginTooSoon`, `SeedUnreadable`."""
    tries.count(rt, [_tries(rt, volunteer_id)])
    with rt.transaction() as tx:
        _take(rt, tx, volunteer_id, code)
        logins.prove(tx.session, login_id, now=tx.now)


def is_asked(session: Reading, volunteer: Volunteer) -> bool:
    """Whether a code of the volunteer's app is asked: of everybody but the people of a demo, who are made up and have no app."""
    return volunteer.totp_step is not None or installation.kind(session) != "demo"


def prove_fresh(rt: Runtime, volunteer_id: int, code: str) -> None:
    """Use up a code that the volunteer's app shows now, before what must not be done by a log-in alone.

    In a transaction of its own: to hold the volunteer's row and a ticket's together would make two people wait for each other. Raises
    `CodeRefused`, `FactorMissing`, `LoginTooSoon`, `SeedUnreadable`.
    """
    with rt.reading() as session:
        volunteer = people.volunteer(session, volunteer_id)
        if volunteer is None or not is_asked(session, volunteer):
            return
    if volunteer.totp_step is None:
        raise FactorMissing  # no app has the secret yet: a code would set one up, at a browser that was left open
    tries.count(rt, [_tries(rt, volunteer_id)])
    with rt.transaction() as tx:
        _take(rt, tx, volunteer_id, code)


def _tries(rt: Runtime, volunteer_id: int) -> tries.Counted:
    return tries.by_name(rt, f"TOTP:{volunteer_id}")


def _take(rt: Runtime, tx: Transaction, volunteer_id: int, code: str) -> None:
    """Use up a code. Each is good once: somebody who read it over the volunteer's shoulder must get nothing by it."""
    step = _step(rt, people.volunteer(tx.session, volunteer_id), code, tx.now)
    if step is None or not factors.take_step(tx.session, volunteer_id, step):
        raise CodeRefused
    tries.succeeded(tx, [_tries(rt, volunteer_id)])


def spend(rt: Runtime, login: str, code: str) -> bool:
    """Whether the app of the volunteer `login` shows this code now. If so it is used up.

    These guesses need not be slowed down: a lucky one is good for one try at the password, and for nothing else.
    """
    if (shown := _shown(rt, login, code)) is None:
        return False
    with rt.transaction() as tx:
        return factors.take_step(tx.session, *shown)


def shows(rt: Runtime, login: str, code: str) -> bool:
    """Whether the app of the volunteer `login` shows this code now. It is not used up."""
    return _shown(rt, login, code) is not None


def _shown(rt: Runtime, login: str, code: str) -> tuple[int, int] | None:
    """The id of the volunteer `login` and the time step of which the code is; None if it is of none."""
    with rt.reading() as session:
        volunteer = people.by_login(session, login)
    if volunteer is None or not volunteer.active or volunteer.totp_step is None:  # None: no app has the secret yet
        return None
    try:
        step = _step(rt, volunteer, code, rt.clock())
    except SeedUnreadable:  # the log-in goes on by the password, and the page of the second factor says what is wrong
        return None
    return (volunteer.id, step) if step is not None else None


def _step(rt: Runtime, volunteer: Volunteer | None, code: str, now: datetime) -> int | None:
    """The time step of which this is the code; None if it is of none that is accepted now."""
    key = secret(rt, volunteer) if volunteer is not None else None
    if key is None:
        return None
    this, totp = int(now.timestamp()) // _STEP_S, pyotp.TOTP(key)
    given = re.sub("[^0-9]", "", ascii_digits(code))  # in any script, with spaces and marks of direction between them
    return next((this + d for d in _DRIFT if hmac.compare_digest(totp.at((this + d) * _STEP_S), given)), None)

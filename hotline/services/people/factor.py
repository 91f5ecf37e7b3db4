"""The second factor: six digits from an app on the volunteer's phone (TOTP, RFC 6238). Tries are slowed down like those of passwords."""

import base64
import hmac
import re
import secrets
from datetime import datetime

import pyotp

from hotline.domain.folding import ascii_digits
from hotline.runtime import Runtime
from hotline.services.people import tries
from hotline.storage import logins, people
from hotline.storage.peoplemodels import Volunteer

_STEP_S = 30
_DRIFT = (-1, 0, 1)  # steps; RFC 6238, 5.2: one step for a clock that is off, and for the delay of the network
_ISSUER = "Queue"  # shown on the volunteer's phone, which others may see: so not our name
_SECRET_BYTES = 20  # RFC 4226, 4 (R6)


class CodeRefused(Exception):
    """The code is wrong, too old, or was used before; the answer does not tell which."""


def prepare(rt: Runtime, volunteer_id: int) -> Volunteer | None:
    """Give the volunteer a secret for the app, if there is none. It counts once a code of it was accepted. None: no such volunteer."""
    with rt.transaction() as tx:
        people.seed_factor(tx.session, volunteer_id, secrets.token_hex(16))
        return people.volunteer(tx.session, volunteer_id)


def secret(rt: Runtime, volunteer: Volunteer) -> str | None:
    """The secret for the volunteer's app, in base32; None if there is none yet.

    It is not stored: it is derived from the secret key and the seed in the database, so the database or its backup alone does not give
    it away. Encrypting a stored secret would protect as much, and take another library.
    """
    if volunteer.totp_seed is None:
        return None
    derived = hmac.digest(rt.config.secret_key.encode(), f"totp {volunteer.id} {volunteer.totp_seed}".encode(), "sha256")
    return base64.b32encode(derived[:_SECRET_BYTES]).decode()


def address(volunteer: Volunteer, secret: str) -> str:
    """The address (otpauth://) that the QR code gives to the app."""
    return pyotp.TOTP(secret).provisioning_uri(name=volunteer.login, issuer_name=_ISSUER)


def prove(rt: Runtime, volunteer_id: int, login_id: int, code: str) -> None:
    """Check a code; if it is right the log-in counts as proved. Raises `CodeRefused`, `LoginTooSoon`."""
    counted = [tries.by_name(rt, f"TOTP:{volunteer_id}")]
    tries.count(rt, counted)
    with rt.transaction() as tx:
        volunteer = people.volunteer(tx.session, volunteer_id)
        step = _step(rt, volunteer, code, tx.now)
        # Each code once: somebody who read it over the volunteer's shoulder must not log in with it.
        if step is None or not people.take_step(tx.session, volunteer_id, step):
            raise CodeRefused
        tries.succeeded(tx, counted)
        logins.prove(tx.session, login_id, now=tx.now)


def spend(rt: Runtime, login: str, code: str) -> bool:
    """Whether the app of the volunteer `login` shows this code now. If so it is used up.

    These guesses need not be slowed down: a lucky one is good for one try at the password, and for nothing else.
    """
    if (shown := _shown(rt, login, code)) is None:
        return False
    with rt.transaction() as tx:
        return people.take_step(tx.session, *shown)


def shows(rt: Runtime, login: str, code: str) -> bool:
    """Whether the app of the volunteer `login` shows this code now. It is not used up."""
    return _shown(rt, login, code) is not None


def _shown(rt: Runtime, login: str, code: str) -> tuple[int, int] | None:
    """The id of the volunteer `login` and the time step of which the code is; None if it is of none."""
    with rt.reading() as session:
        volunteer = people.by_login(session, login)
    if volunteer is None or not volunteer.active or volunteer.totp_step is None:  # None: no app has the secret yet
        return None
    step = _step(rt, volunteer, code, rt.clock())
    return (volunteer.id, step) if step is not None else None


def _step(rt: Runtime, volunteer: Volunteer | None, code: str, now: datetime) -> int | None:
    """The time step of which this is the code; None if it is of none that is accepted now."""
    key = secret(rt, volunteer) if volunteer is not None else None
    if key is None:
        return None
    this, totp = int(now.timestamp()) // _STEP_S, pyotp.TOTP(key)
    given = re.sub("[^0-9]", "", ascii_digits(code))  # in any script, with spaces and marks of direction between them
    return next((this + d for d in _DRIFT if hmac.compare_digest(totp.at((this + d) * _STEP_S), given)), None)

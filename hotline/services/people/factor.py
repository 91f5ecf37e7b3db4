"""The second factor: a code of six digits from an app on her phone (TOTP, RFC 6238). Tries are slowed like those of passwords."""

import base64
import hmac
import secrets

import pyotp

from hotline.runtime import Runtime
from hotline.services.people.login import count_try
from hotline.storage import logins, people, throttles
from hotline.storage.peoplemodels import Volunteer

_STEP_S = 30
_DRIFT = (-1, 0, 1)  # RFC 6238, 5.2: one step for a clock that is off, and for the way here
_ISSUER = "Queue"  # it stands on her phone, which others see: not our name
_SECRET_BYTES = 20  # RFC 4226, 4 (R6)


class CodeRefused(Exception):
    """That code is wrong, too old, or was taken before; which, nobody learns."""


def prepare(rt: Runtime, volunteer_id: int) -> Volunteer | None:
    """Her, with a secret to be put into her app if she had none. It is hers once a code of it was shown."""
    with rt.transaction() as tx:
        people.seed_factor(tx.session, volunteer_id, secrets.token_hex(16))
        return people.volunteer(tx.session, volunteer_id)


def secret(rt: Runtime, volunteer: Volunteer) -> str | None:
    """What her app is given, in base32; None while she has none. It is kept nowhere: whoever has the database alone, or a backup of it,
    has a seed, of which only the secret key makes the secret. To encrypt it under that key would do the same with one library more."""
    if volunteer.totp_seed is None:
        return None
    derived = hmac.digest(rt.config.secret_key.encode(), f"totp {volunteer.id} {volunteer.totp_seed}".encode(), "sha256")
    return base64.b32encode(derived[:_SECRET_BYTES]).decode()


def address(volunteer: Volunteer, secret: str) -> str:
    """What the QR code says to the app."""
    return pyotp.TOTP(secret).provisioning_uri(name=volunteer.login, issuer_name=_ISSUER)


def prove(rt: Runtime, volunteer_id: int, login_id: int, code: str) -> None:
    """She shows a code: that log-in is proved. Raises `CodeRefused`, `LoginTooSoon`."""
    throttled = f"TOTP:{volunteer_id}"  # in capitals: no login is
    with rt.transaction() as tx:
        count_try(rt, tx, throttled)
    with rt.transaction() as tx:
        volunteer = people.volunteer(tx.session, volunteer_id)
        key = secret(rt, volunteer) if volunteer is not None else None
        if key is None:
            raise CodeRefused
        now = int(tx.now.timestamp()) // _STEP_S
        totp = pyotp.TOTP(key)
        given = "".join(c for c in code if c.isdecimal() and c.isascii())
        step = next((now + d for d in _DRIFT if hmac.compare_digest(totp.at((now + d) * _STEP_S), given)), None)
        # Never twice: whoever looked over her shoulder must not come in by the same code.
        if step is None or not people.take_step(tx.session, volunteer_id, step):
            raise CodeRefused
        throttles.forget(tx.session, throttled)
        logins.prove(tx.session, login_id, now=tx.now)

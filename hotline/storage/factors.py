"""The second factors of volunteers: the seed of each secret, sealed for the staff, and the last code that was used."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from hotline.keys import Keys
from hotline.sealing import unseal
from hotline.storage import sealed
from hotline.storage.peoplemodels import Volunteer

_SEED = "volunteers.totp_seed"


def seed(session: Session, volunteer_id: int, drawn: str) -> None:
    """Store the seed of a volunteer's second factor, unless there is one."""
    statement = update(Volunteer).where(Volunteer.id == volunteer_id, Volunteer.totp_seed.is_(None))
    words = sealed.seal_for_staff(session, _SEED, drawn, volunteer_id)
    session.execute(statement.values(totp_seed=words, totp_step=None))


def seed_of(keys: Keys, volunteer: Volunteer) -> str | None:
    """The seed of a volunteer's second factor; None if there is none. Raises `SealBroken` if these keys do not open it."""
    return unseal(keys.staff, volunteer.totp_seed, _SEED, volunteer.id).decode() if volunteer.totp_seed is not None else None


def take_step(session: Session, volunteer_id: int, step: int) -> bool:
    """Note that the code of a time step was used. False if that code or a later one was used before."""
    is_new = (Volunteer.totp_step.is_(None)) | (Volunteer.totp_step < step)
    statement = update(Volunteer).where(Volunteer.id == volunteer_id, is_new).values(totp_step=step)
    taken = session.scalar(statement.returning(Volunteer.id))
    return taken is not None

"""Her own account: log-ins, password, phone, and whom she takes."""

from hotline.domain.phone import SenderKind, read_sender
from hotline.runtime import Runtime, Transaction
from hotline.services.people.login import count_try, hash_password, is_password
from hotline.storage import contacts, logins, people, throttles

SHORTEST_PASSWORD = 10
"""Characters of a password at least. NIST SP 800-63B asks for 8, and for no rules beside the length."""


class PasswordTooShort(Exception):
    """A password has ten characters or more."""


class PasswordWrong(Exception):
    """That is not her password."""


class NotAPhone(Exception):
    """That is no number that could be texted."""


def change_password(rt: Runtime, volunteer_id: int, login_id: int, *, old: str, new: str) -> None:
    """Another password for whoever knows the old one; her other log-ins end. Raises `PasswordWrong`, `PasswordTooShort`, and
    `LoginTooSoon`: a browser left open must not be a place to guess at."""
    check_length(new)
    counted = f"PASSWORD:{volunteer_id}"  # not by her login, which strangers may keep busy
    with rt.transaction() as tx:
        volunteer = people.volunteer(tx.session, volunteer_id)
        if volunteer is None:
            raise PasswordWrong
        count_try(rt, tx, counted)
    if not is_password(volunteer.password_hash, old):
        raise PasswordWrong
    hashed = hash_password(new)
    with rt.transaction() as tx:
        throttles.forget(tx.session, counted)
        people.rehash(tx.session, volunteer_id, hashed)
        logins.end_others(tx.session, volunteer_id, login_id, now=tx.now)


def check_length(password: str) -> None:
    """Raises `PasswordTooShort`."""
    if len(password) < SHORTEST_PASSWORD:
        raise PasswordTooShort


def end(rt: Runtime, volunteer_id: int, login_id: int) -> None:
    """End one log-in of hers."""
    with rt.transaction() as tx:
        logins.end(tx.session, volunteer_id, login_id, now=tx.now)


def end_others(rt: Runtime, volunteer_id: int, login_id: int) -> None:
    """End every log-in of hers but that one."""
    with rt.transaction() as tx:
        logins.end_others(tx.session, volunteer_id, login_id, now=tx.now)


def choose(rt: Runtime, volunteer_id: int, *, phone: str, takes_women: bool, keeps_pauses: bool) -> None:
    """Her own phone, for alarms (empty: none), whether she takes citizens who ask for a woman, and whether she rests in pauses. Raises
    `NotAPhone`."""
    with rt.transaction() as tx:
        volunteer = people.volunteer(tx.session, volunteer_id)
        if volunteer is None:
            return
        volunteer.phone_id = own_phone(rt, tx, phone, volunteer.page_language) if phone.strip() else None
        volunteer.takes_women, volunteer.keeps_pauses = takes_women, keeps_pauses
        tx.session.flush()


def own_phone(rt: Runtime, tx: Transaction, number: str, language: str) -> int:
    """The contact of a volunteer's own phone. Raises `NotAPhone`."""
    sender = read_sender(number, rt.config.numbers.region)
    if sender.kind is not SenderKind.PHONE:
        raise NotAPhone
    return contacts.typed_in(tx.session, sender, language=language, now=tx.now).id

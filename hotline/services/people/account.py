"""A volunteer's own account: log-ins, password, phone, and which citizens the volunteer takes."""

from hotline.domain.phone import SenderKind, read_sender
from hotline.runtime import Runtime, Transaction
from hotline.services.people import passwords, tries
from hotline.storage import contacts, logins, people


class PasswordWrong(Exception):
    """That is not the volunteer's password."""


class NotAPhone(Exception):
    """The number cannot be texted."""


def change_password(rt: Runtime, volunteer_id: int, login_id: int, *, old: str, new: str) -> None:
    """Set a new password for a volunteer who knows the old one, and end the volunteer's other log-ins.

    Raises `PasswordWrong`, `PasswordTooShort`, `PasswordCommon`, `PasswordsBusy`, and `LoginTooSoon`: nobody may guess the password at a
    browser that was left open.
    """
    # Not counted by the login: a stranger who guesses at it elsewhere would block this.
    counted = [tries.by_name(rt, f"PASSWORD:{volunteer_id}")]
    with rt.reading() as session:
        volunteer = people.volunteer(session, volunteer_id)
    if volunteer is None:
        raise PasswordWrong
    with passwords.place(known=True):
        passwords.weigh(new, volunteer.login, volunteer.name)  # first: a refused new password is no wrong old password
        tries.count(rt, counted)
        if not passwords.is_password(volunteer.password_hash, old):
            raise PasswordWrong
        hashed = passwords.hash_password(new)
    with rt.transaction() as tx:
        tries.succeeded(tx, counted)
        if not people.keeps_password(tx.session, volunteer_id, volunteer.password_hash):
            raise PasswordWrong  # it was ended meanwhile, as by a new right: this must not bring it back
        people.choose_password(tx.session, volunteer_id, hashed)
        logins.end_others(tx.session, volunteer_id, login_id, now=tx.now)


def end(rt: Runtime, volunteer_id: int, login_id: int) -> None:
    """End one log-in of the volunteer."""
    with rt.transaction() as tx:
        logins.end(tx.session, volunteer_id, login_id, now=tx.now)


def end_others(rt: Runtime, volunteer_id: int, login_id: int) -> None:
    """End every log-in of the volunteer except `login_id`."""
    with rt.transaction() as tx:
        logins.end_others(tx.session, volunteer_id, login_id, now=tx.now)


def choose(rt: Runtime, volunteer_id: int, *, phone: str, takes_women: bool, keeps_pauses: bool) -> None:
    """Set the volunteer's phone for alarms (empty: none), and two choices. Raises `NotAPhone`.

    `takes_women`: takes citizens who ask for a woman. `keeps_pauses`: is off duty in the pauses of the configuration.
    """
    with rt.transaction() as tx:
        volunteer = people.volunteer(tx.session, volunteer_id)
        if volunteer is None:
            return
        volunteer.phone_id = own_phone(rt, tx, phone, volunteer.page_language) if phone.strip() else None
        volunteer.takes_women, volunteer.keeps_pauses = takes_women, keeps_pauses
        tx.session.flush()


def own_phone(rt: Runtime, tx: Transaction, number: str, language: str) -> int:
    """The contact id of a volunteer's own phone, made if it is new. Raises `NotAPhone`."""
    sender = read_sender(number, rt.config.numbers.region)
    if sender.kind is not SenderKind.PHONE:
        raise NotAPhone
    return contacts.typed_in(tx.session, sender, language=language, now=tx.now).id

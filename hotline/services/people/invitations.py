"""One-time links by which a person enters an account. A link is shown once, to its maker, and is good for three days."""

import difflib
import secrets
from datetime import timedelta

from hotline.alarms import AlarmKind, raise_alarm_about
from hotline.runtime import Runtime, Transaction
from hotline.services.people import confirming, passwords
from hotline.services.people.login import hashed
from hotline.storage import invitations, logins, people, throttles
from hotline.storage.peopleevents import PeopleEventKind, happened
from hotline.storage.peoplemodels import Volunteer

GOOD_FOR = timedelta(hours=72)


class LinkNotGood(Exception):
    """The link was used, is too old, or never existed; the answer does not tell which."""


class LoginTaken(Exception):
    """Another account, or a closed one, has that login."""


def invite(rt: Runtime, login: str, name: str, *, made_by: int | None) -> str:
    """Make an account; returns the token of its link. `made_by`: None for the command line. Raises `LoginTaken`."""
    with rt.transaction() as tx:
        volunteer_id = people.add(tx.session, login, name, password_hash=None, confirmed=made_by is None)
        if volunteer_id is None:
            raise LoginTaken
        happened(tx.session, PeopleEventKind.INVITED, now=tx.now, by=made_by, about=volunteer_id)
        return make_link(tx, volunteer_id, made_by=made_by)


def invite_again(rt: Runtime, login: str) -> str | None:
    """For the command line: the token of a new link for a volunteer; None if nobody has that login. Raises `LoginTaken` if the account is
    closed."""
    with rt.transaction() as tx:
        volunteer = people.by_login(tx.session, login)
        if volunteer is None:
            return None
        if not volunteer.active:
            raise LoginTaken
        return make_link(tx, volunteer.id, made_by=None)


def like(rt: Runtime, login: str) -> list[str]:
    """For the command line: the logins of active people that look most like this one, three at most."""
    with rt.reading() as session:
        return difflib.get_close_matches(login, people.logins(session), n=3)


def make_link(tx: Transaction, volunteer_id: int, *, made_by: int | None) -> str:
    """Make a link for a volunteer; returns its token.

    A person who opens the link enters the account. So every link alarms the heads (except its maker): nobody can use another's account
    in secret.
    """
    token = secrets.token_urlsafe(24)
    expires_at = tx.now + GOOD_FOR
    invitations.make(tx.session, volunteer_id, token_sha256=hashed(token), made_by=made_by, now=tx.now, expires_at=expires_at)
    happened(tx.session, PeopleEventKind.LINK_MADE, now=tx.now, by=made_by, about=volunteer_id)
    for head in people.heads(tx.session):
        if head != made_by:
            raise_alarm_about(tx, f"accounts:{made_by or 0}", AlarmKind.ACCOUNT, head, again=True)
    return token


def invited(rt: Runtime, token: str) -> Volunteer:
    """The volunteer a link is for. Raises `LinkNotGood`."""
    with rt.reading() as session:
        found = invitations.invited(session, hashed(token), now=rt.clock())
    if found is None:
        raise LinkNotGood
    return found


def accept(rt: Runtime, token: str, password: str, *, page_language: str | None = None) -> Volunteer:
    """Use up a link and set the password that the volunteer chose; the first time, the language of the pages too. Returns the volunteer.

    The volunteer's log-ins end, and the second factor has to be set up anew. If another person made the link, the account has no right
    until somebody else has confirmed who uses it. Raises `LinkNotGood`, `PasswordTooShort`, `PasswordCommon`, `PasswordsBusy`.
    """
    volunteer = invited(rt, token)
    with passwords.place(known=True):
        passwords.weigh(password, volunteer.login, volunteer.name)
        password_hash = passwords.hash_password(password)
    with rt.transaction() as tx:
        throttles.forget(tx.session, volunteer.login)
        people.lock(tx.session, volunteer.id)
        link = invitations.use(tx.session, hashed(token), now=tx.now)
        if link is None:
            raise LinkNotGood
        people.begin_anew(tx.session, volunteer.id, password_hash, by_link=link.made_by is not None)
        logins.end_all(tx.session, volunteer.id, now=tx.now)
        happened(tx.session, PeopleEventKind.CAME_BY_LINK, now=tx.now, by=volunteer.id, about=volunteer.id)
        confirming.came(tx, volunteer.id, made_by=link.made_by)
        if volunteer.password_hash is None and page_language is not None:
            people.read_in(tx.session, volunteer.id, page_language)
        return tx.session.get_one(Volunteer, volunteer.id, populate_existing=True)

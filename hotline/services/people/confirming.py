"""Who uses an account is confirmed by a second person.

The maker of a link can open it too: one person alone could then have two accounts, and be the second person for every right. So an account
that was entered by another person's link has no right until a third person, a head or an administrator, has confirmed who uses it. What the
command line makes needs nobody: a person who has the machine's shell can do everything anyway."""

from hotline.domain.grant import Right, RightKind
from hotline.runtime import Transaction
from hotline.services.people.requests import keep_request
from hotline.services.tickets.handback import hand_back
from hotline.storage import grants, invitations, logins, people

_ACCOUNT = Right(RightKind.ACCOUNT)


def came(tx: Transaction, volunteer_id: int, *, made_by: int | None) -> None:
    """A person entered the account by a link of `made_by` (None: of the command line). Until it is confirmed who that is it has no right.

    What was asked before was about somebody who came earlier. The volunteer's tickets go to others, so that none of them waits too.
    """
    grants.drop(tx.session, volunteer_id, what=str(_ACCOUNT), decided_by=None, now=tx.now)
    people.confirm(tx.session, volunteer_id, confirmed=made_by is None)
    if made_by is not None:
        hand_back(tx, volunteer_id, by=volunteer_id)
        keep_request(tx, volunteer_id, _ACCOUNT, asked_by=made_by)


def shut(tx: Transaction, volunteer_id: int) -> None:
    """End every way into an account: log-ins, links, the password and the second factor. It takes a new link."""
    logins.end_all(tx.session, volunteer_id, now=tx.now)
    invitations.void(tx.session, volunteer_id, now=tx.now)
    grants.drop(tx.session, volunteer_id, what=str(_ACCOUNT), decided_by=None, now=tx.now)
    people.begin_anew(tx.session, volunteer_id, None)


def end_old_ways(tx: Transaction, volunteer_id: int) -> bool:
    """The account was given a right: end every way in that was found before, and that another person may have.

    Those are log-ins, links, and a password that was chosen by a link of another person. True if the account takes a new link.
    """
    subject = people.active(tx.session, volunteer_id)
    if subject is None or subject.password_hash is None or subject.password_by_link:
        shut(tx, volunteer_id)
        return True
    logins.end_all(tx.session, volunteer_id, now=tx.now)
    invitations.void(tx.session, volunteer_id, now=tx.now)
    return False

"""Contacts: the phones that we hear from, and how each may be reached."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Unpack

from sqlalchemy import bindparam, case, exists, false, literal_column, or_, select, true, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from hotline.domain.phone import Sender
from hotline.keys import Keys
from hotline.sealing import ContactKey, mark, new_contact_key, unwrap, wrap
from hotline.storage import sealed, suppressed
from hotline.storage.db import Insert, execute, table
from hotline.storage.erasuremodels import Suppressed
from hotline.storage.messages import CAME_FROM_PHONE
from hotline.storage.models import Contact, Message
from hotline.storage.prankmodels import Prank
from hotline.storage.rows import ContactChanges
from hotline.storage.suppressed import Asked

ERASED = "erased"
"""The `kind` of a contact that was erased."""

_CONTACTS = table(Contact)
_PRANKS = table(Prank)
# A text from a marked phone waits last for its look: asked here, that costs no statement of its own. SQLAlchemy correlates nothing with an
# INSERT: it would put `contacts` into the query, and any mark would count for every phone.
_IS_PRANKSTER = exists(literal_column("1")).where(
    _PRANKS.c.contact_id == literal_column("contacts.id"),
    _PRANKS.c.confirmed_at.is_not(None),
)
_MET = (
    *(_CONTACTS.c[name] for name in ("id", "kind", "country", "language", "language_named", "times_seen", "uid", "wrapped_key")),
    _IS_PRANKSTER,
)
# Of a new phone, what it asked for before it was erased. Of a known one the table is not looked at.
_SUPPRESSED = table(Suppressed)
_ASKED = case(
    (
        literal_column("contacts.times_seen") == 1,
        select(_SUPPRESSED.c.asked)
        .where(_SUPPRESSED.c.mark == bindparam("suppression_mark", type_=_SUPPRESSED.c.mark.type))
        .scalar_subquery(),
    ),
)
# Whether its text was wiped, and is delivered again. A phone that was erased is new then, or known again by what it said since.
_TEXTS = table(Message)
_IS_WIPED_TEXT = exists(literal_column("1")).where(_TEXTS.c.gateway == bindparam("gateway"), _TEXTS.c.gateway_id == bindparam("hashed_id"))
# The number may be another person's by now (docs/adr/0031-a-number-changes-hands.md).
_IS_STRANGER = _CONTACTS.c.heard_at < bindparam("unheard_since", type_=_CONTACTS.c.heard_at.type)
_MEET = Insert(
    lambda insert: (
        insert(_CONTACTS)
        .on_conflict_do_update(
            index_elements=["mark"],
            set_={
                "times_seen": case((_IS_STRANGER, 1), else_=_CONTACTS.c.times_seen + 1),
                "heard_at": insert(_CONTACTS).excluded.heard_at,
                "owner_since": case((_IS_STRANGER, insert(_CONTACTS).excluded.heard_at), else_=_CONTACTS.c.owner_since),
                # Where times_seen is 0, only a volunteer has named this phone so far, as their own: it is met as new.
                "language": case(
                    (or_(_CONTACTS.c.times_seen == 0, _IS_STRANGER), insert(_CONTACTS).excluded.language), else_=_CONTACTS.c.language
                ),
                "language_named": case((_IS_STRANGER, false()), else_=_CONTACTS.c.language_named),
                # A stranger's own texts are answered. What we start stays as forbidden as it was.
                "may_text": case((_IS_STRANGER, true()), else_=_CONTACTS.c.may_text),
                "on_hold": case((_IS_STRANGER, or_(_CONTACTS.c.on_hold, _CONTACTS.c.may_text.is_(False))), else_=_CONTACTS.c.on_hold),
            },
        )
        .returning(*_MET, _ASKED, _IS_WIPED_TEXT)
    )
)

_TYPED = Insert(
    lambda insert: (
        insert(_CONTACTS).on_conflict_do_update(index_elements=["mark"], set_={"times_seen": _CONTACTS.c.times_seen}).returning(*_MET)
    )
)

_STORE = _CONTACTS.update().where(_CONTACTS.c.id == bindparam("row_id"))


@dataclass
class Met:
    """What is needed of a contact to answer a text or a call."""

    id: int
    kind: str
    country: str | None
    language: str
    language_named: bool
    times_seen: int
    is_prankster: bool  # two people marked it
    is_wiped_text: bool = False  # the text that it is met for was wiped, and is delivered once more


def meet(
    session: Session,
    sender: Sender,
    *,
    language: str,
    now: datetime,
    unheard_since: datetime,
    text: tuple[str, str | None] = ("", None),
) -> Met:
    """The contact of a sender, made if new (then `times_seen` is 1), and locked until the commit: texts of one phone are taken in turn.

    A phone that was last heard before `unheard_since` is met as new. `language` is for a new contact only, and for one that was never
    heard from. `text`: the gateway of the text that came, and what stands for its id there once it is erased (`gatewaycopies.hashed`).
    """
    heard = {
        "heard_at": now,
        "unheard_since": unheard_since,
        "suppression_mark": suppressed.hashed(sealed.keys_of(session), sender.address) if sender.address is not None else None,
        "gateway": text[0],
        "hashed_id": text[1],
    }
    return _met(session, _MEET, sender, language=language, now=now, times_seen=1, heard=heard)


def row_of_new(keys: Keys, fresh: ContactKey, sender: Sender, *, language: str, now: datetime) -> dict[str, object]:
    """The row of a contact that is made now, under a key that no other has, but for how often it was seen."""
    return {
        "uid": fresh.uid,
        "wrapped_key": wrap(keys, fresh),
        "mark": mark(keys, sender.address) if sender.address is not None else None,
        "number": sealed.seal_number(fresh, sender.address) if sender.address is not None else None,
        "kind": sender.kind,
        "country": sender.country,
        "language": language,
        "language_named": False,
        "may_text": True,
        "may_call": True,
        "on_hold": False,
        "created_at": now,
    }


def typed_in(session: Session, sender: Sender, *, language: str, now: datetime) -> Met:
    """The contact of a volunteer's own phone, or, of a withheld sender, the nameless contact of a walk-in. It is made if there is none, and
    locked until the commit.

    A new contact has `times_seen` 0: that phone has not contacted us. A known one stays as it is.
    """
    return _met(session, _TYPED, sender, language=language, now=now, times_seen=0)


def _met(
    session: Session,
    statement: Insert,
    sender: Sender,
    *,
    language: str,
    now: datetime,
    times_seen: int,
    heard: Mapping[str, object] = MappingProxyType({}),
) -> Met:
    keys = sealed.keys_of(session)
    fresh = new_contact_key()  # for a new contact; a known one keeps its own
    values = {**row_of_new(keys, fresh, sender, language=language, now=now), "times_seen": times_seen, **heard}
    # A withheld number has no mark, and in a unique key null equals no null: each of its texts makes a contact of its own.
    contact_id, kind, country, spoken, named, seen, uid, wrapped, is_prankster, *of_new = statement.put(session, values) or ()
    sealed.remember(session, contact_id, fresh if bytes(uid) == fresh.uid else unwrap(keys, bytes(uid), bytes(wrapped)))
    asked, is_wiped_text = of_new or (None, None)
    if asked is not None and bytes(uid) == fresh.uid:
        suppressed.apply(session, contact_id, Asked(asked), now=now)
    return Met(contact_id, kind, country, spoken, bool(named), seen, bool(is_prankster), bool(is_wiped_text))


def locked(session: Session, contact_id: int) -> Contact:
    """A contact, locked until the commit."""
    statement = select(Contact).where(Contact.id == contact_id).with_for_update(key_share=True)  # what is sealed for it may be stored
    return session.scalars(statement, execution_options={"populate_existing": True}).one()


def speak(session: Session, contact: Met | Contact, language: str, *, named: bool) -> None:
    """Store a contact's language. If the citizen `named` it, it stays until the citizen names another."""
    _store(session, contact, language=language, language_named=named or contact.language_named)


def silence(session: Session, contact_id: int, since: datetime | None) -> None:
    """Stop the texts that we start, from `since`; None takes that back.

    It is a wish of the phone. What a volunteer marked, and what the citizen said of safety, stays: anybody may hold the phone, and a
    sender can be forged.
    """
    session.execute(update(Contact).where(Contact.id == contact_id).values(stopped_at=since))


def has_shown_language(session: Session, contact: Met) -> bool:
    """Whether the contact's language is known, and not our guess: the citizen named it, or has texted before. Not so for a new contact."""
    return contact.times_seen > 1 and (contact.language_named or has_texted(session, contact.id))


def has_texted(session: Session, contact_id: int) -> bool:
    """Whether a text ever came from this phone."""
    found = session.scalar(select(exists().where(Message.contact_id == contact_id, CAME_FROM_PHONE)))
    return bool(found)


def refuse(session: Session, contact_id: int, *, texts: bool, calls: bool, now: datetime) -> bool:
    """The citizen says that texts or calls of ours are not safe. No text, no key and no later yes takes it back.

    Returns whether it is news. The contact must be locked.
    """
    before = session.execute(select(Contact.refused_texts_at, Contact.refused_calls_at).where(Contact.id == contact_id)).one()
    changes: ContactChanges = {}
    if texts:
        changes |= {"refused_texts_at": now}  # a text from before that is not answered any more
    if calls:
        changes |= {"refused_calls_at": now}
    session.execute(update(Contact).where(Contact.id == contact_id).values(**changes))
    return (texts and before[0] is None) or (calls and before[1] is None)


def make_safe(session: Session, contact_id: int, **values: Unpack[ContactChanges]) -> None:
    """Store how a contact may be reached. The contact must be locked."""
    session.execute(update(Contact).where(Contact.id == contact_id).values(**values))


def _store(session: Session, contact: Met | Contact, **values: Unpack[ContactChanges]) -> None:
    execute(session, _STORE, {"row_id": contact.id, **values})
    for name, value in values.items():
        if isinstance(contact, Contact):
            set_committed_value(contact, name, value)
        else:
            setattr(contact, name, value)

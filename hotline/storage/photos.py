"""Photos that came with texts: awaited from the gateway, stored with us, then deleted at the gateway."""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TypedDict, Unpack

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from hotline.sealing import ContactKey, seal, unseal
from hotline.storage import sealed
from hotline.storage.contacts import ERASED
from hotline.storage.db import upsert
from hotline.storage.models import Contact, Message
from hotline.storage.photomodels import PHOTO_DUE, Photo

_AS_IT_IS = {"populate_existing": True}


class PhotoState(StrEnum):
    """How far a photo has come."""

    AWAITED = "awaited"  # at the gateway
    STORED = "stored"  # with us, and still at the gateway
    DONE = "done"  # with us alone
    LOST = "lost"  # given up, or wiped
    GOING = "going"  # wiped; its file and the copy at the gateway are to be removed


WIPED = "erased"
"""The `reason` of a photo that was wiped."""

NOT_BROUGHT = "not_brought"
"""The `reason` of a photo that its gateway cannot bring: it lies nowhere but on the citizen's phone."""

_UNKNOWN = "/photo"
"""How our id ends of what the gateway gave none."""

KEPT = frozenset({PhotoState.STORED, PhotoState.DONE})
"""The states in which a photo is with us."""


class PhotoChanges(TypedDict, total=False):
    """Changes of a photo."""

    gateway_id: str
    state: PhotoState
    width: int | None
    height: int | None
    size_bytes: int | None
    sha256: str | None
    stored_as: str | None
    preview: bytes | None
    attempts: int
    reason: str | None
    next_attempt_at: datetime | None
    stored_at: datetime | None
    masked_by: int | None
    masked_at: datetime | None


EMPTY: PhotoChanges = {"width": None, "height": None, "size_bytes": None, "sha256": None, "preview": None}
"""The columns that tell of the photo itself, empty. Its mask stays: it may be fetched once more."""


def note(session: Session, message_id: int, gateway: str, gateway_ids: Sequence[str], *, now: datetime) -> None:
    """Store what the gateway has of a new text. One id of a gateway is fetched once, whatever texts name it."""
    row = {"message_id": message_id, "gateway": gateway, "state": PhotoState.AWAITED, "attempts": 0}
    row |= {"next_attempt_at": now, "created_at": now}
    rows = [{**row, "gateway_id": one} for one in gateway_ids]
    session.execute(upsert(session, Photo).on_conflict_do_nothing(index_elements=["gateway", "gateway_id"]), rows)


def note_not_brought(
    session: Session, message_id: int, gateway: str, gateway_id: str, *, now: datetime, until: datetime | None = None
) -> None:
    """Store that something came with a new text that its gateway cannot bring. There is nothing to fetch, or to delete there.

    `until`: so long it may still come, with the text itself.
    """
    row = {"message_id": message_id, "gateway": gateway, "gateway_id": f"{gateway_id[:64]}{_UNKNOWN}", "created_at": now}
    row |= {"state": PhotoState.AWAITED if until else PhotoState.LOST, "reason": NOT_BROUGHT, "attempts": 0, "next_attempt_at": until}
    session.execute(upsert(session, Photo).values(row).on_conflict_do_nothing(index_elements=["gateway", "gateway_id"]))


def is_there(session: Session, photo: Photo) -> bool:
    """Whether a photo has a row yet."""
    return session.scalar(select(exists().where(Photo.id == photo.id, Photo.gateway_id == photo.gateway_id))) or False


def is_unknown(photo: Photo) -> bool:
    """Whether the gateway gave no id of a photo: there is nothing to ask for."""
    return photo.gateway_id.endswith(_UNKNOWN)


def wanted(session: Session, gateway: str, gateway_ids: Sequence[str], hashed_ids: Sequence[str]) -> set[str]:
    """Those of a gateway's ids of photos that are still to be fetched, or of which nothing is known; `hashed_ids`: the same, hashed."""
    named = (Photo.gateway == gateway, Photo.gateway_id.in_([*gateway_ids, *hashed_ids]))
    states = {one.gateway_id: one.state for one in session.scalars(select(Photo).where(*named))}
    pairs = zip(gateway_ids, hashed_ids, strict=True)
    return {one for one, hashed in pairs if states.get(one, PhotoState.AWAITED) == PhotoState.AWAITED and hashed not in states}


def due(session: Session, *, now: datetime) -> Photo | None:
    """The next photo to fetch or to remove, locked. Rows that another worker has locked are left out."""
    statement = (
        select(Photo)
        .where(PHOTO_DUE, Photo.next_attempt_at <= now)
        .order_by(Photo.next_attempt_at, Photo.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return session.scalar(statement, execution_options=_AS_IT_IS)


def locked(session: Session, photo_id: int) -> Photo:
    """A photo as it is now, locked until the commit."""
    return session.scalars(select(Photo).where(Photo.id == photo_id).with_for_update(), execution_options=_AS_IT_IS).one()


def store(session: Session, photo_id: int, **values: Unpack[PhotoChanges]) -> None:
    """Store changes of a photo."""
    session.execute(update(Photo).where(Photo.id == photo_id).values(**values))


def of_ticket(session: Session, ticket_id: int) -> Sequence[Photo]:
    """The photos of a ticket's texts, oldest first."""
    statement = select(Photo).join(Message, Message.id == Photo.message_id).where(Message.ticket_id == ticket_id).order_by(Photo.id)
    return session.scalars(statement).all()


def of_message(session: Session, message_id: int) -> Sequence[Photo]:
    """The photos of a text, in their order."""
    return session.scalars(select(Photo).where(Photo.message_id == message_id).order_by(Photo.id)).all()


def of_contact(session: Session, contact_id: int) -> Sequence[Photo]:
    """The photos of a contact of which a file lies in the store, or is on its way there; not those that were wiped."""
    of_texts = select(Photo).join(Message, Message.id == Photo.message_id).where(Message.contact_id == contact_id)
    kept = (Photo.stored_as.is_not(None), func.coalesce(Photo.reason, "") != WIPED)
    return session.scalars(of_texts.where(*kept).order_by(Photo.id), execution_options=_AS_IT_IS).all()


def to_see(session: Session, message_ids: Collection[int]) -> dict[int, list[int]]:
    """Id of a text → the ids of its photos that a person can see, or still may; none: there is nothing to see."""
    found: dict[int, list[int]] = {}
    shown = (Photo.state == PhotoState.AWAITED) | (Photo.state.in_(KEPT) & Photo.width.is_not(None) & Photo.masked_at.is_(None))
    for message_id, photo_id in session.execute(select(Photo.message_id, Photo.id).where(Photo.message_id.in_(message_ids), shown)):
        found.setdefault(message_id, []).append(photo_id)
    return found


def text_of(session: Session, photo: Photo) -> Message:
    """The text that a photo came with."""
    return session.get_one(Message, photo.message_id, populate_existing=True)


def key_of(session: Session, photo: Photo) -> ContactKey | None:
    """The key of the citizen, which seals the photo; None if the citizen was erased."""
    return sealed.key_of(session, text_of(session, photo).contact_id)


def needed_key(session: Session, photo: Photo) -> ContactKey:
    """The key of the citizen, which stays the same until the commit. Raises `Erased`."""
    return sealed.needed_key(session, text_of(session, photo).contact_id)


def names(session: Session) -> list[str]:
    """The names under which photos lie with us."""
    found = session.scalars(select(Photo.stored_as).where(Photo.stored_as.is_not(None), Photo.state.in_(KEPT)).order_by(Photo.id))
    return [name for name in found if name is not None]


def is_stored_as(session: Session, name: str) -> bool:
    """Whether a photo lies under this name."""
    return session.scalar(select(Photo.id).where(Photo.stored_as == name).limit(1)) is not None


def is_at_gateway(session: Session, message_id: int) -> bool:
    """Whether something that came with a text is still to be fetched or deleted at the gateway."""
    return bool(session.scalar(select(exists().where(Photo.message_id == message_id, PHOTO_DUE))))


def seal_preview(key: ContactKey, preview: bytes, photo_id: int) -> bytes:
    """The preview of a photo, sealed for its row."""
    return seal(key.key, preview, "photos.preview", key.uid, photo_id)


def preview_of(key: ContactKey, photo: Photo) -> bytes:
    """The preview of a photo; empty if there is none. Raises `SealBroken`."""
    return unseal(key.key, photo.preview, "photos.preview", key.uid, photo.id) if photo.preview is not None else b""


def seal_anew(session: Session, contact_id: int, old: ContactKey, new: ContactKey) -> None:
    """Seal the previews of a contact's photos under another key. Raises `SealBroken`."""
    for photo in of_contact(session, contact_id):
        if photo.preview is not None:
            store(session, photo.id, preview=seal_preview(new, preview_of(old, photo), photo.id))


def is_wiped(session: Session, photo: Photo) -> bool:
    """Whether a photo was wiped, or came after its citizen was erased (whose key may still open what an earlier owner left)."""
    if photo.state in KEPT:
        return False
    return photo.reason == WIPED or session.get_one(Contact, text_of(session, photo).contact_id).kind == ERASED

"""A photo comes to us: it is fetched, made anew from its pixels and stored, and only then deleted at the gateway. A claim is committed,
and lapses: if a worker dies on the way, the next one does the same again.

It is sealed under the citizen's key before it is stored: `size_bytes` and `sha256` are those of the sealed file. What is no photo that we
can show is kept as it came, and shown to nobody. Of a citizen who was erased nothing is fetched, and both copies are removed.
"""

import hashlib
import io
import random
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from hotline.alarms import AlarmKind, raise_alarm
from hotline.domain.delivery import retry_delay
from hotline.gateways.base import GatewayError, TextGateway
from hotline.log import logger
from hotline.media import sealedaudio
from hotline.media.photos import NotShown, looked_at
from hotline.media.store import StoreFault
from hotline.runtime import Runtime, Transaction
from hotline.sealing import ContactKey, SealBroken
from hotline.services.duty.answerable import answerable
from hotline.services.texts import heads
from hotline.storage import gatewaycopies, photos, tickets
from hotline.storage.events import EventKind, happened
from hotline.storage.models import Ticket
from hotline.storage.photomodels import Photo
from hotline.storage.photos import PhotoChanges, PhotoState
from hotline.storage.sealed import Erased

LIMIT_BYTES = 10 << 20
"""More than any operator carries in one MMS; most carry 300 kB to 1 MB."""

_CLAIM = timedelta(minutes=3)
"""Longer than a slow download and a slow decoder together."""

_ABSENT = frozenset({"404", "410", "too_large"})
"""The gateway's codes about the photo. Any other is about us, our password or the gateway's health, and can be mended."""

_ABSENT_FOR = timedelta(hours=1)
"""How long the gateway may say that it has no such photo before it is believed."""

_AWAY_FOR = timedelta(days=3)
"""How long the gateway or our own store may be out of reach before the photo is given up."""


class _NotYet(Exception):
    """The photo did not come. `away`: the gateway or our store was out of reach, so it may still be there."""

    def __init__(self, reason: str, *, away: bool) -> None:
        super().__init__(reason)
        self.reason, self.away = reason[:32], away


class _TooLate(Exception):
    """Another worker has the photo by now, or it was wiped: nothing of this try is kept."""


@dataclass(frozen=True)
class _Made:
    """What is kept of what came. `width` is None where it is no photo that can be shown; `reason` says why, or that a part is missing."""

    content: bytes
    preview: bytes | None = None
    width: int | None = None
    height: int | None = None
    reason: str | None = None


def fetch_due(rt: Runtime, gateways: Mapping[str, TextGateway], *, for_s: float = 15) -> bool:
    """Fetch photos, and delete them at the gateway once we have them, for about `for_s` seconds; True if there may be more."""
    ends = time.monotonic() + for_s
    while time.monotonic() < ends:
        claimed = _claim(rt)
        if claimed is None:
            return False
        try:
            with rt.reading() as session:
                if not photos.is_there(session, claimed):  # its text came, and it went with the head
                    continue
                key, is_wiped = photos.key_of(session, claimed), photos.is_wiped(session, claimed)
        except SealBroken as fault:  # it stays at the gateway, and keeps no other from coming
            logger().error("a photo cannot be sealed", photo_id=claimed.id, fault=str(fault))
            continue
        try:
            if is_wiped or key is None:
                _remove_both(rt, gateways, claimed)
            elif photos.is_unknown(claimed):
                heads.take_in(rt, claimed)
            elif claimed.state == PhotoState.AWAITED:
                _bring(rt, gateways, claimed, key)
            else:
                _delete_copy(rt, gateways, claimed)
        except _TooLate:
            logger().info("a photo was wiped, or is another worker's by now", photo_id=claimed.id)
    return True


def _claim(rt: Runtime) -> Photo | None:
    with rt.transaction() as tx:
        photo = photos.due(tx.session, now=tx.now)
        if photo is None:
            return None
        attempts = min(photo.attempts + 1, 9999)
        photos.store(tx.session, photo.id, attempts=attempts, next_attempt_at=tx.now + _CLAIM)
        photo.attempts = attempts
        tx.session.expunge(photo)
        return photo


def _gateway(gateways: Mapping[str, TextGateway], claimed: Photo) -> TextGateway:
    """The gateway that has the photo. Raises `_NotYet` if it is not configured any more."""
    gateway = gateways.get(claimed.gateway)
    if gateway is None or not gateway.can.photos:
        raise _NotYet("no_gateway", away=True)
    return gateway


def _bring(rt: Runtime, gateways: Mapping[str, TextGateway], claimed: Photo, key: ContactKey) -> None:
    name = f"{secrets.token_hex(16)}.jpg{sealedaudio.SEALED}"
    try:
        made = _made(claimed, _fetch(gateways, claimed))
        sealed = sealedaudio.seal(key, name, made.content)
        _save(rt, claimed, name, sealed)
        _store(rt, claimed, sealed, made, key)
    except _NotYet as fault:
        _try_later(rt, claimed, fault)
    except _TooLate:
        _remove(rt, claimed, name)
        raise


def _fetch(gateways: Mapping[str, TextGateway], claimed: Photo) -> bytes:
    """What came, whole. Raises `_NotYet`."""
    came = io.BytesIO()
    try:
        _gateway(gateways, claimed).fetch_photo(claimed.gateway_id, came, limit_bytes=LIMIT_BYTES)
    except GatewayError as fault:
        raise _NotYet(fault.code, away=fault.code not in _ABSENT) from fault
    if not came.tell():
        raise _NotYet("empty", away=False)
    return came.getvalue()


def _made(claimed: Photo, content: bytes) -> _Made:
    try:
        seen = looked_at(content)
    except NotShown as fault:
        logger().warning("what came with a text is not shown", photo_id=claimed.id, reason=str(fault), size_bytes=len(content))
        return _Made(content, reason=str(fault))
    return _Made(seen.photo, seen.preview, seen.width, seen.height, None if seen.whole else "not_whole")


def _save(rt: Runtime, claimed: Photo, name: str, sealed: bytes) -> None:
    """Save the sealed file. The row names it before it is there, and what a killed worker left goes first. Raises `_NotYet`, `_TooLate`."""
    try:
        if claimed.stored_as is not None:
            rt.store.remove(claimed.stored_as)
        with rt.transaction() as tx:
            _same(tx, claimed)
            photos.store(tx.session, claimed.id, stored_as=name)
        rt.store.save(name, io.BytesIO(sealed))
    except StoreFault as fault:
        logger().error("a photo could not be stored", photo_id=claimed.id, fault=str(fault))
        raise _NotYet("store", away=True) from fault


def _store(rt: Runtime, claimed: Photo, sealed: bytes, made: _Made, key: ContactKey) -> None:
    """Note that we have the photo. From now on the gateway's copy may be deleted. Raises `_NotYet`, `_TooLate`."""
    with rt.transaction() as tx:
        try:
            is_same_key = photos.needed_key(tx.session, claimed) == key
        except Erased:
            raise _TooLate from None
        if not is_same_key:
            raise _NotYet("key", away=True)
        ticket = _ticket(tx, claimed)
        _same(tx, claimed)
        done: PhotoChanges = {
            "state": PhotoState.STORED,
            "reason": made.reason,
            "width": made.width,
            "height": made.height,
            "size_bytes": len(sealed),
            "sha256": hashlib.sha256(sealed).hexdigest(),
            "attempts": 0,
            "stored_at": tx.now,
            "next_attempt_at": tx.now,
        }
        if made.preview is not None:
            done["preview"] = photos.seal_preview(key, made.preview, claimed.id)
        photos.store(tx.session, claimed.id, **done)
        _tell(tx, ticket, claimed, EventKind.PHOTO_CAME)
    logger().info("a photo was stored", photo_id=claimed.id, size_bytes=len(sealed))


def _try_later(rt: Runtime, claimed: Photo, why: _NotYet) -> None:
    """Try again, or give up: then what there is stays at the gateway. Raises `_TooLate`."""
    with rt.transaction() as tx:
        ticket = _ticket(tx, claimed)
        _same(tx, claimed)
        logger().warning("a photo did not come", photo_id=claimed.id, reason=why.reason, attempt=claimed.attempts)
        if tx.now - claimed.created_at < (_AWAY_FOR if why.away else _ABSENT_FOR):
            photos.store(tx.session, claimed.id, reason=why.reason, next_attempt_at=tx.now + _wait(claimed))
            return
        photos.store(tx.session, claimed.id, state=PhotoState.LOST, reason=why.reason, attempts=0, next_attempt_at=None)
        _tell(tx, ticket, claimed, EventKind.PHOTO_LOST)
        if ticket is not None:
            for volunteer_id in answerable(rt, tx, ticket):
                raise_alarm(tx, ticket.id, AlarmKind.PHOTO_LOST, volunteer_id)
    logger().error("a photo was given up", photo_id=claimed.id, reason=why.reason)


def _delete_copy(rt: Runtime, gateways: Mapping[str, TextGateway], claimed: Photo) -> None:
    """Delete the gateway's copy if ours is where it should be; if not, have it fetched once more. This is never given up."""
    changes: PhotoChanges = {"state": PhotoState.DONE, "next_attempt_at": None}
    again: PhotoChanges = {"next_attempt_at": rt.clock() + _wait(claimed)}
    try:
        if rt.store.size(claimed.stored_as or "") == claimed.size_bytes:
            _delete_there(gateways, claimed)
        else:
            changes = {**photos.EMPTY, **again, "state": PhotoState.AWAITED, "reason": "not_there"}
    except (GatewayError, StoreFault, _NotYet) as fault:
        logger().warning("the gateway still has a photo", photo_id=claimed.id, fault=type(fault).__name__)
        changes = again
    with rt.transaction() as tx:
        _same(tx, claimed)
        photos.store(tx.session, claimed.id, **changes)


def _remove_both(rt: Runtime, gateways: Mapping[str, TextGateway], claimed: Photo) -> None:
    """Remove what was wiped, with us and at the gateway. The row names our file until it is removed; this is never given up."""
    gone: PhotoChanges = {**photos.EMPTY, "state": PhotoState.LOST, "reason": photos.WIPED, "stored_as": None, "next_attempt_at": None}
    try:
        if claimed.stored_as is not None:
            rt.store.remove(claimed.stored_as)
        _delete_there(gateways, claimed)
    except (GatewayError, StoreFault, _NotYet) as fault:
        logger().warning("what was wiped of a photo is still there", photo_id=claimed.id, fault=type(fault).__name__)
        gone = {"state": PhotoState.GOING, "reason": photos.WIPED, "next_attempt_at": rt.clock() + _wait(claimed)}
    with rt.transaction() as tx:
        _same(tx, claimed)
        if "stored_as" in gone:
            gone["gateway_id"] = gatewaycopies.hashed(rt.keys, claimed.gateway_id)
        photos.store(tx.session, claimed.id, **gone)


def _delete_there(gateways: Mapping[str, TextGateway], claimed: Photo) -> None:
    """Delete the gateway's copy; it may be gone. Raises `GatewayError`, `_NotYet`."""
    try:
        _gateway(gateways, claimed).delete_photo(claimed.gateway_id)
    except GatewayError as fault:
        if fault.code not in _ABSENT:
            raise


def _same(tx: Transaction, claimed: Photo) -> None:
    """Lock the photo. Raises `_TooLate` if it is not as it was claimed."""
    now = photos.locked(tx.session, claimed.id)
    if (now.state, now.attempts) != (claimed.state, claimed.attempts):
        raise _TooLate


def _remove(rt: Runtime, claimed: Photo, name: str) -> None:
    """Remove what a try left that is not in place."""
    try:
        rt.store.remove(name)
    except StoreFault as fault:
        logger().error("what a try left of a photo stays", photo_id=claimed.id, fault=str(fault))


def _wait(claimed: Photo) -> timedelta:
    return retry_delay(claimed.attempts) * random.uniform(1, 1.25)  # noqa: S311 - jitter, no secret


def _ticket(tx: Transaction, claimed: Photo) -> Ticket | None:
    """The ticket of the photo's text, locked before the photo, as who wipes a ticket locks it."""
    ticket_id = photos.text_of(tx.session, claimed).ticket_id
    return tickets.locked(tx.session, ticket_id) if ticket_id is not None else None


def _tell(tx: Transaction, ticket: Ticket | None, claimed: Photo, kind: EventKind) -> None:
    """Note the photo on its ticket, which becomes unread."""
    if ticket is not None:
        happened(tx.session, ticket.id, kind, now=tx.now, photo=claimed.id)
        tickets.change(tx.session, ticket.id, ticket.version, now=tx.now, unread=True)

"""A contact gets a new key: its recordings and photos are written anew under it before the rows change, and the old files removed after.

Before the rows change, a file in the store says which files are to go: a run that is killed after the change leaves them to the next. A
new file that no row names is sealed under a key that was never stored, so nobody can open it.
"""

import contextlib
import hashlib
import io
import secrets
from collections.abc import Mapping

from hotline.log import logger
from hotline.media import sealedaudio
from hotline.media.sealedaudio import StoredAudio
from hotline.media.store import StoreFault
from hotline.runtime import Runtime
from hotline.sealing import ContactKey
from hotline.storage import photos, recordings, rekeying, sealed
from hotline.storage.rekeying import File, Moved

LEFT = "rekeyed.left"
"""The name in the store under which the names of the files stand that are being replaced."""


def write_anew(rt: Runtime, contact_id: int, new: ContactKey) -> dict[File, Moved]:
    """Write the recordings and photos of a contact anew; each → its new file. Raises `StoreFault`, `SealBroken`."""
    with rt.reading() as session:
        found = rekeying.files_of(session, contact_id)
        key = sealed.key_of(session, contact_id) if found else None
    moved: dict[File, Moved] = {}
    if key is None:
        return moved
    tidy(rt)  # what an earlier contact has left must not be forgotten for what this one leaves
    for file, row in found.items():
        before = StoredAudio(rt.store, row.stored_as or "", row.size_bytes or 0, key)
        name = f"{secrets.token_hex(16)}.{before.ending}{sealedaudio.SEALED}"
        content = sealedaudio.seal(new, name, b"".join(before.read(0, before.size_bytes)))
        rt.store.save(name, io.BytesIO(content))
        moved[file] = Moved(before.name, name, len(content), hashlib.sha256(content).hexdigest())
    rt.store.save(LEFT, io.BytesIO("\n".join(one.before for one in moved.values()).encode()))
    return moved


def tidy(rt: Runtime) -> None:
    """Remove the files that were replaced. Raises `StoreFault`."""
    size = rt.store.size(LEFT)
    if size is None:
        return
    names = b"".join(rt.store.read(LEFT, 0, size)).decode().split("\n")
    with rt.reading() as session:
        gone = [name for name in names if name and not (recordings.is_stored_as(session, name) or photos.is_stored_as(session, name))]
    for name in gone:
        rt.store.remove(name)
    rt.store.remove(LEFT)


def settle(rt: Runtime, moved: Mapping[File, Moved], *, done: bool) -> None:
    """Remove the files that no row names any more: the old ones if it is `done`, else the new ones. What fails here the next run does."""
    with contextlib.suppress(StoreFault):
        if done:
            tidy(rt)
            return
        for one in moved.values():
            rt.store.remove(one.name)
        logger().warning("recordings or photos changed while they were written anew", rows=len(moved))

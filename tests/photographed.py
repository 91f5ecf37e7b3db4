"""What tests of photos share: a gateway that has some, citizens who sent them, and files that are none."""

import io
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from PIL import Image
from sqlalchemy import select

from hotline.gateways.base import Abilities, GatewayError, IncomingText, LookUp, Outcome
from hotline.media.sealedaudio import StoredAudio
from hotline.runtime import Runtime
from hotline.services.texts.intake import receive_text
from hotline.services.texts.photos import fetch_due
from hotline.storage import photos as rows
from hotline.storage.photomodels import Photo
from tests.support import HER, ScriptedGateway

PLACE = b"24.8607N"
"""What stands in the EXIF of a photo of `picture`."""

CAN = Abilities(LookUp.LIST, reports=True, deletes=True, photos=True)

_ids = itertools.count(1)


def picture(width: int = 320, height: int = 240, *, form: str = "JPEG", colour: str = "red") -> bytes:
    """A photo as a phone takes it, with the place in it."""
    exif = Image.Exif()
    exif[0x010E] = PLACE.decode()
    exif.get_ifd(0x8825)[1] = "N"
    kept = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(kept, form, exif=exif)
    return kept.getvalue()


@dataclass
class PhotoGateway(ScriptedGateway):
    """Has photos by id. `meets` holds what the next requests for them meet instead: an error, or something to do first."""

    photos: dict[str, bytes] = field(default_factory=dict)
    meets: list[BaseException | Callable[[], None] | None] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    can: Abilities = CAN

    def _meet(self, what: str, gateway_id: str) -> None:
        self.asked.append((what, gateway_id))
        step = self.meets.pop(0) if self.meets else None
        if isinstance(step, BaseException):
            raise step
        if step is not None:
            step()

    def fetch_photo(self, gateway_id: str, into: BinaryIO, *, limit_bytes: int) -> int:
        self._meet("fetch", gateway_id)
        if gateway_id not in self.photos:
            raise GatewayError("404", Outcome.REFUSED)
        if len(self.photos[gateway_id]) > limit_bytes:
            raise GatewayError("too_large", Outcome.REFUSED)
        return into.write(self.photos[gateway_id])

    def delete_photo(self, gateway_id: str) -> None:
        self._meet("delete", gateway_id)
        self.photos.pop(gateway_id, None)


def a_photo(rt: Runtime, gateway: PhotoGateway, *content: bytes, body: str = "", sender: str = HER) -> list[str]:
    """A citizen sends photos with a text; returns their ids at the gateway."""
    n = next(_ids)
    ids = [f"MM{n:032x}/ME{place:032x}" for place in range(len(content) or 1)]
    gateway.photos |= dict(zip(ids, content or (picture(),), strict=True))
    receive_text(rt, gateway.name, IncomingText(f"MM{n:032x}", sender, body, photos=tuple(ids)))
    return ids


def fetch(rt: Runtime, gateway: PhotoGateway) -> None:
    """Do everything that is due."""
    assert fetch_due(rt, gateway.alone, for_s=20) is False


def photos(rt: Runtime) -> list[Photo]:
    """All photos, oldest first."""
    with rt.reading() as session:
        return list(session.scalars(select(Photo).order_by(Photo.id)))


def opened(rt: Runtime, photo: Photo) -> bytes:
    """What the file of a photo holds."""
    with rt.reading() as session:
        key = rows.key_of(session, photo)
    assert key is not None
    stored = StoredAudio(rt.store, photo.stored_as or "", photo.size_bytes or 0, key)
    return b"".join(stored.read(0, stored.size_bytes))


def files(folder: Path) -> list[str]:
    """The names of all files in the store, hidden ones too."""
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []

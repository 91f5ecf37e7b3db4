"""The photos of a ticket's texts as pages show them: which can be shown, and what is said in the place of the others."""

from dataclasses import dataclass

from hotline.runtime import Reading
from hotline.services.tickets import photos as seeing
from hotline.storage.models import Ticket
from hotline.storage.photomodels import Photo
from hotline.storage.photos import KEPT, NOT_BROUGHT, WIPED, PhotoState

_LONGER, _LEAST = 160, 24


@dataclass(frozen=True)
class OnPage:
    """A photo as a page shows it. `says`: the name of what is said in its place, in `photos.html`; None: the photo is shown."""

    number: int
    photo: Photo
    says: str | None

    @property
    def sides(self) -> tuple[int, int]:
        """Width and height of the preview on the page, in pixels of the style sheet; of a thin strip enough to be hit by a finger."""
        width, height = self.photo.width or 1, self.photo.height or 1
        longer = max(width, height)
        return max(_LEAST, _LONGER * width // longer), max(_LEAST, _LONGER * height // longer)


def on_page(number: int, photo: Photo) -> OnPage:
    """A photo for a page."""
    if photo.masked_at is not None and photo.state in KEPT:
        says: str | None = "masked"
    elif photo.reason == WIPED:
        says = "erased"
    elif photo.reason == NOT_BROUGHT:
        says = "not_brought"
    elif photo.state == PhotoState.LOST:
        says = "lost"
    elif photo.state == PhotoState.AWAITED:
        says = "awaited"
    else:
        says = "not_shown" if photo.width is None else None
    return OnPage(number, photo, says)


def of_texts(session: Reading, ticket: Ticket) -> dict[int, list[OnPage]]:
    """Id of a text of the ticket → its photos for the page."""
    found: dict[int, list[OnPage]] = {}
    for number, photo in seeing.numbered(session, ticket):
        found.setdefault(photo.message_id, []).append(on_page(number, photo))
    return found

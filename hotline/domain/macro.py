"""A macro is what volunteers do again and again in one choice: a sentence for the citizen, a status, and a note for colleagues."""

from collections.abc import Mapping
from dataclasses import dataclass

from hotline.domain.ticket import Status


@dataclass(frozen=True)
class Macro:
    """One macro. `text`: the key of a ready sentence for the citizen (`domain.texts.REPLIES`); None: nothing is written to the citizen.

    `status`: what the ticket becomes; None: it stays as it is. `names` and `note` are in the languages of pages.
    """

    code: str
    names: Mapping[str, str]
    note: Mapping[str, str]
    text: str | None = None
    status: Status | None = None

"""What a person says that a text means, beside what the machine had read in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hotline.domain.category import MODEL_KINDS, Category
from hotline.domain.reading import Intent, Part

NO_COMPLAINT = ""
"""The kind of a text of which a person says that it is no complaint at all."""


@dataclass(frozen=True)
class Correction:
    """One text, as it was read and as people see it. None: nobody said anything of that.

    Read: `intent`, `kinds` (the likeliest first), `object`, `reasons` (the words that decided, by what they decided). Said: `kind`, one of
    the model's or `NO_COMPLAINT`; `danger`; `against` officials; `place`, the code of the area before and after. `left`: somebody looked at
    it and called it ordinary, and left its kind as it was read. `sealed`: its ticket is sealed now.
    """

    ticket_id: int
    text: str
    intent: Intent
    kinds: tuple[str, ...]
    object: str | None
    reasons: Mapping[str, Sequence[str]]
    sealed: bool
    kind: str | None = None
    danger: bool | None = None
    against: bool | None = None
    place: tuple[str | None, str | None] | None = None
    left: bool = False

    @property
    def read_kind(self) -> str:
        """The kind that it was read as."""
        return self.kinds[0] if self.kinds else NO_COMPLAINT

    def was_read(self, part: Part) -> bool:
        """Whether a part held when it was read: only then is there a reason for it."""
        return part in self.reasons

    @property
    def teaches(self) -> bool:
        """Whether a person said anything that a model can learn."""
        return self.kind is not None or self.danger is not None or self.against is not None


def model_kind(categories: Sequence[Category], code: str) -> str | None:
    """The model's kind of a category. None: it has none, as an accusation of faith has none, and nothing is learnt from its texts."""
    kind = next((one.reads or one.code for one in categories if one.code == code), None)
    return kind if kind in MODEL_KINDS else None

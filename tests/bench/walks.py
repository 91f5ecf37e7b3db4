"""What callers do, each walk with what it should leave. Together they hear all that the menu says."""

from dataclasses import dataclass
from enum import StrEnum


class Do(StrEnum):
    """What a caller does besides pressing the menu's keys."""

    SPEAK = "speak"
    CRY = "cry"  # the caller speaks, and ends with 0
    DROP = "drop"  # the line drops while the caller speaks
    SAY_NOTHING = "say nothing"
    KEY_REFERENCE = "key a reference"
    NOT_TAKEN = "not taken"  # the duty line rings, and nobody takes the call
    TAKEN = "taken"


SILENCE = ""


class Leaves(StrEnum):
    """What a call leaves."""

    TICKET = "a ticket"
    LINE = "a line in the book"
    NOTHING = "nothing to do"  # neither, which no walk here leaves


@dataclass(frozen=True)
class Walk:
    """What a caller does, step by step, before hanging up. The call leaves what `leaves` says, with this category and these marks."""

    name: str
    does: tuple[str, ...]
    leaves: Leaves = Leaves.TICKET
    category: str = "general"
    agreed: bool = False
    danger: bool = False
    withheld: bool = False

    @property
    def recordings(self) -> int:
        """How many recordings the call leaves."""
        return sum(doing in {Do.SPEAK, Do.CRY, Do.DROP} for doing in self.does)


WALKS = (
    Walk("reports and agrees", ("1", "1", "1", "1", "1", Do.SPEAK, "1", "8"), category="snatching", agreed=True),
    Walk(
        "reports twice over and refuses", ("2", "1", "2", "2", "2", Do.SAY_NOTHING, Do.SPEAK, "2", Do.SPEAK, "1", SILENCE), category="theft"
    ),
    Walk("is silent when asked", ("3", "1", "8", SILENCE, SILENCE, Do.SPEAK, SILENCE, SILENCE, SILENCE), category="violence"),
    Walk("drops while speaking", ("1", "1", "3", "1", "2", Do.DROP), category="extortion", agreed=True),
    Walk("drops at the beep", ("1", "1", "2", "1", "1"), category="theft", agreed=True),
    Walk("drops before consent", ("2", "1", "5"), category="missing"),
    Walk("drops at the categories", ("1", "1"), Leaves.LINE),
    Walk("drops at once", (), Leaves.LINE),
    Walk("presses wrong keys", ("8", "8", "8", Do.SPEAK, "1", SILENCE)),
    Walk("just starts talking", (SILENCE, Do.SPEAK, "1", SILENCE)),
    Walk("never says anything", ("1", SILENCE, Do.SAY_NOTHING, SILENCE), Leaves.LINE),
    Walk("speaks another language", ("1", "9", "4", "1", "1", Do.SPEAK, "1", SILENCE), agreed=True),
    Walk("asks to be called", ("3", "3", "1", "1", SILENCE), agreed=True),
    Walk("asks to be called, and thinks better of it", ("1", "3", "2"), Leaves.LINE),
    Walk("asks where it stands, then for more", ("1", "2", Do.KEY_REFERENCE, "9"), Leaves.LINE),
    Walk("mistypes, then asks", ("3", "2", "123", Do.KEY_REFERENCE, SILENCE), Leaves.LINE),
    Walk("in danger, nobody takes it", ("0", Do.SAY_NOTHING, Do.NOT_TAKEN, Do.SAY_NOTHING, SILENCE), danger=True),
    Walk("in danger, taken", ("0", Do.SPEAK, Do.TAKEN, SILENCE), danger=True),
    Walk("in danger, cannot wait", ("2", "0", "5", Do.SPEAK, Do.SAY_NOTHING), danger=True),
    Walk("in danger while speaking", ("1", "1", "1", "2", "2", Do.CRY, "5", Do.SPEAK, Do.SAY_NOTHING), category="snatching", danger=True),
    Walk("withholds her number", ("1", "1", "7", Do.SPEAK, "1", SILENCE), category="police", withheld=True),
)

"""What a phone that asks about a reference is told: one table for texts and calls, and for every kind of complaint.

Nothing here knows whether a ticket is sealed or on hold. So no answer can tell it to the person who found the slip, or who holds the
citizen's phone (docs/adr/0007-no-answer-tells-the-kind.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from hotline.domain import prompts, texts
from hotline.domain.prompts import Prompt
from hotline.domain.texts import Text
from hotline.domain.ticket import Stage, Status, stage


@dataclass(frozen=True)
class Told:
    """An answer, as it is texted and as it is spoken. It asks nothing: only some kinds of complaint have an open question."""

    text: Text
    prompt: Prompt


STAGES: Mapping[Stage, Told] = {
    Stage.RECEIVED: Told(texts.STATUS_RECEIVED, prompts.STAGE_RECEIVED),
    Stage.WORKED_ON: Told(texts.STATUS_IN_PROGRESS, prompts.STAGE_WORKED_ON),
    Stage.CLOSED: Told(texts.STATUS_CLOSED_OTHER, prompts.STAGE_CLOSED),
}
"""Stage → what the citizen's own phone is told."""

ELSEWHERE = Told(texts.TOLD_ELSEWHERE, prompts.TOLD_ELSEWHERE)
"""What any other phone is told of a reference that exists. It says what a citizen can do who no longer has the first phone."""

REFUSED = Told(texts.REFERENCE_REFUSED, prompts.STAGE_REFUSED)
"""What is told of a reference that nobody has, and once a phone has asked too often."""


def told(status: Status | None, *, own: bool, lookups_left: int) -> Told:
    """What is told of a reference. `status` is that of its ticket, None if nobody has it; `own`: it came from the phone that asks;
    `lookups_left`: how many unknown or other people's references may still be asked about."""
    if status is not None and own:
        return STAGES[stage(status)]
    return ELSEWHERE if status is not None and lookups_left > 0 else REFUSED

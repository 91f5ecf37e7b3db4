"""How we know that somebody is in danger. What is known better makes phones ring."""

from enum import StrEnum


class Danger(StrEnum):
    """How we know that somebody is in danger, the surest first."""

    PERSON = "person"  # somebody who works on the ticket said so
    KEYED = "keyed"  # the caller pressed 0 or 5
    CRY = "cry"  # the text is a cry for help, and little else
    SURE = "sure"  # read in the words, and sure enough to wake somebody
    READ = "read"  # read in the words


RINGS = frozenset({Danger.PERSON, Danger.KEYED, Danger.CRY, Danger.SURE})
"""Danger for which phones ring at any hour. Any other danger stands first in the queue and sounds on the page."""

_ORDER = tuple(Danger)


def surer(one: Danger | None, other: Danger | None) -> Danger | None:
    """The surer of two; None if there is neither."""
    return min((danger for danger in (one, other) if danger is not None), key=_ORDER.index, default=None)


class BroughtIn(StrEnum):
    """Who was brought in for somebody in danger."""

    RESCUE = "rescue"  # an ambulance, the fire brigade
    POLICE = "police"
    DOCTOR = "doctor"  # also for the mind
    CHILDREN = "children"  # an office for the protection of children
    SHELTER = "shelter"
    LAWYER = "lawyer"
    TRUSTED = "trusted"  # somebody whom the citizen trusts
    OTHER = "other"  # the note says who

"""Every text and recording waits until a person has looked at it. What may be danger is looked at first.

How a text was read decides nothing here but the order: what we cannot read may be danger, as much as what we read as danger.
"""

from datetime import timedelta
from enum import IntEnum, StrEnum

from hotline.domain.conversation import SOLVED_DIGITS, Decision, ParsedText, ReadAs
from hotline.domain.language import neighbour
from hotline.domain.message import READ


class Look(IntEnum):
    """How soon a text or a recording is looked at. A lower number is sooner, so that the list sorts in ascending order."""

    FIRST = 1  # it may be danger
    NEXT = 2
    LAST = 3  # ordinary, and from a phone that two people marked because of abuse or pranks

    def for_prankster(self) -> "Look":
        """How soon it is looked at where two people marked the phone: last, unless it may be danger."""
        return Look.LAST if self is Look.NEXT else self


class LookAnswer(StrEnum):
    """What a person says who has looked. All but the last settle the look; the last leaves it to a colleague."""

    DANGER = "danger"  # somebody is in danger
    HOLD = "hold"  # nothing may be texted by machine
    KIND = "kind"  # what it is about, and perhaps where
    PLACE = "place"  # where it happened
    ORDINARY = "ordinary"  # a complaint like any other
    NOT_OURS = "not_ours"  # no complaint at all
    ELSEWHERE = "elsewhere"  # it belongs to another ticket of the same phone
    UNSURE = "unsure"  # I cannot tell


SAFER = frozenset({LookAnswer.DANGER, LookAnswer.HOLD})
"""Answers that make it safer. They count at once, even where a colleague was first, and before a recording was heard."""

SECOND_LOOK = timedelta(hours=1)
"""How long the first of two people waits for the second. After that nobody has said it, and the text is late."""

SHORT_S = 5
"""A recording with fewer seconds may be a scream, or a person who cannot speak."""

_NOT_A_CITIZENS = frozenset({ReadAs.JUNK, ReadAs.DUTY, ReadAs.WRONG_CODE, ReadAs.WRITTEN})
_ASKS_NOTHING = frozenset({ReadAs.COMMAND, ReadAs.ANSWERED, ReadAs.AUTO_REPLY})
"""Texts that ask nothing of a person: the machine has done all that they say."""


def look_for(body: str, asked: ParsedText, decision: Decision, *, language: str | None, unsafe: bool, unseen: bool = False) -> Look | None:
    """How soon a person looks at a text. `language`: that of its words, None if it is none that we read, or cannot be told. `unsafe`: it
    says that our texts and calls are not safe, so somebody else may read the phone.

    None: it asks nothing of a person. That is a command, an answer to our question with nothing besides, a volunteer's code, a phone's own
    reply, thanks or "how is it going" that belong to no open ticket, or a reference with nothing besides that matters. With `unseen` each
    of these is looked at too: there are photos, which no machine has seen, or it came late, and no machine may have answered it.
    """
    look = _look_for_words(body, asked, decision, language=language, unsafe=unsafe)
    return Look.NEXT if look is None and unseen and decision.read_as not in _NOT_A_CITIZENS else look


def _look_for_words(body: str, asked: ParsedText, decision: Decision, *, language: str | None, unsafe: bool) -> Look | None:
    if decision.read_as in _NOT_A_CITIZENS:
        return None
    if asked.danger is not None or unsafe or (asked.greets and ("?" in body or "\u061f" in body)):
        return Look.FIRST
    if decision.read_as in _ASKS_NOTHING:
        return Look.FIRST if asked.more_than_auto_reply else None
    if asked.references and not asked.besides:
        return _beside_a_reference(asked, decision)
    if asked.is_thanks or decision.read_as in (ReadAs.UNCLEAR, ReadAs.MISTYPED, ReadAs.ASKED):
        return Look.NEXT if decision.ticket_id is not None or decision.read_as is ReadAs.MISTYPED else None
    is_read = language is not None and len(body) <= READ and neighbour(body) is None
    return Look.NEXT if is_read and not asked.without_words else Look.FIRST


def _beside_a_reference(asked: ParsedText, decision: Decision) -> Look | None:
    if asked.digit is not None and asked.digit not in SOLVED_DIGITS:  # on a call a 0 means danger
        return Look.FIRST
    return Look.NEXT if (asked.pleads or asked.digit) and decision.ticket_id is not None else None


def look_for_recording(*, danger: bool, other_language: bool, seconds: float | None) -> Look:
    """How soon a person hears a recording. `seconds`: how long it is, None where nobody knows."""
    is_heard = seconds is not None and seconds >= SHORT_S
    return Look.NEXT if is_heard and not danger and not other_language else Look.FIRST

"""One caller's walk through the call menu: the step it is at, and what was keyed on the way. Stored with the call at every step."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Self


class Step(StrEnum):
    """Where a call is. `menu` says where a key, silence and a wrong key lead from each step; `voice` says what is heard there."""

    BACK = "back"  # we called back: "press 1" and nothing else, until a key comes
    OPENING = "opening"  # danger, and which language to speak; a caller who keys nothing comes to the beep
    LANGUAGE = "language"  # all languages, and any other
    MAIN = "main"
    CATEGORY = "category"  # what it is about
    CONSENT = "consent"  # whether we may text this phone
    CALL_CONSENT = "call_consent"  # whether we may ring it
    EARLY = "early"  # the beep of a caller who has keyed nothing
    RECORD = "record"  # the beep and the recording
    KEEP = "keep"  # whether to keep the recording or say it again
    TOLD = "told"  # the reference is told, twice
    ENTER = "enter"  # the caller keys a reference
    STAGE = "stage"  # what may be told of that reference is told
    CALL_ME = "call_me"  # the caller asks to be called
    DANGER = "danger"  # the first beep and recording of a caller in danger
    DUTY = "duty"  # the duty line rings
    ALARM = "alarm"  # we rang a volunteer, who is needed on the page
    READY = "ready"  # we rang a volunteer, who asked to be joined with a citizen
    JOINED = "joined"  # that volunteer pressed 1: the citizen's phone rings, and they talk
    TEST = "test"  # we rang a phone that alarms ring, for its daily test
    OVER = "over"  # goodbye
    GONE = "gone"  # we hang up without a word


class Consent(StrEnum):
    """Whether we may text this phone, or ring it. If the caller was never asked there is no consent, which is a no as well."""

    YES = "yes"
    NO = "no"
    SILENT = "silent"  # asked, and pressed nothing: a no


@dataclass(frozen=True)
class Walk:
    """Where a call is. `hint` is the key of the prompt that is heard before those of the step; `tries` counts the answers at this step
    that were not understood."""

    step: Step
    language: str  # en, ur or sd
    known: bool = False  # the contact has shown this language before
    withheld: bool = False  # the number is withheld: nothing is asked about it
    other_language: bool = False  # the caller speaks none of our languages
    tries: int = 0
    hint: str | None = None
    category: str | None = None
    consent: Consent | None = None  # whether we may text this phone
    call_consent: Consent | None = None  # whether we may ring it
    takes: int = 0  # recordings in which something was heard; of a caller who cannot speak, all of them
    early: bool = False  # nothing was keyed, and the beep came before any choice
    danger: bool = False
    must_be_silent: bool = False  # the caller cannot speak: nothing of ours may be heard, on this call or by a text or a call
    wants_call: bool = False
    wants_woman: bool = False
    duty_index: int = 0  # the place in the duty line of the phone that rings
    duty_rung: int = 0  # how many of its phones were rung before that one
    found: str | None = None  # the key of the prompt that answers the reference the caller keyed

    def as_row(self) -> dict[str, Any]:
        """The walk as it is stored: the fields that differ from their defaults."""
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """A walk as it was stored. Fields of a newer release, which this one does not know, are ignored."""
        known = {f.name: row[f.name] for f in fields(cls) if f.name in row}
        known["step"] = Step(known["step"])
        known |= {name: Consent(known[name]) for name in ("consent", "call_consent") if known.get(name) is not None}
        return cls(**known)

    @property
    def agreed(self) -> bool:
        """Whether this phone may be texted about what the call left."""
        return self.consent is Consent.YES

    @property
    def agreed_to_calls(self) -> bool:
        """Whether this phone may be rung about what the call left."""
        return self.call_consent is Consent.YES

    @property
    def records(self) -> bool:
        """Whether the step is one at which the caller is recorded."""
        return self.step in (Step.EARLY, Step.RECORD, Step.DANGER)

    @property
    def leaves_something(self) -> bool:
        """Whether the call is worth a ticket if the line drops now; if not, it goes into the book of missed calls."""
        has_agreed = self.agreed or self.agreed_to_calls
        return self.danger or self.wants_call or self.category is not None or has_agreed or self.takes > 0


@dataclass(frozen=True)
class Menu:
    """The settings of a deployment's call menu."""

    languages: tuple[str, ...]  # in the order of their keys
    categories: tuple[tuple[str, str], ...]  # (key, code)
    careful: frozenset[str]  # categories in which nobody is sent to the police
    duty_phones: int  # how many phones the duty line has
    police: str  # the number of the police
    key_wait_s: int
    silence_s: int
    recording_s: int

"""One caller's walk through the call menu: where she is, and what she has keyed on the way. Kept with the call at every step."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Self


class Step(StrEnum):
    """Where a call is. At each, `menu` says where a key, silence and a wrong key lead, `voice` what is heard."""

    BACK = "back"  # we called back: "press 1" and nothing else, until a key comes
    OPENING = "opening"  # which language
    MAIN = "main"
    CATEGORY = "category"  # what it is about
    CONSENT = "consent"  # may we use this phone
    RECORD = "record"  # the beep
    KEEP = "keep"  # keep it, or say it again
    TOLD = "told"  # her reference, twice
    ENTER = "enter"  # she keys a reference
    STAGE = "stage"  # where that one stands
    CALL_ME = "call_me"
    DANGER = "danger"
    DUTY = "duty"  # the duty line rings
    ALARM = "alarm"  # we rang a volunteer: her page needs her
    OVER = "over"  # goodbye
    GONE = "gone"  # the line is put down without a word


class Consent(StrEnum):
    """Whether we may use this phone to reach her. Whoever was never asked has none: that is a no as well."""

    YES = "yes"
    NO = "no"
    SILENT = "silent"  # asked, and pressed nothing: a no


@dataclass(frozen=True)
class Walk:
    """Where a call is. `hint` is the prompt that is heard before those of the step; `tries` counts what was not understood there."""

    step: Step
    language: str  # en, ur or sd
    known: bool = False  # she has shown her language before
    withheld: bool = False  # her number: nothing is asked about it
    other_language: bool = False
    tries: int = 0
    hint: str | None = None
    category: str | None = None
    consent: Consent | None = None
    takes: int = 0  # recordings in which something was heard
    danger: bool = False
    wants_call: bool = False
    duty_index: int = 0
    found: str | None = None  # the prompt that tells the stage she asked about

    def as_row(self) -> dict[str, Any]:
        """As it is stored: what differs from a fresh one."""
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Back from there. What a newer release stored and this one does not know is passed over."""
        known = {f.name: row[f.name] for f in fields(cls) if f.name in row}
        known["step"] = Step(known["step"])
        if known.get("consent") is not None:
            known["consent"] = Consent(known["consent"])
        return cls(**known)

    @property
    def agreed(self) -> bool:
        """Whether this phone may be used to reach her about what the call left."""
        return self.consent is Consent.YES

    @property
    def leaves_something(self) -> bool:
        """Whether what she keyed is worth a ticket if the line drops now; otherwise the call is a line in the book."""
        return self.danger or self.wants_call or self.category is not None or self.agreed or self.takes > 0


@dataclass(frozen=True)
class Menu:
    """What a deployment says of its menu."""

    languages: tuple[str, ...]  # in the order of their keys
    categories: tuple[tuple[str, str], ...]  # (key, code)
    careful: frozenset[str]  # categories in which nobody is sent to the police
    duty_phones: int
    police: str
    key_wait_s: int
    silence_s: int
    recording_s: int

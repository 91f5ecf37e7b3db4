"""A citizen asks to be erased: how it was asked, and what stands against it now."""

from enum import StrEnum


class How(StrEnum):
    """How a citizen asked to be erased."""

    TEXT = "text"
    CALL = "call"
    VISIT = "visit"


class Bar(StrEnum):
    """Why a citizen is not erased now. Somebody else may hold the phone and ask, so nothing goes while it may still be needed."""

    OPEN = "open"  # a ticket of the phone has not ended, or something of it waits to be read, heard or looked at
    HELD = "held"  # a ticket of the phone is on hold
    STAFF = "staff"  # it is a volunteer's own phone: alarms ring it

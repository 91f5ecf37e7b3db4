"""Who is believed to hold the citizen's phone at this moment. A volunteer says so before a text goes to a phone that is kept quiet."""

from enum import StrEnum


class Holder(StrEnum):
    """Who reads the phone, as far as the volunteer knows."""

    CITIZEN = "citizen"  # the citizen, and nobody else
    TRUSTED = "trusted"  # somebody whom the citizen trusts
    FAMILY = "family"  # somebody of the family, or of the house
    UNKNOWN = "unknown"

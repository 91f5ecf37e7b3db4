"""What a citizen needs of the volunteer who answers: facts of a contact that a volunteer notes."""

from enum import StrEnum


class Only(StrEnum):
    """The one way in which a citizen can be reached."""

    TEXTS = "texts"  # cannot hear or cannot speak: no machine rings this phone
    CALLS = "calls"  # cannot read or cannot write: no machine asks for a text


class Interpreter(StrEnum):
    """A language that we neither write nor speak, for which somebody has to interpret. The codes are those of ISO 639."""

    PASHTO = "ps"
    BALOCHI = "bal"
    PUNJABI = "pa"
    SARAIKI = "skr"

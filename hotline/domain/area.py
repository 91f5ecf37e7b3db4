"""Where something happened: a district, or a town in a district."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Area:
    """A place that can be set on a ticket; `names` are by language. A town has the code of its `district`, a district has None."""

    code: str
    names: Mapping[str, str]
    district: str | None = None


def named(areas: tuple[Area, ...], code: str | None) -> Area | None:
    """The area with that code. None if `code` is None, or no longer in the table."""
    return next((area for area in areas if area.code == code), None)

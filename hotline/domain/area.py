"""Where something happened: a district, or a town of one."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Area:
    """A place that a ticket can be put at. `district` is the code of the one it lies in; a district has none."""

    code: str
    names: Mapping[str, str]
    district: str | None = None


def named(areas: tuple[Area, ...], code: str | None) -> Area | None:
    """The area of that code; None for none, and for one that is not in the table any more."""
    return next((area for area in areas if area.code == code), None)

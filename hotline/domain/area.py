"""Where something happened, as coarsely as volunteers know it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Area:
    """A district or a town. `part_of` is the code of the area it lies in; `names` by the language of the page."""

    code: str
    part_of: str | None
    names: Mapping[str, str] = field(hash=False)

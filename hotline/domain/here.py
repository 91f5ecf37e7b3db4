"""When somebody will be here, as a caller hears it: by which hour of the day."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from hotline.domain import prompts
from hotline.domain.prompts import Prompt

SOON = timedelta(hours=1)
"""Nothing is said of somebody who is here, or will be within this time."""

_DAY = timedelta(days=1)
_PARTS = ((4, prompts.HERE_NIGHT), (12, prompts.HERE_MORNING), (16, prompts.HERE_AFTERNOON), (20, prompts.HERE_EVENING))


@dataclass(frozen=True)
class Here:
    """The prompt that says when somebody will be here, with its values."""

    prompt: Prompt
    values: tuple[tuple[str, str], ...] = ()


def by(now: datetime, begins: datetime | None) -> Here:
    """Nobody is here before `begins`, a local time like `now`: what a caller hears. The hour is full, and never too early.

    None, or a time more than a day away, is said without an hour: "by 9 in the morning" means the next one.
    """
    full = begins.replace(minute=0, second=0, microsecond=0) if begins is not None else now + _DAY
    if begins is not None and full < begins:
        full += timedelta(hours=1)
    if full - now >= _DAY:
        return Here(prompts.HERE_LATER)
    part = next((prompt for ends, prompt in _PARTS if full.hour < ends), prompts.HERE_NIGHT)
    return Here(part, ((prompts.HOUR, str(full.hour % 12 or 12)),))

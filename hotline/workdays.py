"""The calendar that shifts go by: the country's holidays and the pauses of the configuration."""

from functools import lru_cache

from holidays import country_holidays

from hotline.config import Config
from hotline.domain.duty import Calendar, read_pause


def calendar(config: Config) -> Calendar:
    """As the configuration has it."""
    settings = config.duty
    return _calendar(config.numbers.region if settings.holidays else "", settings.pauses)


@lru_cache
def _calendar(country: str, pauses: tuple[str, ...]) -> Calendar:
    try:
        # A year is worked out when one of its days is asked for. Those of the moon are estimates.
        free = country_holidays(country) if country else frozenset()
    except NotImplementedError:  # a country whose holidays the library does not know
        free = frozenset()
    return Calendar(free, tuple(read_pause(one) for one in pauses))

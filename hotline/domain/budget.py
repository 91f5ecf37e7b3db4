"""What texts cost, and for which of them a day's budget still has money. Money is in ten-thousandths of the currency."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from enum import IntEnum
from zoneinfo import ZoneInfo

PARTS = 10_000
"""The parts of the currency that money is counted in."""


class Weight(IntEnum):
    """How important a text is where money or a gateway's room is short."""

    URGENT = 0  # danger, and alarms: it always goes
    ANSWER = 1  # a receipt, an answer, what a person wrote: until only the reserve is left
    COURTESY = 2  # a status that nobody asked for: while twice the reserve is left


def read_money(written: str) -> int | None:
    """An amount of the configuration like "3.50", in ten-thousandths; None for ""."""
    return int(Decimal(written) * PARTS) if written else None


@dataclass(frozen=True)
class Budget:
    """The money of one day (None: there is no limit), and the percent of it that are kept for urgent texts."""

    a_day: int | None
    reserve_percent: int = 0

    def pays(self, cost: int, spent: int, weight: Weight) -> bool:
        """Whether a text of that cost may go today, after `spent`. One that costs nothing always may."""
        if self.a_day is None or weight is Weight.URGENT or cost == 0:
            return True
        return spent + cost <= self.a_day * (100 - self.reserve_percent * int(weight)) // 100


def midnight(now: datetime, zone: ZoneInfo) -> datetime:
    """When the local day of `now` began."""
    return datetime.combine(now.astimezone(zone).date(), time(0), zone)


def next_midnight(now: datetime, zone: ZoneInfo) -> datetime:
    """When the next local day begins."""
    return datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(0), zone)

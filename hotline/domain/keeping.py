"""How long the words of a ticket are kept after its end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

ANNOUNCED = timedelta(days=7)
"""So long before they go, leads see on their list that the words of a ticket go."""

LONGEST_DAYS = 1095
"""The most days for which a lead keeps the words of a ticket longer, each time."""


@dataclass(frozen=True)
class Terms:
    """The days for which words are kept. A kind's own days hold for its tickets, sealed or not."""

    text_days: int
    sealed_days: int
    by_kind: Mapping[str, int] = field(default_factory=dict)

    def days(self, category: str, *, sealed: bool) -> int:
        """The days that count for a ticket."""
        return self.by_kind.get(category, self.sealed_days if sealed else self.text_days)

    def goes_at(self, category: str, *, sealed: bool, kept_from: datetime, keep_until: datetime | None) -> datetime:
        """When the words of a ticket may go that ended at `kept_from`; `keep_until`: not before, said a lead."""
        due = kept_from + timedelta(days=self.days(category, sealed=sealed))
        return due if keep_until is None else max(due, keep_until)

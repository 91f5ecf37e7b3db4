"""What a person may do. Rights are read anew for each request, so that a right that was taken away is gone with the next click."""

from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """What a person does at the hotline. Leads and the head are volunteers who may do more."""

    VOLUNTEER = "volunteer"  # works tickets
    ADMINISTRATOR = "administrator"  # invites people and manages their accounts; sees no ticket
    AUDITOR = "auditor"  # sees what was read and done by whom, but not what was said; changes nothing


@dataclass(frozen=True)
class Rights:
    """What a person may do now. `teams` and `leads` are ids of teams; `shows_numbers`: was given the right to see whole numbers."""

    role: Role = Role.VOLUNTEER
    is_head: bool = False
    teams: frozenset[int] = field(default_factory=frozenset)
    leads: frozenset[int] = field(default_factory=frozenset)
    shows_numbers: bool = False

    @property
    def works(self) -> bool:
        """Whether the person works on tickets: takes, answers and changes them."""
        return self.role is Role.VOLUNTEER

    @property
    def sees_numbers(self) -> bool:
        """Whether the person may see whole numbers: citizens' own, and those in what was written."""
        return self.works and self.shows_numbers

    @property
    def leads_any(self) -> bool:
        """Whether the person is the head or leads a team, and so may list all tickets that the person may see."""
        return self.works and (self.is_head or bool(self.leads))

    def leads_team(self, team_id: int | None) -> bool:
        """Whether the person may do with a ticket of that team what takes a lead: lower its urgency, lift a hold, unseal it.

        For a ticket without a team it takes the head.
        """
        return self.works and (self.is_head if team_id is None else team_id in self.leads)

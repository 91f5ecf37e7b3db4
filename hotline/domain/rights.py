"""Who may do what. Asked anew at each request: a right that was taken away is gone with the next click."""

from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """What somebody is here for. Whoever leads a team, and the head, are volunteers who may do more."""

    VOLUNTEER = "volunteer"  # works tickets
    ADMINISTRATOR = "administrator"  # invites people and keeps their accounts; sees no ticket by that
    AUDITOR = "auditor"  # sees that things were read and done, not what they say; changes nothing


@dataclass(frozen=True)
class Rights:
    """What somebody may do now. Teams by their ids."""

    role: Role = Role.VOLUNTEER
    is_head: bool = False
    teams: frozenset[int] = field(default_factory=frozenset)
    leads: frozenset[int] = field(default_factory=frozenset)
    shows_numbers: bool = False

    @property
    def works(self) -> bool:
        """Whether she works tickets: takes, answers and changes them."""
        return self.role is Role.VOLUNTEER

    @property
    def leads_any(self) -> bool:
        """Whether she leads somebody: she may list all tickets that are hers to see."""
        return self.works and (self.is_head or bool(self.leads))

    def leads_team(self, team_id: int | None) -> bool:
        """Whether what only a lead may do with a ticket of that team is hers to do: lower its urgency, lift a hold, unseal. With no team
        it is the head's."""
        return self.works and (self.is_head if team_id is None else team_id in self.leads)

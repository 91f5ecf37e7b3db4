"""Which tickets only a person closes, after the citizen was told on a safe contact. No machine sends news of them or asks about them."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Protocol

from hotline.domain.category import Category
from hotline.domain.ticket import Priority


class HowTold(StrEnum):
    """How the citizen was told of the end of such a ticket."""

    CALL = "call"  # on a safe call
    IN_PERSON = "in_person"
    UNSAFE = "unsafe"  # the citizen cannot be told safely


class HowToldMissing(Exception):
    """Only a person closes this ticket, and the volunteer has not said how the citizen was told."""


class _Told(Protocol):
    """What the rule needs to know of a ticket."""

    @property
    def sealed(self) -> bool:
        """Whether it is sealed."""

    @property
    def hold(self) -> bool:
        """Whether it is on hold."""

    @property
    def priority(self) -> int:
        """How pressing it is."""

    @property
    def danger(self) -> str | None:
        """How we know that somebody is in danger."""

    @property
    def category(self) -> str:
        """The code of its kind."""


def by_person(ticket: _Told, categories: Iterable[Category]) -> bool:
    """Whether only a person closes this ticket: somebody was in danger, it is sealed or on hold, or its kind asks for that."""
    if ticket.sealed or ticket.hold or ticket.danger is not None or ticket.priority == Priority.URGENT:
        return True
    return any(kind.by_person for kind in categories if kind.code == ticket.category)

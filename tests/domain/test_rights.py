"""Who may do what."""

import pytest

from hotline.domain.rights import Rights, Role

STREET, INTEGRITY = 1, 2


@pytest.mark.parametrize(
    ("rights", "works", "leads_any", "leads"),
    [
        (Rights(teams=frozenset({STREET})), True, False, set()),
        (Rights(teams=frozenset({STREET}), leads=frozenset({STREET})), True, True, {STREET}),
        (Rights(is_head=True), True, True, {None}),
        (Rights(role=Role.ADMINISTRATOR, leads=frozenset({STREET}), is_head=True), False, False, set()),
        (Rights(role=Role.AUDITOR, leads=frozenset({INTEGRITY})), False, False, set()),
    ],
)
def test_a_lead_may_more_in_her_own_team_only(rights: Rights, leads: set[int | None], *, works: bool, leads_any: bool) -> None:
    assert (rights.works, rights.leads_any) == (works, leads_any)
    assert {team for team in (STREET, INTEGRITY, None) if rights.leads_team(team)} == leads

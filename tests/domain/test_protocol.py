"""Which cards stand beside a ticket, and which steps are missing."""

from hotline.domain.protocol import Protocol, Step, beside, missing, unapproved

SAID = {"en": "a", "ur": "b", "sd": "c"}


def card(code: str, *categories: str, steps: tuple[Step, ...] = (), approved_by: str = "") -> Protocol:
    return Protocol(code, frozenset(categories), SAID, (SAID,), (SAID,), (SAID,), (SAID,), steps, approved_by=approved_by)


WATER = card("water", "water", "rain", steps=(Step("asked", SAID, demands=True), Step("written", SAID)))
FIRE = card("fire", "fire", steps=(Step("asked", SAID, demands=True),), approved_by="Dr. Ayesha")


def test_a_card_stands_beside_tickets_of_its_kinds_and_where_it_was_put() -> None:
    cards = (WATER, FIRE)
    assert beside(cards, "rain", ()) == (WATER,)
    assert beside(cards, "theft", ()) == ()
    assert beside(cards, "theft", ["fire"]) == (FIRE,)
    assert beside(cards, "water", ["fire", "water", "a card of before"]) == cards


def test_only_demanded_steps_are_missed_and_each_card_has_its_own() -> None:
    assert missing((WATER, FIRE), []) == (("water", "asked"), ("fire", "asked"))
    assert missing((WATER, FIRE), [("fire", "asked")]) == (("water", "asked"),)
    assert missing((WATER,), [("water", "asked")]) == ()


def test_a_card_without_the_name_of_a_professional_is_not_approved() -> None:
    assert unapproved((WATER, FIRE)) == ("water",)

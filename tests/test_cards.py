"""The cards we ship, and every way in which a deployment's own can be wrong."""

import re
from datetime import date
from pathlib import Path

import pytest

from hotline.cards import load_protocols
from hotline.domain.languages import PAGE_LANGUAGES
from hotline.domain.protocol import Protocol, Words, unapproved
from hotline.tables import DATA, TableFault, load_categories

CATEGORIES = load_categories(None)
SHIPPED = load_protocols(None, CATEGORIES)

CARD = """
[[protocol]]
code = "water"
categories = ["theft"]
names = {en = "Water", ur = "پانی", sd = "پاڻي"}
ask = [{en = "Where?", ur = "کہاں؟", sd = "ڪٿي؟"}]
never = [{en = "Never.", ur = "کبھی نہیں۔", sd = "ڪڏهن به نه."}]
bring_in = [{en = "15", ur = "15", sd = "15"}]
lead = [{en = "At once.", ur = "فوراً۔", sd = "هڪدم."}]
steps = [{code = "asked", en = "Asked", ur = "پوچھا", sd = "پڇيو"}]
"""


def loaded(tmp_path: Path, text: str) -> tuple[Protocol, ...]:
    path = tmp_path / "protocols.toml"
    path.write_text(text, encoding="utf-8")
    return load_protocols(path, CATEGORIES)


def faults(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(TableFault) as raised:
        loaded(tmp_path, text)
    where = tmp_path / "protocols.toml"
    assert all(fault.startswith(f"{where}: ") for fault in raised.value.faults)
    return [fault.removeprefix(f"{where}: ") for fault in raised.value.faults]


def test_each_dangerous_kind_has_its_card() -> None:
    bound = {one.code: one.categories for one in SHIPPED}
    assert bound == {
        "suicide": {"suicide"},
        "child": {"child"},
        "violence_home": {"violence_home"},
        "sexual_violence": {"sexual_violence"},
        "kidnapping": {"kidnapping", "extortion"},
        "police": {"police"},
        "religion": {"religion"},
        "missing": {"missing"},
    }
    assert frozenset().union(*bound.values()) <= {category.code for category in CATEGORIES}


def test_no_card_says_that_a_professional_approved_it_before_one_has() -> None:
    assert unapproved(SHIPPED) == tuple(one.code for one in SHIPPED)


def test_every_dangerous_kind_demands_something_before_it_is_resolved() -> None:
    assert [one.code for one in SHIPPED if not any(step.demands for step in one.steps)] == []


def test_only_the_accusation_about_religion_is_never_printed() -> None:
    assert [one.code for one in SHIPPED if not one.prints] == ["religion"]


def sentences(card: Protocol) -> list[Words]:
    return [card.names, *card.ask, *card.never, *card.bring_in, *card.lead, *(step.words for step in card.steps)]


@pytest.mark.parametrize("card", SHIPPED, ids=lambda card: card.code)
def test_every_sentence_is_in_each_language_of_pages_and_in_its_own_letters(card: Protocol) -> None:
    only_in = {"ur": "ٹڈڑںےۓی", "sd": "ٺٻٽٿڀڃڄڇڊڌڍڏڙڦڪڱڳڻ۽۾ي"}
    for words in sentences(card):
        assert set(words) == set(PAGE_LANGUAGES)
        assert len(set(words.values())) == len(words), words["en"]
        for language, other in (("ur", "sd"), ("sd", "ur")):
            assert not set(words[language]) & set(only_in[other]), words[language]
            assert not re.search("[A-Za-z]", words[language]), words[language]


@pytest.mark.parametrize("card", SHIPPED, ids=lambda card: card.code)
def test_numbers_and_years_are_the_same_in_each_language(card: Protocol) -> None:
    for words in sentences(card):
        found = {language: re.findall("[0-9]+", said) for language, said in words.items()}
        # English writes "five days" in letters, as Urdu and Sindhi do.
        assert sorted(found["ur"]) == sorted(found["sd"]) == sorted(found["en"]), words["en"]


def test_a_card_of_ones_own_is_enough(tmp_path: Path) -> None:
    [card] = loaded(tmp_path, CARD + 'approved_by = "Dr. Ayesha Khan"\napproved_on = 2026-11-28\n')
    assert (card.code, card.categories, card.prints) == ("water", {"theft"}, True)
    assert (card.approved_by, card.approved_on) == ("Dr. Ayesha Khan", date(2026, 11, 28))
    assert [(step.code, step.demands, dict(step.words)) for step in card.steps] == [
        ("asked", False, {"en": "Asked", "ur": "پوچھا", "sd": "پڇيو"})
    ]


def test_the_shipped_cards_serve_a_deployment_with_other_categories(tmp_path: Path) -> None:
    assert load_protocols(None, CATEGORIES[-1:]) == SHIPPED
    with pytest.raises(TableFault, match="there is no category 'suicide'"):
        load_protocols(DATA / "protocols.toml", CATEGORIES[-1:])


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (CARD, "", "there is no [[protocol]]"),
        (CARD, "protocol = 3", "there is no [[protocol]]"),
        ("[[protocol]]", "colour = 1\n[[protocol]]", "'colour' is no key of a table of protocols: use [[protocol]]"),
        ("ask = ", "colour = 1\nask = ", "protocol 'water': 'colour' is no key of a protocol"),
        ('"water"', '"Water!"', "protocol 'Water!': code must be a short name of small letters, digits and _"),
        ('code = "water"', "", "protocol number 1: code must be a short name of small letters, digits and _"),
        ('["theft"]', '["thefft"]', "protocol 'water': categories: there is no category 'thefft'"),
        (
            '["theft"]',
            '"theft"',
            "protocol 'water': categories must be a list of codes of categories; [] for a card that is only put to tickets by hand",
        ),
        (', sd = "پاڻي"', "", "protocol 'water': names: sd is missing"),
        ('"Water"', '" "', "protocol 'water': names: en is missing"),
        ('names = {en = "Water", ur = "پانی", sd = "پاڻي"}', "", "protocol 'water': names: must have en, ur, sd"),
        (', sd = "ڪٿي؟"', "", "protocol 'water': ask, number 1: sd is missing"),
        ('{en = "Where?"', '{fr = "Où ?", en = "Where?"', "protocol 'water': ask, number 1: 'fr' is no language of pages"),
        ('never = [{en = "Never.", ', 'never = [3, {en = "Never.", ', "protocol 'water': never, number 1: must have en, ur, sd"),
        (
            'lead = [{en = "At once.", ur = "فوراً۔", sd = "هڪدم."}]',
            "lead = []",
            "protocol 'water': lead must be a list of sentences, each with en, ur, sd",
        ),
        (
            'bring_in = [{en = "15", ur = "15", sd = "15"}]',
            "",
            "protocol 'water': bring_in must be a list of sentences, each with en, ur, sd",
        ),
        ("steps = [", "steps = [] # [", "protocol 'water': steps must be a list of steps, each with a code and a sentence"),
        ('"asked"', '"As ked"', "protocol 'water': step 'As ked': code must be a short name of small letters, digits and _"),
        ('code = "asked", ', "", "protocol 'water': step number 1: code must be a short name of small letters, digits and _"),
        ('code = "asked"', 'code = "asked", demands = 1', "protocol 'water': step 'asked': demands must be true or false"),
        ('code = "asked"', 'code = "asked", demanded = true', "protocol 'water': step 'asked': 'demanded' is no language of pages"),
        (', ur = "پوچھا"', "", "protocol 'water': step 'asked': ur is missing"),
        (
            "steps = [",
            'steps = [{code = "asked", en = "Asked", ur = "پوچھا", sd = "پڇيو"}, ',
            "protocol 'water': two steps have the code 'asked'",
        ),
        ("ask = ", "prints = 1\nask = ", "protocol 'water': prints must be true or false"),
        ("ask = ", "approved_by = true\nask = ", "protocol 'water': approved_by must be the name of a professional, in quotes"),
        (
            "ask = ",
            'approved_by = "A"\napproved_on = "2026-11-28"\nask = ',
            "protocol 'water': approved_on must be a date like 2026-11-28, without quotes",
        ),
        (
            "ask = ",
            'approved_by = "A"\napproved_on = 2026-11-28T08:00:00\nask = ',
            "protocol 'water': approved_on must be a date like 2026-11-28, without quotes",
        ),
        (
            "ask = ",
            'approved_by = "Dr. Ayesha"\nask = ',
            "protocol 'water': approved_by and approved_on belong together: who approved the card, and when",
        ),
        (
            "ask = ",
            'approved_by = " "\napproved_on = 2026-11-28\nask = ',
            "protocol 'water': approved_by and approved_on belong together: who approved the card, and when",
        ),
        (CARD, CARD + CARD, "two protocols have the code 'water'"),
    ],
)
def test_a_card_that_cannot_be_meant_is_refused(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert old in CARD
    assert faults(tmp_path, CARD.replace(old, new, 1)) == [fault]


def test_all_faults_are_listed_at_once(tmp_path: Path) -> None:
    wrong = CARD.replace(', sd = "پاڻي"', "").replace('["theft"]', '["mars"]').replace('"asked"', '"A"')
    assert len(faults(tmp_path, wrong + "colour = 1\n")) == 4


def test_a_file_that_is_no_toml_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(TableFault, match="cannot be read"):
        loaded(tmp_path, "[[protocol")

"""The day and the blows: the same for the same seed, in the shares that are told, and never a number or a kill too many."""

from collections import Counter

import pytest

from hotline.cli.rehearsal import blows, day
from hotline.cli.rehearsal.blows import DATABASE, Blow, How
from hotline.cli.rehearsal.day import FLOOD_PER_S, WALKS, Contact, Way
from hotline.learning.corpus import read_corpus


@pytest.fixture(scope="module")
def contacts() -> list[Contact]:
    return day.draw(1, 3000, lasts_s=1200, corpus=read_corpus())


def test_the_same_seed_draws_the_same_day_and_another_seed_another(contacts: list[Contact]) -> None:
    corpus = read_corpus()
    assert day.draw(1, 3000, lasts_s=1200, corpus=corpus) == contacts
    assert day.draw(2, 3000, lasts_s=1200, corpus=corpus) != contacts


def test_each_contact_has_a_phone_of_its_own_and_comes_within_the_day_in_order(contacts: list[Contact]) -> None:
    assert len({contact.number for contact in contacts}) == len(contacts) == 3000
    assert all(len(contact.number) == len("+923001234567") for contact in contacts)
    times = [contact.after_s for contact in contacts]
    assert times == sorted(times)
    assert 0 <= times[0] < times[-1] < 1200


def test_the_ways_and_the_walks_are_all_there(contacts: list[Contact]) -> None:
    ways = Counter(contact.way for contact in contacts)
    assert 0.15 < ways[Way.CALL] / 3000 < 0.21
    assert ways[Way.PHONE] > 500
    assert {contact.walk for contact in contacts if contact.way is Way.CALL} == set(WALKS)
    assert all(contact.words for contact in contacts if contact.way is not Way.CALL)
    assert 100 < sum(contact.asks for contact in contacts) < 400


def test_the_texts_are_written_in_four_ways(contacts: list[Contact]) -> None:
    words = {row.text: row.script for row in read_corpus()}
    scripts = Counter(words[contact.words] for contact in contacts if contact.words)
    assert all(scripts[script] > 100 for script in ("ur", "ur-Latn", "sd", "en"))


def test_twice_a_day_texts_come_at_the_pace_of_a_flood(contacts: list[Contact]) -> None:
    in_a_second = Counter(int(contact.after_s) for contact in contacts)
    assert sorted(second for second, count in in_a_second.items() if count >= FLOOD_PER_S - 5) == [300, 301, 900, 901]


@pytest.fixture(scope="module")
def plan() -> list[Blow]:
    return blows.draw(1, 200, lasts_s=1200, has_server=True)


def test_so_many_kills_are_dealt_as_were_asked_for_and_the_rest_comes_besides(plan: list[Blow]) -> None:
    assert blows.draw(1, 200, lasts_s=1200, has_server=True) == plan
    assert sum(blow.is_kill for blow in plan) == 200
    counted = Counter(blow.how for blow in plan)
    assert (counted[How.HANG], counted[How.FULL], counted[How.CUT]) == (25, 3, 1)
    assert all(0 < blow.after_s < 1200 for blow in plan)
    assert {blow.victim for blow in plan} == {"web", "worker", "clock", "redis", "database", "phone", "account"}


def test_a_database_without_a_process_is_not_killed_but_cut_off(plan: list[Blow]) -> None:
    without = blows.draw(1, 200, lasts_s=1200, has_server=False)
    assert sum(blow.is_kill for blow in without) == 200
    assert not [blow for blow in without if blow.victim == DATABASE and blow.is_kill]
    assert [blow.lasts_s for blow in without if blow.how is How.CUT] == [400]
    assert [blow for blow in plan if blow.victim == DATABASE and blow.is_kill]


def test_the_cut_is_a_third_of_the_day_and_ten_minutes_at_most() -> None:
    [cut] = [blow for blow in blows.draw(1, 9, lasts_s=24 * 3600, has_server=True) if blow.how is How.CUT]
    assert cut.lasts_s == 600


def test_without_kills_nothing_is_dealt() -> None:
    assert blows.draw(1, 0, lasts_s=60, has_server=True) == []

"""A phone is a family: which words of our texts would give a complaint away."""

import tomllib
from pathlib import Path

import pytest

from hotline.domain.category import Category
from hotline.domain.languages import TEXT_LANGUAGES
from hotline.domain.telltale import _shortest, people, telltales
from hotline.tables import load_areas, load_categories, load_unsaid

TABLES: tuple[tuple[Category, ...], ...] = (load_categories(None), (*load_unsaid(None), people(["Alice Khan", "علی", "Al"])))
REPLIES = tomllib.loads((Path(__file__).parent / "replies.toml").read_text("utf-8"))


def passed(replies: list[str]) -> list[str]:
    return [reply for reply in replies if not telltales(reply, TABLES)]


@pytest.mark.parametrize("writing", TEXT_LANGUAGES)
def test_replies_that_tell_are_asked_about_and_those_that_tell_nothing_are_not(writing: str) -> None:
    telling = [reply for concept in REPLIES["telling"].values() for reply in concept[writing]] + REPLIES["once_held_out"][writing]
    innocent = REPLIES["innocent"][writing]
    assert len(telling) > 60
    assert len(innocent) > 30
    assert len(passed(telling)) <= 0.05 * len(telling), passed(telling)
    assert {reply: telltales(reply, TABLES) for reply in innocent if telltales(reply, TABLES)} == {}


def test_a_word_is_found_however_it_is_disguised() -> None:
    assert passed(REPLIES["hostile"]["texts"]) == []
    assert telltales("Is your hus-band there? h u s b a n d", TABLES) == ("hus-band", "h u s b a n d")


def test_the_place_where_somebody_lives_tells_nothing() -> None:
    assert [name for area in load_areas(None) for name in area.names.values() if telltales(name, TABLES)] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Your bribe complaint has reached us", ("bribe", "complaint")),
        ("aap ki shikayat mil gayi", ("shikayat",)),
        ("Go to Boat Basin tomorrow.", ("Boat Basin",)),
        ("The people of CPLC will ring", ("CPLC",)),
        ("Ask for Alice, please", ("Alice",)),
        ("علی سے بات کریں", ("علی",)),
        ("پولیس آئے گی", ("پولیس",)),
        ("پوليس ايندي", ("پوليس",)),
        ("po\u200blice", ("po\u200blice",)),
        ("boat\nbasin", ("boat basin",)),  # as a form gives it back, whatever the browser makes of its line ends
    ],
)
def test_it_names_the_words_that_give_it_away(text: str, words: tuple[str, ...]) -> None:
    assert telltales(text, TABLES) == words


@pytest.mark.parametrize("text", ["", " ", "We have read it.", "al is well", "وہ جگہ اب کھلی ہے", "meet me at the railway station"])
def test_what_gives_nothing_away_is_let_through(text: str) -> None:
    assert telltales(text, TABLES) == ()


def test_a_long_text_is_read_in_no_time() -> None:
    assert telltales("police " * 220, TABLES) == ("police",)


def test_karachi_has_its_seven_districts_and_twenty_five_towns() -> None:
    areas = load_areas(None)
    districts = {one.code for one in areas if one.district is None}
    assert (len(districts), len(areas) - len(districts)) == (7, 25)
    assert {one.district for one in areas} - {None} == districts


def test_of_places_in_one_another_the_shortest_are_left() -> None:
    assert _shortest({(0, 9), (0, 4), (5, 9), (0, 14), (10, 14), (5, 14), (20, 30)}) == [(0, 4), (5, 9), (10, 14), (20, 30)]
    assert _shortest({(0, 9), (2, 11), (4, 13)}) == [(0, 9), (2, 11), (4, 13)]
    assert _shortest(set()) == []

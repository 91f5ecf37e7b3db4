"""Places are found as people write them: by sound, in three scripts, the longest name first; and the one where it happened is told."""

import random
import time

import pytest

from hotline.domain.gazetteer import Gazetteer, Place, happened_at, places_in
from hotline.gazetteers import load_gazetteer

KARACHI = load_gazetteer(None)


def named(text: str) -> list[str]:
    return [place.en for place in places_in(text, KARACHI)]


def where(text: str) -> list[str]:
    return [place.en for place in happened_at(text, KARACHI)]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("nrth nzmabad k block h me phone cheena", "North Nazimabad"),
        ("نارتھ ناظم آباد میں", "North Nazimabad"),
        ("نارٿ ناظم آباد ۾ ڦر ٿي", "North Nazimabad"),
        ("nazimabad me", "Nazimabad"),
        ("larkon ne nazimabad me mobile cheena", "Nazimabad"),
        ("naya nazimabad me", "Naya Nazimabad"),
        ("gulshan e hadeed me bijli nahi", "Gulshan-e-Hadeed"),
        ("gulshan me bijli nahi", "Gulshan-e-Iqbal"),
        ("bufferzone sector 15", "Buffer Zone"),
        ("nazim abad no 4 pe", "Nazimabad No. 4"),
        ("5 number landhi", "Landhi No. 5"),
        ("korangi 5 pe khara tha", "Korangi No. 5"),
        ("korangi dhai number", "Korangi No. 2½"),
        ("کورنگی ڈھائی نمبر", "Korangi No. 2½"),
        ("orangi 11½ ke paas", "Orangi No. 11½"),
        ("gulshan 13D", "Gulshan-e-Iqbal"),
        ("sakhi hasan chok", "Sakhi Hassan Chowrangi"),
        ("near civil haspatal", "Civil Hospital"),
    ],
)
def test_a_place_is_found_however_it_is_spelt(text: str, place: str) -> None:
    assert named(text) == [place]


@pytest.mark.parametrize(
    "text",
    [
        "125 pe do larke the, 70 hazar le gaye",
        "larai ho gai thi",
        "صدر مملکت نے کہا",
        "the civil court decides",
        "gardan pe chot lagi",
        "orange shirt pehni hai",
        "malik sath tha us ka dost",
        "kirayedar ghar khali nahi karta",
        "police chowki wale ne kaha",
        "karachi me garmi hai",
    ],
)
def test_everyday_words_and_numbers_are_no_places(text: str) -> None:
    assert named(text) == []


@pytest.mark.parametrize("text", ["صدر میں", "saddar me", "گورا قبرستان کے پاس", "chain gayi, tower", "near Tower", "صدر ۾ ڦر ٿي"])
def test_an_everyday_word_is_a_place_beside_a_sign_of_place(text: str) -> None:
    assert len(named(text)) == 1


def test_a_number_of_people_is_no_part_of_a_place() -> None:
    assert named("landhi 4 larke aye") == ["Landhi"]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("saddar se aa raha tha, shershah pe roka", ["Shershah"]),
        ("main baldia mein rehta hoon, phone tariq road pe cheena", ["Tariq Road"]),
        ("I live in Clifton, they robbed me at Tariq Road", ["Tariq Road"]),
        ("I am from Lyari, it was snatched near Tariq Road", ["Tariq Road"]),
        ("میں لانڈھی میں رہتا ہوں، طارق روڈ پر موبائل چھینا", ["Tariq Road"]),
        ("tariq road pe cheena, clifton ja raha tha", ["Tariq Road"]),
        ("landhi ka nahi, baldia me hua", ["Baldia"]),
        ("tariq road pe goli lagi, thana ferozabad ne likha nahi", ["Tariq Road"]),
        ("tariq road pe goli lagi, ab jinnah hospital me hai", ["Tariq Road"]),
        ("perfume chowk, gulistan e johar", ["Perfume Chowk"]),
        ("main baldia mein rehta hoon, phone cheena", ["Baldia"]),
        ("lasbela aur clifton ke beech", ["Lasbela", "Clifton"]),
        ("koi jagah nahi likhi", []),
    ],
)
def test_of_two_places_the_one_where_it_happened_is_given_if_a_word_tells(text: str, places: list[str]) -> None:
    assert where(text) == places


def test_a_gazetteer_knows_what_lies_around_a_place() -> None:
    town = Place("town", "town", "Some Town", "قصبہ", "شهر", "west")
    west = Place("west", "district", "Westside", "مغرب", "اولهه")
    gazetteer = Gazetteer.of([(west, ()), (town, ("Sum Toun",))])
    assert list(gazetteer.around(town)) == [west]
    assert happened_at("sum toun me", gazetteer) == (town,)
    assert happened_at("sum toun me", Gazetteer()) == ()


def test_no_text_is_slow_and_none_breaks_the_reading() -> None:
    plain = "bhai kal raat korangi dhai number se ghar aa raha tha, sharafi goth pe do larkon ne mobile cheen liya " * 40
    hostile = [
        "a " * 2000,
        "k " * 2000,
        "sea view " * 450,
        "gulshan e " * 400,
        "h w y " * 700,
        "korangi 5 " * 400,
        "saddar se " + "a" * 3990,
    ]
    chance = random.Random(7)
    hostile += ["".join(chr(chance.choice((chance.randrange(32, 0x3000), chance.randrange(0x600, 0x700)))) for _ in range(4000))]
    longest = min(_seconds(plain) for _ in range(3))
    assert max(min(_seconds(text) for _ in range(3)) for text in hostile) < 40 * longest


def _seconds(text: str) -> float:
    begun = time.perf_counter()
    happened_at(text[:4000], KARACHI)
    return time.perf_counter() - begun

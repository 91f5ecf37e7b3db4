"""Whom a text names in full: not by a first name, in each script that the account has, however it is typed."""

import time

import pytest

from hotline.domain.names import Person, named_in, names_of, spellings

SANA, BILAL, ALI, ASAD = (
    Person(1, "sana.k", "Sana Khan / ثنا خان"),
    Person(2, "mbqureshi", "Muhammad Bilal Qureshi"),
    Person(3, "ali", "Ali"),
    Person(4, "asma", "Asma Bibi"),
)
NAMES = names_of([SANA, BILAL, ALI, ASAD])


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("Sana Khan ne mujh se paise mange", {1}),
        ("SANA  KHAN!", {1}),
        ("sanakhan ne phone kiya", {1}),
        ("Sana Khan's brother", {1}),
        ("saana khan ne", {1}),
        ("Sanaa Khaan", {1}),
        ("Sannna Khan ne", {1}),
        ("ثنا خان نے پیسے مانگے", {1}),
        ("ثَنا خان", {1}),
        ("ثناخان نے", {1}),
        ("sana.k asked for money", {1}),
        ("(sana.k)", {1}),
        ("Bilal Qureshi ko sab pata hai", {2}),
        ("Muhammad Qureshi", {2}),
        ("mbqureshi", {2}),
        ("Sana Khan aur Muhammad Bilal Qureshi", {1, 2}),
        ("Asma Bibi ne", {4}),
    ],
)
def test_a_text_names_a_person_in_full(text: str, who: set[int]) -> None:
    assert named_in(text, NAMES) == who


@pytest.mark.parametrize(
    "text",
    [
        "Sana ne mujh se baat ki",
        "khan sahib ka ghar",
        "Muhammad Bilal",
        "Ali ne mobile cheena",
        "asma",
        "sana k ghar",
        "ثنا نے",
        "خان صاحب",
        "",
    ],
)
def test_a_first_name_or_a_surname_alone_names_nobody(text: str) -> None:
    assert named_in(text, NAMES) == set()


def test_an_account_of_one_word_is_named_by_nothing_and_a_short_log_in_neither() -> None:
    assert spellings("Ali", "ali") == ()
    assert spellings("Ali", "bob") == ()
    assert spellings("A. B.", "ab") == ()


def test_nobody_is_named_where_there_is_nobody() -> None:
    assert named_in("Sana Khan", names_of([])) == set()


def test_a_text_that_names_nobody_costs_little_however_many_there_are() -> None:
    many = names_of(Person(n, f"login{n}", f"Vorname{n} Nachname{n}") for n in range(500))
    named_in("x", many)
    before = time.process_time()
    for n in range(200):
        named_in(f"kal raat saddar se meri motorcycle chori ho gayi hai {n}", many)
    assert time.process_time() - before < 0.2

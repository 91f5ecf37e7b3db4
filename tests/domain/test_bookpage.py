"""The digests of a book's pages, and the codes of days."""

from datetime import date

import pytest

from hotline.domain.bookpage import code, packed, page_digest, read_code, removal_mark, row_mark, rows_digest, unpacked, written_code

KEY, DAY = b"a" * 32, date(2026, 11, 23)
HEADS = {"events": (3, b"d" * 32), "showings": (1, b"e" * 32)}


def test_fields_are_told_from_their_neighbours_and_nothing_from_an_empty_one() -> None:
    marks = [row_mark(KEY, fields) for fields in ((b"ab", b"c"), (b"a", b"bc"), (b"abc",), (b"abc", None), (b"abc", b""), (None, b"abc"))]
    assert len(set(marks)) == len(marks)


def test_without_the_key_nobody_makes_a_mark_a_digest_or_a_code() -> None:
    made = (
        lambda key: row_mark(key, (b"a",)),
        lambda key: rows_digest(key, b"a"),
        lambda key: page_digest(key, b"", (b"a",)),
        lambda key: removal_mark(key, b"a", "2026"),
        lambda key: code(key, DAY, HEADS),
    )
    for one in made:
        assert one(KEY) == one(KEY) != one(b"b" * 32)


def test_marks_are_stored_and_read_in_their_order() -> None:
    marks = [(2**40, b"12345678"), (1, b"abcdefgh")]
    assert unpacked(packed(marks)) == marks
    assert unpacked(packed(marks)[:-1]) == marks[:1]


def test_a_code_changes_with_the_day_the_number_and_the_digest_of_any_book() -> None:
    codes = {
        code(KEY, DAY, HEADS),
        code(KEY, date(2026, 11, 24), HEADS),
        code(KEY, DAY, HEADS | {"events": (4, b"d" * 32)}),
        code(KEY, DAY, HEADS | {"showings": (1, b"f" * 32)}),
        code(KEY, DAY, {"events": HEADS["events"]}),
    }
    assert len(codes) == 5
    assert all(len(one) == 16 for one in codes)
    assert code(KEY, DAY, HEADS) == code(KEY, DAY, dict(reversed(HEADS.items())))


def test_a_code_is_read_as_people_write_it_and_a_wrong_character_is_told() -> None:
    made = code(KEY, DAY, HEADS)
    assert read_code(f" {written_code(made).lower()} ") == made
    assert read_code(made.replace("0", "O").replace("1", "l")) == made
    for place in range(16):
        for other in "0Z7":
            wrong = made[:place] + other + made[place + 1 :]
            assert read_code(wrong) is None or wrong == made


@pytest.mark.parametrize("typed", ["", "7F3K", "7" * 17, "U" * 16, "ا" * 16, "-" * 16])
def test_what_is_no_code_is_told(typed: str) -> None:
    assert read_code(typed) is None

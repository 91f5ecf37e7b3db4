"""The table of languages: rows that contradict one another are told apart."""

from dataclasses import replace

import pytest

from hotline.domain.languages import BY_CODE, TABLE, Language, faults, heard_in

URDU, ROMAN = BY_CODE["ur"], BY_CODE["ur-Latn"]


def test_our_own_table_has_no_faults() -> None:
    assert faults(TABLE) == []


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ((*TABLE, URDU), "ur: two rows have this code"),
        ((*TABLE, replace(URDU, code="ur-Arab-PK")), "ur-Arab-PK: its code is longer than 8 characters"),
        (
            (*TABLE, replace(URDU, code="ps", pages=False, texts=False, calls=False, heard_in="ur")),
            "ps: it is used for nothing: set pages or texts",
        ),
        (
            (*TABLE, replace(URDU, code="ps", texts=False)),
            "ps: it is used for calls and not for texts: a caller is sent texts in the language of the call",
        ),
        ((*TABLE, replace(ROMAN, code="ps", heard_in="")), "ps: heard_in is 'ps', which is not used for calls"),
        ((*TABLE, replace(ROMAN, code="ps", heard_in="fa")), "ps: heard_in is 'fa', which is not used for calls"),
        ((*TABLE, replace(URDU, code="ps", heard_in="ur")), "ps: it is used for calls, so heard_in must be empty"),
        (TABLE[1:], "en: it has no row"),
    ],
)
def test_a_row_that_contradicts_itself_or_another_is_told(rows: tuple[Language, ...], fault: str) -> None:
    assert faults(rows) == [fault]


def test_people_who_read_roman_urdu_hear_urdu_and_all_others_their_own_language() -> None:
    assert {code: heard_in(code) for code in BY_CODE} == {"en": "en", "ur": "ur", "sd": "sd", "ur-Latn": "ur"}

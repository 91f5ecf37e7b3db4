"""Parts of a text that are not shown."""

import pytest

from hotline.domain.redaction import BLOCK, Span, chosen, joined, left_of, masked, tokens, widened

WORDS = "meray bhai Aslam ne 0300 1234567 se dhamki di"


def test_a_masked_part_is_a_block_whose_length_does_not_tell() -> None:
    assert masked("Ali aaya", [Span(0, 3)]) == f"{BLOCK} aaya"
    assert masked("Muhammad Aslam aaya", [Span(0, 14)]) == f"{BLOCK} aaya"


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([Span(0, 3), Span(2, 5)], [Span(0, 5)]),
        ([Span(4, 6), Span(0, 4)], [Span(0, 6)]),
        ([Span(0, 2), Span(4, 6)], [Span(0, 2), Span(4, 6)]),
        ([Span(8, 99), Span(-3, 1), Span(5, 5), Span(7, 3)], [Span(0, 1), Span(8, 10)]),
        ([Span(10, 12)], []),
    ],
)
def test_parts_that_touch_are_one_and_none_reaches_past_the_end(spans: list[Span], expected: list[Span]) -> None:
    assert joined(spans, 10) == expected


def test_what_is_masked_twice_is_one_block() -> None:
    assert masked("abcdef", [Span(1, 3), Span(2, 4)]) == f"a{BLOCK}ef"


@pytest.mark.parametrize(
    ("text", "span", "expected"),
    [
        ("مُحَمَّد", Span(0, 1), Span(0, 2)),  # a letter with its vowel sign
        ("مُحَمَّد", Span(5, 6), Span(4, 7)),  # two signs on one letter: from the middle of them
        ("e\u0301x", Span(1, 2), Span(0, 2)),
        ("a👩\u200d👧b", Span(1, 2), Span(1, 4)),
        ("👍🏽", Span(1, 2), Span(0, 2)),
        ("🇵🇰🇮🇳", Span(0, 1), Span(0, 2)),
        ("🇵🇰🇮🇳", Span(2, 3), Span(2, 4)),
        ("x\ud83d\ude00y", Span(1, 2), Span(1, 3)),  # halves of a pair that came apart
        ("کتاب", Span(1, 2), Span(1, 2)),  # letters that are joined in writing are still letters
    ],
)
def test_no_letter_is_cut(text: str, span: Span, expected: Span) -> None:
    assert widened(text, span) == expected


@pytest.mark.parametrize("span", [Span(3, 3), Span(5, 2), Span(99, 120), Span(-9, 0)])
def test_a_part_with_nothing_in_it_is_none(span: Span) -> None:
    assert widened("abc", span) is None


def test_the_words_of_a_text_can_be_chosen_and_a_number_is_one_word() -> None:
    found = tokens(WORDS)
    assert [WORDS[one.span.starts : one.span.ends] for one in found] == (
        ["meray", "bhai", "Aslam", "ne", "0300 1234567", "se", "dhamki", "di"]
    )
    assert [one.is_number for one in found].index(True) == 4


def test_a_number_that_is_glued_to_a_word_takes_it_along() -> None:
    text = "call:0300-1234567! abhi"
    assert [text[one.span.starts : one.span.ends] for one in tokens(text)] == ["call:0300-1234567!", "abhi"]


def test_words_side_by_side_are_one_part() -> None:
    words = tokens(WORDS)
    assert [WORDS[starts:ends] for starts, ends in chosen(words, [1, 2, 4, 4, 99, -1])] == ["bhai Aslam", "0300 1234567"]


def test_right_to_left_words_are_chosen_in_the_order_of_the_text() -> None:
    text = "میرے بھائی اسلم نے مارا"
    spans = chosen(tokens(text), [2])
    assert masked(text, spans) == f"میرے بھائی {BLOCK} نے مارا"


@pytest.mark.parametrize(
    ("span", "cut", "kept"),
    [
        (Span(0, 2), Span(4, 8), "ab"),
        (Span(9, 10), Span(4, 8), "j"),
        (Span(2, 6), Span(4, 8), "cd"),
        (Span(6, 10), Span(4, 8), "ij"),
        (Span(2, 10), Span(4, 8), f"cd{BLOCK}ij"),
        (Span(4, 8), Span(4, 8), None),
        (Span(5, 7), Span(4, 8), None),
        (Span(8, 10), Span(4, 8), "ij"),
    ],
)
def test_a_part_stays_where_it_was_when_another_is_cut_out(span: Span, cut: Span, kept: str | None) -> None:
    text = "abcdefghij"
    after = masked(text, [cut])
    found = left_of(span, cut)
    assert (after[found.starts : found.ends] if found is not None else None) == kept

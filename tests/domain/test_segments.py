"""Segments at their edges. Counts are those of 3GPP TS 23.038 and 23.040."""

import pytest

from hotline.domain.segments import Segments, count, plainer


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Segments("GSM-7", 0, 0)),
        ("a", Segments("GSM-7", 1, 1)),
        ("a" * 160, Segments("GSM-7", 160, 1)),
        ("a" * 161, Segments("GSM-7", 161, 2)),
        ("a" * 306, Segments("GSM-7", 306, 2)),
        ("a" * 307, Segments("GSM-7", 307, 3)),
        ("€" * 80, Segments("GSM-7", 160, 1)),
        ("€" * 80 + "a", Segments("GSM-7", 161, 2)),
        ("ا" * 70, Segments("UCS-2", 70, 1)),
        ("ا" * 71, Segments("UCS-2", 71, 2)),
        ("ا" * 134, Segments("UCS-2", 134, 2)),
        ("ا" * 135, Segments("UCS-2", 135, 3)),
        ("😀" * 35, Segments("UCS-2", 70, 1)),
        ("😀" * 36, Segments("UCS-2", 72, 2)),
    ],
)
def test_a_text_is_counted_at_the_edges_of_its_segments(text: str, expected: Segments) -> None:
    assert count(text) == expected


def test_an_extension_character_is_not_split_over_two_segments() -> None:
    fits = "a" * 151 + "€" + "a" * 153
    assert count(fits) == Segments("GSM-7", 306, 2)
    # The euro would stand across the 153rd septet: it moves on, and 306 septets need a third segment.
    assert count("a" * 152 + "€" + "a" * 152) == Segments("GSM-7", 306, 3)


def test_an_emoji_is_not_split_over_two_segments() -> None:
    assert count("ا" * 65 + "😀" + "ا" * 67) == Segments("UCS-2", 134, 2)
    assert count("ا" * 66 + "😀" + "ا" * 66) == Segments("UCS-2", 134, 3)


@pytest.mark.parametrize("stray", ["’", "۔", "،", "\u200f", "\u00a0", "ç"])
def test_one_stray_character_halves_the_room(stray: str) -> None:
    assert count("a" * 69 + stray) == Segments("UCS-2", 70, 1)
    assert count("a" * 70 + stray).segments == 2


def test_what_every_phone_has_since_the_first_is_gsm_7() -> None:
    assert count("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¡ÄÖÑÜ§¿äöñüà").encoding == "GSM-7"
    assert count("^{}\\[~]|€\f") == Segments("GSM-7", 20, 1)
    assert count("`").encoding == "UCS-2"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("“It’s ready” – come on Monday… " + "a" * 60, '"It\'s ready" - come on Monday... ' + "a" * 60),
        ("At\u00a0nine‑thirty,\u2009please " + "a" * 60, "At nine-thirty, please " + "a" * 60),
        ("Sh\u0101h Fais\u0101l\u200c " + "a" * 60, "Shah Faisal " + "a" * 60),
        ("“short”", None),  # one segment either way
        ("“" + "a" * 60 + "…" * 40 + "”", None),  # 182 septets are two segments, and so are 102 units
        ("“کل چار بجے” " + "ا" * 70, None),
        ("a" * 200, None),
        ("“go” 😀 " + "a" * 70, None),
    ],
)
def test_plain_characters_are_offered_where_they_save_a_segment(text: str, plain: str | None) -> None:
    assert plainer(text) == plain

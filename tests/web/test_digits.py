"""What people wrote is shown in the font of its language, and its numbers keep their order between letters from right to left."""

import pytest

from hotline.web.digits import in_order


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("نمبر 0300-1234567 پر", "0300-1234567"),
        ("نمبر 0300 1234567 پر", "0300 1234567"),
        ("نمبر +923001234567 پر", "+923001234567"),
        ("نمبر ۰۳۰۰-۱۲۳۴۵۶۷ پر", "۰۳۰۰-۱۲۳۴۵۶۷"),
        ("a1 2b", "1 2"),
        ("5+12-3", "+12-3"),
        ("1-2 - 3", "1-2"),
    ],
)
def test_a_number_of_parts_is_set_apart(text: str, number: str) -> None:
    assert in_order(text) == text.replace(number, f'<bdi dir="ltr">{number}</bdi>')


@pytest.mark.parametrize("text", ["12,500 روپے", "15", "", "a-b", "7-", "mera mobile cheen liya", "They took her purse"])
def test_what_a_browser_shows_rightly_stays_as_it_is(text: str) -> None:
    assert in_order(text) == text


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("میرے بھائی کو دو لڑکوں نے لوٹ لیا", "ur"),
        ("منهنجي موٽرسائيڪل چوري ٿي وئي", "sd"),
    ],
)
def test_a_text_says_its_language_so_that_each_has_its_own_letters_on_every_page(text: str, language: str) -> None:
    assert in_order(text) == f'<span lang="{language}">{text}</span>'
    assert in_order(f"<i> {text} 1-2") == f'<span lang="{language}">&lt;i&gt; {text} <bdi dir="ltr">1-2</bdi></span>'


def test_nothing_is_turned_round_on_purpose() -> None:
    assert in_order("\u202e321\u202c") == "321\u202c"


def test_html_is_shown_and_not_obeyed() -> None:
    assert in_order("<b>1-2") == '&lt;b&gt;<bdi dir="ltr">1-2</bdi>'

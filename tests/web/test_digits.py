"""Numbers in what people wrote keep their order between letters that run from right to left."""

import pytest

from hotline.web.digits import in_order


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("نمبر 0300-1234567 ہے", "0300-1234567"),
        ("نمبر 0300 1234567 ہے", "0300 1234567"),
        ("نمبر +923001234567 ہے", "+923001234567"),
        ("نمبر ۰۳۰۰-۱۲۳۴۵۶۷ ہے", "۰۳۰۰-۱۲۳۴۵۶۷"),
        ("a1 2b", "1 2"),
        ("5+12-3", "+12-3"),
        ("1-2 - 3", "1-2"),
    ],
)
def test_a_number_of_parts_is_set_apart(text: str, number: str) -> None:
    assert in_order(text) == text.replace(number, f'<bdi dir="ltr">{number}</bdi>')


@pytest.mark.parametrize("text", ["12,500 روپے", "15", "", "a-b", "7-"])
def test_what_a_browser_shows_rightly_stays_as_it_is(text: str) -> None:
    assert in_order(text) == text


def test_nothing_is_turned_round_on_purpose() -> None:
    assert in_order("\u202e321\u202c") == "321\u202c"


def test_html_is_shown_and_not_obeyed() -> None:
    assert in_order("<b>1-2") == '&lt;b&gt;<bdi dir="ltr">1-2</bdi>'

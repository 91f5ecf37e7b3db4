"""Shows what people wrote as they meant it: in the letters of its language, with the numbers in the right order.

A reader without the right to see numbers is shown only the last digits of each; of a ticket whose numbers take two people, nobody is shown
one digit without another person's yes. Every page shows what people wrote through this module.

After Urdu or Sindhi letters a browser shows 0300-1234567 as 1234567-0300. Urdu is read in Nastaliq and Sindhi in Naskh, on every page.
"""

import re

from flask import g
from markupsafe import Markup, escape

from hotline.domain import numbers
from hotline.domain.language import detect
from hotline.guards import rights
from hotline.services.tickets.custody import Custody

_TURNED_ROUND = {0x202D: None, 0x202E: None}  # Unicode's override characters, which can show 123 as 321
# Linear: a run of digits is taken whole (++) and tried at its first digit only. Tried at each digit, 10,000 of them took over a second.
_NUMBER = re.compile(r"(\+\d++(?:[ \-–]\d++)*+|…\d++|(?<!\d)\d++(?:[ \-–]\d++)++)")

_LETTERS_OF_THEIR_OWN = frozenset({"ur", "sd"})


def for_reader(text: str) -> Markup:
    """What somebody wrote, as HTML for the reader of the page."""
    return in_order(plain_for_reader(text))


def plain_for_reader(text: str) -> str:
    """What somebody wrote, as the reader of the page may see it."""
    plain = text.translate(_TURNED_ROUND)
    if sees_numbers():
        return plain
    return numbers.hidden(plain) if "hides_digits" in g else numbers.masked(plain)


def sees_numbers() -> bool:
    """Whether the reader of the page is shown whole numbers: by right, or on the one answer for which they were asked."""
    return "shows_said_numbers" in g or (rights().sees_numbers and "hides_digits" not in g)


def hides_all() -> bool:
    """Whether not one digit of a number is shown to the reader of the page."""
    return "hides_digits" in g and not sees_numbers()


def keep(kept: Custody) -> None:
    """Show the numbers of a ticket from now on as they are kept: of those that take two people no digit, but for the one answer for which
    they were asked, while they are open to the reader."""
    if kept.takes_two:
        g.hides_digits = True
    if not kept.is_open:
        g.pop("shows_said_numbers", None)


def in_order(text: str) -> Markup:
    """The text as HTML, each number in a `<bdi>` of its own, without Unicode's override characters.

    A text that is surely Urdu or Sindhi stands in a `<span>` that says so: that chooses the font, and a screen reader's voice.
    """
    parts = _NUMBER.split(text.translate(_TURNED_ROUND))  # every second part is a number
    shown = Markup().join(Markup('<bdi dir="ltr">{}</bdi>').format(part) if i % 2 else escape(part) for i, part in enumerate(parts))
    language = detect(text)
    return Markup('<span lang="{}">{}</span>').format(language, shown) if language in _LETTERS_OF_THEIR_OWN else shown

"""The sender of a text: a phone that we can answer, or a short code, a name or a withheld number that we cannot.

Source of the shapes: ITU-T E.164, through the phonenumbers library. How senders really look, and where the library goes wrong (vanity
letters, "anonymous" keyed as digits), comes from trials with Pakistani numbers.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

import phonenumbers

from hotline.domain.folding import ascii_digits

WITHHELD_WORDS = ("anonymous", "unknown", "restricted", "unavailable", "blocked", "private", "withheld", "+anonymous")
# ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN and UNAVAILABLE keyed on a telephone: gateways pass these digits on like numbers.
WITHHELD_NUMBERS = frozenset({"+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"})
_MARKS = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\u061c\ufeff]")
_NUMBER_SHAPE = re.compile(r"\+?[0-9 ()./\-]+")


class SenderKind(StrEnum):
    """What the From of a text is."""

    PHONE = "phone"  # a valid number: the only kind that is ever answered
    SHORT_CODE = "short_code"  # digits, but not a subscriber's number
    NAME = "name"  # letters: an operator, a bank
    WITHHELD = "withheld"  # two texts from such senders may or may not be from the same phone


LISTED_AS_JUNK = frozenset({SenderKind.NAME, SenderKind.SHORT_CODE})
"""Senders that an organisation may call junk. A phone is never junk: its number can be forged, and its owner can be in danger."""


class TypedAs(StrEnum):
    """Whose phone a number is said to be that a volunteer types in on a ticket."""

    WALK_IN = "walk_in"  # the phone of the citizen who stands before the volunteer
    ANOTHER = "another"  # another phone of the citizen's, beside the one that opened the ticket


@dataclass(frozen=True)
class Sender:
    """A sender as we store it. `address` is E.164 for a phone, None for a withheld number, and the sender as it came otherwise."""

    kind: SenderKind
    address: str | None
    country: str | None = None  # ISO 3166 of a phone


def read_sender(raw: str, region: str) -> Sender:
    """Read `raw`, the From of a gateway. Numbers in national form are taken as numbers of `region` (ISO 3166). Never raises."""
    text = ascii_digits(_MARKS.sub("", raw)).strip()
    if not text or text.lower().startswith(WITHHELD_WORDS) or "+" + text.lstrip("+") in WITHHELD_NUMBERS:
        return Sender(SenderKind.WITHHELD, None)
    # Before parsing: the library would read vanity letters (0300-PIZZAAA) and drop the prefix of another channel (whatsapp:+92…).
    if not _NUMBER_SHAPE.fullmatch(text):
        return Sender(SenderKind.NAME, text[:64])
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return Sender(SenderKind.SHORT_CODE, text[:64])
    country = phonenumbers.region_code_for_number(number)
    if country is None or not phonenumbers.is_valid_number_for_region(number, country):
        return Sender(SenderKind.SHORT_CODE, text[:64])
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    # Satellite phones belong to no country; the library gives 001 for them.
    return Sender(SenderKind.PHONE, e164, country if country and country.isalpha() else None)


def read_typed(written: str, region: str) -> str | None:
    """The address (E.164) of the phone whose number a person typed, with spaces or dashes of any kind; None if it is no phone's number."""
    plain = "".join("-" if unicodedata.category(c) == "Pd" else " " if c.isspace() else c for c in written)
    sender = read_sender(plain.replace("\u2212", "-"), region)
    return sender.address if sender.kind is SenderKind.PHONE else None


_SAFE_TO_RING = (
    phonenumbers.PhoneNumberType.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE,
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
    phonenumbers.PhoneNumberType.VOIP,
    phonenumbers.PhoneNumberType.UAN,
)


def costs_no_premium(address: str) -> bool:
    """Whether a phone (E.164) may be rung. A missed call from a premium number is a fraud that makes us pay for calling back."""
    try:
        return phonenumbers.number_type(phonenumbers.parse(address)) in _SAFE_TO_RING
    except phonenumbers.NumberParseException:
        return False


def is_landline(address: str) -> bool:
    """Whether a phone (E.164) is a landline for certain, and so takes no texts."""
    try:
        return phonenumbers.number_type(phonenumbers.parse(address)) == phonenumbers.PhoneNumberType.FIXED_LINE
    except phonenumbers.NumberParseException:
        return False


def national(number: str, region: str) -> str:
    """A number as people in `region` dial it, in digits only: +923001234501 → 03001234501. What is not a number comes back as it is.

    There is no `+` and no dash, because they move to the wrong place in right-to-left text.
    """
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return number
    if not phonenumbers.is_valid_number(parsed):
        return number
    written = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
    return "".join(c for c in written if c.isdigit())


def masked(address: str | None) -> str:
    """A number as logs and pages may show it: +92300…67. Names and short codes stay as they are, unless they hold eight digits or more."""
    if address is None:
        return "withheld"
    if sum(c.isdigit() for c in address) < 8:
        return address
    return f"{address[:6]}…{address[-2:]}"

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
_MOBILE_OF_PAKISTAN = re.compile(r"\+923[0-9]{9}")
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
    ANOTHER = "another"  # another phone of the citizen's, beside the phone that opened the ticket


@dataclass(frozen=True)
class Sender:
    """A sender as we store it. `address` is E.164 for a phone, None for a withheld number, and the sender as it came otherwise."""

    kind: SenderKind
    address: str | None
    country: str | None = None  # ISO 3166 of a phone


def read_sender(raw: str, region: str) -> Sender:
    """Read `raw`, the From of a gateway. Numbers in national form are taken as numbers of `region` (ISO 3166). Never raises."""
    if _MOBILE_OF_PAKISTAN.fullmatch(raw):  # nearly all are: the library comes to the same, in 50 µs
        return Sender(SenderKind.PHONE, raw, "PK")
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
        country = _mobile_country(number)
    if country is None:
        return Sender(SenderKind.SHORT_CODE, text[:64])
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    # Satellite phones belong to no country; the library gives 001 for them.
    return Sender(SenderKind.PHONE, e164, country if country and country.isalpha() else None)


def _mobile_country(number: phonenumbers.PhoneNumber) -> str | None:
    """The country of a number that the library takes for none, but that is as long as mobiles there and begins like them; else None.

    Operators are given new prefixes before the library knows of them. A citizen with such a number is answered like any other.
    """
    country = phonenumbers.region_code_for_country_code(number.country_code or 0)
    mobile = phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE)
    if mobile is None or phonenumbers.is_valid_number(number) or number.italian_leading_zero:
        return None
    given, usual = str(number.national_number), str(mobile.national_number)
    return country if len(given) == len(usual) and given[0] == usual[0] else None


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
        number = phonenumbers.parse(address)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.number_type(number) in _SAFE_TO_RING or _mobile_country(number) is not None


def is_landline(address: str) -> bool:
    """Whether a phone (E.164) is a landline: as a rule it takes no texts."""
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


HIDDEN = "…"
"""A number of which no digit is shown."""


def masked(address: str | None) -> str:
    """A number as logs and pages may show it: +92300…67. Names and short codes stay as they are, unless they hold eight digits or more."""
    if address is None:
        return "withheld"
    if sum(c.isdigit() for c in address) < 8:
        return address
    return f"{address[:6]}…{address[-2:]}"


class NumberIs(StrEnum):
    """What a number of the configuration is, as far as the numbering plans tell."""

    EMERGENCY = "emergency"  # a call or text to it reaches the police or an ambulance
    SHORT = "short"  # it exists in one country only, and only some networks lead to it
    MOBILE = "mobile"
    LANDLINE = "landline"
    COSTLY = "costly"  # a call to it costs its caller more than others
    PHONE = "phone"  # any other that can be rung
    NOTHING = "nothing"  # no number of any country


_KINDS = {
    phonenumbers.PhoneNumberType.MOBILE: NumberIs.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE: NumberIs.LANDLINE,
    phonenumbers.PhoneNumberType.PREMIUM_RATE: NumberIs.COSTLY,
    phonenumbers.PhoneNumberType.SHARED_COST: NumberIs.COSTLY,
}


def what_is(number: str, region: str) -> NumberIs:
    """What a number is: E.164, or as people in `region` (ISO 3166) dial it."""
    digits = number.removeprefix("+")
    if phonenumbers.is_emergency_number(digits, region) or phonenumbers.is_emergency_number(_without_country(number, region), region):
        return NumberIs.EMERGENCY
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return NumberIs.SHORT if 3 <= len(digits) <= 8 and digits.isdigit() else NumberIs.NOTHING
    if not phonenumbers.is_valid_number(parsed):
        if _mobile_country(parsed) is not None:
            return NumberIs.MOBILE
        return NumberIs.SHORT if not number.startswith("+") and 3 <= len(digits) <= 8 else NumberIs.NOTHING
    kind = phonenumbers.number_type(parsed)
    return _KINDS.get(kind, NumberIs.PHONE)


def _without_country(number: str, region: str) -> str:
    """The digits behind the country's code: somebody may have written 15 as +9215."""
    return number.removeprefix(f"+{phonenumbers.country_code_for_region(region)}")

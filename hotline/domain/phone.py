"""Who a text comes from: a phone we can answer, or a short code, a name, a withheld number that we cannot.

Source of the shapes: ITU-T E.164 through the phonenumbers library; what senders look like on the wire, its traps with vanity
letters and with the keypad spellings of "anonymous", from trying it on Pakistani numbers.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

import phonenumbers

from hotline.domain.folding import ascii_digits

WITHHELD_WORDS = ("anonymous", "unknown", "restricted", "unavailable", "blocked", "private", "withheld", "+anonymous")
# ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN, UNAVAILABLE keyed on a telephone: gateways pass them on as if they were numbers.
WITHHELD_NUMBERS = frozenset({"+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"})
_MARKS = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\u061c\ufeff]")
_NUMBER_SHAPE = re.compile(r"\+?[0-9 ()./\-]+")


class SenderKind(StrEnum):
    """What stands in a text's From."""

    PHONE = "phone"  # a valid number: the only kind that is ever answered
    SHORT_CODE = "short_code"  # digits, but no subscriber's number
    NAME = "name"  # letters: an operator, a bank
    WITHHELD = "withheld"  # nobody we could know again


@dataclass(frozen=True)
class Sender:
    """A sender as we keep it: E.164 for a phone, the raw sender otherwise, nothing for a withheld one (`address` is None)."""

    kind: SenderKind
    address: str | None
    country: str | None = None  # ISO 3166 of a phone


def read_sender(raw: str, region: str) -> Sender:
    """What `raw`, a gateway's From, is. `region` (ISO 3166) completes numbers in national form. Never raises."""
    text = ascii_digits(_MARKS.sub("", raw)).strip()
    if not text or text.lower().startswith(WITHHELD_WORDS) or "+" + text.lstrip("+") in WITHHELD_NUMBERS:
        return Sender(SenderKind.WITHHELD, None)
    # Before parsing: the library reads vanity letters (0300-PIZZAAA) and drops the prefix of other channels (whatsapp:+92…).
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
    # Satellite phones and the like belong to no country: the library calls theirs 001.
    return Sender(SenderKind.PHONE, e164, country if country and country.isalpha() else None)


def read_typed(written: str, region: str) -> Sender | None:
    """The phone whose number somebody typed, in whatever way people write it; None if it is no phone's."""
    plain = "".join("-" if unicodedata.category(c) == "Pd" else " " if c.isspace() else c for c in written)
    sender = read_sender(plain.replace("\u2212", "-"), region)
    return sender if sender.kind is SenderKind.PHONE else None


_RUNG = (
    phonenumbers.PhoneNumberType.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE,
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
    phonenumbers.PhoneNumberType.VOIP,
    phonenumbers.PhoneNumberType.UAN,
)


def costs_no_premium(address: str) -> bool:
    """Whether a phone (E.164) may be rung: a missed call from a premium number is a way to rob whoever calls back."""
    try:
        return phonenumbers.number_type(phonenumbers.parse(address)) in _RUNG
    except phonenumbers.NumberParseException:
        return False


def is_landline(address: str) -> bool:
    """Whether a phone (E.164) surely takes no texts."""
    try:
        return phonenumbers.number_type(phonenumbers.parse(address)) == phonenumbers.PhoneNumberType.FIXED_LINE
    except phonenumbers.NumberParseException:
        return False


def national(number: str, region: str) -> str:
    """A number as people of `region` dial it, digits only: +15005550006 → 02135662222. What is no number comes back as it is.

    No `+` and no dash: both turn round in right-to-left text.
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
    """A number as logs and pages may show it: +92300…67. Names and short codes hide nobody and stay, unless there is a number in them."""
    if address is None:
        return "withheld"
    if sum(c.isdigit() for c in address) < 8:
        return address
    return f"{address[:6]}…{address[-2:]}"

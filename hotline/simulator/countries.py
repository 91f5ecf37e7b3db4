"""The country Twilio reads off a number's prefix, for the geo fields of its forms."""

_COUNTRIES = {
    "+92": "PK",
    "+91": "IN",
    "+93": "AF",
    "+98": "IR",
    "+966": "SA",
    "+971": "AE",
    "+44": "GB",
    "+1": "US",
    "+266": "LS",  # where +266696687, "ANONYMOUS" on a keypad, leads
}


def country(number: str) -> str:
    """Two letters, or nothing for a short code, a name, or a country not listed."""
    return next((name for prefix, name in _COUNTRIES.items() if number.startswith(prefix)), "")

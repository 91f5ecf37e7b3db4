"""The country of a number by its prefix, for the fields that Twilio's forms have about places."""

_COUNTRIES = {
    "+92": "PK",
    "+91": "IN",
    "+93": "AF",
    "+98": "IR",
    "+966": "SA",
    "+971": "AE",
    "+44": "GB",
    "+1": "US",
    "+266": "LS",  # the country of +266696687, which is "ANONYMOUS" on a keypad
}


def country(number: str) -> str:
    """The country's two letters; empty for a short code, a name, or a country that is not listed."""
    return next((name for prefix, name in _COUNTRIES.items() if number.startswith(prefix)), "")

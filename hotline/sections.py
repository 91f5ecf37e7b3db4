"""The sections of the configuration: their keys, defaults and limits. What they mean stands in config.example.toml."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Conversation:
    """[conversation]: which ticket a text belongs to, and what is answered."""

    default_language: str = "ur"
    join_minutes: int = 10
    lookups_per_day: int = 10
    reopen_days: int = 30
    replies_per_sender: int = 20
    answer_hours: int = 72
    reply_countries: tuple[str, ...] = ("PK",)


@dataclass(frozen=True)
class Numbers:
    """[numbers]: what our texts name."""

    police: str = "15"
    ambulance: str = "1122"
    answer_number: str = ""
    region: str = "PK"


@dataclass(frozen=True)
class Hours:
    """[contact_hours]: when we may start a text ourselves, local time."""

    opens: str = "08:00"
    closes: str = "21:00"
    time_zone: str = "Asia/Karachi"


@dataclass(frozen=True)
class Sending:
    """[sending]: how texts leave."""

    texts_per_s: int = 60
    in_flight: int = 24
    timeout_s: int = 10
    answer_fresh_minutes: int = 30
    expires_hours: int = 48
    segment_price: str = ""
    currency: str = "PKR"


@dataclass(frozen=True)
class Voice:
    """[voice]: calls."""

    number: str = ""
    missed_call_number: str = ""
    languages: tuple[str, ...] = ("ur", "sd", "en")
    duty_line: tuple[str, ...] = ()
    duty_line_s: int = 45
    key_wait_s: int = 6
    silence_s: int = 8
    recording_s: int = 180
    lookups_per_call: int = 3
    call_backs_per_day: int = 3
    call_backs_per_hour: int = 300


@dataclass(frozen=True)
class Media:
    """[media]: the S3-compatible store of recordings; without a bucket they lie in the data folder."""

    endpoint: str = ""
    bucket: str = ""
    region: str = "us-east-1"


@dataclass(frozen=True)
class Web:
    """[web]: the volunteers' pages."""

    session_hours: int = 12
    free_failures: int = 5
    page_rows: int = 50


@dataclass(frozen=True)
class Duty:
    """[duty]: shifts, and alarms to volunteers' phones."""

    least: int = 1
    ask_hours: int = 12
    late_minutes: int = 10
    page_s: int = 90
    page_again_minutes: int = 5
    hand_over_minutes: int = 30
    holidays: bool = True
    holiday_dates: tuple[str, ...] = ()
    pauses: tuple[str, ...] = ()
    hours: tuple[str, ...] = ()
    moon_days: int = 1


@dataclass(frozen=True)
class Files:
    """[files]: tables a deployment may replace; empty means the shipped one. Paths are relative to the TOML file."""

    categories: str = ""
    areas: str = ""
    lexicon: str = ""
    unsaid: str = ""


SECTIONS: Mapping[str, type] = {
    "conversation": Conversation,
    "numbers": Numbers,
    "contact_hours": Hours,
    "sending": Sending,
    "voice": Voice,
    "media": Media,
    "web": Web,
    "duty": Duty,
    "files": Files,
}

AT_MOST: Mapping[str, int] = {
    "join_minutes": 1440,
    "reopen_days": 3650,
    "answer_hours": 720,
    "texts_per_s": 1000,
    "in_flight": 200,
    "timeout_s": 30,
    "answer_fresh_minutes": 1440,
    "expires_hours": 720,
    "session_hours": 720,
    "page_rows": 500,
    "least": 100,
    "ask_hours": 72,
    "late_minutes": 240,
    "page_s": 3600,
    "page_again_minutes": 240,
    "hand_over_minutes": 240,
    "moon_days": 3,
    "duty_line_s": 300,
    "key_wait_s": 30,
    "silence_s": 60,
    "recording_s": 600,
    "lookups_per_call": 20,
    "call_backs_per_day": 50,
    "call_backs_per_hour": 10000,
}
"""The limits of what makes sense: past these a worker is taken for dead while it waits for the gateway, a log-in never ends, a page does
not load, a date does not exist."""

AT_LEAST_ONE = AT_MOST.keys() - {"least", "moon_days", "answer_fresh_minutes", "call_backs_per_day", "call_backs_per_hour"} | {
    "replies_per_sender"
}
"""The rest may be 0. With no answers at all she has no reference."""

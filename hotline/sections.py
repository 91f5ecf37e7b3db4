"""The sections of the configuration: their keys, defaults and limits. config.example.toml says what each key means."""

from collections.abc import Mapping
from dataclasses import dataclass, field


def whole(default: int, least: int, most: int | None = None) -> int:
    """A key that takes a whole number from `least` to `most` (None: no upper limit).

    Beyond the limits the hotline would break: a worker counts as dead while it waits for the gateway, a page does not load, a date
    does not exist.
    """
    return field(default=default, metadata={"least": least, "most": most})


@dataclass(frozen=True)
class Conversation:
    """[conversation]: which ticket a text belongs to, and what is answered."""

    default_language: str = "ur"
    join_minutes: int = whole(10, 1, 1440)
    lookups_per_day: int = whole(10, 0)
    reopen_days: int = whole(30, 1, 3650)
    replies_per_sender: int = whole(20, 1)  # with 0 answers a citizen would never get a reference
    answer_hours: int = whole(72, 1, 720)
    stranger_days: int = whole(90, 1, 3650)
    reply_countries: tuple[str, ...] = ("PK",)
    junk_senders: tuple[str, ...] = ()


@dataclass(frozen=True)
class Numbers:
    """[numbers]: the numbers that our texts name, and the country of numbers without one."""

    police: str = "15"
    ambulance: str = "1122"
    answer_number: str = ""
    region: str = "PK"


@dataclass(frozen=True)
class Hours:
    """[contact_hours]: the local time in which texts that answer nothing may be sent."""

    opens: str = "08:00"
    closes: str = "21:00"
    time_zone: str = "Asia/Karachi"


@dataclass(frozen=True)
class Sending:
    """[sending]: how fast texts are sent, how long one may wait, what one costs."""

    texts_per_s: int = whole(60, 1, 1000)
    in_flight: int = whole(24, 1, 200)
    timeout_s: int = whole(10, 1, 30)
    answer_fresh_minutes: int = whole(30, 0, 1440)
    person_answers_minutes: int = whole(10, 1, 60)
    undo_s: int = whole(10, 0, 60)
    expires_hours: int = whole(48, 1, 720)
    gateway_keep_days: int = whole(7, 3, 365)  # sooner, a report or a look-up could still ask for what is gone
    segment_price: str = ""
    currency: str = "PKR"
    budget_a_day: str = ""
    budget_reserve_percent: int = whole(20, 0, 50)
    spill_after_s: int = whole(60, 0, 3600)
    shutdowns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Terms:
    """The keys that each [gateways.NAME] has, whatever its kind: how much the gateway carries."""

    lines: tuple[str, ...] = ()  # the numbers of ours that it is reached by
    sims: tuple[str, ...] = ()  # the lines that it sends by, as it names them: they share its load; none: it has one
    per_minute: int = whole(0, 0, 60_000)  # texts or segments (`Abilities.unit`); 0: [sending] texts_per_s
    in_flight: int = whole(0, 0, 200)  # requests at once; 0: [sending] in_flight
    per_15_minutes: int = whole(0, 0, 1_000_000)  # texts or segments by one line, as are the next two; 0: no limit
    per_hour: int = whole(0, 0, 1_000_000)
    per_day: int = whole(0, 0, 10_000_000)
    reserve_percent: int = whole(10, 0, 90)  # of the limits: for urgent texts only
    networks: tuple[str, ...] = ()  # the first digits of the phones that it is best for
    segment_price: str = ""  # "": [sending] segment_price
    canary: str = ""  # a gateway to whose first number this one texts every hour, to see that it hears; "": none


@dataclass(frozen=True)
class Voice:
    """[voice]: calls."""

    number: str = ""
    missed_call_number: str = ""
    languages: tuple[str, ...] = ("ur", "sd", "en")
    duty_line: tuple[str, ...] = ()
    duty_line_s: int = whole(45, 1, 300)
    key_wait_s: int = whole(6, 1, 30)
    silence_s: int = whole(8, 1, 60)
    recording_s: int = whole(180, 1, 600)
    lookups_per_call: int = whole(3, 1, 20)
    withheld_lookups_per_minute: int = whole(6, 0)
    call_backs_per_day: int = whole(3, 0, 50)
    call_backs_per_hour: int = whole(300, 0, 10000)


@dataclass(frozen=True)
class Media:
    """[media]: the S3-compatible store of recordings; without a bucket they are kept in the data folder."""

    endpoint: str = ""
    bucket: str = ""
    region: str = "us-east-1"


@dataclass(frozen=True)
class Web:
    """[web]: the volunteers' pages."""

    session_hours: int = whole(12, 1, 720)
    free_failures: int = whole(5, 0)
    page_rows: int = whole(50, 1, 500)
    proxies: int = whole(0, 0, 9)
    number_minutes: int = whole(15, 1, 60)
    number_ask_minutes: int = whole(60, 5, 1440)


@dataclass(frozen=True)
class Duty:
    """[duty]: shifts, and alarms to volunteers' phones."""

    least: int = whole(1, 0, 100)
    ask_hours: int = whole(12, 1, 72)
    late_minutes: int = whole(10, 1, 240)
    page_s: int = whole(90, 1, 3600)
    act_minutes: int = whole(5, 1, 8)  # with ring_every_s less than ten minutes: no longer does every phone rest
    ring_every_s: int = whole(60, 30, 90)
    false_rings_per_week: int = whole(10, 0, 10_000)
    hand_over_minutes: int = whole(30, 1, 240)
    first_look_minutes: int = whole(15, 1, 240)
    first_look_danger_minutes: int = whole(3, 1, 60)
    holidays: bool = True
    holiday_dates: tuple[str, ...] = ()
    pauses: tuple[str, ...] = ()
    hours: tuple[str, ...] = ()
    moon_days: int = whole(1, 0, 3)
    ring_test_at: str = "11:00"


@dataclass(frozen=True)
class Reading:
    """[reading]: from which probability on, in percent, the reading of a text says that something is so."""

    danger: int = whole(42, 1, 99)
    rings: int = whole(80, 1, 99)
    against: int = whole(40, 1, 99)
    quiet: int = whole(30, 1, 99)


@dataclass(frozen=True)
class Keeping:
    """[keeping]: how many days words, numbers and recordings are kept after they were needed last."""

    text_days: int = whole(180, 7, 36500)
    sealed_days: int = whole(1095, 7, 36500)
    recording_days: int = whole(90, 7, 36500)
    no_ticket_days: int = whole(30, 7, 36500)
    draft_days: int = whole(30, 7, 36500)
    handover_days: int = whole(30, 7, 36500)
    audit_days: int = whole(1825, 7, 36500)
    grace_days: int = whole(7, 7, 90)


@dataclass(frozen=True)
class Files:
    """[files]: paths of tables that replace the shipped ones, relative to the TOML file; empty: the shipped table."""

    categories: str = ""
    areas: str = ""
    lexicon: str = ""
    unsaid: str = ""
    protocols: str = ""
    macros: str = ""
    wishes: str = ""
    gazetteer: str = ""


@dataclass(frozen=True)
class Backup:
    """[backup]: backups by the clock; without a folder there are none."""

    folder: str = ""
    to: tuple[str, ...] = ()
    every_hours: int = whole(24, 1, 168)
    data_days: int = whole(90, 1, 3650)
    keys_days: int = whole(7, 1, 90)


@dataclass(frozen=True)
class Watch:
    """[watch]: from when on the heads are alarmed about the hotline itself."""

    unsent_minutes: int = whole(15, 2, 1440)  # sooner, a rest of one gateway would alarm
    disk_percent: int = whole(10, 1, 50)
    certificate_days: int = whole(14, 1, 90)


SECTIONS: Mapping[str, type] = {
    "conversation": Conversation,
    "numbers": Numbers,
    "contact_hours": Hours,
    "sending": Sending,
    "voice": Voice,
    "media": Media,
    "web": Web,
    "duty": Duty,
    "reading": Reading,
    "keeping": Keeping,
    "files": Files,
    "backup": Backup,
    "watch": Watch,
}

"""One frozen `Config`, read from a TOML file and the environment. All faults are listed at once, each with what to do.

The keys, their units and defaults are in config.example.toml; a test compares it with this.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import time, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hotline.domain.contact import ContactHours
from hotline.domain.hours import read_holiday, read_hours, read_pause
from hotline.domain.languages import SPOKEN_LANGUAGES, TEXT_LANGUAGES
from hotline.domain.phone import LISTED_AS_JUNK, read_sender
from hotline.domain.shutdowns import read_shutdown
from hotline.secretfiles import names_secret, read_secret
from hotline.sections import (
    SECTIONS,
    Backup,
    Conversation,
    Duty,
    Files,
    Hours,
    Keeping,
    Media,
    Numbers,
    Reading,
    Sending,
    Terms,
    Voice,
    Watch,
    Web,
)
from hotline.tomlfile import NUMBER, TEXT, TEXTS, YES_NO, Unreadable, is_of, read_toml

# Its host takes the place of the Host of every request (guards.under_own_host): an invalid one would make every request fail.
_ADDRESS = re.compile(r"https?://([A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(/[!-~]*)?")
_MONEY = re.compile(r"([0-9]{1,6}(\.[0-9]{1,4})?)?")
_NETWORKS = re.compile(r"[0-9]{2,6}|[0-9]{4}-[0-9]{4}")
_LOOPBACK = re.compile(r"https?://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(/|$)")


class ConfigFault(Exception):
    """The configuration has faults; `args[0]` is the list of all of them, a sentence each. `read`: what could be read, with defaults for
    what could not."""

    def __init__(self, faults: list[str], read: "Config") -> None:
        super().__init__(faults)
        self.read = read


class GatewaySettings(Protocol):
    """The keys of one gateway. Only the folders of its kind know what else is in them. Its repr must not show secrets."""

    @property
    def kind(self) -> str:
        """The kind of the gateway: the name of its folders."""

    @property
    def key(self) -> str:
        """What has to be set for it to be used, as a sentence names it: a variable, or a table of the configuration."""

    @property
    def terms(self) -> Terms:
        """How much it carries."""

    @property
    def is_set(self) -> bool:
        """Whether the gateway is to be used."""

    @property
    def is_real(self) -> bool:
        """Whether the gateway is used and reaches real phones. A pretend gateway listens on loopback."""


ReadGateways = Callable[[object, Mapping[str, str], list[str]], Mapping[str, GatewaySettings]]
"""Reads all gateways from [gateways] of the file (whatever it is) and from the environment; adds faults to the list, a sentence each."""


@dataclass(frozen=True)
class Config:
    """The whole configuration. Secrets are kept out of its repr."""

    public_url: str
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    s3_access_key: str = field(repr=False)
    s3_secret_key: str = field(repr=False)
    metrics_token: str = field(repr=False)
    data_dir: Path
    keys_file: Path  # outside the data folder: a backup of one holds not the other
    folder: Path  # of the TOML file: paths in the file are relative to it
    gateways: Mapping[str, GatewaySettings]  # by the gateway's name, in the order of the file
    file: Path | None = None  # the TOML file itself
    conversation: Conversation = field(default_factory=Conversation)
    numbers: Numbers = field(default_factory=Numbers)
    contact_hours: Hours = field(default_factory=Hours)
    sending: Sending = field(default_factory=Sending)
    voice: Voice = field(default_factory=Voice)
    media: Media = field(default_factory=Media)
    web: Web = field(default_factory=Web)
    duty: Duty = field(default_factory=Duty)
    reading: Reading = field(default_factory=Reading)
    keeping: Keeping = field(default_factory=Keeping)
    files: Files = field(default_factory=Files)
    backup: Backup = field(default_factory=Backup)
    watch: Watch = field(default_factory=Watch)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the hotline."""
        return ZoneInfo(self.contact_hours.time_zone)

    @property
    def hours(self) -> ContactHours:
        """The contact hours as the domain reads them."""
        closes = self.contact_hours.closes
        end = None if closes == "24:00" else time.fromisoformat(closes)
        return ContactHours(time.fromisoformat(self.contact_hours.opens), end, self.zone)

    @property
    def gateway_is_real(self) -> bool:
        """Whether any gateway in use reaches real phones."""
        return any(settings.is_real for settings in self.gateways.values())

    @property
    def join_within(self) -> timedelta:
        """How long after a citizen's last text the next one joins its ticket."""
        return timedelta(minutes=self.conversation.join_minutes)

    @property
    def stranger_after(self) -> timedelta:
        """How long a phone is silent until its number may be another person's."""
        return timedelta(days=self.conversation.stranger_days)

    def table(self, name: str) -> Path | None:
        """The path of the file that replaces the table `name`; None for the shipped table."""
        path: str = getattr(self.files, name)
        return (self.folder / path) if path else None


_KINDS = {str: TEXT, bool: YES_NO, int: NUMBER, tuple: TEXTS}


def read_config(env: Mapping[str, str], read_gateways: ReadGateways) -> Config:
    """Read the file that `HOTLINE_CONFIG` names, the environment, and the keys of the gateways. Raises `ConfigFault` with every fault.

    Called by `hotline.gateways.registry.load_config`, which knows the gateways.
    """
    faults: list[str] = []
    document, folder = _read_toml(env.get("HOTLINE_CONFIG", ""), faults)
    settings = MappingProxyType(dict(read_gateways(document.pop("gateways", {}), env, faults)))
    faults += [f"[{name}] is not a section of the configuration; see config.example.toml" for name in document.keys() - SECTIONS.keys()]
    sections = {name: read_section(name, kind, document.get(name, {}), faults) for name, kind in SECTIONS.items()}
    file = Path(env["HOTLINE_CONFIG"]).absolute() if env.get("HOTLINE_CONFIG") else None
    config = Config(**_environment(env, faults), folder=folder, file=file, gateways=settings, **sections)
    faults += _check_values(config)
    if faults:
        raise ConfigFault(faults, config)
    return config


def _read_toml(path: str, faults: list[str]) -> tuple[dict[str, Any], Path]:
    if not path:
        return {}, Path.cwd()
    try:
        return read_toml(Path(path)), Path(path).resolve().parent
    except Unreadable as fault:
        faults.append(f"HOTLINE_CONFIG: {fault}")
        return {}, Path.cwd()


def read_section(name: str, kind: type, given: object, faults: list[str]) -> Any:
    """The table `[name]` as an object of `kind`, a dataclass with a default for each key; adds faults to the list, a sentence each."""
    if not isinstance(given, dict):
        faults.append(f"[{name}] must be a table")
        return kind()
    known = {f.name: f for f in fields(kind)}
    values = {}
    for key, value in given.items():
        if key not in known:
            faults.append(f"[{name}] {key} is not a key of the configuration; see config.example.toml")
            continue
        kind_of, limits = _KINDS[type(known[key].default)], known[key].metadata
        if not is_of(kind_of, value):
            faults.append(f"[{name}] {key} must be {kind_of}")
        elif kind_of is NUMBER and value < limits["least"]:
            faults.append(f"[{name}] {key} must not be below {limits['least']}")
        elif kind_of is NUMBER and value > (limits["most"] or value):
            faults.append(f"[{name}] {key} must not be above {limits['most']}")
        else:
            values[key] = tuple(value) if kind_of is TEXTS else value
    return kind(**values)


def _environment(env: Mapping[str, str], faults: list[str]) -> dict[str, Any]:
    data_dir = Path(env.get("HOTLINE_DATA_DIR") or "data").absolute()
    if data_dir.is_symlink():
        faults.append(f"HOTLINE_DATA_DIR: {data_dir} is a link; name the folder that it points to")
    if (folder := env.get("HOTLINE_SECRETS")) and not os.access(folder, os.R_OK | os.X_OK):
        faults.append(f"HOTLINE_SECRETS: there is no folder {folder}, or it cannot be read")
    port = env.get("PORT") or "8000"
    return {
        "data_dir": data_dir,
        "keys_file": _keys_file(env.get("HOTLINE_KEYS_FILE", ""), data_dir, faults),
        "public_url": (env.get("HOTLINE_PUBLIC_URL") or f"http://127.0.0.1:{port}").rstrip("/"),
        "database_url": _url(env, "HOTLINE_DATABASE_URL", faults, usual=f"sqlite:///{data_dir / 'hotline.sqlite3'}"),
        "redis_url": _url(env, "HOTLINE_REDIS_URL", faults, usual="redis://127.0.0.1:6379/0"),
        "secret_key": read_secret(env, "HOTLINE_SECRET_KEY", faults),
        "s3_access_key": read_secret(env, "HOTLINE_S3_ACCESS_KEY", faults),
        "s3_secret_key": read_secret(env, "HOTLINE_S3_SECRET_KEY", faults),
        "metrics_token": read_secret(env, "HOTLINE_METRICS_TOKEN", faults),
    }


def _url(env: Mapping[str, str], name: str, faults: list[str], *, usual: str) -> str:
    """The address of a store; "" where its secret cannot be read: `hotline doctor` must not look at another one."""
    return read_secret(env, name, faults) or ("" if names_secret(env, name) else usual)


def _keys_file(given: str, data_dir: Path, faults: list[str]) -> Path:
    if not given:
        faults.append("HOTLINE_KEYS_FILE is missing: name the file of the keys; hotline keys new makes one")
    path = Path(given or "keys.toml").absolute()
    if path.is_relative_to(data_dir):
        faults.append(f"HOTLINE_KEYS_FILE: {path} lies in the data folder: a backup of it would hold the keys too")
    return path


def is_on_this_machine(url: str) -> bool:
    """Whether an http or https address is a loopback address."""
    return _LOOPBACK.match(url) is not None


def _check_values(config: Config) -> list[str]:
    faults = []
    if not _ADDRESS.fullmatch(config.public_url):
        faults.append("HOTLINE_PUBLIC_URL must be the address the gateway calls, like https://hotline.example.org")
    database, redis = config.database_url, config.redis_url  # "": that its secret cannot be read is told already
    if database and not (re.match(r"(sqlite:///|postgresql://|postgres://)", database) and _is_whole(database)):
        faults.append(
            "HOTLINE_DATABASE_URL must be like sqlite:////var/lib/hotline/hotline.sqlite3 or postgresql://user:password@host:5432/name"
        )
    if redis and not (re.match(r"(rediss?|unix)://", redis) and _is_whole(redis)):
        faults.append("HOTLINE_REDIS_URL must be like redis://127.0.0.1:6379/0, rediss://… or unix:///run/redis.sock")
    if len(config.secret_key) < 32:
        faults.append(
            "HOTLINE_SECRET_KEY must have 32 characters or more; make one: python3 -c 'import secrets; print(secrets.token_hex(32))'"
        )
    if config.metrics_token and not re.fullmatch(r"[!-~]{32,}", config.metrics_token):
        faults.append(
            "HOTLINE_METRICS_TOKEN must have 32 characters or more, and no space: python3 -c 'import secrets; print(secrets.token_hex(32))'"
        )
    faults += _check_hours(config) + _check_numbers(config)
    faults += _check_voice(config) + _check_media(config) + _check_duty(config) + _check_keeping(config) + _check_backup(config)
    if config.conversation.default_language not in TEXT_LANGUAGES:
        faults.append(f"[conversation] default_language must be one of {', '.join(TEXT_LANGUAGES)}")
    phones = [one for one in config.conversation.junk_senders if read_sender(one, config.numbers.region).kind not in LISTED_AS_JUNK]
    faults += [f"[conversation] junk_senders: {one!r} is no name or short code: no phone may be listed" for one in phones]
    faults += _check_sending(config)
    for name in ("categories", "lexicon", "areas", "unsaid", "wishes", "protocols", "macros", "gazetteer"):
        path = config.table(name)
        if path is not None and not path.is_file():
            faults.append(f"[files] {name}: there is no file {path}")
    return faults


def _check_sending(config: Config) -> list[str]:
    sending, faults = config.sending, []
    prices = {"[sending] segment_price": sending.segment_price, "[sending] budget_a_day": sending.budget_a_day}
    for name, settings in config.gateways.items():
        prices[f"[gateways.{name}] segment_price"] = settings.terms.segment_price
        wrong = [one for one in settings.terms.networks if not _NETWORKS.fullmatch(one)]
        faults += [f"[gateways.{name}] networks: {one!r} must be first digits of a phone like 0300, or 0300-0309" for one in wrong]
    faults += [f"{key} must be a number like 3.50, or empty" for key, price in prices.items() if not _MONEY.fullmatch(price)]
    for one in sending.shutdowns:
        try:
            read_shutdown(one)
        except ValueError:
            faults.append(f"[sending] shutdowns: {one!r} must be like 2026-12-05 09:00-21:00")
    return faults


def _is_whole(url: str) -> bool:
    """Whether a URL can be parsed. A letter in its port or a bare [ in its password would fail later, with a traceback."""
    try:
        port = urlsplit(url).port
    except ValueError:
        return False
    return port != 0


def _check_numbers(config: Config) -> list[str]:
    faults = []
    for key, digits in (("police", "{1,4}"), ("ambulance", "{1,4}"), ("answer_number", "{0,12}")):
        # Only digits: a + or a dash is shown in the wrong place among Urdu words. A longer number would not fit its text.
        if not re.fullmatch(f"[0-9]{digits}", getattr(config.numbers, key)):
            faults.append(f"[numbers] {key} must be {digits.strip('{}').replace(',', ' to ')} digits as people dial it: no + and no dash")
    # With "pk" in small letters nobody would be answered, and no error would say so.
    codes = (config.numbers.region, *config.conversation.reply_countries)
    wrong = [code for code in codes if not re.fullmatch("[A-Z]{2}", code)]
    return faults + [f"[numbers] region, [conversation] reply_countries: {code!r} is not a country in capitals, like PK" for code in wrong]


def _check_voice(config: Config) -> list[str]:
    voice, faults = config.voice, []
    for key, number in (
        ("number", voice.number),
        ("missed_call_number", voice.missed_call_number),
        *(("duty_line", one) for one in voice.duty_line),
    ):
        if not re.fullmatch(r"\+[0-9]{8,15}", number) and (number or key == "duty_line"):
            faults.append(f"[voice] {key}: {number!r} must be + and 8 to 15 digits")
    if len({*voice.duty_line} - {voice.number, voice.missed_call_number}) < len(voice.duty_line):
        faults.append("[voice] duty_line must be phones of people, each once, and no number of ours")
    if voice.number and voice.number == voice.missed_call_number:
        faults.append("[voice] missed_call_number must differ from the number that is answered")
    if (voice.duty_line or voice.missed_call_number) and not voice.number:
        faults.append("[voice] number is missing: the phones that we ring must show a number of ours")
    if sorted(voice.languages) != sorted(set(voice.languages) & set(SPOKEN_LANGUAGES)) or not voice.languages:
        faults.append(f"[voice] languages must be some of {', '.join(SPOKEN_LANGUAGES)}, each once, in the order of their keys")
    return faults


def _check_duty(config: Config) -> list[str]:
    faults = []
    if not re.fullmatch(r"(([01][0-9]|2[0-3]):[0-5][0-9])?", config.duty.ring_test_at):
        faults.append("[duty] ring_test_at must be a time like 11:00, or empty for no test")
    for key, written, read, like in (
        ("holiday_dates", config.duty.holiday_dates, read_holiday, "2027-03-11, or not 2027-03-10"),
        ("pauses", config.duty.pauses, read_pause, "fri 13:00-14:30, ramzan 18:00-19:00 or 2027-02-08/2027-03-09 18:00-19:00"),
        ("hours", config.duty.hours, read_hours, "ramzan 09:00-17:00 10:00-15:00: when, as planned, instead"),
    ):
        for one in written:
            try:
                read(one)
            except ValueError:
                faults.append(f"[duty] {key}: {one!r} must be like {like}")
    return faults


def _check_keeping(config: Config) -> list[str]:
    kept, reopen, gateway = config.keeping, config.conversation.reopen_days, config.sending.gateway_keep_days
    for_tickets = {"text_days": kept.text_days, "sealed_days": kept.sealed_days}
    for_all = for_tickets | {"recording_days": kept.recording_days, "no_ticket_days": kept.no_ticket_days}
    faults = [
        f"[keeping] {key} must not be below [conversation] reopen_days ({reopen}): a citizen's text would open a ticket without words again"
        for key, days in for_tickets.items()
        if days < reopen
    ]
    return faults + [
        f"[keeping] {key} must not be below [sending] gateway_keep_days ({gateway}): the gateway would have it for longer than we do"
        for key, days in for_all.items()
        if days < gateway
    ]


def _check_media(config: Config) -> list[str]:
    media, faults = config.media, []
    if not media.bucket:
        return ["[media] bucket is missing: endpoint names a store of buckets"] if media.endpoint else []
    if not re.match(r"https?://", media.endpoint) or not _is_whole(media.endpoint):
        faults.append("[media] endpoint must be the store's address, like https://s3.eu-central-1.amazonaws.com")
    elif media.endpoint.startswith("http://") and not is_on_this_machine(media.endpoint):
        faults.append("[media] endpoint: plain http is for this machine only; use https://")
    if not config.s3_access_key or not config.s3_secret_key:
        faults.append("HOTLINE_S3_ACCESS_KEY and HOTLINE_S3_SECRET_KEY are missing: [media] names a bucket")
    return faults


def _check_backup(config: Config) -> list[str]:
    backup, faults = config.backup, []
    if wrong := [one for one in backup.to if not re.fullmatch("age1[0-9a-z]{58}", one)]:
        faults.append(f"[backup] to: {wrong[0]!r} is no recipient; hotline backup identity prints one, age1 and 58 characters")
    if bool(backup.folder) != bool(backup.to):
        faults.append("[backup] folder and to belong together: where backups lie, and who can read them")
    if backup.keys_days > backup.data_days:
        faults.append("[backup] keys_days must not be above data_days: what opens a backup is kept for less long")
    return faults


def _check_hours(config: Config) -> list[str]:
    hours, faults = config.contact_hours, []
    try:
        ZoneInfo(hours.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        faults.append(f"[contact_hours] time_zone: {hours.time_zone!r} is not a time zone, like Asia/Karachi")
    for key, value in (("opens", hours.opens), ("closes", hours.closes)):
        if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value) and (key, value) != ("closes", "24:00"):
            faults.append(f"[contact_hours] {key} must be a time like 08:00 (closes may be 24:00)")
    if not faults and hours.opens >= hours.closes:
        faults.append("[contact_hours] closes must be later than opens")
    return faults

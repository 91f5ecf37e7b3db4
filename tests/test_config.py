"""The configuration: the environment wins, all faults are told at once, and the example file tells the truth about the keys."""

import ast
import dataclasses
import re
import tomllib
from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from hotline import config as subject
from hotline.config import SECTIONS, Config, ConfigFault
from hotline.domain.contact import ContactHours
from hotline.gateways.registry import load_config
from hotline.gateways.twilio.account import account_of
from hotline.sections import Keeping

PROJECT = Path(__file__).resolve().parent.parent
EXAMPLE = PROJECT / "config.example.toml"
KEY = "k" * 32
ENOUGH = {"HOTLINE_SECRET_KEY": KEY, "HOTLINE_KEYS_FILE": "/run/keys.toml"}
SECRETS = {
    "HOTLINE_DATABASE_URL": "postgresql://hotline:secret-a@db/hotline",
    "HOTLINE_REDIS_URL": "redis://:secret-b@127.0.0.1:6379/0",
    "HOTLINE_SECRET_KEY": "secret-c-" + KEY,
    "HOTLINE_TWILIO_ACCOUNT_SID": "AC-secret-d",
    "HOTLINE_TWILIO_AUTH_TOKEN": "secret-e",
    "HOTLINE_TWILIO_AUTH_TOKEN_PREVIOUS": "secret-f",
    "HOTLINE_S3_ACCESS_KEY": "secret-g",
    "HOTLINE_S3_SECRET_KEY": "secret-h",
    "HOTLINE_METRICS_TOKEN": "secret-i-" + KEY,
}
NUMBERED = SECRETS | {"HOTLINE_TWILIO_NUMBER": "+15005550006", "HOTLINE_KEYS_FILE": "/run/keys.toml"}


def written(folder: Path, toml: str) -> dict[str, str]:
    """An environment that names a file with this content."""
    path = folder / "hotline.toml"
    path.write_text(toml, "utf-8")
    return ENOUGH | {"HOTLINE_CONFIG": str(path)}


def faults(environ: dict[str, str]) -> list[str]:
    with pytest.raises(ConfigFault) as refused:
        load_config(environ)
    listed: list[str] = refused.value.args[0]
    return listed


def keys_of(kind: type) -> set[str]:
    return {field.name for field in dataclasses.fields(kind)}


# Defaults and the example


def test_without_a_file_the_defaults_hold() -> None:
    config = load_config(ENOUGH)
    assert {name: getattr(config, name) for name in SECTIONS} == {name: kind() for name, kind in SECTIONS.items()}
    assert config.database_url == f"sqlite:///{Path('data').resolve() / 'hotline.sqlite3'}"
    assert (config.public_url, config.redis_url) == ("http://127.0.0.1:8000", "redis://127.0.0.1:6379/0")
    assert account_of(config).api_url == "https://api.twilio.com"


def test_the_example_loads_to_exactly_the_defaults() -> None:
    example, default = load_config(ENOUGH | {"HOTLINE_CONFIG": str(EXAMPLE)}), load_config(ENOUGH)
    assert dataclasses.replace(example, folder=default.folder, file=None) == default


def test_the_example_has_every_key_and_no_other() -> None:
    document = tomllib.loads(EXAMPLE.read_text("utf-8"))
    assert {section: set(table) for section, table in document.items()} == {name: keys_of(kind) for name, kind in SECTIONS.items()}


def test_every_key_of_the_example_says_what_it_is() -> None:
    lines = EXAMPLE.read_text("utf-8").splitlines()
    bare = [line for line in lines if re.match(r"[a-z]", line) and not re.search(r"#.{4,}", line) and not line.startswith("time_zone")]
    assert bare == []


def test_the_example_names_every_variable_the_code_reads() -> None:
    files = [Path(subject.__file__), *(PROJECT / "hotline/gateways").rglob("*.py")]
    read = {name for file in files for name in re.findall(r'"((?:HOTLINE_)[A-Z0-9_]+)"', file.read_text("utf-8"))} - {"HOTLINE_CONFIG"}
    assert {name for name in read if name not in EXAMPLE.read_text("utf-8")} == set()
    assert len(read) == 15


def test_every_section_is_a_part_of_the_configuration() -> None:
    assert set(SECTIONS) <= keys_of(Config)


def attributes_read(code: str, *, within: str = "") -> set[str]:
    """Attributes a source reads, and the tables it asks for by name; `within` one class of it only."""
    tree: ast.AST = ast.parse(code)
    if within:
        [tree] = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == within]
    read = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "table":
            read |= {argument.value for argument in node.args if isinstance(argument, ast.Constant)}
    return read


def unread_keys(sources: list[str]) -> set[str]:
    """Keys whose attribute no source reads. Reading by Config's own properties counts; checking or filling does not."""
    read = set().union(*(attributes_read(code) for code in sources))
    read |= attributes_read(Path(subject.__file__).read_text("utf-8"), within="Config")
    return {f"{section}.{key}" for section, kind in SECTIONS.items() for key in keys_of(kind) if key not in read}


def test_every_key_is_read_somewhere() -> None:
    files = [f for folder in ("hotline", "workers") for f in (PROJECT / folder).rglob("*.py") if f != Path(subject.__file__)]
    files = [f for f in files if "simulator" not in f.parts]
    assert unread_keys([f.read_text("utf-8") for f in files]) == set()


def test_a_key_that_nobody_reads_is_seen() -> None:
    unread = unread_keys(["rows = config.web.page_rows", "load(config.table('lexicon'))"])
    assert "web.page_rows" not in unread
    assert "files.lexicon" not in unread
    assert {"conversation.join_minutes", "conversation.lookups_per_day", "files.categories"} - unread == {"conversation.join_minutes"}


# The environment


def test_the_environment_says_where_everything_is(tmp_path: Path) -> None:
    config = load_config(
        NUMBERED
        | {
            "HOTLINE_DATA_DIR": str(tmp_path),
            "HOTLINE_PUBLIC_URL": "https://hotline.example.org/",
            "HOTLINE_TWILIO_API_URL": "http://127.0.0.1:5001/",
        }
    )
    assert (config.data_dir, config.public_url) == (tmp_path, "https://hotline.example.org")
    assert account_of(config).api_url == "http://127.0.0.1:5001"
    assert config.database_url == SECRETS["HOTLINE_DATABASE_URL"]
    assert config.redis_url == SECRETS["HOTLINE_REDIS_URL"]
    assert (account_of(config).auth_token, account_of(config).auth_token_previous) == ("secret-e", "secret-f")


def test_the_database_and_the_port_have_their_place_by_default(tmp_path: Path) -> None:
    config = load_config(ENOUGH | {"HOTLINE_DATA_DIR": str(tmp_path), "PORT": "5000"})
    assert config.database_url == f"sqlite:///{tmp_path}/hotline.sqlite3"
    assert config.public_url == "http://127.0.0.1:5000"


@pytest.mark.parametrize("name", list(SECRETS))
def test_a_secret_may_stand_in_a_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / "secret"
    path.write_text(f"  {SECRETS[name]}\r\nanother line\n", "utf-8")
    others = {other: value for other, value in NUMBERED.items() if other != name}
    assert load_config(others | {f"{name}_FILE": str(path)}) == load_config(NUMBERED)


@pytest.mark.parametrize("name", list(SECRETS))
def test_the_variable_itself_wins_over_its_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / "secret"
    path.write_text("something else", "utf-8")
    assert load_config(NUMBERED | {f"{name}_FILE": str(path)}) == load_config(NUMBERED)


@pytest.mark.parametrize("name", list(SECRETS))
def test_a_secret_file_that_gives_nothing_is_a_fault_and_never_a_default(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").write_text("\n", "utf-8")
    (tmp_path / "bytes").write_bytes(b"secret-\xff\xfe")
    others = {other: value for other, value in NUMBERED.items() if other != name}
    for what in ("missing", "empty", "bytes", "."):
        told = [fault for fault in faults(others | {f"{name}_FILE": str(tmp_path / what)}) if fault.startswith(f"{name}_FILE: ")]
        assert len(told) == 1, what
        assert "secret-" not in told[0]


@pytest.mark.parametrize("prefix", ["HOTLINE_", ""])
def test_every_secret_may_be_a_file_of_one_folder(tmp_path: Path, prefix: str) -> None:
    for name, value in SECRETS.items():
        (tmp_path / f"{prefix}{name.removeprefix('HOTLINE_')}").write_text(f"{value}\n", "utf-8")
    others = {name: value for name, value in NUMBERED.items() if name not in SECRETS}
    assert load_config(others | {"HOTLINE_SECRETS": str(tmp_path)}) == load_config(NUMBERED)
    wins = others | {"HOTLINE_SECRETS": str(tmp_path), "HOTLINE_SECRET_KEY": "o" * 32}
    assert load_config(wins).secret_key == "o" * 32


def test_the_folder_of_secrets_has_those_of_gateways_too(tmp_path: Path) -> None:
    (tmp_path / "SIM1_PASSWORD").write_text("from-the-folder\n", "utf-8")
    environ = written(tmp_path, '[gateways.sim1]\nkind = "android"\n') | {"HOTLINE_SECRETS": str(tmp_path)}
    told = faults(environ)
    assert not any("SIM1_PASSWORD" in fault for fault in told)
    assert any("SIM1_SIGNING_KEY" in fault for fault in told)


def test_a_folder_of_secrets_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    assert f"HOTLINE_SECRETS: there is no folder {tmp_path / 'gone'}" in faults(ENOUGH | {"HOTLINE_SECRETS": str(tmp_path / "gone")})[0]
    (tmp_path / "SECRET_KEY").write_bytes(b"secret-\xff")
    [told] = [
        fault for fault in faults({**ENOUGH, "HOTLINE_SECRET_KEY": "", "HOTLINE_SECRETS": str(tmp_path)}) if "HOTLINE_SECRETS" in fault
    ]
    assert "secret-" not in told


def test_no_secret_is_taken_from_the_file(tmp_path: Path) -> None:
    for key in ("secret_key", "twilio_auth_token", "database_url"):
        assert faults(written(tmp_path, f'{key} = "x"')) == [f"[{key}] is not a section of the configuration; see config.example.toml"]


def test_its_repr_shows_no_secret() -> None:
    assert "secret-" not in repr(load_config(NUMBERED))
    assert not any(value in repr(load_config(NUMBERED)) for value in SECRETS.values())


# The file


def test_a_key_of_the_file_replaces_the_default_and_leaves_the_others(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, '[conversation]\njoin_minutes = 5\nreply_countries = ["PK", "AE"]'))
    assert config.conversation == dataclasses.replace(subject.Conversation(), join_minutes=5, reply_countries=("PK", "AE"))
    assert config.web == subject.Web()


def test_a_replaced_table_is_found_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "words.toml").touch()
    config = load_config(written(tmp_path, '[files]\nlexicon = "words.toml"'))
    assert config.table("lexicon") == tmp_path / "words.toml"
    assert config.table("categories") is None


def media(folder: Path, toml: str, **secrets: str) -> dict[str, str]:
    return written(folder, f"[media]\n{toml}") | {f"HOTLINE_S3_{name.upper()}_KEY": value for name, value in secrets.items()}


def test_a_bucket_with_its_store_and_keys_is_taken(tmp_path: Path) -> None:
    config = load_config(media(tmp_path, 'endpoint = "https://s3.example.org"\nbucket = "said"', access="a", secret="b"))
    assert (config.media.bucket, config.s3_access_key, config.s3_secret_key) == ("said", "a", "b")


@pytest.mark.parametrize(
    ("toml", "fault"),
    [
        ('endpoint = "https://s3.example.org"', "bucket is missing"),
        ('bucket = "said"', "endpoint must be"),
        ('endpoint = "s3.example.org"\nbucket = "said"', "endpoint must be"),
        ('endpoint = "https://s3.example.org:x"\nbucket = "said"', "endpoint must be"),
        ('endpoint = "http://s3.example.org"\nbucket = "said"', "plain http is for this machine only"),
    ],
)
def test_a_store_that_cannot_be_meant_is_one_fault(tmp_path: Path, toml: str, fault: str) -> None:
    [told] = faults(media(tmp_path, toml, access="a", secret="b"))
    assert fault in told


def test_a_bucket_without_keys_is_a_fault(tmp_path: Path) -> None:
    [told] = faults(media(tmp_path, 'endpoint = "https://s3.example.org"\nbucket = "said"', access="a"))
    assert "HOTLINE_S3_SECRET_KEY" in told


@pytest.mark.parametrize("content", [b"[web\n", b"\xff\xfe", None])
def test_a_file_that_cannot_be_read_is_a_fault(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "hotline.toml"
    if content is not None:
        path.write_bytes(content)
    [fault] = faults(ENOUGH | {"HOTLINE_CONFIG": str(path)})
    assert fault.startswith(f"HOTLINE_CONFIG: {path} cannot be read: ")


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    toml = """
        [conversation]
        default_language = "fr"
        join_minutes = 0
        reply_countries = ["pk"]
        surprise = 1
        [numbers]
        police = "+15"
        ambulance = 1122
        answer_number = "021-35662222"
        region = "Pakistan"
        [contact_hours]
        opens = "24:00"
        closes = "9 pm"
        time_zone = "Asia/Larkana"
        [sending]
        texts_per_s = "60"
        in_flight = true
        [web]
        page_rows = -1
        [files]
        categories = "missing.toml"
        [colours]
        red = 1
    """
    environ = written(tmp_path, toml) | {
        "HOTLINE_SECRET_KEY": "short",
        "HOTLINE_DATABASE_URL": "mysql://db/hotline",
        "HOTLINE_REDIS_URL": "http://127.0.0.1",
        "HOTLINE_PUBLIC_URL": "hotline.example.org",
        "HOTLINE_TWILIO_ACCOUNT_SID": "AC1",
        "HOTLINE_TWILIO_NUMBER": "0300 1234567",
        "HOTLINE_TWILIO_API_URL": "http://api.example.org",
        "HOTLINE_TWILIO_AUTH_TOKEN_PREVIOUS_FILE": str(tmp_path / "nothing"),
    }
    listed = faults(environ)
    expected = [
        "default_language",
        "join_minutes must not be below 1",
        "'pk'",
        "surprise is not a key",
        "[numbers] police",
        "[numbers] ambulance must be text",
        "[numbers] answer_number",
        "'Pakistan'",
        "[contact_hours] opens",
        "[contact_hours] closes",
        "'Asia/Larkana'",
        "texts_per_s must be a whole number",
        "in_flight must be a whole number",
        "page_rows must not be below",
        "there is no file",
        "[colours] is not a section",
        "HOTLINE_SECRET_KEY",
        "HOTLINE_DATABASE_URL",
        "HOTLINE_REDIS_URL",
        "HOTLINE_PUBLIC_URL",
        "HOTLINE_TWILIO_AUTH_TOKEN is missing",
        "HOTLINE_TWILIO_NUMBER",
        "HOTLINE_TWILIO_API_URL",
        "HOTLINE_TWILIO_AUTH_TOKEN_PREVIOUS_FILE",
    ]
    assert [part for part in expected if sum(part in fault for fault in listed) != 1] == []
    assert len(listed) == len(expected)


def test_a_link_as_data_folder_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    [fault] = faults(ENOUGH | {"HOTLINE_DATA_DIR": str(tmp_path / "link")})
    assert fault == f"HOTLINE_DATA_DIR: {tmp_path / 'link'} is a link; name the folder that it points to"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOTLINE_SECRET_KEY", ""),
        ("HOTLINE_SECRET_KEY", "k" * 31),
        ("HOTLINE_PUBLIC_URL", "ftp://hotline.example.org"),
        ("HOTLINE_PUBLIC_URL", "https://hotline.example.org/a b"),
        ("HOTLINE_PUBLIC_URL", "https://hotline..example.org"),
        ("HOTLINE_PUBLIC_URL", f"https://{'a' * 64}.example.org"),
        ("HOTLINE_PUBLIC_URL", "https://hotline.example.org:port"),
        ("HOTLINE_DATABASE_URL", "sqlite://"),
        ("HOTLINE_DATABASE_URL", "postgresql://user:pass@host:port/db"),
        ("HOTLINE_REDIS_URL", "127.0.0.1:6379"),
        ("HOTLINE_REDIS_URL", "redis://127.0.0.1:65536/0"),
        ("HOTLINE_TWILIO_NUMBER", "+1234567"),
        ("HOTLINE_TWILIO_NUMBER", "+1234567890123456"),
        ("HOTLINE_TWILIO_NUMBER", "MG123"),
        ("HOTLINE_TWILIO_NUMBER", "Hotline"),
        ("HOTLINE_TWILIO_API_URL", "api.twilio.com"),
        ("HOTLINE_TWILIO_API_URL", "http://127.0.0.1.example.org"),
        ("HOTLINE_TWILIO_API_URL", "http://localhost.example.org"),
    ],
)
def test_a_wrong_value_in_the_environment_is_one_fault_that_names_it(name: str, value: str) -> None:
    [fault] = faults(ENOUGH | {name: value})
    assert fault.startswith(name)


@pytest.mark.parametrize("number", ["", "+12345678", "+923001234567", "+123456789012345", "8300", "12345678", "MG" + "0a" * 16])
def test_a_number_of_ours_is_checked_for_its_shape_only(number: str) -> None:
    assert account_of(load_config(ENOUGH | {"HOTLINE_TWILIO_NUMBER": number})).number == number


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://[::1]:8000", "https://hotline.example.org/pk", "http://localhost"])
def test_our_address_may_be_a_name_or_a_number_with_a_port_and_a_path(url: str) -> None:
    assert load_config(ENOUGH | {"HOTLINE_PUBLIC_URL": url}).public_url == url


def test_an_account_needs_a_token_and_a_number() -> None:
    assert len(faults(ENOUGH | {"HOTLINE_TWILIO_ACCOUNT_SID": "AC1"})) == 2


@pytest.mark.parametrize(
    "toml", ["conversation = 1", "[[web]]\npage_rows = 1", '[web.page_rows]\na = "b"', "[conversation]\nreply_countries = [1]"]
)
def test_a_value_of_the_wrong_shape_is_one_fault(tmp_path: Path, toml: str) -> None:
    assert len(faults(written(tmp_path, toml))) == 1


LIMITS = [
    ("conversation", "join_minutes", 1, 1440),
    ("conversation", "reopen_days", 1, 3650),
    ("conversation", "stranger_days", 1, 3650),
    ("conversation", "replies_per_sender", 1, None),
    ("conversation", "lookups_per_day", 0, None),
    ("voice", "withheld_lookups_per_minute", 0, None),
    ("sending", "texts_per_s", 1, 1000),
    ("sending", "in_flight", 1, 200),
    ("sending", "timeout_s", 1, 30),
    ("sending", "answer_fresh_minutes", 0, 1440),
    ("sending", "expires_hours", 1, 720),
    ("web", "session_hours", 1, 720),
    ("web", "page_rows", 1, 500),
    ("web", "free_failures", 0, None),
]


@pytest.mark.parametrize(("section", "key", "least", "most"), LIMITS)
def test_a_number_is_taken_up_to_its_limits_and_not_past_them(tmp_path: Path, section: str, key: str, least: int, most: int | None) -> None:
    def with_value(value: int) -> dict[str, str]:
        # What is kept for less long than something else asks for is a fault of its own.
        kept = "\n".join(f"{name} = 36500" for name in ("text_days", "sealed_days", "recording_days", "no_ticket_days"))
        least_of_others = "[conversation]\nreopen_days = 1\n[sending]\ngateway_keep_days = 3"
        others = least_of_others if section == "keeping" else f"[keeping]\n{kept}"
        return written(tmp_path, f"{others}\n[{section}]\n{key} = {value}")

    for value in (least, most or 10**6):
        assert getattr(getattr(load_config(with_value(value)), section), key) == value
    assert faults(with_value(least - 1)) == [f"[{section}] {key} must not be below {least}"]
    if most:
        assert faults(with_value(most + 1)) == [f"[{section}] {key} must not be above {most}"]


# Hours


def test_hours_are_read_as_local_times(tmp_path: Path) -> None:
    assert load_config(ENOUGH).hours == ContactHours(time(8), time(21), ZoneInfo("Asia/Karachi"))
    toml = '[contact_hours]\nopens = "00:00"\ncloses = "24:00"\ntime_zone = "UTC"'
    assert load_config(written(tmp_path, toml)).hours == ContactHours(time(0), None, ZoneInfo("UTC"))


@pytest.mark.parametrize(
    ("opens", "closes"),
    [("21:00", "08:00"), ("08:00", "08:00"), ("8:00", "21:00"), ("08:00", "25:00"), ("08:00", "24:01"), ("08:60", "21:00")],
)
def test_hours_that_are_none_are_a_fault(tmp_path: Path, opens: str, closes: str) -> None:
    assert len(faults(written(tmp_path, f'[contact_hours]\nopens = "{opens}"\ncloses = "{closes}"'))) == 1


@pytest.mark.parametrize("zone", ["", "Asia", "../../etc/passwd", "Karachi", "/etc/localtime"])
def test_a_time_zone_that_is_none_is_a_fault(tmp_path: Path, zone: str) -> None:
    assert len(faults(written(tmp_path, f'[contact_hours]\ntime_zone = "{zone}"'))) == 1


# The demo cannot touch the real


@pytest.mark.parametrize(
    ("sid", "api_url", "is_real"),
    [
        ("", "", False),
        ("AC1", "", True),
        ("AC1", "https://api.example.org", True),
        ("AC1", "http://127.0.0.1:5001", False),
        ("AC1", "http://localhost:5001/path", False),
        ("AC1", "http://[::1]:5001", False),
        ("AC1", "https://127.0.0.1.example.org", True),
    ],
)
def test_a_gateway_is_real_unless_it_listens_on_this_machine(sid: str, api_url: str, is_real: bool) -> None:
    assert load_config(NUMBERED | {"HOTLINE_TWILIO_ACCOUNT_SID": sid, "HOTLINE_TWILIO_API_URL": api_url}).gateway_is_real is is_real


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('pauses = ["friday 13:00-14:30"]', "[duty] pauses: 'friday 13:00-14:30' must be like fri 13:00-14:30, ramzan"),
        ('hours = ["ramzan 09:00-17:00"]', "[duty] hours: 'ramzan 09:00-17:00' must be like ramzan 09:00-17:00 10:00-15:00"),
        ('holiday_dates = ["2027-02-30"]', "[duty] holiday_dates: '2027-02-30' must be like 2027-03-11, or not 2027-03-10"),
        ("moon_days = 9", "[duty] moon_days must not be above 3"),
    ],
)
def test_what_is_wrong_with_hours_is_told_with_what_it_must_be_like(tmp_path: Path, line: str, said: str) -> None:
    [fault] = faults(written(tmp_path, f"[duty]\n{line}"))
    assert fault.startswith(said)


@pytest.mark.parametrize("key", ["text_days", "sealed_days"])
def test_words_are_kept_for_as_long_as_a_citizens_text_opens_the_ticket_again(tmp_path: Path, key: str) -> None:
    toml = f"[conversation]\nreopen_days = 45\n[keeping]\n{key} = "
    load_config(written(tmp_path, f"{toml}45"))
    (fault,) = faults(written(tmp_path, f"{toml}44"))
    assert fault.startswith(f"[keeping] {key} must not be below [conversation] reopen_days (45)")


def test_nothing_is_kept_for_no_days_at_all(tmp_path: Path) -> None:
    for field in dataclasses.fields(Keeping):
        assert f"[keeping] {field.name} must not be below 7" in faults(written(tmp_path, f"[keeping]\n{field.name} = 0"))


@pytest.mark.parametrize("key", ["text_days", "sealed_days", "recording_days", "no_ticket_days"])
def test_nothing_is_kept_for_less_long_than_the_gateway_keeps_it(tmp_path: Path, key: str) -> None:
    toml = f"[conversation]\nreopen_days = 1\n[sending]\ngateway_keep_days = 20\n[keeping]\n{key} = "
    load_config(written(tmp_path, f"{toml}20"))
    (fault,) = faults(written(tmp_path, f"{toml}19"))
    assert fault.startswith(f"[keeping] {key} must not be below [sending] gateway_keep_days (20)")

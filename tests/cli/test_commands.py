"""The commands an administrator types: what they do, and what they say when they cannot."""

import dataclasses
import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from redis import Redis, ResponseError
from sqlalchemy import text, update

from hotline import keys
from hotline.app import create_app
from hotline.cli import main
from hotline.cli.checks import duty
from hotline.gateways.registry import GATEWAYS
from hotline.gateways.twilio.calls import TwilioCalls
from hotline.gateways.twilio.client import TwilioGateway
from hotline.i18n import LOCALES, PROJECT, prompts_path
from hotline.keys import read_keys
from hotline.media import sound
from hotline.media.clips import Kind, Shelf
from hotline.runtime import Runtime
from hotline.services.condition import readiness
from hotline.services.people.login import LoginRefused, log_in
from hotline.simulator import create_simulator
from hotline.simulator.server import make_simulator_server
from hotline.storage.models import Event, Message, Ticket, TicketWord
from hotline.storage.peoplemodels import Volunteer
from tests.services.colleagues import ORGANISATION, volunteer
from tests.services.duty.test_attendance import give_phone
from tests.support import KEYS, SECRET_KEY, TOKEN, catalogues, count, keys_file, text_in, tickets
from tests.web.visiting import Visitor

SID = "AC" + "0" * 31 + "1"
NUMBER = "+15005550006"

Command = Callable[..., Result]


@pytest.fixture(scope="module")
def gateway_url() -> Iterator[str]:
    """A pretend gateway."""
    app = create_simulator(account_sid=SID, auth_token=TOKEN, number=NUMBER, public_url="http://127.0.0.1:1")
    server = make_simulator_server(app)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    app.extensions["simulator"].close()


@pytest.fixture
def settings(database_url: str, redis_url: str, gateway_url: str, tmp_path: Path) -> dict[str, str]:
    """What a hotline that is whole is told."""
    return {
        "HOTLINE_DATA_DIR": str(tmp_path / "data"),
        "HOTLINE_DATABASE_URL": database_url,
        "HOTLINE_REDIS_URL": redis_url,
        "HOTLINE_SECRET_KEY": SECRET_KEY,
        "HOTLINE_KEYS_FILE": keys_file(),
        "HOTLINE_PUBLIC_URL": "https://hotline.example.org",
        "HOTLINE_TWILIO_ACCOUNT_SID": SID,
        "HOTLINE_TWILIO_AUTH_TOKEN": TOKEN,
        "HOTLINE_TWILIO_NUMBER": NUMBER,
        "HOTLINE_TWILIO_API_URL": gateway_url,
    }


@pytest.fixture
def hotline(settings: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """`hotline("load", "FILE.toml", HOTLINE_…="…")`."""
    catalogues()
    # It would write to the output of a command that has ended.
    monkeypatch.setattr("hotline.cli.setting.configure_log", lambda _level: None)

    def command(*words: str, typed: str | None = None, **changes: str) -> Result:
        return CliRunner().invoke(main, words, input=typed, env=settings | changes)

    return command


def told(result: Result) -> str:
    """The output of a command that refuses: lines, not a traceback, and exit code 1."""
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 1, result.output
    return result.output


def a_file(folder: Path, content: str | bytes, name: str = "organisation.toml") -> str:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


# The database


def test_migrating_is_safe_to_do_again(hotline: Command, empty_database_url: str) -> None:
    for _ in range(2):
        result = hotline("migrate", HOTLINE_DATABASE_URL=empty_database_url)
        assert (result.exit_code, result.output) == (0, "The database is up to date.\n")
    assert hotline("add-volunteer", "dana", HOTLINE_DATABASE_URL=empty_database_url).exit_code == 0


NOWHERE = "postgresql://hotline@/hotline?host=/nonexistent"
NO_FOLDER = "sqlite:////dev/null/hotline.sqlite3"


def test_a_database_that_is_away_is_told_in_a_line(hotline: Command, tmp_path: Path) -> None:
    for words in (["migrate"], ["add-volunteer", "dana"], ["reset-password", "dana"], ["load", a_file(tmp_path, ORGANISATION)]):
        for url in (NOWHERE, NO_FOLDER):
            said = told(hotline(*words, HOTLINE_DATABASE_URL=url))
            assert said.startswith("Error: the database ")
            assert "HOTLINE_DATABASE_URL" in said or "run hotline doctor" in said


# The search


def test_the_index_of_the_search_is_built_anew(rt: Runtime, hotline: Command) -> None:
    text_in(rt, "mera mobile cheen liya")
    for _ in range(2):
        result = hotline("search", "reindex")
        assert (result.exit_code, result.output.splitlines()[-1]) == (0, "The index is built.")
        assert count(rt, TicketWord) == 4 + 5  # its words, and the ends of its reference


# The organisation


def test_what_goes_soon_is_counted_by_its_rule(rt: Runtime, hotline: Command) -> None:
    text_in(rt, "orangi town mein mera mobile cheen liya")
    with rt.transaction() as tx:
        gone = {"status": "closed", "unread": False, "to_read": False, "goes_at": datetime.now(UTC), "kept_from": datetime.now(UTC)}
        tx.session.execute(update(Ticket).values(**gone))
        tx.session.execute(update(Message).values(look=None, to_read=None, delivery=None))
    said = hotline("keeping", "--days", "2").output
    assert "This goes in the next 2 days" in said
    assert re.search(r"^ +1  tickets$", said, re.MULTILINE)
    assert "cheen" not in said


def test_what_rings_for_nothing_is_told_with_its_budget(rt: Runtime, hotline: Command) -> None:
    assert "phones rang for 0 tickets" in hotline("danger").output
    for n in range(11):
        text_in(rt, "mera mobile cheen liya", sender=f"+9230012300{n:02}")
    with rt.transaction() as tx:
        for ticket in tickets(rt):
            for kind, data in (("rang", {}), ("looked", {"answer": "ordinary"})):
                tx.session.add(Event(ticket_id=ticket.id, kind=kind, happened_at=datetime.now(UTC), data=data))
    said = hotline("danger", "--days", "7").output
    assert "11 of them were called ordinary by the person who looked: 11.0 a week; the budget is 10" in said
    assert "The budget is not kept" in said


def test_an_organisation_is_loaded_again_and_again(rt: Runtime, hotline: Command, tmp_path: Path) -> None:
    password = a_file(tmp_path, "correct horse\nsecond line\n", "password")
    for _ in range(2):
        result = hotline("load", a_file(tmp_path, ORGANISATION), "--password-file", password)
        assert (result.exit_code, result.output) == (0, "Loaded 4 teams, 7 volunteers, 12 shifts.\n")
    assert log_in(rt, "alice", "correct horse")
    assert hotline("load", str(PROJECT / "hotline/data/demo.toml")).exit_code == 1


def test_the_demo_organisation_is_whole(hotline: Command) -> None:
    result = hotline("load", str(PROJECT / "hotline/data/demo.toml"))
    assert (result.exit_code, result.output) == (0, "Loaded 4 teams, 7 volunteers, 28 shifts.\n")


def test_the_faults_of_a_file_are_listed(rt: Runtime, hotline: Command, tmp_path: Path) -> None:
    said = told(hotline("load", a_file(tmp_path, ORGANISATION.replace('"mon"', '"Monday"').replace('from = "10:00"', 'from = "ten"'))))
    assert said == "Error: the file has faults:\n  [[shift]] number 3: from must be a time like 08:00\n"
    said = told(hotline("load", a_file(tmp_path, ORGANISATION.replace('"mon"', '"Monday"'))))
    assert [line[:40] for line in said.splitlines()[1:]] == [f"  [[shift]] number {n}: Monday is no day; " for n in (1, 2, 3)]
    assert count(rt, Volunteer) == 0


def test_a_password_file_that_gives_none_is_refused(rt: Runtime, hotline: Command, tmp_path: Path) -> None:
    for content, said in ((b"", "is empty"), (b"\nsecond", "is empty"), (b"\xff\xfe", "it is not UTF-8")):
        words = ("load", a_file(tmp_path, ORGANISATION), "--password-file", a_file(tmp_path, content, "password"))
        assert said in told(hotline(*words))
    assert count(rt, Volunteer) == 0


def test_the_demo_is_refused_beside_a_real_gateway(hotline: Command) -> None:
    said = told(hotline("load", str(PROJECT / "hotline/data/demo.toml"), HOTLINE_TWILIO_API_URL="https://api.twilio.com"))
    assert said == "Error: the demo organisation is not loaded beside a real gateway: unset HOTLINE_TWILIO_ACCOUNT_SID\n"


# Volunteers


def shown(result: Result) -> tuple[str, str]:
    """Login and password as a command prints them."""
    found = re.fullmatch(r"Login: {4}(\S+)\nPassword: (\S+)\nIt is shown this once\..*\n", result.output)
    assert found, result.output
    return found[1], found[2]


def test_a_volunteer_is_added_and_the_password_shown_lets_her_in(rt: Runtime, hotline: Command) -> None:
    assert shown(hotline("add-volunteer", "Dana@Example", "--name", "دانا"))[0] == "dana@example"
    said = told(hotline("add-volunteer", "dana@example"))
    assert "there is a volunteer dana@example already" in said
    assert "Password" not in said
    login, password = shown(hotline("add-volunteer", "dana"))
    assert log_in(rt, login, password).name == "dana"
    assert volunteer(rt, "dana@example").name == "دانا"


def test_an_invitation_is_a_link_that_brings_her_in(rt: Runtime, hotline: Command) -> None:
    first = hotline("invite", "dana", "--name", "Dana", "--new").output
    second = hotline("invite", "dana").output
    paths = [re.search(r"(/welcome/\S+)\nIt is shown this once", said) for said in (first, second)]
    assert paths[0]
    assert paths[1]
    dana = Visitor(create_app(rt))
    assert dana.post(paths[0][1], password="long-enough-password").status_code == 404
    assert dana.post(paths[1][1], password="long-enough-password").status_code == 302
    assert dana.is_in()


def test_a_login_with_a_slip_in_it_is_asked_about_before_an_account_is_made(rt: Runtime, hotline: Command) -> None:
    hotline("add-volunteer", "dana")
    said = hotline("invite", "danna")
    assert said.exit_code == 1
    assert "Nobody has the login danna. Did you mean dana? Make a new account [y/N]" in said.output
    assert "/welcome/" not in said.output
    assert count(rt, Volunteer) == 1
    assert "/welcome/" in hotline("invite", "danna", typed="y\n").output
    assert count(rt, Volunteer) == 2
    # Somebody who answers is not asked about a login that is there, nor by a script that says what it wants.
    assert "Nobody" not in hotline("invite", "danna").output
    assert "Nobody" not in hotline("invite", "dania", "--new").output


def test_a_closed_account_is_told_as_one_and_nobody_is_asked_about_a_new_one(rt: Runtime, hotline: Command) -> None:
    hotline("add-volunteer", "dana")
    with rt.engine.begin() as connection:
        connection.execute(update(Volunteer).values(active=False))
    said = hotline("invite", "dana", typed="y\n").output
    assert "the account dana is closed" in said
    assert "Nobody has" not in said


def test_a_login_that_nobody_could_type_is_refused(rt: Runtime, hotline: Command) -> None:
    for login in ("", " ", "a b", "_x", "<b>", "علی", "a\nb", "x" * 65, "a/b"):
        for command in ("add-volunteer", "invite", "reset-password"):
            result = hotline(command, login)
            assert result.exit_code == 2, login
            assert "use letters, digits and . _ - @ + only, 64 at most" in result.output
    assert count(rt, Volunteer) == 0


def test_a_name_that_is_too_long_is_refused(rt: Runtime, hotline: Command) -> None:
    assert hotline("add-volunteer", "dana", "--name", "x" * 121).exit_code == 2
    assert count(rt, Volunteer) == 0


def test_a_new_password_ends_the_log_ins_of_the_old_one(rt: Runtime, hotline: Command) -> None:
    dana = Visitor(create_app(rt)).log_in(*shown(hotline("add-volunteer", "dana")))
    assert dana.is_in()
    login, password = shown(hotline("reset-password", "dana"))
    assert not dana.is_in()
    assert dana.log_in(login, password).is_in()
    with pytest.raises(LoginRefused):
        log_in(rt, "dana", "another")
    assert told(hotline("reset-password", "nobody")) == "Error: there is no volunteer nobody\n"


# The doctor


def verdicts(result: Result) -> dict[str, str]:
    """Check → its line, for the checks that failed."""
    lines = [re.fullmatch(r"(ok {4}|doubt|WRONG) +([\w ]+): (.+)", line) for line in result.output.splitlines()]
    assert all(lines), result.output
    found = {line[2]: line for line in lines if line}
    assert [name for name in found if not name.startswith("gateway ")] == [  # and a line for each that is set up
        "configuration",
        "numbers",
        "tables",
        "reading",
        "catalogues",
        "prompts",
        "database",
        "keys",
        "spool",
        "redis",
        "running",
        "texts",
        "disk",
        "address",
        "hosts",
        "gateway",
        "recordings",
        "files",
        "copies",
        "duty",
        "backup",
    ]
    wrong = {name: line[3] for name, line in found.items() if line[1] == "WRONG"}
    assert result.exit_code == (1 if wrong else 0)
    return wrong


def test_the_doctor_finds_nothing_wrong_with_a_hotline_that_is_whole(hotline: Command, tmp_path: Path) -> None:
    assert verdicts(hotline("doctor")) == {}
    hotline("load", a_file(tmp_path, ORGANISATION))
    result = hotline("doctor")
    assert "real organisation, schema up to date" in result.output
    assert not any(secret in result.output for secret in (SECRET_KEY, TOKEN, SID))


WRONG = [
    ({"HOTLINE_DATABASE_URL": NOWHERE}, "database", "check HOTLINE_DATABASE_URL and that it runs"),
    ({"HOTLINE_DATABASE_URL": NO_FOLDER}, "database", "check HOTLINE_DATABASE_URL and that it runs"),
    ({"HOTLINE_REDIS_URL": "unix:///nonexistent/redis.sock"}, "redis", "Check HOTLINE_REDIS_URL"),
    ({"HOTLINE_TWILIO_AUTH_TOKEN": "wrong"}, "gateway twilio", "does not take our account (20003); check HOTLINE_TWILIO_ACCOUNT_SID"),
    (
        {"HOTLINE_TWILIO_API_URL": "http://127.0.0.1:1"},
        "gateway twilio",
        "127.0.0.1:1 cannot be reached (ConnectionError), so the account was not tried",
    ),
    ({"HOTLINE_TWILIO_ACCOUNT_SID": ""}, "gateway", "HOTLINE_TWILIO_ACCOUNT_SID is not set: no text can come or go"),
]


def test_the_doctor_says_what_is_wrong_and_what_to_do(hotline: Command) -> None:
    for changes, check, advice in WRONG:
        wrong = verdicts(hotline("doctor", **changes))
        assert list(wrong) == [check]
        assert advice in wrong[check]


@pytest.mark.parametrize("store", ["database", "redis"])
def test_the_doctor_looks_at_no_other_store_where_the_secret_cannot_be_read(hotline: Command, tmp_path: Path, store: str) -> None:
    name = f"HOTLINE_{store.upper()}_URL"
    said = hotline("doctor", **{name: "", f"{name}_FILE": str(tmp_path)})
    wrong = verdicts(said)
    assert wrong[store] == f"cannot be looked at before the secret {name} can be read"
    assert (f"{name}_FILE: {tmp_path} cannot be read" in wrong["configuration"], said.output.count("configuration:")) == (True, 1)
    assert "the check itself failed" not in said.output


def test_the_doctor_names_every_fault_at_once(hotline: Command, tmp_path: Path) -> None:
    said = hotline(
        "doctor", HOTLINE_SECRET_KEY="short", HOTLINE_KEYS_FILE=str(tmp_path / "gone"), HOTLINE_TWILIO_API_URL="http://127.0.0.1:1"
    )
    wrong = verdicts(said)
    assert {"configuration", "keys", "gateway twilio"} <= wrong.keys()
    assert "hotline keys new" in wrong["keys"]
    assert "Traceback" not in said.output
    assert "ok     redis" in said.output


def test_the_doctor_looks_what_each_number_is(hotline: Command, tmp_path: Path) -> None:
    numbers = """
        [voice]
        number = "+923001234567"
        duty_line = ["+9200000015", "+92900123456"]
        [numbers]
        ambulance = "77"
        [gateways.twilio]
        kind = "twilio"
        lines = ["1122"]
    """
    said = hotline("doctor", HOTLINE_CONFIG=a_file(tmp_path, numbers, "hotline.toml"))
    assert "[gateways.twilio] lines: 1122 is an emergency number" in verdicts(said)["numbers"]
    lines = ["+923001234567"]
    doubtful = numbers.replace('"1122"', f'"{lines[0]}"').replace(', "+92900123456"', "")
    said = hotline("doctor", HOTLINE_CONFIG=a_file(tmp_path, doubtful, "hotline.toml"))
    [line] = [line for line in said.output.splitlines() if "numbers:" in line]
    assert line.startswith("doubt  numbers: [voice] number: +923001234567 is a mobile")
    assert "+9200000015 is no number in any country's plan" in line
    assert "[numbers] ambulance: 77 is not known as an emergency number in PK" in line


def test_the_doctor_lets_the_version_before_run_on_a_newer_schema(rt: Runtime, hotline: Command) -> None:
    with rt.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    said = hotline("doctor")
    assert "doubt  database: its schema (9999) is a newer version's" in said.output
    assert hotline("migrate").output == "The database is of a newer version than this (9999): it stays as it is.\n"
    assert "which this version does not know" in hotline("upgrade", "--check").output


def test_the_doctor_sees_a_database_that_can_be_read_and_not_written(hotline: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "database", lambda _: "can be read, cannot be written: OperationalError")
    assert "cannot be written: OperationalError: is its disk full" in verdicts(hotline("doctor"))["database"]


def test_the_doctor_sees_an_old_schema(hotline: Command, empty_database_url: str) -> None:
    wrong = verdicts(hotline("doctor", HOTLINE_DATABASE_URL=empty_database_url))
    assert wrong == {"database": "the schema is not the newest; run: hotline migrate"}


def test_the_doctor_sees_catalogues_and_tables_that_cannot_be_used(
    hotline: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hotline.i18n.LOCALES", tmp_path / "locales")
    a_file(tmp_path, "", "categories.toml")
    wrong = verdicts(hotline("doctor", HOTLINE_CONFIG=a_file(tmp_path, '[files]\ncategories = "categories.toml"', "hotline.toml")))
    assert sorted(wrong) == ["catalogues", "prompts", "tables"]
    assert "hotline compile" in wrong["catalogues"]


def test_the_doctor_reads_every_table(hotline: Command, tmp_path: Path) -> None:
    for table in ("areas", "lexicon", "unsaid", "wishes", "protocols"):
        a_file(tmp_path, "odd = 1", f"{table}.toml")
        wrong = verdicts(hotline("doctor", HOTLINE_CONFIG=a_file(tmp_path, f'[files]\n{table} = "{table}.toml"', "hotline.toml")))
        assert list(wrong) == ["tables"]
        assert f"{table}.toml: 'odd' is no " in wrong["tables"]
    a_file(tmp_path, "odd", "places.tsv")
    wrong = verdicts(hotline("doctor", HOTLINE_CONFIG=a_file(tmp_path, '[files]\ngazetteer = "places.tsv"', "hotline.toml")))
    assert list(wrong) == ["tables"]
    assert "places.tsv: line 1: the first row must name the columns" in wrong["tables"]


def approved(folder: Path, *besides: str) -> str:
    """The setting of a file in which a professional has approved every card but those."""
    parts = (PROJECT / "hotline/data/protocols.toml").read_text("utf-8").split("[[protocol]]")
    signed = 'approved_by = "Dr. Ayesha Khan"\napproved_on = 2026-11-20'
    done = [part if any(f'"{code}"' in part for code in besides) else part.replace('approved_by = ""', signed) for part in parts]
    a_file(folder, "[[protocol]]".join(done), "protocols.toml")
    return '[files]\nprotocols = "protocols.toml"\n'


def test_the_doctor_lets_nobody_follow_a_card_beside_real_callers_that_no_professional_approved(
    hotline: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TwilioGateway, "check", lambda _self: None)
    monkeypatch.setattr(TwilioCalls, "media_is_open", lambda _self: False)
    real = {"HOTLINE_TWILIO_API_URL": "https://api.twilio.com"}
    assert "tables" not in verdicts(hotline("doctor"))  # beside a pretend gateway nobody is in danger
    unread = verdicts(hotline("doctor", **real))["tables"]
    assert unread.startswith(
        "no professional has approved these protocol cards: suicide, child, violence_home, sexual_violence, kidnapping"
    )
    for besides, said in ((("religion", "missing"), "cards: religion, missing; "), ((), "")):
        own = {"HOTLINE_CONFIG": a_file(tmp_path, approved(tmp_path, *besides), "hotline.toml")}
        assert said in verdicts(hotline("doctor", **real, **own)).get("tables", "")
        assert ("tables" in verdicts(hotline("doctor", **real, **own))) is bool(besides)


@pytest.fixture
def locales(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of our catalogues and clips, to break."""
    catalogues()
    shutil.copytree(LOCALES, tmp_path / "locales")
    monkeypatch.setattr("hotline.i18n.LOCALES", tmp_path / "locales")
    return tmp_path / "locales"


def say_recorded(locales: Path, language: str, *but: str) -> None:
    """As if a person had recorded all clips of a language but these."""
    manifest = prompts_path(locales, language) / "manifest.json"
    content = json.loads(manifest.read_text("utf-8"))
    for name, entry in content.items():
        entry["kind"] = "placeholder" if name in but else "recorded"
    manifest.write_text(json.dumps(content), "utf-8")


CRITICAL = [
    *("danger_key", "danger.1", "cannot_speak", "speak_where", "duty_rings", "duty_nobody", "busy.1"),
    *("notice", "consent", "call_consent", "speak_early", "digit_0", "digit_9", "reference.1"),
]


def test_the_doctor_lets_nobody_in_danger_hear_a_machine(
    hotline: Command, locales: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TwilioGateway, "check", lambda _self: None)
    monkeypatch.setattr(TwilioCalls, "media_is_open", lambda _self: False)
    hotline("keys", "confirm", KEYS.check())
    urdu = {"HOTLINE_CONFIG": a_file(tmp_path, f'[voice]\nlanguages = ["ur"]\n{approved(tmp_path)}', "hotline.toml")}
    line = '[voice]\nlanguages = ["ur"]\nnumber = "+15005550006"\nduty_line = ["+923451110000", "+923451110001"]\n' + approved(tmp_path)
    real = {"HOTLINE_CONFIG": a_file(tmp_path, line, "real.toml"), "HOTLINE_TWILIO_API_URL": "https://api.twilio.com"}
    assert "callers must understand at once: ur danger_key, " in verdicts(hotline("doctor", **real))["prompts"]
    assert verdicts(hotline("doctor", **urdu)) == {}  # calls through a pretend gateway reach no real phone
    say_recorded(locales, "ur", "goodbye", "category_theft", "main_menu")
    assert verdicts(hotline("doctor", **real)) == {}
    for name in CRITICAL:
        say_recorded(locales, "ur", name)
        assert f"callers must understand at once: ur {name};" in verdicts(hotline("doctor", **real))["prompts"]


def test_the_doctor_sees_prompts_without_audio(hotline: Command, locales: Path) -> None:
    (prompts_path(locales, "sd") / "danger.1.wav").unlink()
    urdu = Shelf(prompts_path(locales, "ur"))
    urdu.add("consent", "other words than those of the catalogue", Kind.RECORDED, sound.read_wav(urdu.path("speak_now")))
    assert verdicts(hotline("doctor")) == {
        "prompts": "no audio, or older than its text: ur consent, sd danger.1; run: hotline prompts list"
    }
    (prompts_path(locales, "en") / "manifest.json").write_text("{", "utf-8")
    assert "manifest.json cannot be read" in verdicts(hotline("doctor"))["prompts"]


def test_the_doctor_sees_a_redis_that_throws_jobs_away_and_minds_none_that_will_not_say(hotline: Command, redis_url: str) -> None:
    with Redis.from_url(redis_url) as redis:
        redis.config_set("maxmemory-policy", "allkeys-lru")
        try:
            assert "noeviction" in verdicts(hotline("doctor"))["redis"]
        finally:
            redis.config_set("maxmemory-policy", "noeviction")
        redis.acl_setuser("clerk", enabled=True, passwords=["+secret"], keys=["*"], categories=["+@all"], commands=["-config"])
        try:
            assert verdicts(hotline("doctor", HOTLINE_REDIS_URL=redis_url.replace("unix://", "unix://clerk:secret@"))) == {}
        finally:
            redis.acl_deluser("clerk")


def test_the_doctor_sees_a_redis_that_answers_and_takes_nothing(hotline: Command, redis_url: str) -> None:
    with Redis.from_url(redis_url) as redis:
        redis.config_set("maxmemory", "1")
        try:
            assert "answers, and takes nothing" in verdicts(hotline("doctor"))["redis"]
        finally:
            redis.config_set("maxmemory", "0")
        redis.replicaof("127.0.0.1", 1)
        try:
            assert "answers, and takes nothing" in verdicts(hotline("doctor"))["redis"]
        finally:
            redis.replicaof("NO", "ONE")


def test_the_doctor_sees_a_redis_whose_disk_is_full(hotline: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ResponseError("MISCONF Errors writing to the AOF file: No space left on device")

    monkeypatch.setattr(Redis, "ping", refuse)  # it answers every command so but those that set it up
    monkeypatch.setattr(Redis, "set", refuse)
    assert "answers, and takes nothing (MISCONF" in verdicts(hotline("doctor"))["redis"]


def test_the_doctor_sees_the_demo_beside_a_real_gateway_and_texts_in_the_clear(hotline: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TwilioGateway, "check", lambda _self: None)
    monkeypatch.setattr(TwilioCalls, "media_is_open", lambda _self: False)
    hotline("load", str(PROJECT / "hotline/data/demo.toml"))
    wrong = verdicts(hotline("doctor", HOTLINE_TWILIO_API_URL="https://api.twilio.com", HOTLINE_PUBLIC_URL="http://hotline.example.org"))
    assert [name for name in wrong if name != "prompts"] == ["tables", "database", "keys", "gateway", "duty"]
    assert "hotline keys paper, then confirm" in wrong["keys"]
    assert "it holds the demo, and a real gateway is configured" in wrong["database"]
    assert "not https" in wrong["gateway"]


@pytest.fixture
def real(hotline: Command, monkeypatch: pytest.MonkeyPatch, locales: Path, tmp_path: Path) -> Callable[[str], dict[str, str]]:
    """`real("number = …")`: what the doctor finds wrong beside a real gateway with those keys of [voice] and every prompt recorded."""
    monkeypatch.setattr(TwilioGateway, "check", lambda _self: None)
    monkeypatch.setattr(TwilioCalls, "media_is_open", lambda _self: False)
    for language in ("ur", "sd", "en"):
        say_recorded(locales, language)
    hotline("load", a_file(tmp_path, ORGANISATION))
    hotline("keys", "confirm", KEYS.check())

    def doctor(keys: str) -> dict[str, str]:
        config = a_file(tmp_path, f"[voice]\n{keys}\n{approved(tmp_path)}", "real.toml")
        return verdicts(hotline("doctor", HOTLINE_CONFIG=config, HOTLINE_TWILIO_API_URL="https://api.twilio.com"))

    return doctor


def test_the_doctor_refuses_a_real_gateway_that_can_ring_no_volunteer(
    real: Callable[[str], dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "[voice] number is empty; write the number there" in real("")["duty"]
    only_texts = dataclasses.replace(GATEWAYS["twilio"], calls=None)
    monkeypatch.setattr(duty, "gateways_in_use", lambda _config: {"twilio": only_texts})
    assert "the gateway in use places no calls; set up another" in real('number = "+15005550006"')["duty"]


def test_the_doctor_names_the_hours_in_which_fewer_than_two_people_can_be_rung(rt: Runtime, real: Callable[[str], dict[str, str]]) -> None:
    wrong = real('number = "+15005550006"')["duty"]
    assert re.search(r"fewer than 2 people can be rung: \w+day [0-9-]{10} [0-9:]{5} to \w+day [0-9-]{10} [0-9:]{5} \(nobody\); on", wrong)
    for login, phone in (("alice", "+923211234501"), ("bob", "+923211234502")):
        give_phone(rt, login, phone)
    line = 'number = "+15005550006"\nduty_line = ["+923451110000"'
    wrong = real(f"{line}]")["duty"]
    assert "20:00 to" in wrong
    assert "nobody" not in wrong
    assert real(f'{line}, "+923451110001"]') == {}


def test_the_doctor_doubts_a_real_gateway_without_backups_and_lets_it_run(hotline: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TwilioGateway, "check", lambda _self: None)
    monkeypatch.setattr(TwilioCalls, "media_is_open", lambda _self: False)
    said = hotline("doctor", HOTLINE_TWILIO_API_URL="https://api.twilio.com").output
    assert "doubt  backup: none is made: set folder and to in [backup]" in said
    assert "doubt  backup" not in hotline("doctor").output


def test_the_doctor_sees_recordings_that_anybody_can_have(hotline: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TwilioCalls, "media_is_open", lambda _self: True)
    assert "plays them to anybody who asks" in verdicts(hotline("doctor"))["recordings"]


def test_the_doctor_sees_what_others_can_read_and_a_new_release_closes_it(hotline: Command, tmp_path: Path) -> None:
    recording = tmp_path / "data" / "recordings" / "0123.wav"
    recording.parent.mkdir(parents=True)
    recording.touch()
    recording.chmod(0o644)
    assert f"chmod go= '{recording}'" in verdicts(hotline("doctor"))["files"]
    assert hotline("migrate").exit_code == 0
    assert verdicts(hotline("doctor")) == {}
    recording.unlink()
    recording.symlink_to("/etc/passwd")
    assert f"{recording} is a link" in verdicts(hotline("doctor"))["files"]
    assert f"{recording}: a link is in its place" in told(hotline("migrate"))


def test_the_doctor_sees_a_bucket_that_takes_nothing(hotline: Command, tmp_path: Path) -> None:
    media = a_file(tmp_path, '[media]\nendpoint = "http://127.0.0.1:1"\nbucket = "recordings"', "hotline.toml")
    wrong = verdicts(hotline("doctor", HOTLINE_CONFIG=media, HOTLINE_S3_ACCESS_KEY="a", HOTLINE_S3_SECRET_KEY="secret-of-the-store"))
    assert list(wrong) == ["recordings"]
    assert "cannot be stored" in wrong["recordings"]
    assert "secret-of-the-store" not in wrong["recordings"]


# The configuration


def test_all_faults_of_the_configuration_are_listed_whatever_the_command(hotline: Command, tmp_path: Path) -> None:
    changes = {"HOTLINE_SECRET_KEY": "short", "HOTLINE_TWILIO_NUMBER": "hotline", "HOTLINE_REDIS_URL": "localhost"}
    for words in (["migrate"], ["add-volunteer", "dana"], ["load", a_file(tmp_path, "")]):
        said = told(hotline(*words, **changes))
        assert said.startswith("Error: the configuration has faults:\n  HOTLINE_")
        assert all(name in said for name in changes)
        assert len(said.splitlines()) == 4
    said = told(hotline("doctor", **changes))
    assert [line.partition(": ")[0] for line in said.splitlines()[:3]] == ["WRONG  configuration"] * 3


def test_the_command_as_it_is_installed_says_its_version_and_what_it_can_do() -> None:
    program = str(Path(sys.executable).parent / "hotline")
    version, commands = (subprocess.run([program, word], capture_output=True, text=True, check=True) for word in ("--version", "--help"))
    assert re.fullmatch(r"hotline, version \d+\.\d+\.\d+\n", version.stdout)
    for name in ("migrate", "load", "add-volunteer", "reset-password", "doctor", "compile", "run"):
        assert f"\n  {name} " in commands.stdout


# The keys


def test_the_keys_are_made_shown_added_and_retired_by_commands(hotline: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "LOOK_AGAIN_S", 0.0)
    path = {"HOTLINE_KEYS_FILE": str(tmp_path / "safe" / "keys.toml")}
    assert "is made" in hotline("keys", "new", **path).output
    assert "there already" in told(hotline("keys", "new", **path))
    assert hotline("migrate", **path).exit_code == 0
    before = read_keys(Path(path["HOTLINE_KEYS_FILE"]))
    shown = hotline("keys", "check", **path).output
    assert f"sealing {before.current}" in shown
    assert "No paper copy was confirmed" in shown
    assert not any(key.hex() in shown for key in (before.mark, before.staff, *before.sealing.values()))
    sheet = hotline("keys", "paper", **path).output
    assert before.mark.hex() in sheet
    assert sheet.splitlines()[-1] == f"# {before.check()}"  # as `hotline keys confirm --help` and docs/operator.md say
    assert "not the code" in told(hotline("keys", "confirm", "12345678", **path))
    assert hotline("keys", "confirm", before.check(), **path).exit_code == 0
    assert "A paper copy was confirmed" in hotline("keys", "check", **path).output
    assert "Print a new sheet" in hotline("keys", "add", **path).output
    assert "contacts are sealed anew" in hotline("keys", "rotate", **path).output
    assert "contacts are sealed anew" in hotline("keys", "rotate", "--deep", **path).output
    assert "is retired" in hotline("keys", "retire", before.current, **path).output
    assert "there is no sealing key" in told(hotline("keys", "retire", before.current, **path))
    # Another file, and none, are told at once.
    assert "is not the file of this database" in told(hotline("keys", "check"))
    assert "is not the file of this database" in told(hotline("migrate"))
    assert "cannot be read" in told(hotline("keys", "check", HOTLINE_KEYS_FILE=str(tmp_path / "none.toml")))
    assert "HOTLINE_KEYS_FILE is missing" in told(hotline("keys", "new", HOTLINE_KEYS_FILE=""))

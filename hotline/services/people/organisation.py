"""Loads an organisation (teams, people, shifts) from a TOML file. Loading a file again changes rows and doubles none."""

import re
import secrets
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any, cast

from babel import Locale

from hotline.domain.hours import WEEKDAYS
from hotline.domain.language import NEIGHBOURS
from hotline.domain.languages import LANGUAGES, PAGE_LANGUAGES, SOURCE, VOLUNTEERS_SPEAK
from hotline.domain.rights import Role
from hotline.runtime import Runtime, Transaction
from hotline.services.people import confirming, grants
from hotline.services.people.account import NotAPhone, own_phone
from hotline.services.people.installation import become
from hotline.services.people.leaving import leave
from hotline.services.people.passwords import hash_password
from hotline.services.tickets.handback import hand_back
from hotline.storage import invitations, logins, people
from hotline.storage.peopleevents import PeopleEventKind, happened
from hotline.storage.peoplemodels import Team, Volunteer
from hotline.tomlfile import NAMES, TEXT, TEXTS, TIME, YES_NO, Unreadable, is_of, read_toml, time_of

LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+\-]{0,63}")
"""The form of a login, in small letters."""

LANGUAGES_SPOKEN = frozenset({*LANGUAGES, *NEIGHBOURS, *Locale("en").languages})
"""Codes of the languages that volunteers may speak, from CLDR: callers speak more than the call menu has, such as Pashto (ps)."""

NAME_LENGTH = 120
_CODE_LENGTH = 40
_TABLES = {
    "team": {"code": TEXT, "name": NAMES},
    "volunteer": {
        "login": TEXT,
        "name": TEXT,
        "teams": TEXTS,
        "leads": TEXTS,
        "head": YES_NO,
        "languages": TEXTS,
        "page_language": TEXT,
        "active": YES_NO,
        "role": TEXT,
        "phone": TEXT,
    },
    "shift": {"team": TEXT, "volunteers": TEXTS, "days": TEXTS, "from": TIME, "to": TIME, "on_holidays": YES_NO},
}
_NEEDED = {"team": ("code", "name"), "volunteer": ("login", "name"), "shift": ("team", "volunteers", "days", "from", "to")}


class OrganisationFault(Exception):
    """The file has faults; `args[0]` is the list of all of them, a sentence each."""


@dataclass(frozen=True)
class Loaded:
    """How many rows an organisation file named."""

    teams: int
    volunteers: int
    shifts: int


def load_organisation(rt: Runtime, path: Path, *, password: str = "") -> Loaded:
    """Load teams, people and shifts from a TOML file. Raises `OrganisationFault`, `DemoBesideReal`.

    What the file names is made or changed, the shifts of its teams are replaced, everybody else stays as they are. Keys that the file
    leaves out (as active, languages, on_holidays) keep their value. `password` is set for volunteers who have none.
    """
    document = _read(path)
    password_hash = hash_password(password) if password else None  # before the transaction: nobody else could write meanwhile
    with rt.transaction() as tx:
        become(rt, tx, demo=bool(document.get("demo")))
        teams = {t["code"]: _team(tx, t) for t in document.get("team", [])}
        tx.session.flush()
        every_team = people.teams(tx.session)
        if faults := _check_teams(document, every_team):
            raise OrganisationFault(faults)
        volunteers = {v["login"]: _volunteer(rt, tx, v, every_team, password_hash) for v in document.get("volunteer", [])}
        tx.session.flush()
        shifts = _shifts(tx, document.get("shift", []), teams, every_team, volunteers)
        happened(tx.session, PeopleEventKind.FILE_LOADED, now=tx.now, by=None)
    return Loaded(len(teams), len(volunteers), shifts)


def add_volunteer(rt: Runtime, login: str, name: str) -> str | None:
    """Add a volunteer who is in no team yet. Returns the new password, which is not kept; None if the login is taken."""
    password = new_password()
    password_hash = hash_password(password)
    with rt.transaction() as tx:
        added = people.add(tx.session, login, name, password_hash=password_hash)
        if added is None:
            return None
        happened(tx.session, PeopleEventKind.INVITED, now=tx.now, by=None, about=added)
    return password


def reset_password(rt: Runtime, login: str) -> str | None:
    """Set a new password and end every log-in and link of the volunteer. Returns the password; None if nobody has that login."""
    password = new_password()
    password_hash = hash_password(password)
    with rt.transaction() as tx:
        volunteer = people.by_login(tx.session, login)
        if volunteer is None:
            return None
        people.choose_password(tx.session, volunteer.id, password_hash)
        confirming.came(tx, volunteer.id, made_by=None)
        logins.end_all(tx.session, volunteer.id, now=tx.now)
        happened(tx.session, PeopleEventKind.PASSWORD_RESET, now=tx.now, by=None, about=volunteer.id)
        invitations.void(tx.session, volunteer.id, now=tx.now)
    return password


def new_password() -> str:
    """A random password: sixteen characters that are easy to read out on a telephone, in groups of four."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))


def _read(path: Path) -> dict[str, Any]:
    """The checked content of a file, its logins in small letters. Raises `OrganisationFault`."""
    try:
        document = read_toml(path)
    except Unreadable as fault:
        raise OrganisationFault([str(fault)]) from fault
    faults = [f"{key} is not a part of an organisation file" for key in document.keys() - _TABLES.keys() - {"demo"}]
    if not isinstance(document.get("demo", False), bool):
        faults.append("demo must be true or false")
    for table in _TABLES:
        faults += _check_table(table, document.get(table, []))
    # Rows are compared only if each of them is well-formed.
    faults = faults or _check_rows(document)
    if faults:
        raise OrganisationFault(faults)
    return document


def _check_table(table: str, rows: object) -> list[str]:
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return [f"[[{table}]] must be a list of tables"]
    faults, kinds = [], _TABLES[table]
    for number, row in enumerate(rows, 1):
        where = f"[[{table}]] number {number}"
        faults += [f"{where}: {key} is not a key" for key in row if key not in kinds]
        faults += [f"{where}: {key} must be {kinds[key]}" for key in row if key in kinds and not is_of(kinds[key], row[key])]
        missing = [key for key in _NEEDED[table] if row.get(key) in (None, "", [])]
        if missing:
            faults.append(f"{where}: {', '.join(missing)} missing")
    return faults


def _check_rows(document: dict[str, Any]) -> list[str]:
    teams, volunteers, shifts = (document.get(table, []) for table in _TABLES)
    for row in volunteers:
        row["login"] = row["login"].strip().lower()
    for row in shifts:
        row["volunteers"] = [login.strip().lower() for login in row["volunteers"]]
    faults = [f"[[team]] {code} stands there twice" for code in _twice(row["code"] for row in teams)]
    faults += [f"[[team]] {row['code']}: a code has {_CODE_LENGTH} characters at most" for row in teams if len(row["code"]) > _CODE_LENGTH]
    faults += [f"[[volunteer]] {login} stands there twice" for login in _twice(row["login"] for row in volunteers)]
    for row in teams:
        faults += _check_names(f"[[team]] {row['code']}", row["name"])
    named = [("team", name) for row in teams for name in _names(row["name"]).values()] + [("volunteer", row["name"]) for row in volunteers]
    faults += [f"[[{table}]] {name}: a name has {NAME_LENGTH} characters at most" for table, name in named if len(name) > NAME_LENGTH]
    for row in volunteers:
        where = f"[[volunteer]] {row['login']}"
        if not LOGIN.fullmatch(row["login"]):
            faults.append(f"{where}: a login has letters, digits and . _ - @ + only, 64 at most")
        if row.get("page_language", SOURCE) not in PAGE_LANGUAGES:
            faults.append(f"{where}: page_language must be one of {', '.join(PAGE_LANGUAGES)}")
        if row.get("role", Role.VOLUNTEER) not in set(Role):
            faults.append(f"{where}: role must be one of {', '.join(Role)}")
        elif row.get("role", Role.VOLUNTEER) != Role.VOLUNTEER and (row.get("teams") or row.get("leads") or row.get("head")):
            faults.append(f"{where}: an {row['role']} works no tickets: no teams, no leads, no head")
        faults += [f"{where}: {code} is no language" for code in row.get("languages", []) if code not in LANGUAGES_SPOKEN]
    return faults + _check_shifts(shifts, volunteers)


def _check_names(where: str, name: str | dict[str, str]) -> list[str]:
    names = _names(name)
    faults = [
        f"{where}: {code} is no language of the pages; use {', '.join(PAGE_LANGUAGES)}" for code in names if code not in PAGE_LANGUAGES
    ]
    if SOURCE not in names:
        faults.append(f"{where}: the name in {SOURCE} is missing; it stands where a language has none")
    return faults + [f"{where}: the name in {code} is empty" for code, said in names.items() if not said.strip()]


def _names(name: str | dict[str, str]) -> dict[str, str]:
    """Language → name. A name that is one text is the name in every language."""
    return name if isinstance(name, dict) else {SOURCE: name}


def _check_shifts(shifts: list[dict[str, Any]], volunteers: list[dict[str, Any]]) -> list[str]:
    faults, member_of = [], defaultdict[str, set[str]](set)
    for row in volunteers:
        member_of[row["login"]].update(row.get("teams", []), row.get("leads", []))
    for number, row in enumerate(shifts, 1):
        where = f"[[shift]] number {number}"
        faults += [f"{where}: {day} is no day; use {' '.join(WEEKDAYS)}" for day in row["days"] if day not in WEEKDAYS]
        faults += [f"{where}: nobody in this file has the login {login}" for login in row["volunteers"] if login not in member_of]
        # A volunteer outside the team would never be on duty, and nobody would know why.
        strangers = [login for login in row["volunteers"] if row["team"] not in member_of.get(login, {row["team"]})]
        faults += [f"{where}: {login} is not in the team {row['team']}" for login in strangers]
    return faults


def _check_teams(document: dict[str, Any], teams: dict[str, Team]) -> list[str]:
    """Faults: teams that are neither in the file nor in the database."""
    faults = []
    for row in document.get("volunteer", []):
        unknown = sorted({*row.get("teams", []), *row.get("leads", [])} - teams.keys())
        faults += [f"[[volunteer]] {row['login']}: there is no team {code}" for code in unknown]
    unknown = sorted({row["team"] for row in document.get("shift", [])} - teams.keys())
    return faults + [f"[[shift]]: there is no team {code}" for code in unknown]


def _twice(values: Iterable[str]) -> list[str]:
    return [value for value, times in Counter(values).items() if times > 1]


def _team(tx: Transaction, row: dict[str, Any]) -> Team:
    names = _names(row["name"])
    return people.team(tx.session, row["code"], names[SOURCE], names if len(names) > 1 else {})


def _volunteer(rt: Runtime, tx: Transaction, row: dict[str, Any], teams: dict[str, Team], password_hash: str | None) -> Volunteer:
    volunteer = people.by_login(tx.session, row["login"])
    before = grants.taking_two(rt, tx, volunteer) if volunteer is not None else None
    if volunteer is None:
        volunteer = Volunteer(login=row["login"], password_hash=None, page_language=SOURCE)
        tx.session.add(volunteer)
    was_here = bool(volunteer.active)
    _describe(rt, tx, volunteer, row)
    leads = set(row.get("leads", []))
    member_of = set(row.get("teams", [])) | leads
    left = [team_id for team_id, code in people.teams_of(tx.session, volunteer.id) if code not in member_of]
    people.join_teams(tx.session, volunteer.id, {teams[code].id: code in leads for code in sorted(member_of)})
    tx.session.flush()
    for team_id in left:
        hand_back(tx, volunteer.id, by=None, team_id=team_id)
    if was_here and not volunteer.active:
        leave(tx, volunteer.id, by=None)
    elif volunteer.role != Role.VOLUNTEER:
        hand_back(tx, volunteer.id, by=None)
    if before is not None and volunteer.active and (not was_here or grants.taking_two(rt, tx, volunteer) - before):
        confirming.end_old_ways(tx, volunteer.id)
    if password_hash is not None and people.keeps_password(tx.session, volunteer.id, None):
        people.choose_password(tx.session, volunteer.id, password_hash)
        confirming.came(tx, volunteer.id, made_by=None)
    return volunteer


def _describe(rt: Runtime, tx: Transaction, volunteer: Volunteer, row: dict[str, Any]) -> None:
    volunteer.name = row["name"]
    volunteer.page_language = row.get("page_language", volunteer.page_language)
    volunteer.languages = list(row.get("languages", volunteer.languages or VOLUNTEERS_SPEAK))
    volunteer.is_head = bool(row.get("head", False))
    volunteer.active = bool(row.get("active", volunteer.active is not False))
    volunteer.role = row.get("role", volunteer.role or Role.VOLUNTEER)
    if row.get("phone"):
        try:
            volunteer.phone_id = own_phone(rt, tx, row["phone"], volunteer.page_language)
        except NotAPhone as fault:
            raise OrganisationFault([f"[[volunteer]] {row['login']}: phone is no number that could be texted"]) from fault
    tx.session.flush()


def _shifts(
    tx: Transaction, rows: list[dict[str, Any]], named: dict[str, Team], teams: dict[str, Team], volunteers: dict[str, Volunteer]
) -> int:
    touched = {teams[row["team"]].id for row in rows} | {team.id for team in named.values()}
    wanted: dict[tuple[int, int, int, time], tuple[time, bool | None]] = {}
    for row in rows:
        for login in row["volunteers"]:
            for day in row["days"]:
                starts, ends = cast("time", time_of(row["from"])), cast("time", time_of(row["to"]))  # checked as the file was read
                key = (volunteers[login].id, teams[row["team"]].id, WEEKDAYS.index(day), starts)
                wanted[key] = ends, row.get("on_holidays")
    people.plan(tx.session, touched, wanted)
    return len(wanted)

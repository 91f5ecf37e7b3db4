"""An organisation comes in from a file: its teams, people and shifts, again and again without doubling."""

import secrets
import tomllib
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any, cast

from hotline.domain.language import Language
from hotline.i18n import PAGE_LANGUAGES
from hotline.runtime import Runtime, Transaction
from hotline.services.installation import become
from hotline.services.login import hash_password
from hotline.storage import people
from hotline.storage.models import Team, Volunteer

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TABLES = {
    "team": {"code", "name"},
    "volunteer": {"login", "name", "teams", "leads", "head", "languages", "page_language", "active"},
    "shift": {"team", "volunteers", "days", "from", "to"},
}


class OrganisationFault(Exception):
    """The file has faults; `args[0]` lists them all."""


@dataclass(frozen=True)
class Loaded:
    """What an organisation file brought."""

    teams: int
    volunteers: int
    shifts: int


def load_organisation(rt: Runtime, path: Path, *, password: str = "") -> Loaded:
    """Bring in teams, people and shifts from a TOML file. What it names is made or changed, the shifts of the teams it names are
    replaced, nobody else is touched. `password` is set for people who have none. Raises `OrganisationFault`, `DemoBesideReal`."""
    document = _read(path)
    with rt.transaction() as tx:
        become(rt.config, tx, demo=bool(document.get("demo")))
        teams = {t["code"]: people.team(tx.session, t["code"], t["name"]) for t in document.get("team", [])}
        tx.session.flush()
        every_team = people.teams(tx.session)
        volunteers = {v["login"]: _volunteer(tx, v, every_team, password) for v in document.get("volunteer", [])}
        tx.session.flush()
        shifts = _shifts(tx, document.get("shift", []), teams, every_team, volunteers)
    return Loaded(len(teams), len(volunteers), shifts)


def add_volunteer(rt: Runtime, login: str, name: str) -> str | None:
    """A volunteer with a new password, which is returned once; None if the login is taken. She is in no team yet: `load` her into one."""
    password = new_password()
    with rt.transaction() as tx:
        if people.by_login(tx.session, login) is not None:
            return None
        tx.session.add(
            Volunteer(
                login=login,
                name=name,
                password_hash=hash_password(password),
                page_language="en",
                languages=["en", "ur"],
                is_head=False,
                active=True,
                session_key=secrets.token_hex(16),
            )
        )
        tx.session.flush()
    return password


def reset_password(rt: Runtime, login: str) -> str | None:
    """A new password for a volunteer, returned once; it ends every log-in of hers. None if there is nobody of that login."""
    password = new_password()
    with rt.transaction() as tx:
        volunteer = people.by_login(tx.session, login)
        if volunteer is None:
            return None
        volunteer.password_hash = hash_password(password)
        volunteer.session_key = secrets.token_hex(16)
        tx.session.flush()
    return password


def new_password() -> str:
    """Sixteen characters that can be read out on a telephone."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))


def _read(path: Path) -> dict[str, Any]:
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise OrganisationFault([f"{path} cannot be read: {fault}"]) from fault
    faults = _check(document)
    if faults:
        raise OrganisationFault(faults)
    return document


def _check(document: dict[str, Any]) -> list[str]:
    faults = [f"{key} is not a part of an organisation file" for key in document.keys() - _TABLES.keys() - {"demo"}]
    for table, keys in _TABLES.items():
        rows = document.get(table, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            faults.append(f"[[{table}]] must be a list of tables")
            continue
        faults += [f"[[{table}]] {key} is not a key" for row in rows for key in row.keys() - keys]
        faults += _check_rows(table, rows, document)
    return faults


def _check_rows(table: str, rows: list[dict[str, Any]], document: dict[str, Any]) -> list[str]:
    faults = []
    for number, row in enumerate(rows, 1):
        where = f"[[{table}]] number {number}"
        needed = {"team": ("code", "name"), "volunteer": ("login", "name"), "shift": ("team", "volunteers", "days", "from", "to")}[table]
        missing = [key for key in needed if not row.get(key)]
        if missing:
            faults.append(f"{where}: {', '.join(missing)} missing")
            continue
        if table == "volunteer":
            if row.get("page_language", "en") not in PAGE_LANGUAGES:
                faults.append(f"{where}: page_language must be one of {', '.join(PAGE_LANGUAGES)}")
            faults += [f"{where}: {code} is no language" for code in row.get("languages", []) if code not in set(Language)]
        if table == "shift":
            faults += [f"{where}: {day} is no day; use {' '.join(WEEKDAYS)}" for day in row["days"] if day not in WEEKDAYS]
            faults += [f"{where}: {key} must be a time like 08:00" for key in ("from", "to") if _time(row[key]) is None]
            logins = {v.get("login") for v in document.get("volunteer", []) if isinstance(v, dict)}
            faults += [f"{where}: nobody in this file has the login {login}" for login in row["volunteers"] if login not in logins]
    return faults


def _time(value: object) -> time | None:
    if isinstance(value, time):
        return value.replace(tzinfo=None)
    try:
        return time.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _volunteer(tx: Transaction, row: dict[str, Any], teams: dict[str, Team], password: str) -> Volunteer:
    login = row["login"].strip().lower()
    volunteer = people.by_login(tx.session, login)
    if volunteer is None:
        volunteer = Volunteer(login=login, password_hash=None, session_key=secrets.token_hex(16), page_language="en")
        tx.session.add(volunteer)
    volunteer.name = row["name"]
    volunteer.page_language = row.get("page_language", volunteer.page_language)
    volunteer.languages = list(row.get("languages", ["en", "ur"]))
    volunteer.is_head = bool(row.get("head", False))
    volunteer.active = bool(row.get("active", True))
    if password and volunteer.password_hash is None:
        volunteer.password_hash = hash_password(password)
    tx.session.flush()
    leads = set(row.get("leads", []))
    member_of = set(row.get("teams", [])) | leads
    unknown = sorted(code for code in member_of if code not in teams)
    if unknown:
        raise OrganisationFault([f"{login}: there is no team {code}" for code in unknown])
    people.join_teams(tx.session, volunteer.id, {teams[code].id: code in leads for code in sorted(member_of)})
    return volunteer


def _shifts(
    tx: Transaction, rows: list[dict[str, Any]], named: dict[str, Team], teams: dict[str, Team], volunteers: dict[str, Volunteer]
) -> int:
    unknown = sorted({row["team"] for row in rows if row["team"] not in teams})
    if unknown:
        raise OrganisationFault([f"a shift is for team {code}, which there is not" for code in unknown])
    touched = {teams[row["team"]].id for row in rows} | {team.id for team in named.values()}
    wanted: dict[tuple[int, int, int, time], time] = {}
    for row in rows:
        for login in row["volunteers"]:
            for day in row["days"]:
                starts, ends = cast("time", _time(row["from"])), cast("time", _time(row["to"]))  # checked as the file was read
                key = (volunteers[login].id, teams[row["team"]].id, WEEKDAYS.index(day), starts)
                wanted[key] = ends
    people.plan(tx.session, touched, wanted)
    return len(wanted)

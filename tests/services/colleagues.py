"""The people of the tests: alice works, bob is in the same team, charlie in another; a lead, a head, and a stranger without an account."""

from pathlib import Path
from typing import Any

from sqlalchemy import Table, exists, func, or_, select

from hotline.runtime import Runtime
from hotline.services.people import passwords
from hotline.services.people.organisation import load_organisation
from hotline.storage import people
from hotline.storage.base import Base
from hotline.storage.peoplemodels import Volunteer

PASSWORD = "correct-horse-battery"

ORGANISATION = """
[[team]]
code = "general"
name = "General"
[[team]]
code = "street"
name = "Street"
[[team]]
code = "emergency"
name = "Emergency"
[[team]]
code = "integrity"
name = "Integrity"
[[volunteer]]
login = "alice"
name = "Alice"
teams = ["general", "street", "emergency"]
languages = ["en", "ur"]
[[volunteer]]
login = "bob"
name = "Bob"
teams = ["street"]
languages = ["en", "ur", "sd"]
[[volunteer]]
login = "charlie"
name = "Charlie"
teams = ["integrity"]
[[volunteer]]
login = "lead"
name = "Lead"
leads = ["general", "street", "emergency"]
[[volunteer]]
login = "admin"
name = "Admin"
role = "administrator"
[[volunteer]]
login = "auditor"
name = "Auditor"
role = "auditor"
[[volunteer]]
login = "head"
name = "Head"
head = true
[[shift]]
team = "street"
volunteers = ["alice", "bob"]
days = ["mon", "tue", "wed", "thu", "fri"]
from = "08:00"
to = "20:00"
[[shift]]
team = "general"
volunteers = ["alice"]
days = ["mon"]
from = "22:00"
to = "06:00"
[[shift]]
team = "integrity"
volunteers = ["charlie"]
days = ["mon"]
from = "10:00"
to = "14:00"
"""


_Rows = dict[Table, list[dict[str, Any]]]

_LOADED: dict[tuple[object, ...], _Rows] = {}


def settle(rt: Runtime, folder: Path, organisation: str = ORGANISATION) -> None:
    """Load the organisation.

    Loading is a third of what most tests take. So the rows that it made are kept, and stored as they are the next time.
    """
    key = (rt.engine.dialect.name, rt.clock(), passwords._HASHER, organisation)
    tables = _LOADED.get(key, dict.fromkeys(Base.metadata.sorted_tables))
    with rt.engine.connect() as connection:
        is_empty = not connection.scalar(select(or_(*(exists(select(table)) for table in tables))))
    if key in _LOADED and is_empty:
        _store(rt, _LOADED[key])
        return
    path = folder / "organisation.toml"
    path.write_text(organisation, "utf-8")
    load_organisation(rt, path, password=PASSWORD)
    if is_empty:
        with rt.engine.connect() as connection:
            rows = {table: [dict(row) for row in connection.execute(select(table)).mappings()] for table in tables}
        _LOADED[key] = {table: found for table, found in rows.items() if found}


def _store(rt: Runtime, loaded: _Rows) -> None:
    with rt.transaction() as tx:
        for table, rows in loaded.items():
            tx.session.execute(table.insert(), rows)
            if rt.engine.dialect.name == "postgresql" and table.autoincrement_column is not None:
                sequence = func.pg_get_serial_sequence(table.name, table.autoincrement_column.name)
                tx.session.execute(select(func.setval(sequence, max(row[table.autoincrement_column.name] for row in rows))))


def volunteer(rt: Runtime, login: str) -> Volunteer:
    """The volunteer with that login."""
    with rt.reading() as session:
        found = people.by_login(session, login)
    assert found is not None
    return found


def alice(rt: Runtime) -> Volunteer:
    """A volunteer without a team, made on the spot."""
    with rt.transaction() as tx:
        found = people.by_login(tx.session, "alice")
        if found is None:
            found = Volunteer(login="alice", name="Alice", page_language="en", languages=["en"], is_head=False, active=True)
            tx.session.add(found)
            tx.session.flush()
    return found

"""The people of the tests: alice works, bob is in the same team, charlie in another; a lead, a head, and a stranger without an account."""

from pathlib import Path

from hotline.runtime import Runtime
from hotline.services.people.organisation import load_organisation
from hotline.storage import people
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


def settle(rt: Runtime, folder: Path, organisation: str = ORGANISATION) -> None:
    """Load the organisation."""
    path = folder / "organisation.toml"
    path.write_text(organisation, "utf-8")
    load_organisation(rt, path, password=PASSWORD)


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

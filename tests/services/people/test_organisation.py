"""An organisation is loaded from a file: repeatedly without doubling, whole or not at all."""

from collections.abc import Callable
from datetime import time
from pathlib import Path

import pytest
from sqlalchemy import select, update

from hotline.runtime import Runtime
from hotline.services.people.login import LoginRefused, come_in, find, log_in
from hotline.services.people.organisation import (
    Loaded,
    OrganisationFault,
    add_volunteer,
    load_organisation,
    new_password,
    reset_password,
)
from hotline.services.tickets.routing import route_due
from hotline.storage.models import Ticket
from hotline.storage.peoplemodels import Membership, ShiftRow, Team, Volunteer
from tests.services.colleagues import ORGANISATION, PASSWORD, volunteer
from tests.support import count, text_in, tickets

SMALL = """
[[team]]
code = "street"
name = "Street"
[[volunteer]]
login = "alice"
name = "Alice"
teams = ["street"]
[[shift]]
team = "street"
volunteers = ["alice"]
days = ["mon"]
from = "08:00"
to = "20:00"
"""

Load = Callable[[str], Loaded]


@pytest.fixture
def load(rt: Runtime, tmp_path: Path) -> Load:
    def loads(organisation: str, password: str = "") -> Loaded:
        path = tmp_path / "organisation.toml"
        path.write_text(organisation, "utf-8")
        return load_organisation(rt, path, password=password)

    return loads


def faults(load: Load, organisation: str) -> list[str]:
    with pytest.raises(OrganisationFault) as fault:
        load(organisation)
    found: list[str] = fault.value.args[0]
    return found


def test_a_team_has_one_name_or_one_for_each_language_and_the_file_changes_them(load: Load, rt: Runtime) -> None:
    def called() -> list[str]:
        with rt.reading() as session:
            return [session.scalars(select(Team)).one().called(language) for language in ("en", "ur", "sd")]

    three = SMALL.replace('name = "Street"', 'name = { en = "Street", ur = "سڑک", sd = "رستو" }')
    two = SMALL.replace('name = "Street"', 'name = { en = "Road", ur = "سڑک" }')
    for organisation, names in (
        (SMALL, ["Street"] * 3),
        (three, ["Street", "سڑک", "رستو"]),
        (two, ["Road", "سڑک", "Road"]),
        (SMALL, ["Street"] * 3),
    ):
        load(organisation)
        assert called() == names


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ('{ ur = "سڑک" }', "[[team]] street: the name in en is missing; it stands where a language has none"),
        ('{ en = "Street", fr = "Rue" }', "[[team]] street: fr is no language of the pages; use en, ur, sd"),
        ('{ en = "Street", ur = " " }', "[[team]] street: the name in ur is empty"),
        ('{ en = "Street", ur = 7 }', "[[team]] number 1: name must be text in quotes, or a table of such texts by language"),
        ("7", "[[team]] number 1: name must be text in quotes, or a table of such texts by language"),
        ('{ en = "Street", ur = "' + "س" * 121 + '" }', f"[[team]] {'س' * 121}: a name has 120 characters at most"),
    ],
)
def test_names_that_no_reader_could_be_shown_are_refused(load: Load, name: str, fault: str) -> None:
    assert faults(load, SMALL.replace('name = "Street"', f"name = {name}")) == [fault]


def everything(rt: Runtime) -> dict[str, list[tuple[object, ...]]]:
    """Teams, people, memberships and shifts, without the ids of shifts."""
    with rt.reading() as session:
        teams = session.execute(select(Team.id, Team.code, Team.name))
        people = session.execute(select(Volunteer.id, Volunteer.login, Volunteer.name, Volunteer.password_hash, Volunteer.role))
        members = session.execute(select(Membership.team_id, Membership.volunteer_id, Membership.is_lead))
        shifts = session.execute(select(ShiftRow.volunteer_id, ShiftRow.team_id, ShiftRow.weekday, ShiftRow.starts, ShiftRow.ends))
        rows = {"teams": teams, "people": people, "members": members, "shifts": shifts}
        return {name: sorted(tuple(row) for row in found) for name, found in rows.items()}


def shifts(rt: Runtime) -> list[tuple[str, str, int, time, time]]:
    with rt.reading() as session:
        rows = session.execute(
            select(Volunteer.login, Team.code, ShiftRow.weekday, ShiftRow.starts, ShiftRow.ends)
            .join(Volunteer, Volunteer.id == ShiftRow.volunteer_id)
            .join(Team, Team.id == ShiftRow.team_id)
        )
        return sorted((*row,) for row in rows)


def test_loading_twice_doubles_nothing(rt: Runtime, load: Load) -> None:
    first = load(ORGANISATION)
    before = everything(rt)
    assert load(ORGANISATION) == first == Loaded(teams=4, volunteers=7, shifts=12)
    assert everything(rt) == before
    assert [len(rows) for rows in before.values()] == [4, 7, 8, 12]


def test_what_a_file_names_is_changed(rt: Runtime, load: Load) -> None:
    load(SMALL)
    changed = SMALL.replace('"Street"', '"Streets"').replace('"Alice"', '"Alice K."')
    changed = changed.replace('teams = ["street"]', 'leads = ["street"]\nhead = true\nlanguages = ["sd"]\npage_language = "sd"')
    load(changed)
    alice = volunteer(rt, "alice")
    assert (alice.name, alice.is_head, alice.languages, alice.page_language) == ("Alice K.", True, ["sd"], "sd")
    assert [(row[1], row[2]) for row in everything(rt)["teams"]] == [("street", "Streets")]
    assert [row[2] for row in everything(rt)["members"]] == [True]


def test_the_shifts_of_the_teams_it_names_are_replaced_and_no_others(rt: Runtime, load: Load) -> None:
    load(ORGANISATION)
    others = [shift for shift in shifts(rt) if shift[1] != "street"]
    load(SMALL.replace('"mon"', '"tue", "wed"').replace('teams = ["street"]', 'teams = ["general", "street", "emergency"]'))
    assert [shift for shift in shifts(rt) if shift[1] != "street"] == others
    assert [shift for shift in shifts(rt) if shift[1] == "street"] == [("alice", "street", day, time(8), time(20)) for day in (1, 2)]


def test_a_team_may_be_one_the_database_knows(rt: Runtime, load: Load) -> None:
    load(ORGANISATION)
    only_people = SMALL.partition("[[volunteer]]")
    load(only_people[1] + only_people[2])
    assert ("alice", "street", 0, time(8), time(20)) in shifts(rt)
    assert len(everything(rt)["teams"]) == 4


def test_who_is_left_out_of_a_file_stays_and_who_is_to_go_says_so(rt: Runtime, load: Load) -> None:
    load(ORGANISATION)
    load(SMALL)
    assert volunteer(rt, "bob").active
    load(SMALL.replace('name = "Alice"', 'name = "Alice"\nactive = false'))
    assert not volunteer(rt, "alice").active
    assert count(rt, Volunteer) == 7


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('name = "Alice"', 'name = "Alice"\nactive = false'),
        ('teams = ["general", "street", "emergency"]', 'teams = ["general", "emergency"]'),
    ],
)
def test_the_tickets_of_whoever_goes_or_leaves_a_team_by_the_file_go_back(rt: Runtime, load: Load, before: str, after: str) -> None:
    people = ORGANISATION.partition("[[shift]]")[0]
    load(people)
    text_in(rt, "mera mobile cheen liya")
    route_due(rt)
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).values(assignee_id=volunteer(rt, "alice").id))
    assert before in people
    load(people.replace(before, after, 1))
    [ticket] = tickets(rt)
    assert (ticket.assignee_id, ticket.routed_at) == (None, None)


def holidays(rt: Runtime) -> dict[tuple[int, int], bool]:
    """Whether each shift is for holidays, by its day and the hour it begins."""
    with rt.reading() as session:
        return {(s.weekday, s.starts.hour): s.on_holidays for s in session.scalars(select(ShiftRow))}


def test_what_a_lead_said_of_holidays_stays_unless_the_file_says_something(rt: Runtime, load: Load) -> None:
    load(SMALL)
    assert holidays(rt) == {(0, 8): True}
    with rt.transaction() as tx:
        tx.session.execute(update(ShiftRow).values(on_holidays=False))
    load(SMALL.replace('"mon"', '"mon", "tue"'))
    assert holidays(rt) == {(0, 8): False, (1, 8): True}
    load(SMALL.replace('["mon"]', '["mon"]\non_holidays = true'))
    assert holidays(rt) == {(0, 8): True}


def test_whoever_was_deactivated_stays_so_unless_the_file_says_that_she_is_here(rt: Runtime, load: Load) -> None:
    load(SMALL)
    with rt.transaction() as tx:
        tx.session.execute(update(Volunteer).where(Volunteer.login == "alice").values(active=False, languages=["sd"]))
    load(SMALL)
    assert (volunteer(rt, "alice").active, volunteer(rt, "alice").languages) == (False, ["sd"])
    load(SMALL.replace('name = "Alice"', 'name = "Alice"\nactive = true\nlanguages = ["ur"]'))
    assert (volunteer(rt, "alice").active, volunteer(rt, "alice").languages) == (True, ["ur"])


def test_the_language_she_chose_stays_unless_the_file_says_another(rt: Runtime, load: Load) -> None:
    load(SMALL.replace('name = "Alice"', 'name = "Alice"\npage_language = "ur"'))
    load(SMALL)
    assert volunteer(rt, "alice").page_language == "ur"


def test_a_password_is_for_those_who_have_none(rt: Runtime, load: Callable[..., Loaded]) -> None:
    load(SMALL)
    with pytest.raises(LoginRefused):
        log_in(rt, "alice", "")
    load(SMALL, password="first-password")
    log_in(rt, "alice", "first-password")
    key = come_in(rt, volunteer(rt, "alice"), "")
    load(SMALL, password="second-password")
    log_in(rt, "alice", "first-password")
    assert find(rt, key)


def test_logins_are_in_small_letters_wherever_they_stand(rt: Runtime, load: Load) -> None:
    load(SMALL.replace('login = "alice"', 'login = " Alice "').replace('volunteers = ["alice"]', 'volunteers = ["ALICE"]'))
    assert shifts(rt) == [("alice", "street", 0, time(8), time(20))]


def test_times_are_written_as_text_or_as_toml_has_them_and_may_pass_midnight(rt: Runtime, load: Load) -> None:
    load(SMALL.replace('"08:00"', "22:30:00").replace('"20:00"', "06:00:00"))
    assert shifts(rt) == [("alice", "street", 0, time(22, 30), time(6))]


def test_a_file_from_an_editor_that_marks_its_encoding_is_read(load: Load) -> None:
    assert load("\ufeff" + SMALL).volunteers == 1


@pytest.mark.parametrize("organisation", ["", "demo = false"])
def test_an_empty_file_brings_nothing(load: Load, organisation: str) -> None:
    assert load(organisation) == Loaded(0, 0, 0)


def test_all_faults_of_form_are_listed_at_once_and_nothing_is_loaded(rt: Runtime, load: Load) -> None:
    found = faults(
        load,
        """
        demo = "false"
        colour = "green"
        team = [{code = "street", nam = "Street"}]
        [[volunteer]]
        login = 7
        name = "Alice"
        teams = "street"
        active = "no"
        head = 1
        [[volunteer]]
        name = ""
        [[shift]]
        team = "street"
        volunteers = []
        days = "mon"
        from = "8 o'clock"
        to = "08:00+05:00"
        """,
    )
    assert found == [
        "colour is not a part of an organisation file",
        "demo must be true or false",
        "[[team]] number 1: nam is not a key",
        "[[team]] number 1: name missing",
        "[[volunteer]] number 1: login must be text in quotes",
        "[[volunteer]] number 1: teams must be a list of texts in quotes",
        "[[volunteer]] number 1: active must be true or false",
        "[[volunteer]] number 1: head must be true or false",
        "[[volunteer]] number 2: login, name missing",
        "[[shift]] number 1: days must be a list of texts in quotes",
        "[[shift]] number 1: from must be a time like 08:00",
        "[[shift]] number 1: to must be a time like 08:00",
        "[[shift]] number 1: volunteers missing",
    ]
    assert count(rt, Team) == 0


def test_all_faults_of_meaning_are_listed_at_once(rt: Runtime, load: Load) -> None:
    found = faults(
        load,
        SMALL
        + f"""
        [[team]]
        code = "street"
        name = "Again"
        [[team]]
        code = "{"x" * 41}"
        name = "{"y" * 121}"
        [[volunteer]]
        login = "Alice"
        name = "Alice again"
        page_language = "ur-Latn"
        languages = ["en", "urdu"]
        [[volunteer]]
        login = "no such login"
        name = "{"z" * 121}"
        [[volunteer]]
        login = "bob"
        name = "Bob"
        [[shift]]
        team = "street"
        volunteers = ["bob", "nobody"]
        days = ["mon", "Tuesday"]
        from = "00:00"
        to = "00:00"
        """,
    )
    assert found == [
        "[[team]] street stands there twice",
        f"[[team]] {'x' * 41}: a code has 40 characters at most",
        "[[volunteer]] alice stands there twice",
        f"[[team]] {'y' * 121}: a name has 120 characters at most",
        f"[[volunteer]] {'z' * 121}: a name has 120 characters at most",
        "[[volunteer]] alice: page_language must be one of en, ur, sd",
        "[[volunteer]] alice: urdu is no language",
        "[[volunteer]] no such login: a login has letters, digits and . _ - @ + only, 64 at most",
        "[[shift]] number 2: Tuesday is no day; use mon tue wed thu fri sat sun",
        "[[shift]] number 2: nobody in this file has the login nobody",
        "[[shift]] number 2: bob is not in the team street",
    ]
    assert count(rt, Team) == 0


def test_all_teams_there_are_not_are_listed_at_once_and_nothing_is_loaded(rt: Runtime, load: Load) -> None:
    organisation = SMALL.replace('teams = ["street"]', 'teams = ["street", "night"]\nleads = ["day"]')
    organisation += '[[volunteer]]\nlogin = "bob"\nname = "Bob"\nteams = ["evening"]\n'
    organisation += '[[shift]]\nteam = "evening"\nvolunteers = ["bob"]\ndays = ["mon"]\nfrom = "08:00"\nto = "10:00"\n'
    assert faults(load, organisation) == [
        "[[volunteer]] alice: there is no team day",
        "[[volunteer]] alice: there is no team night",
        "[[volunteer]] bob: there is no team evening",
        "[[shift]]: there is no team evening",
    ]
    assert (count(rt, Team), count(rt, Volunteer)) == (0, 0)


def test_a_file_that_cannot_be_read_is_a_fault(rt: Runtime, load: Load, tmp_path: Path) -> None:
    assert "cannot be read" in faults(load, "[[team")[0]
    assert faults(load, 'team = "street"') == ["[[team]] must be a list of tables"]
    assert faults(load, "volunteer = [1]") == ["[[volunteer]] must be a list of tables"]
    (tmp_path / "latin").write_bytes(b'[[team]]\ncode = "caf\xe9"')
    for path in (tmp_path / "latin", tmp_path / "missing", tmp_path):
        with pytest.raises(OrganisationFault, match="cannot be read"):
            load_organisation(rt, path)


def test_a_volunteer_is_added_with_a_password_that_lets_her_in(rt: Runtime) -> None:
    password = add_volunteer(rt, "dana", "Dana")
    assert password
    assert log_in(rt, "dana", password).name == "Dana"
    assert add_volunteer(rt, "dana", "Another") is None
    assert volunteer(rt, "dana").name == "Dana"


def test_a_new_password_ends_every_log_in_of_hers_and_of_nobody_else(rt: Runtime, load: Callable[..., Loaded]) -> None:
    load(ORGANISATION, password=PASSWORD)
    keys = {login: come_in(rt, volunteer(rt, login), "") for login in ("alice", "bob")}
    password = reset_password(rt, "alice")
    assert password
    assert log_in(rt, "alice", password)
    with pytest.raises(LoginRefused):
        log_in(rt, "alice", PASSWORD)
    assert find(rt, keys["alice"]) is None
    assert find(rt, keys["bob"])
    assert reset_password(rt, "nobody") is None


def test_passwords_can_be_read_out_on_a_telephone_and_are_never_the_same() -> None:
    made = {new_password() for _ in range(200)}
    assert len(made) == 200
    for password in made:
        assert len(password) == 19
        assert not set(password) & set("il1o0")


def test_a_role_and_an_own_phone_come_from_the_file(rt: Runtime, load: Load) -> None:
    load('[[volunteer]]\nlogin = "dana"\nname = "Dana"\nrole = "auditor"\nphone = "0300 1234567"\n')
    dana = volunteer(rt, "dana")
    assert (dana.role, dana.phone_id is not None) == ("auditor", True)
    load('[[volunteer]]\nlogin = "dana"\nname = "Dana"\n')
    assert volunteer(rt, "dana").role == "auditor"  # it stays unless the file says otherwise


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('role = "king"', "role must be one of volunteer, administrator, auditor"),
        ('role = "auditor"\nhead = true', "an auditor works no tickets: no teams, no leads, no head"),
        ('phone = "12"', "phone is no number that could be texted"),
    ],
)
def test_a_role_or_a_phone_that_cannot_be_is_told(rt: Runtime, load: Load, line: str, said: str) -> None:
    assert faults(load, f'[[volunteer]]\nlogin = "dana"\nname = "Dana"\n{line}\n') == [f"[[volunteer]] dana: {said}"]

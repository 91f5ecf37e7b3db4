"""`hotline audit verify` and `of`, and that every command that reads words or uses keys is noted."""

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, update

from hotline.cli import main
from hotline.runtime import Runtime
from hotline.services import showings
from hotline.services.books.binding import bind_books
from hotline.services.tickets.routing import route_due
from hotline.storage.auditmodels import Showing
from hotline.storage.models import Event
from hotline.storage.showings import ShowingKind
from tests.services.colleagues import settle, volunteer
from tests.support import SECRET_KEY, Clock, keys_file, text_in, tickets

NOTED = {
    *("audit of", "audit verify", "backup make", "gateways doubts"),
    *("keys add", "keys check", "keys confirm", "keys paper", "keys retire", "keys rotate"),
    *("reading learn", "reading report", "search reindex"),
}
NOTHING_READ = {
    "add-volunteer": "people's events have it",
    "backup identity": "no database",
    "backup verified": "a code that is given",
    "backup verify": "into a scratch database, often on another machine",
    "catalogues check": "no database",
    "catalogues extract": "no database",
    "catalogues update": "no database",
    "compile": "no database",
    "danger": "counts only",
    "doctor": "counts only",
    "gateways list": "counts only",
    "gateways pair": "when a phone told how it is",
    "gateways start": "people's events have it",
    "gateways stop": "people's events have it",
    "gateways try": "no database",
    "install": "no database",
    "invite": "people's events have it",
    "keeping": "counts only",
    "keys new": "there is no database yet",
    "keys spool": "what it makes opens only what comes later",
    "load": "people's events have it",
    "migrate": "reads for nobody",
    "reading back": "no database",
    "reading explain": "a text that is given",
    "reading score": "files that are given",
    "reading train": "no database",
    "reconcile": "counts only",
    "rehearse": "a database of its own",
    "release": "no row",
    "reset-password": "people's events have it",
    "restore": "the book comes out of the backup itself",
    "run": "starts processes",
    "upgrade": "counts only",
}
"""Commands that stand in no book, and why. Those for prompts read no database."""


def commands(group: click.Group, before: str = "") -> set[str]:
    found = set()
    for name, one in group.commands.items():
        found |= commands(one, f"{before}{name} ") if isinstance(one, click.Group) else {f"{before}{name}"}
    return found


def test_of_every_command_it_is_known_whether_it_is_noted() -> None:
    there = {name for name in commands(main) if not name.startswith("prompts ")}
    assert there == NOTED | NOTHING_READ.keys()


@pytest.fixture
def run(rt: Runtime, database_url: str, tmp_path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)
    settle(rt, tmp_path)

    def command(*words: str) -> Result:
        env = {"HOTLINE_DATABASE_URL": database_url, "HOTLINE_SECRET_KEY": SECRET_KEY, "HOTLINE_KEYS_FILE": keys_file()}
        return CliRunner().invoke(main, list(words), env=env)

    return command


def noted(rt: Runtime) -> list[str]:
    with rt.reading() as session:
        return list(session.scalars(select(Showing.what).where(Showing.volunteer_id.is_(None)).order_by(Showing.id)))


def test_who_looked_is_printed_and_that_is_a_look(rt: Runtime, run) -> None:  # type: ignore[no-untyped-def]
    text_in(rt, "orangi town mein mobile cheen liya")
    route_due(rt)
    [ticket] = tickets(rt)
    showings.note(rt, ShowingKind.LIST, volunteer_id=volunteer(rt, "alice").id, tickets=[ticket.id], what="queue")
    shown = run("audit", "of", ticket.reference)
    assert "Alice  saw it in a list (queue)" in shown.output
    assert "2026-11-23 12:00" in shown.output
    assert "cheen" not in shown.output
    assert "the command line  looked up who had looked" in run("audit", "of", ticket.reference).output
    assert noted(rt) == ["audit of", "audit of"]
    assert run("audit", "of", "482719365").exit_code == 1


def test_what_was_changed_is_named_and_the_command_fails(rt: Runtime, run, clock: Clock) -> None:  # type: ignore[no-untyped-def]
    text_in(rt, "orangi town mein mobile cheen liya")
    clock.forward(minutes=30)
    bind_books(rt)
    assert run("audit", "verify").exit_code == 0
    with rt.transaction() as tx:
        first = tx.session.scalars(select(Event.id).order_by(Event.id).limit(1)).one()
        tx.session.execute(update(Event).where(Event.id == first).values(kind="noted"))
    wrong = run("audit", "verify")
    assert wrong.exit_code == 1
    assert f"page 1: rows were changed (rows {first})" in wrong.output
    assert run("audit", "verify", "--code", "0" * 15 + "1", "--day", "2026-11-23").exit_code == 1
    assert run("audit", "verify", "--day", "2026-11-23").exit_code == 2
    assert noted(rt) == ["audit verify", "audit verify"]


def test_a_command_that_uses_keys_or_reads_words_is_noted(rt: Runtime, run) -> None:  # type: ignore[no-untyped-def]
    for words in (("keys", "check"), ("keys", "paper"), ("keys", "confirm", "12345678"), ("reading", "report"), ("search", "reindex")):
        run(*words)
    assert noted(rt) == ["keys check", "keys paper", "keys confirm", "reading report", "search reindex"]

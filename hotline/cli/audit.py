"""`hotline audit …`."""

from datetime import date, datetime

import click

from hotline.cli.setting import runtime_or_exit
from hotline.domain import bookpage, reference
from hotline.runtime import Runtime
from hotline.services import showings
from hotline.services.books import verifying
from hotline.services.books.verifying import Fault, Verified
from hotline.storage import people, tickets
from hotline.storage import showings as looks
from hotline.storage.binding import Book
from hotline.storage.events import EventKind
from hotline.storage.showings import ShowingKind

_HOW: dict[str, str] = {
    EventKind.VIEWED: "opened its page",
    EventKind.LISTENED: "listened to a recording",
    EventKind.PHOTO_SEEN: "was shown a photo",
    EventKind.NUMBER_SHOWN: "had its phone number shown",
    EventKind.NUMBER_SOUGHT: "found it by its phone number",
    ShowingKind.LIST: "saw it in a list",
    ShowingKind.OPEN_PAGE: "had its page open",
    ShowingKind.TEXT: "saw a text of it",
    ShowingKind.SEARCH: "searched",
    ShowingKind.NUMBER: "saw its phone number",
    ShowingKind.EXPORT: "exported it",
    ShowingKind.COMMAND: "read it by a command",
    ShowingKind.KEY: "used keys",
    ShowingKind.AUDIT: "looked up who had looked",
}
_SHOWN = 20
"""The most ids of rows that are printed."""


@click.group()
def audit() -> None:
    """Who looked at what, and whether the book of it is as it was written."""


@audit.command()
@click.option("--code", help="The code that was texted for a day.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="The day of that code.")
def verify(code: str | None, day: datetime | None) -> None:
    """Read all books and say which page was changed, cut or re-ordered. With a code also a book that a thief of the keys bound anew."""
    if (code is None) != (day is None):
        raise click.UsageError("give --code and --day together")
    given = None
    if code is not None and day is not None:
        read = bookpage.read_code(code)
        if read is None:
            raise click.ClickException("this is no code: a character is wrong or missing. Read it from the text again")
        given = (day.date(), read)
    with runtime_or_exit() as rt:
        showings.note(rt, ShowingKind.COMMAND, volunteer_id=None, what="audit verify")
        faults = _verified(rt, given)
    if faults:
        raise click.ClickException(f"{faults} faults: the database was changed. Keep it as it is, and tell the auditor and the head")
    click.echo("The books are as they were bound." if given is None else f"The books are as they were bound, and as on {given[0]}.")


def _verified(rt: Runtime, given: tuple[date, str] | None) -> int:
    faults = 0
    with rt.reading() as session:
        for book in Book:
            found = verifying.verify(session, book)
            click.echo(_told(found))
            faults += len(found.faults)
            for fault in found.faults:
                click.echo(f"  {_fault(fault)}")
        for fault in verifying.verify_codes(rt, session, given=given):
            click.echo(f"  {_fault(fault)}")
            faults += 1
    return faults


def _told(found: Verified) -> str:
    removed = f", {found.removed} pages removed by retention, until {found.removed_until:%Y-%m-%d}" if found.removed_until else ""
    late = f"; {found.bound_late} were bound hours after their rows: no worker ran, or they were bound anew" if found.bound_late else ""
    return f"{found.book}: {found.pages} pages with {found.rows} rows{removed}{late}; {found.unbound} rows are not bound yet"


def _fault(fault: Fault) -> str:
    where = f"{fault.day}" if fault.day is not None else f"page {fault.page}" if fault.page else "behind the last page"
    rows = f" (rows {', '.join(map(str, fault.rows[:_SHOWN]))}{' …' if len(fault.rows) > _SHOWN else ''})" if fault.rows else ""
    return f"{where}: {fault.kind}{rows}"


@audit.command(name="of")
@click.argument("typed", metavar="REFERENCE")
def of_(typed: str) -> None:
    """Print who looked at the ticket with this reference, when and how: the citizen has a right to know. This is noted as a look too."""
    read = [found.digits for found in reference.find(typed) if found.valid]
    with runtime_or_exit() as rt:
        with rt.reading() as session:
            found = tickets.by_reference(session, read[:1]) if read else []
        if not found:
            raise click.ClickException("there is no ticket with this reference")
        showings.note(rt, ShowingKind.AUDIT, volunteer_id=None, tickets=[found[0].id], what="audit of")
        with rt.reading() as session:
            seen = looks.of_ticket(session, found[0].id)
            names = people.names(session, (by for _, by, _, _ in seen))
    for at, by, how, what in seen:
        who = names.get(by, f"volunteer {by}") if by is not None else "the command line"
        where = f" ({what})" if what else ""
        click.echo(f"{at.astimezone(rt.config.zone):%Y-%m-%d %H:%M}  {who}  {_HOW[how]}{where}")

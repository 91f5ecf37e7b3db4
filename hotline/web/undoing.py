"""What can be undone for a short while: a text just sent, and a change of the kind; and the page that asks before a kind does more."""

from http import HTTPStatus

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hotline.guards import runtime, volunteer
from hotline.runtime import Reading
from hotline.services import access
from hotline.services.access import NoSuchTicket
from hotline.services.tickets import kinds, unsending
from hotline.storage import events
from hotline.storage.peoplemodels import Team
from hotline.web.changing import go_on

blueprint = Blueprint("undoing", __name__)


@blueprint.post("/tickets/<reference:reference>/take-back")
def take_back(reference: str) -> Response:
    """Take back the text that the volunteer has just sent."""
    unsending.take_back(runtime(), volunteer(), reference)
    return go_on(reference, done="unsent", at="reply")


@blueprint.post("/tickets/<reference:reference>/kind/undo")
def undo_kind(reference: str) -> Response:
    """Undo the change of the kind. The page says what stayed as it is."""
    stayed = kinds.undo(runtime(), volunteer(), reference)
    with runtime().reading() as session:
        if access.sees(session, volunteer(), reference) is None:
            return redirect(url_for("queues.queue", done="stayed_sealed"))
    return redirect(url_for("tickets.ticket", reference=reference, done="undone", stayed=stayed))


@blueprint.get("/tickets/<reference:reference>/kind")
def gone(reference: str) -> str | Response:
    """Where a volunteer lands whose change of the kind sealed the ticket to another team: for some minutes it can be undone from here."""
    rt = runtime()
    with rt.reading() as session:
        entered = access.enter_to_undo(session, volunteer(), reference, since=rt.clock() - kinds.UNDO_FOR)
        if access.sees(session, volunteer(), reference) is not None:
            return redirect(url_for("tickets.ticket", reference=reference))
        change = kinds.to_undo(rt, entered, events.last_kind(session, entered.ticket.id))
        if change is None:
            raise NoSuchTicket(reference)
        return render_template("kindgone.html", reference=reference, until=change.happened_at + kinds.UNDO_FOR)


def ask_first(reference: str, *, version: int, category: str) -> tuple[str, int] | None:
    """The page (422) that says what a kind would change besides its name, with the form in it; None where there is nothing to ask.

    Nothing is asked of a form that was confirmed for this very kind, nor of one from an older page: that is refused anyway.
    """
    rt = runtime()
    kind = next((c for c in rt.categories if c.code == category), None)
    with rt.reading() as session:
        ticket = access.enter(session, volunteer(), reference).ticket
        if kind is None or ticket.version != version or request.form.get("sure") == category:
            return None
        does = kinds.effects(rt, session, ticket, kind)
        if not does:
            return None
        before = next((c.names.get(g.language, c.code) for c in rt.categories if c.code == ticket.category), ticket.category)
        fields = [(name, value) for name, value in request.form.items(multi=True) if name not in ("csrf_token", "sure")]
        page = render_template(
            "confirmkind.html",
            ticket=ticket,
            before=before,
            kind=kind,
            does=does,
            fields=fields,
            keeps_sight=_keeps_sight(session, does.team),
        )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY


def _keeps_sight(session: Reading, team: Team | None) -> bool:
    """Whether the volunteer is of the team that a ticket would be sealed to."""
    return team is not None and team.id in access.working(session, volunteer()).teams


def after_kind(reference: str) -> Response:
    """Lead back to the ticket; where the volunteer lost sight of it, to the page from which that can be undone."""
    with runtime().reading() as session:
        if access.sees(session, volunteer(), reference) is None:
            return redirect(url_for("undoing.gone", reference=reference))
    return go_on(reference, done="saved", at="known")

"""The words that go soon: the leads' list, and the form on a ticket's page that keeps them for longer."""

from dataclasses import dataclass

from flask import Blueprint, render_template

from hotline.domain.keeping import LONGEST_DAYS
from hotline.guards import runtime, volunteer
from hotline.services.keeping import longer
from hotline.storage.models import Ticket
from hotline.web.changing import Answer, changed
from hotline.web.filters import kind_name
from hotline.web.forms import number, text

blueprint = Blueprint("going", __name__)


@dataclass(frozen=True)
class Going:
    """A ticket whose words go soon, as the list shows it: none of its words, only what it is about."""

    ticket: Ticket
    kind: str


@blueprint.get("/going")
def going() -> str:
    """The tickets whose words go within a week, for who leads their team."""
    rt = runtime()
    with rt.reading() as session:
        found = longer.going(rt, session, volunteer())
        return render_template("going.html", going=[Going(one, kind_name(one.category)) for one in found])


@blueprint.post("/tickets/<reference:reference>/keep")
def keep(reference: str) -> Answer:
    """Keep what was written on the ticket for longer."""
    days, why = number("days", LONGEST_DAYS), text("note")
    return changed(
        reference, lambda v: longer.keep_longer(runtime(), volunteer(), reference, version=v, days=days, note=why), at="keep-longer"
    )

"""The roster and the hand-over: shifts, stand-ins, and notes for the next shift."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hotline.domain.duty import REACH, Key, Turn, present
from hotline.guards import rights, runtime, volunteer
from hotline.runtime import Reading
from hotline.services import showings
from hotline.services.duty import roster as plans
from hotline.storage import people, shiftdays, tickets
from hotline.storage.peoplemodels import Team
from hotline.storage.showings import ShowingKind
from hotline.web.forms import choice, clock, day, number, text
from hotline.web.rosterweek import Duty, weeks
from hotline.workdays import calendar

blueprint = Blueprint("roster", __name__)

_SHEET_ROWS = 100


@blueprint.get("/roster")
def roster() -> str:
    """This week and the next of the volunteer's teams; of all teams for the head."""
    rt, reader = runtime(), volunteer()
    today = rt.clock().astimezone(rt.config.zone).date()
    monday = today - timedelta(days=today.weekday())
    with rt.reading() as session:
        shown = [_team(session, team, monday) for team in _teams(session)]
    heads = rights().works and rights().is_head
    return render_template(
        "roster.html", teams=shown, leads=rights().leads if rights().works else (), heads=heads, me=reader.id, today=today
    )


def _teams(session: Reading) -> list[Team]:
    return [team for team in people.teams(session).values() if rights().is_head or team.id in rights().teams]


def _team(session: Reading, team: Team, monday: date) -> dict[str, object]:
    rt, reader = runtime(), volunteer()
    zone, last = rt.config.zone, monday + timedelta(days=13)
    first = monday - REACH
    turns = shiftdays.turns_of(session, team.id, first, last, calendar(rt.config))
    happened = {(d.team_id, d.volunteer_id, d.on_date, d.starts): d for d in shiftdays.between(session, team.id, first, last)}
    weekly, members = people.weekly(session, team.id), people.team_mates(session, team.id)
    ids = {t.volunteer_id for t in turns} | {t.who for t in turns} | {d.stand_in_id for d in happened.values()}

    @cache  # many shifts begin at the same time
    def is_short(begins_at: datetime) -> bool:
        return len(present(turns, begins_at.astimezone(zone))) < rt.config.duty.least

    duties = [Duty(turn, happened.get(turn.key), is_short(turn.begins_at(zone))) for turn in turns if turn.ends_at(zone) > rt.clock()]
    return {
        "team": team,
        "own": [duty for duty in duties if duty.is_about(reader.id)],
        "weeks": weeks(duties, monday),
        "weekly": weekly,
        "members": members,
        "names": people.names(session, ids | {s.volunteer_id for s in weekly}),
    }


@blueprint.post("/roster/ask")
def ask() -> Response:
    """Ask a colleague to stand in."""
    plans.ask_stand_in(runtime(), volunteer(), _key(), number("colleague"))
    return _saved("roster.roster")


@blueprint.post("/roster/take-back")
def take_back() -> Response:
    """Take the question to the colleague back."""
    plans.take_back(runtime(), volunteer(), _key())
    return _saved("roster.roster")


@blueprint.post("/roster/answer")
def answer() -> Response:
    """The colleague agrees to stand in, or not."""
    plans.agree(runtime(), volunteer(), _key(), agrees=_says_yes("agrees"))
    return _saved("roster.roster")


@blueprint.post("/roster/coming")
def coming() -> Response:
    """The volunteer says whether to come to the shift."""
    plans.say(runtime(), volunteer(), _key(), comes=_says_yes("comes"))
    return _saved("roster.roster")


@blueprint.post("/roster/add")
def add() -> Response:
    """A lead plans a weekly shift."""
    weekday, hours, rests = number("weekday", 6), (clock("starts"), clock("ends")), "rests" in request.form
    plans.add_shift(runtime(), volunteer(), number("team"), number("volunteer"), weekday=weekday, hours=hours, rests=rests)
    return _saved("roster.roster")


@blueprint.post("/roster/remove")
def remove() -> Response:
    """A lead takes a weekly shift out."""
    plans.remove_shift(runtime(), volunteer(), number("team"), number("shift"))
    return _saved("roster.roster")


@blueprint.get("/handover")
def handover() -> str:
    """The hand-over: the teams' open tickets, the notes of the last day, and at the end of a shift a form for the volunteer's own note."""
    return sheets({})


def sheets(kept: Mapping[str, str]) -> str:
    """The hand-over page; `kept`: the fields of a form that was not taken, whose note is shown again."""
    rt, reader = runtime(), volunteer()
    with rt.reading() as session:
        teams = [team for team in _teams(session) if rights().works]
        shown = [
            (
                team,
                tickets.sheet(session, reader, team.id, limit=_SHEET_ROWS + 1),
                # A head outside the team does not see its notes: they may be about tickets that are sealed to the team.
                shiftdays.notes(session, team.id, since=rt.clock() - timedelta(days=1)) if team.id in rights().teams else (),
            )
            for team in teams
        ]
        own_notes = [_own_note(session, turn, kept) for turn in plans.to_hand_over(rt, session, reader)]
        said = {note.id: shiftdays.note_of(session, note) for _, _, notes in shown for note in notes}
        writers = {note.stand_in_id if note.agreed_at else note.volunteer_id for _, _, notes in shown for note in notes}
        page = render_template(
            "handover.html",
            sheets=shown,
            said=said,
            own_notes=own_notes,
            names=people.names(session, writers),
            team_names={t.id: t.called(g.language) for t in teams},
            kept=kept,
            most=_SHEET_ROWS,
        )
    showings.note_page(rt, reader.id, ShowingKind.LIST, what="hand-over")
    return page


@blueprint.post("/handover")
def hand_over() -> Response:
    """Store the volunteer's note for the next shift."""
    plans.hand_over(runtime(), volunteer(), _key(), text("note"), was=text("was"))
    return _saved("roster.handover")


def _saved(endpoint: str) -> Response:
    return redirect(url_for(endpoint, done="saved"))


def _own_note(session: Reading, turn: Turn, kept: Mapping[str, str]) -> tuple[Turn, str, str]:
    """A turn with its note for the form, and the note as stored when the form was first shown (the form's `was`)."""
    fields = (str(turn.team_id), str(turn.volunteer_id), turn.on_date.isoformat(), f"{turn.starts:%H:%M}")
    if fields == tuple(kept.get(name) for name in ("team", "volunteer", "on_date", "starts")):
        return turn, kept.get("note", ""), kept.get("was", "")
    stored = _note(session, turn)
    return turn, stored, stored


def _note(session: Reading, turn: Turn) -> str:
    days = shiftdays.between(session, turn.team_id, turn.on_date, turn.on_date)
    found = (shiftdays.note_of(session, d) for d in days if (d.volunteer_id, d.starts) == (turn.volunteer_id, turn.starts))
    return next(found, "")


def _key() -> Key:
    return number("team"), number("volunteer"), day("on_date"), clock("starts")


def _says_yes(name: str) -> bool:
    return choice(name, "yes", "no") == "yes"

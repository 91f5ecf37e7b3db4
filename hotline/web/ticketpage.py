"""A ticket's page: the complaint, what is known of it, its timeline, and the forms to work on it. An open page asks for what is new."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import g, render_template, request

from hotline.domain import area, numbers
from hotline.domain.closing import HowTold
from hotline.domain.contact import SEND
from hotline.domain.erasure import How
from hotline.domain.holder import Holder
from hotline.domain.language import spoken
from hotline.domain.message import Direction
from hotline.domain.needs import Interpreter, Only
from hotline.domain.phone import TypedAs
from hotline.domain.ticket import MOVES, Priority, Status
from hotline.domain.walk import Walk
from hotline.guards import runtime, volunteer
from hotline.runtime import Reading
from hotline.services import access, showings
from hotline.services.access import Access, Act, NoSuchTicket
from hotline.services.calls import callplans
from hotline.services.keeping import erasing
from hotline.services.keeping.erasing import Erasing
from hotline.services.people import releasing
from hotline.services.people.releasing import Panel
from hotline.services.tickets import (
    answering,
    casework,
    custody,
    facts,
    openpages,
    otherphones,
    passing,
    protocols,
    replies,
    splitting,
    telling,
)
from hotline.services.tickets.past import Past
from hotline.services.tickets.protocols import Beside
from hotline.services.tickets.reach import SafeContact
from hotline.services.tickets.telling import Known
from hotline.storage import (
    drafts,
    events,
    messages,
    people,
    pranks,
    recordings,
    sealed,
    shutouts,
    ticketmarks,
    tickets,
    typedphones,
)
from hotline.storage.events import EventKind
from hotline.storage.models import Contact, Note, Ticket, TypedPhone
from hotline.storage.peoplemodels import Team
from hotline.storage.showings import ShowingKind
from hotline.web import acts, dangerpanel, digits, keeplonger, machine, numberpanel, photopanel, timeline
from hotline.web.timeline import Entry, Place

_OF_NUMBERS = (EventKind.NUMBER_RELEASED, EventKind.NUMBER_REFUSED)
_TO_PEOPLE = frozenset({EventKind.ROUTED, EventKind.ALARM_RAISED, EventKind.PASSED, EventKind.SHUT_OUT, EventKind.LET_IN, *_OF_NUMBERS})

_SAID = 80
"""Characters of a text that stand beside a box to choose it."""

_OTHERS = 5
"""The most other tickets of the person that the page lists."""

PANELS = frozenset(
    {
        *("reply", "known", "number", "safety", "call-back", "pass", "split", "phones", "pranks", "cards"),
        *("erasing", "keep-longer"),
    }
)
"""The ids of the panels with a form: what was done there is told there, and the page comes back to it."""


@dataclass(frozen=True)
class OtherPhone:
    """Another phone of the citizen's, as the page shows it. `why` is what the volunteer wrote who typed it in."""

    row: TypedPhone
    number: str
    why: str
    may_confirm: bool


@dataclass(frozen=True)
class Words:
    """What the volunteer wrote in a form that was not taken, to be shown in the form again."""

    note: str = ""
    status: str = ""  # the status chosen
    words: str = ""
    body: str | None = None  # of the reply; None: the stored draft
    form: str = ""  # the endpoint of the form with the note
    about: dict[str, Any] = field(default_factory=dict)  # what the page says about the reply


@dataclass(frozen=True)
class Here:
    """Who else has the page open, and the marks by which an open page asks for news: of the ticket, and of all that the answer says."""

    names: tuple[str, ...]
    mark: str

    @property
    def etag(self) -> str:
        """A string that changes with any of it."""
        return _keyed(f"{self.mark} {self.names}")


def here(reference: str) -> Here:
    """Note that the volunteer has the page open. Who else has, and whether it is still as it was. Nothing is written to the database.

    Raises `NoSuchTicket`, `NotAllowed`.
    """
    with runtime().reading() as session:
        return _here(session, access.enter(session, volunteer(), reference).ticket)


def _here(session: Reading, found: Ticket) -> Here:
    rt, own = runtime(), volunteer()
    openpages.note(rt, found.id, own)
    names = openpages.readers(rt, [found.id], besides=own.id).get(found.id, ())
    return Here(names, _keyed(ticketmarks.of(session, found.id)))


def _keyed(mark: str) -> str:
    # Hashed with a key: ids would count the texts and events of tickets that the volunteer may not know of.
    return hashlib.blake2b(mark.encode(), key=runtime().config.secret_key.encode()[:64], digest_size=16).hexdigest()


def show(reference: str, *, kept: Words | None = None, moved: bool = False, shows_number: bool = False, is_opened: bool = True) -> str:
    """Render the page; if a person opened it, that is stored as an event, else as a look. Raises `NoSuchTicket`, `NotAllowed`.

    `moved`: the page says that somebody else changed the ticket first.
    """
    with runtime().reading() as session:
        entered = access.enter(session, volunteer(), reference)
        page = _render(session, entered, kept=kept or Words(), moved=moved, shows_number=shows_number)
        was_viewed = casework.was_viewed(runtime(), session, entered)
    if is_opened and not was_viewed:
        casework.view(runtime(), volunteer(), reference)
    if not is_opened:
        showings.note_list(runtime(), volunteer().id, [entered.ticket.id], what="ticket", kind=ShowingKind.OPEN_PAGE)
    return page


def _render(session: Reading, entered: Access, *, kept: Words, moved: bool, shows_number: bool) -> str:
    found = entered.ticket
    held_numbers = numberpanel.kept(session, entered)
    masked, shows_number = numberpanel.masking(held_numbers), shows_number and held_numbers.is_open
    contact = session.get_one(Contact, found.contact_id)
    known, past, teams = Known.of(session, found, contact), Past.of(session, found.id), people.teams(session)
    machine_verdict = replies.verdict(runtime(), session, found, contact, known=known, by_machine=True)
    erase = erasing.erasing(runtime(), session, entered)
    call = known.call
    beside = protocols.beside(runtime(), found, past)
    shown = _timeline(session, found, past)
    told = _complaint(session, found, past, shown["timeline"].entries)
    calling = callplans.calling(runtime(), session, entered, call)
    release = releasing.panel(runtime(), session, entered, held_numbers)
    return render_template(
        "ticket.html",
        here=_here(session, found),
        ticket=found,
        contact=contact,
        safe=SafeContact.of(contact, phone_held=known.phone_held),
        **_phones(session, entered, contact, masked=masked, shows_number=shows_number),
        call=call,
        walk=Walk.from_row(call.walk) if call is not None else None,
        category=next((c for c in runtime().categories if c.code == found.category), None),
        team=next((team for team in teams.values() if team.id == found.team_id), None),
        team_names={team.id: team.called(g.language) for team in teams.values()},
        moves=[status for status in Status if status in MOVES[Status(found.status)]],
        note=kept.note,
        note_form=kept.form,
        status_kept=kept.status,
        words_kept=kept.words,
        recordings=recordings.of_ticket(session, found.id) if call is not None else (),
        photos=photopanel.of_texts(session, found),
        panels=PANELS,
        moved=moved,
        first=events.last_change(session, found.id) if moved else None,
        rights=entered.rights,
        danger=dangerpanel.of(runtime(), session, entered),
        **_cards(session, beside),
        **shown,
        **told,
        hides_numbers=_hides_numbers((*told["said_first"], *shown["timeline"].entries)),
        others=erase.others[:_OTHERS],
        **_splitting(session, found, shown["timeline"].entries, erase.others),
        machine_verdict=machine_verdict,
        may_tell=machine_verdict == SEND,
        **_writing(session, found, contact, known, kept),
        **_choices(session, entered, beside, release),
        **_passing(session, found, teams.values()),
        **numberpanel.on_page(session, held_numbers, release),
        calling=calling,
        may_show_numbers=calling.may or entered.rights.sees_numbers,
        **_erasing(session, erase, past),
        **acts.on_page(session, entered, past),
        **keeplonger.on_page(entered),
    )


def _phones(session: Reading, entered: Access, contact: Contact, *, masked: Callable[[str], str], shows_number: bool) -> dict[str, Any]:
    """The citizen's own number, and those that were typed in; the whole of them only if the page `shows_number`."""
    typed = typedphones.of_ticket(session, entered.ticket.id)
    unheard = next((one for one in typed if one.kind == TypedAs.WALK_IN and one.met_at is None), None)
    address = sealed.typed_number_of(session, unheard) if unheard is not None else sealed.number_of(runtime().keys, contact)
    return {
        "masked": address and masked(address),
        "number_shown": address if shows_number else None,
        "shows_number": shows_number,
        "unheard": unheard is not None,
        "other_phones": _other_phones(session, entered, typed, masked=(lambda number: number) if shows_number else masked),
        "other_phone_allowed": otherphones.allowed(entered.ticket),
        "typed_numbers": {one.id: masked(sealed.typed_number_of(session, one)) for one in typed},
    }


def _other_phones(session: Reading, entered: Access, typed: Iterable[TypedPhone], *, masked: Callable[[str], str]) -> list[OtherPhone]:
    may = access.may(entered.rights, entered.ticket, Act.CONFIRM) and otherphones.allowed(entered.ticket)
    return [
        OtherPhone(
            row=one,
            number=masked(number),
            why=sealed.shown_note_of(session, session.get_one(Note, one.note_id)) if one.note_id is not None else "",
            may_confirm=may and one.confirmed_at is None and one.made_by != entered.volunteer.id,
        )
        for one in typed
        if one.kind == TypedAs.ANOTHER and (number := sealed.typed_number_of(session, one))
    ]


def whole(reference: str, place: Place) -> str:
    """Render the page of a single text or note, with all of its words. Raises `NoSuchTicket`, `NotAllowed`."""
    with runtime().reading() as session:
        entered = access.enter(session, volunteer(), reference)
        found, kept = entered.ticket, numberpanel.kept(session, entered)
        entry = timeline.whole(session, found, place)
        if entry is None:
            raise NoSuchTicket(reference)
        unprinted = _unprinted(protocols.beside(runtime(), found, Past.of(session, found.id)))
        page = render_template(
            "whole.html",
            ticket=found,
            entry=entry,
            unprinted=unprinted,
            hides_numbers=_hides_numbers([entry]),
            may_show_numbers=custody.may_ask(runtime(), session, entered),
            kept=kept,
        )
    casework.view(runtime(), volunteer(), reference)
    return page


def _hides_numbers(entries: Iterable[Entry]) -> bool:
    """Whether there are numbers in what the page shows that its reader is not shown whole."""
    return not digits.sees_numbers() and any(numbers.find(one.words) for one in entries if one.words)


def _timeline(session: Reading, found: Ticket, past: Past) -> dict[str, Any]:
    rows, place = runtime().config.web.page_rows, Place.read(request.args.get("until", ""))
    shown = timeline.of_ticket(session, found, place, rows=rows)
    viewed = events.views_of(session, found.id, limit=rows + 1)
    named = [found.assignee_id, *(i for entry in shown.entries for i in _named(entry)), *(event.volunteer_id for event in viewed)]
    return {
        "timeline": shown,
        "is_newest": place is None,
        "viewed": viewed[:rows],
        "more_viewed": len(viewed) > rows,
        "closed_by_text": found.status == Status.CLOSED and past.last_move is not None and past.last_move.data.get("by") == "citizen",
        "names": people.names(session, named),
    }


def _complaint(session: Reading, found: Ticket, past: Past, entries: Iterable[Entry]) -> dict[str, Any]:
    """What the citizen said first and last, and what the machine made of it."""
    first = timeline.first_said(session, found)
    came = [one for one in entries if one.message is not None and one.message.direction == Direction.IN]
    newest = [one for one in came if first is None or first.message is None or one.message.id != first.message.id][-2:]  # type: ignore[union-attr]
    said = [one for one in (first, *newest) if one is not None]
    why = machine.reasons(runtime(), session, found, past, [one.words for one in said if one.words])
    foreign = spoken(first.words) if first is not None and first.words else None
    return {"said_first": said, "spoken": foreign, "why": why, "why_names": people.names(session, why.people)}


def _splitting(session: Reading, found: Ticket, entries: Iterable[Entry], others: Sequence[Ticket]) -> dict[str, Any]:
    """The texts that came in, of the entries shown, each with its place among them, and where they can go; the tickets that events tell of,
    if the volunteer sees them. `others`: the newest others of the phone, up to `erasing.SHOWN`."""
    places = {text_id: n for n, text_id in enumerate(messages.ids_in(session, found.id), 1)}
    came_in = [
        (places[one.message.id], one.words and numbers.cut(one.words, _SAID))
        for one in entries
        if one.message is not None and one.message.id in places
    ]
    unclosed: Sequence[Ticket] = [one for one in others if splitting.may_take(one, found.contact_id)]
    if len(others) == erasing.SHOWN:  # there may be more
        unclosed = splitting.others(session, volunteer(), found)
    told = {one.event.data["other"] for one in entries if one.event is not None and "other" in one.event.data}
    return {
        "came_in": came_in,
        "other_tickets": unclosed if came_in else (),
        "linked": tickets.visible_among(session, volunteer(), told),
    }


def _named(entry: Entry) -> list[int | None]:
    """The ids of the volunteers whom an entry names."""
    if entry.event is None:
        return [entry.message.volunteer_id if entry.message else None]
    to = entry.event.data.get("to") if entry.event.kind in _TO_PEOPLE else None
    return [entry.event.volunteer_id, to]


def _writing(session: Reading, found: Ticket, contact: Contact, known: Known, kept: Words) -> dict[str, Any]:
    rt = runtime()
    body = drafts.of(session, found.id, volunteer().id) if kept.body is None else kept.body
    way = replies.way(rt, session, found, contact, known)
    templates = replies.templates(rt, g.language, found.reference, asks=contact.only != Only.CALLS)
    return {
        "body": body,
        "way": way,
        "verdict": way.verdict,
        "answer_until": answering.ends_at(rt, way.answers) if way.answers is not None else None,
        "holders": list(Holder),
        "counted": replies.count(rt, session, replies.clean(body)) if body.strip() else None,
        # In the volunteer's language, not the citizen's: the volunteer chooses by what a template says.
        "templates": {key: said.split(": ", 1)[-1] for key, said in templates.items()},
        "about": kept.about,
        "macros": rt.macros,
    }


def _choices(session: Reading, entered: Access, beside: Beside, release: Panel | None) -> dict[str, Any]:
    rt, found = runtime(), entered.ticket
    leads = access.may(entered.rights, found, Act.EASE)
    prank = pranks.of(session, found.contact_id)
    return {
        "prank": prank,
        "prank_names": people.names(session, (prank.marked_by, prank.confirmed_by)) if prank is not None else {},
        "priorities": [one for one in Priority if one is not Priority.LAST or found.priority == one],
        "categories": rt.categories,
        "sealing": [c for c in rt.categories if c.sealed],
        "keeps_team": facts.may_keep_team(rt, session, found),
        "areas": rt.areas,
        "area_names": {one.code: one.names for one in rt.areas},
        "area": area.named(rt.areas, found.area),
        "leads": leads,
        "redacts": access.may(entered.rights, found, Act.REDACT),
        "shuts_out": access.may(entered.rights, found, Act.SHUT_OUT),
        "note_forms": {
            "facts.priority": leads,
            "facts.hold": leads and found.hold,
            "facts.seal": not found.sealed,
            "facts.unseal": leads and found.sealed,
            "facts.reach": True,
            "replies.agree": leads and found.hold,
            "facts.pass_on": True,
            "facts.add_phone": otherphones.allowed(found),
            "splitting.move_texts": leads and (found.hold or found.sealed or found.danger is not None),
            "protocols.pass_over": leads and bool(beside.missing),
            "bridges.urge": True,
            "bridges.give_up": True,
            "danger.bring_in": found.danger is not None and found.acted_at is None,
            "danger.nothing_to_do": leads and found.danger is not None and found.acted_at is None,
            "erasing.ask": True,
            "erasing.stop": True,
            "going.keep": found.kept_from is not None and access.may(entered.rights, found, Act.KEEP),
            "releases.ask": release is not None and release.asks,
            "releases.break_glass": release is not None and release.may_ask and release.until is None,
            "pranks.mark": prank is None,
            "pranks.unmark": prank is not None,
        },
        "onlys": list(Only),
        "interpreters": list(Interpreter),
        "by_person": telling.is_by_person(rt, found),
        "hows_told": list(HowTold),
    }


def _passing(session: Reading, found: Ticket, teams: Collection[Team]) -> dict[str, Any]:
    """Who can be given the ticket, and who must not see it."""
    outside = shutouts.of_ticket(session, found.id)
    return {
        "colleagues": passing.colleagues_for(session, found, outside),
        "on_duty": passing.on_duty(runtime(), session, teams),
        "teams": passing.teams_for(found, teams),
        "outside": people.names(session, outside),
    }


def _erasing(session: Reading, found: Erasing, past: Past) -> dict[str, Any]:
    who = (found.row.asked_by, found.row.agreed_by) if found.row is not None else ()
    asked = bool(past.of_kinds(EventKind.ERASURE_ASKED))  # a text of this ticket asks for it
    return {"erasing": found, "erasure_asked": asked, "erase_names": people.names(session, who), "hows": list(How)}


def _cards(session: Reading, found: Beside) -> dict[str, Any]:
    rt = runtime()
    further = [one for one in rt.protocols if one not in found.cards]
    words = {f"{card.code}.{step.code}": step.words for card in rt.protocols for step in card.steps}
    return {
        "beside": found,
        "further_cards": sorted(further, key=lambda one: one not in found.heard),
        "tickers": people.names(session, (event.volunteer_id for event in found.done.values())),
        "card_names": {card.code: card.names for card in rt.protocols},
        "step_words": words,
        "unprinted": _unprinted(found),
    }


def _unprinted(found: Beside) -> bool:
    """Whether no page of the ticket is printed, but for its number: paper lies about."""
    return not all(card.prints for card in found.cards)

"""Every service, called for every person: what each may do with a ticket that is open, on hold, sealed, or closed to that person."""

import contextlib
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, time
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session, sessionmaker

from hotline import sealing, services
from hotline.domain.bridge import Came
from hotline.domain.closing import HowTold
from hotline.domain.danger import BroughtIn
from hotline.domain.erasure import How
from hotline.domain.grant import Right, RightKind
from hotline.domain.look import LookAnswer
from hotline.domain.redaction import Span
from hotline.domain.ticket import MoveNotAllowed, Priority, Status
from hotline.runtime import Reading, Runtime
from hotline.services import access
from hotline.services.access import Act, NoSuchTicket, NotAllowed
from hotline.services.calls import bridging, callplans, hangup
from hotline.services.calls.bridging import CallBarred
from hotline.services.calls.callplans import NoSuchText
from hotline.services.duty import attendance, paging, ringtests, roster
from hotline.services.duty.roster import NoSuchShift
from hotline.services.keeping import erasing, longer
from hotline.services.keeping.erasing import CannotErase
from hotline.services.people import grants, releasing, staff
from hotline.services.people.factor import CodeRefused, FactorMissing
from hotline.services.people.grants import Decided, NotPossible, NotYours
from hotline.services.people.releasing import NobodyToAsk
from hotline.services.people.staff import deactivate
from hotline.services.texts import doubts, stopping
from hotline.services.texts.doubts import Settled
from hotline.services.tickets import (
    acting,
    bulk,
    casework,
    facts,
    kinds,
    looking,
    otherphones,
    passing,
    photos,
    pranks,
    protocols,
    reach,
    redaction,
    replies,
    seals,
    search,
    splitting,
    taking,
    together,
    unsending,
    views,
    walkin,
)
from hotline.services.tickets.custody import TakesTwo
from hotline.services.tickets.danger import NobodyActed
from hotline.services.tickets.facts import NoSuchChoice
from hotline.services.tickets.kinds import TooLate
from hotline.services.tickets.looking import Given
from hotline.services.tickets.otherphones import NoOtherPhone
from hotline.services.tickets.reach import SafeContact
from hotline.services.tickets.redaction import NoSuchMask, NothingToMask
from hotline.services.tickets.replies import HolderUnsaid, NoHoursNamed, ReplyRefused
from hotline.services.tickets.routing import route_due
from hotline.services.tickets.seals import NothingWaits
from hotline.services.tickets.unsending import HasLeft
from hotline.storage import sealed
from hotline.storage.models import Contact, Message, ShutOut, Ticket, TypedPhone
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.photomodels import Photo
from hotline.storage.redactions import Item
from hotline.storage.tickets import TicketMoved
from tests.services.colleagues import ORGANISATION, settle, volunteer
from tests.support import NOON, OTHER, SNATCHED, text_in, tickets

KINDS = ("open", "held", "sealed", "shut out")
"""The tickets. The last one is closed to everybody but bob."""

PEOPLE = """
[[volunteer]]
login = "dora"
name = "Dora"
teams = ["street"]
[[volunteer]]
login = "gone"
name = "Gone"
teams = ["street"]
"""
"""Beside the people of the other tests: dora, who is shut out of each ticket, and gone, who is not active any more."""

# The outcome by ticket: "in", "none" (there is no such ticket), "no" (not allowed).
EVERYBODY = """
            open  held  sealed  shut-out
alice       in    in    none    none
bob         in    in    none    in
charlie     in    in    in      none
lead        in    in    none    none
head        in    in    none    none
admin       no    no    no      no
auditor     no    no    no      no
gone        no    no    no      no
dora        none  none  none    none
stranger    no    no    no      no
"""
AUDITED = EVERYBODY.replace("auditor     no    no    no      no", "auditor     in    in    none    none")
LEADS = """
            open  held  sealed  shut-out
alice       no    no    none    none
bob         no    no    none    no
charlie     no    no    no      none
lead        in    in    none    none
head        no    no    none    none
admin       no    no    no      no
auditor     no    no    no      no
gone        no    no    no      no
dora        none  none  none    none
stranger    no    no    no      no
"""
LEADS_OR_HEAD = LEADS.replace("head        no    no", "head        in    in")
NUMBERS = LEADS.replace("bob         no    no    none    no", "bob         in    in    none    in").replace(
    "lead        in    in", "lead        no    no"
)

# Who has the ticket (alice the open one, bob the held, charlie the sealed), its lead and the head; the tickets are not urgent.
CALLS = (
    LEADS_OR_HEAD.replace("alice       no", "alice       in")
    .replace("bob         no    no", "bob         no    in")
    .replace("charlie     no    no    no", "charlie     no    no    in")
)

# They, and bob, who has the right.
SAID_NUMBERS = CALLS.replace("bob         no    in    none    no", "bob         in    in    none    in")

# Who says yes to another person: the lead of its team, the head, and bob, who has the right.
RELEASES = LEADS_OR_HEAD.replace("bob         no    no    none    no", "bob         in    in    none    in")

# Taking a hold from a ticket without one changes nothing, so everybody may.
UNHELD = """
            open  held  sealed  shut-out
alice       in    no    none    none
bob         in    no    none    in
charlie     in    no    no      none
lead        in    in    none    none
head        in    no    none    none
admin       no    no    no      no
auditor     no    no    no      no
gone        no    no    no      no
dora        none  none  none    none
stranger    no    no    no      no
"""

WORKS = frozenset({"alice", "bob", "charlie", "lead", "head", "dora"})
EVERYONE = WORKS | {"admin", "auditor", "gone", "stranger"}


@dataclass(frozen=True)
class Case:
    """A person before a ticket."""

    rt: Runtime
    who: Volunteer
    ticket: Ticket

    @property
    def at(self) -> tuple[Runtime, Volunteer, str]:
        return self.rt, self.who, self.ticket.reference

    @property
    def version(self) -> int:
        return self.ticket.version


Service = Callable[..., object]
Call = Callable[[Case], object]
NOTE = "for a reason"
PHONE = 1
"""Another phone of the citizen's, on the open ticket."""
KEY = (1, 1, date(2026, 11, 23), time(8))
SAFE = SafeContact(may_text=True, may_call=False, safe_from=None, safe_until=None, on_hold=False)
TYPED = walkin.Complaint(token="0" * 32, words="a bag was stolen", language="en")


def reading(act: Callable[[Reading], object], rt: Runtime) -> object:
    with rt.reading() as session:
        return act(session)


def less_urgent(c: Case) -> object:
    return facts.set_priority(*c.at, version=c.version, to=Priority.NORMAL, note=NOTE)


def go_on(c: Case) -> object:
    """Close a ticket whose card demands steps, without them."""
    return casework.change_status(*c.at, version=c.version, to=Status.CLOSED, note=NOTE, told=HowTold.CALL, without_steps=True)


OF_A_TICKET: list[tuple[Service, str, Call]] = [
    (taking.claim, EVERYBODY, lambda c: taking.claim(*c.at, c.version)),
    (casework.change_status, EVERYBODY, lambda c: casework.change_status(*c.at, version=c.version, to=Status.IN_PROGRESS)),
    (protocols.put, EVERYBODY, lambda c: protocols.put(*c.at, version=c.version, code="child")),
    (protocols.tick, EVERYBODY, lambda c: protocols.tick(*c.at, version=c.version, code="police", steps=["who_sees"])),
    (casework.change_status, LEADS, go_on),
    (casework.write_note, EVERYBODY, lambda c: casework.write_note(*c.at, version=c.version, note=NOTE)),
    (casework.mark_read, EVERYBODY, lambda c: casework.mark_read(*c.at, c.version)),
    (casework.listen, EVERYBODY, lambda c: casework.listen(*c.at, 1)),
    (casework.write_down, EVERYBODY, lambda c: casework.write_down(*c.at, version=c.version, body="a bag")),
    (casework.view, AUDITED, lambda c: casework.view(*c.at)),
    (casework.show_number, NUMBERS, lambda c: casework.show_number(*c.at)),
    (casework.show_said_numbers, SAID_NUMBERS, lambda c: casework.show_said_numbers(*c.at)),
    (releasing.ask, SAID_NUMBERS, lambda c: releasing.ask(*c.at, note=NOTE)),
    (releasing.decide, RELEASES, lambda c: releasing.decide(*c.at, 1, yes=True, code="1")),
    (releasing.break_glass, SAID_NUMBERS, lambda c: releasing.break_glass(*c.at, note=NOTE, code="1")),
    (facts.describe, EVERYBODY, lambda c: facts.describe(*c.at, version=c.version, category="theft", area=None, wants_woman=True)),
    (kinds.undo, EVERYBODY, lambda c: kinds.undo(*c.at)),
    (unsending.take_back, EVERYBODY, lambda c: unsending.take_back(*c.at)),
    (facts.set_priority, EVERYBODY, lambda c: facts.set_priority(*c.at, version=c.version, to=Priority.URGENT, note="")),
    (facts.set_priority, LEADS, less_urgent),
    (facts.promise, EVERYBODY, lambda c: facts.promise(*c.at, version=c.version, by=None)),
    (facts.hold, EVERYBODY, lambda c: facts.hold(*c.at, version=c.version, on=True, note="")),
    (facts.hold, UNHELD, lambda c: facts.hold(*c.at, version=c.version, on=False, note=NOTE)),
    (facts.seal, EVERYBODY, lambda c: facts.seal(*c.at, version=c.version, kind="police", note="")),
    (facts.unseal, LEADS, lambda c: facts.unseal(*c.at, version=c.version, note=NOTE)),
    (redaction.words_on, LEADS_OR_HEAD, lambda c: redaction.words_on(*c.at, an_item(c))),
    (redaction.masked_on, LEADS_OR_HEAD, lambda c: redaction.masked_on(*c.at)),
    (redaction.mask_words, LEADS_OR_HEAD, lambda c: redaction.mask_words(*c.at, version=c.version, item=an_item(c), places=[0])),
    (redaction.mask_stretch, LEADS_OR_HEAD, lambda c: redaction.mask_stretch(*c.at, version=c.version, recording_id=1, stretch=Span(0, 1))),
    (redaction.undo, LEADS_OR_HEAD, lambda c: redaction.undo(*c.at, version=c.version, redaction_id=1)),
    (redaction.rewrite, LEADS_OR_HEAD, lambda c: redaction.rewrite(*c.at, version=c.version, redaction_id=1)),
    (photos.see, EVERYBODY, lambda c: photos.see(*c.at, c.ticket.id)),
    (photos.mask, LEADS_OR_HEAD, lambda c: photos.mask(*c.at, version=c.version, photo_id=c.ticket.id)),
    (photos.unmask, LEADS_OR_HEAD, lambda c: photos.unmask(*c.at, version=c.version, photo_id=c.ticket.id)),
    (photos.remove, LEADS_OR_HEAD, lambda c: photos.remove(*c.at, version=c.version, photo_id=c.ticket.id)),
    (facts.shut_out, LEADS_OR_HEAD, lambda c: facts.shut_out(*c.at, version=c.version, whom=volunteer(c.rt, "alice").id, out=True)),
    (acting.cannot, EVERYBODY, lambda c: acting.cannot(*c.at)),
    (acting.bring_in, EVERYBODY, lambda c: acting.bring_in(*c.at, version=c.version, whom=BroughtIn.RESCUE, note="")),
    (acting.nothing_to_do, LEADS, lambda c: acting.nothing_to_do(*c.at, version=c.version, note=NOTE)),
    (passing.pass_to, EVERYBODY, lambda c: passing.pass_to(*c.at, version=c.version, colleague_id=c.who.id, note="")),
    (passing.pass_to_team, EVERYBODY, lambda c: passing.pass_to_team(*c.at, version=c.version, code=team(c), note="")),
    (reach.reach, EVERYBODY, lambda c: reach.reach(*c.at, version=c.version, was=mark(c), wanted=SAFE, note=NOTE)),
    (otherphones.add, EVERYBODY, lambda c: otherphones.add(*c.at, version=c.version, number=OTHER, note=NOTE)),
    (otherphones.confirm, LEADS_OR_HEAD, lambda c: otherphones.confirm(*c.at, version=c.version, phone_id=PHONE)),
    (otherphones.take_away, EVERYBODY, lambda c: otherphones.take_away(*c.at, version=c.version, phone_id=PHONE)),
    (splitting.split, EVERYBODY, lambda c: splitting.split(*c.at, version=c.version, text_ids=first_text(c))),
    (splitting.split, LEADS, lambda c: splitting.split(*c.at, version=c.version, text_ids=first_text(c), lighter=True, note=NOTE)),
    (splitting.move, EVERYBODY, lambda c: splitting.move(*c.at, version=c.version, text_ids=first_text(c), to=c.ticket.reference)),
    (erasing.ask, EVERYBODY, lambda c: erasing.ask(*c.at, version=c.version, how=How.VISIT, older=False, note=NOTE)),
    (erasing.agree, EVERYBODY, lambda c: erasing.agree(*c.at, version=c.version)),  # who agrees: tests/services/keeping
    (erasing.stop, EVERYBODY, lambda c: erasing.stop(*c.at, version=c.version, note=NOTE)),
    (pranks.mark, EVERYBODY, lambda c: pranks.mark(*c.at, version=c.version, note=NOTE)),
    (pranks.confirm, EVERYBODY, lambda c: pranks.confirm(*c.at, version=c.version)),
    (pranks.unmark, EVERYBODY, lambda c: pranks.unmark(*c.at, version=c.version, note=NOTE)),
    (longer.keep_longer, LEADS_OR_HEAD, lambda c: longer.keep_longer(*c.at, version=c.version, days=30, note=NOTE)),
    (replies.reply, EVERYBODY, lambda c: replies.reply(*c.at, version=c.version, body="We read it.", confirmed=frozenset())),
    (together.answer, EVERYBODY, lambda c: together.answer(*c.at, version=c.version, body="We read it.", to=Status.IN_PROGRESS, note=NOTE)),
    (together.describe, EVERYBODY, lambda c: together.describe(*c.at, version=c.version, category="theft", area=None, wants_woman=True)),
    (replies.agree, LEADS, lambda c: replies.agree(*c.at, version=c.version, note=NOTE)),
    (replies.keep_draft, EVERYBODY, lambda c: replies.keep_draft(*c.at, "We read")),
    (bridging.ask, CALLS, lambda c: bridging.ask(*c.at)),
    (bridging.came, EVERYBODY, lambda c: bridging.came(*c.at, Came.SPOKE)),
    (callplans.keep_word, EVERYBODY, lambda c: callplans.keep_word(*c.at, version=c.version, word="jasmine")),
    (callplans.agreed, EVERYBODY, lambda c: callplans.agreed(*c.at, version=c.version, written_at=NOON)),
    (callplans.urge, CALLS, lambda c: callplans.urge(*c.at, version=c.version, note=NOTE)),
    (callplans.promise, EVERYBODY, lambda c: callplans.promise(*c.at, version=c.version)),
    (callplans.give_up, EVERYBODY, lambda c: callplans.give_up(*c.at, version=c.version, note=NOTE)),
    (access.enter, AUDITED, lambda c: reading(lambda session: access.enter(session, *c.at[1:], Act.AUDIT), c.rt)),
]
"""Every service that does something with a ticket for a person: what comes of it, and how it is called."""

SAFER = (facts.set_priority, facts.hold, facts.seal)
"""Services that make a ticket safer at whatever version it is, so that a phone that texts without a pause keeps nobody from it."""

OF_NO_TICKET: list[tuple[Service, frozenset[str], Call]] = [
    (taking.take_next, WORKS, lambda c: taking.take_next(c.rt, c.who)),
    (bulk.take, WORKS, lambda c: bulk.take(c.rt, c.who, [(c.ticket.reference, c.version)])),
    (bulk.pass_on, WORKS, lambda c: bulk.pass_on(c.rt, c.who, [(c.ticket.reference, c.version)], team="emergency")),
    (bulk.close, WORKS, lambda c: bulk.close(c.rt, c.who, [(c.ticket.reference, c.version)])),
    (casework.acknowledge, WORKS, lambda c: casework.acknowledge(c.rt, c.who, 1)),
    (looking.waiting, WORKS, lambda c: reading(lambda session: looking.waiting(c.rt, session, c.who, limit=9), c.rt)),
    (looking.take_next, WORKS, lambda c: looking.take_next(c.rt, c.who)),
    (looking.hear, WORKS, lambda c: looking.hear(c.rt, c.who, 1)),
    (photos.see_in_look, WORKS, lambda c: photos.see_in_look(c.rt, c.who, 1, 1)),
    (looking.answer, WORKS, lambda c: looking.answer(c.rt, c.who, 1, Given(LookAnswer.DANGER))),
    (acting.cannot_answer, WORKS, lambda c: acting.cannot_answer(c.rt, c.who, 1)),
    (longer.going, frozenset({"lead", "head"}), lambda c: reading(lambda session: longer.going(c.rt, session, c.who), c.rt)),
    (seals.waits, frozenset({"lead", "head"}), lambda c: reading(lambda session: seals.waits(c.rt, session, c.who), c.rt)),
    (seals.break_seal, frozenset({"lead", "head"}), lambda c: seals.break_seal(c.rt, c.who, note=NOTE)),
    (search.by_words, WORKS, lambda c: reading(lambda session: search.by_words(c.rt, session, c.who, [1]), c.rt)),
    (search.by_number, frozenset({"bob"}), lambda c: search.by_number(c.rt, c.who, "+923001234501")),
    (views.save, WORKS, lambda c: views.save(c.rt, c.who, "Late ones", "list=mine&late=1")),
    (views.delete, WORKS, lambda c: views.delete(c.rt, c.who, 1)),
    (walkin.take_down, WORKS, lambda c: walkin.take_down(c.rt, c.who, TYPED)),
    (walkin.slip, WORKS, lambda c: reading(lambda session: walkin.slip(c.rt, session, c.who, "482719365"), c.rt)),
    (hangup.tick_off, WORKS, lambda c: hangup.tick_off(c.rt, c.who, "CA1")),
    (roster.ask_stand_in, WORKS, lambda c: roster.ask_stand_in(c.rt, c.who, KEY, 1)),
    (roster.take_back, WORKS, lambda c: roster.take_back(c.rt, c.who, KEY)),
    (roster.agree, WORKS, lambda c: roster.agree(c.rt, c.who, KEY, agrees=True)),
    (roster.say, WORKS, lambda c: roster.say(c.rt, c.who, KEY, comes=True)),
    (roster.add_shift, WORKS, lambda c: roster.add_shift(c.rt, c.who, 1, 1, weekday=0, hours=(time(8), time(9)), rests=False)),
    (roster.remove_shift, WORKS, lambda c: roster.remove_shift(c.rt, c.who, 1, 1)),
    (roster.to_hand_over, WORKS, lambda c: reading(lambda session: roster.to_hand_over(c.rt, session, c.who), c.rt)),
    (roster.hand_over, WORKS, lambda c: roster.hand_over(c.rt, c.who, KEY, "", was="")),
    (grants.request, frozenset({"admin", "lead", "head"}), lambda c: grants.request(c.rt, c.who.id, "alice", Right(RightKind.NUMBERS))),
    (grants.decide, frozenset({"admin", "head"}), lambda c: grants.decide(c.rt, c.who.id, 1, given=True)),
    (staff.bring_in, frozenset({"admin"}), lambda c: staff.bring_in(c.rt, c.who.id, "eve", "Eve")),
    (staff.new_link, frozenset({"admin"}), lambda c: staff.new_link(c.rt, c.who.id, "alice")),
    (staff.deactivate, frozenset({"admin"}), lambda c: staff.deactivate(c.rt, c.who.id, "alice")),
    (staff.bring_back, frozenset({"admin"}), lambda c: staff.bring_back(c.rt, c.who.id, "gone")),
    (staff.speak, frozenset({"admin"}), lambda c: staff.speak(c.rt, c.who.id, "alice", ["en"])),
    (staff.join, frozenset({"admin"}), lambda c: staff.join(c.rt, c.who.id, "alice", "street")),
    (staff.take_away, frozenset({"admin"}), lambda c: staff.take_away(c.rt, c.who.id, "alice", Right(RightKind.NUMBERS))),
    (ringtests.report, frozenset({"lead", "head"}), lambda c: reading(lambda session: ringtests.report(c.rt, session, c.who), c.rt)),
    (stopping.stop, frozenset({"admin", "head"}), lambda c: stopping.stop(c.rt, c.who.id, "twilio", NOTE)),
    (stopping.start, frozenset({"admin", "head"}), lambda c: stopping.start(c.rt, c.who.id, "twilio")),
    (doubts.listed, frozenset({"admin", "head"}), lambda c: doubts.listed(c.rt, c.who.id)),
    (doubts.send_again, frozenset({"admin", "head"}), lambda c: doubts.send_again(c.rt, c.who.id, 1)),
    (doubts.leave, frozenset({"admin", "head"}), lambda c: doubts.leave(c.rt, c.who.id, 1)),
    # Both note that a page is open, and skip what the person may not see.
    (attendance.come, EVERYONE, lambda c: attendance.come(c.rt, c.who)),
    (paging.opened, EVERYONE, lambda c: paging.opened(*c.at)),
]
"""Every service that does something else for a person: who may, and how it is called."""

OF_ONES_OWN = {
    "people.account": {"change_password", "end", "end_others", "choose"},
    "people.factor": {"prepare", "secret", "prove", "prove_fresh", "shows", "spend"},
    "people.login": {"log_in", "come_in", "find", "oldest", "seen", "seek", "sought", "log_out", "choose_page_language"},
    "people.invitations": {"invited", "accept"},
    "people.tries": {"by_name", "count"},
    "showings": {"note", "note_list", "note_page"},
}
"""What a person does with an account of their own, or on the way in to it. Pages pass the id of the logged-in volunteer."""

BY_MACHINE = {
    "backups.making": {"make"},
    "backups.watching": {"back_up_due", "confirm", "fault", "newest"},
    "books.binding": {"bind_books"},
    "books.verifying": {"verify_codes"},
    "books.witness": {"tell_codes", "code_of"},
    "calls.bridging": {"report", "close_lost"},
    "calls.callflow": {
        *("menu_of", "start_call", "answer_back", "press_key", "end_recording", "end_dial", "end_join", "duty_call", "take_duty")
    },
    "calls.hangup": {"end_call", "close_calls", "close_left"},
    "calls.missedcalls": {"note_late"},
    "calls.leavings": {"receive_recording"},
    "calls.placing": {"place_calls"},
    "calls.plainaudio": {"is_plain", "seal_plain"},
    "calls.recordings": {"ask_recordings", "fetch_due"},
    "calls.takenout": {"settle_recordings"},
    "keeping.longer": {"goes_at"},
    "keeping.retention": {"due", "expected", "keep_due", "sweep", "terms"},
    # The page of the condition is opened to few by hotline/web/condition.py, and tells of no ticket.
    "condition.certificate": {"ask_when_due", "known_end"},
    "condition.figures": {"read"},
    "condition.lookout": {"start"},
    "condition.readiness": {"clock", "database", "disk", "redis", "spool"},
    "condition.telling": {"tell_of_host", "tell_of_stillness", "unsent_since", "watch"},
    "condition.ticks": {"clock_rang", "note", "note_those_to_come", "was_set_back"},
    "duty.attendance": {"watch_shifts"},
    "duty.callers": {"is_fit", "may_alarm"},
    "duty.coverage": {"thin_hours"},
    "duty.paging": {"page_unseen", "may_text"},
    "duty.ringing": {"ring_due"},
    "duty.ringtests": {"ring_all", "tell_of_unanswered"},
    "duty.roster": {"turn_of"},
    "keeping.forgetting": {"forget_due", "kept"},
    "keeping.erasing": {"erase_due", "erasing"},
    "people.installation": {"check_installation"},
    "people.invitations": {"invite", "invite_again", "like"},
    "people.keysafe": {*("add", "check_keys", "confirm_paper", "on_paper", "retire", "rotate", "seal_anew", "take_in", "wrapped")},
    "people.rekeyedaudio": {"settle", "tidy", "write_anew"},
    "people.organisation": {"load_organisation", "add_volunteer", "reset_password"},
    "texts.fetching": {"fetch_texts", "here_already"},
    "texts.gatewayview": {"overview"},
    "texts.heads": {"note", "take_in"},
    "texts.health": {"watch"},
    "texts.firsttext": {"store"},
    "texts.intake": {"make_ready", "receive_text"},
    "texts.camewith": {"wanted"},
    "texts.canary": {"heard", "is_one", "watch"},
    "reconciling.asking": {"reconcile_due", "reconcile_since"},
    "reconciling.logs": {"logs"},
    "arriving": {"begin_call", "need_database", "note_call", "receive", "stored_or_put", "take_report", "take_text"},
    "callsteps": {"end_call", "end_dial", "end_recording", "press_key", "receive_recording", "take_duty", "take_in"},
    "draining": {"take_in_waiting"},
    "texts.parts": {"acknowledge", "join", "keep_parts", "take_in_parts"},
    "texts.partreports": {"note_parts"},
    "texts.photos": {"fetch_due"},
    "texts.pings": {"note"},
    "texts.claiming": {"claim_due"},
    "texts.outbound": {"send_due", "send_one"},
    "texts.reports": {"receive_report", "settle_unknown"},
    "texts.saidagain": {"said_again"},
    "texts.unreported": {"ask_unreported"},
    "texts.sealing": {"seal_plain", "is_plain"},
    "tickets.indexing": {"index_words", "reindex"},
    "tickets.lateness": {"mark_late"},
    "tickets.naming": {"names_nobody"},
    "tickets.latelooks": {"tell_of_late"},
    "tickets.reading": {"read_due"},
    "tickets.rewriting": {"redact_due"},
    "tickets.routing": {"route_due"},
    # Their callers have checked access already.
    "calls.callplans": {"calling", "may_call", "hours", "bars"},
    "people.releasing": {"panel"},
    "tickets.custody": {"of", "guarded", "shut", "require_open", "may_ask"},
    "tickets.casework": {"was_viewed"},
    "tickets.danger": {"act_time"},
    "tickets.facts": {"may_keep_team"},
    "tickets.kinds": {"effects", "to_undo"},
    "tickets.unsending": {"to_take_back"},
    "tickets.looking": {"goals"},
    "tickets.meaning": {"read_words", "of_reading"},
    "tickets.passing": {"on_duty"},
    "tickets.answering": {"to_answer", "still_answers", "ends_at"},
    "tickets.protocols": {"beside", "passed_over"},
    "tickets.replies": {"templates", "count", "verdict", "way"},
    "tickets.telling": {"is_by_person", "held"},
    "tickets.search": {"parse"},
    "tickets.openpages": {"note", "readers"},
}
"""What gateways, workers, the command line and other services call: no person's right is asked."""


def team(c: Case) -> str:
    """A team that the ticket can go to: a sealed ticket stays with its own team."""
    return "integrity" if c.ticket.sealed else "emergency"


def first_text(c: Case) -> list[int]:
    """The id of the text that the ticket opened with."""
    return reading(
        lambda session: list(session.scalars(select(Message.id).where(Message.ticket_id == c.ticket.id, Message.direction == "in"))), c.rt
    )  # type: ignore[return-value]


def an_item(c: Case) -> Item:
    """The text that the ticket opened with, as masks name it."""
    return Item(message_id=next(iter(first_text(c)), 0))


def mark(c: Case) -> str:
    """What the form of the safe contact carries."""
    return str(reading(lambda session: SafeContact.of(session.get_one(Contact, c.ticket.contact_id), phone_held=False).mark, c.rt))


def table(written: str) -> dict[tuple[str, str], str]:
    """(login, kind of ticket) → the outcome."""
    return {
        (login, kind): expected
        for login, *outcomes in (line.split() for line in written.strip().splitlines()[1:])
        for kind, expected in zip(KINDS, outcomes, strict=True)
    }


def outcome(call: Call, case: Case) -> str:
    try:
        call(case)
    except (NotAllowed, NotYours):
        return "no"
    except NoSuchTicket:
        return "none"
    except (MoveNotAllowed, ReplyRefused, NoSuchShift, NotPossible, Decided, NoOtherPhone, NoSuchChoice, HolderUnsaid, NoHoursNamed):
        return "in"  # let in, and refused for another reason
    except (TakesTwo, NobodyToAsk, FactorMissing, CodeRefused, Settled):
        return "in"  # let in, and refused for another reason
    except (
        CallBarred,
        CannotErase,
        HasLeft,
        NoSuchMask,
        NoSuchText,
        NobodyActed,
        NothingToMask,
        NothingWaits,
        TicketMoved,
        TooLate,
    ):
        return "in"
    return "in"


class TakenBack:
    """Never commits: what a service stored is rolled back when it ends, so that each case meets the same tickets."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self._sessions = sessions

    @contextlib.contextmanager
    def session(self, *, ahead: bool = False) -> Iterator[Session]:
        with self._sessions() as session:
            yield session
            session.flush()


@pytest.fixture
def cases(rt: Runtime, tmp_path: Path) -> dict[tuple[str, str], Case]:
    settle(rt, tmp_path, ORGANISATION + PEOPLE)
    for n, body in enumerate((SNATCHED, SNATCHED, "thanay ke SHO ne mujh se rishwat mangi", SNATCHED)):
        text_in(rt, body, sender=f"+92300123450{n}")
    route_due(rt)
    everybody = {login: volunteer(rt, login) for login in (line.split()[0] for line in EVERYBODY.strip().splitlines()[1:-1])}
    rows = tickets(rt)
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).values(priority=Priority.HIGH))
        tx.session.execute(update(Ticket).where(Ticket.sealed.is_(False)).values(category="missing"))  # a kind that demands steps
        tx.session.execute(update(Ticket).where(Ticket.id == rows[1].id).values(hold=True))
        tx.session.execute(update(Volunteer).where(Volunteer.login == "bob").values(shows_numbers=True))
        for ticket in rows:
            message_id = tx.session.scalars(select(Message.id).where(Message.ticket_id == ticket.id, Message.direction == "in")).one()
            of = {"message_id": message_id, "gateway": "twilio", "gateway_id": f"{ticket.id}", "attempts": 0, "created_at": tx.now}
            tx.session.execute(insert(Photo).values(id=ticket.id, state="done", width=1, height=1, **of))
        out = {(ticket.id, "dora") for ticket in rows} | {(rows[3].id, login) for login in everybody if login != "bob"}
        made = {"made_by": everybody["lead"].id, "made_at": tx.now}
        number = sealed.seal_typed(sealed.needed_key_of_ticket(tx.session, rows[0].id), OTHER, PHONE)
        typed = {
            "mark": sealing.mark(rt.keys, OTHER),
            "number": number,
            "kind": "another",
            "made_by": everybody["bob"].id,
            "made_at": tx.now,
        }
        tx.session.execute(insert(TypedPhone).values(id=PHONE, ticket_id=rows[0].id, **typed))
        tx.session.execute(insert(ShutOut), [{"ticket_id": i, "volunteer_id": everybody[login].id, **made} for i, login in sorted(out)])
    deactivate(rt, everybody["admin"].id, "gone")
    found = dict(zip(KINDS, tickets(rt), strict=True))
    assert [(one.hold, one.sealed) for one in found.values()] == [
        (False, False),
        (True, False),
        (found["sealed"].hold, True),
        (False, False),
    ]
    everybody = {login: volunteer(rt, login) for login in everybody}
    everybody["stranger"] = Volunteer(
        id=4711, login="stranger", name="Nobody", role="volunteer", is_head=True, shows_numbers=True, active=True
    )
    dry = replace(rt, writing=TakenBack(rt.sessions))
    return {(login, kind): Case(dry, who, ticket) for login, who in everybody.items() for kind, ticket in found.items()}


@pytest.mark.parametrize(("service", "expected", "call"), OF_A_TICKET, ids=lambda one: getattr(one, "__qualname__", ""))
def test_with_a_ticket_everybody_may_what_the_table_says(
    cases: dict[tuple[str, str], Case], service: Service, expected: str, call: Call
) -> None:
    assert {where: outcome(call, case) for where, case in cases.items()} == table(expected)


@pytest.mark.parametrize(("service", "allowed", "call"), OF_NO_TICKET, ids=lambda one: getattr(one, "__qualname__", ""))
def test_without_a_ticket_everybody_may_what_the_table_says(
    cases: dict[tuple[str, str], Case], service: Service, allowed: frozenset[str], call: Call
) -> None:
    found = {login for (login, kind), case in cases.items() if kind == "open" and outcome(call, case) != "no"}
    assert found == allowed


def test_a_version_that_is_over_changes_nothing(cases: dict[tuple[str, str], Case]) -> None:
    case = cases["bob", "open"]
    stale = replace(
        case, ticket=Ticket(reference=case.ticket.reference, contact_id=case.ticket.contact_id, version=case.version - 1, sealed=False)
    )
    versioned = [(service, call) for service, _, call in OF_A_TICKET if "version" in inspect.signature(service).parameters]
    moved = []
    for service, call in versioned:
        if service is not access.enter:
            with contextlib.suppress(NotAllowed, access.TicketMoved):
                call(stale)
                moved.append(service)
    assert sorted(set(moved), key=SAFER.index) == list(SAFER)
    assert all(moved.count(service) == 1 for service in SAFER), "the other way takes the version"
    assert len(versioned) > 12


def test_a_lead_beside_works_on_a_sealed_ticket_in_danger_and_makes_it_no_less_safe(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)
    text_in(rt, "mere bhai ko aghwa kar liya aur SHO FIR nahi kaat raha")
    route_due(rt)
    [ticket] = tickets(rt)
    assert (ticket.sealed, ticket.category) == (True, "police")

    def may(login: str, act: Act) -> str:
        with rt.reading() as session:
            try:
                return "in" if access.enter(session, volunteer(rt, login), ticket.reference, act) else ""
            except (NotAllowed, NoSuchTicket) as refused:
                return "no" if isinstance(refused, NotAllowed) else "none"

    assert {login: may(login, Act.WORK) for login in ("alice", "bob", "charlie", "lead", "head", "admin", "auditor")} == {
        "alice": "none",
        "bob": "none",
        "charlie": "in",
        "lead": "in",
        "head": "none",
        "admin": "no",
        "auditor": "no",
    }
    assert {act: may("lead", act) for act in (Act.EASE, Act.SHUT_OUT, Act.CONFIRM)} == dict.fromkeys(
        (Act.EASE, Act.SHUT_OUT, Act.CONFIRM), "no"
    )


def test_every_service_stands_in_a_table() -> None:
    """A service is a public function that takes the Runtime and opens its own transaction, or reads for a person."""
    there: set[str] = set()
    for module in pkgutil.walk_packages(services.__path__, "hotline.services."):
        for name, one in vars(importlib.import_module(module.name)).items():
            if inspect.isfunction(one) and one.__module__ == module.name and not name.startswith("_"):
                parameters = list(inspect.signature(one).parameters)
                if parameters[:1] == ["rt"] and "tx" not in parameters:
                    there.add(f"{module.name.removeprefix('hotline.services.')}.{name}")
    tables = [
        {f"{service.__module__.removeprefix('hotline.services.')}.{service.__qualname__}" for service, *_ in OF_A_TICKET + OF_NO_TICKET}
    ]
    tables += [{f"{module}.{name}" for module, names in known.items() for name in names} for known in (OF_ONES_OWN, BY_MACHINE)]
    assert there == set.union(*tables) - {"access.enter"}

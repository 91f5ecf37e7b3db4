"""Once a day the hotline rings and texts every phone that an alarm could ring, to prove that it can. Leads see who was not reached.

The phones are those of everybody with a turn that day, of leads and heads, and of the duty line. A test is answered by the key of an alarm,
or by the two digits that its text shows. The words name nothing: somebody else may hold the phone.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from hotline.alarms import AlarmKind, raise_alarm_about
from hotline.domain import phone, texts
from hotline.domain.call import CallDirection, CallReason
from hotline.domain.duty import REACH, Turn
from hotline.domain.languages import heard_in
from hotline.domain.walk import Step
from hotline.log import logger
from hotline.runtime import Reading, Runtime, Transaction
from hotline.services import access
from hotline.services.access import NotAllowed
from hotline.services.duty import callers, codes, paging
from hotline.storage import calls, contacts, people, rings, ringtests, sealed, shiftdays
from hotline.storage.callmodels import Call
from hotline.storage.models import Contact
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.ringmodels import RingTest
from hotline.storage.ringtests import AnsweredBy
from hotline.workdays import calendar

_LATEST = timedelta(hours=2)
"""How long after the configured time a test may still begin, if no worker ran then: a test that comes in the evening wakes families."""

_FRESH_FOR = timedelta(minutes=10)
"""A call that could not be placed within this time is not placed: its test counts as not reached."""

_ANSWERED_WITHIN = timedelta(minutes=15)
"""After so long without an answer the lead is told. A later answer is noted all the same."""

_SHOWN = timedelta(days=6)
"""How many days before today the leads' page shows."""


class Tested(NamedTuple):
    """One phone on one day, as leads see it: whose it is, its place in the duty line (0: not in it), and its test.

    No test: these people are to be rung on that day, and gave no phone.
    """

    on_date: date
    names: tuple[str, ...]
    line: int
    test: RingTest | None


def ring_all(rt: Runtime) -> int:
    """Begin the tests of today that are due; returns how many. A phone is tested once a day: a second worker finds its row."""
    begins = _begins(rt)
    if begins is None or not begins <= rt.clock() < begins + _LATEST:
        return 0
    today = begins.date()
    with rt.reading() as session:
        ids = [one.id for one in _of_the_day(rt, session, today)]
        phones = ringtests.phones(session, ids).values()
        own = {number for contact in phones if (number := sealed.number_of(rt.keys, contact)) is not None}
        due = (own | {*rt.config.voice.duty_line}) - ringtests.addresses(session, today)
    begun = sum(_begin(rt, address, today) for address in sorted(due))
    if begun:
        logger().info("phones tested", rows=begun)
    return begun


def _begins(rt: Runtime) -> datetime | None:
    """When today's test begins; None if there is none."""
    if not rt.config.duty.ring_test_at:
        return None
    local = rt.clock().astimezone(rt.config.zone)
    return datetime.combine(local.date(), time.fromisoformat(rt.config.duty.ring_test_at), rt.config.zone)


def _of_the_day(rt: Runtime, session: Reading, day: date) -> list[Volunteer]:
    """Everybody whom an alarm may call on a day: who has a turn of a shift then, the leads and the heads."""
    ids = set(people.heads(session))
    for team in people.teams(session).values():
        turns = shiftdays.turns_of(session, team.id, day - REACH, day, calendar(rt.config))
        ids |= {*people.leads(session, team.id)} | {turn.who for turn in turns if turn.who is not None and _is_on(turn, day)}
    return [one for one in people.colleagues(session) if one.id in ids]


def _is_on(turn: Turn, day: date) -> bool:
    midnight = datetime.combine(day, time())
    return any(begins.date() <= day and ends > midnight for begins, ends in turn.stretches)


def _begin(rt: Runtime, address: str, today: date) -> bool:
    """Begin the test of one phone, in one transaction; False if not now."""
    with rt.transaction() as tx:
        sender = phone.read_sender(address, rt.config.numbers.region)
        met = contacts.typed_in(tx.session, sender, language=rt.config.conversation.default_language, now=tx.now)
        contact = contacts.locked(tx.session, met.id)
        if gives_way(rt, tx, contact) or callers.on_line(rt, tx, contact):
            return False
        owners = people.by_phone(tx.session, contact.id)
        may_ring = callers.may_alarm(rt, contact)
        if not ringtests.begin(tx.session, today, contact.id, rung=may_ring, now=tx.now):
            return False
        code = codes.draw(tx, contact.id, 1)[0]
        if owners and paging.text_phone(rt, tx, owners[0], texts.RING_TEST, code=code):
            ringtests.show(tx.session, today, contact.id, code)
        if may_ring:
            language = owners[0].page_language if owners else rt.config.conversation.default_language
            paging.ring_phone(tx, contact, heard_in(language), direction=CallDirection.TEST, step=Step.TEST)
    return True


def gives_way(rt: Runtime, tx: Transaction, contact: Contact) -> bool:
    """Whether the test of a phone waits for a real alarm: one rings it or is about to, or somebody may be about to press its key."""
    since = tx.now - timedelta(minutes=rt.config.duty.act_minutes)
    return rings.awaited(tx.session, contact.id, now=tx.now) or calls.has_alarm(tx.session, contact.id, since=since, now=tx.now)


def still_not(rt: Runtime, tx: Transaction, call: Call, contact: Contact) -> CallReason | None:
    """Why the call of a test that is due is not placed now; None if it is."""
    if tx.now - call.started_at >= _FRESH_FOR:
        return CallReason.TOO_LATE
    test = ringtests.newest(tx.session, contact.id)
    if test is not None and test.answered_at is not None:
        return CallReason.SEEN
    return None if callers.may_alarm(rt, contact) else CallReason.NOT_SAFE


def answer(tx: Transaction, contact_id: int, by: AnsweredBy) -> None:
    """A phone answered its test: by the key on the call, or by the digits that its text showed."""
    test = ringtests.newest(tx.session, contact_id)
    if test is not None:
        ringtests.answer(tx.session, test.id, by=by, now=tx.now)


def tell_of_unanswered(rt: Runtime) -> int:
    """Alarm the leads about phones that did not answer their test; returns how many phones. A lead is alarmed once a day, and again if
    one more phone does not answer after the alarm was seen."""
    with rt.reading() as session:
        waiting = ringtests.unanswered(session, begun_before=rt.clock() - _ANSWERED_WITHIN)
    for test_id in waiting:
        with rt.transaction() as tx:
            given_up = ringtests.give_up(tx.session, test_id, now=tx.now)
            if given_up is not None:
                on_date, contact_id = given_up
                for lead_id in _leads_of(tx, contact_id):
                    raise_alarm_about(tx, f"rings:{on_date}", AlarmKind.NOT_REACHED, lead_id, again=True)
    return len(waiting)


def _leads_of(tx: Transaction, contact_id: int) -> Sequence[int]:
    """Who is told of a phone that did not answer: the other leads of its people's teams, else the other heads, else all heads."""
    owners = people.by_phone(tx.session, contact_id)
    own = {one.id for one in owners}
    teams = {team_id for one in owners for team_id in people.rights(tx.session, one).teams}
    leads = {lead_id for team_id in teams for lead_id in people.leads(tx.session, team_id)} - own
    heads = {*people.heads(tx.session)}
    return sorted(leads or heads - own or heads)


def report(rt: Runtime, session: Reading, lead: Volunteer) -> list[Tested]:
    """The tests of the last days, newest first: of the people whom the reader leads and of the duty line; for a head of everybody.

    People who are to be rung today and gave no phone stand among them. Raises `NotAllowed`.
    """
    rights = access.working(session, lead)
    if not (rights.is_head or rights.leads):
        raise NotAllowed
    led = {volunteer_id for volunteer_id, team, _ in people.memberships(session) if rights.is_head or team.id in rights.leads}
    everybody = [one for one in people.colleagues(session) if rights.is_head or one.id in led]
    line = {address: place for place, address in enumerate(rt.config.voice.duty_line, 1)}
    today = rt.clock().astimezone(rt.config.zone).date()
    found = [
        Tested(today, (one.name,), 0, None)
        for one in _of_the_day(rt, session, today)
        if one.phone_id is None and (rights.is_head or one.id in led) and rt.config.duty.ring_test_at
    ]
    for test, address in ringtests.since(session, today - _SHOWN):
        names = tuple(one.name for one in everybody if one.phone_id == test.contact_id)
        if names or address in line:
            found.append(Tested(test.on_date, names, line.get(address, 0), test))
    return found

"""A volunteer calls a citizen back, and neither sees the other's number. The volunteer's phone is rung first, then the citizen's.

Everything is stored before the gateway is asked or told: a killed worker, a form sent twice or a late report rings nobody twice.
"""

from datetime import timedelta

from hotline.domain import menu
from hotline.domain.bridge import ENDS, Bar, Came, End, Leg
from hotline.domain.call import CallDirection, CallReason
from hotline.domain.danger import Danger
from hotline.domain.languages import heard_in
from hotline.domain.walk import Step, Walk
from hotline.jobs import Job
from hotline.runtime import Runtime, Transaction
from hotline.services import access
from hotline.services.access import NoSuchTicket, NotAllowed
from hotline.services.calls import callplans
from hotline.services.calls.leavings import OPEN_AT_MOST
from hotline.services.duty import callers
from hotline.services.tickets.danger import acted, endangered
from hotline.storage import bridges, calls, contacts, people, sealed, tickets
from hotline.storage.bridgemodels import Bridge
from hotline.storage.callmodels import Call
from hotline.storage.events import Deed, EventKind, happened
from hotline.storage.models import Contact, Ticket
from hotline.storage.peoplemodels import Volunteer

RINGS_S = 25
"""Seconds for which the citizen's phone rings: less than most mailboxes wait."""

_PLACED_WITHIN = timedelta(minutes=2)
"""A volunteer whose phone could not be rung within this time no longer holds it."""


class CallBarred(Exception):
    """The citizen is not called back now. `args[0]` are the reasons (`Bar`)."""


def ask(rt: Runtime, volunteer: Volunteer, reference: str) -> None:
    """A volunteer asks to be joined with the citizen of a ticket: the volunteer's own phone will ring.

    Raises `NoSuchTicket`, `NotAllowed`, `CallBarred`.
    """
    with rt.transaction() as tx:
        way = access.enter(tx.session, volunteer, reference)
        if not callplans.may_call(rt, tx.session, way):
            raise NotAllowed
        contact = contacts.locked(tx.session, way.ticket.contact_id)  # so that of two who ask at once the second finds the first
        found = callplans.bars(rt, tx.session, way, contact)
        if found:
            raise CallBarred(found)
        call_id = calls.keep(
            tx.session,
            now=tx.now,
            direction=CallDirection.BRIDGE,
            gateway="",
            gateway_id=None,
            contact_id=way.volunteer.phone_id or 0,
            walk=Walk(Step.READY, heard_in(way.volunteer.page_language)).as_row(),
            next_attempt_at=tx.now,
        )
        whose = {"ticket_id": way.ticket.id, "contact_id": contact.id, "volunteer_id": volunteer.id}
        if call_id is None or not bridges.put(tx.session, **whose, call_id=call_id, now=tx.now):
            raise CallBarred((Bar.UNDER_WAY,))
        happened(tx.session, way.ticket.id, EventKind.BRIDGE_ASKED, now=tx.now, volunteer_id=volunteer.id)
        tx.ring(Job.PLACE_CALLS)


def still_not(rt: Runtime, tx: Transaction, call: Call, own_phone: Contact) -> CallReason | None:
    """Why a volunteer's phone that is due is not rung now; None if it is. If not, the bridge ends."""
    bridge = bridges.of_call(tx.session, call.id)
    reason = None
    if bridge is None or bridge.ended_at is not None or tx.now - call.started_at > _PLACED_WITHIN:
        reason = CallReason.TOO_LATE
    elif not callers.may_alarm(rt, own_phone):
        reason = CallReason.NOT_SAFE
    if reason is not None and bridge is not None:
        _end(tx, bridge, End.NOT_PLACED)
    return reason


def is_over(tx: Transaction, call: Call) -> bool:
    """Whether a call to a volunteer's phone belongs to a bridge that has ended: then nothing is said to the phone."""
    bridge = bridges.of_call(tx.session, call.id)
    return bridge is None or bridge.ended_at is not None


def take(rt: Runtime, tx: Transaction, call: Call, walk: Walk) -> Walk:
    """The volunteer pressed 1. Returns where the call goes: to be joined, unless something bars it by now.

    From here on the citizen's phone counts as rung.
    """
    bridge = bridges.of_call(tx.session, call.id)
    if bridge is None or bridge.ended_at is not None:
        return menu.go(walk, Step.GONE)
    if not _still_may(rt, tx, bridge):
        _end(tx, bridge, End.BARRED)
        return menu.go(walk, Step.GONE)
    bridges.store(tx.session, bridge, answered_at=tx.now)
    happened(tx.session, bridge.ticket_id, EventKind.BRIDGE_ANSWERED, now=tx.now, volunteer_id=bridge.volunteer_id)
    return walk


def _still_may(rt: Runtime, tx: Transaction, bridge: Bridge) -> bool:
    """Whether the volunteer may still call the citizen: rights, safe contact and the day's tries may have changed since it was asked."""
    contact = contacts.locked(tx.session, bridge.contact_id)
    volunteer = people.volunteer(tx.session, bridge.volunteer_id)
    ticket = tx.session.get_one(Ticket, bridge.ticket_id)
    if volunteer is None or ticket.contact_id != contact.id:
        return False
    try:
        way = access.enter(tx.session, volunteer, ticket.reference)
    except (NoSuchTicket, NotAllowed):
        return False
    found = set(callplans.bars(rt, tx.session, way, contact)) - {Bar.UNDER_WAY}  # this call itself is under way
    return not found and callplans.may_call(rt, tx.session, way)


def number_to_ring(rt: Runtime, tx: Transaction, call: Call) -> str | None:
    """The citizen's number, for a call to a volunteer that is to be joined; None if it has been rung already, or must not be."""
    bridge = bridges.of_call(tx.session, call.id)
    if bridge is None or bridge.answered_at is None or bridge.rung_at is not None or bridge.ended_at is not None:
        return None
    return sealed.number_of(rt.keys, tx.session.get_one(Contact, bridge.contact_id))


def report(rt: Runtime, call_id: int, leg: Leg, duration_s: int | None) -> None:
    """The gateway reports of the citizen's phone: late, twice, or out of order. What is known is never taken back."""
    with rt.transaction(ahead=True) as tx:
        calls.locked_by_id(tx.session, call_id)  # first the call, as every step of it does
        go_on(tx, call_id, leg, duration_s)


def go_on(tx: Transaction, call_id: int, leg: Leg, duration_s: int | None) -> None:
    """Store what the gateway says of the citizen's phone."""
    bridge = bridges.of_call(tx.session, call_id)
    if bridge is None or bridge.answered_at is None:
        return
    if bridge.rung_at is None and leg is not Leg.FAILED:
        bridges.store(tx.session, bridge, rung_at=tx.now)
        happened(tx.session, bridge.ticket_id, EventKind.BRIDGE_RUNG, now=tx.now)
    if bridge.joined_at is None and leg in (Leg.ANSWERED, Leg.OVER):
        _join(tx, bridge)
    if leg in ENDS:
        _end(tx, bridge, End.JOINED if bridge.joined_at is not None else ENDS[leg], duration_s)


def hung_up(tx: Transaction, call: Call) -> None:
    """Our call to the volunteer is over, and with it the bridge."""
    bridge = bridges.of_call(tx.session, call.id)
    if bridge is not None and bridge.ended_at is None:
        _end(tx, bridge, _as_far_as_known(bridge))


def close_lost(rt: Runtime) -> None:
    """End the bridges that nobody will report of any more, as when a worker died while it asked the gateway. They would block the phone."""
    with rt.reading() as session:
        if not bridges.any_open(session):
            return
    with rt.transaction() as tx:
        for bridge in bridges.lost(tx.session, placed_before=tx.now - 2 * _PLACED_WITHIN, asked_before=tx.now - OPEN_AT_MOST):
            _end(tx, bridge, _as_far_as_known(bridge))


def came(rt: Runtime, volunteer: Volunteer, reference: str, what: Came) -> None:
    """The volunteer says what came of their last call on a ticket. If the two did not speak to the end, it counts as not made, and a person
    in danger still is. Said twice, the first counts.

    Raises `NoSuchTicket`, `NotAllowed`.
    """
    with rt.transaction() as tx:
        entered = access.enter(tx.session, volunteer, reference)
        bridge = bridges.last_by(tx.session, entered.ticket.id, volunteer.id)  # first the bridge, then the ticket: as reports do
        if bridge is None or bridge.joined_at is None or bridge.ended_at is None or bridge.came is not None:
            return
        ticket = tickets.locked(tx.session, entered.ticket.id)
        bridges.store(tx.session, bridge, came=what)
        happened(tx.session, ticket.id, EventKind.BRIDGE_CAME, now=tx.now, volunteer_id=volunteer.id, bridge=what)
        if what is Came.SPOKE:
            tickets.change(tx.session, ticket.id, ticket.version, now=tx.now)
            return
        plan = bridges.plan(tx.session, ticket.id)
        if plan is not None and plan.made_at == bridge.joined_at:
            bridges.keep_plan(tx.session, ticket.id, made_at=None)
        rests_by_it = ticket.danger is not None and ticket.acted_at == bridge.joined_at
        anew = endangered(tx, ticket, Danger(ticket.danger or ""), by=volunteer.id) if rests_by_it else {}
        tickets.change(tx.session, ticket.id, ticket.version, now=tx.now, **anew)


def _join(tx: Transaction, bridge: Bridge) -> None:
    bridges.store(tx.session, bridge, joined_at=tx.now)
    happened(tx.session, bridge.ticket_id, EventKind.BRIDGE_JOINED, now=tx.now, volunteer_id=bridge.volunteer_id)
    if bridge.ended_at is not None:  # a late report: it had ended as something less
        bridges.store(tx.session, bridge, ended=End.JOINED)
    ticket = tickets.locked(tx.session, bridge.ticket_id)
    if changes := acted(tx, ticket, bridge.volunteer_id, Deed.CALLED):
        tickets.change(tx.session, ticket.id, ticket.version, now=tx.now, **changes)
    plan = bridges.plan(tx.session, bridge.ticket_id)
    if plan is not None and plan.wanted_at is not None and plan.made_at is None:
        bridges.keep_plan(tx.session, bridge.ticket_id, made_at=tx.now)


def _as_far_as_known(bridge: Bridge) -> End:
    if bridge.joined_at is not None:
        return End.JOINED
    return End.NOT_TAKEN if bridge.answered_at is None else End.UNKNOWN


def _end(tx: Transaction, bridge: Bridge, how: End, duration_s: int | None = None) -> None:
    """End a bridge. One that has ended already only learns what was not known."""
    if bridge.ended_at is not None and bridge.ended != End.UNKNOWN:
        if bridge.duration_s is None and duration_s is not None and how is End.JOINED:
            bridges.store(tx.session, bridge, duration_s=duration_s)
        return
    if bridge.ended == how:
        return
    seconds = duration_s if how is End.JOINED else None
    bridges.store(tx.session, bridge, ended_at=bridge.ended_at or tx.now, ended=how, duration_s=seconds)
    happened(tx.session, bridge.ticket_id, EventKind.BRIDGE_ENDED, now=tx.now, bridge=how, seconds=seconds)

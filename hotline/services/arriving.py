"""What a gateway tells us is stored; while it cannot be, it waits on the disk, and the gateway is answered as ever."""

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from hotline.domain import conversation, phone, reading
from hotline.domain.message import kept
from hotline.gateways.base import IncomingCall, IncomingText, Report, keyed_lane
from hotline.log import logger
from hotline.runtime import Runtime
from hotline.services.calls import callflow, missedcalls
from hotline.services.calls.callflow import CallAnswer
from hotline.services.texts import heads
from hotline.services.texts.intake import Received, receive_text
from hotline.services.texts.reports import receive_report
from hotline.services.texts.saidagain import said_again
from hotline.services.tickets import meaning
from hotline.spool import Kind, SpoolFault, Turn
from hotline.storage import marks, messages
from hotline.storage.db import DatabaseFault
from hotline.storage.writing import Overloaded

_T = TypeVar("_T")

_TRIED = "spool:tried"
"""The mark of when the database was last found to work although it refused what waited, in seconds since 1970."""

TOO_LONG = timedelta(minutes=10)
"""If something waits for longer than this although the database works, the heads are alarmed."""


def take_text(rt: Runtime, gateway: str, text: IncomingText, *, came_at: datetime | None = None) -> None:
    """Store a text, or put it on the disk. `came_at`: when it came, where it is told late. Raises `Overloaded` if neither can be done."""
    _store(rt, Kind.TEXT, gateway, text, lambda: receive(rt, gateway, text, came_at=came_at), came_at=came_at)


def receive(rt: Runtime, gateway: str, text: IncomingText, *, came_at: datetime | None) -> None:
    """Store a text. Where its gateway gives no id, the same words of some minutes ago may be it, told again, or the citizen's again."""
    if text.is_head:
        heads.note(rt, gateway, text, came_at=came_at)
        return
    named = _under_known_id(rt, gateway, text)
    if receive_text(rt, gateway, named, came_at=came_at) is not Received.SEEN_BEFORE or not text.other_ids:
        return
    if came_at is None or not _came_then(rt, gateway, named, came_at):
        said_again(rt, gateway, named)


def _came_then(rt: Runtime, gateway: str, text: IncomingText, came_at: datetime) -> bool:
    """Whether the text that is here under this id is this very one: a worker was killed after it had taken it in."""
    with rt.reading() as session:
        known = messages.under(session, gateway, text.gateway_id)
        return known is not None and known.sent_at == min(came_at, known.created_at)  # as `row_in` writes it


def _under_known_id(rt: Runtime, gateway: str, text: IncomingText) -> IncomingText:
    """The text under the id under which it is here already, if it is: its gateway gives none, and tells again what we did not answer."""
    if not text.other_ids:
        return text
    ids = (text.gateway_id, *text.other_ids)
    with rt.reading() as session:
        known = messages.known(session, gateway, ids)
    return replace(text, gateway_id=next((one for one in ids if one in known), text.gateway_id))


def take_report(rt: Runtime, gateway: str, report: Report) -> None:
    """Store a report, or put it on the disk. Raises `Overloaded` if neither can be done."""
    _store(rt, Kind.REPORT, gateway, report, lambda: receive_report(rt, gateway, report))


def begin_call(rt: Runtime, incoming: IncomingCall) -> CallAnswer:
    """Begin a call. If it cannot be stored, it is put on the disk as a missed call, and what went wrong is raised: the caller then hears
    that the lines are busy."""
    put = partial(_put, rt, Kind.CALL, incoming.gateway, incoming)
    return stored(lambda: callflow.start_call(rt, incoming), else_put=put, kind=Kind.CALL, gateway_id=incoming.gateway_id)


def note_call(rt: Runtime, incoming: IncomingCall) -> None:
    """Note a call whose caller hears that the lines are busy because the gateway had no answer of ours: we may know nothing of it yet.

    It counts as missed. A call that we know stays as it is. Raises `Overloaded` if it can neither be noted nor put on the disk.
    """
    _store(rt, Kind.CALL, incoming.gateway, incoming, lambda: missedcalls.note_late(rt, incoming, came_at=rt.clock()))


def _store(
    rt: Runtime,
    kind: Kind,
    gateway: str,
    told: IncomingText | Report | IncomingCall,
    store: Callable[[], object],
    *,
    came_at: datetime | None = None,
) -> None:
    put = partial(_put, rt, kind, gateway, told, came_at=came_at)
    stored_or_put(rt, store, put, kind=kind, gateway=gateway, gateway_id=told.gateway_id)


def stored(store: Callable[[], _T], *, else_put: Callable[[], None], kind: str, gateway_id: str) -> _T:
    """Do `store`. If it fails, `else_put` puts what was told on the disk, and what went wrong is raised: somebody waits at a phone, and
    hears that the lines are busy. `kind` and `gateway_id`: for the log.

    The database is tried even where it failed a moment ago: a caller is better off waiting than told to call again.
    """
    try:
        return store()
    except Exception:
        try:
            else_put()
        except SpoolFault as fault:
            logger().error("it is lost: it can neither be stored nor put on the disk", kind=kind, gateway_id=gateway_id, fault=str(fault))
        raise


def stored_or_put(rt: Runtime, store: Callable[[], object], put: Callable[[], None], *, kind: str, gateway: str, gateway_id: str) -> None:
    """Do `store`; if it fails, or the database failed a moment ago, `put` on the disk what was told. `kind` and the ids: for the log.

    Raises `Overloaded` if neither can be done.
    """
    if not rt.spool.rests:
        try:
            store()
        except Exception as fault:  # noqa: BLE001 - whatever it is, what the gateway told us is kept
            logger().error("it cannot be stored and waits on the disk", kind=kind, gateway=gateway, gateway_id=gateway_id, exc_info=fault)
            if isinstance(fault, DatabaseFault):
                rt.spool.rest()
        else:
            return
    try:
        put()
    except SpoolFault as fault:
        reason = str(fault)
        logger().error("it can neither be stored nor put on the disk", kind=kind, gateway=gateway, gateway_id=gateway_id, fault=reason)
        raise Overloaded("neither the database nor the disk takes it") from fault


def _put(rt: Runtime, kind: Kind, gateway: str, told: IncomingText | Report | IncomingCall, *, came_at: datetime | None = None) -> None:
    """Put it on the disk, in the lane of its sender. Raises `SpoolFault`."""
    lane, turn = keyed_lane(rt.keys.mark, gateway, told.gateway_id), Turn.LAST  # of a call its steps have the same
    if isinstance(told, IncomingText):
        try:
            lane = keyed_lane(rt.keys.mark, phone.read_sender(told.sender, rt.config.numbers.region).address or told.sender)
            turn = _turn(rt, kept(told.body))
        except Exception as fault:  # noqa: BLE001 - whatever it is that cannot be read, the text is kept
            logger().error("a text could not be read and waits in turn", exc_info=fault)
    rt.spool.put(kind, gateway, _fields(told), came_at=came_at, lane=lane, turn=turn)


def _turn(rt: Runtime, body: str) -> Turn:
    """When a text is taken in: danger before others. The model hears most of it, but not as surely as the table of words."""
    if meaning.read_words(rt, body, said=conversation.parse(body, rt.lexicon).danger).danger is not None:
        return Turn.FIRST
    return Turn.NEXT if reading.read(body, rt.reader).danger else Turn.LAST


def _fields(told: IncomingText | Report | IncomingCall) -> dict[str, Any]:
    """The fields of what was told, as JSON has them."""
    found = {one.name: getattr(told, one.name) for one in fields(told)}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in found.items()}


def need_database(rt: Runtime) -> None:
    """Raise `Overloaded` unless the database can be written: it may be away, or full, and can be read then."""
    try:
        with rt.transaction() as tx:
            marks.set_value(tx.session, _TRIED, round(tx.now.timestamp()))
    except DatabaseFault as fault:
        raise Overloaded("the database cannot be written") from fault

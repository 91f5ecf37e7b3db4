"""The books: what everybody was told beside what is there. Pure: rows and logs in, lines out. A line that does not balance names ids."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from hotline.cli.rehearsal.told import About, Told
from hotline.domain.conversation import ReadAs
from hotline.domain.delivery import Delivery, Reason
from hotline.storage.accounting import CallLeft, Everything, TextOut

_RECEIPT = "receipt"
_THERE = frozenset({Delivery.SENT, Delivery.DELIVERED})
_NAMED = 8

_FAIR, _FAIR_OF_A_SHORT_DAY, _SHORT_S = 0.75, 0.5, 600.0
"""Such a share of all texts is answered with success, whatever was planned for the day: of a day of half an hour 92 of 100 were. Of less
than ten minutes the blows take much more."""

_NOT_BY_CHANCE = 10
"""Where so many were to come, it is no accident that none did."""


OnPhones = Counter[tuple[str, str]]
"""(number, words) → how often a text of ours is on that phone."""


CALLS = "calls answered, each with what it should leave"
"""The name of the line of calls."""


@dataclass(frozen=True)
class Line:
    """One line of the books: of how many things, and what is wrong, a sentence each. `besides`: what is no fault, but worth saying."""

    name: str
    count: int
    faults: tuple[str, ...] = ()
    besides: str = ""


def balance(
    told: Told, there: Everything, *, waiting: int, aside: int, unsettled: Mapping[str, int], tells_danger: Callable[[str], bool]
) -> list[Line]:
    """All lines. `waiting`, `aside`: files of the spool. `unsettled`: what workers still have to do. `tells_danger`: whether the words of a
    text do: no machine answers it if it was taken in late."""
    on_phones = Counter((one.number, one.words) for one in told.arrived)
    return [
        _texts(told, there),
        _spool(waiting, aside),
        _settled(unsettled),
        _receipts(there, on_phones, tells_danger),
        _answers(told, there, on_phones),
        _phones(there, on_phones),
        _calls(told, there),
        _danger(there),
        _acts(told, there),
    ]


def never_known(there: Everything) -> list[int]:
    """Ids of the texts of which nobody can tell whether they were sent: they are listed for a person."""
    return [one.id for one in there.went_out if _is_unknown(one)]


def _is_unknown(one: TextOut) -> bool:
    return one.delivery == Delivery.UNKNOWN and one.reason == Reason.NEVER_KNOWN


def _texts(told: Told, there: Everything) -> Line:
    """Each text that was answered with success is there once; another is there once or not at all. Each complaint is on a ticket."""
    rows: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in there.came_in:
        rows[row.number, _flat(row.words)].append(row.id)
    sent = {(one.number, _flat(one.words)): one for one in told.texted}
    lost = [one.who for key, one in sent.items() if one.taken and key not in rows]
    doubled = [ids[1] for key, ids in rows.items() if len(ids) > 1]
    nobodys = [ids[0] for key, ids in rows.items() if key not in sent]
    faults = [*_named("answered with success and not stored: contacts", lost), *_named("stored twice: texts", doubled)]
    faults += _named("stored, and nobody sent them: texts", nobodys)
    told_us = {key for key, one in sent.items() if one.about is About.MATTER}
    alone = [row for row in there.came_in if row.ticket_id is None and row.read_as != ReadAs.OPENED]  # the line of receipts names those
    unheard = [row.id for row in alone if (row.number, _flat(row.words)) in told_us]
    faults += _named("complaints that are on no ticket: texts", unheard)
    taken = sum(one.taken for one in told.texted)
    if taken < int(_fair_share(told) * len(told.texted)):
        faults.append(f"only {taken} of {len(told.texted)} were answered with success: this is no day to judge by")
    refused = [key for key, one in sent.items() if not one.taken]
    besides = f"{len(refused)} got no answer, {sum(key in rows for key in refused)} of them are stored all the same" if refused else ""
    return Line("texts answered with success, stored once", sum(one.taken for one in sent.values()), tuple(faults), besides)


def _fair_share(told: Told) -> float:
    return _FAIR if max((one.ended_s for one in told.texted), default=0.0) >= _SHORT_S else _FAIR_OF_A_SHORT_DAY


def _none_of(drawn: int, there: int, what: str) -> list[str]:
    return [f"none of {drawn} {what}"] if drawn >= _NOT_BY_CHANCE and not there else []


def _flat(words: str) -> str:
    return " ".join(words.split())


def _spool(waiting: int, aside: int) -> Line:
    faults = [f"{count} files {what}" for what, count in (("still wait", waiting), ("were put aside", aside)) if count]
    return Line("files on the disk that wait or lie aside", waiting + aside, tuple(faults))


def _settled(unsettled: Mapping[str, int]) -> Line:
    return Line(
        "things that workers have still to do", sum(unsettled.values()), tuple(f"{count} {what}" for what, count in unsettled.items())
    )


def _receipts(there: Everything, on_phones: OnPhones, tells_danger: Callable[[str], bool]) -> Line:
    """Each ticket that a text opened has one receipt, and it is on the phone once; or it is listed as unknown, or the phone wants none, or
    its text was taken in late and tells of danger: then people answer.

    There is no ticket that neither a text nor a call left.
    """
    opened = {row.ticket_id for row in there.came_in if row.ticket_id is not None and row.read_as in (ReadAs.OPENED, ReadAs.CRY)}
    receipts: dict[int | None, list[TextOut]] = defaultdict(list)
    for one in there.went_out:
        if one.key == _RECEIPT:
            receipts[one.ticket_id].append(one)
    tickets = [ticket for ticket in there.tickets if ticket.id in opened]
    openings = Counter(row.ticket_id for row in there.came_in if row.read_as in (ReadAs.OPENED, ReadAs.CRY))
    late = [row for row in there.came_in if row.late and row.ticket_id in opened and not receipts[row.ticket_id]]
    peoples = {row.ticket_id for row in late if row.read_as in (ReadAs.OPENED, ReadAs.CRY) and tells_danger(row.words)}
    missing = [ticket.id for ticket in tickets if not receipts[ticket.id] and not ticket.refuses and ticket.id not in peoples]
    doubled = [ticket.id for ticket in tickets if len(receipts[ticket.id]) > 1]
    written = [one for ticket in tickets for one in receipts[ticket.id]]
    absent = [one.id for one in written if not on_phones[one.number, one.words] and not _is_unknown(one)]
    faults = [*_named("without a receipt: tickets", missing), *_named("with two receipts: tickets", doubled)]
    faults += _named("not on the phone and not listed as unknown: receipts", absent)
    faults += _named("opened by two texts: tickets", [ticket for ticket, count in openings.items() if ticket is not None and count > 1])
    faults += _named(
        "texts that opened no ticket", [row.id for row in there.came_in if row.read_as == ReadAs.OPENED and row.ticket_id is None]
    )
    left = {row.ticket_id for row in there.came_in} | {call.ticket_id for call in there.calls}
    faults += _named("that no text and no call left: tickets", [ticket.id for ticket in there.tickets if ticket.id not in left])
    refuses = sum(ticket.refuses and not receipts[ticket.id] and ticket.id not in peoples for ticket in tickets)
    unknown = sum(_is_unknown(one) for one in written)
    parts = _if(unknown, "listed as unknown"), _if(refuses, "asked for no texts"), _if(len(peoples), "late and in danger: people answer")
    besides = "; ".join(part for part in parts if part)
    return Line("tickets opened by a text, receipt on the phone once", len(tickets), tuple(faults), besides)


def _if(count: int, what: str) -> str:
    return f"{count} {what}" if count else ""


def _answers(told: Told, there: Everything, on_phones: OnPhones) -> Line:
    """Each question where a ticket stands has one answer, which is on the phone or listed as unknown."""
    asked = {(one.number, one.words) for one in told.texted if one.about is About.STATUS}
    rows = [row for row in there.came_in if (row.number, row.words) in asked]  # the first line names the others
    answers: dict[int | None, list[TextOut]] = defaultdict(list)
    for one in there.went_out:
        answers[one.answers_id].append(one)
    none, several, absent, misread = [], [], [], []
    for row in rows:
        given = answers[row.id]
        if row.read_as != ReadAs.STATUS:
            misread.append(row.id)
        elif not given:
            none.append(row.id)
        elif len(given) > 1:
            several.append(row.id)
        elif not on_phones[given[0].number, given[0].words] and not _is_unknown(given[0]):
            absent.append(given[0].id)
    faults = [*_named("without an answer: texts", none), *_named("with several answers: texts", several)]
    faults += [*_named("not on the phone and not listed as unknown: answers", absent), *_named("taken for something else: texts", misread)]
    faults += _none_of(told.to_ask, len(rows), "citizens who were to ask did")
    return Line("questions about a ticket, answered once", len(rows), tuple(faults))


def _phones(there: Everything, on_phones: OnPhones) -> Line:
    """No text of ours is on a phone more often than it was written; what the rows call sent is there, what they call failed is not."""
    rows: dict[tuple[str, str], list[TextOut]] = defaultdict(list)
    for one in there.went_out:
        rows[one.number, one.words].append(one)
    doubled = [ids[0].id for key, ids in rows.items() if on_phones[key] > len(ids)]
    lost = [ids[0].id for key, ids in rows.items() if on_phones[key] < sum(one.delivery in _THERE for one in ids)]
    failed = [
        one.id for key, ids in rows.items() for one in ids if one.delivery in (Delivery.FAILED, Delivery.UNDELIVERED) and on_phones[key]
    ]
    never = [one.id for one in there.went_out if one.delivery in (Delivery.FAILED, Delivery.UNDELIVERED)]
    nobodys = sum(key not in rows for key in on_phones)
    faults = [*_named("on the phone twice: texts", doubled), *_named("sent by the row, and no phone has it: texts", lost)]
    faults += [*_named("failed by the row, and the phone has it: texts", failed), *_named("failed: texts", never)]
    if nobodys:
        faults.append(f"{nobodys} texts on phones that no row has")
    unknown = never_known(there)
    return Line("texts of ours, on the phone once", len(there.went_out), tuple(faults), _if(len(unknown), "listed as unknown"))


def _calls(told: Told, there: Everything) -> Line:
    """Each call that was connected is there once and has ended; what the caller said is a recording, with a ticket."""
    rows: dict[str | None, list[CallLeft]] = defaultdict(list)
    for row in there.calls:
        rows[row.gateway_id].append(row)
    heard = [call for call in told.called if call.connected or call.busy]
    known = [(call, rows[call.sid][0]) for call in heard if rows[call.sid]]
    faults = _named("answered and not stored: contacts", [call.who for call in heard if not rows[call.sid]])
    faults += _named("stored twice: calls", [row.id for call in heard for row in rows[call.sid][1:]])
    faults += _named("never ended: calls", [row.id for _, row in known if not (row.ended or row.asks)])
    over = [(call, row) for call, row in known if row.ended]
    faults += _named("without the recording that was made: calls", [row.id for call, row in over if call.recordings - row.recordings])
    faults += _named("without a ticket: calls", [row.id for call, row in over if call.leaves_ticket and row.ticket_id is None])
    needless = [row.id for call, row in known if call.whole and not call.leaves_ticket and row.ticket_id is not None]
    faults += _named("with a ticket that nobody asked for: calls", needless)
    faults += _none_of(told.to_call, len(heard), "callers was answered")
    busy, dead = sum(call.busy for call in heard), len(told.called) - len(heard)
    asked = sum(row.asks and not row.ended for _, row in known)
    parts = (_if(busy, "heard that the lines are busy"), _if(dead, "were never answered"), _if(asked, "whose end is still to be asked"))
    besides = "; ".join(part for part in parts if part)
    return Line(CALLS, len(heard), tuple(faults), besides)


def _danger(there: Everything) -> Line:
    """Somebody acted on each ticket in danger, or phones ring for it; or volunteers are alarmed, where phones need not ring."""
    danger = [ticket for ticket in there.tickets if ticket.in_danger]
    silent = [ticket.id for ticket in danger if not (ticket.acted or ticket.rings or (ticket.alarms and not ticket.must_ring))]
    besides = f"{sum(ticket.acted for ticket in danger)} acted on"
    return Line("tickets in danger, acted on or ringing", len(danger), tuple(_named("that nobody hears of: tickets", silent)), besides)


def _acts(told: Told, there: Everything) -> Line:
    """Each form of a volunteer that was answered as done is there, and nothing more often than it was sent."""
    done = Counter((one.login, one.reference, one.kind) for one in told.acted if one.answered)
    sent = Counter((one.login, one.reference, one.kind) for one in told.acted)
    ids = {ticket.reference: ticket.id for ticket in there.tickets}
    lost = [ids.get(key[1], 0) for key, count in done.items() if there.acts.get(key, 0) < count]
    doubled = [ids.get(key[1], 0) for key, count in sent.items() if there.acts.get(key, 0) > count]
    faults = [*_named("answered as done and not there: tickets", lost), *_named("done twice: tickets", doubled)]
    faults += _none_of(len(there.tickets), done.total(), "tickets had an act")
    besides = _if(sent.total() - done.total(), "got no answer")
    return Line("acts of volunteers, there once", done.total(), tuple(faults), besides)


def _named(what: str, ids: Sequence[int]) -> list[str]:
    if not ids:
        return []
    more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
    return [f"{len(ids)} {what} {', '.join(map(str, ids[:_NAMED]))}{more}"]


@dataclass(frozen=True)
class Recovery:
    """Seconds from a kill until something works again: for half of the kills at most, and at worst. `never`: how often it did not."""

    what: str
    kills: int
    median_s: float
    worst_s: float
    never: int = 0


def recoveries(told: Told, sent_s: Sequence[float]) -> list[Recovery]:
    """How long after each kill the next text was taken that began after it, and the next text of ours left, at seconds `sent_s`."""
    taken = sorted((one.began_s, one.ended_s) for one in told.texted if one.taken)
    kills = [blow.at_s for blow in told.struck if blow.is_kill]
    until_taken = [min((ended for began, ended in taken if began >= at), default=None) for at in kills]
    left = sorted(sent_s)
    until_sent = [next((one for one in left if one >= at), None) for at in kills]
    return [_recovery("a text was taken", kills, until_taken), _recovery("a text of ours left", kills, until_sent)]


def _recovery(what: str, kills: Sequence[float], until: Sequence[float | None]) -> Recovery:
    took = sorted(end - at for at, end in zip(kills, until, strict=True) if end is not None)
    median = took[len(took) // 2] if took else 0.0
    return Recovery(what, len(kills), median, took[-1] if took else 0.0, len(kills) - len(took))

"""Texts that come in parts: each part is stored before the gateway hears that we have it, and joined with the others when all are there.

A gateway tells of a part again when it did not hear that we have it. A citizen may write the same words again, and some phones give the
parts of all their long texts one reference. So a part is taken for one of before if that came just now, or if the gateway may not have
heard of that: for some hours, and for a day where there is a reference. Else it is another. An id of the gateway's own tells for a day.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from hotline.domain.message import CUT
from hotline.gateways.base import IncomingText, keyed_id
from hotline.gateways.parts import IncomingPart
from hotline.log import logger
from hotline.runtime import Runtime, Transaction
from hotline.services.texts.intake import receive_text
from hotline.storage import sentparts, textparts
from hotline.storage.partmodels import TextPart
from hotline.storage.textparts import Seen

_ECHO = timedelta(seconds=30)
"""Within this the same words are one text: networks themselves deliver a text twice, seconds apart."""

_DOUBT = timedelta(hours=6)
"""So long after a text of which the gateway may not have heard that we have it, the same words are that text."""

_KNOWN = timedelta(days=1)
"""How long parts are known. Networks try for a day at most to bring us a text. A reference makes it unlikely that one is another."""

_ALONE = timedelta(minutes=3)
"""So long after the last of some parts, no other comes any more: what is there is taken in. Danger does not wait for it longer."""

_AT_ONCE = timedelta(seconds=20)
"""A text that is whole is taken in at once by the process that stored it. After this, that process is gone."""

_REPORTS_FOR = timedelta(days=3)
BATCH = 50


def keep_parts(rt: Runtime, gateway: str, parts: Sequence[IncomingPart]) -> list[tuple[int, str]]:
    """Store parts, but those that are told again. Returns of each its row's id, and what its text is known by for `join`."""
    with rt.transaction() as tx:
        return [_keep(rt, tx, gateway, part) for part in parts]


def _keep(rt: Runtime, tx: Transaction, gateway: str, part: IncomingPart) -> tuple[int, str]:
    line, whose = part.line or "", (part.sender, part.line or "", part.reference)
    mark = keyed_id(rt.keys.mark, gateway, *whose, str(part.number), str(part.of), part.told_by, part.words)
    before = textparts.seen(tx.session, gateway, mark)
    # A whole text is by itself, also beside one of the same words.
    together = keyed_id(rt.keys.mark, gateway, *whose, str(part.of), *(() if part.of > 1 else (mark, tx.now.isoformat())))
    if before is not None and _is_told_again(part, before, tx.now):
        return before.part_id, together if part.of > 1 else ""
    said = {"sender": part.sender, "words": part.words, "line": line}
    said |= {"received_at": part.received_at.isoformat() if part.received_at else ""}
    kept = textparts.keep(tx.session, said, gateway=gateway, mark=mark, together=together, number=part.number, of=part.of, now=tx.now)
    return kept, together


def _is_told_again(part: IncomingPart, before: Seen, now: datetime) -> bool:
    age = now - before.arrived_at
    if part.told_by:
        return age < _KNOWN
    return age < _ECHO or (age < (_KNOWN if part.of > 1 else _DOUBT) and not before.acknowledged)


def acknowledge(rt: Runtime, part_ids: Collection[int]) -> None:
    """Note that the gateway surely knows that we have these parts."""
    with rt.transaction() as tx:
        textparts.acknowledge(tx.session, part_ids)


def join(rt: Runtime, gateway: str, together: str, *, late: bool = False) -> bool:
    """Take in a text whose parts are all there; `late`: also one of which parts are missing. True if it was taken in.

    What is missing is marked. A missing part that comes after all is a text by itself.
    """
    with rt.reading() as session:
        found = textparts.waiting_of(session, gateway, together)
        parts: dict[int, TextPart] = {}
        for part in found:
            parts.setdefault(part.number, part)
        if not found or (len(parts) < found[0].of and not late):
            return False
        ordered = [parts[number] for number in sorted(parts)]
        said = [textparts.said(session, part) for part in ordered]
    opened = [one for one in said if one is not None]
    if opened:
        # Made of what was stored: who joins the same parts once more, after a crash, makes the same id.
        gateway_id = keyed_id(rt.keys.mark, *(part.mark for part in ordered), ordered[0].arrived_at.isoformat())
        first, came = opened[0], opened[0]["received_at"]
        receive_text(
            rt,
            gateway,
            IncomingText(
                gateway_id=gateway_id,
                sender=first["sender"],
                body=_words({part.number: one["words"] if one else "" for part, one in zip(ordered, said, strict=True)}, found[0].of),
                received_at=datetime.fromisoformat(came) if came else None,
                line=first["line"] or None,
            ),
            came_at=ordered[0].arrived_at,
        )
    if len(parts) < found[0].of:
        logger().warning("parts of a text never came: it was taken in without them", gateway=gateway, rows=found[0].of - len(parts))
    with rt.transaction() as tx:
        textparts.taken(tx.session, [part.id for part, one in zip(ordered, said, strict=True) if one is not None], now=tx.now)
        if len(opened) < len(ordered):
            textparts.given_up(tx.session, [part.id for part, one in zip(ordered, said, strict=True) if one is None], now=tx.now)
    return True


def _words(parts: dict[int, str], of: int) -> str:
    """The words of a text, with a mark for what is missing. Halves of characters at the seams are put together."""
    pieces, missing = [], False
    for number in range(1, of + 1):
        if number in parts:
            pieces.append(parts[number])
        elif not missing:
            pieces.append(f"{CUT} " if pieces else f"{CUT} ".lstrip())
        missing = number not in parts
    joined = "".join(pieces).removesuffix(" ") if missing else "".join(pieces)
    whole = joined.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "replace")
    return whole.replace("\0", "\N{REPLACEMENT CHARACTER}")


def take_in_parts(rt: Runtime) -> bool:
    """Take in what the process that stored it did not, and what will not be whole any more; True if there may be more."""
    now = rt.clock()
    with rt.reading() as session:
        waiting = textparts.waiting(session, whole_since=now - _AT_ONCE, last_before=now - _ALONE, limit=BATCH)
    taken = 0
    for one in waiting:
        try:
            taken += join(rt, one.gateway, one.together, late=one.late)
        except Exception:  # noqa: BLE001 - a text that cannot be taken in keeps no other from it
            logger().exception("a text in parts could not be taken in", gateway=one.gateway)
    with rt.transaction() as tx:
        textparts.forget(tx.session, before=tx.now - _KNOWN)
        sentparts.forget(tx.session, before=tx.now - _REPORTS_FOR)
    return taken == BATCH

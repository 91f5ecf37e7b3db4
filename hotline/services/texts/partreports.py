"""What became of a text whose parts a gateway reports of one by one: it is delivered when all parts are, and failed when one failed."""

from collections.abc import Sequence

from hotline.domain.delivery import Delivery, moves_forward
from hotline.gateways.base import Outcome, Report, keyed_id
from hotline.gateways.parts import PartReport, SentPart
from hotline.log import logger
from hotline.runtime import Runtime, Transaction
from hotline.services.texts.reports import receive_report
from hotline.storage import sentparts


def note_parts(rt: Runtime, gateway: str, sent: Sequence[SentPart], reports: Sequence[PartReport]) -> None:
    """Note which parts the gateway took, and what it reports of parts. What that settles of their texts is reported.

    A report of a part that we do not know of yet is kept: the gateway may report before it has answered that it took the part.
    """
    with rt.transaction() as tx:
        touched = [_note_sent(rt, tx, gateway, part) for part in sent]
        touched += [text for report in reports if (text := _note_report(rt, tx, gateway, report)) is not None]
    late = {(part.message_id, part.attempt) for part in sent if part.late}
    for message_id, attempt in dict.fromkeys(touched):
        report = _settled(rt, gateway, message_id, attempt, tell_sent=(message_id, attempt) in late)
        if report is not None:
            receive_report(rt, gateway, report)


def _phone(rt: Runtime, number: str) -> str:
    # The last digits: an SMSC may write a number with or without its country in a receipt.
    return keyed_id(rt.keys.mark, number[-9:])


def _note_sent(rt: Runtime, tx: Transaction, gateway: str, part: SentPart) -> tuple[int, int]:
    phone = _phone(rt, part.to)
    sentparts.note(
        tx.session,
        gateway=gateway,
        gateway_id=part.gateway_id,
        phone=phone,
        message_id=part.message_id,
        attempt=part.attempt,
        our_id=part.our_id,
        number=part.number,
        of=part.of,
        now=tx.now,
    )
    early = sentparts.unclaimed(tx.session, gateway=gateway, ids=part.other_ids, phone=phone) if part.other_ids else None
    if early is not None:
        sentparts.report(
            tx.session,
            gateway=gateway,
            gateway_id=part.gateway_id,
            phone=phone,
            delivery=early.delivery or "",
            code=early.code,
            outcome=early.outcome,
            now=tx.now,
        )
        sentparts.drop(tx.session, early)
    return part.message_id, part.attempt


def _note_report(rt: Runtime, tx: Transaction, gateway: str, report: PartReport) -> tuple[int, int] | None:
    """Note a report; returns the text and attempt that it is about, or None if that is not known so far."""
    phone = _phone(rt, report.phone)
    known = sentparts.known(tx.session, gateway=gateway, gateway_id=report.gateway_id, other_ids=report.other_ids, phone=phone)
    gateway_id = known or report.gateway_id
    before = sentparts.delivery_of(tx.session, gateway, gateway_id)
    if before is not None and not moves_forward(Delivery(before), report.delivery):
        # Told again, perhaps because we failed before its text was settled: that is done anew, and changes nothing if it was done.
        return sentparts.text_of(tx.session, gateway, gateway_id) if before == report.delivery else None
    sentparts.report(
        tx.session,
        gateway=gateway,
        gateway_id=gateway_id,
        phone=phone,
        delivery=report.delivery,
        code=report.code,
        outcome=report.outcome,
        now=tx.now,
    )
    if known is None:
        logger().info("a report came of a part that is not known yet", gateway=gateway)
        return None
    return sentparts.text_of(tx.session, gateway, gateway_id)


def _settled(rt: Runtime, gateway: str, message_id: int, attempt: int, *, tell_sent: bool) -> Report | None:
    """What the reports of all parts of a text say of it; None if that is nothing yet."""
    with rt.reading() as session:
        parts = sentparts.of_text(session, gateway, message_id, attempt)
    failed = next((part for part in parts if part.delivery in (Delivery.FAILED, Delivery.UNDELIVERED)), None)
    if failed is not None:
        outcome = Outcome(failed.outcome) if failed.outcome else None
        return Report(failed.our_id or "", message_id, attempt, Delivery(failed.delivery or ""), failed.code, outcome)
    if not parts or len(parts) < (parts[0].of or 0):
        return None
    if all(part.delivery == Delivery.DELIVERED for part in parts):
        return Report(parts[0].our_id or "", message_id, attempt, Delivery.DELIVERED, None)
    return Report(parts[0].our_id or "", message_id, attempt, Delivery.SENT, None) if tell_sent else None

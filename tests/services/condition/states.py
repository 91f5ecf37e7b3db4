"""A hotline in which something waits everywhere."""

from datetime import timedelta

from sqlalchemy import insert, select, update

from hotline.domain.delivery import Delivery, Reason
from hotline.gateways.base import IncomingCall
from hotline.runtime import Runtime
from hotline.services.calls import callflow
from hotline.services.condition import certificate, ticks
from hotline.services.tickets.routing import route_due
from hotline.storage import backups, gatewaysigns, gatewaystates, marks
from hotline.storage.callmodels import Call, Recording
from hotline.storage.gatewaymodels import GatewayLoad
from hotline.storage.models import Message
from tests.support import HER, OTHER, SNATCHED, Clock, text_in

CRY = "🆘 orangi town mein"


def fill(rt: Runtime) -> None:
    """Texts in every state, tickets of every kind, recordings, ticks of all but one worker; an hour and a half have passed."""
    assert isinstance(rt.clock, Clock)
    text_in(rt, CRY, sender="+923001234599")
    for n in range(6):
        text_in(rt, SNATCHED, sender=f"+92300123460{n}")
    route_due(rt)
    text_in(rt, SNATCHED, sender=OTHER)  # nobody has it yet
    callflow.start_call(rt, IncomingCall("CA1", HER, "+15005550006", "twilio"))
    now = rt.clock()
    with rt.transaction() as tx:
        ids = list(tx.session.scalars(select(Message.id).where(Message.delivery == Delivery.QUEUED).order_by(Message.id)))
        states = [
            {"gateway": "twilio", "delivery": Delivery.SENDING},
            {"gateway": "twilio", "delivery": Delivery.UNKNOWN},
            {"gateway": "gone", "delivery": Delivery.UNKNOWN},
            {"gateway": "twilio", "delivery": Delivery.UNKNOWN, "next_attempt_at": None, "reason": Reason.NEVER_KNOWN},
            {"gateway": "twilio", "delivery": Delivery.UNKNOWN, "next_attempt_at": None, "reason": Reason.LEFT},
            {"next_attempt_at": now + timedelta(hours=9)},
        ]
        for message_id, values in zip(ids, states, strict=False):
            tx.session.execute(update(Message).where(Message.id == message_id).values(**values))
        call_id = tx.session.scalar(select(Call.id))
        row = {"call_id": call_id, "gateway": "twilio", "gateway_id": "RE1", "state": "awaited", "attempts": 1, "look": 1}
        tx.session.execute(insert(Recording).values(**row, next_attempt_at=now, created_at=now))
        gatewaystates.rest(tx.session, "twilio", "errors", now=now + timedelta(minutes=90))
        gatewaysigns.store(tx.session, "twilio", pinged_at=now, battery=40, deaf_since=now)
        load = {"gateway": "twilio", "line": "", "minute": now + timedelta(minutes=80), "texts": 7, "units": 9, "cost": 0}
        tx.session.execute(insert(GatewayLoad).values(**load))
        backups.made(tx.session, now=now, covers_until=now, data_sha256="0" * 64)
        marks.set_value(tx.session, certificate.ENDS, round((now + timedelta(days=30)).timestamp()))
    for who in ("calls", "tickets", "backups"):
        ticks.note(rt, who)
    rt.clock.forward(minutes=90)
    for who in (ticks.CLOCK, "gateways", "sending", "spool", "tickets"):
        ticks.note(rt, who)

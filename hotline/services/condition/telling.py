"""The heads are alarmed about the hotline itself: what does not leave, what is not taken in, what stands still, what is about to end."""

import threading
from datetime import datetime, timedelta

from hotline import host
from hotline.alarms import AlarmKind, tell_heads
from hotline.domain.shutdowns import shut_until
from hotline.jobs import Job
from hotline.log import logger
from hotline.outbox import RANK_OURS
from hotline.runtime import Runtime
from hotline.services.arriving import TOO_LONG
from hotline.services.condition import certificate, disks, ticks
from hotline.services.tickets.danger import act_time
from hotline.spool import SpoolFault
from hotline.storage import alarms, figures, gatewaysigns, hosts, setback

SENDING, TICKETS = "sending", "tickets"
"""Queues whose work somebody else does in part while they stand still: what tells of it must leave, and danger must ring."""

SILENT_FOR = timedelta(minutes=15)
"""How long a phone that is a gateway may be silent before the heads are alarmed."""

_AGAIN_AFTER = timedelta(hours=12)
"""Who acknowledged an alarm of something that goes on is told again after so long."""

_DISKS_WITHIN_S = 5.0
_DISK_SPARE = 2
"""So many percent more than [watch] says must be free until the alarm is over: on a disk at the border it would come again and again."""


def watch(rt: Runtime) -> list[str]:
    """The job that the clock rings for. Returns which queues stand still: their alarms must be sent by another worker."""
    if ticks.was_set_back(rt):
        _bring_back(rt)
    ticks.clock_rang(rt)
    still = tell_of_stillness(rt)
    if not _is_shut(rt):  # else nothing leaves, and everybody knows why
        _tell(rt, AlarmKind.UNSENT, is_so=unsent_since(rt) is not None)
        _tell_of_silent_phones(rt)
    tell_of_host(rt)
    certificate.ask_when_due(rt)
    _tell_of_certificate(rt)
    return still


def _bring_back(rt: Runtime) -> None:
    """The clock was set back: what was to be done at an hour that the wrong one showed is done now."""
    every, rests = timedelta(seconds=rt.config.duty.ring_every_s), act_time(rt)
    with rt.transaction() as tx:
        setback.bring_back(tx.session, now=tx.now, ring_every=every, rests_for=rests, late_rank=RANK_OURS)
        for job in (Job.SEND_DUE, Job.RING_DUE, Job.PLACE_CALLS):
            tx.ring(job)
    ticks.note_those_to_come(rt)
    logger().error("the clock of this machine was ahead and was set back: what waited for an hour to come is due now")


def tell_of_stillness(rt: Runtime) -> list[str]:
    """Alarm the heads if the clock or a worker stands still; returns which. A worker tells of the others, and the web process of all.

    Each is an alarm of its own: who has seen to one is told of the next.
    """
    with rt.reading() as session:
        still = ticks.still(ticks.read(session), rt.clock())
    if still:
        logger().error("part of the hotline stands still", who=still)
    for who in ticks.ALL:
        _tell(rt, AlarmKind.STANDS_STILL, is_so=who in still, of=who)
    return still


def tell_of_host(rt: Runtime) -> None:
    """Alarm the heads about what lies on this host's disks. A worker tells of its host, and the web process of its own: another host may
    be well, and forgets nothing of this one. That this host is there is noted."""
    if name := host.name(rt.config.data_dir):
        with rt.transaction() as tx:
            hosts.note(tx.session, name, now=tx.now)
    _tell_of_spool(rt)
    _tell_of_disks(rt)


def unsent_since(rt: Runtime) -> datetime | None:
    """Since when a text has waited that should have left; None: none has for as long as [watch] says, or networks are shut down."""
    now = rt.clock()
    with rt.reading() as session:
        since = figures.first_due(session, now)
    is_long = since is not None and now - since >= timedelta(minutes=rt.config.watch.unsent_minutes)
    return since if is_long and not _is_shut(rt) else None


def _is_shut(rt: Runtime) -> bool:
    return shut_until(rt.config.sending.shutdowns, rt.clock(), rt.config.zone) is not None


def _tell_of_silent_phones(rt: Runtime) -> None:
    """A phone that is a gateway is to tell of itself every few minutes. A silent phone is off, or without a network."""
    with rt.reading() as session:
        signs = gatewaysigns.every(session)
    for name, settings in rt.config.gateways.items():
        if settings.is_set and name in signs and (told := signs[name].pinged_at) is not None:
            _tell(rt, AlarmKind.PHONE_SILENT, is_so=rt.clock() - told >= SILENT_FOR, of=name)


def _tell_of_spool(rt: Runtime) -> None:
    try:
        since = disks.spooled(rt.config).since
    except SpoolFault as fault:
        logger().error("the spool cannot be looked through", fault=str(fault))
        return
    _tell(rt, AlarmKind.SPOOL_WAITS, is_so=since is not None and rt.clock() - since >= TOO_LONG, of=host.name(rt.config.data_dir))


def _tell_of_disks(rt: Runtime) -> None:
    """A disk over the network may give no answer at all: the other jobs of this queue do not wait for it."""
    found, name = list[list[str]](), host.name(rt.config.data_dir)
    with rt.reading() as session:
        spare = _DISK_SPARE if alarms.is_about(session, _about(AlarmKind.DISK_FULL, name)) else 0
    asking = threading.Thread(target=lambda: found.append(disks.nearly_full(rt.config, spare=spare)), daemon=True)
    asking.start()
    asking.join(_DISKS_WITHIN_S)
    if not found:
        logger().error("a disk does not answer")
        return
    _tell(rt, AlarmKind.DISK_FULL, is_so=bool(found[0]), of=name)


def _tell_of_certificate(rt: Runtime) -> None:
    ends = certificate.known_end(rt)
    is_so = ends is not None and ends - rt.clock() <= timedelta(days=rt.config.watch.certificate_days)
    _tell(rt, AlarmKind.CERTIFICATE, is_so=is_so)


def _tell(rt: Runtime, kind: AlarmKind, *, is_so: bool, of: str = "") -> None:
    """Alarm the heads while it is so, and forget it once it is over. `of`: which part, gateway or host, where there are
    several."""
    about = _about(kind, of)
    with rt.reading() as session:
        if not is_so and not alarms.is_about(session, about):
            return
    with rt.transaction() as tx:
        tell_heads(tx, about, kind, is_so=is_so, after=_AGAIN_AFTER)


def _about(kind: AlarmKind, of: str) -> str:
    return f"{kind}:{of}" if of else kind

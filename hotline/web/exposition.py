"""The figures in the text format of Prometheus. It is so small that it is written by hand, and a test holds it to Prometheus's own tool.

Source: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from hotline.domain.look import Look
from hotline.log import logger
from hotline.runtime import Runtime
from hotline.services.condition import disks, figures
from hotline.services.condition.figures import Figures, GatewayFigures
from hotline.services.condition.readiness import OK, disks_answer
from hotline.spool import SpoolFault
from hotline.storage.db import DatabaseFault
from hotline.storage.figures import MOST

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

LOOKS = {Look.FIRST: "danger", Look.NEXT: "next", Look.LAST: "last"}
OTHER = "set up no longer"
"""The label of gateways that are. No gateway has such a name."""


class Gauge(NamedTuple):
    """One metric: its name without `hotline_`, what it tells, the label's name ("" if it has none), and value by label.

    None is left out: it is not known.
    """

    name: str
    tells: str
    label: str
    values: Mapping[str, float | None]


def exposed(rt: Runtime, parts: Mapping[str, str]) -> str:
    """The whole text. `parts`: as `Readiness.ask` says. What cannot be read is left out, and `hotline_figures_read` is 0."""
    began = time.perf_counter()
    gauges = [Gauge("part_works", "Whether a part that the hotline needs works", "part", {name: parts[name] == OK for name in parts})]
    if disks_answer(parts):
        gauges += _of_disks(rt)
    found = _figures(rt)
    gauges.append(_alone("figures_read", "Whether the figures could be read from the database", found is not None))
    if found is not None:
        gauges += [*_of_texts(found), *_of_tickets(found), *_of_gateways(found), *_of_keeping(found)]
    gauges.append(_alone("figures_duration_seconds", "How long it took to read all figures", round(time.perf_counter() - began, 6)))
    return "".join(line for gauge in gauges for line in _lines(gauge))


def _figures(rt: Runtime) -> Figures | None:
    try:
        return figures.read(rt)
    except DatabaseFault as fault:
        logger().warning("the figures cannot be read", fault=type(fault).__name__)
        return None


def _lines(gauge: Gauge) -> Iterator[str]:
    name = f"hotline_{gauge.name}"
    known = {label: value for label, value in gauge.values.items() if value is not None}
    if not known:
        return
    yield f"# HELP {name} {gauge.tells}.\n# TYPE {name} gauge\n"
    for label, value in known.items():
        labelled = f'{{{gauge.label}="{_escaped(label)}"}}' if gauge.label else ""
        yield f"{name}{labelled} {float(value):.15g}\n"


def _escaped(label: str) -> str:
    return label.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _alone(name: str, tells: str, value: float | None) -> Gauge:
    return Gauge(name, tells, "", {"": value})


def _age(since: datetime | None, now: datetime) -> float | None:
    return None if since is None else max(0.0, (now - since).total_seconds())


def _wait(since: datetime | None, now: datetime) -> float:
    """The age of the first that waits; 0 if nothing does."""
    return _age(since, now) or 0.0


def _of_texts(found: Figures) -> list[Gauge]:
    now = found.now
    leaving = {**{one.name: one.leaving for one in found.gateways}, OTHER: found.unknown_gateways}
    return [
        _alone("texts_queued", f"Texts that wait to leave, those for the morning among them, counted up to {MOST}", found.queued),
        _alone("texts_due", f"Texts that should have left by now, counted up to {MOST}", found.due.rows),
        _alone("oldest_unsent_seconds", "How long the first of them should have left by now", _wait(found.due.since, now)),
        Gauge("texts_sending", "Texts that a worker hands over now", "gateway", {name: one.sending for name, one in leaving.items()}),
        Gauge(
            "texts_unknown",
            "Texts of which it is not known whether they left, and which are looked up",
            "gateway",
            {name: one.unknown for name, one in leaving.items()},
        ),
        Gauge(
            "texts_undecided",
            "Texts of which nobody can tell whether they left: a person decides",
            "gateway",
            {name: one.undecided for name, one in leaving.items()},
        ),
        _alone("texts_to_read", "Texts that came in and that a worker is still to read", found.unread),
    ]


def _of_tickets(found: Figures) -> list[Gauge]:
    now, looks = found.now, {LOOKS[look]: since for look, since in found.looks.items()}
    return [
        Gauge(
            "first_looks_waiting",
            "Texts and recordings that nobody has looked at, by how soon somebody should",
            "look",
            {name: one.rows for name, one in looks.items()},
        ),
        Gauge(
            "first_look_age_seconds",
            "How long the first of them has waited",
            "look",
            {name: _wait(one.since, now) for name, one in looks.items()},
        ),
        _alone("danger_unacted", "Tickets in danger on which nobody has acted", found.unacted.rows),
        _alone("danger_unacted_age_seconds", "How long the first of them has waited", _wait(found.unacted.since, now)),
        _alone("tickets_open", f"Tickets that somebody still has to look at, counted up to {MOST}", found.on_queue),
        _alone("tickets_unassigned", f"Those of them that are nobody's, counted up to {MOST}", found.nobodys),
        _alone("tickets_unrouted", "Tickets that no worker has given to anybody yet", found.unrouted),
        _alone("recordings_awaited", "Recordings of calls that are not with us yet", found.recordings.rows),
        _alone("recording_awaited_age_seconds", "How long the first of them has been awaited", _wait(found.recordings.since, now)),
        _alone("alarms_open", "Alarms that nobody has acknowledged", found.alarms_open),
    ]


def _of_gateways(found: Figures) -> list[Gauge]:
    now = found.now

    def each(name: str, tells: str, value: Callable[[GatewayFigures], float | None]) -> Gauge:
        return Gauge(f"gateway_{name}", tells, "gateway", {one.name: value(one) for one in found.gateways})

    return [
        each("carries", "Whether a gateway for texts carries them: it does not rest, and nobody has stopped it", lambda one: one.carries),
        each("given_texts", "Texts that were given to a gateway in the last 15 minutes", lambda one: one.claimed),
        each("heard_age_seconds", "How long ago a text last came in by a gateway, if lately", lambda one: _age(one.heard_at, now)),
        each("deaf", "Whether test texts to a gateway do not come in", lambda one: one.deaf),
        each("phone_age_seconds", "How long ago a phone that is a gateway told of itself", lambda one: _age(one.pinged_at, now)),
        each("battery_ratio", "How full its battery is", lambda one: None if one.battery is None else one.battery / 100),
    ]


def _of_keeping(found: Figures) -> list[Gauge]:
    now = found.now
    ends = found.certificate_ends
    return [
        Gauge(
            "tick_age_seconds",
            "How long ago the clock rang, and a job of each queue last began",
            "who",
            {who: _age(at, now) for who, at in found.ticks.items()},
        ),
        Gauge("stands_still", "Whether that is too long", "who", {who: who in found.still for who in found.ticks}),
        _alone("backup_age_seconds", "How old the newest backup is", _age(found.backup_at, now)),
        _alone(
            "certificate_ends_timestamp_seconds",
            "When the certificate of the public address ends",
            ends.timestamp() if ends is not None else None,
        ),
    ]


def _of_disks(rt: Runtime) -> list[Gauge]:
    found = disks.disks(rt.config)
    gauges = [
        Gauge("disk_free_bytes", "Bytes that are free on the disk of a folder", "folder", {name: one.free for name, one in found.items()}),
        Gauge("disk_size_bytes", "Bytes of the disk of a folder", "folder", {name: one.size for name, one in found.items()}),
    ]
    try:
        spooled = disks.spooled(rt.config)
    except SpoolFault as fault:  # `part_works` tells it
        logger().warning("the spool cannot be looked through", fault=str(fault))
        return gauges
    return [
        *gauges,
        _alone("spool_files", "What came in and waits on the disk to be stored", spooled.waiting),
        _alone("spool_age_seconds", "How long the first of it has waited", _wait(spooled.since, rt.clock())),
        _alone("spool_aside_files", "What came in and cannot be taken in", spooled.aside),
    ]

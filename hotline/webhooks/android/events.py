"""A phone tells us of texts that came in, and of what became of ours.

Whatever it signed is answered with 200: it would only tell the same again. A database without time for us is answered with 503: then it
tells again, for 45 hours. It waits 5 seconds for each answer, and tells of nothing else meanwhile.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from flask import Blueprint, g

from hotline.gateways.android.attachments import Attachments
from hotline.gateways.android.incoming import read_text
from hotline.gateways.android.mms import read_head, read_mms
from hotline.gateways.android.settings import Phone
from hotline.gateways.base import storable
from hotline.guards import runtime
from hotline.log import logger
from hotline.runtime import Runtime
from hotline.services import arriving
from hotline.services.texts import camewith, pings
from hotline.storage.writing import Overloaded
from hotline.webhooks.android.reports import EVENTS as REPORTS
from hotline.webhooks.android.reports import read_report
from hotline.webhooks.android.signature import signed

blueprint = Blueprint("android_events", __name__, url_prefix="/hooks/android")

TEXTS = frozenset({"sms:received", "sms:batch:received", "mms:received", "mms:batch:received", "mms:downloaded", "mms:batch:downloaded"})
"""The events that tell of what a citizen sent. Of an MMS two tell, and only the second has its words and pictures: it may never come."""

_HEADS = frozenset({"mms:received", "mms:batch:received"})
_LOADED = frozenset({"mms:downloaded", "mms:batch:downloaded"})

PING = "system:ping"

_KIND = re.compile(r"[a-z:-]{1,32}")


@blueprint.post("/<name>")
@signed
def told(name: str) -> tuple[str, int]:
    """One event, or several of a kind in one."""
    rt, phone = runtime(), g.phone
    event = _read(g.raw)
    kind = event.get("event")
    kind = kind if isinstance(kind, str) else ""
    if kind in TEXTS:
        _take_texts(rt, phone, kind, event)
    elif kind in REPORTS:
        for one in _payloads(event):
            if (report := read_report(rt.keys.tag, kind, one)) is not None:
                arriving.take_report(rt, name, report)
    elif kind == PING:
        pings.note(rt, name, _checks(event))
    else:
        logger().info("a phone told of something that we do not use", gateway=name, event_kind=kind if _KIND.fullmatch(kind) else "")
    return "", 200


def _take_texts(rt: Runtime, phone: Phone, kind: str, event: Mapping[str, Any]) -> None:
    """Take in what citizens sent. Raises `Overloaded` where it cannot be kept whole: the phone then tells it again."""
    mark, device, id_ = rt.keys.mark, _device(phone, event), _id(event)
    unkept = 0
    for one in filter(None, _payloads(event)):
        content: Mapping[str, bytes] = {}
        if kind in _LOADED:
            mms = read_mms(mark, device, one, event=id_, can_be_asked=phone.is_local)
            text, content = mms.text, mms.content
        else:
            text = (read_head if kind in _HEADS else read_text)(mark, device, one, event=id_)
        unkept += not _keep(rt, phone, content)
        arriving.take_text(rt, phone.name, text, came_at=text.received_at if g.clock_is_right else None)
    if unkept:
        raise Overloaded("the disk takes no pictures")


def _keep(rt: Runtime, phone: Phone, content: Mapping[str, bytes]) -> bool:
    """Keep the pictures of an MMS until a worker fetches them; False if that failed. The words are taken in all the same."""
    folder = Attachments(rt.config, phone.name)
    try:
        for one in camewith.wanted(rt, phone.name, content.keys()) if content else ():
            folder.keep(rt.keys, one, content[one])
    except OSError as fault:
        logger().error("a picture cannot be kept", gateway=phone.name, fault=str(fault))
        return False
    return True


def _read(raw: bytes) -> Mapping[str, Any]:
    """The event in a body; {} if it is none. Bytes that are not UTF-8 are replaced."""
    try:
        event = json.loads(raw.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        event = None
    if not isinstance(event, dict):
        logger().warning("a phone signed what is no event")
        return {}
    return event


def _payloads(event: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What an event tells of: one thing, or those in its list."""
    payload = event.get("payload")
    listed = payload.get("messages") if isinstance(payload, dict) else payload if isinstance(payload, list) else None
    if isinstance(listed, list):
        yield from (one for one in listed if isinstance(one, dict))
    else:
        yield payload if isinstance(payload, dict) else {}


def _checks(event: Mapping[str, Any]) -> dict[str, Any]:
    """What the phone says of itself: name of a check → what it observed."""
    told: Any = event
    for name in ("payload", "health", "checks"):
        told = told.get(name) if isinstance(told, dict) else None
    listed = told if isinstance(told, dict) else {}
    return {name: one.get("observedValue") for name, one in listed.items() if isinstance(one, dict)}


def _device(phone: Phone, event: Mapping[str, Any]) -> str:
    return phone.device_of(storable(str(event.get("deviceId") or "")))


def _id(event: Mapping[str, Any]) -> str:
    return storable(str(event.get("id") or ""))

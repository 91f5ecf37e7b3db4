"""Reads the forms that Twilio posts.

Source: twilio.com/docs/messaging/guides/webhook-request, twilio.com/docs/voice/twiml (the fields).
"""

import hashlib
import re
from collections.abc import Mapping
from types import MappingProxyType

from hotline.domain.bridge import Leg
from hotline.domain.delivery import Delivery
from hotline.domain.keyword import Keyword
from hotline.gateways.base import FieldMissing, IncomingCall, IncomingText, LegReport, Report, storable
from hotline.gateways.twilio.account import NAME
from hotline.gateways.twilio.codes import CALL_ENDS, CODES, DELIVERIES, DIALS, LEGS
from hotline.log import logger

# With Advanced Opt-Out, Twilio says whether it took a text as a stop or a start, whatever the word was.
_OPT_OUT_TYPES = {"STOP": Keyword.GATEWAY_STOP, "START": Keyword.GATEWAY_START}
_ID = re.compile(r"[!-~]{1,64}")
_RECORDING = re.compile(r"RE[0-9a-fA-F]{32}")
_MEDIA = re.compile(r"/Messages/((?:MM|SM)[0-9a-fA-F]{32})/Media/(ME[0-9a-fA-F]{32})\Z")
_MOST_PHOTOS = 10  # docs: "NumMedia", up to 10 in one message
_HUNG_UP = "hangup"  # Record's action gets this as Digits if the caller hung up


def read_text(form: Mapping[str, str]) -> IncomingText:
    """The text in a signed form. Raises `FieldMissing` without MessageSid or From; nothing else makes it refuse a text."""
    sid, sender = storable(form.get("MessageSid", "")), storable(form.get("From", ""))
    if not sid:
        raise FieldMissing("MessageSid")
    if not sender:
        raise FieldMissing("From")
    if not _ID.fullmatch(sid):  # Twilio's ids do not look like this, but a signed text is never refused: store it under a hash of its id
        sid = "sha256-" + hashlib.sha256(sid.encode()).hexdigest()[:57]
    body = storable(form.get("Body", ""))
    photos, not_brought = _photos(form)
    taken_for = _OPT_OUT_TYPES.get(form.get("OptOutType", "").upper())
    return IncomingText(sid, sender, body, taken_for, photos=photos, not_brought=not_brought)


def _photos(form: Mapping[str, str]) -> tuple[tuple[str, ...], bool]:
    """What came with a text, by its ids, and whether something came without. No address of a form is ever asked: it only tells the ids."""
    count = min(_number(form.get("NumMedia", "")[:4]) or 0, _MOST_PHOTOS)
    found = [_MEDIA.search(form.get(f"MediaUrl{n}", "")[:500]) for n in range(count)]
    if None in found:
        logger().warning("something that came with a text has no id that we know", rows=found.count(None))
    return tuple(dict.fromkeys(f"{one[1]}/{one[2]}" for one in found if one is not None)), None in found


def read_call(form: Mapping[str, str], query: Mapping[str, str] = MappingProxyType({})) -> IncomingCall:
    """The call, or the step of a call, in a signed form. Raises `FieldMissing` without a CallSid.

    `query` has the id of a call that we placed; of such a call To is the phone and From our number. A report of a recording has neither.
    """
    sid = storable(form.get("CallSid", ""))
    if not _ID.fullmatch(sid):
        raise FieldMissing("CallSid")
    caller, line = storable(form.get("From", "")), storable(form.get("To", ""))
    if not is_incoming(form):
        caller, line = line, caller
    digits = form.get("Digits", "")
    recording = form.get("RecordingSid", "")
    return IncomingCall(
        gateway=NAME,
        gateway_id=sid,
        caller=caller,
        line=line,
        call_id=_number(query.get("call")),
        keys="" if digits == _HUNG_UP else digits[:32],
        hung_up=digits == _HUNG_UP,
        recording_id=recording if _RECORDING.fullmatch(recording) and form.get("RecordingStatus") not in ("absent", "failed") else None,
        recorded_s=_number(form.get("RecordingDuration", "")[:6]),
    )


def is_incoming(form: Mapping[str, str]) -> bool:
    """Whether the call of a form came to us. Of a call that we placed, From is our own number."""
    return not form.get("Direction", "").startswith("outbound")


def line_of(form: Mapping[str, str]) -> str:
    """The number of ours that was called, raw."""
    return storable(form.get("To", ""))


def call_duration_s(form: Mapping[str, str]) -> int | None:
    """How long an ended call lasted, in seconds."""
    return _number(form.get("CallDuration", "")[:6])


def read_leg(form: Mapping[str, str]) -> LegReport | None:
    """What is reported of a citizen's phone that a Dial rings; None if its status is not known to us."""
    leg = LEGS.get(form.get("CallStatus", ""))
    return LegReport(leg, call_duration_s(form)) if leg is not None else None


def read_dial(form: Mapping[str, str]) -> LegReport:
    """How a Dial of a citizen's phone has ended."""
    leg = DIALS.get(form.get("DialCallStatus", ""), Leg.FAILED)
    if leg is Leg.OVER and form.get("DialBridged") == "false":  # the volunteer had hung up
        leg = Leg.NO_ANSWER
    return LegReport(leg, _number(form.get("DialCallDuration", "")[:6]))


def is_over(form: Mapping[str, str]) -> bool:
    """Whether a report about a call says that it ended."""
    return form.get("CallStatus") in CALL_ENDS


def read_report(form: Mapping[str, str], query: Mapping[str, str]) -> Report | None:
    """The delivery report in a signed form; None if its status is not known to us. Raises `FieldMissing`."""
    sid = storable(form.get("MessageSid", ""))
    if not _ID.fullmatch(sid):
        raise FieldMissing("MessageSid")
    delivery = DELIVERIES.get(form.get("MessageStatus", ""))
    if delivery is None:
        return None
    code = form.get("ErrorCode") if re.fullmatch(r"[0-9A-Za-z_-]{1,16}", form.get("ErrorCode", "")) else None
    failed = delivery in (Delivery.UNDELIVERED, Delivery.FAILED)
    return Report(
        sid, _number(query.get("text")), _number(query.get("attempt", "")[:4]), delivery, code, CODES.get(code or "") if failed else None
    )


def _number(value: str | None) -> int | None:
    return int(value) if value and re.fullmatch(r"[0-9]{1,15}", value, re.ASCII) else None

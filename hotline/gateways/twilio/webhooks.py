"""What Twilio posts to us: is it Twilio's, and what does it say.

Source: twilio.com/docs/usage/security (the signature), twilio.com/docs/messaging/guides/webhook-request (the fields).
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from urllib.parse import unquote_to_bytes, urlsplit

from twilio.request_validator import RequestValidator

from hotline.domain.delivery import Delivery
from hotline.domain.keyword import Keyword
from hotline.gateways.base import IncomingCall, IncomingText, Report
from hotline.gateways.twilio.codes import CALL_ENDS, CODES, DELIVERIES

NAME = "twilio"
# With Advanced Opt-Out Twilio says itself that it took a text for a stop or a start, whatever the word was.
_OPT_OUT_TYPES = {"STOP": Keyword.GATEWAY_STOP, "START": Keyword.GATEWAY_START}
_ID = re.compile(r"[!-~]{1,64}")
_RECORDING = re.compile(r"RE[0-9a-fA-F]{32}")
_HUNG_UP = "hangup"  # what Record's action is told in place of a key


class FieldMissing(Exception):
    """A form without what makes it a text; `args[0]` is the field."""


class Form(dict[str, str]):
    """A posted form: names to first values, bytes that are no UTF-8 replaced. `pairs` keeps every field in the bytes it came in."""

    def __init__(self, raw: bytes) -> None:
        """Parse a form's body. Never raises."""
        super().__init__()
        # As parse_qsl does it, but in bytes, and at a fifth of the cost: it is the largest part of a webhook that is not the database's.
        fields = (field.partition(b"=") for field in raw.split(b"&") if field)
        self.pairs = [(_unquoted(name), _unquoted(value)) for name, _, value in fields]
        self._values: dict[str, list[str]] = {}
        for name, value in self.pairs:
            self._values.setdefault(name.decode("utf-8", "replace"), []).append(value.decode("utf-8", "replace"))
        self.update((name, values[0]) for name, values in self._values.items())

    def getlist(self, name: str) -> list[str]:
        """All values of a field: what the SDK's validator asks for."""
        return self._values[name]


def _unquoted(part: bytes) -> bytes:
    part = part.replace(b"+", b" ")
    return unquote_to_bytes(part) if b"%" in part else part


def is_signed(url: str, form: Form, signature: str, tokens: Iterable[str]) -> bool:
    """Whether `signature` is Twilio's for this form at `url` (the public one, query included), under any of the tokens."""
    if not signature:
        return False
    return any(_signed_with(token, url, form, signature) for token in tokens if token)


def _signed_with(token: str, url: str, form: Form, signature: str) -> bool:
    # Bytes that are no UTF-8 were replaced in `form`, and signed as they are. This comes first: the library takes ten times as long.
    if hmac.compare_digest(sign_bytes(token, url, form).encode(), signature.encode("utf-8", "replace")):
        return True
    try:  # the library's own reading, with the port in the address and without it
        return bool(RequestValidator(token).validate(url, form, signature))
    except ValueError:  # an address the library cannot read is nobody's
        return False


def sign_bytes(token: str, url: str, form: Form) -> str:
    """The signature over the bytes of a form."""
    signed = url.encode() + b"".join(name + value for name, value in sorted(set(form.pairs)))
    return base64.b64encode(hmac.new(token.encode(), signed, hashlib.sha1).digest()).decode()


def signed_url(public_url: str, raw_uri: str) -> str:
    """The address as Twilio requested it: our public one and the raw path, for a framework's own would be decoded on the way."""
    if not raw_uri.startswith("/"):
        parts = urlsplit(raw_uri)
        raw_uri = parts.path + (f"?{parts.query}" if parts.query else "")
    return public_url + raw_uri


def read_text(form: Mapping[str, str]) -> IncomingText:
    """The text in a signed form, whatever it says. Raises `FieldMissing` without MessageSid or From."""
    sid, sender = _clean(form.get("MessageSid", "")), _clean(form.get("From", ""))
    if not sid:
        raise FieldMissing("MessageSid")
    if not sender:
        raise FieldMissing("From")
    if not _ID.fullmatch(sid):  # no id of Twilio's looks so, but a signed text is kept: under one that we can store
        sid = "sha256-" + hashlib.sha256(sid.encode()).hexdigest()[:57]
    body = _clean(form.get("Body", ""))
    return IncomingText(sid, sender, body, _OPT_OUT_TYPES.get(form.get("OptOutType", "").upper()))


def read_call(form: Mapping[str, str], query: Mapping[str, str] = MappingProxyType({})) -> IncomingCall:
    """The call, or the step of one, in a signed form; of one of ours the query says which. Raises `FieldMissing` without a CallSid.

    Of a call of ours the phone is To and the line From. A report of a recording names neither.
    """
    sid = _clean(form.get("CallSid", ""))
    if not _ID.fullmatch(sid):
        raise FieldMissing("CallSid")
    caller, line = _clean(form.get("From", "")), _clean(form.get("To", ""))
    if form.get("Direction", "").startswith("outbound"):
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


def line_of(form: Mapping[str, str]) -> str:
    """Which of our numbers a call came to, raw."""
    return _clean(form.get("To", ""))


def call_duration_s(form: Mapping[str, str]) -> int | None:
    """How long an ended call lasted, in seconds."""
    return _number(form.get("CallDuration", "")[:6])


def is_over(form: Mapping[str, str]) -> bool:
    """Whether a report about a call says that it ended."""
    return form.get("CallStatus") in CALL_ENDS


def read_report(form: Mapping[str, str], query: Mapping[str, str]) -> Report | None:
    """The delivery report in a signed form; None if it reports nothing we know. Raises `FieldMissing`."""
    sid = _clean(form.get("MessageSid", ""))
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


def _clean(value: str) -> str:
    """NUL cannot be stored in PostgreSQL, half a surrogate pair in neither database."""
    return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")

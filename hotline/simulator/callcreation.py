"""The checks that Twilio makes before it places a call. Source of the codes: Twilio's error dictionary."""

from collections.abc import Mapping
from typing import Any

from hotline.simulator.account import Account
from hotline.simulator.calls import Call
from hotline.simulator.creation import E164, Refused, is_web_address
from hotline.simulator.twiml import Document, inline_document
from hotline.simulator.webhooks import BadAnswer

_EVENTS = frozenset({"initiated", "ringing", "answered", "completed"})
_LONGEST_TWIML = 4000


def read_new_call(form: Any, account: Account, *, api_url: str) -> Call:
    """The call that a request asks to create. `form` is a MultiDict: StatusCallbackEvent can come more than once. Raises Refused."""
    to, sender = form.get("To", ""), form.get("From", "")
    _check_numbers(to, sender, account)
    url, document = _read_instructions(form)
    events = tuple(" ".join(form.getlist("StatusCallbackEvent")).split()) or ("completed",)
    if not _EVENTS.issuperset(events):
        raise Refused(21626, "Invalid StatusCallbackEvent")
    callback = form.get("StatusCallback", "")
    if callback and not is_web_address(callback):
        raise Refused(21609, "The 'StatusCallback' URL is not a valid URL")
    timeout = form.get("Timeout", "60")
    if not (timeout.isascii() and timeout.isdigit() and 1 <= int(timeout) <= 600):
        raise Refused(20001, "Timeout must be from 1 to 600 seconds")
    fallback = form.get("FallbackUrl", "")
    return Call(
        direction="outbound-api",
        sender=sender,
        recipient=to,
        phone=to,
        status="queued",
        api_url=api_url,
        url=url,
        method=_method(form),
        document=document,
        fallback_url=fallback if is_web_address(fallback) else "",
        callback_url=callback,
        callback_events=events,
        timeout_s=int(timeout),
    )


def _check_numbers(to: str, sender: str, account: Account) -> None:
    if not to:
        raise Refused(21201, "No 'To' number is specified")
    if not E164.fullmatch(to):
        raise Refused(21211, "Invalid 'To' Phone Number")
    if not sender:
        raise Refused(21213, "'From' phone number is required")
    if sender not in account.called_numbers:
        raise Refused(21210, "'From' phone number is not a number of the account")
    if to in account.called_numbers:
        raise Refused(21266, "'To' and 'From' number cannot be the same")


def _read_instructions(form: Mapping[str, str]) -> tuple[str, Document | None]:
    """The URL of the call's TwiML, or the TwiML itself. If both are given, Twilio ignores the TwiML."""
    url, twiml = form.get("Url", ""), form.get("Twiml", "")
    if url:
        if not is_web_address(url):
            raise Refused(21205, "Url is not a valid URL")
        return url, None
    if not twiml:
        raise Refused(21205, "Url is required")
    if len(twiml) > _LONGEST_TWIML:
        raise Refused(21205, f"Twiml is longer than {_LONGEST_TWIML} characters")
    try:
        return "", inline_document(twiml)
    except BadAnswer as bad:
        raise Refused(bad.code, bad.detail) from None


def _method(form: Mapping[str, str]) -> str:
    method = form.get("Method", "POST").upper()
    if method not in {"GET", "POST"}:
        raise Refused(20001, "Method must be GET or POST")
    return method

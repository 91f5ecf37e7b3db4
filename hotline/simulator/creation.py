"""The checks that Twilio makes before it takes a text. Source of the codes: Twilio's error dictionary."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from hotline.simulator.account import Account
from hotline.simulator.messages import MAX_BODY, Message
from hotline.simulator.segments import count_segments
from hotline.simulator.state import State

E164 = re.compile(r"\+[1-9]\d{6,14}")
_SERVICE = re.compile(r"MG[0-9a-f]{32}")
_HOST = re.compile(r"[A-Za-z0-9.\-:]+")

# Numbers that cause an error, as with Twilio's test credentials: (code, message).
_MAGIC_TO = {
    "+15005550001": (21211, "Invalid 'To' Phone Number"),
    "+15005550002": (21612, "The 'To' phone number is not reachable from this 'From'"),
    "+15005550003": (21408, "Permission to send an SMS has not been enabled for this region"),
    "+15005550004": (21610, "Attempt to send to unsubscribed recipient"),
    "+15005550009": (21614, "'To' number is not a valid mobile number"),
}
_MAGIC_FROM = {
    "+15005550001": (21212, "Invalid 'From' Phone Number"),
    "+15005550007": (21606, "The 'From' phone number is not owned by the account or cannot send texts"),
    "+15005550008": (21611, "This 'From' number has exceeded the maximum number of queued messages"),
}
_GOOD_FROM = "+15005550006"


class Refused(ValueError):
    """Twilio would refuse the request: HTTP 400 with its `code`."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def read_new_message(form: Mapping[str, str], account: Account, state: State) -> Message:
    """The message that a request to create one asks for. Raises Refused."""
    sender, service = _read_sender(form, account)
    recipient = form.get("To", "")
    _check_recipient(recipient, sender, state)
    body = form.get("Body", "")
    if not body:
        raise Refused(21602, "Message body is required.")
    if len(body) > MAX_BODY:
        raise Refused(21617, f"The concatenated message body exceeds the {MAX_BODY} character limit")
    _check_details(form)
    return Message(
        direction="outbound-api",
        sender=sender,
        recipient=recipient,
        body=body,
        status="accepted" if service else "queued",
        segments=count_segments(body),
        service_sid=service,
        callback_url=form.get("StatusCallback", ""),
    )


def _read_sender(form: Mapping[str, str], account: Account) -> tuple[str, str]:
    sender, service = form.get("From", ""), form.get("MessagingServiceSid", "")
    if sender.startswith("MG"):  # Twilio takes the id of a service here as well
        sender, service = "", sender
    if service:
        if not _SERVICE.fullmatch(service) or account.service_sid not in {"", service}:
            raise Refused(21703, "The Messaging Service has no sender for this message")
        return account.sender, service
    if not sender:
        raise Refused(21603, "A 'From' phone number is required.")
    if sender in _MAGIC_FROM:
        raise Refused(*_MAGIC_FROM[sender])
    if sender not in {account.sender, _GOOD_FROM}:
        raise Refused(*_MAGIC_FROM["+15005550007"])
    return sender, ""


def _check_recipient(recipient: str, sender: str, state: State) -> None:
    if not recipient:
        raise Refused(21604, "A 'To' phone number is required.")
    if recipient in _MAGIC_TO:
        raise Refused(*_MAGIC_TO[recipient])
    if not E164.fullmatch(recipient):
        raise Refused(*_MAGIC_TO["+15005550001"])
    if recipient == sender:
        raise Refused(21266, "'To' and 'From' number cannot be the same")
    if state.opted_out(recipient):
        raise Refused(*_MAGIC_TO["+15005550004"])


def _check_details(form: Mapping[str, str]) -> None:
    callback = form.get("StatusCallback", "")
    if callback and not is_web_address(callback):
        raise Refused(21609, "The 'StatusCallback' URL is not a valid URL")
    validity = form.get("ValidityPeriod", "")
    if validity and not (validity.isascii() and validity.isdigit() and 1 <= int(validity) <= 36_000):
        # Twilio documents the range, but no code for a value outside it.
        raise Refused(20001, "ValidityPeriod must be from 1 to 36000 seconds")


def is_web_address(url: str) -> bool:
    """Whether Twilio would take this URL: http or https, in ASCII, with a host name without underscores."""
    try:
        where = urlsplit(url)
        _ = where.port
    except ValueError:
        return False
    plain = url.isascii() and not re.search(r"[\s\x00-\x1f]", url)
    return plain and where.scheme in {"http", "https"} and _HOST.fullmatch(where.hostname or "") is not None

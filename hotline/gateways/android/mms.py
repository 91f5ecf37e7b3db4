"""MMS that came to a phone, as the app tells of them: `mms:received` when one is announced, `mms:downloaded` when it was loaded.

Sources: capcom6/android-sms-gateway, `MmsReceivedPayload`, `MmsDownloadedPayload`, `MmsContentReader`, `ReceiverService.process` and, of
versions that also serve attachments, `InboxRoutes`. The two events name one MMS by different ids: the first by the network's, the second by
the phone's own. What stands in an attachment is a stranger's.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hotline.gateways.android.incoming import read_text
from hotline.gateways.base import IncomingText, keyed_id, storable

MOST_BYTES = 6 << 20
"""Bytes of an attachment at most: as many as an event of 8 MiB has room for in base64."""

_MOST_CHARACTERS = (MOST_BYTES + 2) // 3 * 4 + MOST_BYTES // 16
"""Of base64, with its ends of lines."""

_MOST = 10
"""Attachments of one MMS. Phones and operators carry fewer."""

_LAYOUT, _WORDS = "application/smil", "text/plain"
_MESSAGE = re.compile(r"[A-Za-z0-9_-]{1,40}")
_SPACES = str.maketrans("", "", " \t\r\n")


@dataclass(frozen=True)
class Mms:
    """An MMS, and the bytes that were told with it by their ids, which `text.photos` has too."""

    text: IncomingText
    content: Mapping[str, bytes] = field(repr=False)


def read_head(mark: bytes, device: str, told: Mapping[str, Any], *, event: str = "") -> IncomingText:
    """What tells that an MMS came. It raises nothing. What comes with it is not known yet."""
    text = read_text(mark, device, {**told, "message": told.get("subject")}, event=event)
    gateway_id = keyed_id(mark, "head", text.gateway_id, str(told.get("transactionId") or ""))
    return replace(text, gateway_id=gateway_id, head=gateway_id, not_brought=True)


def read_mms(mark: bytes, device: str, told: Mapping[str, Any], *, event: str = "", can_be_asked: bool) -> Mms:
    """A loaded MMS. It raises nothing: of what is odd the words are taken as far as they go, and it is noted that more came.

    `can_be_asked`: the phone itself is asked, which in newer versions serves what it loaded.
    """
    message = _phones_id(told.get("messageId"))
    listed = told.get("attachments")
    attachments = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    is_odd = bool(listed) and (not isinstance(listed, list) or len(attachments) < len(listed) or len(attachments) > _MOST)
    words, rest = _words(told, attachments[:_MOST])
    text = read_text(mark, device, {**told, "message": words}, event=event)
    text = replace(text, gateway_id=keyed_id(mark, "mms", text.gateway_id, message), head="")
    content, photos = {}, []
    for place, one in rest:
        came = _content(one.get("data"))
        if came is not None:
            photos.append(f"{text.gateway_id}.{place}")
            content[photos[-1]] = came
        elif can_be_asked and one.get("url") and (part := _part(one)) is not None and _MESSAGE.fullmatch(message):
            photos.append(f"{text.gateway_id[:16]}/{message}/{part}")
        else:
            is_odd = True
    return Mms(replace(text, photos=tuple(photos), not_brought=is_odd), content)


def path_of(photo: str) -> str | None:
    """The path at the phone of an attachment that it serves; None if `photo` is no id of one."""
    _, _, named = photo.partition("/")
    message, _, part = named.partition("/")
    return f"/inbox/{message}/attachments/{part}" if _MESSAGE.fullmatch(message) and _is_number(part) else None


def _words(told: Mapping[str, Any], attachments: list[dict[str, Any]]) -> tuple[str, list[tuple[int, dict[str, Any]]]]:
    """The words of an MMS, and the attachments that are more than words and layout, each with its place."""
    subject, body = _subject(str(told.get("subject") or "")), storable(str(told.get("body") or ""))
    rest, found = [], []
    for place, one in enumerate(attachments):
        kind = str(one.get("contentType") or "").partition(";")[0].strip().lower()
        if kind == _WORDS and (came := _content(one.get("data"))) is not None:
            found.append(storable(came.decode("utf-8", "replace")))
        elif kind not in (_LAYOUT, _WORDS) or (kind == _WORDS and not body):
            rest.append((place, one))
    body = body or "\n".join(found)
    return "\n".join(_apart(subject, body)), rest


def _subject(told: str) -> str:
    """The subject. Android's store has its bytes as Latin-1, and the app tells them so: in Urdu, each letter is two."""
    try:
        return storable(told.encode("latin-1").decode())
    except UnicodeError:  # it was told as it is
        return storable(told)


def _apart(subject: str, body: str) -> Iterator[str]:
    if subject.strip() and subject.strip() not in body:
        yield subject
    if body:
        yield body


def _content(data: object) -> bytes | None:
    """The bytes that stand in base64; None if there are none, too many, or it is none."""
    if not isinstance(data, str) or not 0 < len(data) <= _MOST_CHARACTERS:
        return None
    try:
        came = base64.b64decode(data.translate(_SPACES), validate=True)
    except (binascii.Error, ValueError):  # letters beyond ASCII
        return None
    return came if 0 < len(came) <= MOST_BYTES else None


def _phones_id(told: object) -> str:
    return storable(str(told)) if isinstance(told, str | int) and not isinstance(told, bool) else ""


def _part(one: Mapping[str, Any]) -> str | None:
    part = str(one.get("partId"))
    return part if _is_number(part) else None


def _is_number(part: str) -> bool:
    return part.isascii() and part.isdecimal() and len(part) <= 19

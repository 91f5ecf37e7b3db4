"""Reads what a service tells us: texts that came in, and reports. Odd bytes are replaced; a text is refused only without its sender.

A text without an id of the service's gets an id made of what it is (`base.keyed_id`):

- Where the service says when the text was sent, of the sender, the words and that time. A text that is told again has them all again.
- Else of the sender, the words and the minute in which it came to us. A service that did not hear our answer tells a text again within
  some minutes: so the ids of the three minutes before are looked for first (`ids_of`), and a known id is taken. The same words of
  the same phone are another text after four minutes at the latest. Until then nobody can tell whether they are the same text: they are not
  stored or answered twice, and the ticket says that they came again (`services/texts/saidagain.py`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from hotline.domain.delivery import Delivery
from hotline.domain.textids import read_our_id
from hotline.gateways.base import FieldMissing, IncomingText, Outcome, Report, keyed_id, storable
from hotline.gateways.http.alphabets import decoded
from hotline.gateways.http.answers import Document, as_text, in_json, in_xml
from hotline.gateways.http.service import Content, Place, ReportsIn, TextFields, TextsIn

Look = Callable[[str], bytes | None]
"""Gives the bytes of a field; None if it is not there."""

_FIELDS_MAX = 1000
_TOLD_AGAIN_MINUTES = 3
_IN_MILLISECONDS = 10**11
"""From so much on a time is in milliseconds: in seconds it would be the year 5138."""

_REPORTED: Mapping[str, tuple[Delivery, Outcome | None]] = {
    "sent": (Delivery.SENT, None),
    "delivered": (Delivery.DELIVERED, None),
    "failed": (Delivery.FAILED, None),
    "unreachable": (Delivery.UNDELIVERED, Outcome.UNREACHABLE),
}


@dataclass(frozen=True)
class ReadText:
    """A text as it was told. `gateway_id` is "" where neither the service gave one nor a time of which one could be made."""

    sender: str
    words: str
    gateway_id: str
    received_at: datetime | None
    line: str | None

    def under(self, gateway_id: str, *other_ids: str) -> IncomingText:
        """The text under an id, and others that it may have."""
        return IncomingText(gateway_id, self.sender, self.words, received_at=self.received_at, line=self.line, other_ids=other_ids)


def fields_of(query: bytes, form: bytes) -> Look:
    """The fields of an address and of a form, as bytes. Raises `FieldMissing` if there are more than any genuine form has."""
    found: dict[str, bytes] = {}
    for raw in (query, form):
        # Latin-1 has a character for every byte: which alphabet they are in may stand in another field.
        try:
            pairs = parse_qsl(raw.decode("latin-1"), keep_blank_values=True, encoding="latin-1", max_num_fields=_FIELDS_MAX)
        except ValueError as fault:
            raise FieldMissing("a form of fewer fields") from fault
        for name, value in pairs:
            found.setdefault(name, value.encode("latin-1"))
    return found.get


def told_texts(spec: TextsIn, query: bytes, body: bytes, key: bytes, zone: ZoneInfo) -> list[ReadText]:
    """The texts of a request to us. Raises `FieldMissing` if there is none with a sender."""
    if spec.content is Content.QUERY:
        found = [read_text(spec.fields, fields_of(query, body), key, zone)]
    else:
        found = [read_text(spec.fields, look_in(row), key, zone) for row in _rows_of(spec.content, spec.rows, body)]
    texts = [text for text in found if text is not None]
    if not texts:
        raise FieldMissing(spec.fields.sender)
    return texts


def told_reports(spec: ReportsIn, tag: str, query: bytes, body: bytes) -> list[Report]:
    """The reports in a request to us; those of unknown statuses, and those of texts of another hotline, are left out.

    Raises `FieldMissing` if none of them says which text it is about.
    """
    looks = [fields_of(query, body)]
    if spec.content is not Content.QUERY:
        looks = [_either(look_in(row), looks[0]) for row in _rows_of(spec.content, spec.rows, body)]
    named = [look for look in looks if _plain(_of(look, spec.our_id or spec.id)).strip()]
    if looks and not named:
        raise FieldMissing(spec.our_id or spec.id)
    return [report for look in named if (report := _read_report(spec, look, tag)) is not None]


def _either(first: Look, second: Look) -> Look:
    return lambda name: value if (value := first(name)) is not None else second(name)


def _rows_of(content: Content, place: Place, body: bytes) -> list[Any]:
    document = Document(body)
    if place != Place():
        return document.rows(place)
    root = document.json if content is Content.JSON else document.xml
    return root if isinstance(root, list) else [] if root is None else [root]


def look_in(row: Any) -> Look:
    """The fields of a row: an object of JSON, or an element of XML. A field is named by a path."""

    def look(name: str) -> bytes | None:
        found = in_xml(row, (name,)) if isinstance(row, ET.Element) else in_json(row, (name,))
        return next((value.encode("utf-8", "replace") for one in found if (value := as_text(one)) is not None), None)

    return look


def read_text(fields: TextFields, look: Look, key: bytes, zone: ZoneInfo) -> ReadText | None:
    """A text in a row or form; None if it has no sender. `zone`: of a time that names none."""
    sender = _plain(look(fields.sender)).strip().removeprefix("tel:")  # as GSMA's OneAPI writes a number
    if not sender:
        return None
    words = storable(decoded(look(fields.words) or b"", _of(look, fields.coding), _plain(_of(look, fields.charset)), is_hex=fields.hex))
    given, at = _plain(_of(look, fields.id)).strip(), _plain(_of(look, fields.at)).strip()
    if given:
        gateway_id = given if len(given) <= 64 and given.isascii() and given.isprintable() else keyed_id(key, given)
    else:
        gateway_id = keyed_id(key, sender, words, at) if at else ""
    line = _plain(_of(look, fields.line)).strip()[:16]
    return ReadText(sender, words, gateway_id, _time(at, fields.at_format, zone), line or None)


def ids_of(text: ReadText, key: bytes, now: datetime) -> list[str]:
    """The ids under which a text stands that came just now, the newest first: see above."""
    minute = int(now.timestamp()) // 60
    return [keyed_id(key, text.sender, text.words, "", str(minute - ago)) for ago in range(_TOLD_AGAIN_MINUTES + 1)]


def _read_report(spec: ReportsIn, look: Look, tag: str) -> Report | None:
    ours = _plain(_of(look, spec.our_id)).strip()
    named = read_our_id(tag, ours) if ours else None
    theirs = _plain(_of(look, spec.id)).strip()
    gateway_id = ours if spec.our_id else theirs
    if len(gateway_id) > 64 or (spec.our_id and named is None):
        return None
    reported = _REPORTED.get(spec.means.get(_plain(look(spec.status)).strip(), ""))
    if reported is None:
        return None
    code = "".join(c for c in _plain(_of(look, spec.code)) if c.isascii() and (c.isalnum() or c in "-_."))[:16]
    message_id, attempt = named if named is not None else (None, None)
    return Report(gateway_id, message_id, attempt, reported[0], code or None, reported[1])


def _of(look: Look, name: str) -> bytes | None:
    return look(name) if name else None


def _time(given: str, written_as: str, zone: ZoneInfo) -> datetime | None:
    """A time of the service's; None if it is none, or cannot be right. A time without a zone is of the hotline's."""
    try:
        if written_as == "unix":
            since_1970 = int(given[:15])
            at = datetime.fromtimestamp(since_1970 / 1000 if since_1970 >= _IN_MILLISECONDS else since_1970, UTC)
        else:
            at = datetime.fromisoformat(given) if written_as == "iso" else datetime.strptime(given, written_as)  # noqa: DTZ007 - the zone is put to it below
        at = (at if at.tzinfo is not None else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return at if at > datetime(2020, 1, 1, tzinfo=UTC) else None


def _plain(raw: bytes | None) -> str:
    return storable((raw or b"").decode("utf-8", "replace"))

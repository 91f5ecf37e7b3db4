"""Fills the templates of a service's file, and makes a request of them. A hole {name} takes a value of a fixed list, and nothing else."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape

from hotline.domain import segments
from hotline.gateways.http.service import Content, Request

_HOLE = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*)\}")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

OF_A_TEXT = frozenset({"to", "to_no_plus", "to_national", "body", "body_hex", "our_id", "report_url", "unicode", "unicode_word", "coding"})
OF_A_QUERY = frozenset({"to", "to_no_plus", "to_national", "our_id", "gateway_id"})
OF_A_POLL = frozenset({"since", "until"})
OF_A_SESSION = frozenset({"session"})
"""The names of the holes besides the account's values and secrets."""

_TYPES = {
    Content.URLENCODED: "application/x-www-form-urlencoded",
    Content.JSON: "application/json; charset=utf-8",
    Content.XML: "text/xml; charset=utf-8",
}


@dataclass(frozen=True)
class Wire:
    """A request as it leaves: `target` is path and query."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes | None


def holes(template: object) -> set[str]:
    """The names of all holes in a template, or in what is inside a table or a list."""
    if isinstance(template, str):
        return set(_HOLE.findall(template))
    inside = template.values() if isinstance(template, Mapping) else template if isinstance(template, list | tuple) else ()
    return set().union(*(holes(one) for one in inside))


def fill(template: str, values: Mapping[str, str]) -> str:
    """A template with its holes filled. A template that begins with < is XML: what is put into it is escaped."""
    if template.lstrip().startswith("<"):
        return _HOLE.sub(lambda hole: escape(_NOT_IN_XML.sub(" ", values[hole[1]]), {'"': "&quot;", "'": "&apos;"}), template)
    return _HOLE.sub(lambda hole: values[hole[1]], template)


def wire_of(request: Request, values: Mapping[str, str], *, body: str | None = None) -> Wire:
    """The request, filled. `body`: the words of the text that it sends; they say which of the fields `plain` and `unicode` are in it."""
    more = {} if body is None else request.plain if is_plain(body) else request.unicode
    fields = {**request.fields, **more}
    target = _HOLE.sub(lambda hole: quote(values[hole[1]], safe=""), request.path)
    headers = {name: fill(template, values) for name, template in request.headers.items()}
    if request.basic:
        headers["Authorization"] = "Basic " + base64.b64encode(fill(request.basic, values).encode()).decode()
    content = request.content
    if content is Content.QUERY:
        query = urlencode(_pairs(fields, values))
        return Wire(request.method, f"{target}?{query}" if query else target, headers, b"" if request.method == "POST" else None)
    if content is Content.XML:
        payload = fill(request.document, values)
    elif content is Content.JSON:
        payload = json.dumps(_filled(fields, values), ensure_ascii=False)
    else:
        payload = urlencode(_pairs(fields, values))
    return Wire(request.method, target, {"Content-Type": _TYPES[content], **headers}, payload.encode())


def is_plain(body: str) -> bool:
    """Whether a text can leave in GSM-7."""
    return segments.count(body or "-").encoding == "GSM-7"


def _pairs(fields: Mapping[str, object], values: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(name, fill(str(template), values)) for name, template in fields.items()]


def _filled(template: object, values: Mapping[str, str]) -> object:
    if isinstance(template, str):
        return fill(template, values) if not template.lstrip().startswith("<") else _HOLE.sub(lambda hole: values[hole[1]], template)
    if isinstance(template, Mapping):
        return {name: _filled(inside, values) for name, inside in template.items()}
    if isinstance(template, list | tuple):
        return [_filled(inside, values) for inside in template]
    return template

"""Bodies as services write them: JSON and XML that a strict reader would refuse for a letter in somebody's words.

Many services put such documents together by hand. What a citizen writes must neither make them unreadable, which would keep everybody's
texts from us, nor be lost.
"""

import json
import re
from html.entities import html5
from typing import Any
from xml.etree import ElementTree as ET
from xml.parsers import expat
from xml.sax.saxutils import escape

from hotline.gateways.http.alphabets import named

_DECLARED = re.compile(rb"\s{0,9}<\?xml [^>]{0,200}?encoding=[\"']([A-Za-z0-9_.-]{1,40})[\"']")
_NUMBERED = re.compile(r"(?:&#(?:x[0-9A-Fa-f]{1,6}|[0-9]{1,7});)+")
_ONE = re.compile(r"&#(x?)([0-9A-Fa-f]{1,7});")
_NAMED = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)(?:([A-Za-z][A-Za-z0-9]{1,31});)?")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_MARKED, _END = "<![CDATA[", "]]>"


class _Refused(Exception):
    """The document declares things of its own."""


def words_of(body: bytes) -> str:
    """The characters of a body: UTF-8, or UTF-16 as JSON is recognised (RFC 4627, 3); else what it declares. Odd bytes are replaced."""
    alphabet = json.detect_encoding(body)
    try:
        return body.decode(alphabet)
    except UnicodeDecodeError:
        declared = _DECLARED.match(body)
        return named(body, declared[1].decode()) if declared is not None else body.decode(alphabet, "replace")


def json_of(text: str) -> Any:
    """A document of JSON, in whose texts lines may end; None if it is none."""
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None


def xml_of(text: str) -> ET.Element | None:
    """A document of XML; None if it is none, or if it declares entities."""
    try:
        try:
            return _parsed(text)
        except expat.ExpatError:
            return _parsed(_mended(text))
    except (expat.ExpatError, _Refused):
        return None


def _parsed(text: str) -> ET.Element:
    """A document of XML. Raises `_Refused` if it declares entities or defaults: few bytes of them grow to gigabytes.

    One that only names a document type is taken: nothing fetches that, and one operator's service names a type in every answer.
    """

    def refuse_declarations(_name: str, _system: str | None, _public: str | None, has_own: int) -> None:
        if has_own:
            raise _Refused

    tree = ET.TreeBuilder()
    parser = expat.ParserCreate("utf-8", "}")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = refuse_declarations
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = tree.start, tree.end, tree.data
    parser.Parse(text.encode("utf-8", "replace"), True)
    return tree.close()


def _mended(text: str) -> str:
    """The document without what no XML may have: control characters, a bare &, entities of HTML, halves of characters by number."""
    first, *rest = _NOT_IN_XML.sub(" ", text).split(_MARKED)
    pieces = [_without_odd_references(first)]
    for one in rest:
        marked, end, after = one.partition(_END)
        pieces.append(f"{_MARKED}{marked}{end}{_without_odd_references(after)}")
    return "".join(pieces)


def _without_odd_references(text: str) -> str:
    plain = _NUMBERED.sub(lambda found: escape(_characters(found[0])), text)
    return _NAMED.sub(lambda found: escape(html5.get(f"{found[1]};", found[0])), plain)


def _characters(references: str) -> str:
    """What numbers stand for. Some services write an emoji as the two halves that UTF-16 has of it."""
    numbers = [int(digits, 16 if is_hex else 10) for is_hex, digits in _ONE.findall(references)]
    found = "".join(chr(number) if number < 0x110000 else "\ufffd" for number in numbers)
    return _NOT_IN_XML.sub(" ", found.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "replace"))

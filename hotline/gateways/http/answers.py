"""Reads what a service answered: JSON and XML by paths, and which rule knows the answer. Whatever it is, reading it ends soon."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from xml.etree import ElementTree as ET

from hotline.gateways.http.bodies import json_of, words_of, xml_of
from hotline.gateways.http.exchange import Answer
from hotline.gateways.http.service import Means, Place, Rule

_SEEN_BY_PATTERNS = 4096
"""Characters of an answer that a pattern is tried on."""

_CODE = re.compile(r"[0-9A-Za-z_.-]{1,16}")
_ID = re.compile(r"[!-~]{1,64}")


class Document:
    """The body of an answer, or of a form that was posted to us."""

    def __init__(self, body: bytes) -> None:
        self.text = words_of(body)

    @cached_property
    def json(self) -> Any:
        """The body as JSON; None if it is none."""
        return json_of(self.text)

    @cached_property
    def xml(self) -> ET.Element | None:
        """The body as XML; None if it is none, or if it declares entities."""
        return xml_of(self.text.strip())

    def find(self, place: Place) -> str | None:
        """What stands at the first of the places that is there, without space around it; None if nothing does."""
        if place.pattern is not None:
            found = place.pattern.search(self.text[:_SEEN_BY_PATTERNS])
            return (found[1] if found.re.groups else found[0]).strip() if found is not None else None
        for row in (*in_json(self.json, place.json), *in_xml(self.xml, place.xml)):
            if (value := as_text(row)) is not None:
                return value.strip()
        return None

    def rows(self, place: Place) -> list[Any]:
        """The rows at a place: of a list in JSON, or the elements of that path in XML."""
        found = [one for row in in_json(self.json, place.json) for one in (row if isinstance(row, list) else [row])]
        return [*found, *in_xml(self.xml, place.xml)]


def in_json(root: Any, paths: Sequence[str]) -> Iterator[Any]:
    """What stands at the paths: names and numbers of places in lists, with dots between them; "" is the whole."""
    for path in paths:
        at = root
        for step in path.split(".") if path else ():
            if isinstance(at, dict):
                at = at.get(step)
            elif isinstance(at, list) and step.isascii() and step.isdigit() and int(step[:6]) < len(at):
                at = at[int(step[:6])]
            else:
                at = None
        if at is not None:
            yield at


def in_xml(root: ET.Element | None, paths: Sequence[str]) -> Iterator[ET.Element]:
    """The elements at the paths: names below the root with / between them; //name is anywhere. Namespaces do not count."""
    if root is None:
        return
    for path in paths:
        if path.startswith("//"):
            yield from (one for one in root.iter() if _name(one) == path[2:])
            continue
        at = [root]
        for step in path.split("/"):
            at = [child for one in at for child in one if _name(child) == step]
        yield from at


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def as_text(value: Any) -> str | None:
    """A value of JSON or an element of XML as text; None if it is a table or a list."""
    if isinstance(value, ET.Element):
        return "".join(value.itertext())
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else None


@dataclass(frozen=True)
class Judged:
    """What an answer means. `rule` is None if no rule knows it. `code`: what the service, or we, call it, at most 16 characters."""

    answer: Answer
    rule: Rule | None
    code: str
    id: str | None
    document: Document

    @property
    def means(self) -> Means | None:
        """What the rule says."""
        return self.rule.means if self.rule is not None else None


def judge(answer: Answer, rules: Sequence[Rule]) -> Judged:
    """What the first rule that knows the answer says of it."""
    document = Document(answer.body)
    for rule in rules:
        if rule.statuses and answer.status not in rule.statuses:
            continue
        if rule.contains not in document.text:
            continue
        has_place = rule.place != Place()
        value = document.find(rule.place) if has_place else None
        if has_place and (value is None or (rule.values and value not in rule.values)):
            continue
        code = rule.code or (value if value is not None and _CODE.fullmatch(value) else f"http_{answer.status}")
        return Judged(answer, rule, code, _id(document.find(rule.id)), document)
    return Judged(answer, None, f"http_{answer.status}", None, document)


def _id(found: str | None) -> str | None:
    return found if found is not None and _ID.fullmatch(found) else None

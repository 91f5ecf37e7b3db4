"""A TwiML document for a call. It is read and checked as a whole before any verb is performed."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass

from hotline.simulator import grammar
from hotline.simulator.webhooks import ANSWER_BYTES, Answer, BadAnswer, parse_xml

TOO_LARGE = 11750


@dataclass(frozen=True)
class Verb:
    """One element; `text` without the white space round it."""

    name: str
    attributes: dict[str, str]
    text: str = ""
    nested: tuple["Verb", ...] = ()

    def whole(self, name: str, default: int) -> int:
        return int(self.attributes.get(name, default))

    def on(self, name: str, *, default: bool = False) -> bool:
        return self.attributes.get(name, str(default).lower()) == "true"

    @property
    def method(self) -> str:
        return self.attributes.get("method", "POST")


@dataclass(frozen=True)
class Document:
    """A document. `url` is where it came from, which is requested if a verb has no action; empty if it came with the call."""

    url: str
    verbs: tuple[Verb, ...]


def read_document(answer: Answer, url: str, *, in_a_leg: bool = False) -> Document:
    """The document of an answer. Raises BadAnswer with Twilio's code if Twilio would not perform all of it.

    `in_a_leg`: it came from the url of a <Number>, where fewer verbs are allowed.
    """
    if answer.error_code is not None:
        raise BadAnswer(answer.error_code, answer.detail)
    if len(answer.body) > ANSWER_BYTES:
        raise BadAnswer(TOO_LARGE, f"the document is over {ANSWER_BYTES} bytes")
    return Document(url, _verbs(parse_xml(answer), grammar.IN_A_LEG if in_a_leg else grammar.TOP))


def inline_document(text: str) -> Document:
    """The document in the `Twiml` of a new call. Raises BadAnswer."""
    return read_document(Answer(200, content_type="text/xml", body=text.encode()), "")


def _verbs(root: ET.Element, allowed: frozenset[str]) -> tuple[Verb, ...]:
    if root.tag != "Response":
        raise BadAnswer(grammar.SCHEMA, f"the root is <{root.tag}>, not <Response>")
    if root.attrib:
        raise BadAnswer(grammar.SCHEMA, "<Response> has attributes")
    if _loose_text(root):
        raise BadAnswer(grammar.SCHEMA, "there is text between the verbs")
    verbs = tuple(_nested(root, allowed, "Response"))
    if any(verb.name == "Reject" for verb in verbs[1:]):
        raise BadAnswer(grammar.SCHEMA, "<Reject> is not the first verb")
    return verbs


def _nested(parent: ET.Element, allowed: frozenset[str], where: str) -> Iterator[Verb]:
    for element in parent:
        if element.tag not in grammar.VERBS:
            raise BadAnswer(grammar.SCHEMA, f"<{element.tag}> is not a verb that the simulator knows")
        if element.tag not in allowed:
            raise BadAnswer(grammar.SCHEMA, f"<{element.tag}> is not allowed in <{where}> here")
        yield _verb(element)


def _verb(element: ET.Element) -> Verb:
    name = element.tag
    nested = tuple(_nested(element, grammar.VERBS[name].nested, name))
    text = (element.text or "").strip()
    faults = [grammar.attribute_fault(name, attribute, value) for attribute, value in element.attrib.items()]
    faults.append(grammar.text_fault(name, text + _loose_text(element) if nested else text))
    if name == "Dial" and not 1 <= len(nested) <= grammar.MOST_NUMBERS:
        faults.append((grammar.SCHEMA, f"<Dial> has {len(nested)} numbers instead of 1 to {grammar.MOST_NUMBERS}"))
    for fault in faults:
        if fault:
            raise BadAnswer(*fault)
    return Verb(name, dict(element.attrib), text, nested)


def _loose_text(element: ET.Element) -> str:
    """The text directly in an element, before, between and after its children."""
    return "".join([element.text or "", *(child.tail or "" for child in element)]).strip()

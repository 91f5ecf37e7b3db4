"""The TwiML that the simulator knows: the verbs, their attributes with allowed values, and what may be in them.

Source: Twilio's reference of voice TwiML. What Twilio does not know it ignores, with a warning (12200) that nobody reads at night; the
simulator refuses it instead. URLs must be absolute, which is the hotline's own rule: what a relative URL means changes with each
redirect, and it means nothing in a call that was created with `Twiml`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from hotline.simulator.creation import E164, is_web_address

SCHEMA = 12200
BAD_URL = 11100
BAD_NUMBER = 13223

# Takes a value; gives what is wrong with it, or an empty text.
Check = Callable[[str], str]


def _anything(_value: str) -> str:
    return ""


def _one_of(*values: str) -> Check:
    return lambda value: "" if value in values else f"must be {' or '.join(values)}"


def _whole(low: int, high: int) -> Check:
    def check(value: str) -> str:
        good = re.fullmatch("[0-9]{1,6}", value) and low <= int(value) <= high
        return "" if good else f"must be a whole number from {low} to {high}"

    return check


def _like(pattern: str, meaning: str) -> Check:
    return lambda value: "" if re.fullmatch(pattern, value) else f"must be {meaning}"


def web_address(value: str) -> str:
    """What is wrong with a URL, or an empty text. It must be absolute, http or https, in ASCII, its host name without underscores."""
    return "" if is_web_address(value) else "must be an absolute http(s) URL in ASCII, with no underscore in its host name"


_BOOLEAN = _one_of("true", "false")
_METHOD = _one_of("GET", "POST")
_EVENTS = _like(r"(in-progress|completed|absent)( (in-progress|completed|absent))*", "events with spaces between them")
_LEG_EVENTS = _like(r"(initiated|ringing|answered|completed)( (initiated|ringing|answered|completed))*", "events with spaces between them")
_TIMES = _whole(1, 1000)


@dataclass(frozen=True)
class Rule:
    """The rule for a verb. `urls`: attributes that hold URLs; `nested`: elements allowed in it; `text`: nothing, words, url or number."""

    attributes: dict[str, Check] = field(default_factory=dict)
    urls: tuple[str, ...] = ()
    nested: frozenset[str] = frozenset()
    text: str = "nothing"


VERBS: dict[str, Rule] = {
    "Say": Rule({"voice": _anything, "language": _anything, "loop": _TIMES}, text="words"),
    "Play": Rule({"loop": _TIMES}, text="url"),
    "Pause": Rule({"length": _whole(1, 180)}),
    "Gather": Rule(
        {
            "method": _METHOD,
            "input": _one_of("dtmf"),
            "timeout": _whole(1, 600),
            "numDigits": _whole(1, 1000),
            "finishOnKey": _like("[0-9#*]?", "one key, or empty"),
            "actionOnEmptyResult": _BOOLEAN,
        },
        urls=("action",),
        nested=frozenset({"Play", "Say", "Pause"}),
    ),
    "Record": Rule(
        {
            "method": _METHOD,
            "timeout": _whole(0, 600),
            "finishOnKey": _like("[0-9#*]*", "keys, or empty"),
            "maxLength": _whole(1, 14_400),
            "playBeep": _BOOLEAN,
            "trim": _one_of("trim-silence", "do-not-trim"),
            "recordingStatusCallbackMethod": _METHOD,
            "recordingStatusCallbackEvent": _EVENTS,
        },
        urls=("action", "recordingStatusCallback"),
    ),
    "Redirect": Rule({"method": _METHOD}, text="url"),
    "Dial": Rule(
        {
            "method": _METHOD,
            "timeout": _whole(5, 600),
            "callerId": _anything,
            "answerOnBridge": _BOOLEAN,
            "timeLimit": _whole(1, 86_400),
            "hangupOnStar": _BOOLEAN,
        },
        urls=("action",),
        nested=frozenset({"Number"}),
    ),
    "Number": Rule(
        {"method": _METHOD, "statusCallbackMethod": _METHOD, "statusCallbackEvent": _LEG_EVENTS},
        urls=("url", "statusCallback"),
        text="number",
    ),
    "Hangup": Rule(),
    "Reject": Rule({"reason": _one_of("rejected", "busy")}),
}
TOP = frozenset(VERBS) - {"Number"}
IN_A_LEG = frozenset({"Play", "Say", "Pause", "Gather", "Redirect", "Hangup"})
MOST_NUMBERS = 10


def attribute_fault(verb: str, name: str, value: str) -> tuple[int, str] | None:
    """(Twilio's code, what is wrong) with an attribute of a known verb; None if nothing is."""
    rule = VERBS[verb]
    if name in rule.urls:
        complaint = web_address(value)
        return (BAD_URL, f"{name} of <{verb}> {complaint}") if complaint else None
    if name not in rule.attributes:
        return SCHEMA, f"<{verb}> has no attribute {name}"
    complaint = rule.attributes[name](value)
    return (SCHEMA, f"{name} of <{verb}> {complaint}") if complaint else None


def text_fault(verb: str, text: str) -> tuple[int, str] | None:
    """(Twilio's code, what is wrong) with the text in a known verb; None if nothing is."""
    kind = VERBS[verb].text
    if kind == "nothing":
        return (SCHEMA, f"<{verb}> holds text") if text else None
    if not text:
        return SCHEMA, f"<{verb}> is empty"
    if kind == "url" and (complaint := web_address(text)):
        return BAD_URL, f"what <{verb}> names {complaint}"
    if kind == "number" and not E164.fullmatch(text):
        return BAD_NUMBER, "a <Number> is not in E.164"
    return None

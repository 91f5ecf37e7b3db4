"""A call as the page shows it: what can be done now, and its path in words."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from hotline.simulator.calls import Call, finish_keys
from hotline.simulator.dialling import SCRIPTS

_STATUSES = {"no-answer": "not answered", "canceled": "given up"}
# An entry of the path by its first name, or by its verb.
_OTHERS = {
    "error": ("wrong", "{error}: {detail}"),
    "key": ("does", "presses {key}{more}"),
    "silence": ("does", "does nothing{more}"),
    "hangup": ("does", "hangs up{more}"),
    "answer": ("does", "picks up"),
    "reject": ("does", "does not pick up: {reject}"),
    "recording": ("does", "speaks for {duration_s} s, ended by {end}"),
    "request": ("asks", "{method} {request} → {http_status}"),
    "status_callback": ("asks", "tells the hotline: {status_callback} → {http_status}{more}"),
    "recording_callback": ("asks", "tells the hotline of the recording → {http_status}{more}"),
    "leg": ("verb", "{number} {takes}"),
    "bridged": ("verb", "is put through to {bridged}"),
}
_VERBS = {
    "Play": ("hears", "{url}"),
    "Say": ("hears", "“{text}”"),
    "Pause": ("hears", "{length} s of nothing"),
    "Gather": ("verb", "keys are awaited"),
    "Record": ("verb", "the beep: it records"),
    "Redirect": ("verb", "goes on at {url}"),
    "Dial": ("verb", "rings {numbers}, showing {callerId}"),
    "Hangup": ("verb", "the hotline hangs up{more}"),
    "Reject": ("verb", "is turned away unanswered: {reason}"),
}
_ENDS = {"silence": "silence", "max_length": "the longest time", "hangup": "hanging up"}


def view(call: Call) -> dict[str, Any]:
    """`awaits` is Ring, Gather, Record, Dial or nothing; `sound` is where to get what plays; `path` is (kind, sentence, recording)."""
    verb, begin, end = call.awaiting, call.playing_from, len(call.sounds)
    return {
        "sid": call.sid,
        "over": call.over,
        "awaits": "Ring" if call.rings else verb.name if verb else "",
        "status": _STATUSES.get(call.status, call.status),
        "with": call.recipient if call.inbound else call.sender,
        "incoming": not call.inbound,
        "withheld": call.inbound and call.sender != call.phone,
        "duration_s": call.duration_s if call.over else 0,
        "keyed": call.keyed,
        "ends": finish_keys(verb) if verb and verb.name == "Record" else "",
        "silence_ends": verb is not None and not (verb.name == "Record" and verb.whole("timeout", 5) == 0),
        "waits_s": verb.whole("timeout", 5) if verb else 0,
        "longest_s": verb.whole("maxLength", 3600) if verb else 0,
        "sound": f"/handset/{call.sid}/sounds/{begin}-{end}" if call.plays else "",
        "path": list(_told(call.path)),
    }


def _told(path: Iterable[dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """What is heard without a break is one sentence."""
    heard: list[str] = []
    for entry in list(path):
        kind, sentence = _sentence(entry)
        if kind == "hears":
            heard.append(sentence)
            continue
        if heard:
            yield "hears", f"hears {', '.join(heard)}", ""
            heard = []
        yield kind, sentence, entry.get("recording", "")
    if heard:
        yield "hears", f"hears {', '.join(heard)}", ""


def _sentence(entry: dict[str, Any]) -> tuple[str, str]:
    """(kind, sentence): what the caller does and hears, what the hotline does, is asked and told, and what is wrong."""
    kind, sentence = _VERBS[entry["verb"]] if "verb" in entry else _OTHERS[next(iter(entry))]
    values: dict[str, Any] = defaultdict(str, entry)
    if "http_status" in entry:
        values["http_status"] = entry["http_status"] or "no answer"
    if entry.get("verb") == "Play":
        values["url"] = _clip(entry["url"])
    values["numbers"] = ", ".join(entry.get("numbers", ()))
    values["end"] = _ENDS.get(entry.get("end", ""), entry.get("end"))
    values["takes"] = SCRIPTS.get(entry.get("script", ""))
    detail = "it does nothing" if entry.get("ignored") else entry.get("detail")
    values["more"] = f" ({detail})" if detail else ""
    return kind, sentence.format_map(values)


def _clip(url: str) -> str:
    """The folder and the name of what is played: its language and its prompt."""
    return "/".join(urlsplit(url).path.split("/")[-2:]).rpartition(".")[0] or url

"""A call as the page shows it: what the person on the phone can do now, and the path of the call in words."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from hotline.simulator.calls import Call, finish_keys
from hotline.simulator.dialling import SCRIPTS

_STATUSES = {"no-answer": "not answered", "canceled": "ended before it was answered"}
# (kind, sentence) for entries of the path, by the first key of the entry; those that have a verb are below.
_EVENTS = {
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
    "Gather": ("verb", "waits for keys"),
    "Record": ("verb", "beeps and records"),
    "Redirect": ("verb", "goes on at {url}"),
    "Dial": ("verb", "rings {numbers}, showing {callerId}"),
    "Hangup": ("verb", "the hotline hangs up{more}"),
    "Reject": ("verb", "is rejected: {reason}"),
}
_ENDS = {"silence": "silence", "max_length": "the longest time", "hangup": "hanging up"}


def view(call: Call) -> dict[str, Any]:
    """The values for `_call.html`.

    `awaits` is Ring, Talk, Gather, Record, Dial or empty; `sound` is the address of what is being played, `path` a list of (kind, sentence,
    sid of a recording), `ends` are the keys that end a Record. Times are in seconds.
    """
    verb, begin, end = call.awaiting, call.playing_from, len(call.sounds)
    return {
        "sid": call.sid,
        "over": call.over,
        "awaits": "Ring" if call.rings else "Talk" if call.talks else verb.name if verb else "",
        "status": _STATUSES.get(call.status, call.status),
        "with": call.recipient if call.inbound else call.sender,
        "incoming": not call.inbound,
        "withheld": call.inbound and call.sender != call.phone,
        "duration_s": call.duration_s if call.over else 0,
        "keyed": call.keyed,
        "ends": finish_keys(verb) if verb and verb.name == "Record" else "",
        "silence_ends": verb is not None and not call.talks and not (verb.name == "Record" and verb.whole("timeout", 5) == 0),
        "waits_s": verb.whole("timeout", 5) if verb else 0,
        "longest_s": verb.whole("maxLength", 3600) if verb else 0,
        "sound": f"/handset/{call.sid}/sounds/{begin}-{end}" if call.plays else "",
        "path": list(_path_in_words(call.path)),
    }


def _path_in_words(path: Iterable[dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """The entries of the path as sentences. All that is heard in one go is one sentence."""
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
    """(kind, sentence) of an entry. Kinds, which the style sheet knows: does, hears (the caller), verb, asks (the hotline), wrong."""
    kind, sentence = _VERBS[entry["verb"]] if "verb" in entry else _EVENTS[next(iter(entry))]
    values: dict[str, Any] = defaultdict(str, entry)
    if "http_status" in entry:
        values["http_status"] = entry["http_status"] or "no answer"
    if entry.get("verb") == "Play":
        values["url"] = _clip(entry["url"])
    values["numbers"] = ", ".join(entry.get("numbers", ()))
    values["end"] = _ENDS.get(entry.get("end", ""), entry.get("end"))
    values["takes"] = SCRIPTS.get(entry.get("script", ""))
    detail = "without effect" if entry.get("ignored") else entry.get("detail")
    values["more"] = f" ({detail})" if detail else ""
    return kind, sentence.format_map(values)


def _clip(url: str) -> str:
    """The folder and the name of a clip, which are its language and its prompt."""
    return "/".join(urlsplit(url).path.split("/")[-2:]).rpartition(".")[0] or url

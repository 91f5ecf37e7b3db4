"""One call as the gateway makes it: signed forms over HTTP, each to the address that the document before it named."""

import http.client
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

from twilio.request_validator import RequestValidator

from tests.bench.processes import ACCOUNT_SID, NUMBER, PUBLIC_URL, TOKEN
from tests.bench.walks import Do, Walk

VOICE = f"{PUBLIC_URL}/hooks/twilio/voice"
_TOOK_S = 12  # how long the caller spoke, as the gateway reports it


class _Disappointed(Exception):
    """The answer is nothing a caller could go on from; `args[0]` says what it was."""


@dataclass
class Call:
    """A call that was made, and what the caller was told. `fault` is empty if it went as the walk says."""

    walk: Walk
    number: str  # From
    gateway_id: str
    told_twice: bool
    answers: int = 0  # steps the caller answered
    reference: str = ""  # as the caller heard it
    heard: set[str] = field(default_factory=set)  # clips
    recordings: list[str] = field(default_factory=list)
    waits: list[tuple[float, float]] = field(default_factory=list)  # for the next prompts: when each began, and how many seconds it took
    fault: str = ""


class Caller:
    """Walks through a call. If `told_twice`, each step is posted on two connections at the same moment, as the gateway may repeat it."""

    def __init__(self, port: int, call: Call, *, between: Callable[[], None] = lambda: None) -> None:
        """`between` is called before each step."""
        self._call, self._between = call, between
        self._lines = [http.client.HTTPConnection("127.0.0.1", port, timeout=20) for _ in range(1 + call.told_twice)]
        self._document = ET.Element("Response")
        self._waited = (0.0, 0.0)

    def walk(self, reference: str = "") -> Call:
        """Walk from ringing to the gateway's last report; key `reference` where the walk asks for one. Never raises."""
        call = self._call
        try:
            self._hear(VOICE)
            for doing in call.walk.does:
                self._do(doing, reference)
            self._report()
        except (OSError, http.client.HTTPException, ET.ParseError, _Disappointed) as fault:
            call.fault = f"{type(fault).__name__} {fault}".removeprefix("_Disappointed ")
        finally:
            for line in self._lines:
                line.close()
        return call

    def _do(self, doing: str, reference: str) -> None:
        match doing:
            case Do.SPEAK | Do.CRY | Do.DROP:
                recording = f"RE{self._call.gateway_id[2:22]}{len(self._call.recordings):012x}"
                self._call.recordings.append(recording)
                ended_by = {Do.SPEAK: "#", Do.CRY: "0", Do.DROP: "hangup"}[Do(doing)]
                self._answer("Record", Digits=ended_by, RecordingSid=recording, RecordingDuration=str(_TOOK_S))
            case Do.SAY_NOTHING:
                self._answer("Redirect")
            case Do.NOT_TAKEN | Do.TAKEN:
                if doing == Do.TAKEN:
                    self._take()
                self._answer("Dial", DialCallStatus="completed" if doing == Do.TAKEN else "no-answer")
            case _:
                self._answer("Gather", Digits=reference if doing == Do.KEY_REFERENCE else doing)

    def _answer(self, verb: str, **fields: str) -> None:
        """Answer that verb of the document before."""
        self._call.answers += 1
        self._hear(self._address(verb), **fields)

    def _take(self) -> None:
        """A volunteer of the duty line answers another phone, and presses 1: an empty answer joins the two."""
        leg = f"CA{self._call.gateway_id[2:][::-1]}"
        number = self._document.find("Dial/Number")
        asked = self._post("" if number is None else number.get("url", ""), CallSid=leg).find("Gather")
        joined = self._post("" if asked is None else asked.get("action", ""), CallSid=leg, Digits="1")
        if len(joined):
            raise _Disappointed("the duty line could not take the call")

    def _report(self) -> None:
        """Post what the gateway reports after the call, in an order that it does not promise."""
        for recording in self._call.recordings:
            fields = {"RecordingSid": recording, "RecordingDuration": str(_TOOK_S), "RecordingStatus": "completed"}
            self._post(f"{VOICE}/recording", **fields)
        self._post(f"{VOICE}/status", CallStatus="completed", CallDuration="60")

    def _hear(self, url: str, **fields: str) -> None:
        self._between()
        self._document = self._post(url, **fields)
        self._call.waits.append(self._waited)
        clips = [(play.text or "").rpartition("/")[2].removesuffix(".wav") for play in self._document.iter("Play")]
        self._call.heard.update(clips, (verb.tag for verb in self._document))
        if any(clip.startswith("busy") for clip in clips):
            raise _Disappointed(f"the lines were busy at {url}")
        if "reference.1" in clips:
            spoken = clips[clips.index("reference.1") + 1 :]
            self._call.reference = "".join(clip.removeprefix("digit_") for clip in spoken[:9])

    def _address(self, verb: str) -> str:
        found = self._document.find(verb)
        address = None if found is None else (found.text if verb == "Redirect" else found.get("action"))
        if address is None:
            raise _Disappointed(f"step {self._call.answers} expects a {verb} and hears {[verb.tag for verb in self._document]}")
        return address

    def _post(self, url: str, **fields: str) -> ET.Element:
        form = {
            "CallSid": self._call.gateway_id,
            "AccountSid": ACCOUNT_SID,
            "ApiVersion": "2010-04-01",
            "CallStatus": "in-progress",
            "Direction": "inbound",
            "From": self._call.number,
            "Caller": self._call.number,
            "To": NUMBER,
            "Called": NUMBER,
            **{f"{which}{what}": "" for which in ("From", "To", "Caller", "Called") for what in ("City", "State", "Zip")},
            **fields,
        }
        body = urlencode(form).encode()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "X-Twilio-Signature": RequestValidator(TOKEN).compute_signature(url, form),
        }
        if not url.startswith(VOICE):
            raise _Disappointed(f"step {self._call.answers} leads to {url or 'no address'}")
        began = time.monotonic()
        for line in self._lines:
            line.request("POST", url.removeprefix(PUBLIC_URL), body, headers)
        replies = [line.getresponse() for line in self._lines]
        answers = [reply.read() for reply in replies]
        self._waited = (began, time.monotonic() - began)
        if bad := {reply.status for reply in replies} - {200, 204}:
            raise _Disappointed(f"{url} was answered with {bad.pop()}")
        if b"<Dial" not in answers[0] and len(set(answers)) > 1:  # what is left of the duty line's time may differ by a second
            raise _Disappointed(f"{url}, told twice, was answered in two ways")
        return ET.fromstring(answers[0]) if answers[0] else ET.Element("Response")  # noqa: S314 - our own

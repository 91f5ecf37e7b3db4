"""Performs TwiML by Twilio's documented rules, without delay, up to a verb that waits for a person.

No time passes here: the browser or the test decides when a silence has lasted long enough.
"""

import re
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from hotline.simulator.account import Account
from hotline.simulator.callreports import CallReports
from hotline.simulator.calls import Call
from hotline.simulator.state import State
from hotline.simulator.twiml import Document, Verb, read_document
from hotline.simulator.webhooks import CONTENT_TYPE_FAILURE, RETRIEVAL_FAILURE, BadAnswer, ask

# Source: Twilio's page on <Play>.
AUDIO_TYPES = frozenset(f"audio/{name}" for name in ("mpeg", "wav", "wave", "x-wav", "aiff", "x-aiff", "x-aifc", "gsm", "x-gsm", "ulaw"))
LARGEST_AUDIO = 16_000_000
_MOST_DOCUMENTS = 100
_TOO_MANY = 11215  # Twilio's code for too many redirects
_INVALID_HERE = 12200


class Interpreter:
    """Performs documents. Every method is called with the call's lock held. `dial` performs a Dial, `leave` ends the leg of one; the
    switchboard sets them."""

    def __init__(self, account: Account, state: State, reports: CallReports) -> None:
        self.account = account
        self.state = state
        self._reports = reports
        self.dial: Callable[[Call, Verb], None] | None = None
        self.leave: Callable[[Call, str], None] | None = None
        self._cached_until: dict[str, float] = {}
        self._performers: dict[str, Callable[[Call, Verb], None]] = {
            "Say": self._say,
            "Play": self._play,
            "Pause": self._pause,
            "Gather": self._gather,
            "Record": self._await,
            "Redirect": self._redirect,
            "Dial": self._dial,
            "Hangup": self._hang_up,
            "Reject": self._reject,
        }

    # From outside

    def proceed(self, call: Call, url: str, method: str = "POST", **extra: str) -> None:
        """Request a document and perform it."""
        self._attempt(call, lambda: self.take(call, url, method, extra))

    def perform(self, call: Call, document: Document) -> None:
        """Perform a document that came with the call."""
        self._attempt(call, lambda: self._begin(call, document))

    def go_on(self, call: Call) -> None:
        """Perform the verbs after the verb that waited, because the caller did nothing."""
        call.awaiting = None
        self._attempt(call, lambda: None)

    def act(self, call: Call, verb: Verb, **extra: str) -> None:
        """Request the action of a verb, or if it has none, its own document again; and perform what comes."""
        call.awaiting = None
        self._attempt(call, lambda: self.take_action(call, verb, extra))

    def tell_action(self, call: Call, verb: Verb, extra: dict[str, str]) -> None:
        """Request the action of a verb after the caller has hung up. The answer is not performed."""
        url = verb.attributes.get("action") or (call.document.url if call.document else "")
        if not url:
            return
        try:
            self._request(call, url, verb.method, extra)
        except BadAnswer as bad:
            self._note_error(call, bad)

    def tell(self, call: Call, event: str) -> None:
        """Report an event of a call to the hotline."""
        self._reports.progress(call, event)

    def end(self, call: Call, status: str) -> None:
        """End a call and report it to the hotline."""
        if not call.over:
            call.end(status)
            self._reports.progress(call, "completed")
        self.state.touch()

    def reset(self) -> None:
        self._cached_until.clear()

    # Requests

    def take(self, call: Call, url: str, method: str, extra: dict[str, str]) -> None:
        """Request a document and go to its first verb. Raises BadAnswer."""
        if call.documents >= _MOST_DOCUMENTS:
            raise BadAnswer(_TOO_MANY, f"more than {_MOST_DOCUMENTS} documents, and nobody did anything between them")
        call.documents += 1
        self._begin(call, self._request(call, url, method, extra))

    def take_action(self, call: Call, verb: Verb, extra: dict[str, str]) -> None:
        """Request the action of a verb, or its own document, and go to the first verb. Raises BadAnswer."""
        url = verb.attributes.get("action") or (call.document.url if call.document else "")
        if not url:
            raise BadAnswer(_INVALID_HERE, f"<{verb.name}> without action in a document that has no address")
        self.take(call, url, verb.method, extra)

    def _request(self, call: Call, url: str, method: str, extra: dict[str, str]) -> Document:
        call.asked_url = url.partition("#")[0]
        fields = call.fields(self.account) | extra
        for _ in range(2 if self.state.strikes("voice_repeat_next") else 1):
            answer = ask(self.account, method, url, fields)
            call.note(request=self._shown(url), method=method, http_status=answer.status)
            self._log(call, answer.status, answer.error_code, answer.detail)
        return read_document(answer, call.asked_url, in_a_leg=call.is_leg)

    def _begin(self, call: Call, document: Document) -> None:
        if document.verbs and document.verbs[0].name == "Reject" and (call.status != "ringing" or not call.inbound):
            raise BadAnswer(_INVALID_HERE, "<Reject> in a call that is answered already")
        call.document, call.position = document, 0

    def _shown(self, url: str) -> str:
        return url.removeprefix(self.account.public_url.rstrip("/"))

    def _log(self, call: Call, status: int | None, code: int | None, detail: str) -> None:
        line = {"kind": "call", "sid": call.sid, "phone": call.phone, "message_status": "call: step"}
        self.state.write_log(**line, http_status=status, error_code=code, detail=detail)

    # Performing

    def _attempt(self, call: Call, begin: Callable[[], None]) -> None:
        """Begin, and perform what follows. If it cannot be performed, the fallback URL is requested, once; if that fails, the call ends."""
        call.fall_silent()
        call.documents = 0
        try:
            begin()
            self._perform(call)
        except BadAnswer as bad:
            self._fall_back(call, bad)
        finally:
            self.state.touch()

    def _fall_back(self, call: Call, bad: BadAnswer) -> None:
        self._note_error(call, bad)
        if call.fallback_url:
            call.documents = 0
            try:
                self.take(call, call.fallback_url, "POST", {"ErrorCode": str(bad.code), "ErrorUrl": call.asked_url})
                self._perform(call)
            except BadAnswer as worse:
                self._note_error(call, worse)
            else:
                return
        call.note(verb="Hangup", detail="application error")
        self.end(call, "failed")

    def _note_error(self, call: Call, bad: BadAnswer) -> None:
        call.note(error=bad.code, detail=bad.detail)
        self._log(call, None, bad.code, bad.detail)

    def _perform(self, call: Call) -> None:
        while not call.over and call.awaiting is None:
            verbs = call.document.verbs if call.document else ()
            if call.position >= len(verbs):
                self._run_out(call)
                return
            verb = verbs[call.position]
            call.position += 1
            self._performers[verb.name](call, verb)

    def _run_out(self, call: Call) -> None:
        """There are no more verbs: a leg is put through, any other call is hung up."""
        if call.is_leg:
            call.whispered = True
            return
        call.answer()
        call.note(verb="Hangup", detail="no more verbs")
        self.end(call, "completed")

    def _say(self, call: Call, verb: Verb) -> None:
        call.answer()
        call.note(verb="Say", text=verb.text)

    def _play(self, call: Call, verb: Verb) -> None:
        """Play a clip. As Twilio does (its page on <Play>), cache it as long as its headers allow: most of a call would be fetching."""
        call.answer()
        url = verb.text
        if self._cached_until.get(url, 0) > time.monotonic():
            call.note(verb="Play", url=url, cached=True)
        else:
            self._fetch(call, url)
        call.sounds.append(url)

    def _fetch(self, call: Call, url: str) -> None:
        answer = ask(self.account, "GET", url, {}, most=LARGEST_AUDIO)
        call.note(verb="Play", url=url, http_status=answer.status)
        kind = answer.content_type.partition(";")[0].strip().lower()
        if answer.status != 200 or not answer.body:
            raise BadAnswer(answer.error_code or RETRIEVAL_FAILURE, f"no audio at {urlsplit(url).path}: {answer.detail}")
        if kind not in AUDIO_TYPES:
            raise BadAnswer(CONTENT_TYPE_FAILURE, f"{urlsplit(url).path} is {kind or 'nothing'} by its Content-Type, not audio")
        if allowed := re.search(r"\bmax-age=(\d{1,9})\b", answer.cache_control):
            self._cached_until[url] = time.monotonic() + int(allowed[1])

    def _pause(self, call: Call, verb: Verb) -> None:
        length = verb.whole("length", 1)
        call.spent_s += length
        call.sounds.append(length)
        call.note(verb="Pause", length=length)

    def _gather(self, call: Call, verb: Verb) -> None:
        call.answer()
        for nested in verb.nested:
            self._performers[nested.name](call, nested)
        call.keyed = ""
        self._await(call, verb)

    def _await(self, call: Call, verb: Verb) -> None:
        call.answer()
        call.note(verb=verb.name, **verb.attributes)
        call.awaiting = verb

    def _redirect(self, call: Call, verb: Verb) -> None:
        call.note(verb="Redirect", url=self._shown(verb.text))
        self.take(call, verb.text, verb.method, {})

    def _dial(self, call: Call, verb: Verb) -> None:
        if self.dial:
            self.dial(call, verb)

    def _hang_up(self, call: Call, _verb: Verb) -> None:
        call.answer()
        call.note(verb="Hangup")
        self.end(call, "completed")

    def _reject(self, call: Call, verb: Verb) -> None:
        reason = verb.attributes.get("reason", "rejected")
        call.note(verb="Reject", reason=reason)
        self.end(call, "busy" if reason == "busy" else "no-answer")

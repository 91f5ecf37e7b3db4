"""What a person on the phone can do: press keys, stay silent, speak, hang up."""

from hotline.simulator import audio
from hotline.simulator.callbook import Callbook
from hotline.simulator.callreports import CallReports
from hotline.simulator.calls import Call, finish_keys
from hotline.simulator.interpreter import Interpreter
from hotline.simulator.recordings import Recording
from hotline.simulator.twiml import Verb

KEYS = "1234567890*#"
_LATE_REQUESTS = 2


class Impossible(ValueError):
    """This cannot be done at this point of the call; the message says why."""


class Caller:
    """Every method is called with the call's lock held, and returns when the call waits for a person again or is over."""

    def __init__(self, interpreter: Interpreter, callbook: Callbook, reports: CallReports) -> None:
        self._interpreter = interpreter
        self._callbook = callbook
        self._reports = reports

    def press(self, call: Call, keys: str, *, then_silence: bool = False) -> None:
        """Press keys one after the other. `then_silence`: then wait until a Gather that is still open submits its keys."""
        for key in keys:
            verb = self._awaited(call)
            if verb.name == "Gather":
                self._key_of_gather(call, verb, key)
            else:
                self._other_key(call, verb, key)
        if then_silence and call.keyed and call.awaiting:
            self.stay_silent(call)

    def _key_of_gather(self, call: Call, verb: Verb, key: str) -> None:
        if key == finish_keys(verb):
            # Twilio's page: finishOnKey "only works when a digit sequence precedes it".
            call.note(key=key, **({} if call.keyed else {"ignored": True}))
            if call.keyed:
                self._submit(call, verb, key)
            return
        call.note(key=key)
        call.keyed += key
        call.fall_silent()  # a key stops what is being played
        if len(call.keyed) == verb.whole("numDigits", 0):
            self._submit(call, verb, "")
        self._interpreter.state.touch()

    def _submit(self, call: Call, verb: Verb, finished_on: str) -> None:
        digits, call.keyed = call.keyed, ""
        self._interpreter.act(call, verb, Digits=digits, FinishedOnKey=finished_on, msg="Gather End")

    def _other_key(self, call: Call, verb: Verb, key: str) -> None:
        if verb.name == "Record" and key in finish_keys(verb):
            self._say_nothing(call, verb, 1, key)
        elif verb.name == "Dial" and key == "*" and verb.on("hangupOnStar"):
            call.note(key=key)
            self._give_up_dialling(call, verb)
        else:
            call.note(key=key, ignored=True)
            self._interpreter.state.touch()

    def stay_silent(self, call: Call) -> None:
        """Do nothing until the verb that waits runs out of time. Raises Impossible."""
        verb = self._awaited(call)
        if verb.name == "Record" and verb.whole("timeout", 5) == 0:
            raise Impossible("this Record does not end by silence: its timeout is 0")
        if verb.name == "Record":
            self._say_nothing(call, verb, verb.whole("timeout", 5), "silence")
            return
        call.note(silence=True)
        call.spent_s += verb.whole("timeout", 30 if verb.name == "Dial" else 5)
        if verb.name == "Dial":
            self._give_up_dialling(call, verb)
        elif verb.name == "Gather" and (call.keyed or verb.on("actionOnEmptyResult")):
            self._submit(call, verb, "")
        else:
            self._interpreter.go_on(call)

    def _give_up_dialling(self, call: Call, verb: Verb) -> None:
        leg = call.legs[-1]
        if call.talks:
            raise Impossible("the two are talking: hang up instead")
        end_ringing(self._interpreter, call, "no-answer")
        if "action" in verb.attributes:
            outcome = {"DialCallStatus": "no-answer", "DialCallSid": leg.sid, "DialBridged": "false"}
            self._interpreter.act(call, verb, **outcome)
        else:
            self._interpreter.go_on(call)

    def speak(self, call: Call, said: bytes, *, end: str) -> None:
        """Say something into a Record. `end` is what ends it: a key, silence, max_length or hangup.

        Empty audio is silence. Raises Impossible.
        """
        verb = self._awaited(call)
        if verb.name != "Record":
            raise Impossible("nothing is being recorded")
        if end not in {"silence", "max_length", "hangup"} and not (len(end) == 1 and end in finish_keys(verb)):
            raise Impossible(f"{end!r} does not end this Record")
        if end == "silence" and verb.whole("timeout", 5) == 0:
            raise Impossible("this Record does not end by silence: its timeout is 0")
        longest = verb.whole("maxLength", 3600)
        seconds = audio.seconds_of(said)
        if seconds > longest:
            said, seconds, end = audio.cut(said, longest), longest, "max_length"
        if seconds == 0 and end != "hangup":
            self._say_nothing(call, verb, verb.whole("timeout", 5) if end == "silence" else 1, end)
            return
        if seconds == 0:
            call.note(hangup=True, detail="nothing was said")
            self._interpreter.end(call, "completed")
            return
        if end == "silence" and _keeps_silence(verb):
            said = audio.join((said, audio.line_noise(verb.whole("timeout", 5))))
            said = audio.cut(said, longest)
        self._record(call, verb, said, max(1, round(audio.seconds_of(said))), end)

    def _say_nothing(self, call: Call, verb: Verb, seconds: int, end: str) -> None:
        """Nothing was said into a Record for so long. By Twilio's page an empty recording is none: the next verb follows. Silence that is
        not trimmed is a recording."""
        seconds = min(seconds, verb.whole("maxLength", 3600))
        if _keeps_silence(verb):
            self._record(call, verb, audio.line_noise(seconds), seconds, end)
            return
        call.note(**({"silence": True} if end in {"silence", "max_length"} else {"key": end}), detail="nothing was said")
        call.spent_s += seconds
        self._interpreter.go_on(call)

    def _record(self, call: Call, verb: Verb, said: bytes, duration_s: int, end: str) -> None:
        state = self._interpreter.state
        if state.strikes("recording_truncated_next"):
            said = said[: len(said) // 2]
        late = _LATE_REQUESTS if state.strikes("recording_late_next") else 0
        missing = state.strikes("recording_missing_next")
        recording = self._callbook.keep(Recording(call.sid, said, duration_s, missing=missing, late=late))
        call.spent_s += duration_s
        call.note(recording=recording.sid, duration_s=duration_s, end=end)
        early = state.strikes("recording_callback_early_next")
        if early:
            self._reports.recording_done(call, recording, verb, early=True)
        extra = {
            "RecordingUrl": call.api_url + recording.uri(self._interpreter.account.sid),
            "RecordingSid": recording.sid,
            "RecordingDuration": str(duration_s),
        }
        if end not in {"silence", "max_length"}:
            extra["Digits"] = end
        if end == "hangup":
            # Twilio's page on <Record>: the action is requested although the caller has hung up.
            call.end("completed")
            self._interpreter.tell_action(call, verb, extra)
            self._reports.progress(call, "completed")
        else:
            self._interpreter.act(call, verb, **extra)
        if not early:
            self._reports.recording_done(call, recording, verb, early=False)
        state.touch()

    def hang_up(self, call: Call, *, seconds: float = 1) -> None:
        """Hang up. A Record has run for `seconds` by then: its sound is kept and its action requested. Raises Impossible."""
        if call.over:
            raise Impossible(f"the call is over: {call.status}")
        if call.rings:
            raise Impossible("the call is not answered yet: answer or reject it")
        if call.awaiting and call.awaiting.name == "Record" and seconds > 0:
            self.speak(call, audio.line_noise(seconds), end="hangup")
            return
        call.note(hangup=True)
        if call.parent is not None and self._interpreter.leave:
            self._interpreter.leave(call, "completed")
            return
        end_ringing(self._interpreter, call, "canceled")
        self._interpreter.end(call, "completed" if call.started_at else "canceled")

    @staticmethod
    def _awaited(call: Call) -> Verb:
        if call.over:
            raise Impossible(f"the call is over: {call.status}")
        if call.awaiting is None:
            raise Impossible("the call is not answered yet" if call.rings else "the call does not wait for the caller")
        return call.awaiting


def _keeps_silence(verb: Verb) -> bool:
    return verb.attributes.get("trim") == "do-not-trim"


def end_ringing(interpreter: Interpreter, call: Call, status: str, *, but: Call | None = None) -> None:
    """End the legs of a call that still ring, `but` one. One that talks is completed."""
    for leg in call.legs:
        if not leg.over and leg is not but:
            ended = "completed" if leg.talks else status
            interpreter.end(leg, ended)
            leg.note(ended=ended)

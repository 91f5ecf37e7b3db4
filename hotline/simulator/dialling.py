"""Dialling a second phone. A phone of the page rings there, if no document of its own is to be heard on it; any other follows a script,
without delay."""

from hotline.simulator.callbook import Callbook
from hotline.simulator.caller import Caller, end_ringing
from hotline.simulator.calls import Call
from hotline.simulator.interpreter import Interpreter
from hotline.simulator.twiml import Verb
from hotline.simulator.webhooks import BadAnswer

BAD_CALLER_ID = 13214
SCRIPTS = {
    "takes": "picks up and presses 1",
    "silent": "picks up and presses nothing, as voicemail does",
    "wrong": "picks up and presses 9",
    "hangs_up": "picks up and hangs up",
    "busy": "is busy",
    "no-answer": "does not pick up",
    "rings": "rings until the caller gives up",
}
DEFAULT_SCRIPT = "no-answer"
_PICK_UP = frozenset({"takes", "silent", "wrong", "hangs_up"})
_KEYS = {"takes": "1", "wrong": "9"}
_CONVERSATION_S = 30
_MOST_KEYS = 20


class Dialling:
    """Performs a Dial. `duty`: number → a key of SCRIPTS; a number that is not in it rings on the page, or does not pick up."""

    def __init__(self, interpreter: Interpreter, caller: Caller, callbook: Callbook) -> None:
        self._interpreter = interpreter
        self._caller = caller
        self._callbook = callbook
        self.duty: dict[str, str] = {}

    def dial(self, call: Call, verb: Verb) -> None:
        """Perform a Dial. All numbers ring at once; the first that picks up takes the call and the others stop. Raises BadAnswer."""
        self._check_caller_id(call, verb)
        if not verb.on("answerOnBridge"):
            call.answer()
        numbers = [number.text for number in verb.nested]
        call.note(verb="Dial", numbers=numbers, **verb.attributes)
        if len(numbers) == 1 and self._rings_on_the_page(verb.nested[0]):
            self._ring(call, verb.nested[0], verb, on_the_page=True)
            call.awaiting = verb
            return
        legs = [self._ring(call, number, verb) for number in verb.nested]
        scripts = [self.duty.get(number, DEFAULT_SCRIPT) for number in numbers]
        taken = next((n for n, script in enumerate(scripts) if script in _PICK_UP), None)
        for n, (leg, script) in enumerate(zip(legs, scripts, strict=True)):
            if n != taken and script in {"busy", "no-answer"}:
                self._interpreter.end(leg, script)
            if n != taken:
                call.note(leg=leg.sid, number=leg.recipient, script=script, status=leg.status)
        if taken is None and "rings" in scripts:
            call.awaiting = verb
            return
        if taken is None:
            status = "busy" if set(scripts) == {"busy"} else "no-answer"
            self._finish(call, verb, legs[-1], status, bridged=False)
            return
        leg, script = legs[taken], scripts[taken]
        bridged = self._converse(leg, verb.nested[taken], script)
        end_ringing(self._interpreter, call, "canceled", but=leg)
        call.note(leg=leg.sid, number=leg.recipient, script=script, status=leg.status)
        if bridged:
            self._bridge(call, leg)
        self._finish(call, verb, leg, self._dial_status(leg, bridged=bridged), bridged=bridged)

    def _check_caller_id(self, call: Call, verb: Verb) -> None:
        given = verb.attributes.get("callerId")
        if given in self._interpreter.account.called_numbers:
            return
        if given is None or given in {call.sender, call.phone}:
            # Twilio's default. The number of a caller who may be in danger would stay in the volunteer's phone.
            raise BadAnswer(BAD_CALLER_ID, "the volunteer would see the caller's number: callerId must be a number of the account")
        raise BadAnswer(BAD_CALLER_ID, "callerId is not a number of the account")

    def pick_up(self, leg: Call) -> None:
        """Answer a phone of the page that a Dial rings: the two talk."""
        call = leg.parent
        leg.answer()
        leg.note(answer=True)
        self._interpreter.tell(leg, "answered")
        if call is not None:
            call.fall_silent()
            leg.note(bridged=call.phone)
            call.note(bridged=leg.phone)
        self._interpreter.state.touch()

    def leave(self, leg: Call, status: str) -> None:
        """A phone of the page that a Dial rings is not answered, or hangs up: the call that rang it goes on."""
        call, bridged = leg.parent, leg.talks
        self._interpreter.end(leg, status)
        if call is None or call.over or call.awaiting is None:
            return
        verb = call.awaiting
        call.spent_s += leg.duration_s
        if "action" in verb.attributes:
            self._interpreter.act(call, verb, **self._outcome(leg, status, bridged=bridged))
        else:
            self._interpreter.go_on(call)

    def _rings_on_the_page(self, number: Verb) -> bool:
        return "url" not in number.attributes and number.text in self._interpreter.state.phones and number.text not in self.duty

    def _ring(self, call: Call, number: Verb, verb: Verb, *, on_the_page: bool = False) -> Call:
        leg = Call(
            "outbound-dial",
            verb.attributes["callerId"],
            number.text,
            phone=number.text,
            api_url=call.api_url,
            parent_sid=call.sid,
            callback_url=number.attributes.get("statusCallback", ""),
            callback_events=tuple(number.attributes.get("statusCallbackEvent", "completed").split()),
            timeout_s=verb.whole("timeout", 30),
        )
        if on_the_page:
            leg.parent, leg.lock = call, call.lock
        call.legs.append(leg)
        self._callbook.add(leg)
        self._interpreter.tell(leg, "ringing")
        return leg

    def _converse(self, leg: Call, number: Verb, script: str) -> bool:
        """Perform the leg's own document by the script; whether the leg is put through afterwards."""
        with leg.lock:
            leg.answer()
            self._interpreter.tell(leg, "answered")
            if url := number.attributes.get("url"):
                self._interpreter.proceed(leg, url, number.method)
            else:
                leg.whispered = True
            for _ in range(_MOST_KEYS):
                if leg.awaiting is None or script == "hangs_up":
                    break
                if script in _KEYS:
                    self._caller.press(leg, _KEYS[script], then_silence=True)
                else:
                    self._caller.stay_silent(leg)
            if leg.over:
                return False
            if script == "hangs_up" or not leg.whispered:
                leg.note(hangup=True)
                self._interpreter.end(leg, "completed")
                return False
            return True

    def _bridge(self, call: Call, leg: Call) -> None:
        call.answer()
        for one, other in ((call, leg), (leg, call)):
            one.spent_s += _CONVERSATION_S
            one.note(bridged=other.phone if one is call else other.sid)
        self._interpreter.end(leg, "completed")

    def _dial_status(self, leg: Call, *, bridged: bool) -> str:
        if bridged:
            return "completed"
        if leg.status == "failed":
            return "failed"
        return "completed" if self._interpreter.state.faults.dial_unbridged_completed else "no-answer"

    def _finish(self, call: Call, verb: Verb, leg: Call, status: str, *, bridged: bool) -> None:
        """Request the action, if there is one. Without one the caller of this method goes on with the next verb."""
        if "action" in verb.attributes:
            self._interpreter.take_action(call, verb, self._outcome(leg, status, bridged=bridged))

    @staticmethod
    def _outcome(leg: Call, status: str, *, bridged: bool) -> dict[str, str]:
        extra = {"DialCallStatus": status, "DialCallSid": leg.sid, "DialBridged": str(bridged).lower()}
        return extra | {"DialCallDuration": str(leg.duration_s)} if leg.started_at else extra

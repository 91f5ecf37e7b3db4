"""Dialling volunteers. Each volunteer's phone follows a script, without delay."""

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
    """Performs a Dial. `duty`: number → a key of SCRIPTS; a number that is not in it does not pick up."""

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
        legs = [self._ring(call, number, verb.attributes["callerId"]) for number in numbers]
        scripts = [self.duty.get(number, DEFAULT_SCRIPT) for number in numbers]
        taken = next((n for n, script in enumerate(scripts) if script in _PICK_UP), None)
        for n, (leg, script) in enumerate(zip(legs, scripts, strict=True)):
            if n != taken and script in {"busy", "no-answer"}:
                leg.end(script)
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
        end_ringing(call, "canceled")
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

    def _ring(self, call: Call, number: str, caller_id: str) -> Call:
        leg = Call("outbound-dial", caller_id, number, phone=number, api_url=call.api_url, parent_sid=call.sid)
        call.legs.append(leg)
        self._callbook.add(leg)
        return leg

    def _converse(self, leg: Call, number: Verb, script: str) -> bool:
        """Perform the leg's own document by the script; whether the leg is put through afterwards."""
        with leg.lock:
            leg.answer()
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
                leg.end("completed")
                return False
            return True

    def _bridge(self, call: Call, leg: Call) -> None:
        call.answer()
        for one, other in ((call, leg), (leg, call)):
            one.spent_s += _CONVERSATION_S
            one.note(bridged=other.phone if one is call else other.sid)
        leg.end("completed")

    def _dial_status(self, leg: Call, *, bridged: bool) -> str:
        if bridged:
            return "completed"
        if leg.status == "failed":
            return "failed"
        return "completed" if self._interpreter.state.faults.dial_unbridged_completed else "no-answer"

    def _finish(self, call: Call, verb: Verb, leg: Call, status: str, *, bridged: bool) -> None:
        """Request the action, if there is one. Without one the caller of this method goes on with the next verb."""
        if "action" not in verb.attributes:
            return
        extra = {"DialCallStatus": status, "DialCallSid": leg.sid, "DialBridged": str(bridged).lower()}
        if leg.started_at:
            extra["DialCallDuration"] = str(leg.duration_s)
        self._interpreter.take_action(call, verb, extra)

"""The faults that the pretend Twilio has on request.

Every fault named `…_next` is a count: 0 is off, N affects the next N cases and then stops by itself, -1 affects all until it is
changed. Delays are plain values: 0 is off. `PUT /faults` takes any of these names and sets all others to their defaults.

    incoming_drop_next      the text is on the phone and in Twilio's list, but the hotline never gets it
    incoming_double_next    the hotline gets the text twice
    incoming_delay_s        seconds before the hotline gets it

    callback_drop_next      the status callback is never posted
    callback_double_next    the status callback is posted twice
    callback_reorder_next   the status callbacks of a text are held back and posted in reverse order
    callback_delay_s        seconds before each status callback

    create_http_next        Messages.create answers create_http_status (429, 500, 503 …)
    create_http_takes       … but the text was taken and is sent nevertheless (this can be behind a 5xx)
    create_error_next       Messages.create answers HTTP 400 with create_error_code (21610, 21614 …)
    create_hang_next        the text is taken, but there is no answer: the connection is cut after create_hang_s seconds
    list_http_next          a list of texts, calls or recordings answers list_http_status
    create_latency_ms       how long each Messages.create takes

    final_next              the text ends as final_status with final_error_code (the code only if undelivered or failed);
                            `sent`: the network never reports what became of it
    voice_repeat_next       a step of a call is requested twice, and the second answer is used, as after a time-out
    call_status_drop_next   the hotline gets no callback that the call has ended
    call_http_next          Calls.create answers call_http_status, and no call is placed
    dial_unbridged_completed  if a volunteer picked up but was not put through, DialCallStatus is completed (with DialBridged=false), not
                            no-answer; Twilio does not document which

    recording_callback_drop_next    the recording callback is never posted
    recording_callback_double_next  the recording callback is posted twice
    recording_callback_early_next   the recording callback is posted before the Record's own action
    recording_callback_delay_s      seconds before the recording callback, if it is not early
    recording_missing_next          the recording is in no list, and its audio is never found
    recording_late_next             the audio is not found for the first two requests
    recording_truncated_next        the second half of the audio is missing
    media_open                      audio is served without a password, as Twilio does until Basic auth is switched on

    opt_out                 Twilio itself obeys STOP, START and HELP; on by default, as on a long code
"""

from collections.abc import Mapping
from dataclasses import Field, asdict, dataclass, field, fields
from typing import Any

ALWAYS = -1
FINAL_STATUSES = ("delivered", "undelivered", "failed", "sent")


class BadFault(ValueError):
    """An unknown name, or a value that is not allowed; the message says which."""


def _fault(default: Any, label: str, *, low: float = 0, high: float = 0, choices: tuple[str, ...] = ()) -> Any:
    return field(default=default, metadata={"label": label, "low": low, "high": high, "choices": choices})


def _next(label: str) -> Any:
    return _fault(0, label, low=ALWAYS, high=1_000_000)


class Counted:
    """Faults of which those named `…_next` are counts. For a dataclass."""

    def take(self, name: str) -> bool:
        """Whether the fault `…_next` strikes this time; counts it down. The caller of this method holds the lock."""
        left = int(getattr(self, name))
        if left > 0:
            setattr(self, name, left - 1)
        return left != 0


@dataclass
class Faults(Counted):
    incoming_drop_next: int = _next("Drop")
    incoming_double_next: int = _next("Double")
    incoming_delay_s: float = _fault(0.0, "Delay, s", high=60)

    callback_drop_next: int = _next("Drop")
    callback_double_next: int = _next("Double")
    callback_reorder_next: int = _next("Reverse the order")
    callback_delay_s: float = _fault(0.0, "Delay, s", high=60)

    create_http_next: int = _next("Answer with an HTTP error")
    create_http_status: int = _fault(503, "… which", low=400, high=599)
    create_http_takes: bool = _fault(default=False, label="… but take the text")
    create_error_next: int = _next("Answer with a Twilio error")
    create_error_code: int = _fault(21610, "… which", low=10000, high=99999)
    create_hang_next: int = _next("Take it, but do not answer")
    create_hang_s: float = _fault(0.0, "… and cut the connection after, s", high=120)
    list_http_next: int = _next("Lists: an HTTP error")
    list_http_status: int = _fault(503, "… which", low=400, high=599)
    create_latency_ms: int = _fault(0, "Latency, ms", high=60_000)

    voice_repeat_next: int = _next("Request a step twice")
    call_status_drop_next: int = _next("Do not report the end")
    call_http_next: int = _next("Calls.create: an HTTP error")
    call_http_status: int = _fault(503, "… which", low=400, high=599)
    dial_unbridged_completed: bool = _fault(default=False, label="Call not put through counts as completed")

    recording_callback_drop_next: int = _next("Drop the callback")
    recording_callback_double_next: int = _next("Double the callback")
    recording_callback_early_next: int = _next("Callback before the action")
    recording_callback_delay_s: float = _fault(0.0, "Delay the callback, s", high=60)
    recording_missing_next: int = _next("Lose the recording")
    recording_late_next: int = _next("Audio is late")
    recording_truncated_next: int = _next("Audio cut in half")
    media_open: bool = _fault(default=False, label="Audio without a password")

    final_next: int = _next("End with another status")
    final_status: str = _fault("undelivered", "… which", choices=FINAL_STATUSES)
    final_error_code: int = _fault(30003, "… with error code", high=99999)
    opt_out: bool = _fault(default=True, label="Twilio obeys STOP, START, HELP")

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> "Faults":
        """The given faults, and the defaults of all others. Raises BadFault for an unknown name, a wrong type or a value out of range."""
        known = {one.name: one for one in fields(cls)}
        if unknown := sorted(set(given) - set(known)):
            raise BadFault(f"no such fault: {', '.join(unknown)}")
        return cls(**{name: _checked(known[name], value) for name, value in given.items()})

    @classmethod
    def from_form(cls, form: Mapping[str, str]) -> "Faults":
        """The faults of the page's form, in which a box that is not ticked is missing. Raises BadFault."""
        return cls.from_json({one.name: _from_field(one, form) for one in fields(cls)})


def _checked(fault: Field[Any], value: Any) -> Any:
    if fault.type is bool and isinstance(value, bool):
        return value
    if fault.type is str and value in fault.metadata["choices"]:
        return value
    number = isinstance(value, int | float) if fault.type is float else isinstance(value, int)
    if fault.type in {int, float} and number and not isinstance(value, bool):
        low, high = fault.metadata["low"], fault.metadata["high"]
        if low <= value <= high:
            return value
        raise BadFault(f"{fault.name} must be from {low} to {high}")
    raise BadFault(f"{fault.name} cannot be {value!r}")


def _from_field(fault: Field[Any], form: Mapping[str, str]) -> Any:
    if fault.type is bool:
        return fault.name in form
    text = form.get(fault.name, "").strip() or str(fault.default)
    if fault.type is str:
        return text
    try:
        return float(text) if fault.type is float else int(text)
    except ValueError:
        raise BadFault(f"{fault.name} must be a number") from None

"""The faults that the pretend phone has on request.

Every fault named `…_next` is a count: 0 is off, N affects the next N cases and then stops by itself, -1 affects all until it is changed.
`PUT …/control/faults` takes any of these names and sets all others to their defaults.

    webhook_lost_next       what came in, or a report, is never told
    webhook_double_next     it is told once more, under another id of the event (issues 288, 301, 372 of the app)
    webhook_late_s          seconds before each webhook
    webhook_reorder_next    a webhook is held back until the next one has been told
    clock_off_s             seconds by which the phone's clock is wrong: in the time that is signed, and in the times of reports
    deaf                    the app hears nothing of texts that come in, while it sends (issue 440); they are in the phone's own store

    api_http_next           POST /messages answers api_http_status, and took nothing
    api_hang_next           POST /messages takes the text, and never answers: the connection is cut after api_hang_s seconds
    api_slow_s              seconds before each answer of the API
    off                     the phone is off: no request is answered, nothing is sent or told; what was taken waits

    send_error_next         the phone cannot hand a text to the network: it fails with send_error, as the app words it
    undelivered_next        the service centre reports undelivered_status instead of a delivery
    unreported_next         the app never hears what became of a text: it stays Processed (issue 423)
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from hotline.simulator.faults import BadFault, Counted

NO_SIGNAL = "Send result: RESULT_ERROR_NO_SERVICE (Failed because service is currently unavailable)"
NO_BALANCE = "Send result: RESULT_ERROR_GENERIC_FAILURE (Generic failure cause)"


@dataclass
class PhoneFaults(Counted):
    """See above."""

    webhook_lost_next: int = 0
    webhook_double_next: int = 0
    webhook_late_s: float = 0.0
    webhook_reorder_next: int = 0
    clock_off_s: float = 0.0
    deaf: bool = False
    api_http_next: int = 0
    api_http_status: int = 503
    api_hang_next: int = 0
    api_hang_s: float = 0.0
    api_slow_s: float = 0.0
    off: bool = False
    send_error_next: int = 0
    send_error: str = NO_SIGNAL
    undelivered_next: int = 0
    undelivered_status: int = 0x46
    unreported_next: int = 0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> "PhoneFaults":
        """The given faults, and the defaults of all others. Raises BadFault."""
        kinds = {one.name: type(one.default) for one in fields(cls)}
        if unknown := sorted(set(given) - set(kinds)):
            raise BadFault(f"no such fault: {', '.join(unknown)}")
        for name, value in given.items():
            allowed = (int, float) if kinds[name] is float else (kinds[name],)
            if not isinstance(value, allowed) or (isinstance(value, bool) and kinds[name] is not bool):
                raise BadFault(f"{name} cannot be {value!r}")
        return cls(**given)

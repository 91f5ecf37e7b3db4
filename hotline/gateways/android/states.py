"""What the app says of a text as tables, to compare with its source. States and reasons that are missing here are told from their shape.

Sources: capcom6/android-sms-gateway v1.68.0, MessagesService (`processStateIntent`, `sendMessage`, `resultToErrorMessage`); Android's
`SmsManager` for the names of its results; 3GPP TS 23.040, 9.2.3.15 for the status that a service centre reports. Which failures are worth
another try is our own judgement.
"""

import re

from hotline.domain.delivery import Delivery
from hotline.gateways.base import Outcome

DELIVERIES: dict[str, Delivery] = {
    "Pending": Delivery.SENT,
    "Cancelling": Delivery.SENT,
    "Processed": Delivery.SENT,
    "Sent": Delivery.SENT,
    "Delivered": Delivery.DELIVERED,
    "Failed": Delivery.FAILED,
    "Cancelled": Delivery.FAILED,
}
"""The app's state → our delivery. A text that the app has taken counts as sent, also while it waits there."""

CANCELLED = "Cancelled"

RESULTS: dict[str, tuple[str, Outcome]] = {
    # The phone, its SIM or its network is at fault, whatever the text: the gateway rests.
    "RESULT_ERROR_NO_SERVICE": ("no_service", Outcome.ILL),
    "RESULT_ERROR_RADIO_OFF": ("radio_off", Outcome.ILL),
    "RESULT_RADIO_NOT_AVAILABLE": ("radio_off", Outcome.ILL),
    "RESULT_RIL_RADIO_NOT_AVAILABLE": ("radio_off", Outcome.ILL),
    "RESULT_RIL_NETWORK_NOT_READY": ("no_service", Outcome.ILL),
    "RESULT_RIL_INVALID_MODEM_STATE": ("radio_off", Outcome.ILL),
    "RESULT_ERROR_LIMIT_EXCEEDED": ("limit_exceeded", Outcome.ILL),  # Android's own: 30 texts in 30 minutes, until it is lifted
    "RESULT_RIL_REQUEST_RATE_LIMITED": ("limit_exceeded", Outcome.ILL),
    "RESULT_UNEXPECTED_EVENT_STOP_SENDING": ("limit_exceeded", Outcome.ILL),
    "RESULT_ERROR_FDN_CHECK_FAILURE": ("sim_blocked", Outcome.ILL),
    "RESULT_RIL_ACCESS_BARRED": ("sim_blocked", Outcome.ILL),
    "RESULT_RIL_SIM_ABSENT": ("no_sim", Outcome.ILL),
    "RESULT_NO_MEMORY": ("no_memory", Outcome.ILL),
    "RESULT_RIL_NO_MEMORY": ("no_memory", Outcome.ILL),
    "RESULT_NO_DEFAULT_SMS_APP": ("no_sms_app", Outcome.ILL),
    "RESULT_INVALID_SMSC_ADDRESS": ("no_smsc", Outcome.ILL),
    "RESULT_RIL_INVALID_SMSC_ADDRESS": ("no_smsc", Outcome.ILL),
    # For good: the text or its number is at fault.
    "RESULT_ERROR_NULL_PDU": ("null_pdu", Outcome.REFUSED),
    "RESULT_INVALID_ARGUMENTS": ("invalid", Outcome.REFUSED),
    "RESULT_RIL_INVALID_ARGUMENTS": ("invalid", Outcome.REFUSED),
    "RESULT_INVALID_SMS_FORMAT": ("invalid", Outcome.REFUSED),
    "RESULT_ENCODING_ERROR": ("invalid", Outcome.REFUSED),
    "RESULT_ERROR_SHORT_CODE_NOT_ALLOWED": ("short_code", Outcome.REFUSED),
    "RESULT_ERROR_SHORT_CODE_NEVER_ALLOWED": ("short_code", Outcome.REFUSED),
    # It may be an empty balance, a busy network or a number that does not exist. The gateway does not rest for it: else anybody could
    # silence it by texting from a number that takes no answer.
    "RESULT_ERROR_GENERIC_FAILURE": ("generic_failure", Outcome.NOT_SENT),
}
"""Android's result of handing a text to the network → our code, and what it means. Any other result: not sent, to be tried again."""

_RESULT = re.compile(r"\b(RESULT_[A-Z_]{1,80})\b")
_REPORTED = re.compile(r"Delivery result from SC .{0,40}?: ([0-9]{1,3})")
_NOT_THIS_PHONE = re.compile(r"SIM [0-9]{1,2} not found|No SIMs? found|requires READ_PHONE_STATE|SEND_SMS|permission", re.IGNORECASE)

_EXPIRED = 0x46  # the phone was off for as long as the service centre keeps a text
_TEMPORARY = range(0x60, 0x80)  # it was out of reach, and the service centre does not try again


def failed(reason: str) -> tuple[Delivery, str, Outcome | None]:
    """What a failure means that the app tells in words: the delivery, our code for it (16 characters), and the outcome."""
    if found := _REPORTED.search(reason):  # it has left, and did not arrive
        status = int(found[1])
        is_away = status == _EXPIRED or status in _TEMPORARY
        return Delivery.UNDELIVERED, f"sc_{status}", Outcome.UNREACHABLE if is_away else None
    if reason.startswith("Delivery result"):
        return Delivery.UNDELIVERED, "not_delivered", None
    if "TTL expired" in reason:
        return Delivery.FAILED, "expired", Outcome.NOT_SENT
    if found := _RESULT.search(reason):
        code, outcome = RESULTS.get(found[1], (found[1].removeprefix("RESULT_").removeprefix("RIL_").lower()[:16], Outcome.NOT_SENT))
        return Delivery.FAILED, code, outcome
    if _NOT_THIS_PHONE.search(reason):
        return Delivery.FAILED, "no_sim", Outcome.ILL
    return Delivery.FAILED, "failed", Outcome.NOT_SENT  # "Can't send message: …", "Unknown error code: …"

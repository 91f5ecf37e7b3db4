"""What a phone reports of a text of ours. Of a long text it reports each part by itself, and does not say which."""

from collections.abc import Mapping
from typing import Any

from hotline.domain.delivery import Delivery
from hotline.domain.textids import read_our_id
from hotline.gateways.android.states import failed
from hotline.gateways.base import Outcome, Report

EVENTS: Mapping[str, Delivery] = {
    "sms:sent": Delivery.SENT,
    "sms:delivered": Delivery.DELIVERED,
    "sms:failed": Delivery.FAILED,
    "sms:cancelled": Delivery.FAILED,
}
"""Event → the delivery that it reports. A part that failed makes the whole text fail: half a text says nothing."""


def read_report(tag: str, event: str, told: Mapping[str, Any]) -> Report | None:
    """The report in a payload; None if it is about no text of ours: another program may send by this phone too."""
    gateway_id = told.get("messageId")
    ours = read_our_id(tag, gateway_id) if isinstance(gateway_id, str) else None
    if ours is None or not isinstance(gateway_id, str):
        return None
    delivery, code, outcome = EVENTS[event], None, None
    if event == "sms:failed":
        delivery, code, outcome = failed(str(told.get("reason") or ""))
    elif event == "sms:cancelled":  # by a person at the phone: what we cancel ourselves is another attempt by then
        code, outcome = "cancelled", Outcome.NOT_SENT
    return Report(gateway_id, *ours, delivery, code, outcome, of_part=True)

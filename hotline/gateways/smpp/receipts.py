"""Delivery receipts: by optional parameters, else by the words of appendix B of SMPP 3.4, as far as an SMSC keeps to them."""

import re

from hotline.domain.delivery import Delivery
from hotline.gateways.parts import PartReport
from hotline.gateways.smpp.statuses import BY_NAME, STATES
from hotline.gateways.smpp.wire import Delivered

_RECEIPT, _ON_THE_WAY, _TYPES = 0x04, 0x20, 0x3C
"""The bits of esm_class that say what a deliver_sm is (5.2.12). What is told of a text on its way settles nothing; no citizen wrote it."""

_ID = re.compile(r"\bid:\s{0,3}([^\s]{1,64})", re.ASCII)
_STATE = re.compile(r"\bstat:\s{0,3}([a-z]{1,16})", re.ASCII)
_ERROR = re.compile(r"\berr:\s{0,3}([0-9a-z]{1,8})", re.ASCII)


def is_receipt(told: Delivered) -> bool:
    """Whether a deliver_sm is a receipt. Its words alone never make it one: a citizen could write them."""
    return told.esm_class & _TYPES in (_RECEIPT, _ON_THE_WAY) or ("receipted_message_id" in told.tlvs and "message_state" in told.tlvs)


def read_receipt(told: Delivered) -> PartReport | None:
    """What a receipt reports; None if it is no news, or does not say of what."""
    words = told.message.replace(b"\0", b"").decode("latin-1").lower().partition("text:")[0]  # some write UCS-2
    in_words = {name: found[1] if (found := pattern.search(words)) else "" for name, pattern in _FIELDS.items()}
    exact = told.string("receipted_message_id")
    state = told.number("message_state") or BY_NAME.get(in_words["state"][:5])
    gateway_id = same_form(exact or in_words["id"])
    if not gateway_id or state not in STATES or told.esm_class & _TYPES == _ON_THE_WAY:
        return None
    name, delivery, outcome = STATES[state]
    if delivery is None:
        return None
    code = None if delivery is Delivery.DELIVERED else f"{name} {in_words['error']}".strip()[:16]
    return PartReport(gateway_id, other_forms(exact or in_words["id"]), told.source.removeprefix("+"), delivery, code, outcome)


_FIELDS = {"id": _ID, "state": _STATE, "error": _ERROR}


def same_form(gateway_id: str) -> str:
    """An id in the form in which ids are compared: an SMSC may write it with zeros before it, or in other letters."""
    return (gateway_id.strip().casefold().lstrip("0") or gateway_id.strip())[:64]


def other_forms(gateway_id: str) -> tuple[str, ...]:
    """What the SMSC may have called the part as it took it: many give the id in hexadecimal then, and in decimal in the receipt, or the
    other way round."""
    form, found = same_form(gateway_id), []
    if re.fullmatch("[0-9]{1,20}", form):
        found.append(f"{int(form):x}")
    if re.fullmatch("[0-9a-f]{1,16}", form):
        found.append(str(int(form, 16)))
    return tuple(one for one in found if one != form)

"""Sets a phone up by the app's API, so that nobody types settings on a small screen: the queue's order, the key, the webhooks."""

from typing import Any

from hotline.config import Config
from hotline.gateways.android.rest import Rest
from hotline.gateways.android.settings import Phone
from hotline.gateways.base import GatewayError, Outcome

EVENTS = (
    "sms:received",
    "sms:sent",
    "sms:delivered",
    "sms:failed",
    "sms:cancelled",
    "mms:received",
    "mms:downloaded",
    "system:ping",
)
"""The events that the app tells us of. It registers each by itself; those of many texts at once tell nothing more."""

_TRIES = 15
"""How often the app tells again of what we did not take: over some 45 hours, twice as long each time. After that it forgets it."""

_PING_S = 60


def hook_url(config: Config, phone: Phone) -> str:
    """The address at which the phone tells us of texts."""
    return f"{config.public_url}/hooks/android/{phone.name}"


def rest_of(config: Config, phone: Phone) -> Rest:
    """The phone's API, for a few requests; the caller closes it."""
    return Rest(phone, connections=1, timeout_s=config.sending.timeout_s)


def missing_hooks(config: Config, phone: Phone) -> list[str]:
    """The events of which the phone does not tell us. Raises `GatewayError` if it cannot be asked, or does not take our password."""
    rest = rest_of(config, phone)
    try:
        told = {one["event"] for one in _hooks(rest) if one.get("url") == hook_url(config, phone)}
    finally:
        rest.close()
    return [event for event in EVENTS if event not in told]


def set_up(config: Config, phone: Phone, rest: Rest) -> list[str]:
    """Set the phone up; returns the settings that it did not take. It can be done again. Raises `GatewayError`."""
    days = config.sending.gateway_keep_days
    # Each section by itself: an older app refuses a key that it does not know, and the rest must not suffer for it.
    sections: dict[str, dict[str, Any]] = {
        "messages": {"processing_order": "FIFO", "log_lifetime_days": days},
        "incoming": {"lifetime_days": days},
        "webhooks": {"retry_count": _TRIES, "internet_required": not phone.is_local},
        "ping": {"interval_seconds": _PING_S},
    }
    if phone.is_local:
        _settings(rest, {"webhooks": {"signing_key": phone.signing_key}})  # it is not told back; a server hands no key on
    unknown = [f"{section}.{key}" for section, values in sections.items() for key in _not_taken(rest, section, values)]
    url = hook_url(config, phone)
    for event in EVENTS:
        # Under an id of its own a webhook takes the place of the one before: the app would tell twice of everything else.
        hook: dict[str, Any] = {"id": f"hotline-{phone.name}-{event.replace(':', '-')}", "url": url, "event": event}
        if phone.terms.device:
            hook["deviceId"] = phone.terms.device
        rest.ask("POST", "/webhooks", json=hook)
    return unknown


def _not_taken(rest: Rest, section: str, values: dict[str, Any]) -> list[str]:
    """The keys that do not stand as we set them. The app, and a server, pass over a key that they do not know, and answer as ever."""
    try:
        document = _settings(rest, {section: values})
    except GatewayError as fault:
        if fault.outcome is Outcome.REFUSED:
            return list(values)
        raise
    told = document.get(section) if isinstance(document, dict) else None
    return [key for key, value in values.items() if not isinstance(told, dict) or told.get(key) != value]


def _settings(rest: Rest, sections: dict[str, dict[str, Any]]) -> Any:
    """Change settings; returns all settings as they then are."""
    return rest.ask("PATCH", "/settings", json=sections).document


def _hooks(rest: Rest) -> list[dict[str, Any]]:
    answer = rest.ask("GET", "/webhooks")
    if not isinstance(answer.document, list):
        raise GatewayError("no_answer", Outcome.UNKNOWN)
    return [one for one in answer.document if isinstance(one, dict) and isinstance(one.get("event"), str)]


def send_first(rest: Rest, phone: Phone, to: str, words: str, *, sim: str, text_id: str, lives_s: int) -> None:
    """Send a text that is none of a ticket's. `sim`: the slot, "" for the phone's own choice. Raises `GatewayError`."""
    written: dict[str, Any] = {"id": text_id, "textMessage": {"text": words}, "phoneNumbers": [to], "ttl": lives_s}
    if sim:
        written["simNumber"] = int(sim)
    if phone.terms.device:
        written["deviceId"] = phone.terms.device
    rest.ask("POST", "/messages", json=written)

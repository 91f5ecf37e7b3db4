"""How the app on the pretend phone is set up: its settings, and the webhooks that are registered at it."""

from typing import Any

from hotline.simulator.androidkept import Kept

_FIRST: dict[str, dict[str, Any]] = {
    "messages": {"processing_order": "LIFO", "log_lifetime_days": None},
    "webhooks": {"signing_key": "8letters", "retry_count": 15, "internet_required": True},
    "incoming": {"lifetime_days": None},
    "ping": {"interval_seconds": None},
}
"""After it was installed."""

_USED = ("received", "sent", "delivered", "failed", "cancelled")


class Setup:
    """`settings`: section → keys. `hooks`: id → webhook."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self.settings: dict[str, dict[str, Any]] = {**_FIRST, **kept.all("setting")}
        self.hooks: dict[str, dict[str, Any]] = kept.all("hook")

    def set(self, section: str, values: dict[str, Any]) -> None:
        """Change a section of the settings. What the app does not know is passed over."""
        if section in self.settings:
            known = {key: value for key, value in values.items() if key in self.settings[section]}
            self.settings[section] = {**self.settings[section], **known}
            self._kept.put("setting", section, self.settings[section])

    def hang(self, hook: dict[str, Any]) -> dict[str, Any]:
        """Register a webhook, in place of the one of its id."""
        self.hooks[hook["id"]] = hook
        self._kept.put("hook", hook["id"], hook)
        return hook

    def unhang(self, id_: str) -> None:
        """Forget a webhook."""
        self.hooks.pop(id_, None)
        self._kept.drop("hook", id_)

    def pair(self, url: str, key: str) -> None:
        """Set the app up as the hotline does it by the API: texts in their order, signed with `key`, told at `url`."""
        self.set("messages", {"processing_order": "FIFO"})
        self.set("webhooks", {"signing_key": key, "internet_required": False})
        for event in (*(f"sms:{name}" for name in _USED), "mms:received", "mms:downloaded", "system:ping"):
            self.hang({"id": f"hotline-{event.replace(':', '-')}", "deviceId": None, "url": url, "event": event, "source": "Local"})

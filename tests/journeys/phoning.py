"""A caller of the running hotline, over the pretend Twilio, which performs the TwiML as the real one would."""

from typing import Any, Self
from urllib.parse import quote

from tests.journeys.running import RunningHotline


class Phoning:
    """One call: `Phoning(hotline, number).press("1", "1")`. `call` is what the pretend Twilio says of it."""

    def __init__(self, hotline: RunningHotline, number: str, **call: object) -> None:
        self.hotline, self.number = hotline, number
        self.call: dict[str, Any] = hotline.ask("POST", f"/phones/{quote(number)}/calls", call)

    @classmethod
    def answering(cls, hotline: RunningHotline, number: str, *, within_s: float) -> Self:
        """The phone rings and is answered."""
        ringing: list[dict[str, Any]] = []

        def rings() -> bool:
            ringing[:] = [
                c for c in hotline.ask("GET", f"/calls?phone={quote(number)}") if c["awaiting"] and c["awaiting"]["verb"] == "Ring"
            ]
            return bool(ringing)

        hotline.wait_until(rings, within_s=within_s)
        answered = cls.__new__(cls)
        answered.hotline, answered.number = hotline, number
        answered.call = hotline.ask("POST", f"/calls/{ringing[0]['sid']}/answer", {})
        return answered

    def press(self, *entries: str) -> Self:
        """Press keys, one entry a step; "" is silence."""
        for keys in entries:
            self._do("keys", digits=keys) if keys else self._do("silence")
        return self

    def listen(self) -> Self:
        """Hear out what is said before the beep, which a key would cut short."""
        awaiting = self.call["awaiting"] or {}
        return self._do("silence") if (awaiting.get("verb"), awaiting.get("timeout")) == ("Gather", 1) else self

    def speak(self, *, seconds: float = 4, end: str = "#") -> Self:
        """Say something after the beep."""
        return self._do("speech", seconds=seconds, end=end)

    def hang_up(self) -> Self:
        """Hang up."""
        return self._do("hangup")

    def _do(self, what: str, **how: object) -> Self:
        self.call = self.hotline.ask("POST", f"/calls/{self.call['sid']}/{what}", how)
        return self

    @property
    def awaits(self) -> str:
        """The verb that waits; empty when the call is over."""
        awaiting = self.call["awaiting"]
        return str(awaiting["verb"]) if awaiting else ""

    @property
    def heard(self) -> list[str]:
        """The names of all clips heard so far, `ur/danger_key` and so on."""
        return [url.rpartition("/prompts/")[2].removesuffix(".wav") for url in self.call["heard"]]

    @property
    def row(self) -> Any:
        """The call as the hotline has it, with the number and priority of its ticket, if it left a ticket."""
        sql = "SELECT c.*, t.reference, t.priority FROM calls c LEFT JOIN tickets t ON t.id = c.ticket_id WHERE c.gateway_id = :sid"
        [row] = self.hotline.rows(sql, sid=self.call["sid"])
        return row

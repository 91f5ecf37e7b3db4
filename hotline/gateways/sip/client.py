"""Calls by the process that holds a line, and the recordings that it left on this machine. A worker asks; the process answers."""

import io
import wave
from typing import Any, BinaryIO

from hotline.config import Config
from hotline.gateways.base import CallState, FoundRecording, GatewayError, Outcome
from hotline.gateways.local import NoAnswer, NoProcess, ask, socket_path
from hotline.gateways.sip.spool import RATE_HZ, Spool
from hotline.keys import KeysFault, read_keys
from hotline.sealing import SealBroken

_MORE_S = 2
"""How much longer than the process waits for the line we wait for the process."""


class SipCalls:
    """See `CallGateway`."""

    def __init__(self, config: Config, name: str) -> None:
        self.name = name
        self._config, self._spool = config, Spool(config, name)
        self._path, self._timeout_s = socket_path(config, name), config.sending.timeout_s + _MORE_S

    def place_call(self, to: str, call_id: int, *, is_alarm: bool) -> str:
        """See `CallGateway.place_call`."""
        answer = self._ask({"place": {"to": to, "call_id": call_id, "is_alarm": is_alarm}})
        if isinstance(answer.get("call"), str):
            return str(answer["call"])
        raise GatewayError(str(answer.get("code"))[:16], Outcome(str(answer.get("outcome"))))

    def call_state(self, gateway_id: str) -> CallState | None:
        """See `CallGateway.call_state`. The process knows the calls that are under way, and no others."""
        return CallState(ended=False) if self._ask({"under_way": gateway_id}).get("under_way") is True else None

    def recordings_of(self, gateway_id: str) -> list[FoundRecording]:
        """See `CallGateway.recordings_of`."""
        return [FoundRecording(recording, seconds) for recording, seconds in self._spool.takes(gateway_id)]

    def fetch_recording(self, gateway_id: str, into: BinaryIO, *, limit_bytes: int) -> int:
        """See `CallGateway.fetch_recording`. It is opened in memory."""
        sound = bytearray()
        try:
            for piece in self._spool.sound(read_keys(self._config.keys_file), gateway_id):
                sound += piece
                if len(sound) > limit_bytes:
                    raise GatewayError("too_large", Outcome.REFUSED)
        except FileNotFoundError as fault:
            raise GatewayError("404", Outcome.REFUSED) from fault
        except (OSError, SealBroken, KeysFault) as fault:
            raise GatewayError(type(fault).__name__[:16], Outcome.UNKNOWN) from fault
        return into.write(_wav(bytes(sound)))

    def delete_recording(self, gateway_id: str) -> None:
        """See `CallGateway.delete_recording`."""
        try:
            self._spool.remove(gateway_id)
        except OSError as fault:
            raise GatewayError("disk", Outcome.UNKNOWN) from fault

    def delete_call(self, gateway_id: str) -> None:
        """See `CallGateway.delete_call`. Nothing is kept here of a call that is over, but its recordings. What the company that leads the
        line keeps of it is out of our hands."""
        for recording, _ in self._spool.takes(gateway_id):
            self.delete_recording(recording)

    def state(self) -> dict[str, Any]:
        """How the line is: `up`, or the `code` of why not. Raises `GatewayError`."""
        return self._ask({"state": True})

    def close(self) -> None:
        """See `CallGateway.close`. Each question has a connection of its own."""

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        try:
            return ask(self._path, question, timeout_s=self._timeout_s)
        except NoProcess as fault:
            raise GatewayError("no_process", Outcome.NOT_SENT) from fault
        except NoAnswer as fault:
            raise GatewayError("no_answer", Outcome.UNKNOWN) from fault


def _wav(sound: bytes) -> bytes:
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(sound)
    return content.getvalue()

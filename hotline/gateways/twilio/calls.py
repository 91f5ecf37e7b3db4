"""Calls through Twilio's SDK, and their recordings. Only workers and `hotline doctor` import this."""

import time
from http import HTTPStatus
from typing import Any, BinaryIO

import requests
from urllib3.exceptions import HTTPError

from hotline.config import Config
from hotline.gateways.base import CallState, FoundRecording, GatewayError, Outcome
from hotline.gateways.twilio.account import NAME, account_of
from hotline.gateways.twilio.codes import CALL_ENDS, NOT_FOUND, refused
from hotline.gateways.twilio.rest import asked, rest_client

_RINGS_S = 30
"""Seconds for which a phone rings: after that most mailboxes would answer."""

_FETCH_S = 40
"""Seconds for the whole download of a recording: less than the time for which a worker's claim holds."""

_RECORDINGS = 20
_CHUNK_BYTES = 65_536
_NO_RECORDING = "RE" + "0" * 32


class TwilioCalls:
    """See `CallGateway`."""

    name = NAME

    def __init__(self, config: Config) -> None:
        account = account_of(config)
        self._client, self._session = rest_client(config, connections=2)
        self._number = config.voice.number
        self._voice = f"{config.public_url}/hooks/twilio/voice"
        self._media = f"{account.api_url}/2010-04-01/Accounts/{account.account_sid}/Recordings"
        self._password = (account.account_sid, account.auth_token)
        self._wait_s = config.sending.timeout_s

    def place_call(self, to: str, call_id: int, *, is_alarm: bool) -> str:
        """See `CallGateway.place_call`."""
        call = asked(
            lambda: self._client.calls.create(
                to=to,
                from_=self._number,
                url=f"{self._voice}/{'alarm' if is_alarm else 'back'}/{call_id}",
                fallback_url=f"{self._voice}/{'alarm/fallback' if is_alarm else 'fallback'}",
                status_callback=f"{self._voice}/status?call={call_id}",
                timeout=_RINGS_S,
            )
        )
        return call.sid or ""

    def call_state(self, gateway_id: str) -> CallState | None:
        """See `CallGateway.call_state`."""
        try:
            call = asked(lambda: self._client.calls(gateway_id).fetch())
        except GatewayError as fault:
            if fault.code in NOT_FOUND:
                return None
            raise
        return CallState(str(call.status) in CALL_ENDS, _seconds(call.duration))

    def recordings_of(self, gateway_id: str) -> list[FoundRecording]:
        """See `CallGateway.recordings_of`."""
        found = asked(lambda: self._client.recordings.list(call_sid=gateway_id, limit=_RECORDINGS, page_size=_RECORDINGS))
        return [FoundRecording(one.sid, _seconds(one.duration)) for one in found if one.sid and str(one.status) not in ("absent", "failed")]

    def fetch_recording(self, gateway_id: str, into: BinaryIO, *, limit_bytes: int) -> int:
        """See `CallGateway.fetch_recording`."""
        ends, size_bytes = time.monotonic() + _FETCH_S, 0
        try:
            with self._get(gateway_id, auth=self._password) as response:
                if response.status_code != HTTPStatus.OK:
                    code = str(response.status_code)
                    raise GatewayError(code, refused(response.status_code, code))
                # read1 returns what has come so far: with a slow connection a full piece could take longer than the deadline.
                while piece := response.raw.read1(_CHUNK_BYTES):
                    size_bytes += len(piece)
                    if size_bytes > limit_bytes:
                        raise GatewayError("too_large", Outcome.REFUSED)
                    if time.monotonic() > ends:
                        raise GatewayError("too_slow", Outcome.UNKNOWN)
                    into.write(piece)
        except (requests.exceptions.RequestException, HTTPError) as fault:
            raise GatewayError(type(fault).__name__[:16], Outcome.UNKNOWN) from fault
        return size_bytes

    def delete_recording(self, gateway_id: str) -> None:
        """See `CallGateway.delete_recording`."""
        try:
            asked(lambda: self._client.recordings(gateway_id).delete())
        except GatewayError as fault:
            if fault.code not in NOT_FOUND:
                raise

    def media_is_open(self) -> bool | None:
        """Whether a recording can be fetched without our password; None if that cannot be told, as when there is no recording.

        Raises `GatewayError`.
        """
        found = asked(lambda: self._client.recordings.list(limit=1, page_size=1))
        try:
            with self._get(found[0].sid if found else _NO_RECORDING, auth=_nobody) as response:
                status = response.status_code
        except requests.exceptions.RequestException as fault:
            raise GatewayError(type(fault).__name__[:16], Outcome.UNKNOWN) from fault
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            return False
        return True if status == HTTPStatus.OK else None

    def close(self) -> None:
        """See `CallGateway.close`."""
        self._session.close()

    def _get(self, gateway_id: str, *, auth: Any) -> requests.Response:
        return self._session.get(
            f"{self._media}/{gateway_id}.wav", auth=auth, stream=True, timeout=self._wait_s, headers={"Accept-Encoding": "identity"}
        )


def _nobody(request: Any) -> Any:
    """An `auth` of requests that sends no password, not even one from a .netrc of this machine."""
    return request


def _seconds(given: object) -> int | None:
    """The seconds that Twilio gives as text; None while Twilio does not know them ("-1")."""
    value = str(given)
    return int(value) if value.isascii() and value.isdigit() else None

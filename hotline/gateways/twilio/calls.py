"""Calls through Twilio's SDK, and their recordings. Only workers and `hotline doctor` import this."""

from http import HTTPStatus
from typing import Any, BinaryIO

import requests

from hotline.config import Config
from hotline.gateways.base import CallState, FoundRecording, GatewayError, Outcome
from hotline.gateways.listing import ListedCall, ListedRecording, Page, Span
from hotline.gateways.twilio.account import NAME, account_of
from hotline.gateways.twilio.codes import CALL_ENDS, NOT_FOUND
from hotline.gateways.twilio.listed import LISTED_AT_ONCE, bounds, caller_of, next_of, time_of, turned
from hotline.gateways.twilio.rest import asked, deleted, downloaded, rest_client

_RINGS_S = 30
"""Seconds for which a phone rings: after that most mailboxes would answer."""

_RECORDINGS = 20
_LEGS = 50
_NOT_THERE = ("absent", "failed")
_NO_RECORDING = "RE" + "0" * 32


class TwilioCalls:
    """See `CallGateway` and `CallLog`."""

    name = NAME

    def __init__(self, config: Config) -> None:
        account = account_of(config)
        self._client, self._session = rest_client(config, connections=2)
        self._number = config.voice.number
        self._numbers = tuple(dict.fromkeys(one for one in (config.voice.number, config.voice.missed_call_number) if one))
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
        return [FoundRecording(one.sid, _seconds(one.duration)) for one in found if one.sid and str(one.status) not in _NOT_THERE]

    def calls_in(self, span: Span, page: str | None = None) -> Page[ListedCall]:
        """See `CallLog.calls_in`. An account may have more numbers than ours."""
        if not self._numbers:
            return Page(())
        to = {"to": self._numbers[0]} if len(self._numbers) == 1 else {}
        since, before = bounds(span)

        def ask() -> Page[ListedCall]:
            found = self._client.calls.page(
                start_time_after=since, start_time_before=before, page_size=LISTED_AT_ONCE, **to, **turned(page)
            )
            listed = [
                ListedCall(one.sid, caller_of(one), one.to, at, is_over=str(one.status) in CALL_ENDS)
                for one in found
                if one.sid
                and one.direction == "inbound"
                and one.to in self._numbers
                and span.has(at := time_of(one.start_time, one.date_created))
            ]
            return Page(tuple(listed), next_of(found))

        return asked(ask)

    def recordings_in(self, span: Span, page: str | None = None) -> Page[ListedRecording]:
        """See `CallLog.recordings_in`."""
        since, before = bounds(span)

        def ask() -> Page[ListedRecording]:
            found = self._client.recordings.page(
                date_created_after=since, date_created_before=before, page_size=LISTED_AT_ONCE, **turned(page)
            )
            listed = [
                ListedRecording(one.sid, one.call_sid, at, _seconds(one.duration))
                for one in found
                if one.sid and one.call_sid and str(one.status) not in _NOT_THERE and span.has(at := time_of(one.date_created))
            ]
            return Page(tuple(listed), next_of(found))

        return asked(ask)

    def fetch_recording(self, gateway_id: str, into: BinaryIO, *, limit_bytes: int) -> int:
        """See `CallGateway.fetch_recording`."""
        return downloaded(lambda: self._get(gateway_id, auth=self._password), into, limit_bytes=limit_bytes)

    def delete_recording(self, gateway_id: str) -> None:
        """See `CallGateway.delete_recording`."""
        deleted(self._client.recordings(gateway_id).delete)

    def delete_call(self, gateway_id: str) -> None:
        """See `CallGateway.delete_call`. Each phone that a call rang is a call of its own at Twilio.

        These go first: once the call itself is gone, nothing leads to them.
        """
        for leg in asked(lambda: self._client.calls.list(parent_call_sid=gateway_id, limit=_LEGS, page_size=_LEGS)):
            deleted(self._client.calls(leg.sid or "").delete)
        deleted(self._client.calls(gateway_id).delete)

    def media_is_open(self) -> bool | None:
        """Whether a recording can be downloaded without our password; None if that cannot be told, as when there is no recording.

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

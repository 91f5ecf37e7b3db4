"""Texts out through Twilio's SDK. Workers alone import this: the REST client costs a process 18 MiB."""

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client
from twilio.rest.api.v2010.account.message import MessageInstance
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from hotline.config import Config
from hotline.domain.delivery import Delivery
from hotline.gateways.base import GatewayError, Outcome, OutgoingText, Sent
from hotline.gateways.twilio.codes import DELIVERIES, refused

_Answer = TypeVar("_Answer")
_CLOCKS_DIFFER_BY = timedelta(minutes=2)
_LOOK_BACK = 50


class TwilioGateway:
    """See `TextGateway`."""

    name = "twilio"

    def __init__(self, config: Config) -> None:
        logging.getLogger("twilio").setLevel(logging.WARNING)  # below that it logs numbers and bodies
        # The SDK waits for ever unless told; it is told not to try again by itself, for a create is not idempotent.
        http = TwilioHttpClient(timeout=config.sending.timeout_s, pool_connections=True)
        http.session.mount("http://", _adapter(config.sending.in_flight))
        http.session.mount("https://", _adapter(config.sending.in_flight))
        self._http = http
        self._client = Client(config.twilio_account_sid, config.twilio_auth_token, http_client=http)
        self._client.api.base_url = config.twilio_api_url
        self._number = config.twilio_number
        self._callback = f"{config.public_url}/hooks/twilio/status"
        self._validity_s = min(36000, config.sending.expires_hours * 3600)

    def send(self, text: OutgoingText) -> Sent:
        """See `TextGateway.send`."""
        sender = {"messaging_service_sid": self._number} if self._number.startswith("MG") else {"from_": self._number}
        # Our own id travels in the callback: a report may come before the answer to this call does.
        callback = f"{self._callback}?text={text.message_id}&attempt={text.attempt}"
        return _sent(
            _asked(
                lambda: self._client.messages.create(
                    to=text.to, body=text.body, status_callback=callback, validity_period=self._validity_s, **sender
                )
            )
        )

    def look_up(self, text: OutgoingText, since: datetime, known: set[str]) -> Sent | None:
        """See `TextGateway.look_up`."""
        for message in _asked(lambda: self._client.messages.list(to=text.to, limit=_LOOK_BACK, page_size=_LOOK_BACK)):
            created = message.date_created or datetime.now(UTC)
            if (
                message.sid not in known
                and str(message.direction).startswith("outbound")
                and message.body == text.body
                and created >= since - _CLOCKS_DIFFER_BY
            ):
                return _sent(message)
        return None

    def check(self) -> None:
        """Ask for the account. Raises `GatewayError`."""
        _asked(lambda: self._client.api.accounts(self._client.account_sid or "").fetch())

    def close(self) -> None:
        """See `TextGateway.close`."""
        self._http.session.close()


def _adapter(connections: int) -> requests.adapters.HTTPAdapter:
    return requests.adapters.HTTPAdapter(pool_connections=1, pool_maxsize=connections, max_retries=0)


def _sent(message: MessageInstance) -> Sent:
    code = str(message.error_code) if message.error_code else None
    return Sent(message.sid or "", DELIVERIES.get(str(message.status), Delivery.SENT), code)


def _asked(call: Callable[[], _Answer]) -> _Answer:
    """The SDK's answer, its many ways to fail told apart by the one question that matters: may the text have been sent?"""
    try:
        return call()
    except TwilioRestException as fault:
        code = str(fault.code or fault.status)
        raise GatewayError(code, refused(int(fault.status), code)) from fault
    except requests.exceptions.ConnectionError as fault:
        outcome = Outcome.NOT_SENT if _never_left(fault) else Outcome.UNKNOWN
        raise GatewayError(type(fault).__name__[:16], outcome) from fault
    except (requests.exceptions.RequestException, TwilioException, json.JSONDecodeError, TypeError, KeyError, ValueError) as fault:
        # Taken, perhaps, and the answer was lost or could not be read.
        raise GatewayError(type(fault).__name__[:16], Outcome.UNKNOWN) from fault


def _never_left(fault: requests.exceptions.ConnectionError) -> bool:
    """Whether no connection was ever made: refused, no such name, no time to connect."""
    if isinstance(fault, requests.exceptions.ConnectTimeout):
        return True
    reason = getattr(fault.args[0] if fault.args else None, "reason", None)
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)

"""Twilio's REST API through its SDK: the client and its errors. Only workers and `hotline doctor` import this: it takes 18 MiB."""

import contextlib
import json
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import BinaryIO, TypeVar

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from hotline.config import Config
from hotline.gateways.base import GatewayError, Outcome
from hotline.gateways.fetching import fetched
from hotline.gateways.twilio.account import account_of
from hotline.gateways.twilio.codes import NOT_FOUND, refused

_Answer = TypeVar("_Answer")

_A_MOMENT = timedelta(seconds=5)
"""An answer tells its time in whole seconds, and takes a while."""


def rest_client(config: Config, *, connections: int) -> tuple[Client, requests.Session]:
    """The SDK's client for up to `connections` requests at once, and its HTTP session, which the caller closes."""
    logging.getLogger("twilio").setLevel(logging.WARNING)  # below that it logs numbers and bodies
    # Without a timeout the SDK waits for ever. It must not retry by itself: that could send a text twice.
    http = TwilioHttpClient(timeout=config.sending.timeout_s, pool_connections=True)
    for scheme in ("http://", "https://"):
        http.session.mount(scheme, requests.adapters.HTTPAdapter(pool_connections=1, pool_maxsize=connections, max_retries=0))
    account = account_of(config)
    client = Client(account.account_sid, account.auth_token, http_client=http)
    client.api.base_url = account.api_url
    return client, http.session


class TheirClock:
    """Twilio's own time, as its answers tell it. Ours may be wrong by hours, and what Twilio lists goes by its own."""

    def __init__(self, session: requests.Session) -> None:
        self._told: tuple[datetime, float] | None = None
        session.hooks["response"].append(self._note)

    def is_to_come(self, at: datetime) -> bool:
        """Whether a time of ours is yet to come there: then our clock is ahead, or was. False while Twilio has told no time."""
        return self._told is not None and at > self._told[0] + timedelta(seconds=time.monotonic() - self._told[1]) + _A_MOMENT

    def _note(self, answer: requests.Response, **_: object) -> None:
        with contextlib.suppress(KeyError, TypeError, ValueError):  # it tells none that can be read
            self._told = parsedate_to_datetime(answer.headers["Date"]).astimezone(UTC), time.monotonic()


def asked(call: Callable[[], _Answer]) -> _Answer:
    """Make a request through the SDK. Raises `GatewayError` for every failure; its outcome says whether Twilio may have processed it."""
    try:
        return call()
    except TwilioRestException as fault:
        code = str(fault.code or fault.status)
        raise GatewayError(code, refused(int(fault.status), code)) from fault
    except requests.exceptions.ConnectionError as fault:
        outcome = Outcome.NOT_SENT if _never_left(fault) else Outcome.UNKNOWN
        raise GatewayError(type(fault).__name__[:16], outcome) from fault
    except TwilioException as fault:
        raise _of_list(fault) from fault
    except (requests.exceptions.RequestException, json.JSONDecodeError, TypeError, KeyError, ValueError) as fault:
        # Twilio may have processed it; the answer was lost or cannot be read.
        raise GatewayError(type(fault).__name__[:16], Outcome.UNKNOWN) from fault


def _of_list(fault: TwilioException) -> GatewayError:
    """What a list that was refused means: for lists the SDK puts Twilio's answer behind its own words, and does not read it."""
    answer = fault.args[1] if len(fault.args) > 1 else None
    status = getattr(answer, "status_code", None)
    if not isinstance(status, int):
        return GatewayError(type(fault).__name__[:16], Outcome.UNKNOWN)
    try:
        code = str(json.loads(answer.text)["code"])[:16]  # type: ignore[union-attr]  # it has a status: it is an answer
    except (ValueError, KeyError, TypeError):
        code = str(status)
    return GatewayError(code, refused(status, code))


def deleted(delete: Callable[[], bool]) -> None:
    """Delete something through the SDK; it may be gone already. Raises `GatewayError`."""
    try:
        asked(delete)
    except GatewayError as fault:
        if fault.code not in NOT_FOUND:
            raise


def downloaded(get: Callable[[], requests.Response], into: BinaryIO, *, limit_bytes: int) -> int:
    """See `fetching.fetched`."""
    return fetched(get, into, limit_bytes=limit_bytes, refused=lambda status: refused(status, str(status)))


def _never_left(fault: requests.exceptions.ConnectionError) -> bool:
    """Whether there was no connection at all: refused, unknown host name, or too slow."""
    if isinstance(fault, requests.exceptions.ConnectTimeout):
        return True
    reason = getattr(fault.args[0] if fault.args else None, "reason", None)
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)

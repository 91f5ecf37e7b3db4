"""Sends texts through Twilio's SDK. Only workers and `hotline doctor` import this: the REST client takes 18 MiB of memory.

A text has at most 1,600 characters (`LONGEST_TEXT`). Source: twilio.com/docs/messaging/api/message-resource, Body.
"""

from datetime import UTC, datetime, timedelta

from twilio.rest.api.v2010.account.message import MessageInstance

from hotline.config import Config
from hotline.domain.delivery import Delivery
from hotline.gateways.base import OutgoingText, Sent
from hotline.gateways.twilio.account import NAME, account_of
from hotline.gateways.twilio.codes import DELIVERIES
from hotline.gateways.twilio.rest import asked, rest_client

_CLOCKS_DIFFER_BY = timedelta(minutes=2)
_LOOK_BACK = 50


class TwilioGateway:
    """See `TextGateway`."""

    name = NAME

    def __init__(self, config: Config) -> None:
        self._client, self._session = rest_client(config, connections=config.sending.in_flight)
        self._number = account_of(config).number
        self._callback = f"{config.public_url}/hooks/twilio/status"
        self._validity_s = min(36000, config.sending.expires_hours * 3600)

    def send(self, text: OutgoingText) -> Sent:
        """See `TextGateway.send`."""
        sender = {"messaging_service_sid": self._number} if self._number.startswith("MG") else {"from_": self._number}
        # Our own id is in the callback's address: a report may come before the answer to this request.
        callback = f"{self._callback}?text={text.message_id}&attempt={text.attempt}"
        return _sent(
            asked(
                lambda: self._client.messages.create(
                    to=text.to, body=text.body, status_callback=callback, validity_period=self._validity_s, **sender
                )
            )
        )

    def look_up(self, text: OutgoingText, since: datetime, known: set[str]) -> Sent | None:
        """See `TextGateway.look_up`."""
        for message in asked(lambda: self._client.messages.list(to=text.to, limit=_LOOK_BACK, page_size=_LOOK_BACK)):
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
        """Ask Twilio for our account. Raises `GatewayError` if Twilio does not accept it."""
        asked(lambda: self._client.api.accounts(self._client.account_sid or "").fetch())

    def close(self) -> None:
        """See `TextGateway.close`."""
        self._session.close()


def _sent(message: MessageInstance) -> Sent:
    code = str(message.error_code) if message.error_code else None
    return Sent(message.sid or "", DELIVERIES.get(str(message.status), Delivery.SENT), code)

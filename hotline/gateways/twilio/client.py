"""Sends texts through Twilio's SDK. Only workers and `hotline doctor` import this: the REST client takes 18 MiB of memory.

A text has at most 1,600 characters (`LONGEST_TEXT`). Source: twilio.com/docs/messaging/api/message-resource, Body.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

import requests
from twilio.rest.api.v2010.account.message import MessageInstance

from hotline.config import Config
from hotline.domain.delivery import Delivery
from hotline.gateways.base import Abilities, GatewayError, IncomingText, LookUp, Outcome, OutgoingText, Sent, TextGateway, storable
from hotline.gateways.listing import Page, Span
from hotline.gateways.twilio.account import NAME, account_of
from hotline.gateways.twilio.codes import CODES, DELIVERIES, MEDIA_ID
from hotline.gateways.twilio.listed import LISTED_AT_ONCE, bounds, next_of, time_of, turned
from hotline.gateways.twilio.rest import TheirClock, asked, deleted, downloaded, rest_client

_CLOCKS_DIFFER_BY = timedelta(minutes=2)
_LOOK_BACK = 50
_MOST_PHOTOS = 10


class TwilioGateway(TextGateway):
    """See `TextGateway`."""

    name = NAME
    can = Abilities(LookUp.LIST, reports=True, keeps_log=True, deletes=True, photos=True)

    def __init__(self, config: Config) -> None:
        self._client, self._session = rest_client(config, connections=config.sending.in_flight)
        self._their_clock = TheirClock(self._session)
        account = account_of(config)
        self._number = account.number
        self._lines = frozenset({account.number, *account.terms.lines} - {""})
        self._messages = f"{account.api_url}/2010-04-01/Accounts/{account.account_sid}/Messages"
        self._password = (account.account_sid, account.auth_token)
        self._wait_s = config.sending.timeout_s
        self._callback = f"{config.public_url}/hooks/twilio/status"
        self._validity_s = min(36000, config.sending.expires_hours * 3600)

    def send(self, text: OutgoingText) -> Sent:
        """See `TextGateway.send`."""
        sender = {"messaging_service_sid": self._number} if self._number.startswith("MG") else {"from_": self._number}
        # Our own id is in the callback's address: a report may come before the answer to this request. The parameters are in alphabetical
        # order: two public reports say that Twilio sorts them and signs the sorted address.
        callback = f"{self._callback}?attempt={text.attempt}&text={text.message_id}"
        return _sent(
            asked(
                lambda: self._client.messages.create(
                    to=text.to, body=text.body, status_callback=callback, validity_period=self._validity_s, **sender
                )
            )
        )

    def look_up(self, text: OutgoingText, since: datetime, known: set[str]) -> Sent | None:
        """See `TextGateway.look_up`."""
        listed = asked(lambda: self._client.messages.list(to=text.to, limit=_LOOK_BACK, page_size=_LOOK_BACK))
        # By a clock of ours that was ahead everything there is too old: what was sent would be found missing, and sent twice.
        is_told = not self._their_clock.is_to_come(since)
        for message in listed:
            created = message.date_created or datetime.now(UTC)
            if (
                message.sid not in known
                and str(message.direction).startswith("outbound")
                and message.body == text.body
                and (created >= since - _CLOCKS_DIFFER_BY or not is_told)
            ):
                return _sent(message)
        return None

    def texts_in(self, span: Span, page: str | None = None) -> Page[IncomingText]:
        """See `TextGateway.texts_in`. An account may have more numbers than ours; a messaging service has numbers that we do not know."""
        to = {"to": self._number} if self._lines == {self._number} and not self._number.startswith("MG") else {}
        since, before = bounds(span)

        def ask() -> Page[IncomingText]:
            found = self._client.messages.page(
                date_sent_after=since, date_sent_before=before, page_size=LISTED_AT_ONCE, **to, **turned(page)
            )
            listed = [one for one in found if self._came_to_us(one) and span.has(_came_at(one))]
            return Page(tuple(_came(one) for one in listed), next_of(found))

        return asked(ask)

    def _came_to_us(self, message: MessageInstance) -> bool:
        """Whether a text came in by a number of ours, or by one of our messaging service."""
        is_ours = message.to in self._lines or message.messaging_service_sid in self._lines
        return is_ours and message.direction == "inbound" and bool(message.sid and message.from_)

    def whole(self, text: IncomingText) -> IncomingText:
        """See `TextGateway.whole`. A list only counts the photos."""
        if not text.not_brought:
            return text
        found = asked(lambda: self._client.messages(text.gateway_id).media.list(limit=_MOST_PHOTOS, page_size=_MOST_PHOTOS))
        photos = tuple(name for one in found if MEDIA_ID.fullmatch(name := f"{text.gateway_id}/{one.sid}"))
        return replace(text, photos=photos, not_brought=not photos)

    def delete_text(self, gateway_id: str) -> None:
        """See `TextGateway.delete_text`. While a text is under way Twilio refuses (20009)."""
        deleted(self._client.messages(gateway_id).delete)

    def fetch_photo(self, gateway_id: str, into: BinaryIO, *, limit_bytes: int) -> int:
        """See `TextGateway.fetch_photo`. Twilio leads on to the file at another host, which is sent no password of ours."""
        message, media = _media(gateway_id)

        def get() -> requests.Response:
            address = f"{self._messages}/{message}/Media/{media}"
            identity = {"Accept-Encoding": "identity"}
            return self._session.get(address, auth=self._password, stream=True, timeout=self._wait_s, headers=identity)

        return downloaded(get, into, limit_bytes=limit_bytes)

    def delete_photo(self, gateway_id: str) -> None:
        """See `TextGateway.delete_photo`."""
        message, media = _media(gateway_id)
        deleted(self._client.messages(message).media(media).delete)

    def check(self) -> None:
        """Ask Twilio for our account. Raises `GatewayError` if Twilio does not accept it."""
        asked(lambda: self._client.api.accounts(self._client.account_sid or "").fetch())

    def close(self) -> None:
        """See `TextGateway.close`."""
        self._session.close()


def _came_at(message: MessageInstance) -> datetime | None:
    return time_of(message.date_sent, message.date_created)


def _came(message: Any) -> IncomingText:
    """A text of the list. It does not say whether Twilio took it as a stop."""
    has_photo = str(message.num_media or "0") != "0"
    return IncomingText(
        message.sid, storable(message.from_), storable(message.body or ""), received_at=_came_at(message), not_brought=has_photo
    )


def _media(gateway_id: str) -> tuple[str, str]:
    """The ids of the message and of the media in one: `forms.read_text` made it of the two. Raises `GatewayError`."""
    found = MEDIA_ID.fullmatch(gateway_id)
    if found is None:
        raise GatewayError("404", Outcome.REFUSED)
    return found[1], found[2]


def _sent(message: MessageInstance) -> Sent:
    code = str(message.error_code) if message.error_code else None
    delivery = DELIVERIES.get(str(message.status), Delivery.SENT)
    failed = delivery in (Delivery.UNDELIVERED, Delivery.FAILED)
    return Sent(message.sid or "", delivery, code, CODES.get(code or "") if failed else None)

"""Sends texts by a phone, and asks it what came in. Six endpoints of the app's API, at the phone or at a server before it.

A text goes under our own id, which the app refuses to take twice (409) and finds again: so nothing is doubled, and a doubt is settled.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

from hotline.config import Config
from hotline.domain.delivery import Delivery
from hotline.gateways.android import mms, states
from hotline.gateways.android.attachments import INLINE, Attachments
from hotline.gateways.android.incoming import read_text
from hotline.gateways.android.rest import TAKEN, UNKNOWN_ID, Rest
from hotline.gateways.android.settings import phone_of
from hotline.gateways.base import Abilities, GatewayError, IncomingText, LookUp, Outcome, OutgoingText, Report, Sent, TextGateway, Unit
from hotline.gateways.listing import Page, Span
from hotline.keys import KeyFile
from hotline.sealing import SealBroken

_URGENT = 99
"""The app sends a higher priority first. From 100 on a text would pass the app's own limits, which a SIM's are for."""

_PAGE = 500
"""Texts of the inbox in one answer; the app gives no more."""

_MOST_PAGES = 100
"""A phone has not taken in more within the days that are asked for; a longer list is one without end."""

_ALL = timedelta(days=1)
"""So far ahead of our clock the list of an open span ends. The app would end it by its own clock, which may be years behind."""

_SHORTEST_S = 5
"""A server refuses a text that may live for less."""

_STILL_COMING = timedelta(minutes=2)
"""So old a text must be before the app is asked to look for it: a younger one may be on its way through the app at this moment."""


class AndroidGateway(TextGateway):
    """See `TextGateway`."""

    def __init__(self, config: Config, name: str, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """`clock` is compared with `OutgoingText.leaves_by`. Raises `KeysFault`."""
        self.name = name
        self._phone = phone_of(config, name)
        terms = self._phone.terms
        self.can = Abilities(
            LookUp.EXACT,
            idempotent=True,
            reports=True,
            keeps_log=self._phone.is_local,  # a server has no inbox (501)
            cancels=True,
            tells=True,
            prioritises=True,
            expires=True,
            photos=True,
            unit=Unit.SEGMENTS,
        )
        self._keys = KeyFile(config.keys_file)
        self._attachments = Attachments(config, name)
        self._clock = clock
        self._rest = Rest(self._phone, connections=terms.in_flight or config.sending.in_flight, timeout_s=config.sending.timeout_s)

    def send(self, text: OutgoingText) -> Sent:
        """See `TextGateway.send`. The numbers that we store are whole: the app must not read them as those of the phone's own country."""
        answer = self._rest.ask("POST", "/messages", params={"skipPhoneValidation": "true"}, json=self._written(text), accepts=(TAKEN,))
        if answer.status != TAKEN and not isinstance(answer.document, dict):
            raise GatewayError("no_answer", Outcome.UNKNOWN)  # something else answers at this address
        return Sent(text.our_id, Delivery.SENT)

    def look_up(self, text: OutgoingText, since: datetime, known: set[str]) -> Sent | None:  # noqa: ARG002 - our id finds it
        """See `TextGateway.look_up`."""
        state, reason = self._rest.state_of(text.our_id)
        if state is None or state == states.CANCELLED:
            return None
        if states.DELIVERIES.get(state) is not Delivery.FAILED:
            return Sent(text.our_id, states.DELIVERIES.get(state, Delivery.SENT))
        delivery, code, outcome = states.failed(reason)
        return None if outcome in (Outcome.NOT_SENT, Outcome.ILL) else Sent(text.our_id, delivery, code, outcome)

    def texts_in(self, span: Span, page: str | None = None) -> Page[IncomingText]:
        """See `TextGateway.texts_in`. The app is first asked to look through the phone's own store: what its receiver missed is only there.

        It lists the newest first. What comes meanwhile moves the rest to later pages: something is listed twice, and nothing left out.
        """
        if page is None:
            newest = self._clock() - _STILL_COMING
            period = {"since": _iso(span.since), "until": _iso(max(span.since, min(span.until or newest, newest)))}
            self._rest.ask("POST", "/inbox/refresh", json={**period, "messageTypes": ["SMS"], "triggerWebhooks": False})
        offset = int(page or 0)
        until = span.until or max(span.since, self._clock()) + _ALL
        query = {"type": "SMS", "from": _iso(span.since), "to": _iso(until), "limit": _PAGE, "offset": offset}
        answer = self._rest.ask("GET", "/inbox", params=query)
        if not isinstance(answer.document, list):
            raise GatewayError("no_answer", Outcome.UNKNOWN)
        mark, device = self._keys.now().mark, self._phone.device_of("")
        texts = tuple(read_text(mark, device, told) for told in answer.document if isinstance(told, dict))
        is_last = len(answer.document) < _PAGE or offset + _PAGE >= _PAGE * _MOST_PAGES
        return Page(texts, None if is_last else str(offset + _PAGE))

    def cancel(self, text: OutgoingText) -> bool:
        """See `TextGateway.cancel`. A server answers before the phone has heard of it: then it is not known yet, and False."""
        self._rest.ask("DELETE", f"/messages/{text.our_id}", accepts=(400, UNKNOWN_ID, TAKEN))
        state, reason = self._rest.state_of(text.our_id)
        if state is None or state == states.CANCELLED:
            return True
        return state == "Failed" and states.failed(reason)[2] in (Outcome.NOT_SENT, Outcome.ILL)

    def became_of(self, gateway_id: str) -> Report | None:
        """See `TextGateway.became_of`."""
        state, reason = self._rest.state_of(gateway_id)
        if state is None:
            return None
        delivery, code, outcome = states.DELIVERIES.get(state, Delivery.SENT), None, None
        if state == states.CANCELLED:
            code, outcome = "cancelled", Outcome.NOT_SENT
        elif delivery is Delivery.FAILED:
            delivery, code, outcome = states.failed(reason)
        return Report(gateway_id, None, None, delivery, code, outcome)

    def fetch_photo(self, gateway_id: str, into: BinaryIO, *, limit_bytes: int) -> int:
        """See `TextGateway.fetch_photo`. It lies here, if the phone told its bytes, or at the phone."""
        if (path := mms.path_of(gateway_id)) is not None:
            return self._rest.fetch(path, into, limit_bytes=limit_bytes)
        if not INLINE.fullmatch(gateway_id):
            raise GatewayError("404", Outcome.REFUSED)
        try:
            came = self._attachments.read(self._keys.now(), gateway_id)
        except FileNotFoundError as fault:  # the phone may still tell it again, or it lies on another host
            raise GatewayError("not_here", Outcome.UNKNOWN) from fault
        except (OSError, SealBroken) as fault:
            raise GatewayError(type(fault).__name__[:16], Outcome.UNKNOWN) from fault
        if len(came) > limit_bytes:
            raise GatewayError("too_large", Outcome.REFUSED)
        return into.write(came)

    def delete_photo(self, gateway_id: str) -> None:
        """See `TextGateway.delete_photo`. The app has no way to delete what it loaded, as it has none for texts."""
        try:
            self._attachments.remove(gateway_id)
        except OSError as fault:
            raise GatewayError(type(fault).__name__[:16], Outcome.UNKNOWN) from fault

    def close(self) -> None:
        """See `TextGateway.close`."""
        self._rest.close()

    def _written(self, text: OutgoingText) -> dict[str, Any]:
        line = text.line or next(iter(self._phone.terms.sims), None)
        written: dict[str, Any] = {
            "id": text.our_id,
            "textMessage": {"text": text.body},
            "phoneNumbers": [text.to],
            "withDeliveryReport": True,
            "priority": _URGENT if text.urgent else 0,
        }
        if line is not None and line.isdecimal():
            written["simNumber"] = int(line)
        if self._phone.terms.device:
            written["deviceId"] = self._phone.terms.device
        if text.leaves_by is not None:
            # A span, and no time: the phone's clock may be wrong.
            written["ttl"] = int((text.leaves_by - self._clock()).total_seconds())
            if written["ttl"] < _SHORTEST_S:
                raise GatewayError("too_late", Outcome.NOT_SENT)
        return written


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"

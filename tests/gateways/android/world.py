"""A phone with two SIMs, before the pretend phone."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import requests

from hotline.config import Config
from hotline.domain.delivery import Delivery
from hotline.gateways.android import pairing
from hotline.gateways.android.client import AndroidGateway
from hotline.gateways.android.settings import Phone, PhoneTerms
from hotline.runtime import Runtime
from hotline.sections import Sending
from hotline.simulator.androidapi import create_phone_app
from hotline.simulator.androidfaults import PhoneFaults
from hotline.simulator.androidphone import AndroidPhone
from hotline.simulator.server import make_simulator_server
from hotline.webhooks.android.signature import sign
from tests.gateways.world import NOWHERE, MakeRt, Mishap, World, hotline_on_loopback
from tests.servers import serving

NAME, PASSWORD, KEY = "sim1", "pass wörd", "k" * 32

_FAULTS: dict[Mishap, dict[str, Any]] = {
    Mishap.ANSWER_LOST: {"api_hang_next": 1, "api_hang_s": 0.1},
    Mishap.BROKEN: {"api_http_next": 1, "api_http_status": 500},
    Mishap.REFUSED: {"api_http_next": 1, "api_http_status": 400},
    Mishap.THROTTLED: {"api_http_next": 1, "api_http_status": 503},
}
_QUIET = {"unreported_next": -1}  # the suite reports by itself, when it wants to


def phone_settings(url: str, **terms: Any) -> Phone:
    """The settings of a phone at that address."""
    return Phone(NAME, PhoneTerms(url=url, pretend=True, lines=("+923001110001",), **terms), password=PASSWORD, signing_key=KEY)


class AndroidWorld(World):
    """`phone` is the pretend phone."""

    def __init__(self, make_rt: MakeRt, phone: AndroidPhone, url: str, hotline_url: str, terms: dict[str, Any]) -> None:
        self.phone, self.phone_url, self.hotline_url = phone, url, hotline_url
        settings = phone_settings(url, **terms)
        # What a test sends is not to wait for the pace of a real phone.
        settings = replace(settings, terms=replace(settings.terms, per_minute=60_000, in_flight=8))
        self.rt: Runtime = make_rt(gateways={NAME: settings}, public_url=hotline_url, sending=Sending(timeout_s=2, undo_s=0))
        phone.now = self.rt.clock
        self.gateway: AndroidGateway = AndroidGateway(self.rt.config, NAME, clock=self.rt.clock)
        self.pair(self.rt.config)
        self.meets(None)

    def pair(self, config: Config) -> None:
        rest = pairing.rest_of(config, config.gateways[NAME])  # type: ignore[arg-type]  # it is a phone
        try:
            pairing.set_up(config, config.gateways[NAME], rest)  # type: ignore[arg-type]  # the same
        finally:
            rest.close()

    def meets(self, mishap: Mishap | None) -> None:
        self.gateway._rest._url = NOWHERE if mishap is Mishap.NO_CONNECTION else self.phone_url
        self.phone.password = "another" if mishap is Mishap.ILL else PASSWORD
        self.phone.faults = PhoneFaults(**_QUIET, **(_FAULTS.get(mishap, {}) if mishap is not None else {}))

    def on_phones(self) -> list[tuple[str, str]]:
        return [(one.to, one.text) for one in self.phone.arrived()]

    def come_in(self, number: str, words: str, *, times: int = 1) -> None:
        self.phone.hear(number, words, times=times)

    def come_in_untold(self, number: str, words: str) -> None:
        self.phone.faults = PhoneFaults(**_QUIET, webhook_lost_next=1)
        self.phone.hear(number, words)

    def come_in_mms(self, number: str, words: str, *pictures: bytes, **more: Any) -> list[dict[str, Any]]:
        """An MMS comes to the phone, which tells of it in two events; `more` as `MmsInbox.hear` takes it. Returns what it tells."""
        return self.phone.mms.hear(number, words, pictures, **more)

    def come_in_photo(self, number: str, words: str, picture: bytes) -> None:
        self.come_in_mms(number, words, picture)

    def forge(self, number: str, words: str) -> None:
        payload = {"messageId": "ff", "message": words, "sender": number, "simNumber": 1, "receivedAt": "2026-11-23T12:00:00.000+05:00"}
        self.tell("sms:received", payload, key="another key")

    def report(self, delivery: Delivery, *, times: int = 1) -> None:
        for _ in range(times):
            assert self._report(delivery, KEY) == 200

    def forge_report(self, delivery: Delivery) -> None:
        assert self._report(delivery, "another key") == 403

    def tell(self, event: str, payload: Any, *, key: str = KEY, id_: str = "e1", name: str = NAME) -> int:
        """An event in the app's envelope, signed; returns the status of the answer."""
        envelope = {"deviceId": self.phone.device, "event": event, "id": id_, "payload": payload, "webhookId": "w1"}
        return self.post(json.dumps(envelope).encode(), key=key, name=name)

    def post(self, raw: bytes, *, key: str = KEY, name: str = NAME, stamp: str | None = None) -> int:
        """A body of our own, signed at the time of the hotline's clock."""
        stamp = str(int(self.rt.clock().timestamp())) if stamp is None else stamp
        headers = {"X-Signature": sign(key, raw, stamp), "X-Timestamp": stamp, "Content-Type": "application/json"}
        return requests.post(f"{self.hotline_url}/hooks/android/{name}", data=raw, headers=headers, timeout=10).status_code

    def _report(self, delivery: Delivery, key: str) -> int:
        newest = self.phone.arrived()[-1]
        return self.tell(f"sms:{delivery.value}", {"messageId": newest.id, "phoneNumber": newest.to, "reason": "failed"}, key=key)


@contextmanager
def open_world(make_rt: MakeRt, **terms: Any) -> Iterator[AndroidWorld]:
    """The pretend phone and a hotline that it tells of texts. `terms`: keys of the phone's table."""
    with hotline_on_loopback() as (hotline, hotline_url):
        phone = AndroidPhone(password=PASSWORD, hotline_url=hotline_url, step_s=0.005, retry_s=0.05)
        with serving(make_simulator_server(create_phone_app(phone))) as url:
            world = AndroidWorld(make_rt, phone, url, hotline_url, terms)
            hotline.opens(world.rt)
            try:
                yield world
            finally:
                world.gateway.close()
                phone.close()

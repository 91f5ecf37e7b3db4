"""Twilio before the simulator."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import requests
from twilio.request_validator import RequestValidator

from hotline.domain.delivery import Delivery
from hotline.gateways.registry import text_gateways
from hotline.sections import Sending
from hotline.simulator import create_simulator
from hotline.simulator.server import make_simulator_server
from tests.gateways.world import NOWHERE, Lack, Lacks, MakeRt, Mishap, World, hotline_on_loopback
from tests.servers import serving
from tests.simulator.conftest import NUMBER, PUBLIC_URL, SID, TOKEN, Simulator

LACKS: Mapping[str, Lacks] = {"": frozenset({Lack.ONCE})}
_FAULTS = {
    Mishap.ANSWER_LOST: {"create_hang_next": 1, "create_hang_s": 0.1},
    Mishap.BROKEN: {"create_http_next": 1, "create_http_status": 500},
    Mishap.REFUSED: {"create_error_next": 1, "create_error_code": 21614},
    Mishap.ILL: {"create_error_next": 1, "create_error_code": 20003},
    Mishap.THROTTLED: {"create_http_next": 1, "create_http_status": 429},
}


_TOO_SLOW_TO_WAIT_FOR = Sending(timeout_s=2, undo_s=0)


class TwilioWorld(World):
    def __init__(self, make_rt: MakeRt, simulator: Simulator, hotline_url: str) -> None:
        account = {"account_sid": SID, "auth_token": TOKEN, "number": NUMBER, "api_url": simulator.url}
        self.rt = make_rt(account=account, public_url=PUBLIC_URL, sending=_TOO_SLOW_TO_WAIT_FOR)
        self.gateway = text_gateways(self.rt.config)["twilio"]
        self._simulator, self._hotline_url = simulator, hotline_url
        self.meets(None)

    def meets(self, mishap: Mishap | None) -> None:
        client: Any = self.gateway
        client._client.api.base_url = NOWHERE if mishap is Mishap.NO_CONNECTION else self._simulator.url
        # The suite reports by itself, when it wants to.
        self._simulator.faults(callback_drop_next=-1, **(_FAULTS.get(mishap, {}) if mishap is not None else {}))

    def on_phones(self) -> list[tuple[str, str]]:
        return [(one.recipient, one.phone_body) for one in reversed(self._sent())]

    def come_in(self, number: str, words: str, *, times: int = 1) -> None:
        sid = self._simulator.text(words, phone=number)["sid"]
        for _ in range(times - 1):
            self._simulator.text(words, phone=number, sid=sid)

    def come_in_untold(self, number: str, words: str) -> None:
        self._simulator.faults(callback_drop_next=-1, incoming_drop_next=1)
        self._simulator.text(words, phone=number)

    def come_in_photo(self, number: str, words: str, picture: bytes) -> None:
        self._simulator.app.extensions["simulator"].text_from(number, words, photo=picture)

    def forge(self, number: str, words: str) -> None:
        self._post("/hooks/twilio/sms", {"MessageSid": "SM" + "f" * 32, "From": number, "To": NUMBER, "Body": words}, "another token")

    def report(self, delivery: Delivery, *, times: int = 1) -> None:
        for _ in range(times):
            self._report(delivery, TOKEN)

    def forge_report(self, delivery: Delivery) -> None:
        self._report(delivery, "another token")

    def _report(self, delivery: Delivery, token: str) -> None:
        newest = self._sent()[0]
        address = urlsplit(newest.callback_url)
        self._post(f"{address.path}?{address.query}", {"MessageSid": newest.sid, "MessageStatus": delivery.value}, token)

    def _post(self, path: str, fields: dict[str, str], token: str) -> None:
        signature = RequestValidator(token).compute_signature(PUBLIC_URL + path, fields)
        requests.post(self._hotline_url + path, data=fields, headers={"X-Twilio-Signature": signature}, timeout=10)

    def _sent(self) -> list[Any]:
        state = self._simulator.app.extensions["simulator"].state
        found: list[Any] = state.newest_first(lambda one: one.direction == "outbound-api" and one.seen is not None)
        return found


@contextmanager
def open_world(make_rt: MakeRt) -> Iterator[World]:
    """The simulator and a hotline that it tells of texts."""
    with hotline_on_loopback() as (hotline, hotline_url):
        app = create_simulator(
            account_sid=SID, auth_token=TOKEN, number=NUMBER, public_url=PUBLIC_URL, hotline_url=hotline_url, step_s=0.01
        )
        with serving(make_simulator_server(app)) as url:
            world = TwilioWorld(make_rt, Simulator(url, app), hotline_url)
            hotline.opens(world.rt)
            try:
                yield world
            finally:
                world.gateway.close()
                app.extensions["simulator"].close()

"""Texts in Twilio's API."""

from urllib.parse import parse_qsl, urlsplit

from hotline.domain.delivery import Delivery
from hotline.gateways.base import OutgoingText
from hotline.gateways.twilio.client import TwilioGateway
from tests.simulator.conftest import NUMBER, PHONE, PUBLIC_URL, SID, TOKEN, HotlineDouble, Simulator, eventually
from tests.support import make_config


def test_the_address_for_reports_has_its_parameters_in_the_order_in_which_twilio_may_sign_them(
    simulator: Simulator, hotline: HotlineDouble
) -> None:
    account = {"account_sid": SID, "auth_token": TOKEN, "number": NUMBER, "api_url": simulator.url}
    gateway = TwilioGateway(make_config("sqlite:///unused", account=account, public_url=PUBLIC_URL))
    try:
        assert gateway.send(OutgoingText(7, 2, PHONE, "Your number is 100-200-300.", "0123abcd-7-2")).delivery is Delivery.SENT
    finally:
        gateway.close()
    eventually(lambda: bool(hotline.statuses))
    [address, *_] = [one.uri for one in hotline.received]
    named = parse_qsl(urlsplit(address).query)
    assert dict(named) == {"text": "7", "attempt": "2"}
    assert named == sorted(named)

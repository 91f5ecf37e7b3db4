"""Texts in Twilio's API."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from hotline.domain.delivery import Delivery
from hotline.gateways.base import Outcome, OutgoingText
from hotline.gateways.twilio.client import TwilioGateway
from hotline.gateways.twilio.codes import refused
from tests.simulator.conftest import NUMBER, PHONE, PUBLIC_URL, SID, TOKEN, HotlineDouble, Simulator, eventually
from tests.support import make_config


@pytest.mark.parametrize("code", ["21212", "21603", "21606", "21659", "21660", "21704", "21705"])
def test_a_sender_of_ours_that_is_wrong_is_no_fault_of_the_text(code: str) -> None:
    assert refused(400, code) is Outcome.ILL


@pytest.mark.parametrize("code", ["21211", "21614", "21617", "21408"])
def test_a_number_or_words_that_twilio_does_not_take_are_not_sent_again(code: str) -> None:
    assert refused(400, code) is Outcome.REFUSED


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

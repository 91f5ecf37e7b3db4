"""Twilio's entry in the registry. The REST client takes 18 MiB of memory: only workers and `hotline doctor` import it."""

from typing import TYPE_CHECKING

from hotline.config import Config
from hotline.gateways.base import Gateway, GatewayError, GatewayFault, TextGateway, network_fault
from hotline.gateways.twilio.account import KEY, NAME, account_of, read_account

if TYPE_CHECKING:
    from hotline.gateways.twilio.calls import TwilioCalls


def _texts(config: Config, _name: str) -> TextGateway:
    from hotline.gateways.twilio.client import TwilioGateway  # noqa: PLC0415 - see above

    return TwilioGateway(config)


def _calls(config: Config, _name: str) -> "TwilioCalls":
    from hotline.gateways.twilio.calls import TwilioCalls  # noqa: PLC0415 - see above

    return TwilioCalls(config)


def _check(config: Config, _name: str) -> str:
    from hotline.gateways.twilio.client import TwilioGateway  # noqa: PLC0415 - see above

    gateway = TwilioGateway(config)
    try:
        gateway.check()
    except GatewayError as fault:
        if said := network_fault(fault, account_of(config).api_url):
            raise GatewayFault(said) from fault
        raise GatewayFault(f"does not take our account ({fault.code}); check {KEY} and HOTLINE_TWILIO_AUTH_TOKEN") from fault
    finally:
        gateway.close()
    return "takes our account"


def _check_recordings(config: Config) -> bool:
    from hotline.gateways.twilio.calls import TwilioCalls  # noqa: PLC0415 - see above

    gateway = TwilioCalls(config)
    try:
        is_open = gateway.media_is_open()
    except GatewayError:  # Twilio cannot be asked: `_check` reports that
        return False
    finally:
        gateway.close()
    if is_open:
        raise GatewayFault(
            "the gateway plays them to anybody who asks; switch on HTTP auth for media in its console (Voice, Settings, General)"
        )
    return is_open is False


GATEWAY = Gateway(
    NAME,
    read=read_account,
    texts=_texts,
    calls=_calls,
    check=_check,
    call_log=_calls,
    check_recordings=_check_recordings,
    acts_on_words=True,
)

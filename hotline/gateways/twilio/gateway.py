"""Twilio's entry in the registry. The REST client takes 18 MiB of memory: only workers and `hotline doctor` import it."""

from hotline.config import Config
from hotline.gateways.base import CallGateway, Gateway, GatewayError, GatewayFault, TextGateway
from hotline.gateways.twilio.account import KEY, NAME, read_account


def _texts(config: Config) -> TextGateway:
    from hotline.gateways.twilio.client import TwilioGateway  # noqa: PLC0415 - see above

    return TwilioGateway(config)


def _calls(config: Config) -> CallGateway:
    from hotline.gateways.twilio.calls import TwilioCalls  # noqa: PLC0415 - see above

    return TwilioCalls(config)


def _check(config: Config) -> None:
    from hotline.gateways.twilio.client import TwilioGateway  # noqa: PLC0415 - see above

    gateway = TwilioGateway(config)
    try:
        gateway.check()
    except GatewayError as fault:
        raise GatewayFault(f"does not take our account ({fault.code}); check {KEY} and HOTLINE_TWILIO_AUTH_TOKEN") from fault
    finally:
        gateway.close()


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


GATEWAY = Gateway(NAME, KEY, read=read_account, texts=_texts, calls=_calls, check=_check, check_recordings=_check_recordings)

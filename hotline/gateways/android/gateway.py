"""The phone's entry in the registry. Only processes that send import the client: the web process does not pay for it."""

from hotline.config import Config
from hotline.gateways.android.settings import KIND, phone_of, read_phone
from hotline.gateways.base import Gateway, GatewayError, GatewayFault, Outcome, TextGateway


def _texts(config: Config, name: str) -> TextGateway:
    from hotline.gateways.android.client import AndroidGateway  # noqa: PLC0415 - see above

    return AndroidGateway(config, name)


def _check(config: Config, name: str) -> str:
    from hotline.gateways.android.pairing import missing_hooks  # noqa: PLC0415 - see above

    phone = phone_of(config, name)
    try:
        missing = missing_hooks(config, phone)
    except GatewayError as fault:
        raise GatewayFault(_what_to_do(fault, phone.terms.url)) from fault
    if missing:
        raise GatewayFault(f"does not tell us of {', '.join(missing)}; run: hotline gateways pair {name}")
    return "the phone answers, and is to tell us of texts"


def _what_to_do(fault: GatewayError, url: str) -> str:
    if fault.outcome is Outcome.ILL:
        return f"does not take our user and password at {url} ({fault.code}); compare them with those that the app shows"
    return f"cannot be reached at {url} ({fault.code}); see that the phone is on, in the network, and the app's server is switched on"


GATEWAY = Gateway(KIND, read=read_phone, texts=_texts, calls=None, check=_check)

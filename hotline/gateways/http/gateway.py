"""The entry of services that send texts over HTTP in the registry."""

from typing import cast

from hotline.config import Config, GatewaySettings
from hotline.gateways.base import Gateway, GatewayError, GatewayFault, TextGateway, Trial, network_fault
from hotline.gateways.http.client import HttpGateway
from hotline.gateways.http.exchange import reach
from hotline.gateways.http.settings import KIND, Account, account_of, read_account


def _texts(config: Config, name: str) -> TextGateway:
    return HttpGateway(config, name)


def _check(config: Config, name: str) -> str:
    """Ask what can be asked without sending a text: log in and fetch texts where the service has that, else only connect."""
    gateway = HttpGateway(config, name)
    service = gateway.service
    if not service.knows_taken:
        raise GatewayFault(
            f"has no rule for the answer by which {service.name} takes a text, so every text would wait for a person; "
            f"run hotline gateways try {name}, and write the rule into a file of your own"
        )
    try:
        if service.login is not None:
            gateway.log_in()
        if service.poll is not None:
            list(gateway.poll())
        elif service.login is None:
            reach(account_of(config, name).url, timeout_s=config.sending.timeout_s)
    except GatewayError as fault:
        if said := network_fault(fault, account_of(config, name).url):
            raise GatewayFault(said) from fault
        raise GatewayFault(f"cannot be used ({fault.code}); run hotline gateways try {name} to see what {service.name} says") from fault
    if service.login is None and service.poll is None:
        return f"{service.name} answers; whether it takes our account shows hotline gateways try {name}"
    return f"{service.name} takes our account"


def _trial(settings: GatewaySettings) -> Trial:
    """As its file says: a file of the operator's own may have been tried."""
    service = cast("Account", settings).service
    return Trial.UNTRIED if service is None or service.untried else Trial.TRIED


GATEWAY = Gateway(KIND, read=read_account, texts=_texts, calls=None, check=_check, trial=_trial)

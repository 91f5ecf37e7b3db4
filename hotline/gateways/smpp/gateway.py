"""The entry of SMPP in the registry."""

from datetime import datetime

from hotline.config import Config
from hotline.gateways.base import Gateway, GatewayFault, Outcome
from hotline.gateways.local import NoAnswer, NoProcess
from hotline.gateways.smpp.client import SmppGateway
from hotline.gateways.smpp.settings import KIND, read_smsc, smsc_of


def _check(config: Config, name: str) -> str:
    smsc = smsc_of(config, name)
    try:
        state = SmppGateway(config, name).state()
    except NoProcess as fault:
        raise GatewayFault(f"no process holds the link to {smsc.terms.host}: start `python -m workers`") from fault
    except NoAnswer as fault:
        raise GatewayFault("the process that holds the link does not answer: restart `python -m workers`, and read its log") from fault
    if since := state.get("bound_since"):
        return f"bound since {datetime.fromisoformat(since):%Y-%m-%d %H:%M} UTC"
    if state.get("outcome") == Outcome.ILL:
        raise GatewayFault(
            f"the SMSC does not take our account ({state['code']}); check system_id and system_type of {smsc.key} and the password"
        )
    raise GatewayFault(f"is not bound at {smsc.terms.host}, port {smsc.terms.port} ({state.get('code')}); is the tunnel to it up?")


GATEWAY = Gateway(KIND, read=read_smsc, texts=SmppGateway, calls=None, check=_check, has_webhooks=False, process="workers.smpp")

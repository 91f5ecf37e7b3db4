"""The entry of a SIP line in the registry."""

from importlib.util import find_spec

from hotline.config import Config
from hotline.gateways.base import Gateway, GatewayError, GatewayFault, Trial
from hotline.gateways.sip.client import SipCalls
from hotline.gateways.sip.settings import KIND, line_of, read_line

INSTALL = ".venv/bin/python -m pip install baresip-python==0.5.2a3"
"""The extra `sip`, as pyproject.toml pins it."""


def _lacks() -> str | None:
    return (
        None if find_spec("baresip") else f"the library that speaks SIP is not installed; run: {INSTALL}, and restart `python -m workers`"
    )


def _check(config: Config, name: str) -> str:
    if lacks := _lacks():
        raise GatewayFault(lacks)
    terms = line_of(config, name).terms
    host = terms.host
    try:
        state = SipCalls(config, name).state()
    except GatewayError as fault:
        raise GatewayFault(f"no process holds the line to {host} ({fault.code}): start `python -m workers`, and read its log") from fault
    if state.get("up") is not True:
        raise GatewayFault(f"is not registered at {host} ({state.get('code')}): check user and password, and that {host} can be reached")
    return f"registered at {host}" if terms.register else f"held for {host}, without registering: call it, to see that it rings"


GATEWAY = Gateway(
    KIND,
    read=read_line,
    texts=None,
    calls=SipCalls,
    check=_check,
    has_webhooks=False,
    process="workers.sip",
    trial=lambda _settings: Trial.EXPERIMENTAL,
    lacks=_lacks,
)

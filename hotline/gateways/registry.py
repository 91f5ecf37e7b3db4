"""The list of gateways. Besides its line here a gateway has a folder in `hotline/gateways/` and one in `hotline/webhooks/`.

The first folder reads its keys, sends texts, places calls and checks the account; it has a `Gateway`. The second has `BLUEPRINTS`,
whose views are decorated with its own check of requests (`guards.for_gateway`).
"""

import os
from collections.abc import Mapping

from hotline.config import Config, read_config
from hotline.gateways.base import CallGateway, Gateway, TextGateway
from hotline.gateways.twilio.account import demo_environment
from hotline.gateways.twilio.gateway import GATEWAY as TWILIO

__all__ = ["GATEWAYS", "call_gateway", "demo_environment", "gateways_in_use", "load_config", "text_gateway"]

GATEWAYS: Mapping[str, Gateway] = {gateway.name: gateway for gateway in (TWILIO,)}
"""Name → gateway. If several in use send texts (or place calls), the first one does."""


def load_config(environ: Mapping[str, str] | None = None) -> Config:
    """The configuration, with the keys of every gateway. `environ`: by default the process's environment. Raises `ConfigFault`."""
    return read_config(os.environ if environ is None else environ, {name: gateway.read for name, gateway in GATEWAYS.items()})


def gateways_in_use(config: Config) -> list[Gateway]:
    """The gateways whose keys are set."""
    return [gateway for name, gateway in GATEWAYS.items() if config.gateways[name].is_set]


def text_gateway(config: Config) -> TextGateway:
    """The gateway that sends our texts. If no gateway's keys are set, it is one whose every send fails."""
    return next(gateway.texts for gateway in [*gateways_in_use(config), *GATEWAYS.values()] if gateway.texts)(config)


def call_gateway(config: Config) -> CallGateway:
    """The gateway that places our calls and has their recordings. If no gateway's keys are set, it is one whose every call fails."""
    return next(gateway.calls for gateway in [*gateways_in_use(config), *GATEWAYS.values()] if gateway.calls)(config)

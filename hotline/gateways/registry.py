"""The list of kinds of gateways. Besides its line here a kind has a folder in `hotline/gateways/` and mostly one in `hotline/webhooks/`.

The first folder reads the keys, sends texts, places calls and checks the account; it has a `Gateway`. The second has `BLUEPRINTS`, below
`/hooks/<kind>/`, whose views are decorated with their own check of requests (`guards.for_gateway`).
"""

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from hotline.config import Config, read_config
from hotline.gateways.android.demo import demo_secrets, demo_table
from hotline.gateways.android.gateway import GATEWAY as ANDROID
from hotline.gateways.android.settings import KIND as ANDROID_KIND
from hotline.gateways.base import CallGateway, Gateway, TextGateway
from hotline.gateways.http.gateway import GATEWAY as HTTP
from hotline.gateways.listing import CallLog
from hotline.gateways.settings import read_gateways
from hotline.gateways.sip.gateway import GATEWAY as SIP
from hotline.gateways.smpp.gateway import GATEWAY as SMPP
from hotline.gateways.twilio.account import KEY as TWILIO_KEY
from hotline.gateways.twilio.account import demo_environment
from hotline.gateways.twilio.gateway import GATEWAY as TWILIO
from hotline.secretfiles import names_secret
from hotline.tomlfile import Unreadable, read_toml

__all__ = [
    "DEMOS",
    "GATEWAYS",
    "acts_on_words",
    "call_gateways",
    "call_logs",
    "demo_environment",
    "demo_secrets",
    "demo_table",
    "gateways_in_use",
    "load_config",
    "names_a_gateway",
    "text_gateways",
]

GATEWAYS: Mapping[str, Gateway] = {gateway.kind: gateway for gateway in (TWILIO, ANDROID, HTTP, SMPP, SIP)}
"""Kind → its entry."""

DEMOS: Mapping[str, str] = {
    TWILIO.kind: "a pretend account at Twilio",
    ANDROID_KIND: "a pretend Android phone; calls come by a pretend account at Twilio",
}
"""What HOTLINE_DEMO may be, the usual first → what the simulator then plays, in the words of `hotline run`."""


def load_config(environ: Mapping[str, str] | None = None) -> Config:
    """The configuration, with the keys of every gateway. `environ`: by default the process's environment. Raises `ConfigFault`."""
    readers = {kind: gateway.read for kind, gateway in GATEWAYS.items()}
    return read_config(os.environ if environ is None else environ, partial(read_gateways, readers, TWILIO.kind))


def names_a_gateway(environ: Mapping[str, str]) -> bool:
    """Whether the environment, or the file that it names, sets up a gateway. A file that cannot be read is told where it is read."""
    if names_secret(environ, TWILIO_KEY):
        return True
    try:
        return bool(environ.get("HOTLINE_CONFIG") and read_toml(Path(environ["HOTLINE_CONFIG"])).get("gateways"))
    except Unreadable:
        return False


def gateways_in_use(config: Config) -> dict[str, Gateway]:
    """Name → entry of its kind, of the gateways that are set up, in the order of the configuration."""
    return {name: GATEWAYS[settings.kind] for name, settings in config.gateways.items() if settings.is_set}


def acts_on_words(config: Config, name: str) -> bool:
    """Whether the gateway of that name acts on STOP and its like by itself. One that is set up no more does not."""
    settings = config.gateways.get(name)
    return settings is not None and GATEWAYS[settings.kind].acts_on_words


def text_gateways(config: Config) -> dict[str, TextGateway]:
    """Name → gateway, of those that send our texts, in the order of the configuration."""
    return {name: entry.texts(config, name) for name, entry in gateways_in_use(config).items() if entry.texts is not None}


def call_gateways(config: Config) -> dict[str, CallGateway]:
    """Name → gateway, of those that carry calls and have their recordings, in the order of the configuration: the first places our calls.
    If none is set up, there is one whose every call fails."""
    entries = gateways_in_use(config)
    if not any(entry.calls for entry in entries.values()):
        entries = {name: entry for name, entry in GATEWAYS.items() if name == TWILIO.kind}
    return {name: entry.calls(config, name) for name, entry in entries.items() if entry.calls is not None}


def call_logs(config: Config) -> dict[str, CallLog]:
    """Name → log of calls and recordings, of the gateways that keep one."""
    return {name: entry.call_log(config, name) for name, entry in gateways_in_use(config).items() if entry.call_log is not None}

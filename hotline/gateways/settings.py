"""The tables [gateways.NAME] of the configuration. Each is a gateway; `kind` says which."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from hotline.config import GatewaySettings
from hotline.secretfiles import read_secret

ReadSettings = Callable[[str, Mapping[str, Any], Mapping[str, str], list[str]], GatewaySettings]
"""Reads the gateway of that name from its table (without `kind`) and the environment; adds faults to the list, a sentence each."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,15}")


class Tabled:
    """A gateway that is set up by a table of its own."""

    name: str

    @property
    def key(self) -> str:
        """See `GatewaySettings.key`."""
        return f"[gateways.{self.name}]"


def read_gateways(
    kinds: Mapping[str, ReadSettings], by_environment: str, given: object, env: Mapping[str, str], faults: list[str]
) -> dict[str, GatewaySettings]:
    """All gateways of the configuration, in its order.

    `kinds`: kind → how it is read. The gateway that is named as the kind `by_environment` is read also without a table, as the last.
    """
    if not isinstance(given, dict):
        faults.append("[gateways] must be tables, as [gateways.sim1]")
        given = {}
    tables = {**given} if by_environment in given else {**given, by_environment: {"kind": by_environment}}
    found: dict[str, GatewaySettings] = {}
    for name, table in tables.items():
        kind = table.get("kind") if isinstance(table, dict) else None
        if not _NAME.fullmatch(name):
            faults.append(f"[gateways.{name}]: a name is at most 16 small letters, digits and _, and begins with a letter")
        elif not isinstance(kind, str) or kind not in kinds:
            faults.append(f"[gateways.{name}] kind must be one of {', '.join(kinds)}")
        else:
            rest = {key: value for key, value in table.items() if key != "kind"}
            found[name] = kinds[kind](name, rest, env, faults)
    return found


def read_gateway_secret(env: Mapping[str, str], name: str, what: str, faults: list[str]) -> str:
    """The secret `what` of a gateway ("" if it is not set): HOTLINE_SIM1_PASSWORD is the PASSWORD of [gateways.sim1]."""
    return read_secret(env, secret_variable(name, what), faults)


def secret_variable(name: str, what: str) -> str:
    """The name of the environment variable of a gateway's secret."""
    return f"HOTLINE_{name.upper()}_{what}"

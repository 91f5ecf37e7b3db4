"""A phone with the app "SMS Gateway for Android" (SMSGate): its table in the configuration."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlsplit

from hotline.config import Config, is_on_this_machine, read_section
from hotline.gateways.settings import Tabled, read_gateway_secret, secret_variable
from hotline.sections import Terms, whole

KIND = "android"
LOCAL, SERVER = "local", "server"

_LEAST_KEY = 24
"""Characters of the key that signs. The app draws 8 by itself, which can be guessed by trying."""

_OWN_NETWORKS = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))
"""RFC 1918 and RFC 4193. `is_private` of the library has more, which is no network of anybody's own."""

_SIM = re.compile(r"[1-9]")


@dataclass(frozen=True)
class PhoneTerms(Terms):
    """The keys of [gateways.NAME] for a phone; config.example.toml says what each means."""

    per_minute: int = whole(20, 0, 60_000)  # a phone hands a segment to the network in two or three seconds
    in_flight: int = whole(2, 0, 200)  # the app answers one request after the other
    per_15_minutes: int = whole(150, 0, 1_000_000)  # these three are what the authority allows one SIM in Pakistan
    per_hour: int = whole(250, 0, 1_000_000)
    per_day: int = whole(1000, 0, 10_000_000)
    url: str = ""
    mode: str = LOCAL
    user: str = "sms"  # as the app has it at first
    device: str = ""
    pretend: bool = False


@dataclass(frozen=True)
class Phone(Tabled):
    """See `GatewaySettings`. Secrets are kept out of its repr."""

    name: str
    terms: PhoneTerms
    password: str = field(repr=False)
    signing_key: str = field(repr=False)
    kind: str = KIND
    is_set: bool = True  # who writes the table wants the phone

    @property
    def is_real(self) -> bool:
        """See `GatewaySettings.is_real`. A phone at a cable is reached over loopback too, so the address does not tell."""
        return not self.terms.pretend

    @property
    def is_local(self) -> bool:
        """Whether the phone itself is asked, and no server between."""
        return self.terms.mode == LOCAL

    def device_of(self, told: str) -> str:
        """What stands for the phone in the ids of its texts. `told`: the app's own id of it.

        Behind a server there may be several. A phone that is asked itself is the one of this name, also after the app was installed anew.
        """
        return "" if self.is_local else told


def phone_of(config: Config, name: str) -> Phone:
    """The phone of that name in a configuration."""
    return cast("Phone", config.gateways[name])


def read_phone(name: str, table: Mapping[str, Any], env: Mapping[str, str], faults: list[str]) -> Phone:
    """The phone of a table, with its secrets. What is wrong with it is added to `faults`, a sentence each."""
    phone = Phone(
        name=name,
        terms=read_section(f"gateways.{name}", PhoneTerms, table, faults),
        password=read_gateway_secret(env, name, "PASSWORD", faults),
        signing_key=read_gateway_secret(env, name, "SIGNING_KEY", faults),
    )
    terms = phone.terms
    if not phone.password:
        faults.append(f"{secret_variable(name, 'PASSWORD')} is missing: write the password there that the app shows")
    if len(phone.signing_key) < _LEAST_KEY:
        faults.append(
            f"{secret_variable(name, 'SIGNING_KEY')} must have {_LEAST_KEY} characters or more: who guesses it can pretend texts; "
            "make one: python3 -c 'import secrets; print(secrets.token_hex(16))'"
        )
    if terms.mode not in (LOCAL, SERVER):
        faults.append(f'[gateways.{name}] mode must be "{LOCAL}" or "{SERVER}"')
    if not all(_SIM.fullmatch(sim) for sim in terms.sims) or len(set(terms.sims)) < len(terms.sims):
        faults.append(f'[gateways.{name}] sims must be the numbers of SIM slots, each once, like ["1", "2"]')
    if terms.canary == name:
        faults.append(f"[gateways.{name}] canary must be another gateway: a phone that texts itself hears it by no network")
    return _checked_address(phone, faults)


def _checked_address(phone: Phone, faults: list[str]) -> Phone:
    url, where = phone.terms.url, f"{phone.key} url"
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        is_whole = (
            parts.scheme in ("http", "https") and bool(host) and parts.port != 0 and not (parts.query or parts.fragment or parts.username)
        )
    except ValueError:
        is_whole, host = False, ""
    if not is_whole:
        faults.append(f"{where} must be like http://192.168.10.20:8080, or https://sms.example.org/api/3rdparty/v1 of a server")
    elif phone.terms.pretend and not is_on_this_machine(url):
        faults.append(f"{where}: a pretend phone is on this machine")
    elif url.startswith("http://") and not (is_on_this_machine(url) or (phone.is_local and _is_private(host))):
        # The app itself speaks plain http only, so that words and password are open to who is on the same network.
        faults.append(
            f"{where}: plain http is for a phone at this machine or in a network of its own (10.…, 172.16.…, 192.168.…); use https://"
        )
    return phone


def _is_private(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
        return any(address in network for network in _OWN_NETWORKS if network.version == address.version)
    except ValueError:  # a name: it may stand for an address anywhere
        return False

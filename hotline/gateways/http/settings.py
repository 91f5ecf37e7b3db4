"""The table of an account at a service: [gateways.NAME] of the kind `http`."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from hotline.config import Config, is_on_this_machine, read_section
from hotline.gateways.http.service import Service
from hotline.gateways.http.servicefile import PRESETS, is_address, preset_names, read_service
from hotline.gateways.settings import Tabled, read_gateway_secret, secret_variable
from hotline.sections import Terms

KIND = "http"

HOOK = "HOOK"
"""The secret in the addresses that the service calls."""


@dataclass(frozen=True)
class HttpTerms(Terms):
    """The keys of such a table, besides `values`. config.example.toml says what each means."""

    preset: str = ""
    file: str = ""
    url: str = ""
    allow: tuple[str, ...] = ()
    plain_http: bool = False


@dataclass(frozen=True)
class Account(Tabled):
    """See `GatewaySettings`. Secrets are kept out of its repr."""

    name: str
    terms: HttpTerms
    service: Service | None  # None: its file has faults, which were told
    url: str
    values: Mapping[str, str] = field(repr=False)  # those of the table and the secrets, by the names of their holes
    hook: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False, default=())  # what no log and no command may show
    kind: str = KIND

    @property
    def is_set(self) -> bool:
        """See `GatewaySettings.is_set`."""
        return self.service is not None

    @property
    def is_real(self) -> bool:
        """See `GatewaySettings.is_real`. A service on this machine reaches real phones all the same."""
        return self.is_set


def account_of(config: Config, name: str) -> Account:
    """The account of that name in a configuration."""
    return cast("Account", config.gateways[name])


def read_account(name: str, table: Mapping[str, Any], env: Mapping[str, str], faults: list[str]) -> Account:
    """The account in its table and the environment. What is wrong with it is added to `faults`, a sentence each."""
    where = f"[gateways.{name}]"
    terms: HttpTerms = read_section(f"gateways.{name}", HttpTerms, {k: v for k, v in table.items() if k != "values"}, faults)
    before = len(faults)
    path = _path(where, terms, env, faults)
    service = read_service(path, faults) if path is not None else None
    if service is None or len(faults) > before:
        return Account(name, terms, None, "", {}, "")
    values = _values(where, service, table.get("values", {}), faults)
    secrets = {what: read_gateway_secret(env, name, what, faults) for what in service.secrets}
    missing = [secret_variable(name, what) for what, has in secrets.items() if not has]
    faults += [f"{variable} is missing: {service.name} is not reached without" for variable in missing]
    odd = [secret_variable(name, what) for what, has in secrets.items() if not has.isprintable()]
    faults += [f"{variable} has characters that nobody can see, like the end of a line" for variable in odd]
    hook = read_gateway_secret(env, name, HOOK, faults) if service.has_hooks else ""
    if service.has_hooks and not re.fullmatch("[A-Za-z0-9_-]{24,128}", hook):
        faults.append(
            f"{secret_variable(name, HOOK)} must have 24 to 128 letters, digits, _ and -: it is in the address that {service.name} calls; "
            "make one: python3 -c 'import secrets; print(secrets.token_urlsafe(24))'"
        )
    strange = [one for one in terms.allow if not _is_network(one)]
    faults += [f"{where} allow: {one!r} is no address or network, like 203.0.113.7 or 203.0.113.0/24" for one in strange]
    url = (terms.url or service.url).rstrip("/")
    faults += _url_faults(where, url, plain_http=terms.plain_http)
    shown = tuple(one for one in (*secrets.values(), hook) if one)
    return Account(name, terms, service, url, {**values, **secrets}, hook, shown)


def _path(where: str, terms: HttpTerms, env: Mapping[str, str], faults: list[str]) -> Path | None:
    if bool(terms.preset) == bool(terms.file):
        faults.append(f"{where} needs preset, one of {', '.join(preset_names())}, or file, and not both")
        return None
    if terms.preset:
        if terms.preset not in preset_names():
            faults.append(f"{where} preset must be one of {', '.join(preset_names())}")
            return None
        return PRESETS / f"{terms.preset}.toml"
    return Path(env.get("HOTLINE_CONFIG") or ".").resolve().parent / terms.file


def _values(where: str, service: Service, given: object, faults: list[str]) -> dict[str, str]:
    if not isinstance(given, dict) or not all(isinstance(one, str) for one in given.values()):
        faults.append(f'{where} values must be a table of texts, like values = {{ user = "…" }}')
        return {}
    asked_for = ", ".join(service.values) or "none"
    unknown = given.keys() - service.values.keys()
    faults += [f"{where} values: {service.name} asks for no {name}; there are {asked_for}" for name in sorted(unknown)]
    found = {name: given.get(name, default) for name, default in service.values.items()}
    for name, value in found.items():
        if value is None:
            faults.append(f"{where} values: {name} is missing")
        elif not value.isprintable():
            faults.append(f"{where} values: {name} has characters that nobody can see")
    return {name: value or "" for name, value in found.items()}


def _is_network(given: str) -> bool:
    try:
        ipaddress.ip_network(given)
    except ValueError:
        return False
    return True


def _url_faults(where: str, url: str, *, plain_http: bool) -> list[str]:
    if not is_address(url):
        return [f"{where} url must be the service's address, like https://sms.example.com or http://127.0.0.1:13013, without a path"]
    if url.startswith("https://") or plain_http or is_on_this_machine(url) or _is_private(url):
        return []
    return [f"{where} url: over plain http others read our password and what citizens write; use https://, or say plain_http = true"]


def _is_private(url: str) -> bool:
    """Whether it is a number of a network of one's own: what goes there does not leave the house."""
    try:
        return ipaddress.ip_address(urlsplit(url).hostname or "").is_private
    except ValueError:
        return False

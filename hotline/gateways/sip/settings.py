"""A telephone line that speaks SIP: its table in the configuration."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from hotline.config import Config, read_section
from hotline.gateways.settings import Tabled, read_gateway_secret, secret_variable
from hotline.sections import Terms, whole

KIND = "sip"

TRANSPORTS = ("udp", "tcp", "tls")
NATIONAL, DIGITS, PLUS = "national", "digits", "plus"

_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?")
_USER = re.compile(r"[A-Za-z0-9+._-]{1,64}")
_PORTS = re.compile(r"([0-9]{4,5})-([0-9]{4,5})")


@dataclass(frozen=True)
class LineTerms(Terms):
    """The keys of [gateways.NAME] for a line; config.example.toml says what each means."""

    host: str = ""
    user: str = ""
    register: bool = True
    transport: str = "udp"
    listen: str = "0.0.0.0:5060"
    rtp_ports: str = "10000-10999"
    at_once: int = whole(10, 1, 100)
    dial: str = NATIONAL
    pretend: bool = False


@dataclass(frozen=True)
class Line(Tabled):
    """See `GatewaySettings`. The password is kept out of its repr."""

    name: str
    terms: LineTerms
    password: str = field(repr=False)
    kind: str = KIND
    is_set: bool = True  # who writes the table wants the line

    @property
    def is_real(self) -> bool:
        """See `GatewaySettings.is_real`. A telephone exchange on this machine may lead to real phones, so the address does not tell."""
        return not self.terms.pretend

    @property
    def address(self) -> str | None:
        """The one address of this machine by which the line is used; None for all but loopback."""
        host = self.terms.listen.rpartition(":")[0]
        return None if ipaddress.ip_address(host).is_unspecified else host


def line_of(config: Config, name: str) -> Line:
    """The line of that name in a configuration."""
    return cast("Line", config.gateways[name])


def read_line(name: str, table: Mapping[str, Any], env: Mapping[str, str], faults: list[str]) -> Line:
    """The line of a table, with its password. What is wrong with it is added to `faults`, a sentence each."""
    line = Line(
        name=name,
        terms=read_section(f"gateways.{name}", LineTerms, table, faults),
        password=read_gateway_secret(env, name, "PASSWORD", faults),
    )
    terms, where = line.terms, line.key
    if not _HOST.fullmatch(terms.host):
        faults.append(f"{where} host must be the registrar of the line, like sip.example.pk or 192.168.10.5:5060")
    if not _USER.fullmatch(terms.user):
        faults.append(f"{where} user must be the name or number of our account at {terms.host or 'the registrar'}")
    if terms.register and not line.password:
        faults.append(f"{secret_variable(name, 'PASSWORD')} is missing: the registrar asks for it; a line without it has register = false")
    if '"' in line.password or "\\" in line.password:
        faults.append(f'{secret_variable(name, "PASSWORD")} must not have " or \\ in it: the library cannot write them')
    if terms.transport not in TRANSPORTS:
        faults.append(f"{where} transport must be one of {', '.join(TRANSPORTS)}")
    if terms.dial not in (NATIONAL, DIGITS, PLUS):
        faults.append(f"{where} dial must be one of {NATIONAL}, {DIGITS}, {PLUS}")
    if not _is_listening(terms.listen):
        faults.append(f"{where} listen must be an address of this machine and a port, like 0.0.0.0:5060")
    ports = _PORTS.fullmatch(terms.rtp_ports)
    if ports is None or not 1024 <= int(ports[1]) < int(ports[2]) <= 65_535 or int(ports[2]) - int(ports[1]) < 4 * terms.at_once:
        faults.append(f"{where} rtp_ports must be two ports with at least {4 * terms.at_once} between them, like 10000-10999")
    return line


def _is_listening(given: str) -> bool:
    host, _, port = given.rpartition(":")
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return port.isascii() and port.isdigit() and 0 < int(port) <= 65_535

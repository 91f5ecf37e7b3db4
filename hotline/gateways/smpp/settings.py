"""The keys of an SMPP gateway: an account at an SMSC, the message centre of a network or of a company that leads to several."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from hotline.config import Config, read_section
from hotline.gateways.settings import Tabled, read_gateway_secret, secret_variable
from hotline.sections import Terms, whole

KIND = "smpp"

LONGEST_S = 45
"""How long all parts of a text may take together. A claim that is a minute old is taken for a dead worker's."""

BINDS = ("transceiver", "two")
SPLITS = ("udh", "sar", "payload")
ALPHABETS = ("gsm", "latin1", "ucs2")


@dataclass(frozen=True)
class SmscTerms(Terms):
    """The keys of [gateways.NAME] for an SMSC; config.example.toml says what each means."""

    per_minute: int = whole(600, 0, 60_000)
    in_flight: int = whole(10, 0, 200)  # what most SMSCs allow
    host: str = ""
    port: int = whole(2775, 1, 65535)
    tls: bool = True
    system_id: str = ""
    system_type: str = ""
    bind: str = "transceiver"
    sender: str = ""
    split: str = "udh"
    alphabet: str = "gsm"
    enquire_s: int = whole(30, 1, 600)
    pretend: bool = False


@dataclass(frozen=True)
class Smsc(Tabled):
    """See `GatewaySettings`. The password is kept out of its repr."""

    name: str
    terms: SmscTerms
    password: str = field(repr=False)
    kind: str = KIND
    is_set: bool = True  # who writes the table wants the gateway

    @property
    def is_real(self) -> bool:
        """See `GatewaySettings.is_real`. An SMSC at a loopback address is real too: so does the end of a tunnel look."""
        return not self.terms.pretend

    def line_of(self, destination: str) -> str | None:
        """The line of ours, as the table writes it, that a text came to; as the SMSC writes it if the table has no such line."""
        digits = destination.removeprefix("+")
        return next((line for line in self.terms.lines if line.removeprefix("+") == digits), destination or None)

    def sender_of(self, line: str | None) -> str:
        """The number that a text leaves under: the number that the citizen wrote to, if it is a line of ours, else the gateway's sender."""
        return line if line in self.terms.lines else self.terms.sender


def smsc_of(config: Config, name: str) -> Smsc:
    """The SMSC of that name in a configuration."""
    return cast("Smsc", config.gateways[name])


def read_smsc(name: str, table: Mapping[str, Any], env: Mapping[str, str], faults: list[str]) -> Smsc:
    """The SMSC of a table, with its password. What is wrong with it is added to `faults`, a sentence each."""
    where = f"[gateways.{name}]"
    terms: SmscTerms = read_section(f"gateways.{name}", SmscTerms, table, faults)
    password = read_gateway_secret(env, name, "PASSWORD", faults)
    if not terms.host:
        faults.append(f"{where} host is missing: the address of the SMSC")
    # SMPP 3.4, 4.1.1: C-octet strings of 16, 9 and 13 bytes with their end. A longer one would be cut, and refused.
    if not _fits(terms.system_id, 15) or not terms.system_id:
        faults.append(f"{where} system_id must be 1 to 15 characters: the name of our account")
    if not _fits(password, 8):
        faults.append(f"{secret_variable(name, 'PASSWORD')} must be at most 8 characters: SMPP 3.4 has room for no more")
    if not _fits(terms.system_type, 12):
        faults.append(f"{where} system_type must be at most 12 characters")
    if not re.fullmatch(r"\+[0-9]{8,15}|[0-9]{3,8}|[A-Za-z0-9 .&-]{1,11}", terms.sender):
        faults.append(f"{where} sender must be + and 8 to 15 digits, a short code, or a name of at most 11 letters and digits")
    for key, known in (("bind", BINDS), ("split", SPLITS), ("alphabet", ALPHABETS)):
        if getattr(terms, key) not in known:
            faults.append(f"{where} {key} must be one of {', '.join(known)}")
    return Smsc(name, terms, password)


def _fits(given: str, most: int) -> bool:
    return len(given) <= most and given.isascii() and "\0" not in given

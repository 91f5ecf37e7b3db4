"""Our account at Twilio, read from the environment."""

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from hotline.config import Config, is_on_this_machine, read_section
from hotline.secretfiles import read_secret
from hotline.sections import Terms

NAME = "twilio"
KEY = "HOTLINE_TWILIO_ACCOUNT_SID"
API_URL = "https://api.twilio.com"


@dataclass(frozen=True)
class Account:
    """See `GatewaySettings`. Secrets are kept out of its repr."""

    account_sid: str = field(repr=False)
    auth_token: str = field(repr=False)
    auth_token_previous: str = field(repr=False)  # also accepted in signatures, while the token is rotated
    number: str  # or a short code, or the id of a messaging service (MG…)
    api_url: str
    terms: Terms
    kind: str = NAME
    key: str = KEY

    @property
    def is_set(self) -> bool:
        """See `GatewaySettings.is_set`."""
        return bool(self.account_sid)

    @property
    def is_real(self) -> bool:
        """See `GatewaySettings.is_real`."""
        return self.is_set and not is_on_this_machine(self.api_url)


def account_of(config: Config) -> Account:
    """The account in a configuration."""
    return cast("Account", config.gateways[NAME])


def read_account(name: str, table: Mapping[str, Any], env: Mapping[str, str], faults: list[str]) -> Account:
    """The account in the environment; its table has its terms. What is wrong with it is added to `faults`, a sentence each."""
    if name != NAME:
        faults.append(f"[gateways.{name}]: the account at Twilio is set up in the environment, and its table is [gateways.{NAME}]")
    account = Account(
        account_sid=read_secret(env, KEY, faults),
        auth_token=read_secret(env, "HOTLINE_TWILIO_AUTH_TOKEN", faults),
        auth_token_previous=read_secret(env, "HOTLINE_TWILIO_AUTH_TOKEN_PREVIOUS", faults),
        number=env.get("HOTLINE_TWILIO_NUMBER", ""),
        api_url=(env.get("HOTLINE_TWILIO_API_URL") or API_URL).rstrip("/"),
        terms=read_section(f"gateways.{name}", Terms, table, faults),
    )
    if not re.fullmatch(r"(\+[0-9]{8,15}|[0-9]{3,8}|MG[0-9a-fA-F]{32})?", account.number):
        faults.append("HOTLINE_TWILIO_NUMBER must be + and 8 to 15 digits, a short code, or a messaging service (MG…)")
    if account.is_set and not account.auth_token:
        faults.append("HOTLINE_TWILIO_AUTH_TOKEN is missing: without it no text can be trusted or sent")
    if account.is_set and not account.number:
        faults.append("HOTLINE_TWILIO_NUMBER is missing: texts need a sender")
    if not re.match(r"https?://", account.api_url):
        faults.append("HOTLINE_TWILIO_API_URL must begin with https:// (or http:// on this machine)")
    elif account.api_url.startswith("http://") and not is_on_this_machine(account.api_url):
        faults.append("HOTLINE_TWILIO_API_URL: plain http is for this machine only; use https://")
    return account


def demo_environment(
    given: Mapping[str, str], keep: Callable[[str, Callable[[], str]], str], *, number: str, api_url: str
) -> dict[str, str]:
    """The environment variables of an account at the simulator. `keep(name, make)` makes a secret once and keeps it."""
    return {
        KEY: keep("twilio_account_sid", lambda: "AC" + secrets.token_hex(16)),
        "HOTLINE_TWILIO_AUTH_TOKEN": keep("twilio_auth_token", lambda: secrets.token_hex(16)),
        "HOTLINE_TWILIO_NUMBER": given.get("HOTLINE_TWILIO_NUMBER") or number,
        "HOTLINE_TWILIO_API_URL": api_url,
    }

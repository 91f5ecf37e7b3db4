"""A pretend phone for the demo: the simulator plays it."""

import secrets
from collections.abc import Callable

from hotline.gateways.settings import secret_variable

NAME = "phone"


def demo_table(api_url: str) -> str:
    """The phone's table in the configuration, as TOML."""
    return f"""[gateways.{NAME}]
kind = "android"
url = "{api_url}/android"
sims = ["1"]
pretend = true
"""


def demo_secrets(keep: Callable[[str, Callable[[], str]], str]) -> dict[str, str]:
    """The environment variables of the phone. `keep(name, make)` makes a secret once and keeps it."""
    return {
        secret_variable(NAME, what): keep(f"phone_{what.lower()}", lambda: secrets.token_hex(16)) for what in ("PASSWORD", "SIGNING_KEY")
    }

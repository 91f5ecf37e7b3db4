"""A pretend service, and gateways of ours to it without a database."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from hotline.gateways.base import OutgoingText
from hotline.gateways.http.client import HttpGateway
from hotline.sections import Sending
from tests.gateways.http.pretend import Pretend
from tests.gateways.http.world import NAME, account_at
from tests.servers import serving
from tests.support import HER, KEYS, make_config

Open = Callable[..., HttpGateway]


@pytest.fixture
def pretend() -> Pretend:
    return Pretend()


@pytest.fixture
def service_url(pretend: Pretend) -> Iterator[str]:
    with serving(make_server("127.0.0.1", 0, pretend, threaded=True)) as url:
        yield url


@pytest.fixture
def open_gateway(service_url: str) -> Open:
    """Opens a gateway by the file of that name; with `url` to another place, with `file` by that file."""

    def opened(name: str, *, url: str = "", timeout_s: Any = 1, file: Path | None = None, **more: Any) -> HttpGateway:
        account = account_at(service_url, name, **({"file": str(file)} if file is not None else {}))
        if url:
            account = dataclasses.replace(account, url=url)
        return HttpGateway(make_config("sqlite:///unused", gateways={NAME: account}, sending=Sending(timeout_s=timeout_s)), NAME, **more)

    return opened


def text_of(words: str, *, number: int = 7, attempt: int = 1, to: str = HER) -> OutgoingText:
    """A text as a worker would send it."""
    return OutgoingText(number, attempt, to, words, f"{KEYS.tag}-{number}-{attempt}")

"""Slow clients before the shipped nginx: it holds them, and everybody else is answered meanwhile."""

import contextlib
import http.client
import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hotline.storage.schema import migrate
from tests.bench.load import Texts, post, signed
from tests.bench.processes import Processes
from tests.nginx import proxy
from tests.servers import RedisServer, free_port
from tests.test_slow_clients import SILENT, WITHIN_S

SENDERS, TEXTS = 16, 320
STRANGERS = ssl.create_default_context()
STRANGERS.check_hostname, STRANGERS.verify_mode = False, ssl.CERT_NONE


@pytest.fixture(scope="module")
def port(redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Where nginx listens before the web line of the Procfile."""
    folder, port = tmp_path_factory.mktemp("proxy"), free_port()
    url = f"sqlite:///{folder}/hotline.sqlite3"
    migrate(url)
    (folder / "processes").mkdir()
    with Processes(folder / "processes") as processes:
        web = processes.serve("web", processes.environment(url, redis_server.url))
        with proxy(folder / "nginx", [f"127.0.0.1:{web.port}"], port=port):
            yield port


@contextlib.contextmanager
def silent_clients(port: int) -> Iterator[None]:
    """200 connections that say no more: of each four, one has only connected, one has greeted, one has sent half of its headers, one half
    of its body."""
    with contextlib.ExitStack() as stack:
        for said in [None, *list(SILENT.values())[1:]] * 50:
            plain = socket.create_connection(("127.0.0.1", port), timeout=WITHIN_S)
            one = stack.enter_context(plain if said is None else STRANGERS.wrap_socket(plain))
            one.sendall(said or b"")
        yield


def send(port: int, pairs: list[tuple[str, str]]) -> list[int]:
    """One gateway's texts, one after the other; what each is answered."""
    with contextlib.closing(http.client.HTTPSConnection("127.0.0.1", port, timeout=WITHIN_S, context=STRANGERS)) as gateway:
        return [post(gateway, *pair) for pair in pairs]


def test_beside_two_hundred_silent_clients_no_text_of_a_flood_is_refused(port: int, tmp_path: Path) -> None:
    pairs = signed(Texts(tmp_path).draw(TEXTS)[0])
    with silent_clients(port), ThreadPoolExecutor(SENDERS) as senders:
        answers = [one for told in senders.map(lambda n: send(port, pairs[n::SENDERS]), range(SENDERS)) for one in told]
    assert answers == [200] * TEXTS


def test_what_is_the_machines_own_is_not_told_through_the_proxy(port: int) -> None:
    for path, status in (("/healthz", 200), ("/readyz", 404), ("/metrics", 404), ("/metrics/", 404)):
        with contextlib.closing(http.client.HTTPSConnection("127.0.0.1", port, timeout=WITHIN_S, context=STRANGERS)) as one:
            one.request("GET", path)
            assert (path, one.getresponse().status) == (path, status)

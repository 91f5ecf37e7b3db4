"""A PostgreSQL that takes connections and answers nothing keeps no web process from answering its gateways."""

import contextlib
import select
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import text
from sqlalchemy.engine import make_url

from hotline.gateways.base import IncomingText
from hotline.runtime import Runtime, build_runtime
from hotline.services import arriving
from hotline.services.draining import take_in_waiting
from hotline.spool import FOLDER, Reader
from hotline.storage.db import DatabaseFault
from tests.support import RecordingBell, keys_file, make_config, tickets

THREADS = 8
"""As a web process has them."""


class Server:
    """Stands before a PostgreSQL server. While it `hangs` it takes connections, and passes nothing on."""

    def __init__(self, url: str) -> None:
        given = conninfo_to_dict(url)
        self._host, self._port = str(given.get("host") or "127.0.0.1"), int(given.get("port") or 5432)
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = (
            make_url(url).set(host="127.0.0.1", port=self._listening.getsockname()[1], query={}).render_as_string(hide_password=False)
        )
        self.hangs = False
        threading.Thread(target=self._take, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _take(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._pass_on, args=(self._listening.accept()[0],), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        is_path = self._host.startswith("/")
        server = socket.socket(socket.AF_UNIX if is_path else socket.AF_INET)
        server.connect(f"{self._host}/.s.PGSQL.{self._port}" if is_path else (self._host, self._port))
        both, waits = {client.fileno(): (client, server), server.fileno(): (server, client)}, select.poll()
        for one in both:
            waits.register(one, select.POLLIN)
        with client, server, contextlib.suppress(OSError):
            while True:
                for ready, _ in waits.poll(50) if not self.hangs else ():
                    source, target = both[ready]
                    said = source.recv(65_536)
                    if not said:
                        return
                    target.sendall(said)
                if self.hangs:
                    time.sleep(0.05)


@pytest.fixture
def server(postgres_url: str) -> Iterator[Server]:
    made = Server(postgres_url)
    yield made
    made.close()


@pytest.fixture
def rt(server: Server, tmp_path: Path) -> Iterator[Runtime]:
    made = build_runtime(make_config(server.url, data_dir=tmp_path), bell=RecordingBell(), answer_s=1)
    yield made
    made.close()


def asks(rt: Runtime) -> str:
    try:
        with rt.reading() as session:
            session.execute(text("SELECT 1"))
    except DatabaseFault:
        return "refused"
    return "answered"


def comes_in(rt: Runtime, number: int) -> None:
    arriving.take_text(rt, "twilio", IncomingText(f"SM{number}", f"+9230012{number:05}", "orangi town mein chori ho gayi"))


def test_texts_are_put_on_the_disk_although_pages_wait_for_a_server_that_does_not_answer(server: Server, rt: Runtime) -> None:
    with ThreadPoolExecutor(THREADS) as web:
        assert list(web.map(asks, [rt] * THREADS)) == ["answered"] * THREADS
        for number in range(20):
            comes_in(rt, number)
        server.hangs = True
        texts = [web.submit(comes_in, rt, number) for number in range(20, 23)]
        pages = [web.submit(asks, rt) for _ in range(100)]
        texts += [web.submit(comes_in, rt, number) for number in range(23, 60)]
        assert not wait(texts, timeout=30).not_done
        assert {page.result(timeout=30) for page in pages} == {"refused"}
        server.hangs = False
    assert len(list((rt.config.data_dir / FOLDER).glob("*.age"))) > 30  # the first may have been through when it stopped
    ends = time.monotonic() + 20
    while asks(rt) != "answered":
        assert time.monotonic() < ends
        time.sleep(0.1)
    take_in_waiting(rt, Reader(Path(keys_file())), for_s=10)  # also what the server had on its way, and did after all
    assert len(tickets(rt)) == 60


def test_a_lock_that_is_waited_for_is_no_server_that_hangs(postgres_url: str, tmp_path: Path) -> None:
    rt = build_runtime(make_config(postgres_url, data_dir=tmp_path), bell=RecordingBell(), answer_s=2)
    with rt.engine.begin() as holds, rt.engine.connect() as other:
        holds.execute(text("SELECT pg_advisory_xact_lock(7)"))
        other.execute(text("SET lock_timeout = 500"))
        with pytest.raises(DatabaseFault):
            other.execute(text("SELECT pg_advisory_xact_lock(7)"))
        assert asks(rt) == "answered"
    rt.close()

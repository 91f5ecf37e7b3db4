"""Clients that send, read or close slowly hold no thread: the web server, as the Procfile starts it, answers everybody else meanwhile."""

import contextlib
import http.client
import os
import selectors
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from statistics import median

import pytest
from gunicorn.config import Config
from gunicorn.workers.gthread import TConn

from hotline.connections import RECEIVE_S, Worker, _Line, is_whole
from hotline.i18n import PROJECT
from hotline.storage.schema import migrate
from tests.bench.load import Texts, post, signed
from tests.bench.processes import Processes, Web
from tests.servers import RedisServer

WITHIN_S = 8.0
"""How long an answer may take beside slow clients: much on a quiet machine, little against the minutes that they held the threads."""

FONT = "/static/vendor/noto-nastaliq-urdu-arabic-400-normal.woff2"
FONT_BYTES = (PROJECT / "hotline/web" / FONT.removeprefix("/")).read_bytes()
POST = b"POST /login HTTP/1.1\r\nHost: hotline\r\nContent-Type: application/x-www-form-urlencoded\r\n"
GET = b"GET /healthz HTTP/1.1\r\nHost: hotline\r\n"
GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"
SILENT = {
    "nothing": b"",
    "the first byte": b"P",
    "half of the headers": POST,
    "half of the body": POST + b"Content-Length: 20\r\n\r\nlogin=ali",
}


@pytest.fixture(scope="module")
def processes(redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    with Processes(tmp_path_factory.mktemp("slow")) as started:
        yield started


@pytest.fixture(scope="module")
def web(processes: Processes, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Web:
    return serve(processes, "web", redis_server, tmp_path_factory.mktemp("web", numbered=True))


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Texts:
    return Texts(tmp_path_factory.mktemp("texts"))


def serve(processes: Processes, name: str, redis: RedisServer, folder: Path) -> Web:
    """The web line of the Procfile, with a database of its own."""
    url = f"sqlite:///{folder}/hotline.sqlite3"
    migrate(url)
    return processes.serve(name, processes.environment(url, redis.url))


@contextlib.contextmanager
def clients(port: int, sent: list[bytes], *, room_bytes: int = 0) -> Iterator[list[socket.socket]]:
    """Connections, each of which has sent its bytes; `room_bytes`: how much each takes in before it is read."""
    with contextlib.ExitStack() as stack:
        opened = []
        for data in sent:
            one = stack.enter_context(socket.socket())
            if room_bytes:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room_bytes)
            one.settimeout(WITHIN_S)
            one.connect(("127.0.0.1", port))
            one.sendall(data)
            opened.append(one)
        yield opened


def text_and_page(web: Web, texts: Texts) -> tuple[int, int]:
    """The statuses of the answers to a signed text and to the page of the log-in, each on a connection of its own."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", web.port, timeout=WITHIN_S)) as gateway:
        taken = post(gateway, *signed(texts.draw(1)[0])[0])
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", web.port, timeout=WITHIN_S)) as browser:
        browser.request("GET", "/login")
        return taken, browser.getresponse().status


def held(web: Web, ports: set[int]) -> list[int]:
    """How many of the connections from these ports each web process has taken. Connections of other tests may be closing meanwhile."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
    sockets = {f"socket:[{row[9]}]" for row in rows if int(row[1][-4:], 16) == web.port and int(row[2][-4:], 16) in ports}
    return [len(sockets.intersection(links(Path(f"/proc/{pid}/fd")))) for pid in web.workers]


def links(folder: Path) -> Iterator[str]:
    """Where the links of a folder point, but for those that vanish meanwhile."""
    for link in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            yield str(link.readlink())


def closed_within(opened: list[socket.socket], seconds: float) -> list[bytes]:
    """What each connection was told before the server closed it. Fails if one is still open after so many seconds."""
    told = dict.fromkeys(opened, b"")
    ends = time.monotonic() + seconds
    with selectors.DefaultSelector() as waiting:
        for one in opened:
            waiting.register(one, selectors.EVENT_READ)
        while waiting.get_map():
            assert time.monotonic() < ends, f"{len(waiting.get_map())} of {len(opened)} are still open"
            for key, _ in waiting.select(1):
                assert isinstance(key.fileobj, socket.socket)
                one = key.fileobj
                data = b""
                with contextlib.suppress(ConnectionResetError):
                    data = one.recv(65_536)
                told[one] += data
                if not data:
                    waiting.unregister(one)
    return list(told.values())


def whole_answer(one: socket.socket) -> tuple[int, bytes]:
    """Status and body of the next answer on a connection, after any that say to go on; nothing behind it is read."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = one.recv(1)
        assert byte, f"closed after {head!r}"
        head = b"" if head + byte == GO_ON else head + byte
    [length] = [int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    body = bytearray()
    while len(body) < length:
        piece = one.recv(length - len(body))
        assert piece, f"closed after {len(body)} of {length} bytes"
        body += piece
    return int(head.split()[1]), bytes(body)


def test_two_hundred_silent_senders_keep_nobody_waiting_and_are_closed(web: Web, texts: Texts) -> None:
    with clients(web.port, [*SILENT.values()] * 50) as silent:
        assert text_and_page(web, texts) == (200, 200)
        told = closed_within(silent, 25)
    # A client that had begun a request is told why.
    assert {data.partition(b"\r\n")[0] for data in told[0::4]} == {b""}
    for kind in (1, 2, 3):
        assert {data.partition(b"\r\n")[0] for data in told[kind::4]} == {b"HTTP/1.1 408 Request Timeout"}


def test_a_sender_of_one_byte_at_a_time_holds_no_thread_either(web: Web, texts: Texts) -> None:
    with clients(web.port, [SILENT["half of the body"]] * 40) as slow:
        for _ in range(5):
            for one in slow:
                one.sendall(b"x")
        assert text_and_page(web, texts) == (200, 200)


def test_more_silent_senders_than_the_server_has_room_for_push_each_other_out(web: Web, texts: Texts) -> None:
    with clients(web.port, [SILENT["the first byte"]] * 900):
        assert text_and_page(web, texts) == (200, 200)


def test_connections_kept_alive_make_room_for_a_new_one(web: Web, texts: Texts) -> None:
    with clients(web.port, [GET + b"\r\n"] * 900):
        assert text_and_page(web, texts) == (200, 200)


def test_connections_that_are_made_at_one_time_are_shared_by_the_processes(processes: Processes, web: Web) -> None:
    """A proxy keeps those that it has made: a process that took all of them would work alone."""

    def began() -> bool:
        """Whether each has the thread that looks out for workers; then it takes connections."""
        return all(len([*Path(f"/proc/{pid}/task").iterdir()]) > 1 for pid in web.workers)

    processes.wait(began, "each process takes connections", within_s=30)
    least = []
    # A busy machine may keep a process from the processor for a moment, so the median round counts.
    for _ in range(7):
        with clients(web.port, [b"P"] * 40) as opened:
            ports = {one.getsockname()[1] for one in opened}
            processes.wait(lambda ports=ports: sum(held(web, ports)) == 40, "they are taken", within_s=WITHIN_S)
            least.append(min(held(web, ports)))
    assert median(least) >= 15, least


def test_readers_who_take_nothing_keep_nobody_waiting_and_get_all_of_it_when_they_do(web: Web, texts: Texts) -> None:
    # The kernel takes four megabytes off our hands for each client; only a client who asks for more is waited for.
    asked = f"GET {FONT} HTTP/1.1\r\nHost: hotline\r\n\r\n".encode() * 40
    with clients(web.port, [asked] * 40, room_bytes=2048) as slow:
        assert [whole_answer(slow[0]) for _ in range(40)] == [(200, FONT_BYTES)] * 40
        assert text_and_page(web, texts) == (200, 200)


def test_clients_who_never_close_keep_nobody_waiting(web: Web, texts: Texts) -> None:
    with clients(web.port, [GET + b"Connection: close\r\n\r\n"] * 60) as slow:
        assert {whole_answer(one)[0] for one in slow} == {200}
        assert text_and_page(web, texts) == (200, 200)


@pytest.mark.parametrize(
    ("pieces", "statuses"),
    [
        ([GET, b"\r\n"], [200]),
        ([GET + b"\r\n" + GET + b"\r\n" + GET[:9], GET[9:] + b"\r\n"], [200, 200, 200]),
        ([POST + b"Content-Length: 7\r\n\r\n", b"log", b"in=a" + GET + b"\r\n"], [400, 200]),
        ([POST + b"Transfer-Encoding: chunked\r\n\r\n3\r\nlog\r", b"\n4\r\nin=a\r\n", b"0\r\n\r\n"], [400]),
        ([b"GET /hooks/http/kannel/secret/texts?text=" + b"%06%27" * 1600 + b" HTTP/1.1\r\nHost: hotline\r\n\r\n"], [403]),
        ([POST + b"Content-Length: 65537\r\n\r\nlogin="], [413]),
        ([POST + b"Transfer-Encoding: chunked\r\n\r\n" + (b"1000\r\n" + b"x" * 4096 + b"\r\n") * 40], [400]),
    ],
    ids=["in pieces", "together", "with a body", "in chunks", "the longest text in an address", "too long", "too long, in chunks"],
)
def test_a_request_is_answered_however_it_is_cut(web: Web, pieces: list[bytes], statuses: list[int]) -> None:
    with clients(web.port, [b""]) as [one]:
        for piece in pieces:
            one.sendall(piece)
        assert [whole_answer(one)[0] for _ in statuses] == statuses


def test_large_forms_that_stop_before_their_end_are_given_up_before_they_fill_the_memory(web: Web, texts: Texts) -> None:
    large = b"POST /hooks/twilio/sms HTTP/1.1\r\nHost: hotline\r\nContent-Length: 2000000\r\n\r\n" + b"x" * 1_999_999
    with clients(web.port, [large] * 100) as stopped:
        began = time.monotonic()
        with selectors.DefaultSelector() as waiting:
            for one in stopped:
                waiting.register(one, selectors.EVENT_READ)
            assert waiting.select(WITHIN_S)  # the first of them is answered, and not by the deadline of a request
        assert time.monotonic() - began < RECEIVE_S / 2
        assert text_and_page(web, texts) == (200, 200)


def test_headers_without_end_are_not_read_for_ever(web: Web) -> None:
    with clients(web.port, [GET + b"X: " + b"x" * 140_000]) as endless:
        assert closed_within(endless, WITHIN_S) == [b""]


def test_a_client_that_asks_whether_to_go_on_is_told(web: Web) -> None:
    with clients(web.port, [POST + b"Content-Length: 7\r\nExpect: 100-continue\r\n\r\n"]) as [one]:
        assert one.recv(len(GO_ON)) == GO_ON
        one.sendall(b"login=a")
        assert whole_answer(one)[0] == 400


def test_a_stop_waits_for_the_request_that_has_begun_and_for_no_silent_client(
    processes: Processes, redis_server: RedisServer, tmp_path: Path
) -> None:
    web = serve(processes, "stopping", redis_server, tmp_path)
    with clients(web.port, [SILENT["nothing"], GET + b"\r\n"]) as [_silent, one]:
        assert whole_answer(one)[0] == 200
        one.sendall(GET)
        began = time.monotonic()
        os.kill(web.pid, signal.SIGTERM)
        one.sendall(b"\r\n")
        assert whole_answer(one)[0] == 200
        processes.stop("stopping")
        assert time.monotonic() - began < WITHIN_S


@pytest.fixture
def worker() -> Iterator[Worker]:
    """A web process that has not begun, to look at its deadlines without waiting for them."""
    made = Worker(age=0, ppid=os.getppid(), sockets=[], app=None, timeout=30, cfg=Config(), log=None)
    made.poller = selectors.DefaultSelector()
    with contextlib.closing(made.poller), contextlib.closing(made.tmp):
        yield made


@pytest.fixture
def client(worker: Worker) -> Iterator[tuple[socket.socket, TConn]]:
    """A client of the worker, and its connection as the worker knows it."""
    theirs, ours = socket.socketpair()
    conn = TConn(worker.cfg, _Line(ours), ("127.0.0.1", 1), ("127.0.0.1", 2))
    worker.nr_conns = 1
    with theirs, contextlib.closing(conn):
        yield theirs, conn


def test_a_long_answer_has_longer_than_a_short_one_and_not_for_ever(worker: Worker, client: tuple[socket.socket, TConn]) -> None:
    _theirs, conn = client
    conn.sock.sendall(b"x" * 4_000_000)
    answered: Future[bool] = Future()
    answered.set_result(True)
    worker.finish_request(conn, answered)
    unsent_bytes = conn.sock.unsent_bytes
    assert unsent_bytes > 3_000_000
    assert 700 < conn.timeout - time.monotonic() < 1100
    worker.murder_pending()
    assert worker.nr_conns == 1
    conn.timeout = time.monotonic()
    worker._looked_at = 0.0
    worker.murder_pending()
    assert (worker.nr_conns, conn.sock.fileno(), len(worker.poller.get_map())) == (0, -1, 0)


def test_what_is_written_while_something_waits_comes_after_it(worker: Worker, client: tuple[socket.socket, TConn]) -> None:
    theirs, conn = client
    answer = bytes(range(256)) * 8192
    for piece in (answer[:10], answer[10:1_000_000], answer[1_000_000:]):
        conn.sock.sendall(piece)
    came = bytearray()
    while len(came) < len(answer):
        came += theirs.recv(65_536)
        if conn.sock.unsent_bytes:
            conn.sock.send_more()
    assert bytes(came) == answer
    assert conn.sock.unsent_bytes == 0


def test_what_waits_for_a_client_is_not_plain_in_its_file(worker: Worker, client: tuple[socket.socket, TConn]) -> None:
    page = b"my brother took my phone " * 200_000
    line = client[1].sock
    line.sendall(page)
    file = line._unsent._file
    file.rollover()
    file.seek(0)
    assert b"brother" not in file.read()


def test_a_client_who_goes_away_leaves_nothing_behind(worker: Worker, client: tuple[socket.socket, TConn]) -> None:
    theirs, conn = client
    worker.enqueue_req(conn)
    assert list(worker._receiving) == [conn]
    theirs.close()
    worker.wait_for_and_dispatch_events(1)
    assert (worker.nr_conns, [*worker._receiving], len(worker.poller.get_map())) == (0, [], 0)


def test_those_who_are_most_make_room(worker: Worker, client: tuple[socket.socket, TConn]) -> None:
    _theirs, newcomer = client
    worker.enqueue_req(newcomer)
    with contextlib.ExitStack() as stack:
        readers = []
        for _ in range(3):
            theirs, ours = socket.socketpair()
            stack.enter_context(theirs)
            reader = TConn(worker.cfg, _Line(ours), None, None)
            stack.enter_context(contextlib.closing(reader))
            readers.append(reader)
            worker.nr_conns += 1
            worker._part(reader)
        worker.worker_connections = 3
        worker.murder_pending()
        assert (worker.nr_conns, [*worker._receiving], [*worker._leaving]) == (2, [newcomer], readers[2:])


def test_an_answer_that_broke_off_closes_the_connection(worker: Worker, client: tuple[socket.socket, TConn]) -> None:
    _theirs, conn = client
    conn.sock.sendall(b"x" * 4_000_000)
    conn.sock.close()  # as gunicorn does when the application fails in the middle of its answer
    answered: Future[bool] = Future()
    answered.set_result(False)
    worker.finish_request(conn, answered)
    assert (worker.nr_conns, len(worker.poller.get_map())) == (0, 0)


@pytest.mark.parametrize(
    ("came", "whole"),
    [
        (b"", False),
        (b"GET / HTTP/1.1\r\nA: b\r\n", False),
        (b"GET / HTTP/1.1\r\nA: b\r\n\r\n", True),
        (b"POST / HTTP/1.1\r\ncontent-length:3\r\n\r\nab", False),
        (b"POST / HTTP/1.1\r\ncontent-length:3\r\n\r\nabc", True),
        (b"POST / HTTP/1.1\r\nA: content-length: 3\r\n\r\n", True),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", True),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", False),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", True),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n0123456789abcdef\r\n", False),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n", False),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", True),
        (b"x" * 200_000, True),
    ],
)
def test_a_request_is_whole_with_its_body(came: bytes, *, whole: bool) -> None:
    assert is_whole(came) is whole

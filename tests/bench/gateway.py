"""A gateway that takes its time: it answers each text after 200 ms, and writes down when the text came.

It answers as Twilio does, and as a phone with the app SMS Gateway for Android.
"""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs, urlsplit

LATENCY_S = 0.2


class SlowGateway:
    """`with SlowGateway() as gateway:` — `texts` has (the second it came, our id of it) for each text, in the order they came."""

    def __init__(self) -> None:
        self.texts: list[tuple[float, str]] = []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.texts = self.texts

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    texts: list[tuple[float, str]]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept, as Twilio keeps them
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        came = time.monotonic()
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        ours, told = _as_phone(body) if self.path.startswith("/messages") else _as_twilio(body)
        self.server.texts.append((came, ours))
        time.sleep(LATENCY_S)
        answer = json.dumps(told).encode()
        self.send_response(201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None: ...


def _as_twilio(body: str) -> tuple[str, dict[str, str]]:
    """Our id of a text, and the answer to it."""
    form = parse_qs(body)
    ours = parse_qs(urlsplit(form["StatusCallback"][0]).query)["text"][0]
    return ours, {"sid": f"SM{int(ours):032x}", "status": "queued", "to": form["To"][0], "body": form["Body"][0]}


def _as_phone(body: str) -> tuple[str, dict[str, str]]:
    id_ = json.loads(body)["id"]
    return id_.split("-")[1], {"id": id_, "state": "Pending"}

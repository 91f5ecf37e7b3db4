"""The web server of the simulator: with threads, on loopback only, and without a log of requests."""

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from hotline.simulator.account import is_loopback


class _QuietHandler(WSGIRequestHandler):
    """Logs no request, because paths contain numbers."""

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002  the name is werkzeug's
        """Do nothing."""


def make_simulator_server(app: Flask, *, host: str = "127.0.0.1", port: int = 0) -> BaseWSGIServer:
    """A server ready to `serve_forever()`. Port 0 takes a free one (`.server_port`). Raises ValueError if `host` is not loopback."""
    if not is_loopback(host):
        raise ValueError(f"the simulator listens on loopback only (127.0.0.1), not on {host}")
    return make_server(host, port, app, threaded=True, request_handler=_QuietHandler)

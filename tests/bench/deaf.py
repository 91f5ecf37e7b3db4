"""A server that takes connections and never answers: its clients wait until they time out."""

import contextlib
import socket
import threading
from typing import Self


class Deaf:
    """`with Deaf() as deaf:` on a `port` of loopback; `asked` counts the connections."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._taken: list[socket.socket] = []
        self._thread = threading.Thread(target=self._take, daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.getsockname()[1])

    @property
    def asked(self) -> int:
        return len(self._taken)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)  # closing the listener alone would leave the thread waiting
        self._thread.join(timeout=5)
        for one in (self._server, *self._taken):
            one.close()

    def _take(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._taken.append(self._server.accept()[0])

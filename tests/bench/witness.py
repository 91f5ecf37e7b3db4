"""Texts told twice at once, from a client that writes down which were acknowledged. wrk only counts."""

import http.client
import itertools
import threading
from typing import Self

from tests.bench.load import Texts, gateway_id, post, signed
from tests.bench.processes import BenchFailed

_PAIRS = 4


class Witness:
    """`with Witness(texts, port, count) as witness:` posts while the block runs; `acknowledged` has their ids."""

    def __init__(self, texts: Texts, port: int, count: int) -> None:
        path, self._first = texts.draw(count)
        self._texts = signed(path)
        self._port = port
        self._lock = threading.Lock()
        self._enough = threading.Event()
        self._next = [itertools.count(pair, _PAIRS) for pair in range(_PAIRS) for _ in range(2)]
        self._threads = [threading.Thread(target=self._post, args=(numbers,), daemon=True) for numbers in self._next]
        self.acknowledged: set[str] = set()
        self.told = 0
        self.refused: list[str] = []

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        for thread in self._threads:
            thread.join(timeout=20)
        if self.refused:
            raise BenchFailed(f"{len(self.refused)} texts told twice were not taken, the first with {self.refused[0]}")

    def _post(self, numbers: "itertools.count[int]") -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=15)
        for number in numbers:
            if self._enough.is_set() or number >= len(self._texts):
                return
            try:
                outcome = str(post(connection, *self._texts[number]))
            except (OSError, http.client.HTTPException) as fault:
                outcome = type(fault).__name__
                connection.close()
            with self._lock:
                self.told += 1
                if outcome == "200":
                    self.acknowledged.add(gateway_id(self._first + number))
                else:
                    self.refused.append(outcome)

"""`python -m workers.smpp NAME` holds the link of an SMPP gateway: it is bound at the SMSC, sends what the sending worker hands it, and
stores what comes in. The supervisor starts it for each such gateway."""

import contextlib
import fcntl
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

from hotline import private
from hotline.gateways.base import Report
from hotline.gateways.local import Listening, socket_path
from hotline.gateways.parts import IncomingPart, PartReport, SentPart
from hotline.gateways.smpp.gateway import GATEWAY
from hotline.gateways.smpp.link import Answer, Link, answered
from hotline.gateways.smpp.settings import smsc_of
from hotline.log import logger
from hotline.runtime import Runtime
from hotline.services.texts import intake, partreports, parts
from hotline.services.texts.reports import receive_report
from workers import lifeline
from workers.process import named_gateway, runtime

_AT_ONCE = 50
"""How much is stored by one commit, if so much waits."""

_AGAIN_S = 1.0
_REFUSED_AFTER_S = 0.2
"""While we can store nothing the SMSC tries again, and some do so without a pause."""

_TAKERS = 4


class SmppBook:
    """See `Book`. One thread stores in the order in which things came; what is whole is taken in by others, texts of one sender in turn."""

    def __init__(self, rt: Runtime, name: str) -> None:
        self._rt, self._name = rt, name
        self._waiting: queue.SimpleQueue[Callable[[_Batch], None] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._answered: list[int] = []  # parts whose answers are on their way to the SMSC
        self._doubtful: list[int] = []  # those that were on their way as the SMSC was asked whether it is there
        self._takers = [ThreadPoolExecutor(1, thread_name_prefix=f"take-{number}") for number in range(_TAKERS)]
        self._thread = threading.Thread(target=self._write, name=f"book-{name}", daemon=True)
        self._thread.start()

    def part_came(self, part: IncomingPart, answer: Answer) -> None:
        """See `Book.part_came`."""
        self._waiting.put(lambda batch: batch.parts.append((part, answer)))

    def report_came(self, report: PartReport, answer: Answer) -> None:
        """See `Book.report_came`."""
        self._waiting.put(lambda batch: batch.reports.append((report, answer)))

    def part_sent(self, part: SentPart) -> None:
        """See `Book.part_sent`."""
        self._waiting.put(lambda batch: batch.sent.append(part))

    def text_refused(self, report: Report) -> None:
        """See `Book.text_refused`."""
        self._waiting.put(lambda batch: batch.refused.append(report))

    def line_is_asked(self) -> None:
        """See `Book.line_is_asked`."""
        with self._lock:
            self._doubtful += self._answered
            self._answered = []

    def line_is_up(self) -> None:
        """See `Book.line_is_up`."""
        with self._lock:
            told, self._doubtful = self._doubtful, []
        if told:
            self._waiting.put(lambda batch: batch.told.extend(told))

    def line_has_ended(self) -> None:
        """See `Book.line_has_ended`."""
        with self._lock:
            self._answered, self._doubtful = [], []

    @property
    def is_alive(self) -> bool:
        """Whether anything is still stored."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Store what waits, and take in what is whole."""
        self._waiting.put(None)
        self._thread.join()
        for taker in self._takers:
            taker.shutdown()

    def _write(self) -> None:
        left = _Batch()  # that could not be noted: the SMSC does not tell us again
        while True:
            batch, is_last = self._batch(wait_s=_AGAIN_S if left.told or left.refused or left.sent else None)
            batch.told[:0], batch.refused[:0], batch.sent[:0] = left.told, left.refused, left.sent
            self._store_parts(batch)
            left = self._note(batch)
            if is_last:
                return

    def _batch(self, *, wait_s: float | None) -> tuple["_Batch", bool]:
        """What waits, and whether it is the last; after `wait_s` seconds it may be nothing."""
        batch = _Batch()
        with contextlib.suppress(queue.Empty):
            add = self._waiting.get(timeout=wait_s)
            while add is not None:
                add(batch)
                if len(batch.parts) + len(batch.reports) + len(batch.sent) >= _AT_ONCE:
                    return batch, False
                add = self._waiting.get_nowait()
            return batch, True
        return batch, False

    def _store_parts(self, batch: "_Batch") -> None:
        if not batch.parts:
            return
        try:
            kept = parts.keep_parts(self._rt, self._name, [part for part, _ in batch.parts])
        except Exception:  # noqa: BLE001 - whatever it is: the SMSC must hear that we have nothing
            logger().exception("parts of texts could not be stored: they are asked for again", rows=len(batch.parts))
            _refuse(answer for _, answer in batch.parts)
            return
        for (part, answer), (part_id, together) in zip(batch.parts, kept, strict=True):
            with self._lock:  # so that it is not of a connection that has ended meanwhile
                if answer(True):
                    self._answered.append(part_id)
            if together:
                self._takers[hash(part.sender) % _TAKERS].submit(self._join, together)

    def _join(self, together: str) -> None:
        try:
            while parts.join(self._rt, self._name, together):
                pass
        except Exception:  # noqa: BLE001 - a job takes it in some seconds later
            logger().exception("a text that is whole could not be taken in yet")

    def _note(self, batch: "_Batch") -> "_Batch":
        """Note what was sent and reported; returns what has to be noted later."""
        try:
            if batch.told:
                parts.acknowledge(self._rt, batch.told)
            for refused in batch.refused:
                receive_report(self._rt, self._name, refused)
            if batch.sent or batch.reports:
                partreports.note_parts(self._rt, self._name, batch.sent, [report for report, _ in batch.reports])
        except Exception:  # noqa: BLE001 - whatever it is: the SMSC must hear that we have nothing
            logger().exception("reports could not be stored: they are asked for again", rows=len(batch.reports))
            _refuse(answer for _, answer in batch.reports)
            return batch
        for _, answer in batch.reports:
            answer(True)
        return _Batch()


def _refuse(answers: Iterable[Answer]) -> None:
    time.sleep(_REFUSED_AFTER_S)
    for answer in answers:
        answer(False)


class _Batch:
    """What is stored by one commit."""

    def __init__(self) -> None:
        self.parts: list[tuple[IncomingPart, Answer]] = []
        self.reports: list[tuple[PartReport, Answer]] = []
        self.sent: list[SentPart] = []
        self.refused: list[Report] = []
        self.told: list[int] = []


class SmppProcess:
    """The link of one gateway, its book, and the socket on which the sending worker asks; `with` it they are there."""

    def __init__(self, rt: Runtime, name: str) -> None:
        smsc = smsc_of(rt.config, name)
        in_flight = smsc.terms.in_flight or rt.config.sending.in_flight
        self._book = SmppBook(rt, name)
        self._link = Link(smsc, self._book, timeout_s=rt.config.sending.timeout_s, in_flight=in_flight, clock=rt.clock)
        self._listening = Listening(socket_path(rt.config, name), lambda question: answered(self._link, question))
        self._thread = threading.Thread(target=self._listening.serve_forever, kwargs={"poll_interval": 0.1}, name="listen")

    def __enter__(self) -> Self:
        self._link.start()
        self._thread.start()
        return self

    @property
    def is_alive(self) -> bool:
        """Whether all of it goes on. What is bound and stores nothing must not stay: the SMSC would wait for answers."""
        return self._book.is_alive and self._link.is_alive and self._thread.is_alive()

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        self._listening.shutdown()
        self._thread.join()
        self._listening.server_close()  # after what was asked is answered
        self._link.close()
        self._book.close()


def main() -> None:
    """Hold the link of the gateway that is named, until SIGTERM or SIGINT."""
    lifeline.die_with_supervisor()
    name, stop = named_gateway(GATEWAY), threading.Event()
    rt = runtime()
    lock = socket_path(rt.config, name).with_suffix(".lock")
    private.folder(lock.parent)
    descriptor = private.opened(lock)
    fcntl.flock(descriptor, fcntl.LOCK_EX)  # a process that is not quite gone goes first
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    intake.make_ready(rt)
    with SmppProcess(rt, name) as process:
        while process.is_alive and not stop.wait(1):
            pass
        is_alive = process.is_alive
    rt.close()
    sys.exit(0 if is_alive else 1)


if __name__ == "__main__":
    main()

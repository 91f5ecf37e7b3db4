"""Two hosts for web and two for workers, on one PostgreSQL and one Redis, behind the shipped nginx. A host is a loopback address and a data
folder of its own."""

import contextlib
import itertools
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from hotline.cli.procfile import read_procfile
from hotline.jobs import HERE
from hotline.spool import FOLDER
from tests.journeys.running import PROJECT, RunningHotline
from tests.nginx import proxy
from tests.servers import free_port

WEB = {"a": "127.0.0.2", "b": "127.0.0.3"}
HOSTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(WEB, ("web", "clock", HERE)),
    **dict.fromkeys(("c", "d"), ("sending", "tickets")),
}
"""Host → its lines of the Procfile, and queues of whose workers it runs one each."""

BODY = "orangi town mein mera mobile cheen liya do larkon ne"
_STOPS_WITHIN_S = 60


class SeveralHosts(RunningHotline):
    """See above. Processes are named like web@a."""

    STARTED = tuple(f"{name}@{host}" for host, names in HOSTS.items() for name in names)

    def __init__(self, *, database: str, redis_url: str, folder: Path) -> None:
        super().__init__(database=database, redis_url=redis_url, folder=folder)
        self._web_port, self._lines = free_port(), read_procfile(PROJECT / "Procfile")
        self._proxy = contextlib.ExitStack()

    def __enter__(self) -> Self:
        hosts = [f"{address}:{self._web_port}" for address in WEB.values()]
        self._proxy.enter_context(proxy(self.folder / "nginx", hosts, port=self.port, tls=False))
        try:
            return super().__enter__()
        except BaseException:
            self._proxy.close()
            raise

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, where: TracebackType | None) -> None:
        super().__exit__(kind, fault, where)
        self._proxy.close()

    def start(self, name: str, line: str | None = None) -> None:
        """Start a process of a host: a line of the Procfile, or the worker of a queue."""
        what, _, host = name.partition("@")
        if host:
            line = self._lines.get(what, f"python -m workers {what}")
        super().start(name, line)

    def environment_of(self, name: str) -> dict[str, str]:
        """Each host has its own address and folder; all the rest they share."""
        host = name.partition("@")[2]
        own = {"HOTLINE_DATA_DIR": str(self.folder / host)} if host else {}
        if host in WEB:
            own |= {"HOTLINE_BIND": WEB[host], "PORT": str(self._web_port)}
        return self.environment | own

    def stop(self, *names: str) -> None:
        """SIGTERM, as systemd and `hotline run` do it, and wait until all have ended by themselves."""
        for name in names:
            self.processes[name].terminate()
        for name in names:
            self.processes[name].wait(_STOPS_WITHIN_S)
            self._guard.tell("-", self.processes.pop(name))

    def restart(self, host: str) -> None:
        """Stop all of a host and start it again; returns once it does its work."""
        names = [f"{name}@{host}" for name in HOSTS[host]]
        self.stop(*names)
        self.start_whole(*names)

    def start_whole(self, *names: str) -> None:
        """Start processes, and wait until each does its work."""
        ready = {name: self.log(name).count("a worker is ready") for name in names}
        for name in names:
            self.start(name)
        for name in names:
            self.wait_until(lambda name=name: self._works(name, ready[name]), within_s=30)  # type: ignore[misc]  # of a default

    def _works(self, name: str, ready: int) -> bool:
        """Whether a process does its work; a worker was ready so often before."""
        what, _, host = name.partition("@")
        if what == "web":
            return self.answers(f"http://{WEB[host]}:{self._web_port}/healthz")
        return what == "clock" or self.log(name).count("a worker is ready") > ready

    def spooled(self, host: str) -> list[Path]:
        """What waits on the disk of a host, or lies aside there."""
        return list((self.folder / host / FOLDER).rglob("*.age"))

    @contextlib.contextmanager
    def texted_steadily(self, *, per_s: float, threads: int = 4) -> Iterator[dict[str, int | None]]:
        """Citizens text all the while, each from a phone of their own; gives what the gateway was answered for each."""
        answers: dict[str, int | None] = {}
        over, numbers, began = threading.Event(), itertools.count(), time.monotonic()

        def go() -> None:
            while not over.is_set():
                of = next(numbers)
                over.wait(max(0.0, began + of / per_s - time.monotonic()))
                number = f"+92301{of:07d}"
                answers[number] = self.text(number, BODY)

        senders = [threading.Thread(target=go) for _ in range(threads)]
        for one in senders:
            one.start()
        try:
            yield answers
        finally:
            over.set()
            for one in senders:
                one.join()

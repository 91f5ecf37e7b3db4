"""A process of ours from outside: what it says, what it started, how it ends. And all that stands in a Redis."""

import base64
import binascii
import json
import os
import signal
import subprocess
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from redis import Redis


def until(is_so: Callable[[], Any], *, within_s: float, log: Callable[[], str] = str) -> Any:
    """What `is_so` gives, once it gives something true."""
    ends = time.monotonic() + within_s
    while not (found := is_so()):
        assert time.monotonic() < ends, f"not so within {within_s} s\n{log()}"
        time.sleep(0.02)
    return found


def children(pid: int) -> list[int]:
    """The running child processes of a process."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()]
    except OSError:
        return []


def family(pid: int) -> list[int]:
    """A process with all its descendants."""
    return [member for child in children(pid) for member in (child, *family(child))]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Watched:
    """One process and its log."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process, self._log = process, log

    @property
    def pid(self) -> int:
        return self.process.pid

    def said(self) -> str:
        """What it and its children wrote so far."""
        return self._log.read_text("utf-8", "replace")

    def says(self, words: str, *, times: int = 1, within_s: float = 60) -> None:
        """Wait until it has said that."""
        until(lambda: self.said().count(words) >= times, within_s=within_s, log=self.said)

    def horse(self, *, within_s: float = 60) -> int:
        """Wait until one of its workers has forked for a job; returns the fork's id."""
        found = until(lambda: [horse for worker in children(self.pid) for horse in children(worker)], within_s=within_s, log=self.said)
        return int(found[0])

    def told_to_stop(self, *, within_s: float) -> int | None:
        """Send SIGTERM; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(within_s)

    def end(self) -> None:
        """End the processes that are left."""
        left = [self.pid, *family(self.pid)] if self.process.poll() is None else []
        for pid in left:
            if is_alive(pid):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()


def everything_in(redis: "Redis") -> str:
    """All keys and values, unpacked where RQ packed them."""
    return "\n".join(_opened(part) for key in redis.scan_iter() for part in (key, *_parts(redis, key)))


def _parts(redis: "Redis", key: bytes) -> Iterator[bytes]:
    kind = redis.type(key).decode()
    read: dict[str, Callable[[], Any]] = {
        "string": lambda: redis.get(key),
        "hash": lambda: redis.hgetall(key),
        "list": lambda: redis.lrange(key, 0, -1),
        "set": lambda: redis.smembers(key),
        "zset": lambda: redis.zrange(key, 0, -1),
        "stream": lambda: redis.xrange(key),
    }
    yield from _flat(read[kind]())


def _flat(value: Any) -> Iterator[bytes]:
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list | tuple | set):
        for each in value:
            yield from _flat(each)
    elif value is not None:
        yield value


def _opened(value: bytes) -> str:
    for unpack in (zlib.decompress, lambda packed: zlib.decompress(base64.b64decode(packed, validate=True))):
        try:
            value = unpack(value)
        except (zlib.error, binascii.Error, ValueError):
            continue
    return value.decode("utf-8", "replace")


def job_calls(redis: "Redis") -> list[list[Any]]:
    """What each job in Redis would call: function, instance, arguments, named arguments."""
    packed = [redis.hget(key, "data") for key in redis.scan_iter("rq:job:*") if redis.type(key) == b"hash"]
    return [json.loads(_opened(data)) for data in packed if data]

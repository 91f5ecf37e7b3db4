"""Runs what is asynchronous, whatever runs in the test's own thread: the browser of other tests keeps an event loop there."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

_T = TypeVar("_T")


def run(story: Coroutine[Any, Any, _T]) -> _T:
    """What the coroutine gives, run to its end in a thread of its own."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, story).result()

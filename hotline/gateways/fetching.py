"""A recording or a photo is fetched from an address at a gateway: read to a bound and a deadline."""

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import BinaryIO

import requests
from urllib3.exceptions import HTTPError

from hotline.gateways.base import GatewayError, Outcome

_FETCH_S = 40
"""Seconds for the whole of it: less than the time for which a worker's claim holds."""

_CHUNK_BYTES = 65_536


def fetched(get: Callable[[], requests.Response], into: BinaryIO, *, limit_bytes: int, refused: Callable[[int], Outcome]) -> int:
    """Write what an address gives into `into`; returns the number of bytes. `refused`: what another status than 200 means.

    Raises `GatewayError`, whose code is the status, `too_large`, `too_slow` or the error's name; what came before that is in `into`.
    """
    ends, size_bytes = time.monotonic() + _FETCH_S, 0
    try:
        with get() as response:
            if response.status_code != HTTPStatus.OK:
                raise GatewayError(str(response.status_code), refused(response.status_code))
            # read1 returns what has come so far: with a slow connection a full piece could take longer than the deadline.
            while piece := response.raw.read1(_CHUNK_BYTES):
                size_bytes += len(piece)
                if size_bytes > limit_bytes:
                    raise GatewayError("too_large", Outcome.REFUSED)
                if time.monotonic() > ends:
                    raise GatewayError("too_slow", Outcome.UNKNOWN)
                into.write(piece)
    except (requests.exceptions.RequestException, HTTPError) as fault:
        raise GatewayError(type(fault).__name__[:16], Outcome.UNKNOWN) from fault
    return size_bytes

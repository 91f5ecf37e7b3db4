"""A gateway was taken out of the configuration: nobody can ask it any more, and its recordings are settled all the same.

Our own file of a wiped recording goes, and its row stays for the copy at the gateway. Of a recording that never came it is told that it is
lost, as of any other: until then the citizen cannot be erased.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NoReturn

from hotline.gateways.base import GatewayError, Outcome
from hotline.runtime import Reading, Runtime
from hotline.services.calls.recordings import fetch_due
from hotline.storage import recordings


@dataclass
class _TakenOut:
    """Stands in for a gateway that is not configured any more."""

    name: str

    def fetch_recording(self, *_: object, limit_bytes: int) -> NoReturn:  # noqa: ARG002 - as a gateway takes it
        raise GatewayError("no_gateway", Outcome.REFUSED)  # it says nothing of the recording: the gateway may come back

    def delete_recording(self, *_: object) -> NoReturn:
        raise GatewayError("no_gateway", Outcome.REFUSED)


def settle_recordings(rt: Runtime, configured: Collection[str]) -> bool:
    """Settle what is due of the recordings of gateways that are not configured; True if there may be more."""
    with rt.reading() as session:
        names = sorted(left_at(session, configured))
    more = [fetch_due(rt, _TakenOut(name), for_s=5) for name in names]
    return any(more)


def left_at(session: Reading, configured: Collection[str]) -> Mapping[str, int]:
    """Name of each gateway that is not configured → how many recordings of it are still to be fetched, or deleted there."""
    return {name: rows for name, rows in recordings.unsettled(session).items() if name not in configured}

"""As little as a server can answer a poll with: what `open_queues` holds our answer against, served alike."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def app(_environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """Nothing has changed."""
    start_response("304 Not Modified", [("ETag", '"0"')])
    return ()

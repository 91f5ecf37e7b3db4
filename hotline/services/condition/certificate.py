"""The certificate of the public address: until when it holds, asked as a gateway would ask."""

import socket
import ssl
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from hotline.log import logger
from hotline.runtime import Runtime
from hotline.storage import marks

ENDS, _ASKED = "certificate:ends", "certificate:asked"
"""The marks of when it ends, and of when that was asked, in seconds since 1970."""

_ASK_EVERY = timedelta(hours=6)
_WITHIN_S = 5


def ask_when_due(rt: Runtime) -> None:
    """Ask every few hours until when it holds. Where nobody answers, what was known before stands."""
    if urlsplit(rt.config.public_url).scheme != "https":
        return
    now = rt.clock()
    with rt.reading() as session:
        asked = marks.value(session, _ASKED)
    if asked <= now.timestamp() < asked + _ASK_EVERY.total_seconds():
        return
    ends = ends_at(rt.config.public_url, now=now)
    with rt.transaction() as tx:
        marks.set_value(tx.session, _ASKED, round(now.timestamp()))
        if ends is not None:
            marks.set_value(tx.session, ENDS, round(ends.timestamp()))


def known_end(rt: Runtime) -> datetime | None:
    """Until when it holds, as far as is known."""
    with rt.reading() as session:
        ends = marks.value(session, ENDS)
    return datetime.fromtimestamp(ends, UTC) if ends else None


def ends_at(url: str, *, now: datetime, context: ssl.SSLContext | None = None) -> datetime | None:
    """When the certificate ends at an https address; `now` if it does not hold now, None if nobody answers there.

    `context`: whom to trust; None: whom this machine trusts.
    """
    address = urlsplit(url)
    host = address.hostname or ""
    try:
        with (
            socket.create_connection((host, address.port or 443), timeout=_WITHIN_S) as line,
            (context or ssl.create_default_context()).wrap_socket(line, server_hostname=host) as tls,
        ):
            found = tls.getpeercert() or {}
    except ssl.SSLCertVerificationError as fault:
        logger().warning("the certificate of the public address does not hold", fault=fault.verify_message)
        return now
    except OSError as fault:
        logger().warning("the public address does not answer: until when its certificate holds is not known", fault=type(fault).__name__)
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(found["notAfter"])), UTC)

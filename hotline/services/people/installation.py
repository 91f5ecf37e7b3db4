"""Keeps the demo apart from real use: a database is a demo's or a real organisation's, for good."""

from hotline.runtime import Runtime, Transaction
from hotline.storage import installation

DEMO, REAL = "demo", "real"


class DemoBesideReal(Exception):
    """Demo data and a real gateway, or a real organisation's database, were brought together. The message says what to do."""


def check_installation(rt: Runtime) -> None:
    """Raise `DemoBesideReal` if the database is a demo's and a real gateway is configured."""
    if not rt.config.gateway_is_real:
        return
    with rt.reading() as session:
        kind = installation.kind(session)
    if kind == DEMO:
        raise DemoBesideReal("this database holds the demo, and a real gateway is configured: name another HOTLINE_DATABASE_URL")


def become(rt: Runtime, tx: Transaction, *, demo: bool) -> None:
    """Mark the database as a demo's or a real organisation's. Raises `DemoBesideReal` if it is the other."""
    kind = installation.kind(tx.session)
    wanted = DEMO if demo else REAL
    if demo and rt.config.gateway_is_real:
        keys = " and ".join(gateway.key for gateway in rt.config.gateways.values() if gateway.is_real)
        raise DemoBesideReal(f"the demo organisation is not loaded beside a real gateway: unset {keys}")
    if kind is not None and kind != wanted:
        raise DemoBesideReal(f"this database is a {kind} organisation's and takes no {wanted} one: name another HOTLINE_DATABASE_URL")
    if demo and kind is None and installation.is_in_use(tx.session):
        raise DemoBesideReal("this database is in use: the demo organisation needs one of its own")
    if kind is None:
        installation.mark(tx.session, wanted)

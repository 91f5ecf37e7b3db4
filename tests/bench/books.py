"""The books after a load: every text that was acknowledged is in the database, once, with its ticket and its receipt."""

import time
from collections.abc import Callable

from sqlalchemy import Engine, func, select

from hotline.domain.conversation import ReadAs
from hotline.storage.callmodels import Call
from hotline.storage.db import make_engine
from hotline.storage.events import EventKind
from hotline.storage.models import Event, Message, Ticket
from tests.bench.load import Load, gateway_id

_INCOMING = Message.direction == "in"


class Books:
    """Counts of what a hotline's database holds. `faults` lists what was lost or stored twice, a sentence each."""

    def __init__(self, url: str, id_of: Callable[[int], str] = gateway_id) -> None:
        """`id_of`: the id that the text of a number has with us."""
        self._id_of = id_of
        self._engine: Engine = make_engine(url, pool_size=1)
        self.faults: list[str] = []
        self.texts = 0

    def close(self) -> None:
        self._engine.dispose()

    def settle(self, load: Load) -> None:
        """Compare a load with the rows. wrk stops with a text in flight on each connection: those texts may be stored or not."""
        ids = self._ids_once_still()
        # wrk asks for one request before it starts, and throws it away.
        sent = [self._id_of(n) for n in range(load.first + 1, load.first + load.count)]
        there = [n for n, sid in enumerate(sent) if sid in ids]
        reached = there[-1] + 1 if there else 0
        least, most = load.acknowledged, load.acknowledged + load.connections
        if not least <= len(there) <= most:
            self.faults.append(f"{len(there):,} texts are stored, {least:,} were acknowledged and {most:,} sent at most")
        # Texts are sent in their order. A missing one was in flight at the end, so it is among the last.
        last = reached - load.connections - int(load.rate_per_s * load.max_ms / 1000)
        if lost := sorted(set(range(last)) - set(there)):
            self.faults.append(f"{len(lost):,} acknowledged texts are not stored")
        self.texts += len(there)

    def hold(self, acknowledged: set[str]) -> None:
        """Check that each of these texts is stored once. They were acknowledged, some more than once."""
        ids = self._ids_once_still()
        if lost := acknowledged - ids:
            self.faults.append(f"{len(lost):,} of {len(acknowledged):,} acknowledged texts are not stored")
        self.texts += len(acknowledged & ids)

    def close_accounts(self) -> None:
        """Compare tickets, their first events and receipts with the texts that opened them. `callbook` does so for calls."""
        of_calls = select(Call.ticket_id).where(Call.ticket_id.is_not(None))
        opening = Message.read_as.in_((ReadAs.OPENED, ReadAs.CRY))
        with self._engine.connect() as connection:

            def count(*where: object) -> int:
                return connection.scalar(select(func.count()).where(*where)) or 0  # type: ignore[arg-type]

            rows = count(_INCOMING, Message.id.is_not(None))
            distinct = connection.scalar(select(func.count(func.distinct(Message.gateway_id))).where(_INCOMING)) or 0
            opened = count(_INCOMING, opening)
            found = {
                "texts": (rows, distinct),
                "tickets": (count(Ticket.id.not_in(of_calls)), opened),
                "opening events": (count(Event.kind == EventKind.OPENED, Event.ticket_id.not_in(of_calls)), opened),
                "receipts": (count(Message.text_key == "receipt", Message.ticket_id.not_in(of_calls)), opened),
                "tickets with a text": (
                    connection.scalar(select(func.count(func.distinct(Message.ticket_id))).where(_INCOMING)) or 0,
                    opened,
                ),
            }
        self.faults += [f"{are:,} {what} instead of {should:,}" for what, (are, should) in found.items() if are != should]

    def _ids_once_still(self) -> set[str]:
        """The ids of all texts that came in, read once no more come."""
        before = -1
        while True:
            with self._engine.connect() as connection:
                ids = connection.scalars(select(Message.gateway_id).where(_INCOMING)).all()
            if len(ids) == before:
                return {sid for sid in ids if sid}
            before = len(ids)
            time.sleep(0.5)

"""Everything a function needs comes in as `rt`: the configuration, the database, the bell, the gateway, the words."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from hotline.config import Config
from hotline.domain.category import Category
from hotline.domain.keyword import Lexicon
from hotline.gateways.base import TextGateway
from hotline.i18n import Catalogues
from hotline.jobs import Bell, Job
from hotline.storage.db import Turn, begin_writing, make_engine
from hotline.tables import load_categories, load_lexicon

Reading = Session
"""What pages read with: whatever they might do with it is rolled back."""


@dataclass
class Transaction:
    """One thing that happens: its session, its instant, and the bells that ring once it is committed."""

    session: Session
    now: datetime
    bells: dict[Job, None] = field(default_factory=dict)

    def ring(self, job: Job) -> None:
        """Ring after the commit. A rollback rings nobody."""
        self.bells[job] = None


@dataclass(frozen=True)
class Runtime:
    """Built once a process, after the fork."""

    config: Config
    engine: Engine
    sessions: sessionmaker[Session]
    turn: Turn
    bell: Bell
    gateway: TextGateway | None  # only what sends has one
    catalogues: Catalogues
    categories: tuple[Category, ...]
    lexicon: Lexicon
    clock: Callable[[], datetime]

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """A transaction that commits at the end of the block, or rolls all of it back. Opened by services only."""
        with self.turn.taken(), self.sessions() as session:
            begin_writing(session)
            tx = Transaction(session, self.clock())
            yield tx
            session.commit()
        for job in tx.bells:
            self.bell.ring(job)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Reading]:
        """A session that always rolls back: closing it does, and leaves what was read readable."""
        with self.sessions() as session:
            yield session

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()


def utc_now() -> datetime:
    """The clock of a running hotline; tests pass their own."""
    return datetime.now(UTC)


def build_runtime(
    config: Config,
    *,
    bell: Bell,
    gateway: TextGateway | None = None,
    clock: Callable[[], datetime] = utc_now,
    catalogues: Catalogues | None = None,
) -> Runtime:
    """The Runtime of this process. Raises `TableFault` or `CatalogueFault` with what to do."""
    engine = make_engine(config.database_url, pool_size=max(10, config.sending.in_flight + 2) if gateway else 10)
    return Runtime(
        config=config,
        engine=engine,
        sessions=sessionmaker(engine, expire_on_commit=False, autoflush=False),
        turn=Turn(engine),
        bell=bell,
        gateway=gateway,
        catalogues=catalogues or Catalogues.load(),
        categories=load_categories(config.table("categories")),
        lexicon=load_lexicon(config.table("lexicon")),
        clock=clock,
    )

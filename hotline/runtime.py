"""Everything a function needs comes in as `rt`: the configuration, the database, the bell, the recordings, the words."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from hotline.config import Config
from hotline.domain.area import Area
from hotline.domain.category import Category
from hotline.domain.keyword import Lexicon
from hotline.i18n import Catalogues
from hotline.jobs import Bell, Job
from hotline.media.store import Store, open_store
from hotline.storage.db import make_engine
from hotline.storage.writing import Writing, writing
from hotline.tables import load_areas, load_categories, load_lexicon, load_unsaid

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
    writing: Writing
    bell: Bell
    catalogues: Catalogues
    categories: tuple[Category, ...]
    lexicon: Lexicon
    areas: tuple[Area, ...]
    unsaid: tuple[Category, ...]
    store: Store
    clock: Callable[[], datetime]

    @contextlib.contextmanager
    def transaction(self, *, ahead: bool = False) -> Iterator[Transaction]:
        """A transaction that commits at the end of the block, or rolls all of it back. Opened by services only. A step of a call goes
        `ahead`: she listens to nothing until it ends, while a text waits unseen."""
        with self.writing.session(ahead=ahead) as session:
            tx = Transaction(session, self.clock())
            yield tx
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
    senders: int = 0,
    clock: Callable[[], datetime] = utc_now,
    catalogues: Catalogues | None = None,
) -> Runtime:
    """The Runtime of this process, with a connection for each of its `senders`, threads that send.

    Raises `TableFault` or `CatalogueFault` with what to do.
    """
    engine = make_engine(config.database_url, pool_size=max(10, senders + 2))
    # UPDATE and DELETE leave objects that were loaded before as they are: code that reads a row after it loads it anew.
    options = {"synchronize_session": False}
    sessions = sessionmaker(engine, expire_on_commit=False, autoflush=False, execution_options=options)
    return Runtime(
        config=config,
        engine=engine,
        sessions=sessions,
        writing=writing(engine, sessions),
        bell=bell,
        catalogues=catalogues or Catalogues.load(),
        categories=load_categories(config.table("categories")),
        lexicon=load_lexicon(config.table("lexicon")),
        areas=load_areas(config.table("areas")),
        unsaid=load_unsaid(config.table("unsaid")),
        store=open_store(config),
        clock=clock,
    )

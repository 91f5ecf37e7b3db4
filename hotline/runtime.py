"""The `Runtime` (`rt`) that services get: configuration, database, bell, catalogues, tables, store of recordings, clock."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from hotline.cards import load_protocols
from hotline.config import Config
from hotline.domain.area import Area
from hotline.domain.category import Category
from hotline.domain.gazetteer import Gazetteer
from hotline.domain.keyword import Lexicon
from hotline.domain.macro import Macro
from hotline.domain.protocol import Protocol
from hotline.domain.reading import Reader
from hotline.domain.wishes import WishTable
from hotline.gazetteers import load_gazetteer
from hotline.i18n import Catalogues
from hotline.jobs import Bell, Job
from hotline.keys import KeyFile, Keys
from hotline.macros import load_macros
from hotline.media.store import Store, open_store
from hotline.readers import load_reader
from hotline.spool import Spool
from hotline.storage.db import make_engine, overload_told
from hotline.storage.firsttexts import FirstTexts, first_texts
from hotline.storage.sealed import KEYS
from hotline.storage.writing import Writing, writing
from hotline.tables import load_areas, load_categories, load_lexicon, load_unsaid, load_wishes

Reading = Session
"""A session for reading only: changes made in it are rolled back."""


@dataclass
class Transaction:
    """One database transaction: its session, its time, and the jobs that are rung for after the commit."""

    session: Session
    now: datetime
    bells: dict[Job, None] = field(default_factory=dict)

    def ring(self, job: Job) -> None:
        """Ring for `job` after the commit. After a rollback nothing rings."""
        self.bells[job] = None


@dataclass(frozen=True)
class Tables:
    """All that a process reads from files once: catalogues, tables of words, the model of the reader. It holds no connection."""

    catalogues: Catalogues
    categories: tuple[Category, ...]
    lexicon: Lexicon
    areas: tuple[Area, ...]
    unsaid: tuple[Category, ...]
    protocols: tuple[Protocol, ...]
    macros: tuple[Macro, ...]
    wishes: WishTable
    reader: Reader
    gazetteer: Gazetteer


@dataclass(frozen=True)
class Runtime(Tables):
    """What one process runs with. Built once in each process, after the fork."""

    config: Config
    key_file: KeyFile
    engine: Engine
    sessions: sessionmaker[Session]
    writing: Writing
    first_texts: FirstTexts | None  # None: all that is stored belongs to the open transaction
    bell: Bell
    store: Store
    spool: Spool
    clock: Callable[[], datetime]

    @property
    def keys(self) -> Keys:
        """The keys that seal numbers and words."""
        return self.key_file.now()

    @contextlib.contextmanager
    def transaction(self, *, ahead: bool = False) -> Iterator[Transaction]:
        """A transaction that commits at the end of the block and then rings, or rolls back if the block raises. Only services open one.

        `ahead`: waits for other writers as little as possible. For a step of a call: the caller hears silence until it has ended.
        Raises `Overloaded` if others keep the database: then nothing is stored.
        """
        with overload_told(), self.writing.session(ahead=ahead) as session:
            tx = Transaction(session, self.clock())
            yield tx
        for job in tx.bells:
            self.bell.ring(job)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Reading]:
        """A session that is rolled back at the end of the block; rows that were read can still be used after it. Raises `Overloaded`."""
        with overload_told(), self.sessions() as session:
            yield session

    @contextlib.contextmanager
    def together(self) -> Iterator["Runtime"]:
        """A Runtime for services that are done together: what they do in the block is committed once, or not at all if the block raises.

        Only services open one. Raises `Overloaded`.
        """
        with self.transaction() as tx:
            same = {one.name: getattr(self, one.name) for one in fields(Runtime)}
            yield _Together(**{**same, "first_texts": None}, tx=tx)

    def close(self) -> None:
        """Close the database connections."""
        self.engine.dispose()


@dataclass(frozen=True)
class _Together(Runtime):
    """A Runtime whose transactions all join the open transaction."""

    tx: Transaction

    @contextlib.contextmanager
    def transaction(self, *, ahead: bool = False) -> Iterator[Transaction]:  # noqa: ARG002 - it is open: nothing goes ahead
        """The open transaction. It commits and rings at the end of the block of `together`."""
        with self.reading():
            yield self.tx

    @contextlib.contextmanager
    def reading(self) -> Iterator[Reading]:
        """The session of the open transaction, which sees what the services before have changed."""
        self.tx.session.flush()
        self.tx.session.expire_all()  # a row that a service before has read is not as it was
        yield self.tx.session


def utc_now() -> datetime:
    """The clock of a running hotline; tests pass their own."""
    return datetime.now(UTC)


def load_tables(config: Config, *, catalogues: Catalogues | None = None) -> Tables:
    """Read the tables of a deployment, which takes half a second. Raises `TableFault`, `CatalogueFault`."""
    categories, lexicon = load_categories(config.table("categories")), load_lexicon(config.table("lexicon"))
    gazetteer = load_gazetteer(config.table("gazetteer"))
    return Tables(
        catalogues=catalogues or Catalogues.load(),
        categories=categories,
        lexicon=lexicon,
        areas=load_areas(config.table("areas")),
        unsaid=load_unsaid(config.table("unsaid")),
        protocols=load_protocols(config.table("protocols"), categories),
        macros=load_macros(config.table("macros")),
        wishes=load_wishes(config.table("wishes")),
        reader=load_reader(config, categories, lexicon, gazetteer),
        gazetteer=gazetteer,
    )


def build_runtime(
    config: Config,
    *,
    bell: Bell,
    senders: int = 0,
    answer_s: float | None = None,
    clock: Callable[[], datetime] = utc_now,
    tables: Tables | None = None,
) -> Runtime:
    """Build the Runtime of this process. `senders`: the number of threads that send, each of which needs a connection. `answer_s`: for how
    long PostgreSQL is waited for; None: however long it takes. `tables`: those read before the process was forked; None reads them now.

    Raises `TableFault`, `CatalogueFault`, `KeysFault`.
    """
    key_file = KeyFile(config.keys_file)
    engine = make_engine(config.database_url, pool_size=max(10, senders + 2), answer_s=answer_s)
    # UPDATE and DELETE leave objects that were loaded before as they are: code that reads a row after it loads it anew.
    options = {"synchronize_session": False}
    sessions = sessionmaker(engine, expire_on_commit=False, autoflush=False, execution_options=options, info={KEYS: key_file})
    tables, writes = tables or load_tables(config), writing(engine, sessions)
    return Runtime(
        config=config,
        key_file=key_file,
        engine=engine,
        sessions=sessions,
        writing=writes,
        first_texts=first_texts(engine, writes),
        bell=bell,
        store=open_store(config),
        spool=Spool(config.data_dir, config.keys_file),
        clock=clock,
        **{one.name: getattr(tables, one.name) for one in fields(Tables)},
    )

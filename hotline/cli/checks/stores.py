"""Whether what keeps the hotline's data is there, whole and private: keys, database, disk, Redis, backups."""

import contextlib
from datetime import UTC, datetime

from redis import Redis, RedisError, ResponseError

from hotline import private
from hotline.cli.checks.verdict import Doubtful, Unseen, Wrong, runtime_of
from hotline.config import Config
from hotline.jobs import try_redis
from hotline.keys import KeysFault, read_keys
from hotline.services.arriving import TOO_LONG
from hotline.services.backups import watching
from hotline.services.calls import plainaudio
from hotline.services.condition import readiness
from hotline.services.people import keysafe
from hotline.services.people.installation import DEMO
from hotline.services.texts import sealing
from hotline.spool import Reader, Spool, SpoolFault, aside, came_at, waiting
from hotline.storage import db, installation, schema


def database(config: Config) -> str:
    newer = None
    if not config.database_url:
        raise Unseen("cannot be looked at before the secret HOTLINE_DATABASE_URL can be read")
    try:
        engine = db.make_engine(config.database_url, pool_size=1)
        try:
            try:
                if schema.steps(engine)[1]:
                    raise Wrong("the schema is not the newest; run: hotline migrate")
            except schema.SchemaIsNewer as fault:
                newer = fault.args[0]
            with engine.connect() as connection:
                kind = installation.kind(connection)
        finally:
            engine.dispose()
    except (db.DatabaseFault, OSError) as fault:
        raise Wrong(f"cannot be reached ({getattr(fault, 'orig', None) or fault}); check HOTLINE_DATABASE_URL and that it runs") from fault
    if kind == DEMO and config.gateway_is_real:
        raise Wrong("it holds the demo, and a real gateway is configured; name another HOTLINE_DATABASE_URL")
    if newer:
        raise Doubtful(
            f"its schema ({newer}) is a newer version's: this one runs on it if hotline upgrade --check of the newer one said so"
        )
    with contextlib.suppress(Unseen), runtime_of(config) as rt:
        if (said := readiness.database(rt)) != readiness.OK:
            raise Wrong(f"{said}: is its disk full, or is it a copy that is for reading?")
    return f"{engine.dialect.name}, {kind or 'empty'} organisation, schema up to date"


def keys(config: Config) -> str:
    try:
        read_keys(config.keys_file)
        with runtime_of(config) as rt:
            keysafe.check_keys(rt)
            on_paper, is_plain = keysafe.on_paper(rt), sealing.is_plain(rt) or plainaudio.is_plain(rt)
            current = rt.keys.current
    except KeysFault as fault:
        raise Wrong(str(fault)) from fault
    except Unseen:
        return "the file is whole; whether it is this database's shows once the rest is mended"
    if not on_paper and config.gateway_is_real:
        raise Wrong("no paper copy of the keys was confirmed, and without the keys everything is lost: hotline keys paper, then confirm")
    plain = "; a worker still seals texts and recordings from before" if is_plain else ""
    return f"the file is whole and this database's, {current} seals{plain}"


def spool(config: Config) -> str:
    """Look at what waits on the disk because it could not be stored."""
    try:
        Spool(config.data_dir, config.keys_file).make_ready()
        Reader(config.keys_file)
        stuck, waits = aside(config.data_dir), waiting(config.data_dir)
    except SpoolFault as fault:
        raise Wrong(str(fault)) from fault
    if stuck:
        raise Wrong(f"{len(stuck)} texts, reports or calls cannot be taken in: see the log, and {stuck[0].parent}")
    if waits and datetime.now(UTC) - came_at(waits[0]) > TOO_LONG:
        raise Wrong(f"{len(waits)} wait since {came_at(waits[0]):%Y-%m-%d %H:%M} UTC: is the database there, and the worker?")
    return f"{len(waits)} wait to be taken in" if waits else "nothing waits to be taken in"


def redis(config: Config) -> str:
    if not config.redis_url:
        raise Unseen("cannot be looked at before the secret HOTLINE_REDIS_URL can be read")
    try:
        with Redis.from_url(config.redis_url, socket_timeout=2, socket_connect_timeout=2) as server:
            policy = _eviction(server)
            said = _try_writing(config)
    except RedisError as fault:
        raise Wrong(f"cannot be reached ({fault}); texts are kept meanwhile, and leave when it is back. Check HOTLINE_REDIS_URL") from fault
    if policy != "noeviction":
        raise Wrong(f"maxmemory-policy is {policy}: jobs could vanish; set it to noeviction")
    return said


def _try_writing(config: Config) -> str:
    try:
        try_redis(config.redis_url, within_s=2)
    except ResponseError as fault:  # OutOfMemoryError and ReadOnlyError are such
        raise Wrong(
            f"answers, and takes nothing ({fault}): no worker is woken. Give it memory or disk, or name the server that writes"
        ) from fault
    return "answers and takes what is written"


def _eviction(server: Redis) -> str:
    """Redis's maxmemory-policy. Some providers of Redis do not allow CONFIG GET: their policy is taken as right."""
    try:
        return str(server.config_get("maxmemory-policy").get("maxmemory-policy", "noeviction"))
    except ResponseError:
        return "noeviction"


def files(config: Config) -> str:
    """Check that nobody else can read the data folder and what lies in it, or SQLite's files."""
    try:
        wrong = private.faults(config.data_dir, db.sqlite_path(config.database_url) if config.database_url else None)
    except OSError as fault:
        raise Wrong(f"{fault.filename} cannot be looked at: {fault.strerror}") from fault
    if wrong:
        raise Wrong("; ".join(wrong[:5]) + (f"; and {len(wrong) - 5} more" if len(wrong) > 5 else ""))
    return "nobody else can read them"


def backup(config: Config) -> str:
    if not config.backup.folder and not config.gateway_is_real:
        return "none is made beside a pretend gateway"
    with runtime_of(config) as rt:
        if fault := watching.fault(rt):
            raise Doubtful(fault)
        made, verified = watching.newest(rt)
    return f"the newest is of {made:%Y-%m-%d %H:%M} UTC; " + (
        f"verified up to {verified:%Y-%m-%d}" if verified else "none was verified yet"
    )

"""`hotline doctor`: checks everything that can be wrong in a deployment, and says what to do."""

import contextlib
import io
import sys
from collections.abc import Callable, Iterable, Iterator

import click
from redis import Redis, RedisError, ResponseError

from hotline import i18n, private
from hotline.cards import load_protocols
from hotline.config import Config, ConfigFault
from hotline.domain import prompts
from hotline.domain.protocol import Protocol, unapproved
from hotline.gateways.base import GatewayFault
from hotline.gateways.registry import GATEWAYS, gateways_in_use, load_config
from hotline.gazetteers import load_gazetteer
from hotline.i18n import CatalogueFault, Catalogues, prompts_path
from hotline.jobs import SilentBell
from hotline.keys import KeysFault, read_keys
from hotline.macros import load_macros
from hotline.media.clips import ManifestFault, Shelf, State
from hotline.media.store import StoreFault, open_store
from hotline.readers import model_in_force
from hotline.runtime import Runtime, build_runtime
from hotline.services.calls import plainaudio
from hotline.services.duty import coverage
from hotline.services.people import keysafe
from hotline.services.people.installation import DEMO
from hotline.services.texts import sealing
from hotline.storage import db, installation, schema
from hotline.tables import TableFault, load_areas, load_categories, load_lexicon, load_unsaid, load_wishes

_PROBE = "doctor"

_THIN = 14
"""How many stretches of thin hours are named: two a day."""


class _Wrong(Exception):
    """A check failed; the message says what is wrong and what to do."""


class _Unseen(_Wrong):
    """What else is wrong must be mended before this can be checked."""


@click.command()
def doctor() -> None:
    """Check configuration, tables, catalogues, prompts, database, Redis, gateway and files; exit code 1 if anything is wrong."""
    try:
        config = load_config()
    except ConfigFault as fault:
        for line in fault.args[0]:
            click.echo(f"WRONG  configuration: {line}")
        sys.exit(1)
    checks: dict[str, Callable[[Config], str]] = {
        "configuration": lambda _config: "every key is known and in range",
        "tables": _tables,
        "reading": _reading,
        "catalogues": _catalogues,
        "prompts": _prompts,
        "database": _database,
        "keys": _keys,
        "redis": _redis,
        "gateway": _gateway,
        "recordings": _recordings,
        "files": _files,
        "duty": _duty,
    }
    wrong = False
    for name, check in checks.items():
        try:
            click.echo(f"ok     {name}: {check(config)}")
        except _Wrong as fault:
            wrong = True
            click.echo(f"WRONG  {name}: {' '.join(str(fault).split())}")
    if wrong:
        sys.exit(1)


def _keys(config: Config) -> str:
    try:
        read_keys(config.keys_file)
        with _runtime(config) as rt:
            keysafe.check_keys(rt)
            on_paper, is_plain = keysafe.on_paper(rt), sealing.is_plain(rt) or plainaudio.is_plain(rt)
            current = rt.keys.current
    except KeysFault as fault:
        raise _Wrong(str(fault)) from fault
    except _Unseen:
        return "the file is whole; whether it is this database's shows once the rest is mended"
    if not on_paper and config.gateway_is_real:
        raise _Wrong("no paper copy of the keys was confirmed, and without the keys everything is lost: hotline keys paper, then confirm")
    plain = "; a worker still seals texts and recordings from before" if is_plain else ""
    return f"the file is whole and this database's, {current} seals{plain}"


@contextlib.contextmanager
def _runtime(config: Config) -> Iterator[Runtime]:
    """A Runtime for one check. Raises `_Unseen` if there can be none yet."""
    try:
        rt = build_runtime(config, bell=SilentBell())
        try:
            yield rt
        finally:
            rt.close()
    except (db.DatabaseFault, TableFault, CatalogueFault, OSError) as fault:
        raise _Unseen("cannot be looked at before the other faults are mended") from fault


def _tables(config: Config) -> str:
    try:
        categories = load_categories(config.table("categories"))
        areas = load_areas(config.table("areas"))
        load_lexicon(config.table("lexicon"))
        load_unsaid(config.table("unsaid"))
        load_macros(config.table("macros"))
        cards = load_protocols(config.table("protocols"), categories)
        load_wishes(config.table("wishes"))
        places = load_gazetteer(config.table("gazetteer")).places
    except TableFault as fault:
        raise _Wrong(str(fault)) from fault
    _require_approval(config, cards)
    sealed = sum(c.sealed for c in categories)
    return f"{len(categories)} categories, {sealed} of them sealed; {len(areas)} areas; {len(places)} places; {len(cards)} protocol cards"


def _reading(config: Config) -> str:
    try:
        found, refused = model_in_force(config)
    except TableFault as fault:
        raise _Wrong(str(fault)) from fault
    if refused is not None:
        raise _Wrong(f"{refused}; the shipped model reads instead. Learn anew (hotline reading learn), or go back (hotline reading back)")
    own = found.about.get("own")
    return "by the shipped model" if not own else f"by a model learnt here from {own} corrections"


def _require_approval(config: Config, cards: Iterable[Protocol]) -> None:
    """Volunteers follow the cards beside people in danger: beside a real gateway a professional has read every one."""
    if config.gateway_is_real and (unread := unapproved(cards)):
        raise _Wrong(
            f"no professional has approved these protocol cards: {_some(list(unread))}; "
            "copy hotline/data/protocols.toml, have it read, and write approved_by and approved_on into each card"
        )


def _catalogues(_config: Config) -> str:
    try:
        Catalogues.load()
    except CatalogueFault as fault:
        raise _Wrong(str(fault)) from fault
    return "compiled and whole"


def _prompts(config: Config) -> str:
    try:
        catalogues, categories = Catalogues.load(), load_categories(config.table("categories"))
        clips = [
            (language, clip)
            for language in config.voice.languages
            for clip in Shelf(prompts_path(i18n.LOCALES, language)).look(catalogues.clip_texts(language, categories))
        ]
    except (ManifestFault, ValueError) as fault:
        raise _Wrong(str(fault)) from fault
    except (CatalogueFault, TableFault) as fault:
        raise _Wrong("cannot be looked at before the faults above are mended") from fault
    if silent := [f"{language} {clip.name}" for language, clip in clips if not clip.is_usable]:
        raise _Wrong(f"no audio, or older than its text: {_some(silent)}; run: hotline prompts list")
    machine = [(language, clip.name) for language, clip in clips if clip.state is State.PLACEHOLDER]
    critical = [f"{language} {name}" for language, name in machine if prompts.is_critical(name)]
    if critical and config.gateway_is_real:
        raise _Wrong(
            f"a machine's voice where callers must understand at once: {_some(critical)}; "
            "have them recorded before anybody is given the number: hotline prompts sheet"
        )
    return f"{len(clips)} clips, {len(machine)} of them spoken by a machine"


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _database(config: Config) -> str:
    try:
        engine = db.make_engine(config.database_url, pool_size=1)
        try:
            if schema.pending_migrations(engine):
                raise _Wrong("the schema is not the newest; run: hotline migrate")
            with engine.connect() as connection:
                kind = installation.kind(connection)
        finally:
            engine.dispose()
    except (db.DatabaseFault, OSError) as fault:
        raise _Wrong(f"cannot be reached ({getattr(fault, 'orig', None) or fault}); check HOTLINE_DATABASE_URL and that it runs") from fault
    if kind == DEMO and config.gateway_is_real:
        raise _Wrong("it holds the demo, and a real gateway is configured; name another HOTLINE_DATABASE_URL")
    return f"{engine.dialect.name}, {kind or 'empty'} organisation, schema up to date"


def _redis(config: Config) -> str:
    try:
        with Redis.from_url(config.redis_url, socket_timeout=2, socket_connect_timeout=2) as server:
            server.ping()
            policy = _eviction(server)
    except RedisError as fault:
        raise _Wrong(
            f"cannot be reached ({fault}); texts are kept meanwhile, and leave when it is back. Check HOTLINE_REDIS_URL"
        ) from fault
    if policy != "noeviction":
        raise _Wrong(f"maxmemory-policy is {policy}: jobs could vanish; set it to noeviction")
    return "answers"


def _eviction(server: Redis) -> str:
    """Redis's maxmemory-policy. Some providers of Redis do not allow CONFIG GET: their policy is taken as right."""
    try:
        return str(server.config_get("maxmemory-policy").get("maxmemory-policy", "noeviction"))
    except ResponseError:
        return "noeviction"


def _gateway(config: Config) -> str:
    used = gateways_in_use(config)
    if not used:
        raise _Wrong(f"{' or '.join(gateway.key for gateway in GATEWAYS.values())} is not set: no text can come or go")
    try:
        for gateway in used:
            gateway.check(config)
    except GatewayFault as fault:
        raise _Wrong(str(fault)) from fault
    if config.gateway_is_real and not config.public_url.startswith("https://"):
        raise _Wrong("HOTLINE_PUBLIC_URL is not https: texts would cross the internet in the clear")
    return "a pretend one on this machine" if not config.gateway_is_real else "takes our account"


def _recordings(config: Config) -> str:
    """Check that recordings can be stored, and that the gateway gives them to nobody without a password."""
    if config.media.bucket:
        store = open_store(config)
        try:
            store.save(_PROBE, io.BytesIO(b"hotline doctor"))
            is_there = store.size(_PROBE) is not None
        except StoreFault as fault:
            raise _Wrong(f"cannot be stored ({fault}); check [media] and HOTLINE_S3_ACCESS_KEY") from fault
        if not is_there:
            raise _Wrong("what was stored is not there; check [media]")
    where = f"in the bucket {config.media.bucket}" if config.media.bucket else "in the data folder"
    try:
        ask_for_a_password = [gateway.check_recordings(config) for gateway in gateways_in_use(config)]
    except GatewayFault as fault:
        raise _Wrong(str(fault)) from fault
    if any(ask_for_a_password):
        return f"{where}, and the gateway asks for a password"
    return f"{where}, and none is at the gateway to try its password on"


def _files(config: Config) -> str:
    """Check that nobody else can read the data folder and what lies in it, or SQLite's files."""
    try:
        wrong = private.faults(config.data_dir, db.sqlite_path(config.database_url))
    except OSError as fault:
        raise _Wrong(f"{fault.filename} cannot be looked at: {fault.strerror}") from fault
    if wrong:
        raise _Wrong("; ".join(wrong[:5]) + (f"; and {len(wrong) - 5} more" if len(wrong) > 5 else ""))
    return "nobody else can read them"


def _duty(config: Config) -> str:
    """Check that volunteers can be rung, and that at every hour of the next seven days there are two phones to ring."""
    if not config.gateway_is_real:
        return "not asked beside a pretend gateway, which rings nobody"
    if not any(gateway.calls for gateway in gateways_in_use(config)):
        raise _Wrong(
            "no alarm can ring a volunteer: the gateway in use places no calls; set up one that does, such as a phone line of your own"
        )
    if not config.voice.number:
        raise _Wrong("no alarm can ring a volunteer: [voice] number is empty; write the number there from which the gateway places calls")
    with _runtime(config) as rt:
        thin = _thin_hours(rt)
    if thin:
        more = f", and {len(thin) - _THIN} more" if len(thin) > _THIN else ""
        raise _Wrong(
            f"fewer than {coverage.LEAST} people can be rung: {', '.join(_hours(one) for one in thin[:_THIN])}{more}; on the page "
            "Roster plan shifts of people who gave a phone that may be rung, or add phones to [voice] duty_line"
        )
    return f"{coverage.LEAST} people or more can be rung at every hour of the next seven days"


def _thin_hours(rt: Runtime) -> list[coverage.Thin]:
    with rt.reading() as session:
        return coverage.thin_hours(rt, session)


def _hours(thin: coverage.Thin) -> str:
    ends = f"{thin.ends:%H:%M}" if thin.begins.date() == thin.ends.date() else f"{thin.ends:%A %Y-%m-%d %H:%M}"
    return f"{thin.begins:%A %Y-%m-%d %H:%M} to {ends} ({thin.phones or 'nobody'})"

"""`hotline doctor`: what is wrong, and what to do."""

import sys
from collections.abc import Callable

import click
from redis import Redis, RedisError, ResponseError

from hotline.config import Config, ConfigFault, load_config
from hotline.gateways.base import GatewayError
from hotline.i18n import CatalogueFault, Catalogues
from hotline.services.installation import DEMO
from hotline.storage import db, installation
from hotline.tables import TableFault, load_categories, load_lexicon


class _Wrong(Exception):
    """A check that failed: what is wrong and what to do."""


@click.command()
def doctor() -> None:
    """Check configuration, tables, catalogues, database, Redis and gateway; exit code 1 if anything is wrong."""
    try:
        config = load_config()
    except ConfigFault as fault:
        for line in fault.args[0]:
            click.echo(f"WRONG  configuration: {line}")
        sys.exit(1)
    checks: dict[str, Callable[[Config], str]] = {
        "configuration": lambda _config: "every key is known and in range",
        "tables": _tables,
        "catalogues": _catalogues,
        "database": _database,
        "redis": _redis,
        "gateway": _gateway,
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


def _tables(config: Config) -> str:
    try:
        categories = load_categories(config.table("categories"))
        load_lexicon(config.table("lexicon"))
    except TableFault as fault:
        raise _Wrong(str(fault)) from fault
    return f"{len(categories)} categories, {sum(c.sealed for c in categories)} of them sealed"


def _catalogues(_config: Config) -> str:
    try:
        Catalogues.load()
    except CatalogueFault as fault:
        raise _Wrong(str(fault)) from fault
    return "compiled and whole"


def _database(config: Config) -> str:
    try:
        engine = db.make_engine(config.database_url, pool_size=1)
        try:
            if db.pending_migrations(engine):
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
    """What it does when its memory is full. Some who rent out servers do not let us ask."""
    try:
        return str(server.config_get("maxmemory-policy").get("maxmemory-policy", "noeviction"))
    except ResponseError:
        return "noeviction"


def _gateway(config: Config) -> str:
    if not config.twilio_account_sid:
        raise _Wrong("HOTLINE_TWILIO_ACCOUNT_SID is not set: no text can come or go")
    # The REST client is heavy: no other command pays for it.
    from hotline.gateways.twilio.client import TwilioGateway  # noqa: PLC0415

    gateway = TwilioGateway(config)
    try:
        gateway.check()
    except GatewayError as fault:
        raise _Wrong(f"does not take our account ({fault.code}); check HOTLINE_TWILIO_ACCOUNT_SID and HOTLINE_TWILIO_AUTH_TOKEN") from fault
    finally:
        gateway.close()
    if config.gateway_is_real and not config.public_url.startswith("https://"):
        raise _Wrong("HOTLINE_PUBLIC_URL is not https: texts would cross the internet in the clear")
    return "a pretend one on this machine" if not config.gateway_is_real else "takes our account"

"""This process's Runtime, built after RQ forks, so that no connection is shared between processes."""

import functools
import sys
from collections.abc import Mapping

from hotline import host
from hotline.config import Config, ConfigFault
from hotline.gateways import registry
from hotline.gateways.base import CallGateway, Gateway, TextGateway
from hotline.gateways.listing import CallLog
from hotline.gateways.registry import gateways_in_use, load_config
from hotline.jobs import RedisBell
from hotline.keys import KeysFault, read_keys
from hotline.log import configure_log
from hotline.runtime import Runtime, Tables, build_runtime, load_tables
from hotline.services.people.installation import check_installation
from hotline.services.people.keysafe import check_keys
from hotline.spool import Reader


def config_or_exit() -> Config:
    """The configuration. Ends the process with its faults, or those of the keys: each worker reads them after its fork."""
    try:
        config = load_config()
        read_keys(config.keys_file)
    except ConfigFault as fault:
        sys.exit("\n".join(["the workers cannot start:", *(f"  {line}" for line in fault.args[0])]))
    except KeysFault as fault:
        sys.exit(f"the workers cannot start: {fault}")
    return config


def named_gateway(kind: Gateway) -> str:
    """The name on the command line, of a gateway of that kind. Ends the process if there is none, or if something has to be installed."""
    names = [name for name, entry in gateways_in_use(config_or_exit()).items() if entry is kind]
    if len(sys.argv) != 2 or sys.argv[1] not in names:
        known = f"of the kind {kind.kind} there are: {', '.join(names)}" if names else f"the configuration has none of the kind {kind.kind}"
        sys.exit(f"write `python -m {kind.process} NAME`, with the name of a gateway; {known}")
    if lacks := kind.lacks():
        sys.exit(lacks)
    return sys.argv[1]


@functools.cache
def bell() -> RedisBell:
    """The bell of this process."""
    config = load_config()
    return RedisBell(config.redis_url, host=host.name(config.data_dir))


@functools.cache
def reader() -> Reader:
    """What opens that which waits on the disk. Raises `SpoolFault`."""
    return Reader(load_config().keys_file)


@functools.cache
def gateways() -> Mapping[str, TextGateway]:
    """The gateways for texts of this process: name → gateway."""
    return registry.text_gateways(load_config())


@functools.cache
def call_gateways() -> Mapping[str, CallGateway]:
    """The gateways for calls of this process: name → gateway; the first places our calls."""
    return registry.call_gateways(load_config())


@functools.cache
def call_logs() -> Mapping[str, CallLog]:
    """The logs of calls that this process can ask: name of the gateway → log."""
    return registry.call_logs(load_config())


@functools.cache
def tables() -> Tables:
    """What this process reads from files. A worker reads it before it forks, for all its jobs."""
    return load_tables(load_config())


@functools.cache
def runtime() -> Runtime:
    """The Runtime of this process. Raises `DemoBesideReal` before anything is sent."""
    configure_log()
    config = load_config()
    in_flight = [one.terms.in_flight or config.sending.in_flight for one in config.gateways.values() if one.is_set]
    rt = build_runtime(config, bell=bell(), senders=sum(in_flight), tables=tables())
    check_installation(rt)
    check_keys(rt)
    return rt

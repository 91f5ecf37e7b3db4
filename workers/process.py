"""This process's Runtime, built after RQ forks, so that no connection is shared between processes."""

import functools

from hotline.gateways import registry
from hotline.gateways.base import CallGateway, TextGateway
from hotline.gateways.registry import load_config
from hotline.jobs import RedisBell
from hotline.log import configure_log
from hotline.runtime import Runtime, build_runtime
from hotline.services.people.installation import check_installation
from hotline.services.people.keysafe import check_keys


@functools.cache
def bell() -> RedisBell:
    """The bell of this process."""
    return RedisBell(load_config().redis_url)


@functools.cache
def gateway() -> TextGateway:
    """The gateway for texts of this process."""
    return registry.text_gateway(load_config())


@functools.cache
def call_gateway() -> CallGateway:
    """The gateway for calls of this process."""
    return registry.call_gateway(load_config())


@functools.cache
def runtime() -> Runtime:
    """The Runtime of this process. Raises `DemoBesideReal` before anything is sent."""
    configure_log()
    config = load_config()
    rt = build_runtime(config, bell=bell(), senders=config.sending.in_flight)
    check_installation(rt)
    check_keys(rt)
    return rt

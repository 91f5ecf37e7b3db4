"""This process's Runtime, built after RQ forks, so that no connection is shared between processes."""

import functools

from hotline.config import load_config
from hotline.gateways.twilio.calls import TwilioCalls
from hotline.gateways.twilio.client import TwilioGateway
from hotline.jobs import RedisBell
from hotline.log import configure_log
from hotline.runtime import Runtime, build_runtime
from hotline.services.people.installation import check_installation


@functools.cache
def bell() -> RedisBell:
    """The bell of this process."""
    return RedisBell(load_config().redis_url)


@functools.cache
def gateway() -> TwilioGateway:
    """The gateway for texts of this process."""
    return TwilioGateway(load_config())


@functools.cache
def call_gateway() -> TwilioCalls:
    """The gateway for calls of this process."""
    return TwilioCalls(load_config())


@functools.cache
def runtime() -> Runtime:
    """The Runtime of this process. Raises `DemoBesideReal` before anything is sent."""
    configure_log()
    config = load_config()
    rt = build_runtime(config, bell=bell(), senders=config.sending.in_flight)
    check_installation(rt)
    return rt

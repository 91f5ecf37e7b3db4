"""The gateways' clients against the pretend Twilio."""

from tests.simulator.conftest import hotline, hotline_url, simulator, start

__all__ = ["hotline", "hotline_url", "simulator", "start"]

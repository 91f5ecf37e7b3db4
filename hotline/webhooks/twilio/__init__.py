"""The webhooks that Twilio requests."""

from hotline.webhooks.twilio import callreports, calls, texts

BLUEPRINTS = (texts.blueprint, calls.blueprint, callreports.blueprint)

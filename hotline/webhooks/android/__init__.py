"""The webhooks that a phone requests."""

from hotline.webhooks.android import events

BLUEPRINTS = (events.blueprint,)

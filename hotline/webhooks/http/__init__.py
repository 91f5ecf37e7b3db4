"""The webhooks that services with a file of their own request."""

from hotline.webhooks.http import hooks

BLUEPRINTS = (hooks.blueprint,)

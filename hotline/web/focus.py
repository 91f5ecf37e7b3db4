"""Where the keyboard focus goes after a form: to the notice about it, else to the page's heading."""

from urllib.parse import urlsplit

from flask import request
from markupsafe import Markup

FOCUS = Markup(' tabindex="-1" autofocus')
"""Attributes for a notice after a form. If several on a page have them, the browser focuses the first."""


def after_form() -> Markup:
    """The same for a heading, if the page follows a form; empty if it was opened by a link, so that it begins at its top."""
    came_from = urlsplit(request.referrer or "").path  # a form leads back to its own page, or to the one above
    sent = came_from == request.path or (request.path != "/" and came_from.startswith(f"{request.path}/"))
    return FOCUS if sent or request.method == "POST" else Markup()

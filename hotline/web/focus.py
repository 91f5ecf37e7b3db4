"""Where the keyboard's focus goes after a form: to what is told of it, else to the page's heading."""

from urllib.parse import urlsplit

from flask import request
from markupsafe import Markup

FOCUS = Markup(' tabindex="-1" autofocus')
"""Stands on what is told after a form. Of several on a page the browser takes the first."""


def after_form() -> Markup:
    """The same for a heading: nothing where she came by a link, for then the page begins at its top."""
    came_from = urlsplit(request.referrer or "").path  # a form leads back to the page it stands on, or to the one above
    sent = came_from == request.path or (request.path != "/" and came_from.startswith(f"{request.path}/"))
    return FOCUS if sent or request.method == "POST" else Markup()

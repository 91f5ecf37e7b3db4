"""The pages, with the people of the tests."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from hotline.app import create_app
from hotline.runtime import Runtime
from tests.servers import page_server, serving
from tests.services.colleagues import settle
from tests.support import Clock
from tests.web.visiting import Visitor


@pytest.fixture
def app(rt: Runtime, tmp_path: Path) -> Flask:
    settle(rt, tmp_path)
    return create_app(rt)


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    """A visitor who is not logged in."""
    return Visitor(app)


@pytest.fixture
def as_(app: Flask) -> Callable[[str], Visitor]:
    """A visitor who is logged in: `as_("alice")`."""
    return lambda login: Visitor(app).log_in(login)


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where the pages are served."""
    app.config.update(SESSION_COOKIE_SECURE=False)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with serving(page_server(app)) as url:
        yield url


@pytest.fixture
def ticking(app: Flask, clock: Clock) -> None:
    """Each request moves the clock on by a second."""
    served = app.wsgi_app

    def tick_first(environ: Any, start_response: Any) -> Any:
        clock.forward(seconds=1)
        return served(environ, start_response)

    app.wsgi_app = tick_first  # type: ignore[method-assign]  # Flask's own way

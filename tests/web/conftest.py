"""The pages, with the people of the tests in them."""

import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.serving import make_server

from hotline.app import create_app
from hotline.runtime import Runtime
from tests.services.people import settle
from tests.web.visiting import Visitor


@pytest.fixture
def app(rt: Runtime, tmp_path: Path) -> Flask:
    settle(rt, tmp_path)
    return create_app(rt)


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    """Somebody who is not logged in."""
    return Visitor(app)


@pytest.fixture
def as_(app: Flask) -> Callable[[str], Visitor]:
    """Somebody who is: `as_("alice")`."""
    return lambda login: Visitor(app).log_in(login)


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where the pages are served."""
    app.config.update(SESSION_COOKIE_SECURE=False)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()

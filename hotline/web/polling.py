"""What an open queue asks all the time: whether it is still as she sees it. It must cost next to nothing, so what the guards said of
one poll holds for the same browser for some seconds, and the polls of that time are answered before Flask, in half the time."""

import random
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Flask, current_app
from werkzeug.http import parse_etags, quote_etag
from werkzeug.wrappers import Response

from hotline.guards import NO_STORE, PAGE_HEADERS
from hotline.runtime import Reading, Runtime
from hotline.storage import queues
from hotline.storage.db import DatabaseFault

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ADDRESS = "/queue/version"

_OPEN_MOST = 2000
_TRUSTED_FOR = timedelta(seconds=10)
"""So long at most a poll goes by what the guards said of the one before: a log-in that ended hears so late that it has, and until then
no more than whether something changed. Some half as long, or all browsers that were opened at once would come to the guards at once."""
_PULSE_EVERY = timedelta(seconds=0.25)
"""So old may be what all open queues of this process ask first, whether anything has happened at all."""
_LONG_AGO = datetime.min.replace(tzinfo=UTC)

Mark = Callable[[Reading], str]
"""What stands for all that a page shows: another as soon as any of it changes."""

_Pulse = tuple[int, ...]
_Browser = tuple[str, str]
"""All its cookies, and what it asks for."""


class _OpenQueue:
    """A queue that is open in somebody's browser."""

    def __init__(self, mark: Mark, until: datetime) -> None:
        self.mark, self.until = mark, until
        self.seen: tuple[_Pulse, str] | None = None
        """Its mark when something happened last."""


class Polling:
    """The open queues of this process."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        self._open: dict[_Browser, _OpenQueue] = {}
        self._pulse: _Pulse = ()
        self._pulse_until = _LONG_AGO

    def opened(self, environ: "WSGIEnvironment", mark: Mark) -> Response:
        """The answer to a poll that the guards have let in; those that follow go by it."""
        if len(self._open) >= _OPEN_MOST:
            self._open.clear()
        one = self._open[_browser(environ)] = _OpenQueue(mark, self._rt.clock() + _TRUSTED_FOR * random.uniform(0.5, 1))  # noqa: S311 - no secret
        status, etag = self._answer(environ, one)
        return Response(status=status, headers={"ETag": etag})

    def before(self, app: "WSGIApplication") -> "WSGIApplication":
        """The application, asked only for what is no poll of an open queue."""

        def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            if environ["PATH_INFO"] == ADDRESS and environ["REQUEST_METHOD"] == "GET":
                one = self._open.get(_browser(environ))
                if one is not None and self._rt.clock() < one.until:
                    try:
                        status, etag = self._answer(environ, one)
                    except DatabaseFault:  # the application meets it too, and knows what to say
                        return app(environ, start_response)
                    start_response(f"{status.value} {status.phrase}", [*PAGE_HEADERS.items(), NO_STORE, ("ETag", etag)])
                    return ()
            return app(environ, start_response)

        return answer

    def _answer(self, environ: "WSGIEnvironment", one: _OpenQueue) -> tuple[HTTPStatus, str]:
        """304 if she sees what there is; and the mark of that."""
        pulse = self._pulse_of_now()
        if one.seen is None or one.seen[0] != pulse:
            with self._rt.reading() as session:
                one.seen = pulse, one.mark(session)
        mark = one.seen[1]
        same = parse_etags(environ.get("HTTP_IF_NONE_MATCH")).contains_weak(mark)
        return HTTPStatus.NOT_MODIFIED if same else HTTPStatus.NO_CONTENT, quote_etag(mark)

    def _pulse_of_now(self) -> _Pulse:
        if self._pulse_until < self._rt.clock():
            with self._rt.reading() as session:
                self._pulse = queues.pulse(session)
            self._pulse_until = self._rt.clock() + _PULSE_EVERY
        return self._pulse


def hang_polling(app: Flask, rt: Runtime) -> None:
    """Answer what the guards have let in before they are asked."""
    app.extensions["polling"] = polling = Polling(rt)
    app.wsgi_app = polling.before(app.wsgi_app)  # type: ignore[assignment, method-assign]  # Flask's own way


def opened(environ: "WSGIEnvironment", mark: Mark) -> Response:
    """As `Polling.opened`, of this process."""
    polling: Polling = current_app.extensions["polling"]
    return polling.opened(environ, mark)


def _browser(environ: "WSGIEnvironment") -> _Browser:
    return environ.get("HTTP_COOKIE", ""), environ.get("QUERY_STRING", "")

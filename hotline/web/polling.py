"""What an open queue asks all the time: whether it is still as she sees it. It must cost next to nothing.

What the guards said of one poll holds for those that follow, which are answered before Flask. A thread that finds the news old asks
for all open queues of the process what happened, and whether the guards would still say the same; a list is looked at anew when the
news may change it."""

import random
import threading
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from flask import Flask, current_app
from werkzeug.http import parse_etags, quote_etag
from werkzeug.wrappers import Response

from hotline.domain.queue import News, Shown
from hotline.guards import NO_STORE, PAGE_HEADERS
from hotline.runtime import Reading, Runtime
from hotline.services.people import login as logins
from hotline.storage import queues
from hotline.storage.logins import Standing

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ADDRESS = "/queue/version"

_OPEN_MOST = 2000
_TRUSTED_FOR = timedelta(seconds=60)
"""After so long at most a poll goes to the guards again, some after half of it: browsers that were opened at once come one by one."""
_HEARD_EVERY = timedelta(seconds=0.2)
_ANSWERED_WITHIN = timedelta(seconds=0.1)
"""While one thread asks so long, others go by what is known."""
_STANDINGS_EVERY = timedelta(seconds=2)
"""So late a log-in that ended hears that it has, and until then no more than whether something changed."""
_REMEMBERED = 64
_LONGEST = timedelta(seconds=30)
"""Longer than a transaction lasts: PostgreSQL may commit an event after later ones."""
_FARTHEST = 4000
"""So far behind the newest event at most one that is missing is waited for."""
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)

Look = Callable[[Reading], tuple[str, Shown]]
"""Asks for what a page shows, and the mark that stands for it."""

_Browser = tuple[str, str]
"""All its cookies, and what it asks for."""


class _Heard(NamedTuple):
    """The news so far: how many there were, and the last of them."""

    until: int
    last: tuple[News, ...]

    def and_then(self, news: News) -> "_Heard":
        return _Heard(self.until + 1, (*self.last, news)[-_REMEMBERED:])

    def may_change(self, looked: "_Looked") -> bool:
        """Whether what was looked at then may be another now."""
        since = self.until - looked.heard
        return since > len(self.last) or any(news.may_change(looked.shown) for news in self.last[len(self.last) - since :])


class _Looked(NamedTuple):
    mark: str
    shown: Shown
    heard: int  # how many of the news are in it


@dataclass
class _OpenQueue:
    """A queue that is open in somebody's browser."""

    login_id: int
    standing: Standing
    look: Look
    until: datetime
    looked: _Looked | None = None


class _Events:
    """The ids of events that were heard of, from the first on that may still be missing."""

    def __init__(self) -> None:
        self.since = 0
        self._known: frozenset[int] = frozenset()
        self._missing: dict[int, datetime] = {}

    def add(self, ids: Collection[int], now: datetime, *, more: bool = False) -> set[int]:
        """All that there are after `since`, or the newest of them, if there are `more`; those that were not known."""
        if not ids:
            return set()
        unheard = set(ids) - self._known
        newest = max(ids)
        oldest = min(ids) if more or not self._known else 0
        first = max(oldest, newest - _FARTHEST, *self._known)
        missing = dict.fromkeys(set(range(first, newest)) - set(ids), now) | self._missing
        self._missing = {i: at for i, at in missing.items() if i > oldest and i not in unheard and abs(now - at) < _LONGEST}
        self.since = min(self._missing, default=newest) - 1
        self._known = frozenset(i for i in ids if i > self.since)
        return unheard


class Polling:
    """The open queues of this process."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        self._open: dict[_Browser, _OpenQueue] = {}
        self._asking = threading.Lock()
        self._fresh_until = self._standing_until = _LONG_AGO
        self._events = _Events()
        self._alarms = ""
        self._heard = _Heard(0, ())

    def opened(self, environ: "WSGIEnvironment", login_id: int, standing: Standing, look: Look) -> Response:
        """The answer to a poll that the guards have let in; those that follow go by it."""
        self._hear()
        if len(self._open) >= _OPEN_MOST:
            self._open = {}
        until = self._rt.clock() + _TRUSTED_FOR * random.uniform(0.5, 1)  # noqa: S311 - no secret
        one = self._open[_browser(environ)] = _OpenQueue(login_id, standing, look, until)
        status, etag = self._answer(environ, one)
        return Response(status=status, headers={"ETag": etag})

    def before(self, app: "WSGIApplication") -> "WSGIApplication":
        """The application, asked only for what is no poll of an open queue."""

        def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            if environ["PATH_INFO"] == ADDRESS and environ["REQUEST_METHOD"] == "GET":
                try:
                    answered = self._again(environ)
                except Exception:  # noqa: BLE001 - the application meets it too, logs it and knows what to say
                    answered = None
                if answered is not None:
                    status, etag = answered
                    start_response(f"{status.value} {status.phrase}", [*PAGE_HEADERS.items(), NO_STORE, ("ETag", etag)])
                    return ()
            return app(environ, start_response)

        return answer

    def _again(self, environ: "WSGIEnvironment") -> tuple[HTTPStatus, str] | None:
        """None sends it to the guards."""
        if _browser(environ) not in self._open or not self._hear():
            return None
        one = self._open.get(_browser(environ))
        return self._answer(environ, one) if one is not None and _holds(one.until, _TRUSTED_FOR, self._rt.clock()) else None

    def _answer(self, environ: "WSGIEnvironment", one: _OpenQueue) -> tuple[HTTPStatus, str]:
        """304 if she sees what there is; and the mark of that."""
        heard, looked = self._heard, one.looked
        if looked is None or heard.may_change(looked):
            with self._rt.reading() as session:
                looked = _Looked(*one.look(session), heard.until)
        one.looked = looked = looked._replace(heard=heard.until)
        same = parse_etags(environ.get("HTTP_IF_NONE_MATCH")).contains_weak(looked.mark)
        return HTTPStatus.NOT_MODIFIED if same else HTTPStatus.NO_CONTENT, quote_etag(looked.mark)

    def _hear(self) -> bool:
        """Ask what happened, if that was long ago and nobody else is at it; False if what is known is too old to go by. Nobody waits
        for whoever asks: with a database that is silent all threads would."""
        now = self._rt.clock()
        if _holds(self._fresh_until, _HEARD_EVERY, now):
            return True
        if not self._asking.acquire(blocking=False):
            return _holds(self._fresh_until + _ANSWERED_WITHIN, _HEARD_EVERY + _ANSWERED_WITHIN, now)
        try:
            self._ask(now)
        finally:
            self._asking.release()
        return True

    def _ask(self, now: datetime) -> None:
        with self._rt.reading() as session:
            pulse = queues.pulse(session, self._events.since)
        unheard = {pulse.events[i] for i in self._events.add(pulse.events.keys(), now, more=pulse.more)}
        if unheard or pulse.alarms != self._alarms:
            changed = (pulse.tickets[ticket_id] for ticket_id in unheard)
            self._heard = self._heard.and_then(News.of(changed, unknown=pulse.more or pulse.alarms != self._alarms))
            self._alarms = pulse.alarms
        if not _holds(self._standing_until, _STANDINGS_EVERY, now):
            self._let_go(now)
            self._standing_until = now + _STANDINGS_EVERY
        self._fresh_until = now + _HEARD_EVERY

    def _let_go(self, now: datetime) -> None:
        """Of those of whom the guards may say something else now."""
        each = [(browser, one) for browser, one in list(self._open.items()) if _holds(one.until, _TRUSTED_FOR, now)]
        standings = logins.standings(self._rt, {one.login_id for _, one in each})
        self._open = {browser: one for browser, one in each if standings.get(one.login_id) == one.standing}


def hang_polling(app: Flask, rt: Runtime) -> None:
    """Answer what the guards have let in before they are asked."""
    app.extensions["polling"] = polling = Polling(rt)
    app.wsgi_app = polling.before(app.wsgi_app)  # type: ignore[assignment, method-assign]  # Flask's own way


def opened(environ: "WSGIEnvironment", login_id: int, standing: Standing, look: Look) -> Response:
    """As `Polling.opened`, of this process."""
    polling: Polling = current_app.extensions["polling"]
    return polling.opened(environ, login_id, standing, look)


def _holds(until: datetime, span: timedelta, now: datetime) -> bool:
    """Whether something said for so long holds still. Not for longer, if the clock was put back meanwhile."""
    return until - span <= now < until


def _browser(environ: "WSGIEnvironment") -> _Browser:
    return environ.get("HTTP_COOKIE", ""), environ.get("QUERY_STRING", "")

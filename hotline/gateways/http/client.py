"""Sends, looks up and fetches texts at a service that its file describes."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property

from hotline.config import Config
from hotline.domain.delivery import Delivery
from hotline.domain.phone import national
from hotline.gateways.base import GatewayError, IncomingText, Outcome, OutgoingText, Sent, TextGateway
from hotline.gateways.http.answers import Judged, judge
from hotline.gateways.http.exchange import exchange
from hotline.gateways.http.filling import is_plain, wire_of
from hotline.gateways.http.incoming import look_in, read_text
from hotline.gateways.http.service import OUTCOMES, Means, Poll, Request, Service
from hotline.gateways.http.settings import account_of
from hotline.gateways.listing import Page, Span
from hotline.keys import read_keys
from hotline.log import logger

_GOOD = frozenset({Means.TAKEN, Means.TAKEN_ALREADY, Means.NOT_THERE, Means.ROWS})
_ANSWER_BYTES = 64 * 1024

LONGEST_S = 45
"""How long a request may take with all that it needs: a login, and the wait for one. A claim that is a minute old is taken for a dead
worker's, and what still left after that would leave twice."""

_POLL_BYTES = 4 * 1024 * 1024

Heard = Callable[[str, Judged], None]
"""Told of each answer: the step (log in, send, look up, poll) and what it means."""


class HttpGateway(TextGateway):
    """See `TextGateway`. `heard` is told of every answer, for a person who tries a service."""

    def __init__(self, config: Config, name: str, *, clock: Callable[[], datetime] | None = None, heard: Heard | None = None) -> None:
        account = account_of(config, name)
        if account.service is None:  # its faults were told when the configuration was read
            raise ValueError(name)
        self.name, self.can = name, account.service.can
        self._config, self._account, self._service = config, account, account.service
        self._clock = clock or (lambda: datetime.now(UTC))
        self._heard = heard or (lambda _step, _judged: None)
        self._session = _Session()

    @property
    def service(self) -> Service:
        """What the file says."""
        return self._service

    def send(self, text: OutgoingText) -> Sent:
        """See `TextGateway.send`."""
        judged = self._ask("send", self._service.send, self._of_text(text), body=text.body)
        if judged.means in (Means.TAKEN, Means.TAKEN_ALREADY):
            return self._sent(text, judged)
        raise _failure(judged)

    def look_up(self, text: OutgoingText, since: datetime, known: set[str]) -> Sent | None:  # noqa: ARG002 - it is found by our id
        """See `TextGateway.look_up`."""
        judged = self.ask_about(text.our_id, text)
        if judged.means is Means.NOT_THERE:
            return None
        if judged.means is Means.TAKEN:
            return self._sent(text, judged)
        raise _failure(judged)

    def ask_about(self, gateway_id: str, text: OutgoingText) -> Judged:
        """What the service says of a text that it took under that id. For one with [query]. Raises `GatewayError`."""
        query = self._service.query
        if query is None:
            raise NotImplementedError
        return self._ask("look up", query, {**self._of_text(text), "gateway_id": gateway_id})

    def poll(self) -> Iterator[IncomingText]:
        """See `TextGateway.poll`."""
        return self._fetched(self._clock() - timedelta(minutes=self._polled.minutes))

    def texts_in(self, span: Span, page: str | None = None) -> Page[IncomingText]:  # noqa: ARG002 - it has one
        """See `TextGateway.texts_in`. There is one page: no public interface of such a service has more."""
        return Page(tuple(self._fetched(span.since, span.until)))

    def log_in(self) -> None:
        """Begin a session, if the service has sessions. Raises `GatewayError`."""
        self._session_value(time.monotonic() + LONGEST_S)

    @property
    def _polled(self) -> Poll:
        if self._service.poll is None:
            raise NotImplementedError
        return self._service.poll

    @cached_property
    def _key(self) -> bytes:
        return read_keys(self._config.keys_file).mark

    def _fetched(self, since: datetime, until: datetime | None = None) -> Iterator[IncomingText]:
        poll, zone = self._polled, self._config.zone
        # A little into the future: the service's clock may be ahead of ours.
        until = until or self._clock() + timedelta(minutes=10)
        spans = {name: at.astimezone(zone).strftime(poll.date_format) for name, at in (("since", since), ("until", until))}
        judged = self._ask("poll", poll.request, spans, limit_bytes=_POLL_BYTES)
        if judged.means is not Means.ROWS:
            raise _failure(judged)
        for row in judged.document.rows(poll.rows):
            text = read_text(poll.fields, look_in(row), self._key, zone)
            if text is None or not text.gateway_id:
                logger().warning("a gateway lists a text without its sender or its time", gateway=self.name)
                continue
            yield text.under(text.gateway_id)

    def _of_text(self, text: OutgoingText) -> dict[str, str]:
        plain = is_plain(text.body)
        hooks = f"{self._config.public_url}/hooks/http/{self.name}/{self._account.hook}"
        return {
            "to": text.to,
            "to_no_plus": text.to.removeprefix("+"),
            "to_national": national(text.to, self._config.numbers.region),
            "body": text.body,
            "unicode": "0" if plain else "1",
            "unicode_word": "false" if plain else "true",
            "coding": "0" if plain else "8",
            "body_hex": text.body.encode("utf-16-be", "replace").hex().upper(),
            "our_id": text.our_id,
            "report_url": f"{hooks}/reports?our_id={text.our_id}",
        }

    def _sent(self, text: OutgoingText, judged: Judged) -> Sent:
        gateway_id = judged.id if self._service.keeps_their_id else None
        return Sent(gateway_id or text.our_id, Delivery.SENT)

    def _ask(
        self, step: str, request: Request, values: Mapping[str, str], *, body: str | None = None, limit_bytes: int = _ANSWER_BYTES
    ) -> Judged:
        """Ask within a session, if there are sessions. A session that is over is begun anew, once: nothing was taken in it.

        Raises `GatewayError`: of the connection, of the login, and UNKNOWN for an answer that no rule knows. Every answer that is not
        good ends the session: it may be what the service says to a session that is over.
        """
        ends = time.monotonic() + LONGEST_S
        for _ in range(2):
            session = self._session_value(ends)
            wire_values = {**self._account.values, **values, "session": session}
            answer = exchange(
                self._account.url,
                wire_of(request, wire_values, body=body),
                timeout_s=self._time_left(ends),
                limit_bytes=limit_bytes,
            )
            if len(answer.body) >= limit_bytes:  # told first: no rule may know what was cut
                logger().error("an answer is longer than is read; if it lists texts, lower [poll] minutes", gateway=self.name, step=step)
            judged = judge(answer, request.answers)
            self._heard(step, judged)
            if judged.means not in _GOOD:
                self._session.end(session)
            if judged.means is None:
                raise GatewayError(judged.code, Outcome.UNKNOWN)
            if judged.means is not Means.LOG_IN:
                return judged
        raise GatewayError(judged.code, Outcome.ILL)

    def _time_left(self, ends: float) -> float:
        """How many seconds the next exchange may take. Raises `GatewayError` if there are none: it is not begun."""
        left = ends - time.monotonic()
        if left <= 0:
            raise GatewayError("too_slow", Outcome.NOT_SENT)
        return min(self._config.sending.timeout_s, left)

    def _session_value(self, ends: float) -> str:
        login = self._service.login
        return self._session.value(lambda: self._begin_session(ends), login.idle_s, ends) if login is not None else ""

    def _begin_session(self, ends: float) -> str:
        """Log in. Whatever goes wrong, no text was sent."""
        login = self._service.login
        assert login is not None  # noqa: S101 - for the type checker: only asked for where there is one
        try:
            answer = exchange(
                self._account.url,
                wire_of(login.request, self._account.values),
                timeout_s=self._time_left(ends),
                limit_bytes=_ANSWER_BYTES,
            )
        except GatewayError as fault:
            raise GatewayError(fault.code, Outcome.ILL if fault.outcome is Outcome.ILL else Outcome.NOT_SENT) from fault
        judged = judge(answer, login.request.answers)
        self._heard("log in", judged)
        if judged.means is Means.IN and judged.id is not None:
            return judged.id
        if judged.means is Means.AGAIN:
            raise GatewayError(judged.code, Outcome.NOT_SENT, retry_after_s=answer.retry_after_s)
        raise GatewayError(judged.code, Outcome.ILL)


class _Session:
    """A session that threads share. It ends when it was not used for long, or when somebody says so."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._value = ""
        self._used_at = 0.0

    def value(self, begin: Callable[[], str], idle_s: float, ends: float) -> str:
        """The session, begun if there is none. While it begins others wait, until `ends`. Raises `GatewayError`."""
        if not self._lock.acquire(timeout=max(0, ends - time.monotonic())):
            raise GatewayError("too_slow", Outcome.NOT_SENT)
        try:
            now = time.monotonic()
            if not self._value or now - self._used_at > idle_s:
                self._value = ""
                self._value = begin()
            self._used_at = now
            return self._value
        finally:
            self._lock.release()

    def end(self, value: str) -> None:
        """Forget a session, if it is still that one."""
        with self._lock:
            if self._value == value:
                self._value = ""


def _failure(judged: Judged) -> GatewayError:
    outcome = OUTCOMES.get(judged.rule.means, Outcome.UNKNOWN) if judged.rule is not None else Outcome.UNKNOWN
    return GatewayError(judged.code, outcome, retry_after_s=judged.answer.retry_after_s)

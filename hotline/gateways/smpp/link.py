"""The link to an SMSC: it is bound, and bound again when the connection ends; texts leave by it, and what comes in goes to the book."""

import itertools
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from hotline.domain.delivery import Delivery
from hotline.gateways.base import GatewayError, Outcome, OutgoingText, Report
from hotline.gateways.parts import IncomingPart, PartReport, SentPart
from hotline.gateways.smpp import wire
from hotline.gateways.smpp.receipts import is_receipt, other_forms, read_receipt, same_form
from hotline.gateways.smpp.session import Session
from hotline.gateways.smpp.settings import LONGEST_S, Smsc
from hotline.gateways.smpp.splitting import incoming, split
from hotline.gateways.smpp.statuses import THROTTLED, code
from hotline.gateways.smpp.wire import Frame, NotAPdu
from hotline.log import logger

_LOOK_EVERY_S = 0.5
_BACKOFF_S = (1, 2, 4, 8, 15, 30, 60)
_HELD_S = 60
"""A bind that lasted for so long was a good one: it is made anew at once."""

_ANSWERED_AFTER_S = 0.3
"""How long the rest of a long text waits when the SMSC takes no more just now: half a text on the phone is worse than a late one."""

Answer = Callable[[bool], bool]
"""Tells the SMSC whether we have stored what it brought; if not, it brings it again. False if the connection has ended."""


class Book(Protocol):
    """Where the link writes down what happens. None of its methods waits."""

    def part_came(self, part: IncomingPart, answer: Answer) -> None:
        """A part came in; `answer` is called once it is stored, or cannot be."""

    def report_came(self, report: PartReport, answer: Answer) -> None:
        """A report came in; the same."""

    def part_sent(self, part: SentPart) -> None:
        """The SMSC took a part."""

    def text_refused(self, report: Report) -> None:
        """The SMSC did not take a text, and said so when nobody waited for it any more."""

    def line_is_asked(self) -> None:
        """The SMSC is now asked whether it is there. All answers before this have reached it once it answers (`line_is_up`)."""

    def line_is_up(self) -> None:
        """The SMSC is there."""

    def line_has_ended(self) -> None:
        """Whether the last answers have reached the SMSC, nobody knows."""


@dataclass
class State:
    """How the link is: bound since when, or why it is not."""

    bound_since: datetime | None = None
    fault: GatewayError = field(default_factory=lambda: GatewayError("no_bind", Outcome.NOT_SENT))


@dataclass
class _Leaving:
    """A text on its way: until when, by the clock of waiting, and whether nobody waits any more for what becomes of it."""

    text: OutgoingText
    parts: int
    ends: float
    given_up: bool = False


class Link:
    """Keeps us bound. `timeout_s`: how long the SMSC may take for an answer; `clock`: the time, to know how long a text may take."""

    def __init__(self, smsc: Smsc, book: Book, *, timeout_s: float, in_flight: int, clock: Callable[[], datetime]) -> None:
        self.state = State()
        self._smsc, self._book, self._timeout_s, self._clock = smsc, book, timeout_s, clock
        self._room = threading.Semaphore(in_flight)
        self._reference = itertools.count(random.randrange(0x10000))  # noqa: S311 - no secret
        self._sessions: list[Session] = []
        self._stop, self._owes = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._keep_bound, name=f"link-{smsc.name}", daemon=True)

    def start(self) -> None:
        """Begin to bind."""
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether the link is looked after."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Unbind. What waits for an answer of the SMSC gets it first, for as long as an answer may take."""
        self._stop.set()
        self._thread.join()

    # The bind

    def _keep_bound(self) -> None:
        failures = 0
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                self._bind()
                self.state = State(bound_since=datetime.now(UTC))
                logger().info("bound at the SMSC", gateway=self._smsc.name)
                self._look_after()
                self.state = State()
                logger().warning("the bind at the SMSC has ended", gateway=self._smsc.name)
            except GatewayError as fault:
                self.state = State(fault=fault)
                logger().warning("no bind at the SMSC", gateway=self._smsc.name, code=fault.code)
            failures = 0 if time.monotonic() - began > _HELD_S else failures + 1
            wait = _BACKOFF_S[min(failures, len(_BACKOFF_S)) - 1] if failures else 0
            self._stop.wait(wait * random.uniform(0.8, 1.2))  # noqa: S311 - no secret

    def _bind(self) -> None:
        ways = ("transceiver",) if self._smsc.terms.bind == "transceiver" else ("transmitter", "receiver")
        made: list[Session] = []
        try:
            for way in ways:
                made.append(Session(self._smsc, way, self._heard, timeout_s=self._timeout_s))  # noqa: PERF401 - those made are closed
        except GatewayError:
            for session in made:
                session.close()
            raise
        self._sessions = made

    def _look_after(self) -> None:
        """Return when a connection has ended, or we are to stop; then all are closed."""
        while not self._stop.is_set() and not any(session.ended.is_set() for session in self._sessions):
            for session in self._sessions:
                session.look()
                if session.is_asked:
                    continue
                if (session.way != "transmitter" and self._owes.is_set()) or session.is_silent(for_s=self._smsc.terms.enquire_s):
                    self._enquire(session)
            self._sessions[0].ended.wait(_LOOK_EVERY_S)
        for session in self._sessions:
            session.close()
        self._book.line_has_ended()

    def _enquire(self, session: Session) -> None:
        if session.way != "transmitter":
            self._owes.clear()
            self._book.line_is_asked()
        session.enquire()

    # In

    def _heard(self, session: Session, frame: Frame) -> None:
        if frame.command == wire.ENQUIRE_RESP:
            if session.way != "transmitter":
                self._book.line_is_up()
        elif frame.command in (wire.DELIVER, wire.DATA):
            self._delivered(session, frame)
        elif frame.command != wire.ALERT:  # it has no answer
            logger().warning("the SMSC asks for what we do not do", gateway=self._smsc.name, command=hex(frame.command))
            session.answer(frame, wire.INVALID_COMMAND)

    def _delivered(self, session: Session, frame: Frame) -> None:
        def answer(is_stored: bool) -> bool:
            self._owes.set()
            return session.answer(frame, wire.OK if is_stored else wire.LATER)

        try:
            told = wire.delivered(frame)
        except NotAPdu:  # it would come again for ever, before all others
            logger().error("a text cannot be read: it is let pass", gateway=self._smsc.name, command=hex(frame.command))
            session.answer(frame, wire.OK)
            return
        if not is_receipt(told):
            part = incoming(told, self._smsc.terms.alphabet)
            self._book.part_came(replace(part, line=self._smsc.line_of(told.destination)), answer)
        elif (report := read_receipt(told)) is not None:
            self._book.report_came(report, answer)
        else:
            session.answer(frame, wire.OK)

    # Out

    def send(self, text: OutgoingText) -> None:
        """Hand a text to the SMSC; returns once it has taken all parts. Raises `GatewayError`.

        Unknown: an answer did not come in time. If it comes after all, the book is told, so that the text is known to be sent.
        """
        if self.state.bound_since is None:
            raise self.state.fault
        parts = split(text.body, alphabet=self._smsc.terms.alphabet, by=self._smsc.terms.split, reference=next(self._reference) & 0xFFFF)
        leaving = _Leaving(text, len(parts), time.monotonic() + min(LONGEST_S, self._timeout_s * len(parts)))
        fields = {**self._same(text), "priority_flag": int(text.urgent)}
        try:
            for number, part in enumerate(parts, 1):
                self._send_part(leaving, number, {**fields, **part})
        except GatewayError:
            leaving.given_up = True
            raise

    def _same(self, text: OutgoingText) -> dict[str, Any]:
        """The fields that all parts of a text have alike. The time that is left is told as a span: clocks differ."""
        fields: dict[str, Any] = {"sender": self._smsc.sender_of(text.line), "to": text.to, "registered_delivery": 1}
        if text.leaves_by is not None:
            left = int((text.leaves_by - self._clock()).total_seconds())
            if left <= 0:
                raise GatewayError("too_late", Outcome.NOT_SENT)
            hours, seconds = divmod(min(left, 99 * 3600), 3600)
            days, hours = divmod(hours, 24)
            fields["validity_period"] = f"0000{days:02d}{hours:02d}{seconds // 60:02d}{seconds % 60:02d}000R"
        return fields

    def _send_part(self, leaving: _Leaving, number: int, fields: dict[str, Any]) -> None:
        while True:
            try:
                self._submit(leaving, number, fields)
            except GatewayError as fault:
                is_full = fault.code in {code(status) for status in THROTTLED}
                if number == 1 or not is_full or time.monotonic() + _ANSWERED_AFTER_S > leaving.ends:
                    raise
                time.sleep(_ANSWERED_AFTER_S)
            else:
                return

    def _submit(self, leaving: _Leaving, number: int, fields: dict[str, Any]) -> None:
        if not self._room.acquire(timeout=self._left(leaving)):
            raise GatewayError("window_full", Outcome.NOT_SENT)
        try:
            taken = self._sessions[0].submit(**fields)
            taken.add_done_callback(lambda done: self._note(leaving, number, done))
            try:
                taken.result(self._left(leaving))
            except TimeoutError as fault:
                leaving.given_up = True  # an answer that comes from now on is told to the book
                if not taken.done():
                    raise GatewayError("no_answer", Outcome.UNKNOWN) from fault
                taken.result()
        finally:
            self._room.release()

    def _left(self, leaving: _Leaving) -> float:
        return max(0.05, min(self._timeout_s, leaving.ends - time.monotonic()))

    def _note(self, leaving: _Leaving, number: int, taken: "Future[str]") -> None:
        text, fault = leaving.text, taken.exception()
        if isinstance(fault, GatewayError) and fault.outcome is not Outcome.UNKNOWN and leaving.given_up and number == 1:
            report = Report(text.our_id, text.message_id, text.attempt, Delivery.FAILED, fault.code, fault.outcome)
            self._book.text_refused(report)
        if fault is not None or not taken.result():
            return
        given = taken.result()
        self._book.part_sent(
            SentPart(
                gateway_id=same_form(given),
                other_ids=other_forms(given),
                to=text.to.removeprefix("+"),
                message_id=text.message_id,
                attempt=text.attempt,
                our_id=text.our_id,
                number=number,
                of=leaving.parts,
                late=leaving.given_up,
            )
        )


def answered(link: Link, question: dict[str, Any]) -> dict[str, Any]:
    """The process's answer to a question of `SmppGateway`."""
    if isinstance(asked := question.get("send"), dict):
        leaves_by = datetime.fromisoformat(asked["leaves_by"]) if asked["leaves_by"] else None
        try:
            link.send(OutgoingText(**{**asked, "leaves_by": leaves_by}))
        except GatewayError as fault:
            return {"code": fault.code, "outcome": fault.outcome}
        return {"sent": True}
    state = link.state
    if state.bound_since is None:
        return {"code": state.fault.code, "outcome": state.fault.outcome}
    return {"bound_since": state.bound_since.isoformat()}

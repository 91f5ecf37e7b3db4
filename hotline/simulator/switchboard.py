"""Carries calls from phones to the hotline and from the hotline to phones."""

from hotline.simulator.account import Account
from hotline.simulator.callbook import Callbook
from hotline.simulator.caller import Caller, Impossible
from hotline.simulator.callreports import CallReports
from hotline.simulator.calls import Call
from hotline.simulator.dialling import Dialling
from hotline.simulator.interpreter import Interpreter
from hotline.simulator.state import State
from hotline.simulator.timetable import Timetable

_CALLS_KEPT, _TEXTS_A_CALL = 1000, 10


class Switchboard:
    """Carries calls both ways. `book` has all calls, `caller` acts for the person on the phone, `dialling` has the volunteers' scripts."""

    def __init__(self, account: Account, state: State, posting: Timetable) -> None:
        self._account = account
        self.book = Callbook(state, keep=max(_CALLS_KEPT, state.keep // _TEXTS_A_CALL))
        self._reports = CallReports(account, state, posting)
        self._interpreter = Interpreter(account, state, self._reports)
        self.caller = Caller(self._interpreter, self.book, self._reports)
        self.dialling = Dialling(self._interpreter, self.caller, self.book)
        self._interpreter.dial = self.dialling.dial
        self._interpreter.leave = self.dialling.leave

    def reset(self) -> None:
        self.book.reset()
        self.dialling.duty = {}
        self._interpreter.reset()

    def call_from(self, phone: str, *, to: str, shown_as: str, api_url: str) -> Call:
        """A phone calls number `to` of the hotline, showing `shown_as`; returns when the call waits for the caller or is over."""
        voice_url = self._account.voice_url
        call = Call("inbound", shown_as, to, phone=phone, api_url=api_url, url=voice_url, fallback_url=f"{voice_url}/fallback")
        self.book.add(call)
        with call.lock:
            self._interpreter.proceed(call, voice_url)
        return call

    def place(self, call: Call) -> None:
        """Keep a call that the API accepted, and let the phone ring."""
        self.book.add(call)
        with call.lock:
            call.status = "initiated"
            self._reports.progress(call, "initiated")
            call.status = "ringing"
            self._reports.progress(call, "ringing")

    def pick_up(self, call: Call) -> None:
        """Answer the phone that rings. Raises Impossible."""
        self._must_ring(call)
        if call.parent is not None:
            self.dialling.pick_up(call)
            return
        call.answer()
        call.note(answer=True)
        self._reports.progress(call, "answered")
        if call.url:
            self._interpreter.proceed(call, call.url, call.method)
        elif call.document:
            self._interpreter.perform(call, call.document)

    def turn_down(self, call: Call, status: str) -> None:
        """Do not answer: `status` is busy, or no-answer when it has rung long enough. Raises Impossible."""
        self._must_ring(call)
        call.note(reject=status)
        if call.parent is not None:
            self.dialling.leave(call, status)
        else:
            self._interpreter.end(call, status)

    def stop(self, call: Call, status: str) -> None:
        """End a call by the API. `status` is canceled, which works only while the phone rings, or completed."""
        if not call.over and (status == "completed" or call.rings):
            call.note(verb="Hangup", detail=f"{status} by the API")
            self._interpreter.end(call, status if call.started_at else "canceled")

    @staticmethod
    def _must_ring(call: Call) -> None:
        if not call.rings:
            raise Impossible("the phone does not ring")

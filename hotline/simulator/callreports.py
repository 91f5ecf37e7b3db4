"""Callbacks about a call: its progress, its end, and its recordings."""

from email.utils import format_datetime

from hotline.simulator.account import Account
from hotline.simulator.calls import Call
from hotline.simulator.messages import now
from hotline.simulator.recordings import Recording
from hotline.simulator.state import State
from hotline.simulator.timetable import Timetable
from hotline.simulator.twiml import Verb
from hotline.simulator.webhooks import ask


class CallReports:
    """Posts callbacks in the background, as Twilio does: nothing waits for the answers, and nothing is sent again."""

    def __init__(self, account: Account, state: State, posting: Timetable) -> None:
        self._account = account
        self._state = state
        self._posting = posting

    def progress(self, call: Call, event: str) -> None:
        """Report an event: initiated, ringing, answered or completed. For an inbound call only the last is reported, for a leg what its
        Number asks for."""
        if call.is_leg and not call.callback_url:
            return
        if event == "completed" and self._state.strikes("call_status_drop_next"):
            call.note(status_callback=call.status, http_status=None, detail="dropped on request")
            self._log(call, call.status, None, None, "dropped on request")
            return
        url = self._account.voice_url + "/status" if call.inbound else call.callback_url
        if not url or (not call.inbound and event not in call.callback_events):
            return
        fields = call.fields(self._account) | {
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(call.reported),
            "Timestamp": format_datetime(now()),
        }
        call.reported += 1
        if event == "completed":
            fields |= {"CallDuration": str(call.duration_s), "Duration": str(-(-call.duration_s // 60))}
        status = call.status
        self._posting.after(0, lambda: self._post(call, url, "POST", fields, status_callback=status))

    def recording_done(self, call: Call, recording: Recording, verb: Verb, *, early: bool) -> None:
        """Report a recording: at once if `early`, else in the background."""
        url = verb.attributes.get("recordingStatusCallback", "")
        if not url or "completed" not in verb.attributes.get("recordingStatusCallbackEvent", "completed").split():
            return
        if self._state.strikes("recording_callback_drop_next"):
            call.note(recording_callback=recording.sid, http_status=None, detail="dropped on request")
            self._log(call, "recording", None, None, "dropped on request")
            return
        fields = {
            "AccountSid": self._account.sid,
            "CallSid": call.sid,
            "RecordingChannels": "1",
            "RecordingDuration": str(recording.duration_s),
            "RecordingSid": recording.sid,
            "RecordingSource": "RecordVerb",
            "RecordingStartTime": format_datetime(recording.created_at),
            "RecordingStatus": "completed",
            "RecordingUrl": call.api_url + recording.uri(self._account.sid),
        }
        method = verb.attributes.get("recordingStatusCallbackMethod", "POST")
        for _ in range(2 if self._state.strikes("recording_callback_double_next") else 1):
            if early:
                self._post(call, url, method, fields, recording_callback=recording.sid)
            else:
                delay_s = self._state.faults.recording_callback_delay_s
                self._posting.after(delay_s, lambda: self._post(call, url, method, fields, recording_callback=recording.sid))

    def _post(self, call: Call, url: str, method: str, fields: dict[str, str], **what: str) -> None:
        if call.generation != self._state.generation:  # the simulator was reset: the next test must not get this callback
            return
        answer = ask(self._account, method, url, fields)
        call.note(**what, http_status=answer.status)
        named = fields.get("CallStatus", "recording")
        self._log(call, named, answer.status, answer.error_code, answer.detail)

    def _log(self, call: Call, what: str, status: int | None, code: int | None, detail: str) -> None:
        line = {"kind": "call status", "sid": call.sid, "phone": call.phone, "message_status": f"call: {what}"}
        self._state.write_log(**line, http_status=status, error_code=code, detail=detail)

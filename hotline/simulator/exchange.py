"""Carries texts from phones to the hotline and from the hotline to phones."""

import secrets
import time
from dataclasses import dataclass
from typing import Any

from hotline.simulator import optout
from hotline.simulator.account import Account
from hotline.simulator.androidline import AndroidLine
from hotline.simulator.countries import country
from hotline.simulator.messages import API_VERSION, Message, clean, new_sid, now
from hotline.simulator.segments import count_segments
from hotline.simulator.state import State
from hotline.simulator.switchboard import Switchboard
from hotline.simulator.timetable import Timetable
from hotline.simulator.webhooks import Answer, Reports, post, read_twiml

_POSTING_THREADS = 8  # a hotline that hangs blocks one for 15 s


@dataclass(frozen=True)
class Sent:
    """A text from a phone: its sid, and the hotline's answer to each request about it (none if it was dropped)."""

    sid: str
    answers: tuple[Answer, ...]

    def as_json(self) -> dict[str, Any]:
        """For tests. `status` and `error_code` are of the first answer."""
        first = self.answers[0] if self.answers else Answer(None)
        return {
            "sid": self.sid,
            "status": first.status,
            "error_code": first.error_code,
            "statuses": [answer.status for answer in self.answers],
        }


class Exchange:
    """Carries texts both ways; its `switchboard` carries calls. `step_s`: seconds between one status of a text and the next.

    `line`: texts of the phones go by this pretend Android phone; None: by the account.
    """

    def __init__(self, account: Account, state: State, *, step_s: float, line: AndroidLine | None = None) -> None:
        self.account = account
        self.state = state
        self.line = line
        self._step_s = step_s
        # Separate threads, so that a hotline that answers callbacks slowly does not hold up the texts.
        self._steps = Timetable(threads=1, name="simulator-steps")
        self._posting = Timetable(threads=_POSTING_THREADS, name="simulator-callbacks")
        self.switchboard = Switchboard(account, state, self._posting)

    def reset(self) -> None:
        self._steps.clear()
        self._posting.clear()
        self.state.reset()
        self.switchboard.reset()
        if self.line is not None:
            self.line.phone.reset(stays_set_up=True)

    def close(self) -> None:
        if self.line is not None:
            self.line.phone.close()
        self._steps.close()
        self._posting.close()

    @property
    def number(self) -> str:
        """The number that phones text to."""
        return self.line.number if self.line is not None else self.account.sender

    # From a phone

    def text_from(self, number: str, body: str, sid: str | None = None, *, photo: bytes = b"") -> Sent:
        """A phone texts the hotline; returns when the hotline has answered. A `sid` that was used before delivers that text again.

        The pretend Android phone tells the hotline by itself, and there is no answer yet.
        """
        if self.line is not None:
            return Sent(self.line.text_from(number, body, photo=photo), ())
        body = clean(body)
        message = Message(
            sid=sid or new_sid(with_photo=bool(photo)),
            photos={"ME" + secrets.token_hex(16): photo} if photo else {},
            direction="inbound",
            sender=number,
            recipient=self.account.sender,
            body=body,
            status="received",
            segments=count_segments(body),
            service_sid=self.account.service_sid,
            sent_at=now(),
        )
        message.photos = self.state.add(message, on_phone=True).photos  # of a text that is told again: those it came with
        answers, replies = self._deliver(message)
        if own_answer := optout.obey(self.state, number, body):
            self._reply(number, own_answer, by_twilio=True)
        for reply in replies:
            self._reply(number, reply, by_twilio=False)
        return Sent(message.sid, tuple(answers))

    def _deliver(self, message: Message) -> tuple[list[Answer], list[str]]:
        line: dict[str, Any] = {"kind": "incoming", "sid": message.sid, "phone": message.phone, "message_status": "received"}
        if self.state.strikes("incoming_drop_next"):
            self.state.change(message.sid, webhook="dropped on request")
            self.state.write_log(**line, http_status=None, error_code=None, detail="dropped on request")
            return [], []
        time.sleep(self.state.faults.incoming_delay_s)
        answers, replies = [], []
        for _ in range(2 if self.state.strikes("incoming_double_next") else 1):
            answer, bodies = read_twiml(post(self.account, self.account.incoming_url, self._fields(message)))
            answers.append(answer)
            replies += bodies
            self.state.write_log(**line, http_status=answer.status, error_code=answer.error_code, detail=answer.detail)
        failed = next((answer for answer in answers if answer.error_code), None)
        self.state.change(message.sid, webhook=f"error {failed.error_code}: {failed.detail}" if failed else "taken")
        return answers, replies

    def _fields(self, message: Message) -> dict[str, str]:
        nowhere = dict.fromkeys(("FromCity", "FromState", "FromZip", "ToCity", "ToState", "ToZip"), "")
        fields = nowhere | {
            "AccountSid": self.account.sid,
            "ApiVersion": API_VERSION,
            "Body": message.phone_body,
            "From": message.sender,
            "FromCountry": country(message.sender),
            "MessageSid": message.sid,
            "NumMedia": str(len(message.photos)),
            "NumSegments": str(message.segments),
            "SmsMessageSid": message.sid,
            "SmsSid": message.sid,
            "SmsStatus": "received",
            "To": message.recipient,
            "ToCountry": country(message.recipient),
        }
        for n, photo_sid in enumerate(message.photos):
            # The real one's address: nobody must follow it. The photo is had at this simulator's own.
            fields[f"MediaUrl{n}"] = (
                f"https://api.twilio.com/{API_VERSION}/Accounts/{self.account.sid}/Messages/{message.sid}/Media/{photo_sid}"
            )
            fields[f"MediaContentType{n}"] = "image/jpeg"
        if message.service_sid:
            fields["MessagingServiceSid"] = message.service_sid
        return fields

    def _reply(self, number: str, body: str, *, by_twilio: bool) -> None:
        """Send an answer that did not come through the API: Twilio's own, or a `<Message>` of the hotline's TwiML."""
        reply = Message(
            direction="outbound-reply",
            sender=self.account.sender,
            recipient=number,
            body=body,
            status="delivered" if by_twilio else "queued",
            segments=count_segments(body),
            by_twilio=by_twilio,
            sent_at=now() if by_twilio else None,
        )
        self.state.add(reply, on_phone=by_twilio)
        if not by_twilio:
            self.carry(reply)

    # To a phone

    def take(self, message: Message) -> Message:
        """Keep a text that the API accepted, and send it off."""
        kept = self.state.add(message, on_phone=False)
        self.carry(kept)
        return kept

    def carry(self, message: Message) -> None:
        """Move a text through its statuses, and show it on the phone when it is delivered. The first status is not reported."""
        steps: list[tuple[str, int | None]] = [("queued", None)] if message.status == "accepted" else []
        if self.state.strikes("final_next"):
            final = self.state.faults.final_status
            code = self.state.faults.final_error_code or None
        else:
            final, code = "delivered", None
        if final != "failed":
            steps.append(("sent", None))
        if final != "sent":
            steps.append((final, code if final in {"undelivered", "failed"} else None))
        reports = Reports(self.account, self.state, self._posting, message)
        self._steps.after(self._step_s, lambda: self._step(message.sid, steps, reports))

    def _step(self, sid: str, steps: list[tuple[str, int | None]], reports: Reports) -> None:
        status, error_code = steps.pop(0)
        times = {"sent_at": now()} if status in {"sent", "failed"} else {}
        self.state.change(sid, on_phone=status == "delivered", status=status, error_code=error_code, **times)
        reports.add(status, error_code, last=not steps)
        if steps:
            self._steps.after(self._step_s, lambda: self._step(sid, steps, reports))

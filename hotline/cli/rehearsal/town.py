"""The citizens: each texts or calls at the hour of the day plan, over the pretend gateways, and what each was told is written down."""

import re
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any
from urllib.parse import quote

from hotline.cli.rehearsal.day import Contact, Does, Leaves, Walk, Way
from hotline.cli.rehearsal.stage import DUTY_LINE, MISSED_CALLS, Stage
from hotline.cli.rehearsal.talk import ask
from hotline.cli.rehearsal.told import About, Arrived, Called, Texted, Told

_AT_ONCE = 96
_LOOKS_EVERY_S = 15.0
_AWAITED: Mapping[str, str | None] = {Does.SPEAK: "Record", Does.DROP: "Record", Does.NOBODY: "Dial", Does.SILENCE: None}
"""What the call must wait for before a caller does this; None: whatever it is. Keys are pressed where it gathers them."""
_REFERENCE = re.compile(r"(?<!\d)([1-9]\d{2})-?(\d{3})-?(\d{3})(?!\d)", re.ASCII)
_OURS = "outbound-api"
"""The direction of what we asked the account to send. Answers that it gives by itself have another."""


class Town:
    """`live()` returns when the day is over and each citizen has said everything."""

    def __init__(self, stage: Stage, told: Told, contacts: Sequence[Contact], *, began: float, lasts_s: float) -> None:
        self._stage, self._told, self._contacts, self._began, self._lasts_s = stage, told, contacts, began, lasts_s
        told.to_call, told.to_ask = sum(one.way is Way.CALL for one in contacts), sum(one.asks for one in contacts)

    def now_s(self) -> float:
        """Seconds since the day began."""
        return time.monotonic() - self._began

    def live(self) -> None:
        """Have each citizen text or call at the time of the contact. It ends early if the stage is closed."""
        with ThreadPoolExecutor(_AT_ONCE) as crowd, ThreadPoolExecutor(1) as asking:
            doing = [asking.submit(self._ask_later)]
            for contact in self._contacts:
                if self._stage.closed.wait(max(0.0, contact.after_s - self.now_s())):
                    break
                doing.append(crowd.submit(self._call if contact.way is Way.CALL else self._text, contact))
        for done in doing:
            done.result()  # a citizen who could not be played would be missing in the books

    # ---- texts

    def _text(self, contact: Contact) -> None:
        began = self.now_s()
        if contact.way is Way.PHONE:
            given: dict[str, object] = {"from": contact.number, "text": contact.words}
            taken = ask("POST", f"{self._stage.phone_url}/control/texts", given) is not None
        else:
            taken = self._text_account(contact.number, contact.words)
        about = About.PRANK if contact.is_prank else About.MATTER
        self._told.texted.append(Texted(contact.who, contact.number, contact.words, about, began, self.now_s(), taken))

    def _text_account(self, number: str, words: str) -> bool:
        answer = ask("POST", f"{self._stage.account_url}/phones/{quote(number)}/texts", {"body": words})
        return answer is not None and answer["status"] is not None and 200 <= answer["status"] < 300

    def _ask_later(self) -> None:
        """Citizens who want to know where their ticket stands ask once they have its reference. All are gone when the day is over."""
        left = {contact.number: contact for contact in self._contacts if contact.asks}
        while left and self.now_s() < self._lasts_s * 1.05 and not self._stage.closed.wait(min(_LOOKS_EVERY_S, self._lasts_s / 20)):
            for one in arrived_by_account(self._stage):
                if one.number in left and (found := _REFERENCE.search(one.words)):
                    contact, began, reference = left.pop(one.number), self.now_s(), "-".join(found.groups())
                    taken = self._text_account(one.number, reference)
                    self._told.texted.append(Texted(contact.who, one.number, reference, About.STATUS, began, self.now_s(), taken))

    # ---- calls

    def _call(self, contact: Contact) -> None:
        walk, began = contact.walk or Walk("none"), self.now_s()
        to = {"to": MISSED_CALLS} if walk.missed else {}
        call = ask("POST", f"{self._stage.account_url}/phones/{quote(contact.number)}/calls", to)
        if call is None:
            return
        whole = True
        for does in walk.does:
            call, went = self._step(call, does)
            whole = whole and went
            if not went:
                break
        if call["awaiting"] is not None:
            call = self._do(call, "hangup", seconds=0) or call
        self._told.called.append(read_call(contact, walk, call, began_s=began, whole=whole))
        if walk.missed:
            self._hear_the_call_back(contact.number)

    def _step(self, call: dict[str, Any], does: str) -> tuple[dict[str, Any], bool]:
        """Do one step of a walk; whether the call went on as the walk expects."""
        verb = (call["awaiting"] or {}).get("verb")
        wanted = _AWAITED.get(does, "Gather")
        if verb is None or (wanted is not None and verb != wanted):
            return call, False
        match does:
            case Does.SPEAK | Does.DROP:
                after = self._do(call, "speech", seconds=4, end="#" if does == Does.SPEAK else "hangup")
            case Does.NOBODY | Does.SILENCE:
                after = self._do(call, "silence")
            case _:
                after = self._do(call, "keys", digits=does)
        return (after, True) if after is not None else (call, False)

    def _do(self, call: dict[str, Any], what: str, **how: object) -> Any:
        return ask("POST", f"{self._stage.account_url}/calls/{call['sid']}/{what}", how)

    def _hear_the_call_back(self, number: str) -> None:
        """The phone rings when it is called back; the citizen takes the call and rings off."""
        ends = time.monotonic() + 60
        while time.monotonic() < ends and self.now_s() < self._lasts_s and not self._stage.closed.wait(5):
            for call in ringing(self._stage, number):
                if (taken := self._do(call, "answer")) is not None and taken["awaiting"] is not None:
                    self._do(taken, "hangup", seconds=0)
                return


def read_call(contact: Contact, walk: Walk, call: dict[str, Any], *, began_s: float, whole: bool) -> Called:
    """What the pretend account saw of a call."""
    path = call["path"]
    statuses = [entry.get("http_status") for entry in path if "request" in entry]
    accepted = _accepted(path)
    busy = any(map(_is_busy, call["heard"]))
    is_whole = whole and all(status == 200 for status in statuses) and not busy
    return Called(
        who=contact.who,
        number=contact.number,
        walk=walk.name,
        sid=call["sid"],
        began_s=began_s,
        connected=statuses[:1] == [200] and not busy,
        busy=busy,
        whole=is_whole,
        recordings=frozenset(accepted),
        leaves_ticket=bool(accepted) or (is_whole and walk.leaves is Leaves.TICKET),
    )


def _accepted(path: list[dict[str, Any]]) -> list[str]:
    """The ids of the recordings whose end was asked of us and answered, by more than that the lines are busy."""
    parts: list[list[dict[str, Any]]] = [[]]
    for entry in path:
        if "request" in entry:
            parts.append([])
        parts[-1].append(entry)
    return [
        entry["recording"]
        for before, after in pairwise(parts)
        if after[0].get("http_status") == 200 and not any(_is_busy(heard.get("url", "")) for heard in after)
        for entry in before
        if "recording" in entry
    ]


def _is_busy(url: str) -> bool:
    return "/busy" in url


def ringing(stage: Stage, number: str) -> list[dict[str, Any]]:
    """The calls that ring on a phone."""
    calls = ask("GET", f"{stage.account_url}/calls?phone={quote(number)}") or []
    return [call for call in calls if (call["awaiting"] or {}).get("verb") == "Ring"]


def let_duty_phones_ring_out(stage: Stage) -> None:
    """Nobody takes the calls to the duty line: the volunteers act in the browser."""
    for number in DUTY_LINE:
        for call in ringing(stage, number):
            ask("POST", f"{stage.account_url}/calls/{call['sid']}/reject", {})


def arrived_by_account(stage: Stage) -> list[Arrived]:
    """The texts of ours that came to phones by the account."""
    found = ask("GET", f"{stage.account_url}/texts") or []
    return [Arrived(one["to"], one["body"]) for one in found if one["direction"] == _OURS]


def arrived(stage: Stage) -> list[Arrived]:
    """The texts of ours on all phones."""
    by_phone = ask("GET", f"{stage.phone_url}/control/texts") or {"arrived": []}
    return [*arrived_by_account(stage), *(Arrived(one["to"], one["text"]) for one in by_phone["arrived"])]

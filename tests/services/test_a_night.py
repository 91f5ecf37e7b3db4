"""A scripted night: Saturday, 23:30 in Karachi, nobody on duty, and ten texts and calls of danger come in. All jobs run as by the clock.

After half an hour each of them was acted on or rings, or waits first in the list of looks, and the lead and the head know that it is late.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import select

from hotline.domain.danger import RINGS, BroughtIn
from hotline.domain.look import Look
from hotline.jobs import PERIODIC_S
from hotline.runtime import Runtime
from hotline.sections import Hours, Sending
from hotline.services.calls import callflow
from hotline.services.condition import certificate
from hotline.services.tickets import acting
from hotline.spool import Reader
from hotline.storage import rings
from hotline.storage.callmodels import Call, Recording
from hotline.storage.models import Alarm, Message, Ticket
from hotline.storage.ringmodels import Ring
from tests.calling import Caller, contact_of
from tests.recorded import Killed
from tests.services.calls.test_missedcalls import CallingGateway, ours
from tests.services.colleagues import settle, volunteer
from tests.services.duty.test_attendance import give_phone
from tests.services.duty.test_ringing import FIRST, HEAD, LEAD, RINGS_VOICE, SECOND
from tests.services.quiet import TOLD_TO_CITIZENS, names_nothing, to
from tests.services.tickets.test_naming import PEOPLE
from tests.support import Clock, ScriptedGateway, text_in, texts_out, tickets
from workers import jobs

OURS = (LEAD, HEAD, FIRST, SECOND)
NAMES_THE_LEAD = "mere bhai ko aghwa kar liya hai, Lubna Mirza ko sab pata hai"
TEXTS = {
    "cry": "bachao",
    "sign": "🆘",
    "home": "mere shohar ne mujhe mara hai woh mujhe maar dega",
    "kidnapping": NAMES_THE_LEAD,
    "suicide": "میں اب جینا نہیں چاہتی، میں خودکشی کر لوں گی",
    "photo": "",
    "pashto": "زما خاوند ما وهي، د خدای لپاره مرسته وکړئ",
}
CALLS: dict[str, Callable[[Caller], object]] = {
    "key 0": lambda caller: caller.press("1", "0").speak().hang_up(),
    "key 5": lambda caller: caller.press("1", "0", "5").hang_up(),
    "silent": lambda caller: caller.press("").speak(seconds=8).hang_up(),
}
NUMBERS = {name: f"+9230055500{n:02}" for n, name in enumerate((*TEXTS, *CALLS))}


class Night:
    """The hotline in one night. Each step is half a minute or a minute, in which every job of the clock runs in each worker."""

    def __init__(self, rt: Runtime, clock: Clock, patch: pytest.MonkeyPatch, *, workers: int = 1) -> None:
        self.rt, self.clock, self.workers = rt, clock, workers
        self.calls, self.texts = CallingGateway(), ScriptedGateway()
        self.rang: list[tuple[datetime, str]] = []
        self.killed: list[str] = []  # the jobs at which a worker is killed
        self.picks_up: Callable[[Caller], object] | None = None
        self._seen = 0
        bell = type("Bell", (), {"answer": lambda *_: None, "ring": lambda *_: None})()
        given = {"runtime": rt, "bell": bell, "gateways": self.texts.alone, "call_gateways": {"twilio": self.calls}, "call_logs": {}}
        for name, value in {**given, "reader": Reader(rt.config.keys_file)}.items():
            patch.setattr(jobs, name, lambda value=value: value)
        patch.setattr(certificate, "ends_at", lambda *_, **__: None)  # tests do not leave this machine

    def work(self) -> None:
        """Run every job once in each worker, at the same time; a killed worker leaves its job undone."""
        for job in PERIODIC_S:
            name = job.value.rsplit(".", 1)[-1]
            threads = [threading.Thread(target=self._run, args=(name,)) for _ in range(self.workers - 1)]
            for thread in threads:
                thread.start()
            self._run(name)
            for thread in threads:
                thread.join()
        for address, call_id in self.calls.placed[self._seen :]:
            self.rang.append((self.clock.now, address))
            caller = Caller(self.rt, address, gateway_id=ours(call_id))
            if self.picks_up is not None:
                caller.turn = callflow.answer_back(self.rt, call_id, caller.told())
                self.picks_up(caller)
            caller.hang_up(duration_s=0)
        self._seen = len(self.calls.placed)

    def _run(self, name: str) -> None:
        try:
            getattr(jobs, name)()
        except Killed:
            self.killed.append(name)

    def passes(self, minutes: float) -> None:
        step = min(minutes, 1)
        for _ in range(round(minutes / step)):
            self.clock.forward(minutes=step)
            self.work()

    def danger_comes(self) -> None:
        """Ten citizens, half a minute apart."""
        for name, body in TEXTS.items():
            text_in(self.rt, body, sender=NUMBERS[name])
            self.passes(0.5)
        for name, walks in CALLS.items():
            walks(Caller(self.rt, NUMBERS[name]).ring())
            self.passes(0.5)

    def ticket(self, name: str) -> Ticket | None:
        """The ticket of that citizen."""
        contact = contact_of(self.rt, NUMBERS[name])
        return next((ticket for ticket in tickets(self.rt) if ticket.contact_id == contact.id), None)

    def acts(self, name: str, login: str) -> None:
        ticket = self.ticket(name)
        assert ticket is not None
        acting.bring_in(
            self.rt, volunteer(self.rt, login), ticket.reference, version=ticket.version, whom=BroughtIn.RESCUE, note="they go there now"
        )


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path, clock: Clock) -> Runtime:
    rt = make_rt(
        voice=RINGS_VOICE, data_dir=tmp_path, contact_hours=Hours(opens="08:00", closes="21:00"), sending=Sending(texts_per_s=1000)
    )
    settle(rt, tmp_path, PEOPLE)
    give_phone(rt, "lead", LEAD)
    give_phone(rt, "head", HEAD)
    clock.forward(days=5, hours=11, minutes=30)
    return rt


def is_seen_by_nobody(night: Night, name: str) -> str | None:
    """What is wrong with the way this danger is cared for; None if nothing is."""
    rt, ticket, now = night.rt, night.ticket(name), night.clock.now
    if ticket is not None and ticket.danger in RINGS:
        if ticket.acted_at is not None:
            return None
        with rt.reading() as session:
            last = rings.rung_last(session, ticket.id)
        rests = timedelta(minutes=rt.config.duty.act_minutes + 2)  # everybody may have said this instant that it was seen
        return None if last is not None and now - last <= rests else f"{name} rang last at {last}"
    with rt.reading() as session:
        contact = contact_of(rt, NUMBERS[name])
        looks = [*session.scalars(select(Message.look).where(Message.contact_id == contact.id, Message.direction == "in"))]
        looks += session.scalars(select(Recording.look).join(Call, Call.id == Recording.call_id).where(Call.contact_id == contact.id))
        told = set(session.scalars(select(Alarm.volunteer_id).where(Alarm.kind == "look_late")))
    if Look.FIRST not in looks:
        return f"{name} waits for no first look: {looks}"
    return None if told >= {volunteer(rt, "lead").id, volunteer(rt, "head").id} else f"nobody was told that {name} is late"


def nobody_waits_unseen(night: Night, since: datetime) -> None:
    """Assert what must hold after such a night."""
    rt = night.rt
    assert [wrong for name in NUMBERS if (wrong := is_seen_by_nobody(night, name)) is not None] == []
    times = [since, *(at for at, _ in night.rang), night.clock.now]
    assert max(later - earlier for earlier, later in pairwise(times)) < timedelta(minutes=10)
    assert {address for _, address in night.rang} == set(OURS)
    named = night.ticket("kidnapping")
    assert named is not None
    with rt.reading() as session:
        lead = contact_of(rt, LEAD).id
        assert session.get(Ring, (named.id, lead)) is None, "the lead is named in it"
        assert not session.scalars(select(Alarm).where(Alarm.ticket_id == named.id, Alarm.volunteer_id == volunteer(rt, "lead").id)).all()
    for number in NUMBERS.values():
        assert {key for key, _ in to(rt, number)} <= TOLD_TO_CITIZENS, number
    assert all(to(rt, number) == [] for number in (FIRST, SECOND))
    names_nothing(rt)
    sent = [text.message_id for text in night.texts.taken]
    assert len(sent) == len(set(sent)) == len([text for text in texts_out(rt) if text.delivery == "sent"])


def sleeps(night: Night) -> None:
    """The volunteer who is rung does not wake up."""


def has_seen_it(night: Night) -> None:
    """The volunteer who is rung presses the key for "I have seen it", and does nothing else."""
    night.picks_up = lambda caller: caller.press("9")


def dies_again_and_again(night: Night) -> None:
    """Workers are killed while they place calls, and after a ring was written down, just before it is stored."""
    night.calls.script = [Killed() if n % 7 == 3 else None for n in range(200)]


@pytest.mark.parametrize(("people", "workers"), [(sleeps, 1), (has_seen_it, 2), (dies_again_and_again, 1), (dies_again_and_again, 2)])
def test_nobody_in_danger_waits_unseen_in_a_night_with_nobody_on_duty(
    rt: Runtime, clock: Clock, monkeypatch: pytest.MonkeyPatch, people: Callable[[Night], None], workers: int
) -> None:
    night, began, n = Night(rt, clock, monkeypatch, workers=workers), clock.now, 0
    people(night)
    if people is dies_again_and_again:
        going_on = rings.go_on

        def dies(*given: object, **named: object) -> bool:
            nonlocal n
            n += 1
            if n % 5 == 2:
                raise Killed
            return going_on(*given, **named)  # type: ignore[arg-type]

        monkeypatch.setattr(rings, "go_on", dies)
    night.danger_comes()
    night.passes(15)
    night.acts("cry", "lead")
    night.acts("kidnapping", "head")
    night.passes(15)
    nobody_waits_unseen(night, began)
    night.passes(5)
    nobody_waits_unseen(night, began)
    assert (people is dies_again_and_again) == (night.killed != [])

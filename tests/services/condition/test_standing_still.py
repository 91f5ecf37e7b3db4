"""One worker is gone, and the jobs of all other queues run as by the clock: a head's phone hears of it, and phones ring for danger."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from hotline.domain.call import CallDirection
from hotline.domain.delivery import Delivery
from hotline.jobs import QUEUES
from hotline.runtime import Runtime
from hotline.sections import Sending
from hotline.services.condition import certificate, telling, ticks
from hotline.spool import Reader
from hotline.storage.callmodels import Call
from tests.services.calls.test_missedcalls import CallingGateway
from tests.services.colleagues import settle
from tests.services.condition.test_telling import DISK
from tests.services.duty.test_attendance import give_phone
from tests.services.duty.test_ringing import HEAD, RINGS_VOICE
from tests.support import Clock, ScriptedGateway, text_in, texts_out, tickets
from workers import jobs


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: DISK(100, 50, 50))
    clock.forward(days=6)  # Sunday at noon: nobody has a shift, whose absence would be an alarm too
    rt = make_rt(voice=RINGS_VOICE, data_dir=tmp_path / "data", sending=Sending(texts_per_s=1000))
    settle(rt, tmp_path)
    give_phone(rt, "head", HEAD)
    return rt


class Hall:
    """The hotline without the worker of one queue. In each minute every job of the others runs once, and the web process looks around."""

    def __init__(self, rt: Runtime, clock: Clock, patch: pytest.MonkeyPatch, *, gone: str) -> None:
        self.rt, self.clock, self.gone = rt, clock, gone
        self.texts, self.calls = ScriptedGateway(), CallingGateway()
        bell = type("Bell", (), {"answer": lambda *_: None, "ring": lambda *_: None})()
        given = {"runtime": rt, "bell": bell, "gateways": self.texts.alone, "call_gateways": {"twilio": self.calls}, "call_logs": {}}
        for name, value in {**given, "reader": Reader(rt.config.keys_file)}.items():
            patch.setattr(jobs, name, lambda value=value: value)
        patch.setattr(certificate, "ends_at", lambda *_, **__: None)  # tests do not leave this machine
        telling.watch(rt)  # the hotline was well

    def passes(self, minutes: int) -> None:
        for _ in range(minutes):
            self.clock.forward(minutes=1)
            for queue, of_queue in QUEUES.items():
                if queue != self.gone:
                    ticks.note(self.rt, queue)
                    for job in of_queue:
                        getattr(jobs, job.value.rpartition(".")[2])()
            telling.tell_of_stillness(self.rt)

    def pages(self) -> list[str | None]:
        """How far the texts have come that tell somebody to look at the page."""
        return [text.delivery for text in texts_out(self.rt) if text.text_key == "page_needs_you"]


@pytest.mark.parametrize("gone", ["tickets", "sending", "calls", "spool", "gateways"])
def test_a_head_is_texted_whichever_worker_is_gone(rt: Runtime, clock: Clock, monkeypatch: pytest.MonkeyPatch, gone: str) -> None:
    hall = Hall(rt, clock, monkeypatch, gone=gone)
    hall.passes(3)
    assert hall.pages() == []
    hall.passes(7)
    assert hall.pages() == [Delivery.SENT], "once, though two workers may page"


def test_without_the_worker_of_tickets_nothing_is_routed_and_phones_ring_for_danger_all_the_same(
    rt: Runtime, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall = Hall(rt, clock, monkeypatch, gone="tickets")
    hall.passes(1)
    text_in(rt, "bachao")
    hall.passes(9)
    [ticket] = tickets(rt)
    assert ticket.routed_at is None
    with rt.reading() as session:
        rung = session.query(Call).filter(Call.direction == CallDirection.ALARM).count()
    assert (rung > 0, len(hall.calls.placed) > 0) == (True, True)

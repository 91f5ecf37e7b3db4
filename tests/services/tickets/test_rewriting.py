"""A stretch of a recording is masked, and a worker writes the recording anew without it, whatever it is killed in."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from hotline.domain.redaction import Span
from hotline.jobs import Job
from hotline.media.silence import CannotCut
from hotline.media.store import StoreFault
from hotline.runtime import Runtime
from hotline.services.access import NotAllowed
from hotline.services.tickets import redaction
from hotline.services.tickets.redaction import NothingToMask, SamePerson
from hotline.services.tickets.rewriting import redact_due
from hotline.services.tickets.routing import route_due
from hotline.storage import redactions
from hotline.storage.callmodels import Recording
from hotline.storage.models import Contact, Event, Ticket
from hotline.storage.redactionmodels import Redaction
from hotline.storage.tickets import TicketMoved
from tests.recorded import Killed, RecordingGateway, a_recording, fetch, mp3, opened, recordings, wav
from tests.services.colleagues import settle, volunteer
from tests.support import Clock, tickets

SECONDS = 20
AUDIO = wav(SECONDS)
CUT = AUDIO[: 44 + 5 * 16_000] + bytes(3 * 16_000) + AUDIO[44 + 8 * 16_000 :]


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    rt = make_rt(data_dir=tmp_path)
    settle(rt, tmp_path)
    return rt


@pytest.fixture
def gateway() -> RecordingGateway:
    return RecordingGateway()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "recordings"


@pytest.fixture
def _recorded(rt: Runtime, gateway: RecordingGateway) -> None:
    left(rt, gateway, AUDIO)


pytestmark = pytest.mark.usefixtures("_recorded")


def left(rt: Runtime, gateway: RecordingGateway, audio: bytes) -> None:
    a_recording(rt, gateway, audio=audio, seconds=SECONDS)
    fetch(rt, gateway)
    route_due(rt)


def now(rt: Runtime) -> Ticket:
    return tickets(rt)[0]


def mask(rt: Runtime, starts: int = 5000, ends: int = 8000, *, by: str = "lead", version: int | None = None) -> None:
    at = (rt, volunteer(rt, by), now(rt).reference)
    one = recordings(rt)[0].id
    redaction.mask_stretch(*at, version=version or now(rt).version, recording_id=one, stretch=Span(starts, ends))


def rows(rt: Runtime) -> Sequence[Redaction]:
    with rt.reading() as session:
        return session.scalars(select(Redaction).order_by(Redaction.starts)).all()


def rewrite(rt: Runtime, which: int = 0, *, by: str = "head") -> None:
    redaction.rewrite(rt, volunteer(rt, by), now(rt).reference, version=now(rt).version, redaction_id=rows(rt)[which].id)


def is_cut(rt: Runtime, folder: Path, content: bytes = CUT) -> None:
    """The recording is stored without the stretch, as its row says, and the folder has nothing else."""
    [row] = recordings(rt)
    [path] = folder.iterdir()
    assert path.name == row.stored_as
    assert (row.size_bytes, row.sha256) == (path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
    assert opened(rt, path) == content
    assert row.masked is None
    assert all((one.next_at, one.left) == (None, None) and one.done_at is not None for one in rows(rt))


def test_it_is_written_anew_by_a_worker_and_the_old_file_is_gone(rt: Runtime, folder: Path) -> None:
    before = recordings(rt)[0].stored_as
    mask(rt)
    assert (recordings(rt)[0].masked, opened(rt, folder / (before or ""))) == (True, AUDIO)
    with pytest.raises(SamePerson):
        rewrite(rt, by="lead")
    rewrite(rt)
    assert Job.REDACT_DUE in rt.bell.rung  # type: ignore[attr-defined]
    assert recordings(rt)[0].masked  # silent meanwhile too
    assert redact_due(rt) is False
    is_cut(rt, folder)
    assert recordings(rt)[0].stored_as != before
    with rt.reading() as session:
        told = session.scalars(select(Event.data).where(Event.kind.in_(("masked", "rewritten"))).order_by(Event.id)).all()
    assert told == [{"recording": recordings(rt)[0].id, "starts": 5000, "ends": 8000}] * 2


def test_of_several_stretches_those_that_nobody_decided_on_stay_in_the_file_and_masked(rt: Runtime, folder: Path) -> None:
    mask(rt)
    mask(rt, 10_000, 12_000)
    rewrite(rt, 0)
    redact_due(rt)
    [row] = recordings(rt)
    assert (opened(rt, folder / (row.stored_as or "")), row.masked) == (CUT, True)
    rewrite(rt, 1)
    redact_due(rt)
    is_cut(rt, folder, CUT[: 44 + 160_000] + bytes(32_000) + CUT[44 + 192_000 :])


@pytest.mark.parametrize("step", range(1, 8))
def test_a_worker_killed_before_any_step_is_followed_by_one_that_finishes_and_leaves_nothing(
    rt: Runtime, folder: Path, clock: Clock, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The steps are what the worker asks of the store and the database, from the claim on."""
    mask(rt)
    rewrite(rt)
    steps = iter(range(1, 100))

    def counted(real: Callable[..., object]) -> Callable[..., object]:
        def asked(*given: object, **named: object) -> object:
            if next(steps) == step:
                raise Killed
            return real(*given, **named)

        return asked

    with monkeypatch.context() as patch:
        for name in ("save", "remove"):
            patch.setattr(rt.store, name, counted(getattr(rt.store, name)))
        patch.setattr(redactions, "store", counted(redactions.store))
        with pytest.raises(Killed):
            redact_due(rt)
    [row] = recordings(rt)
    assert opened(rt, folder / (row.stored_as or "")) == (AUDIO if row.masked else CUT)  # whatever the row says can be heard
    clock.now += timedelta(minutes=2)
    assert redact_due(rt) is False
    is_cut(rt, folder)


def test_a_worker_that_comes_late_undoes_nothing(rt: Runtime, folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    mask(rt)
    rewrite(rt)
    save = rt.store.save

    def slow(name: str, audio: object) -> None:
        monkeypatch.setattr(rt.store, "save", save)
        clock.now += timedelta(minutes=2)
        redact_due(rt)  # another takes it over meanwhile
        save(name, audio)  # type: ignore[arg-type]

    monkeypatch.setattr(rt.store, "save", slow)
    redact_due(rt)
    is_cut(rt, folder)


def test_a_disk_that_is_full_is_tried_again(rt: Runtime, folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    mask(rt)
    rewrite(rt)

    def full(_name: str, _audio: object) -> None:
        raise StoreFault("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(rt.store, "save", full)
        assert redact_due(rt) is False
    assert opened(rt, next(folder.iterdir())) == AUDIO
    assert recordings(rt)[0].masked
    clock.now += timedelta(minutes=2)
    redact_due(rt)
    is_cut(rt, folder)


def test_it_waits_until_the_gateways_copy_is_gone_for_that_would_be_fetched_again(rt: Runtime, folder: Path, clock: Clock) -> None:
    with rt.transaction() as tx:
        tx.session.execute(update(Recording).values(state="stored", next_attempt_at=tx.now))
    mask(rt)
    rewrite(rt)
    redact_due(rt)
    assert opened(rt, next(folder.iterdir())) == AUDIO
    with rt.transaction() as tx:
        tx.session.execute(update(Recording).values(state="done", next_attempt_at=None))
    clock.now += timedelta(minutes=2)
    redact_due(rt)
    is_cut(rt, folder)


def test_of_a_caller_who_was_erased_meanwhile_nothing_is_written(rt: Runtime, folder: Path) -> None:
    mask(rt)
    rewrite(rt)
    with rt.transaction() as tx:
        tx.session.execute(update(Contact).values(wrapped_key=None))
    names = sorted(path.name for path in folder.iterdir())
    redact_due(rt)
    assert sorted(path.name for path in folder.iterdir()) == names
    assert rows(rt)[0].next_at is None


@pytest.mark.parametrize(("starts", "ends"), [(5000, 5000), (8000, 5000), (20_000, 30_000)])
def test_an_empty_stretch_and_one_past_the_end_are_none(rt: Runtime, starts: int, ends: int) -> None:
    with pytest.raises(NothingToMask):
        mask(rt, starts, ends)


def test_a_stretch_that_is_masked_already_is_none(rt: Runtime) -> None:
    mask(rt)
    with pytest.raises(NothingToMask):
        mask(rt, 6000, 7000)


def test_who_leads_nothing_and_an_old_page_mask_nothing(rt: Runtime) -> None:
    with pytest.raises(NotAllowed):
        mask(rt, by="alice")
    seen = now(rt).version
    mask(rt)
    with pytest.raises(TicketMoved):
        mask(rt, 9000, 10_000, version=seen)


def test_what_is_no_wav_is_not_masked_at_all(rt: Runtime, gateway: RecordingGateway) -> None:
    with rt.transaction() as tx:
        tx.session.execute(update(Recording).values(state="lost"))
    a_recording(rt, gateway, audio=mp3(SECONDS), seconds=SECONDS)
    fetch(rt, gateway)
    route_due(rt)
    second, at = recordings(rt)[1], tickets(rt)[1]
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).values(team_id=now(rt).team_id))
    with pytest.raises(CannotCut):
        redaction.mask_stretch(
            rt, volunteer(rt, "head"), at.reference, version=tickets(rt)[1].version, recording_id=second.id, stretch=Span(0, 1000)
        )
    assert rows(rt) == []


def test_a_restored_recording_is_written_anew_again(rt: Runtime, folder: Path, tmp_path: Path) -> None:
    old = recordings(rt)[0]
    (kept,) = [path.read_bytes() for path in folder.iterdir()]
    mask(rt)
    rewrite(rt)
    redact_due(rt)
    with rt.reading() as session:
        listed = redactions.listed(session)
    with rt.transaction() as tx:  # as it was before
        tx.session.query(Redaction).delete()
        values = {"stored_as": old.stored_as, "size_bytes": old.size_bytes, "sha256": old.sha256}
        tx.session.execute(update(Recording).values(**values))
    next(folder.iterdir()).unlink()
    (folder / (old.stored_as or "")).write_bytes(kept)
    with rt.transaction() as tx:
        assert redactions.replay(tx.session, listed, now=tx.now) == 1
    assert recordings(rt)[0].masked
    redact_due(rt)
    is_cut(rt, folder)

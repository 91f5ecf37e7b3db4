"""Recordings from before are sealed by a worker, whatever it is killed in, and can be heard meanwhile."""

import hashlib
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select, update

from hotline.media import sealedaudio
from hotline.media.store import StoreFault
from hotline.runtime import Runtime
from hotline.sealing import new_contact_key, wrap
from hotline.services.calls.plainaudio import is_plain, seal_plain
from hotline.storage.callmodels import Recording
from hotline.storage.models import Contact
from tests.recorded import Killed, RecordingGateway, a_recording, fetch, mp3, opened, recordings, wav
from tests.support import OTHER


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    return make_rt(data_dir=tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "recordings"


def make_plain(rt: Runtime, *audio: bytes) -> None:
    """Recordings as they were stored before: plain files of the caller's, and rows that name them."""
    gateway = RecordingGateway()
    for one in audio:
        a_recording(rt, gateway, audio=one, caller=OTHER)
    fetch(rt, gateway)
    for recording, content in zip(recordings(rt), audio, strict=True):
        plain = (recording.stored_as or "").removesuffix(sealedaudio.SEALED)
        rt.store.save(plain, io.BytesIO(content))
        rt.store.remove(recording.stored_as or "")
        with rt.transaction() as tx:
            tx.session.execute(
                update(Recording)
                .where(Recording.id == recording.id)
                .values(stored_as=plain, size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
            )


def are_sealed(rt: Runtime, folder: Path, *audio: bytes) -> None:
    """Each is sealed, as its row says, and the folder has nothing else."""
    rows = recordings(rt)
    assert sorted(path.name for path in folder.iterdir()) == sorted(row.stored_as or "" for row in rows)
    for row, content in zip(rows, audio, strict=True):
        file = (folder / (row.stored_as or "")).read_bytes()
        assert (row.stored_as or "").endswith(sealedaudio.SEALED)
        assert (row.size_bytes, row.sha256) == (len(file), hashlib.sha256(file).hexdigest())
        assert opened(rt, folder / (row.stored_as or "")) == content
        assert content[:100] not in file
    assert not is_plain(rt)


def test_they_are_sealed_under_their_callers_key(rt: Runtime, folder: Path) -> None:
    audio = wav(7), mp3(7), wav(7, note=2)
    make_plain(rt, *audio)
    assert is_plain(rt)
    assert seal_plain(rt) is False
    are_sealed(rt, folder, *audio)
    assert seal_plain(rt) is False


@pytest.mark.parametrize("step", range(1, 9))
def test_a_worker_killed_before_any_step_is_followed_by_one_that_finishes_and_leaves_nothing(
    rt: Runtime, folder: Path, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The steps are what the worker asks of the store. The row of the first changes between the fourth and the fifth."""
    audio = wav(7), wav(7, note=2)
    make_plain(rt, *audio)
    steps = iter(range(1, 100))

    def counted(real: Callable[..., object]) -> Callable[..., object]:
        def asked(*given: object) -> object:
            if next(steps) == step:
                raise Killed
            return real(*given)

        return asked

    with monkeypatch.context() as patch:
        for name in ("size", "save", "remove"):
            patch.setattr(rt.store, name, counted(getattr(rt.store, name)))
        with pytest.raises(Killed):
            seal_plain(rt)
    for row, content in zip(recordings(rt), audio, strict=True):  # whatever the row says can be heard
        assert opened(rt, folder / (row.stored_as or "")) == content
    assert ((recordings(rt)[0].stored_as or "").endswith(sealedaudio.SEALED)) == (step >= 5)
    assert seal_plain(rt) is False
    are_sealed(rt, folder, *audio)


def test_what_cannot_be_read_keeps_no_other_from_being_sealed(rt: Runtime, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    audio = wav(7), wav(7, note=2), wav(7, note=3)
    make_plain(rt, *audio)
    missing, broken, _ = (row.stored_as or "" for row in recordings(rt))
    (folder / missing).rename(folder.parent / missing)
    read = rt.store.read

    def reads(name: str, start: int, length: int) -> object:
        if name == broken:
            raise StoreFault("no")
        return read(name, start, length)

    with monkeypatch.context() as patch:
        patch.setattr(rt.store, "read", reads)
        seal_plain(rt)
        assert [(row.stored_as or "").endswith(sealedaudio.SEALED) for row in recordings(rt)] == [False, False, True]
        assert (is_plain(rt), seal_plain(rt)) == (True, False)  # it waits for the clock
    (folder.parent / missing).rename(folder / missing)
    seal_plain(rt)
    are_sealed(rt, folder, *audio)


@pytest.mark.parametrize("change", [{"state": "awaited"}, {"stored_as": "another.wav.sealed"}])
def test_one_whose_row_changes_meanwhile_is_left_to_who_changed_it(
    rt: Runtime, folder: Path, change: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_plain(rt, wav(7))
    name = recordings(rt)[0].stored_as or ""
    save = rt.store.save

    def meanwhile(saved: str, audio: io.BytesIO) -> None:
        save(saved, audio)
        with rt.transaction() as tx:
            tx.session.execute(update(Recording).values(**change))

    with monkeypatch.context() as patch:
        patch.setattr(rt.store, "save", meanwhile)
        assert seal_plain(rt) is False
    assert (recordings(rt)[0].stored_as, [path.name for path in folder.iterdir()]) == (change.get("stored_as", name), [name])


def test_a_key_that_changes_meanwhile_or_does_not_open_leaves_the_plain_file(
    rt: Runtime, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_plain(rt, wav(7))
    name, save = recordings(rt)[0].stored_as or "", rt.store.save

    def set_key(wrapped: bytes) -> None:
        with rt.transaction() as tx:
            tx.session.execute(update(Contact).values(wrapped_key=wrapped))

    with rt.reading() as session:
        [uid] = session.scalars(select(Contact.uid))
    other = wrap(rt.keys, new_contact_key()._replace(uid=uid))
    with monkeypatch.context() as patch:
        patch.setattr(rt.store, "save", lambda *given: (save(*given), set_key(other)))
        assert seal_plain(rt) is False
    assert [path.name for path in folder.iterdir()] == [name]
    set_key(b"\1" + b"x" * 64)
    assert seal_plain(rt) is False
    set_key(other)
    seal_plain(rt)
    are_sealed(rt, folder, wav(7))


def test_of_an_erased_caller_nothing_is_sealed_and_nothing_stays(rt: Runtime, folder: Path) -> None:
    make_plain(rt, wav(7))
    with rt.transaction() as tx:
        tx.session.execute(update(Contact).values(wrapped_key=None, number=None, mark=None))
    seal_plain(rt)
    [row] = recordings(rt)
    assert (row.state, row.reason, row.stored_as, list(folder.iterdir()), is_plain(rt)) == ("lost", "erased", None, [], False)

"""What waits on the disk: whole or not at all, in order, and closed to the process that put it there."""

import errno
import os
import resource
import stat
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hotline import spool
from hotline.spool import Kind, NotReadNow, Reader, Spool, SpoolFault

WORDS = "mera bhai agwa ho gaya hai +923001234567"


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / "keys.toml"
    spool.make_key(path)
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def put(data: Path, keys: Path, *bodies: str) -> None:
    for body in bodies:
        Spool(data, keys).put(Kind.TEXT, "sim1", {"body": body})


def test_what_is_put_is_read_in_the_order_in_which_it_came(data: Path, keys: Path) -> None:
    put(data, keys, WORDS, "two", "three")
    found = [one for path in spool.waiting(data) if (one := Reader(keys).open(path)) is not None]
    assert [(one.kind, one.gateway, one.said["body"]) for one in found] == [(Kind.TEXT, "sim1", body) for body in (WORDS, "two", "three")]
    assert all(abs((datetime.now(UTC) - one.came_at).total_seconds()) < 60 for one in found)
    assert abs((datetime.now(UTC) - spool.came_at(spool.waiting(data)[0])).total_seconds()) < 60


def test_no_file_shows_a_word_and_only_its_owner_may_read_it(data: Path, keys: Path) -> None:
    put(data, keys, WORDS)
    [path] = spool.waiting(data)
    assert not any(word.encode() in path.read_bytes() for word in (*WORDS.split(), "sim1", "body"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert "mera" not in repr(Reader(keys).open(path))


def test_the_web_process_opens_nothing(data: Path, keys: Path) -> None:
    spool.key_beside(keys).unlink()  # it has only what ends in .pub
    put(data, keys, WORDS)
    with pytest.raises(SpoolFault, match="hotline keys spool"):
        Reader(keys)


def test_a_key_is_never_written_over(keys: Path) -> None:
    before = spool.key_beside(keys).read_text()
    with pytest.raises(SpoolFault, match="is there already"):
        spool.make_key(keys)
    assert spool.key_beside(keys).read_text() == before


def test_what_seals_is_made_anew_of_the_key_that_is_there_and_opens_what_waits(data: Path, keys: Path) -> None:
    put(data, keys, WORDS)
    public = keys.with_name("keys.toml.spool.pub")
    before = public.read_text()
    public.unlink()
    spool.make_key(keys)
    assert public.read_text() == before
    put(data, keys, "two")
    assert [one.said["body"] for path in spool.waiting(data) if (one := Reader(keys).open(path)) is not None] == [WORDS, "two"]
    spool.key_beside(keys).write_text("no key")
    public.unlink()
    with pytest.raises(SpoolFault, match="holds no identity"):
        spool.make_key(keys)
    assert not public.exists()


def test_what_the_machine_does_not_give_now_is_no_file_that_is_broken(data: Path, keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(data, keys, WORDS)
    [path] = spool.waiting(data)

    def fails(_: Path) -> bytes:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    reader = Reader(keys)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", fails)
        with pytest.raises(NotReadNow, match="Too many open files"):
            reader.open(path)
    path.unlink()
    assert reader.open(path) is None


def test_what_is_not_whole_or_sealed_to_another_key_is_told(data: Path, keys: Path, tmp_path: Path) -> None:
    put(data, keys, WORDS)
    [path] = spool.waiting(data)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(SpoolFault, match=path.name):
        Reader(keys).open(path)
    spool.make_key(tmp_path / "other.toml")
    put(data, tmp_path / "other.toml", WORDS)
    with pytest.raises(SpoolFault, match="cannot be read"):
        Reader(keys).open(spool.waiting(data)[-1])


@pytest.mark.parametrize("fails", ["fsync", "open", "rename"])
def test_a_full_disk_is_told_and_leaves_nothing(data: Path, keys: Path, fails: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Spool(data, keys)
    kept.make_ready()

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(Path if fails == "rename" else os, fails, full)
        with pytest.raises(SpoolFault, match="No space left"):
            kept.put(Kind.TEXT, "sim1", {"body": WORDS})
    assert [path.suffix for path in (data / spool.FOLDER).iterdir() if path.suffix == ".age"] == []
    kept.put(Kind.TEXT, "sim1", {"body": WORDS})
    assert len(spool.waiting(data)) == 1


def test_a_full_disk_that_still_takes_an_empty_file_is_told_at_the_start(data: Path, keys: Path) -> None:
    most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, most[1]))
    try:
        with pytest.raises(SpoolFault, match="cannot be written"):
            Spool(data, keys).make_ready()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)
    assert list((data / spool.FOLDER).iterdir()) == []


def test_a_start_without_a_folder_that_can_be_written_or_without_a_key_fails(data: Path, keys: Path) -> None:
    data.write_text("no folder")
    with pytest.raises(SpoolFault, match="cannot be written"):
        Spool(data, keys).make_ready()
    data.unlink()
    public = keys.with_name("keys.toml.spool.pub")
    public.write_text("age1nonsense")
    with pytest.raises(SpoolFault, match="holds no key"):
        Spool(data, keys).make_ready()
    public.unlink()
    with pytest.raises(SpoolFault, match="hotline keys spool"):
        Spool(data, keys).make_ready()


def test_what_a_killed_process_left_half_written_is_removed_an_hour_later(data: Path, keys: Path) -> None:
    put(data, keys, WORDS)
    half, new = (data / spool.FOLDER / f"{at}-1-1.part" for at in (1, 2))
    half.write_text("x")
    new.write_text("x")
    an_hour_ago = time.time() - 3601
    os.utime(half, (an_hour_ago, an_hour_ago))
    spool.sweep(data)
    assert (half.exists(), new.exists(), len(spool.waiting(data))) == (False, True, 1)


def test_what_was_put_aside_waits_no_more(data: Path, keys: Path) -> None:
    put(data, keys, WORDS, "two")
    first, second = spool.waiting(data)
    spool.put_aside(first)
    assert ([one.name for one in spool.aside(data)], list(spool.waiting(data))) == ([first.name], [second])


def test_a_database_that_failed_is_left_alone_for_a_moment(data: Path, keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, now = Spool(data, keys), time.monotonic()
    assert not kept.rests
    kept.rest()
    assert kept.rests
    monkeypatch.setattr(time, "monotonic", lambda: now + 10)
    assert not kept.rests

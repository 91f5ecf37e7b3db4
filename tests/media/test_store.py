"""Where recordings lie: a folder and a bucket do the same. The bucket is in a pretend store on this machine that speaks S3."""

import io
import itertools
import os
import stat
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from localbucket import S3Handler

from hotline.config import Media
from hotline.gateways.registry import load_config
from hotline.media.sealedaudio import RecordingBroken, StoredAudio, seal
from hotline.media.store import FolderStore, ObjectStore, Store, StoreFault, open_store
from hotline.sealing import CHUNK, HEAD, SEALED_CHUNK, new_contact_key
from tests.support import SECRET_KEY, make_config

NAME = "0123456789abcdef.wav"
SEALED_NAME = f"{NAME}.sealed"
AUDIO = bytes(range(256)) * 1000


class _Store(S3Handler):
    """Checks no signature; keeps the names of the keys that requests were signed with."""

    asked_by: ClassVar[set[str]] = set()

    def parse_request(self) -> bool:
        known = super().parse_request()
        if known:
            self.asked_by.add(self.headers.get("Authorization", "nobody").partition("/")[0])
        return bool(known)


@pytest.fixture(scope="session")
def s3_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a store with a bucket named recordings."""
    _Store.data_root = tmp_path_factory.mktemp("s3")
    (_Store.data_root / "recordings").mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Store) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def bucket(port: int, name: str = "recordings") -> ObjectStore:
    media = Media(endpoint=f"http://127.0.0.1:{port}", bucket=name)
    return ObjectStore(make_config("sqlite:///unused", media=media, s3_access_key="a", s3_secret_key="b"))


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return FolderStore(tmp_path / "recordings") if request.param == "folder" else bucket(request.getfixturevalue("s3_port"))


def read(store: Store, start: int = 0, length: int = len(AUDIO)) -> bytes:
    return b"".join(store.read(NAME, start, length))


# Either


def test_what_is_saved_is_there_whole(store: Store) -> None:
    store.save(NAME, io.BytesIO(AUDIO))
    assert (store.size(NAME), read(store)) == (len(AUDIO), AUDIO)


def test_a_part_of_it_can_be_had(store: Store) -> None:
    store.save(NAME, io.BytesIO(AUDIO))
    assert read(store, 0, 1) == AUDIO[:1]
    assert read(store, 70_000, 100_000) == AUDIO[70_000:170_000]
    assert read(store, len(AUDIO) - 5, 5) == AUDIO[-5:]


def test_it_comes_in_pieces(store: Store) -> None:
    store.save(NAME, io.BytesIO(AUDIO * 8))
    assert len(list(store.read(NAME, 0, len(AUDIO) * 8))) > 1


def test_saving_again_replaces(store: Store) -> None:
    store.save(NAME, io.BytesIO(AUDIO))
    store.save(NAME, io.BytesIO(b"another"))
    assert (store.size(NAME), read(store, 0, 7)) == (7, b"another")


def test_saving_begins_where_the_file_stands(store: Store) -> None:
    audio = io.BytesIO(AUDIO)
    audio.seek(1000)
    store.save(NAME, audio)
    assert read(store, 0, len(AUDIO) - 1000) == AUDIO[1000:]


def test_what_is_removed_is_gone_and_may_be_removed_again(store: Store) -> None:
    store.save(NAME, io.BytesIO(AUDIO))
    store.remove(NAME)
    assert store.size(NAME) is None
    store.remove(NAME)


def test_what_is_not_there_has_no_size_and_cannot_be_read(store: Store) -> None:
    assert store.size("missing.wav") is None
    with pytest.raises(StoreFault):
        store.read("missing.wav", 0, 1)


# Sealed


@pytest.mark.parametrize("size", [1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 70])
def test_of_a_sealed_recording_any_part_is_had_and_only_its_chunks_are_read(
    store: Store, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, audio = new_contact_key(), (AUDIO * 2)[:size]
    sealed = seal(key, SEALED_NAME, audio)
    store.save(SEALED_NAME, io.BytesIO(sealed))
    stored = StoredAudio(store, SEALED_NAME, len(sealed), key)
    assert (stored.size_bytes, stored.ending) == (size, "wav")
    lengths: list[int] = []
    read = store.read
    monkeypatch.setattr(store, "read", lambda name, start, length: lengths.append(length) or read(name, start, length))
    borders = {at for at in (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK, size - 1, size) if 0 <= at <= size}
    for start, stop in itertools.combinations(sorted(borders), 2):
        lengths.clear()
        assert b"".join(stored.read(start, stop)) == audio[start:stop]
        assert sum(lengths) <= ((stop - 1) // CHUNK - start // CHUNK + 1) * SEALED_CHUNK + HEAD + 1
    assert b"".join(stored.read(0, 0)) == b""


def test_what_is_not_as_it_was_sealed_is_refused_wherever_it_lies(store: Store) -> None:
    key, audio = new_contact_key(), (AUDIO * 2)[: 3 * CHUNK]
    sealed = seal(key, SEALED_NAME, audio)
    at_border = sealed[: HEAD + 2 * SEALED_CHUNK]
    exchanged = seal(key, f"another{SEALED_NAME}", audio)
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for file, told in ((changed, len(sealed)), (at_border, len(sealed)), (at_border, len(at_border)), (exchanged, len(sealed)),
                       (sealed + b"x", len(sealed)), (sealed + b"x" * 99, len(sealed) + 99), (audio, len(sealed))):  # fmt: skip
        store.save(SEALED_NAME, io.BytesIO(file))
        stored = StoredAudio(store, SEALED_NAME, told, key)
        came: list[bytes] = []
        with pytest.raises(RecordingBroken):
            came.extend(stored.read(0, stored.size_bytes))  # what came before the fault stays in the list
        assert (audio.startswith(b"".join(came)), len(came) < 3) == (True, True)
        if file in (changed, at_border):
            assert len(came) >= 1


# The folder


def test_nobody_else_can_look_into_the_folder(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        FolderStore(tmp_path / "recordings").save(NAME, io.BytesIO(AUDIO))
    finally:
        os.umask(before)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "recordings", tmp_path / "recordings" / NAME)]
    assert modes == [0o700, 0o600]


def test_a_disk_that_is_full_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FolderStore(tmp_path)
    store.save(NAME, io.BytesIO(b"before"))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreFault, match="No space left"):
        store.save(NAME, io.BytesIO(AUDIO))
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [(NAME, b"before")]


def test_a_folder_that_cannot_be_made_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "recordings").write_text("a file")
    store = FolderStore(tmp_path / "recordings")
    with pytest.raises(StoreFault):
        store.save(NAME, io.BytesIO(AUDIO))
    with pytest.raises(StoreFault):
        store.size(NAME)


def test_a_link_among_the_recordings_leads_nowhere(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"a secret")
    store = FolderStore(tmp_path / "recordings")
    store.save("another.wav", io.BytesIO(AUDIO))
    for name in (NAME, f".{NAME}.part"):
        (tmp_path / "recordings" / name).symlink_to(elsewhere)
    with pytest.raises(StoreFault):
        store.read(NAME, 0, 8)
    store.save(NAME, io.BytesIO(AUDIO))
    assert (read(store), elsewhere.read_bytes()) == (AUDIO, b"a secret")
    (tmp_path / "links").symlink_to(tmp_path)
    with pytest.raises(StoreFault):
        FolderStore(tmp_path / "links").save(NAME, io.BytesIO(AUDIO))


# The bucket


def test_every_request_to_the_bucket_is_signed_with_the_key(s3_port: int) -> None:
    _Store.asked_by.clear()
    store = bucket(s3_port)
    store.save(NAME, io.BytesIO(AUDIO))
    assert store.size(NAME) == len(AUDIO)
    assert read(store) == AUDIO
    assert _Store.asked_by == {"AWS4-HMAC-SHA256 Credential=a"}


def test_a_bucket_that_is_not_there_is_a_fault(s3_port: int) -> None:
    with pytest.raises(StoreFault, match="not found"):
        bucket(s3_port, "another").save(NAME, io.BytesIO(AUDIO))


def test_a_store_that_does_not_answer_is_a_fault_in_one_line() -> None:
    away = bucket(1)
    for ask in (lambda: away.save(NAME, io.BytesIO(AUDIO)), lambda: away.size(NAME), lambda: away.read(NAME, 0, 1)):
        with pytest.raises(StoreFault) as refused:
            ask()
        assert "\n" not in str(refused.value)


def threads() -> int:
    return len(list(Path("/proc/self/task").iterdir()))


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="counts threads as Linux does")
def test_a_bucket_starts_no_thread_before_it_is_asked() -> None:
    """A thread would not survive the fork of a worker."""
    before = threads()
    kept = [bucket(1) for _ in range(3)]
    assert threads() == before, kept


# Which


def test_recordings_lie_in_the_data_folder_unless_a_bucket_is_named(tmp_path: Path) -> None:
    store = open_store(make_config("sqlite:///unused", data_dir=tmp_path))
    store.save(NAME, io.BytesIO(AUDIO))
    assert (tmp_path / "recordings" / NAME).read_bytes() == AUDIO
    media = Media(endpoint="http://127.0.0.1:1", bucket="recordings")
    assert isinstance(open_store(make_config("sqlite:///unused", media=media, s3_access_key="a", s3_secret_key="b")), ObjectStore)


def test_the_bucket_of_the_configuration_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "hotline.toml"
    path.write_text('[media]\nendpoint = "https://s3.example.org"\nbucket = "recordings"\n', "utf-8")
    given = {
        "HOTLINE_SECRET_KEY": SECRET_KEY,
        "HOTLINE_KEYS_FILE": "keys.toml",
        "HOTLINE_CONFIG": str(path),
        "HOTLINE_S3_ACCESS_KEY": "a",
        "HOTLINE_S3_SECRET_KEY": "b",
    }
    assert isinstance(open_store(load_config(given)), ObjectStore)

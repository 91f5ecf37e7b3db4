"""The keys file is read whole or refused with what to do, and never written over or half written."""

import os
from pathlib import Path
from types import MappingProxyType

import pytest

from hotline.keys import Keys, KeysFault, new_keys, read_keys, write_keys
from tests.support import KEYS


def test_keys_are_written_for_their_owner_alone_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "safe" / "keys.toml"
    keys = new_keys()
    write_keys(path, keys, new=True)
    assert read_keys(path) == keys
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["keys.toml"]


def test_keys_are_never_written_over_as_new(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    write_keys(path, KEYS, new=True)
    with pytest.raises(KeysFault, match="there already"):
        write_keys(path, new_keys(), new=True)
    assert read_keys(path) == KEYS


def test_a_disk_that_takes_nothing_leaves_the_keys_as_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "keys.toml"
    write_keys(path, KEYS, new=True)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(KeysFault, match="No space left"):
        write_keys(path, new_keys(), new=False)
    assert read_keys(path) == KEYS
    assert [file.name for file in tmp_path.iterdir()] == ["keys.toml"]


def test_others_may_not_read_the_file(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    write_keys(path, KEYS, new=True)
    path.chmod(0o640)
    with pytest.raises(KeysFault, match="chmod 600"):
        read_keys(path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("", None, "cannot be read"),
        ("mark = ", "marks = ", "not whole"),
        ('current = "0000000a"', 'current = "0000000b"', "must name one"),
        ("0000000a = ", "a = ", "an id 8"),
        ("31" * 32, "31" * 31, "64 hexadecimal"),
        ("[sealing]", "sealing = 1\n[other]", "not whole"),
        ("staff = ", "staff = 3 #", "64 hexadecimal"),
    ],
)
def test_a_file_that_is_not_whole_is_refused(tmp_path: Path, old: str, new: str | None, said: str) -> None:
    path = tmp_path / "keys.toml"
    if new is not None:
        write_keys(path, KEYS, new=True)
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(KeysFault, match=said):
        read_keys(path)


def test_a_new_sealing_key_is_current_and_only_an_old_one_can_go() -> None:
    more = KEYS.with_new()
    assert more.current != KEYS.current
    assert list(more.sealing) == [KEYS.current, more.current]
    assert more.without(KEYS.current).sealing == {more.current: more.sealing[more.current]}
    for wrong in (more.current, "ffffffff"):
        with pytest.raises(KeysFault):
            more.without(wrong)


def test_neither_repr_nor_fingerprint_gives_a_key_away() -> None:
    keys = new_keys()
    said = f"{keys!r}{keys.fingerprints()}{keys.check()}"
    assert all(key.hex() not in said and str(key) not in said for key in (keys.mark, keys.staff, *keys.sealing.values()))
    assert keys.fingerprints().keys() == {"mark", "search", "audit", "suppression", "staff", f"sealing {keys.current}"}


def test_the_code_of_the_paper_copy_changes_with_any_key() -> None:
    others = [Keys(MappingProxyType({"0000000a": b"2" * 32}), "0000000a", *(b"x" * 32,) * 5), KEYS.with_new(), new_keys()]
    assert len({KEYS.check(), *(one.check() for one in others)}) == 4

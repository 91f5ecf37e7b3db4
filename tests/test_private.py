"""What we keep is read by nobody else, whatever the umask and no matter who made the folder; and links lead nowhere."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from hotline import private

PROJECT = Path(__file__).resolve().parent.parent
NOBODY = 65534

STORES_ALL = """
import io, os, sys
from pathlib import Path
os.umask(int(sys.argv[1], 8))
data = Path(sys.argv[2])
from hotline.cli.data_folder import data_folder, kept
from hotline.media.store import FolderStore
from hotline.storage import db, schema
from hotline.storage.writing import WriterLock
with data_folder(data):
    kept(data, "secret_key", lambda: "secret")
url = f"sqlite:///{data / 'hotline.sqlite3'}"
schema.migrate(url)
engine = db.make_engine(url)
with WriterLock(engine).taken(), engine.connect() as connection:
    FolderStore(data / "recordings").save("0123.wav", io.BytesIO(b"sound"))
    connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS another (id INTEGER)")
    connection.commit()
    for place, folders, files in os.walk(data.parent):
        for name in [".", *folders, *files]:
            path = Path(place, name)
            print(oct(path.stat().st_mode & 0o777), path.relative_to(data.parent))
"""


def modes(umask: str, data: Path) -> dict[str, str]:
    """What a process with this umask makes: its path → its mode. The folder above the data folder is `.`."""
    done = subprocess.run([sys.executable, "-c", STORES_ALL, umask, str(data)], cwd=PROJECT, check=True, capture_output=True, text=True)
    return {path: mode for mode, path in (line.split(" ", 1) for line in done.stdout.splitlines())}


FILES = {"hotline.sqlite3", "hotline.sqlite3-wal", "hotline.sqlite3-shm", "hotline.sqlite3.lock", "run.lock", "secret_key"}


@pytest.mark.parametrize("umask", ["000", "022", "077"])
def test_all_that_a_process_makes_is_private(tmp_path: Path, umask: str) -> None:
    made = modes(umask, tmp_path / "above" / "data")
    assert made.pop(".") == made.pop("data") == made.pop("data/recordings") == "0o700"
    assert made == {f"data/{name}": "0o600" for name in FILES | {"recordings/0123.wav"}}


@pytest.mark.parametrize("umask", ["000", "022"])
def test_all_that_another_release_made_wide_is_narrowed(tmp_path: Path, umask: str) -> None:
    data = tmp_path / "data"
    modes(umask, data)
    for path in (data, *data.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    made = modes(umask, data)
    del made["."]
    assert {path for path, mode in made.items() if mode not in ("0o600", "0o700")} == set()


def test_a_database_somewhere_else_is_narrowed_and_its_folder_left_alone(tmp_path: Path) -> None:
    from_before = [tmp_path / f"books.sqlite3{ending}" for ending in ("", "-wal", "-shm", ".lock")]
    for path in from_before:
        path.touch()
        path.chmod(0o644)
    tmp_path.chmod(0o755)
    code = "import sys; from hotline.storage import db; db.make_engine(sys.argv[1])"
    subprocess.run([sys.executable, "-c", code, f"sqlite:///{from_before[0]}"], cwd=PROJECT, check=True)
    assert [stat.S_IMODE(path.stat().st_mode) for path in from_before] == [0o600] * 4
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


@pytest.mark.parametrize("ending", ["", "-wal", "-shm", ".lock"])
def test_a_link_in_place_of_a_database_file_is_refused(tmp_path: Path, ending: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.touch()
    elsewhere.chmod(0o644)
    path = tmp_path / "hotline.sqlite3"
    path.with_name(path.name + ending).symlink_to(elsewhere)
    code = "import sys; from hotline.storage import schema; schema.migrate(sys.argv[1])"
    done = subprocess.run([sys.executable, "-c", code, f"sqlite:///{path}"], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "a link is in its place" in done.stderr
    assert (elsewhere.stat().st_size, stat.S_IMODE(elsewhere.stat().st_mode)) == (0, 0o644)


def test_what_is_new_takes_the_place_of_a_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("theirs")
    (tmp_path / "ours").symlink_to(tmp_path / "elsewhere")
    os.close(private.opened_new(tmp_path / "ours"))
    assert not (tmp_path / "ours").is_symlink()
    assert (tmp_path / "elsewhere").read_text() == "theirs"


def test_what_is_no_folder_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path)
    for name in ("file", "link"):
        with pytest.raises(OSError, match=name):
            private.folder(tmp_path / name)
        with pytest.raises(OSError, match=name):
            private.narrow_all(tmp_path / name)


# What the doctor is told


def test_nothing_is_wrong_with_what_is_private(tmp_path: Path) -> None:
    data = tmp_path / "data"
    modes("000", data)
    assert private.faults(data, data / "hotline.sqlite3") == []
    assert private.faults(tmp_path / "none", tmp_path / "none.sqlite3") == []


def test_what_is_wide_or_a_link_is_named_and_what_to_do(tmp_path: Path) -> None:
    data, other = tmp_path / "data", tmp_path / "books.sqlite3"
    modes("000", data)
    other.touch()
    (data / "redis").symlink_to(tmp_path)
    for path in (data, data / "recordings" / "0123.wav", other):
        path.chmod(0o750)
    assert private.faults(data, other) == [
        f"others may use {other}: chmod go= '{other}'",
        f"others may use {data}: chmod go= '{data}'",
        f"others may use {data}/recordings/0123.wav: chmod go= '{data}/recordings/0123.wav'",
        f"{data}/redis is a link: put in its place what it points to",
    ]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_what_belongs_to_somebody_else_is_named_and_left_alone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    modes("000", data)
    for path in (data, data / "secret_key"):
        path.chmod(0o755)
    os.chown(data / "secret_key", NOBODY, -1)
    private.narrow_all(data)
    assert stat.S_IMODE((data / "secret_key").stat().st_mode) == 0o755
    [fault] = private.faults(data, None)
    assert f"{data / 'secret_key'} belongs to " in fault
    assert "or run this as " in fault
    os.chown(data, NOBODY, -1)
    data.chmod(0o755)
    private.narrow_all(data)
    assert stat.S_IMODE(data.stat().st_mode) == 0o755

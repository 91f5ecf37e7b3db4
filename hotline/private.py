"""Files and folders that only the user who runs the hotline may read. They are made so whatever the umask, and narrowed if they are wider.

A link in their place is refused, no matter who made it: what is written would land elsewhere. What belongs to another user is left alone.
`hotline doctor` tells of both.
"""

import contextlib
import errno
import fcntl
import os
import pwd
import stat
from collections.abc import Iterator
from pathlib import Path

FOLDERS = frozenset({"gateways", "recordings", "redis", "restored", "spool"})
"""The folders that the hotline makes in its data folder."""

_OF_THE_DISK = "lost+found"
"""Root's own folder on a disk that is mounted in place of one of ours."""

_OTHERS = 0o077
_OWNER = 0o700


def folder(path: Path) -> None:
    """Make the folder and those that are missing above it, or narrow it. Raises `OSError`, also if it is a link or no folder."""
    if not path.parent.exists():
        folder(path.parent)  # pathlib would make it as the umask says
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=_OWNER)
    if not stat.S_ISDIR(_narrowed(path)):
        raise NotADirectoryError(errno.ENOTDIR, "it is not a folder", str(path))


def file(path: Path) -> None:
    """Make an empty file, or narrow the rights of the file that is there. Raises `OSError`, also if it is a link."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        _narrowed(path)


def narrow(path: Path) -> None:
    """Narrow the file or folder, if there is one. Raises `OSError`, also if it is a link."""
    with contextlib.suppress(FileNotFoundError):
        _narrowed(path)


def opened(path: Path) -> int:
    """The descriptor of a file to be read and written, which is made if it is missing. Raises `OSError`, also if it is a link."""
    file(path)
    return os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of a file, which is made if it is missing. Raises `BlockingIOError` if another process holds it, and `OSError`."""
    descriptor = opened(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def opened_new(path: Path) -> int:
    """The descriptor of a new file to be written, in place of any file or link of that name. Raises `OSError`."""
    path.unlink(missing_ok=True)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)


def opened_to_read(path: Path) -> int:
    """The descriptor of a file to be read. Raises `OSError`, also if it is a link."""
    return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)


def settle(path: Path) -> None:
    """Have the disk keep the names in a folder: otherwise a new one may be gone after a power cut. Raises `OSError`."""
    opened_folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(opened_folder)
    finally:
        os.close(opened_folder)


def narrow_all(data: Path) -> None:
    """Narrow the data folder and everything in it, if it is ours alone. Raises `OSError`, also if it is a link or has a link in it.

    A home folder, or /tmp, which somebody named by mistake, is left as it is: it has folders that we did not make.
    """
    found = data.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, "it is a link or no folder", str(data))
    if found.st_uid != os.geteuid() or any(path.is_dir() and path.name not in FOLDERS for path in data.iterdir()):
        return
    narrow(data)  # first of all: from now on nobody else can put a link into it
    for path in _everything(data):
        narrow(path)


def faults(data: Path, database: Path | None) -> list[str]:
    """What is not private of the data folder, of everything in it and of the database's files: a sentence each, which says what to do."""
    paths = list(database_files(database)) if database else []
    if data.is_dir():
        paths += [data, *_everything(data)]
    return [fault for path in dict.fromkeys(paths) if (fault := _fault(path))]


def database_files(database: Path) -> Iterator[Path]:
    """The paths of a SQLite database: the file itself, and those that lie beside it while it is used."""
    return (database.with_name(database.name + ending) for ending in ("", "-wal", "-shm", "-journal", ".lock"))


def _everything(data: Path) -> Iterator[Path]:
    """What is in the data folder and in our folders there; links are not followed. The folders of others are left out."""
    for path in sorted(data.iterdir()):
        if path.is_symlink() or not path.is_dir():
            yield path
        elif path.name in FOLDERS:
            yield path
            for place, folders, names in os.walk(path):
                folders[:] = [name for name in folders if name != _OF_THE_DISK]
                yield from (Path(place, name) for name in (*folders, *names))


def _narrowed(path: Path) -> int:
    """Take from others what they may do with the file or folder, if it is ours; returns its mode."""
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode):
        raise OSError(errno.ELOOP, "a link is in its place", str(path))
    is_wide = found.st_uid == os.geteuid() and found.st_mode & _OTHERS
    if is_wide and (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):  # a socket is kept by its folder
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            os.fchmod(descriptor, stat.S_IMODE(os.fstat(descriptor).st_mode) & _OWNER)
        finally:
            os.close(descriptor)
    return found.st_mode


def _fault(path: Path) -> str | None:
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as fault:
        return f"{path} cannot be looked at: {fault.strerror}"
    if stat.S_ISLNK(found.st_mode):
        return f"{path} is a link: put in its place what it points to"
    if found.st_uid != os.geteuid():
        return f"{path} belongs to {_name(found.st_uid)}: chown it to {_name(os.geteuid())}, or run this as {_name(found.st_uid)}"
    if found.st_mode & _OTHERS and not stat.S_ISSOCK(found.st_mode):
        return f"others may use {path}: chmod go= '{path}'"
    return None


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"

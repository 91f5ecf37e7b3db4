"""What is on this machine's disks: how much of them is free, and what waits in the spool."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hotline import spool
from hotline.config import Config
from hotline.services.backups import watching
from hotline.storage.db import sqlite_path


@dataclass(frozen=True)
class Disk:
    """A disk: bytes in all, and bytes that are free for us."""

    size: int
    free: int

    def has_less_than(self, percent: int) -> bool:
        """Whether less than so much of it is free."""
        return self.free * 100 < self.size * percent


@dataclass(frozen=True)
class Spooled:
    """What waits on the disk because it could not be stored: how many files, since when the first, and how many nobody can read."""

    waiting: int
    since: datetime | None
    aside: int


def disks(config: Config) -> Mapping[str, Disk]:
    """What lies on it (`data`, `database`, `backups`) → the disk. A folder that is not there yet is left out, as is one not to be read."""
    database = sqlite_path(config.database_url)
    folders = {"data": config.data_dir, "database": database.parent if database else None, "backups": watching.folder_of(config)}
    return {name: disk for name, folder in folders.items() if folder is not None and (disk := _disk(folder)) is not None}


def _disk(folder: Path) -> Disk | None:
    try:
        found = shutil.disk_usage(folder)
    except OSError:
        return None
    return Disk(found.used + found.free, found.free)  # what only root may use is no use to us


def nearly_full(config: Config, *, spare: int = 0) -> list[str]:
    """Names of those of `disks` that have less free than [watch] says, and so many percent more."""
    return [name for name, disk in disks(config).items() if disk.has_less_than(config.watch.disk_percent + spare)]


def spooled(config: Config) -> Spooled:
    """What waits in the spool. Raises `SpoolFault`."""
    waiting = spool.waiting(config.data_dir)
    return Spooled(len(waiting), spool.came_at(waiting[0]) if waiting else None, len(spool.aside(config.data_dir)))

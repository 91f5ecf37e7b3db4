"""What a phone told of an MMS with its bytes, on this machine until a worker has fetched it: one sealed file for each attachment."""

import contextlib
import os
import re
import time
from pathlib import Path

from hotline import private
from hotline.config import Config
from hotline.gateways.local import FOLDER
from hotline.keys import Keys
from hotline.sealing import seal, unseal

INLINE = re.compile(r"[0-9a-f]{40}\.[0-9]")
"""The id of an attachment that is here: the id of its text, and its place in it."""

_PLACE = "gateways.android"
_PART, _PARTLY = ".mms", ".part"
_FORGOTTEN_AFTER_S = 30 * 86_400
"""After so long nobody fetches a file any more: it was told again after it had been fetched."""


class Attachments:
    """The folder of a phone. The web process writes into it; the workers read it, and delete what they have."""

    def __init__(self, config: Config, name: str) -> None:
        self._folder = config.data_dir / FOLDER / name

    def keep(self, keys: Keys, attachment: str, content: bytes) -> None:
        """Seal an attachment and write it, in place of one of the same id. It is on the disk when this returns. Raises `OSError`."""
        private.folder(self._folder)
        self._sweep()
        whole = self._path(attachment)
        partly = whole.with_name(f"{attachment}.{os.getpid()}-{time.monotonic_ns()}{_PARTLY}")
        try:
            with os.fdopen(private.opened_new(partly), "wb") as file:
                file.write(seal(keys.staff, content, _PLACE, attachment))
                file.flush()
                os.fsync(file.fileno())
            partly.rename(whole)
            private.settle(self._folder)
        except OSError:
            with contextlib.suppress(OSError):
                partly.unlink(missing_ok=True)
            raise

    def read(self, keys: Keys, attachment: str) -> bytes:
        """What is in an attachment. Raises `FileNotFoundError`, `OSError`, `SealBroken`."""
        if not INLINE.fullmatch(attachment):
            raise FileNotFoundError(attachment)
        with os.fdopen(private.opened_to_read(self._path(attachment)), "rb") as file:
            return unseal(keys.staff, file.read(), _PLACE, attachment)

    def remove(self, attachment: str) -> None:
        """Delete an attachment, if it is here. Raises `OSError`."""
        if INLINE.fullmatch(attachment):
            self._path(attachment).unlink(missing_ok=True)

    def _path(self, attachment: str) -> Path:
        return self._folder / f"{attachment}{_PART}"

    def _sweep(self) -> None:
        """Remove what nobody fetches any more, and what a killed process left half written."""
        with contextlib.suppress(OSError):
            for path in self._folder.glob("*.*"):
                age_s = time.time() - path.stat().st_mtime
                if path.suffix in (_PART, _PARTLY) and age_s > (_FORGOTTEN_AFTER_S if path.suffix == _PART else 3600):
                    path.unlink(missing_ok=True)

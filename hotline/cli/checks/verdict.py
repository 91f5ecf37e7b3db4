"""How a check of `hotline doctor` ends that finds something, and what the checks share."""

import contextlib
from collections.abc import Iterator

from hotline.config import Config
from hotline.i18n import CatalogueFault
from hotline.jobs import SilentBell
from hotline.keys import KeysFault
from hotline.runtime import Runtime, build_runtime
from hotline.storage import db
from hotline.tables import TableFault


class Wrong(Exception):
    """A check failed; the message says what is wrong and what to do."""


class Doubtful(Exception):
    """A hotline can run like this, and should not for long; the message says what to do."""


class Unseen(Wrong):
    """What else is wrong must be mended before this can be checked."""


@contextlib.contextmanager
def runtime_of(config: Config) -> Iterator[Runtime]:
    """A Runtime for one check. Raises `Unseen` if there can be none yet."""
    try:
        try:
            rt = build_runtime(config, bell=SilentBell())
        except KeysFault as fault:  # the line `keys` tells of it
            raise Unseen("cannot be looked at before the keys can be read") from fault
        try:
            yield rt
        finally:
            rt.close()
    except (db.DatabaseFault, TableFault, CatalogueFault, OSError) as fault:
        raise Unseen("cannot be looked at before the other faults are mended") from fault


def some(names: list[str]) -> str:
    """The first five of them, and how many more there are."""
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")

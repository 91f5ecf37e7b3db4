"""Whether the hosts of one hotline agree: on the time, and on where recordings lie."""

from hotline.cli.checks.verdict import Doubtful, Unseen, Wrong, runtime_of
from hotline.config import Config
from hotline.runtime import Runtime
from hotline.storage import hosts

_DOUBTFUL_S, _WRONG_S = 2, 30
"""A worker takes a claim of a minute for one whose worker has died, by its own clock."""


def check(config: Config) -> str:
    """Compare the clock of this machine with the database's, and look how many hosts there are."""
    try:
        with runtime_of(config) as rt:
            return agree(rt)
    except Unseen:
        return "whether they agree shows once the rest is mended"


def agree(rt: Runtime) -> str:
    """How many hosts there are. Raises `Wrong` or `Doubtful` if they do not agree."""
    with rt.reading() as session:
        before = rt.clock()
        theirs = hosts.database_now(session)
        between = before + (rt.clock() - before) / 2
        there = hosts.there(session, now=between)
    if theirs is not None and abs(ahead := round((between - theirs).total_seconds())) > _DOUBTFUL_S:
        where = "ahead of" if ahead > 0 else "behind"
        said = f"the clock of this machine is {abs(ahead)} s {where} the one of the database's machine: see timedatectl on both"
        raise (Wrong if abs(ahead) > _WRONG_S else Doubtful)(said)
    if len(there) > 1 and not rt.config.media.bucket:
        raise Doubtful(
            f"{len(there)} hosts use this database, and each keeps recordings and photos in its data folder: set [media] bucket, or have "
            "all of them mount one folder as recordings (docs/several-hosts.md)"
        )
    return f"{len(there)} use this database" if len(there) > 1 else "this one alone uses this database"

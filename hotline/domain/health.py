"""Whether a gateway is well, judged by what became of its last texts and by how long nothing has come in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

_TRIED_LEAST, _ERRORS_SHARE = 10, 0.5
_MISSED_LEAST = 3
_JUDGED_LEAST, _SLOW_SHARE = 20, 0.5
_PASTS_LEAST, _CAME_LEAST = 3, 5


class Verdict(StrEnum):
    """How a gateway is. All but `WELL` and `UNSURE` let it rest, under that reason."""

    WELL = "well"
    UNSURE = "unsure"  # too little has happened to tell
    ERRORS = "errors"  # most texts were not taken, or nobody knows
    SLOW = "slow"  # most texts were not delivered within minutes
    SILENT = "silent"  # nothing comes in, at an hour at which it always did


BAD = (Verdict.ERRORS, Verdict.SLOW, Verdict.SILENT)


@dataclass(frozen=True)
class Facts:
    """What happened at a gateway in the last quarter of an hour, if not said otherwise.

    `tried` texts were given to it, `errors` of them it did not take, or nobody knows. `missed`: so many tries in a row, of however few
    texts, it did not take in the last hours; `anew`: so many of these since it last rested. Of `judged` texts it is long enough ago to
    tell, and `slow` of them were not delivered within five minutes; both are 0 if it does not report. `pasts`: how many texts came in,
    earlier, at the same hours of the day and week as those in which nothing has come in now; empty if something has within the hour.
    """

    tried: int = 0
    errors: int = 0
    missed: int = 0
    anew: int = 0
    judged: int = 0
    slow: int = 0
    pasts: Sequence[int] = ()


def _most_failed(facts: Facts) -> bool:
    return facts.tried >= _TRIED_LEAST and facts.errors >= facts.tried * _ERRORS_SHARE


def judge(facts: Facts) -> Verdict:
    """How a gateway is, seen alone."""
    if facts.missed >= _MISSED_LEAST or _most_failed(facts):
        return Verdict.ERRORS
    if facts.judged >= _JUDGED_LEAST and facts.slow >= facts.judged * _SLOW_SHARE:
        return Verdict.SLOW
    if len(facts.pasts) >= _PASTS_LEAST and min(facts.pasts) >= _CAME_LEAST:
        return Verdict.SILENT
    return Verdict.WELL if facts.tried - facts.errors >= _TRIED_LEAST or facts.judged else Verdict.UNSURE


def unwell(all_facts: Mapping[str, Facts]) -> dict[str, Verdict]:
    """Name → what is wrong, of the gateways that are to rest.

    What all have is no fault of one: it is us, or the country. A gateway is slow or silent only beside another that is neither; it has
    errors only beside another that has none. A gateway that rested for what it missed is tried again before it rests once more.
    """
    verdicts = {name: judge(facts) for name, facts in all_facts.items()}
    found = {}
    for name, verdict in verdicts.items():
        others = [other for beside, other in verdicts.items() if beside != name]
        good = (Verdict.WELL, Verdict.UNSURE) if verdict is Verdict.ERRORS else (Verdict.WELL,)
        facts = all_facts[name]
        is_over = verdict is Verdict.ERRORS and not facts.anew and not _most_failed(facts)
        if verdict in BAD and not is_over and any(other in good for other in others):
            found[name] = verdict
    return found

"""A deployment learns from its own corrections: what people there have said of texts that the machine had read."""

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hotline.domain.correction import NO_COMPLAINT, Correction
from hotline.domain.language import detect
from hotline.domain.linear import Linear
from hotline.domain.reading import INTENT, KIND, Intent, Part, Reader, read
from hotline.learning.corpus import Labelled

LEAST = 50
"""With fewer corrections that the model in force has not learnt from, nothing is learnt: too little would be left to compare on."""

AUTHOR = "own"
_WEIGHT = 3.0
"""How much a text of the deployment's own counts beside one of the corpus."""

_HELD_BACK = 5
"""One in so many is held back to compare on."""

_SEED = 1
_DANGER_MAY_LOSE = 0.02
_AT_FALSE_SHARE = 0.1

Fit = Callable[..., tuple[Linear, Mapping[str, Any]]]
"""`fitting.fit`. It is handed in: scikit-learn, which it needs, is an extra."""


class TooFew(Exception):
    """There are too few corrections that the model in force has not learnt from: so many are its argument."""


@dataclass(frozen=True)
class Mistakes:
    """What a reader gets wrong on texts, each beside how many there were: kinds, danger that it misses, danger that there is none of."""

    kinds: int
    of_kinds: int
    missed: int
    of_danger: int
    false: int
    of_safe: int

    @property
    def total(self) -> int:
        """All mistakes."""
        return self.kinds + self.missed + self.false


@dataclass(frozen=True)
class Learnt:
    """What came of learning. `held_back`: on how many corrections `before`, the model in force, and `after`, the new one, were compared.

    `found`: the share of danger in the corpus that both find in authors they had not seen, before and after. `model` and what its file says
    of it; None: it is not better.
    """

    corrections: int
    held_back: int
    before: Mistakes
    after: Mistakes
    found: tuple[float, float]
    model: tuple[Linear, Mapping[str, Any]] | None


def learn(
    corpus: Sequence[Labelled],
    corrections: Sequence[Correction],
    reader: Reader,
    about: Mapping[str, Any],
    fit: Fit,
    *,
    progress: Callable[[str], None] = lambda _: None,
) -> Learnt:
    """Learn a model from the corpus and the corrections, and say whether it is better than the one in force.

    `reader` reads with the model in force, and `about` is what its file says of it. A fifth of the corrections is held back, by ticket, of
    those that the model in force has not learnt from: on them it is compared with a model learnt from the rest. The new one is better if it
    makes fewer mistakes there, misses no more danger, and does not find 2 % less of the danger in the corpus: wrong corrections must not
    teach it to overhear danger. Only then a model is learnt from all. Raises `TooFew`.
    """
    own = [one for one in corrections if one.teaches]
    fresh = [one for one in own if one.ticket_id > about.get("own_until", 0)]
    if len(fresh) < LEAST:
        raise TooFew(len(fresh))
    tickets = sorted({one.ticket_id for one in fresh})
    drawn = random.Random(_SEED).sample(tickets, max(1, len(tickets) // _HELD_BACK))  # noqa: S311 - no secret
    judged = [one for one in own if one.ticket_id in set(drawn)]
    progress("learning from all but the corrections that are held back")
    model, measured = _fitted(corpus, [one for one in own if one.ticket_id not in set(drawn)], fit, progress)
    before, after = mistakes(judged, reader), mistakes(judged, replace(reader, model=model))
    found = (_danger_found(about), _danger_found(measured))
    is_better = after.total < before.total and after.missed <= before.missed and found[1] >= found[0] - _DANGER_MAY_LOSE
    if not is_better:
        return Learnt(len(own), len(judged), before, after, found, None)
    progress("it is better: learning from all corrections")
    model, told = _fitted(corpus, own, fit, progress)
    return Learnt(len(own), len(judged), before, after, found, (model, {**told, "own": len(own), "own_until": tickets[-1]}))


def _fitted(
    corpus: Sequence[Labelled], own: Sequence[Correction], fit: Fit, progress: Callable[[str], None]
) -> tuple[Linear, Mapping[str, Any]]:
    return fit(
        [*corpus, *map(labelled, own)],
        weights=[1.0] * len(corpus) + [_WEIGHT] * len(own),
        taught=[*[None] * len(corpus), *map(taught, own)],
        progress=progress,
    )


def _danger_found(about: Mapping[str, Any]) -> float:
    """The share of danger that a model finds in authors of the corpus it had not seen, where it finds a tenth of the rest falsely."""
    rows = about.get("measured", {}).get(Part.DANGER, ())
    return next((float(row["found"]) for row in rows if row["false"] == _AT_FALSE_SHARE), 0.0)


def labelled(correction: Correction) -> Labelled:
    """A correction as a text with labels. Those that nobody gave are as it was read, and are not learnt (`taught`)."""
    kinds, intent = correction.kinds, correction.intent
    if correction.kind == NO_COMPLAINT:
        kinds, intent = (), Intent.OTHER if intent is Intent.COMPLAINT else intent
    elif correction.kind is not None:
        kinds, intent = (correction.kind,), Intent.COMPLAINT
    return Labelled(
        author=AUTHOR,
        text=correction.text,
        script=detect(correction.text) or "",
        intent=intent,
        kinds=kinds,
        object=correction.object or "",
        danger=_said_or_read(correction, Part.DANGER, correction.danger),
        against=_said_or_read(correction, Part.AGAINST, correction.against),
        quiet=correction.was_read(Part.QUIET),
        place="",
    )


def _said_or_read(correction: Correction, part: Part, said: bool | None) -> bool:
    return correction.was_read(part) if said is None else said


def taught(correction: Correction) -> Collection[str]:
    """The outputs of the model, or families of them, that a correction teaches: those of which a person spoke."""
    names = set[str]()
    if correction.kind is not None and correction.intent is not Intent.CRY:  # a cry may be of any kind, and stays a cry
        names.add(f"{INTENT} {Intent.COMPLAINT}")
    if correction.kind:
        names.add(KIND)
    if correction.danger is not None:
        names.add(Part.DANGER)
    if correction.against is not None:
        names.add(Part.AGAINST)
    return names


def mistakes(corrections: Sequence[Correction], reader: Reader) -> Mistakes:
    """What a reader gets wrong. Where somebody looked at a text and left its kind as it was read, that kind is right."""
    kinds, found, false = list[bool](), list[bool](), list[bool]()
    for one in corrections:
        reading = read(one.text, reader)
        wanted = one.read_kind if one.left else one.kind
        if wanted is not None:
            kinds.append((reading.kind or NO_COMPLAINT) != wanted)
        if one.danger is not None:
            (found if one.danger else false).append(reading.danger is not one.danger)
    return Mistakes(sum(kinds), len(kinds), sum(found), len(found), sum(false), len(false))

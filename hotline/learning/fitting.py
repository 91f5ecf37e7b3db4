"""The model is learnt from labelled texts: a logistic regression for each output, its probabilities calibrated on authors it has not seen.

Needs scikit-learn, which the extra `reading` installs; nothing that runs needs it.
"""

import itertools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.special import log_softmax
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from hotline.domain.category import MODEL_KINDS
from hotline.domain.features import features, words
from hotline.domain.linear import ZERO, Linear, Output
from hotline.domain.reading import INTENT, KIND, NOTHING, OBJECT, Intent, Part
from hotline.learning.corpus import OBJECTS, Labelled
from hotline.modelfile import digest

ROWS = 45_000
"""Rows of weights: as many as fit into a file of 2 MiB with one byte for each of the outputs."""

SEED = 1
_FOLDS = 5
_C = 3.0
_STEPS = 127
_TEMPERATURES = np.linspace(0.3, 4.0, 38)
_FALSE_SHARES = (0.02, 0.04, 0.06, 0.08, 0.10, 0.15, 0.20)

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Target:
    """What one output learns: `yes` for each text, from the texts that `counts` marks."""

    name: str
    yes: Array
    counts: Array

    @property
    def family(self) -> str:
        """The family of outputs that are weighed against each other; a part is its own."""
        return self.name.partition(" ")[0]


def fit(
    texts: Sequence[Labelled],
    *,
    weights: Sequence[float] | None = None,
    taught: Sequence[Collection[str] | None] | None = None,
    seed: int = SEED,
    rows: int = ROWS,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[Linear, Mapping[str, Any]]:
    """Learn a model from texts of at least five authors. Returns it, and what its file says of it.

    `weights`: how much each text counts; None: all alike. `taught`: the outputs, or families of outputs, that each text teaches, where its
    other labels were given by nobody; None: all of them. What the file says was measured is measured on texts that teach all of them.
    `progress` is told of each step.
    """
    counted = _counted(texts, rows)
    teaches = taught or [None] * len(texts)
    targets = [_taught(target, teaches) for target in _targets(texts)]
    weighed = np.ones(len(texts)) if weights is None else np.asarray(weights)
    authors = np.array([text.author for text in texts])
    scores = np.zeros((len(texts), len(targets)))
    folds = GroupKFold(_FOLDS, shuffle=True, random_state=seed).split(counted, groups=authors)
    for number, (known, judged) in enumerate(folds, 1):
        progress(f"judging on authors not seen, {number} of {_FOLDS}")
        learnt = _learn(counted[known], [_only(target, known) for target in targets], weighed[known], seed)
        scores[judged] = _scores(counted[judged], *learnt)
    progress("learning from all texts")
    weight, bias = _learn(counted, targets, weighed, seed)
    slopes, shifts = _calibrated(scores, targets, weighed)
    model = _small(weight * slopes, bias * slopes + shifts, targets, rows)
    about = {
        "seed": seed,
        "texts": len(texts),
        "authors": sorted({text.author for text in texts}),
        "learnt_from": learnt_from(texts),
        "measured": _measured(scores * slopes + shifts, targets, np.array([one is None for one in teaches])),
    }
    return model, about


def learnt_from(texts: Sequence[Labelled]) -> str:
    """The digest of what a model learns from: the same texts with the same labels have the same."""
    return digest(*(repr(text).encode() for text in texts))


def _counted(texts: Sequence[Labelled], rows: int) -> sparse.csr_matrix:
    """A row for each text with a 1 for each of its features, divided by the root of how many there are (`Linear.scores` does the same)."""
    found = [features(words(text.text), rows) for text in texts]
    ends = np.cumsum([0, *map(len, found)])
    values = np.concatenate([np.full(len(one), 1 / np.sqrt(len(one) or 1)) for one in found])
    return sparse.csr_matrix((values, np.array(list(itertools.chain.from_iterable(found))), ends), shape=(len(texts), rows))


def _targets(texts: Sequence[Labelled]) -> Iterator[Target]:
    everywhere = np.ones(len(texts), dtype=bool)
    matters = np.array([bool(text.kinds) for text in texts])
    for part in Part:
        yield Target(part, np.array([bool(getattr(text, part)) for text in texts]), everywhere)
    for intent in Intent:
        yield Target(f"{INTENT} {intent}", np.array([text.intent is intent for text in texts]), everywhere)
    for kind in MODEL_KINDS:
        # Where a kind comes second, nothing is learnt of it: another author would have named it first.
        second = np.array([kind in text.kinds[1:] for text in texts])
        yield Target(f"{KIND} {kind}", np.array([text.kind == kind for text in texts]), matters & ~second)
    for thing in (NOTHING, *OBJECTS):
        yield Target(f"{OBJECT} {thing}", np.array([(text.object or NOTHING) == thing for text in texts]), matters)


def _taught(target: Target, teaches: Sequence[Collection[str] | None]) -> Target:
    """What an output learns, without the texts that do not teach it."""
    own = np.array([one is None or target.name in one or target.family in one for one in teaches])
    return Target(target.name, target.yes, target.counts & own)


def _only(target: Target, chosen: Array) -> Target:
    return Target(target.name, target.yes[chosen], target.counts[chosen])


def _learn(counted: sparse.csr_matrix, targets: Sequence[Target], weighed: Array, seed: int) -> tuple[Array, Array]:
    """A weight for each row and output, and a bias for each output. Rare features weigh more (inverse document frequency)."""
    seen = np.asarray((counted > 0).sum(axis=0)).ravel()
    rarity = np.log((1 + counted.shape[0]) / (1 + seen)) + 1
    rarity /= np.average(rarity, weights=seen + 1e-9)
    scaled = (counted @ sparse.diags(rarity)).tocsr()
    weight, bias = np.zeros((counted.shape[1], len(targets))), np.zeros(len(targets))
    for at, target in enumerate(targets):
        if not target.yes[target.counts].any() or target.yes[target.counts].all():
            bias[at] = -10.0 if not target.yes[target.counts].any() else 10.0
            continue
        learner = LogisticRegression(C=_C, class_weight="balanced", solver="liblinear", dual=True, tol=0.01, random_state=seed)
        learner.fit(scaled[target.counts], target.yes[target.counts], sample_weight=weighed[target.counts])
        weight[:, at] = learner.coef_[0] * rarity
        bias[at] = learner.intercept_[0]
    return weight, bias


def _scores(counted: sparse.csr_matrix, weight: Array, bias: Array) -> Array:
    return np.asarray(counted @ weight) + bias


def _calibrated(scores: Array, targets: Sequence[Target], weighed: Array) -> tuple[Array, Array]:
    """A slope and a shift for each output that turn its scores on unseen authors into true odds.

    The outputs of a family share one slope, which makes their shares true, and keep which of them is highest.
    """
    slopes, shifts = np.ones(len(targets)), np.zeros(len(targets))
    for family, members in itertools.groupby(range(len(targets)), key=lambda at: targets[at].family):
        own = list(members)
        if family in list(Part):
            at = own[0]
            counts = targets[at].counts
            fitted = LogisticRegression(C=1e6).fit(scores[counts][:, [at]], targets[at].yes[counts], sample_weight=weighed[counts])
            slopes[at], shifts[at] = fitted.coef_[0, 0], fitted.intercept_[0]
            continue
        counts = np.logical_and.reduce([targets[at].counts for at in own])
        right = np.argmax(np.stack([targets[at].yes[counts] for at in own], axis=1), axis=1)
        slopes[own] = min(_TEMPERATURES, key=lambda slope: _loss(scores[counts][:, own] * slope, right))
    return slopes, shifts


def _loss(scores: Array, right: Array) -> float:
    return float(-log_softmax(scores, axis=1)[np.arange(len(right)), right].mean())


def _small(weight: Array, bias: Array, targets: Sequence[Target], rows: int) -> Linear:
    """The model with a byte for each weight."""
    scale = np.abs(weight).max(axis=0) / _STEPS
    scale[scale == 0] = 1.0
    steps = np.rint(weight / scale).astype(np.int16) + ZERO
    outputs = tuple(
        Output(target.name, float(f"{one:.6g}"), float(f"{other:.6g}")) for target, one, other in zip(targets, scale, bias, strict=True)
    )
    return Linear(outputs, rows, steps.astype(np.uint8).tobytes())


def _measured(scores: Array, targets: Sequence[Target], judged: Array) -> Mapping[str, Any]:
    """For each part: the threshold, and the share that is found, at several shares that are found falsely; on authors not seen."""
    measured = {}
    for at, target in enumerate(targets):
        if target.name not in list(Part):
            continue
        likely, yes = 1 / (1 + np.exp(-scores[judged, at])), target.yes[judged]
        limits = {share: float(np.quantile(likely[~yes], 1 - share)) for share in _FALSE_SHARES}
        measured[target.name] = [
            {"false": share, "threshold": round(limit, 3), "found": round(float((likely[yes] > limit).mean()), 3)}
            for share, limit in limits.items()
        ]
    return measured

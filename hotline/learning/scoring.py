"""How good a reading is: compared with the labels of texts, best of authors from whom the model has not learnt."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from hotline.domain.folding import match_key
from hotline.domain.reading import Intent, Part, Reading
from hotline.learning.corpus import Labelled

_BINS = 5


@dataclass(frozen=True)
class Share:
    """A part of a whole."""

    name: str
    right: int
    of: int

    def __str__(self) -> str:
        share = f"{100 * self.right / self.of:5.1f} %" if self.of else "    –  "
        return f"{self.name:<44}{share}  ({self.right} of {self.of})"


@dataclass(frozen=True)
class Score:
    """How good a reading is. `confused`: (labelled kind, read kind) → how often, the most frequent first; `calibration`: of danger."""

    shares: Sequence[Share]
    by_kind: Sequence[Share]
    by_script: Sequence[Share]
    confused: Sequence[tuple[tuple[str, str], int]]
    calibration: Sequence[Share]


def score(texts: Sequence[Labelled], readings: Sequence[Reading]) -> Score:
    """Compare the readings of texts with their labels."""
    both = list(zip(texts, readings, strict=True))
    matters = [(text, reading) for text, reading in both if text.kinds]
    others = [(text, reading) for text, reading in both if text.intent is not Intent.COMPLAINT and text.intent is not Intent.CRY]
    shares = [
        _share("kind first", matters, lambda text, reading: reading.kind == text.kind),
        _share("kind among those kept", matters, lambda text, reading: text.kind in reading.kinds),
        _share("complaints taken for complaints", matters, lambda _, reading: reading.intent is Intent.COMPLAINT),
        _share("other texts left alone", others, lambda _, reading: reading.intent is not Intent.COMPLAINT),
        _share("intent", both, lambda text, reading: reading.intent is text.intent),
        _share("place, of those named", [one for one in both if one[0].place], lambda text, reading: _is_place(text.place, reading)),
        _share("place given where none is named", [one for one in both if not one[0].place], lambda _, reading: bool(reading.places)),
        _share("object", [one for one in matters if one[0].object], lambda text, reading: reading.object == text.object),
    ]
    for part in Part:
        holds = partial(_holds, part)
        shares.append(_share(f"{part}: found", [one for one in both if getattr(one[0], part)], holds))
        shares.append(_share(f"{part}: false", [one for one in both if not getattr(one[0], part)], holds))
    kinds = Counter(text.kind for text, _ in matters)
    scripts = Counter(text.script for text in texts)
    wrong = Counter((str(text.kind), str(reading.kind)) for text, reading in matters if reading.kind != text.kind)
    return Score(
        shares,
        [_share(str(kind), [m for m in matters if m[0].kind == kind], lambda text, reading: reading.kind == text.kind) for kind in kinds],
        list(_by_script(both, scripts)),
        wrong.most_common(),
        [_bin(both, number) for number in range(_BINS)],
    )


def _share(name: str, both: Sequence[tuple[Labelled, Reading]], is_right: Callable[[Labelled, Reading], bool]) -> Share:
    return Share(name, sum(bool(is_right(text, reading)) for text, reading in both), len(both))


def _is_place(named: str, reading: Reading) -> bool:
    """Whether the first place read is the place named: by its English name, or a name that is part of it or holds it ("Korangi No. 5")."""
    key = match_key(named)
    return any(key == (read := match_key(place.en)) or key in read or read in key for place in reading.places[:1])


def _by_script(both: Sequence[tuple[Labelled, Reading]], scripts: Iterable[str]) -> Iterable[Share]:
    for script in scripts:
        own = [(text, reading) for text, reading in both if text.script == script]
        yield _share(f"{script}: kind first", [one for one in own if one[0].kinds], lambda text, reading: reading.kind == text.kind)
        yield _share(f"{script}: danger found", [one for one in own if one[0].danger], lambda _, reading: reading.danger)


def _holds(part: Part, _: Labelled, reading: Reading) -> bool:
    return bool(getattr(reading, part))


def _bin(both: Sequence[tuple[Labelled, Reading]], number: int) -> Share:
    """The texts to which about the same probability of danger was given, and how many of them are danger."""
    own = [(text, reading) for text, reading in both if min(int(reading.likely[Part.DANGER] * _BINS), _BINS - 1) == number]
    name = f"danger, said to be {100 * number // _BINS} to {100 * (number + 1) // _BINS} % likely"
    return _share(name, own, lambda text, _: text.danger)

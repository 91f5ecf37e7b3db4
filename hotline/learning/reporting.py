"""What people corrected, in plain lines: by word and kind. No texts and no numbers are in them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from hotline.domain.correction import NO_COMPLAINT, Correction
from hotline.domain.reading import KIND, Part

_PAIRS = 30
_WORDS = 8


def report(corrections: Sequence[Correction]) -> Iterator[str]:
    """The lines of the report."""
    named = [one for one in corrections if one.kind is not None]
    wrong = [one for one in named if one.kind != one.read_kind]
    yield f"Kinds: people named {len(named)}, and {len(wrong)} of them were read as another"
    pairs = Counter((one.read_kind, one.kind) for one in wrong)
    for (read, said), times in sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0]))[:_PAIRS]:
        of_pair = [one for one in wrong if (one.read_kind, one.kind) == (read, said)]
        yield f"  read as {_kind(read)}, is {_kind(said)}: {times}{_telling(of_pair, KIND)}"
    yield from _of_part("Danger", Part.DANGER, [(one, one.danger) for one in corrections])
    yield from _of_part("Against officials", Part.AGAINST, [(one, one.against) for one in corrections])
    places = [one.place for one in corrections if one.place is not None]
    missing = sum(before is None for before, _ in places)
    yield f"Places: people named {missing} where none was known, and changed {len(places) - missing}"


def _of_part(title: str, part: Part, said: Sequence[tuple[Correction, bool | None]]) -> Iterator[str]:
    is_so = [one for one, holds in said if holds]
    is_not = [one for one, holds in said if holds is False]
    missed = [one for one in is_so if not one.was_read(part)]
    false = [one for one in is_not if one.was_read(part)]
    yield f"{title}: people said yes of {len(is_so)} texts, and no of {len(is_not)}"
    yield f"  missed: {len(missed)}{_telling(missed, KIND)}"
    yield f"  false: {len(false)}{_telling(false, part)}"


def _kind(code: str | None) -> str:
    return "no complaint" if code in (None, NO_COMPLAINT) else str(code)


def _telling(wrong: Iterable[Correction], name: str) -> str:
    """The words that were the reasons for it most often. None of a sealed ticket is shown, and none with a digit."""
    words = Counter(word.casefold() for one in wrong if not one.sealed for word in {*one.reasons.get(name, ())})
    shown = [(word, times) for word, times in words.items() if not any(letter.isdigit() for letter in word)]
    most = sorted(shown, key=lambda pair: (-pair[1], pair[0]))[:_WORDS]
    return f"   words: {', '.join(f'{word} {times}' for word, times in most)}" if most else ""

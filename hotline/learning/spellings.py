"""Learns the spellings that tell English from what else is written in Latin letters, and prints `hotline/domain/spellings.py`.

    python -m hotline.learning.spellings --places gazetteer.tsv corpus/a1.tsv corpus/a2.tsv … > hotline/domain/spellings.py

A corpus file has a heading and the columns text and script first; of a file of places every column counts. Names and places tell no
language: they are learnt as lying in the middle. The same files give the same table.
"""

import math
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from textwrap import wrap

import click

from hotline.domain.folding import match_key
from hotline.domain.language import ENGLISH_WORDS, ROMAN_WORDS, groups

_ENGLISH, _ROMAN, _EITHER = 1.0, 0.0, 0.5
_OF_SCRIPT = {"en": _ENGLISH, "ur-Latn": _ROMAN, "sd-Latn": _ROMAN}
_WORDS_OF_A_PART = 4  # what people read first, about 20 characters, must tell too
_RARE, _KEPT, _ROUNDS, _SEED = 6, 5_500, 8, 15
_STEP, _SHRINK, _SCALE, _MOST = 0.15, 2e-5, 8, 31
_LISTED = ("ENGLISH", "ROMAN")

_NAMES = """
    ahmed ali|muhammad usman|fatima bibi|imran khan sahib|bilal hussain|sana|ayesha siddiqui|zainab
    abdul rehman|asif|kamran shah|rashid|nazia|tariq mehmood|saima akhtar|farhan|javed iqbal|hina|shahid
    noor jahan|salman|waqas ahmed|rabia|saeed anwar|yousuf|khalid|amna|haris|danish|junaid|salam|hello
    hello sir|help|help me|ok|okay|ok sir|police|police help|phone|mobile|call me|sms|bank|road|block
    house no|street|flat no|sector|phase|near|shop no|plot no|gate no|stop|good morning|assalam o alaikum
    sir|madam|dear sir|please help|thanks|cnic|fir no|case no|thank you|school|hospital|station|market
    stolen|mujhe|house no street|gulshan e iqbal block
"""

Sample = tuple[Counter[str], float, float]
"""What is in a text, what it is (1 English, 0 not), and how much it matters."""


def _samples(corpus: Iterable[Path], places: Path) -> Iterator[Sample]:
    for path in corpus:
        for row in path.read_text("utf-8").splitlines()[1:]:
            text, script, *_ = [*row.split("\t"), ""]
            if script in _OF_SCRIPT:
                words = _latin_words(text.replace("\\n", " "))
                yield _features(words), _OF_SCRIPT[script], 1
                for start in range(0, len(words), _WORDS_OF_A_PART):
                    yield _features(words[start : start + _WORDS_OF_A_PART]), _OF_SCRIPT[script], 0.5
    for row in places.read_text("utf-8").splitlines()[1:]:
        for name in re.split(r"[\t,;|]", row):
            if len(name) < 30 and match_key(name).isascii():
                yield _features(_latin_words(name)), _EITHER, 0.15
    for name in re.split(r"[|\n]", _NAMES):
        yield _features(_latin_words(name)), _EITHER, 3


def _latin_words(text: str) -> list[str]:
    return [word for word in match_key(text).split() if word.isascii() and word.isalpha()]


def _features(words: Iterable[str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for word in words:
        listed = zip(_LISTED, (ENGLISH_WORDS, ROMAN_WORDS), strict=True)
        found.update([*groups(word), *(name for name, words in listed if word in words)])
    return found


def _fit(samples: Iterable[Sample], kept: frozenset[str]) -> Mapping[str, float]:
    """Logistic regression, a sample at a time, each weight with a step that shrinks as it is moved."""
    weights: dict[str, float] = defaultdict(float)
    moved: dict[str, float] = defaultdict(lambda: 1e-6)
    drawn, order = random.Random(_SEED), list(samples)  # noqa: S311 - no secret
    for _ in range(_ROUNDS):
        drawn.shuffle(order)
        for found, is_english, matters in order:
            here = [(name, count) for name, count in found.items() if name in kept]
            score = sum(weights[name] * count for name, count in here)
            off = matters * (is_english - 1 / (1 + math.exp(-max(-30.0, min(30.0, score)))))
            for name, count in here:
                wish = off * count - _SHRINK * weights[name]
                moved[name] += wish * wish
                weights[name] += _STEP * wish / math.sqrt(moved[name])
    return weights


def _learn(samples: list[Sample]) -> Mapping[str, int]:
    """Letter group or list of words → weight: the groups that tell most, learnt once more without the others."""
    seen = Counter(name for found, _, _ in samples for name in found)
    common = frozenset(name for name, times in seen.items() if times >= _RARE)
    first = _fit(samples, common)
    telling = sorted(common - {*_LISTED}, key=lambda name: (-abs(first[name]) * seen[name] ** 0.4, name))[:_KEPT]
    weights = _fit(samples, frozenset({*telling, *_LISTED}))
    return {name: max(-_MOST, min(_MOST, round(weight * _SCALE))) for name, weight in sorted(weights.items())}


def _printed(learnt: Mapping[str, int]) -> Iterator[str]:
    yield '"""Spellings that tell English from the rest. Made by `hotline/learning/spellings.py`: change nothing by hand."""\n'
    for name in _LISTED:
        yield f"{name} = {learnt[name]}"
        yield f'"""What a word counts that is in the list of {name.capitalize()} words."""\n'
    yield "# Weight → groups of letters; an underscore is the edge of a word. Weights above nothing are for English."
    yield "_GROUPS = {"
    for weight in sorted({*learnt.values()} - {0}):
        named = " ".join(name for name, value in learnt.items() if value == weight and name not in _LISTED)
        if named:
            yield f'    {weight}: """'
            yield from wrap(named, 138, initial_indent="        ", subsequent_indent="        ", break_on_hyphens=False)
            yield '    """,'
    yield "}\n"
    yield "WEIGHTS = {group: weight for weight, groups in _GROUPS.items() for group in groups.split()}"


@click.command(help=__doc__)
@click.option("--places", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True)
@click.argument("corpus", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def main(places: Path, corpus: tuple[Path, ...]) -> None:
    """Print the module."""
    samples = [sample for sample in _samples(corpus, places) if sample[0]]
    for line in _printed(_learn(samples)):
        click.echo(line)


if __name__ == "__main__":
    main()

"""What a text is about, by the words in it: a hint for the volunteer, and the reason to seal or hold the ticket.

The words are chosen to be right where they are found: they seal, hold and ring whatever else is thought of a text. A ticket sealed by
mistake is kept from those who could help; a ticket that should be sealed and is not may be read by the officer it is about. The head of
`hotline/data/categories.toml` explains how `words` are written.
"""

import itertools
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from hotline.domain.danger import Danger
from hotline.domain.folding import match_key
from hotline.domain.ticket import Priority

# Patterns are looked up by their first letters, so that a long table costs no more per text than a short one: by seven, or by three if
# the pattern is shorter ("=جج" with its boundaries has four, a Sindhi word of three letters three).
_HEADS = (3, 7)
_SPACE = re.compile(" ")
# In a phrase with so many spaces or fewer, any of them may be missing. A longer one is looked for with all its spaces or with none.
_SPACES_IN_DOUBT = 3
GAP = ".."
"""Between two steps of an entry of `words`: the second stands within a few words after the first, in the same sentence."""
OR = "|"
"""Between the words of a step, any of which will do."""
# The most words between two steps: "police ne mere chote bhai ko bohat mara" has five.
_BETWEEN = 6
# One stop after a word of three letters or more ends a sentence: after less it is a short form (S.H.O), and more are a pause.
_SENTENCE = re.compile(r"(?<=\w\w\w)[.!?۔؟](?=\s)|\n")


MODEL_KINDS = (
    *("police", "ours", "suicide", "kidnapping", "extortion", "sexual_violence", "violence_home", "armed_group", "child", "missing"),
    *("harassment", "threat", "violence", "snatching", "theft", "fraud", "land", "lost", "civic", "general"),
)
"""The kinds that the reading's model tells apart: codes of the shipped table. A text about religion is never learnt from."""


@dataclass(frozen=True)
class Category:
    """One kind of complaint. `key` is its digit in the call menu, `team` the code of the team that takes it, `words` as in the table."""

    code: str
    key: int | None
    team: str
    priority: Priority
    sealed: bool
    hold: bool
    names: Mapping[str, str] = field(hash=False)
    words: tuple[str, ...] = field(hash=False)
    reads: str = ""  # the kind of the reading's model that is this category; empty: that of its own code
    by_person: bool = False  # no machine sends news of its tickets: a person tells the citizen, on a safe contact
    keep_days: int | None = None  # how long words of its tickets are kept after their end; None: as [keeping] says

    @property
    def quiet(self) -> bool:
        """Whether its tickets are put on hold. A kind that is urgent is danger, and danger implies hold."""
        return self.hold or self.priority is Priority.URGENT

    rings: bool = False  # phones ring for danger of this kind that was read
    number_by_two: bool = False  # to show the citizen's number takes two people, also where a ticket is neither sealed nor held

    def __hash__(self) -> int:
        return hash(self.code)  # a table is looked up for every text

    @property
    def danger(self) -> Danger | None:
        """The danger that a complaint of this kind tells of."""
        if self.priority is not Priority.URGENT:
            return None
        return Danger.SURE if self.rings else Danger.READ


@dataclass(frozen=True, slots=True)
class _Pattern:
    literal: str  # with a space for a word boundary
    category: int  # index in the table
    spares: bool  # the letters it covers do not count as a hit of the category
    step: str = ""  # the step that it is a word of; empty: the pattern is a whole entry


@dataclass(frozen=True)
class _Compiled:
    """The patterns of a table by their first letters, as many as one of `_HEADS` says, and its entries of several steps."""

    patterns: Mapping[str, list[_Pattern]]
    literals: Mapping[str, tuple[str, ...]]  # those of the patterns, by the same letters
    begins: frozenset[str]  # the first letters of all patterns, as many as the first of `_HEADS` says
    walks: Mapping[str, list[tuple[int, tuple[str, ...]]]]  # first step → the index of the category, and the steps


def categories_in(text: str, categories: tuple[Category, ...]) -> tuple[Category, ...]:
    """The categories whose words are in the text, in the order of the table; the first is the one to show. () if there is none."""
    found = {index for index, _ in found_in(f" {match_key(text)} ", categories, text)}
    return tuple(categories[index] for index in sorted(found))


def found_in(key: str, categories: tuple[Category, ...], text: str = "") -> list[tuple[int, range]]:
    """Each place where a word of the table is in a match key with a space at either end: the index of its category, and its letters.

    `text`: what the key is of, for the ends of its sentences; without it the key is one sentence.
    """
    table = _compile(categories)
    hits: list[tuple[int, range]] = []
    steps: dict[str, list[range]] = {}
    spared: set[tuple[int, int]] = set()
    for at, pattern in _patterns_in(key, table):
        letters = range(at + pattern.literal.startswith(" "), at + len(pattern.literal.rstrip(" ")))
        if pattern.spares:
            spared.update((pattern.category, letter) for letter in letters)
        elif pattern.step:
            steps.setdefault(pattern.step, []).append(letters)
        else:
            hits.append((pattern.category, letters))

    def counts(index: int, letters: range) -> bool:
        return not spared or not spared.issuperset((index, letter) for letter in letters)

    walked = [walk for step in steps for walk in table.walks.get(step, ()) if all(map(steps.__contains__, walk[1]))]
    if walked:
        words, ends = [space.start() for space in _SPACE.finditer(key)], _ends(text)
        for index, walk in walked:
            hits += [(index, letters) for letters in _walk(walk, {s: [w for w in steps[s] if counts(index, w)] for s in walk}, words, ends)]
    return [(index, letters) for index, letters in hits if counts(index, letters)]


def _patterns_in(key: str, table: _Compiled) -> Iterator[tuple[int, _Pattern]]:
    """The patterns that are in a key, each with the place where it begins."""
    begun = [place for place, letters in _beginnings(key) if letters in table.begins]
    for head in _HEADS:
        for at in [place for place in begun if key[place : place + head] in table.literals]:
            first = key[at : at + head]
            if key.startswith(table.literals[first], at):  # all of them, asked for at once: as a rule it is none
                for pattern in table.patterns[first]:
                    if key.startswith(pattern.literal, at):
                        yield at, pattern


@lru_cache(maxsize=16)  # a text is looked through for the words of several tables, one after the other
def _beginnings(key: str) -> tuple[tuple[int, str], ...]:
    """The places in a key at which a pattern may begin, each with its first letters."""
    # In Latin letters every pattern begins at a boundary; in Arabic script anywhere.
    places = [space.start() for space in _SPACE.finditer(key)] if key.isascii() else range(len(key))
    return tuple((place, key[place : place + _HEADS[0]]) for place in places)


def _walk(walk: Sequence[str], steps: Mapping[str, list[range]], words: Sequence[int], ends: Sequence[int]) -> list[range]:
    """The letters of each place where the steps follow each other. `words`: where the spaces of the key are."""
    reached = steps[walk[0]]
    for step in walk[1:]:
        reached.sort(key=lambda letters: letters.stop)
        stops, further = [letters.stop for letters in reached], []
        for letters in steps[step]:
            # The nearest before it is enough: one further off is not nearer than that, nor in a nearer sentence.
            nearest = bisect_right(stops, letters.start) - 1
            if nearest < 0:
                continue
            first, last = bisect_left(words, stops[nearest]), bisect_right(words, letters.start)
            if last - first - 1 <= _BETWEEN and bisect_left(ends, first) == bisect_left(ends, last):
                further.append(range(reached[nearest].start, letters.stop))
        reached = further
    return reached


def _ends(text: str) -> list[int]:
    """How many words of the text stand before the end of each sentence but the last."""
    if _SENTENCE.search(text) is None:
        return []
    return list(itertools.accumulate(len(match_key(sentence).split()) for sentence in _SENTENCE.split(text)[:-1]))


def fallback(categories: tuple[Category, ...]) -> Category:
    """The category of a text in which no words were found: the category without words."""
    return next(category for category in categories if not category.words)


def sealed_teams(categories: tuple[Category, ...]) -> frozenset[str]:
    """Codes of the teams that sealed tickets go to."""
    return frozenset(category.team for category in categories if category.sealed)


def literals(word: str) -> tuple[str, ...]:
    """The strings to look for in a match key (with a space at either end) for one entry of `words`; () if nothing is left of the entry.

    A lone "=" or "*" is punctuation, so nothing is left of it. Spaces inside a phrase may be missing, unless it begins with "=".
    """
    word = word.removeprefix("!")
    key = match_key(word)
    if not key:
        return ()
    # A Latin word must be whole: it is short, and part of others (chor in chorna). Arabic script is often typed without spaces.
    whole = key[0].isascii() or word.startswith("=")
    start = " " if whole else ""
    end = " " if whole and not word.endswith("*") else ""
    parts = key.split()
    joints = list(itertools.product((" ", ""), repeat=min(len(parts) - 1, _SPACES_IN_DOUBT)))
    if word.startswith("="):
        joints = [(" ",) * (len(parts) - 1)]
    elif len(parts) > _SPACES_IN_DOUBT + 1:
        joints = [(joint,) * (len(parts) - 1) for joint in (" ", "")]
    return tuple(start + "".join(itertools.chain(*zip(parts, (*joint, ""), strict=True))) + end for joint in joints)


def steps(word: str) -> tuple[tuple[str, ...], ...]:
    """The steps of an entry of `words`, each with its words; () if it has one step only."""
    if GAP not in word:
        return ()
    return tuple(tuple(one.strip() for one in step.split(OR)) for step in word.split(GAP))


@lru_cache(maxsize=16)
def _compile(categories: tuple[Category, ...]) -> _Compiled:
    patterns: dict[str, list[_Pattern]] = {}
    walks: dict[str, list[tuple[int, tuple[str, ...]]]] = {}
    known: set[str] = set()

    def put(word: str, index: int, step: str = "") -> None:
        for literal in literals(word):
            head = max((n for n in _HEADS if n <= len(literal)), default=len(literal))
            patterns.setdefault(literal[:head], []).append(_Pattern(literal, index, word.startswith("!"), step))

    for index, category in enumerate(categories):
        for word in category.words:
            walk = steps(word)
            if not walk:
                put(word, index)
                continue
            walks.setdefault(OR.join(walk[0]), []).append((index, tuple(OR.join(step) for step in walk)))
            for step in walk:
                if OR.join(step) not in known:  # entries share their steps: each is looked for once
                    known.add(OR.join(step))
                    for one in step:
                        put(one, index, OR.join(step))
    grouped = {head: tuple({one.literal for one in group}) for head, group in patterns.items()}
    return _Compiled(patterns, grouped, frozenset(head[: _HEADS[0]] for head in patterns), walks)

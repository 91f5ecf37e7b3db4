"""What a text is read as: each part with a reason. Everything here is a suggestion: a person looks at every text.

A linear model reads it, learnt from the corpus (`hotline/data/corpus/`). What must never hang on a model stands in the tables
(`hotline/domain/category.py`, `hotline/domain/keyword.py`), which are read as well.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hotline.domain import category, conversation
from hotline.domain.category import Category
from hotline.domain.conversation import ParsedText
from hotline.domain.features import READ, Words, features, of_words, words
from hotline.domain.folding import match_key
from hotline.domain.gazetteer import Gazetteer, Place, happened_at
from hotline.domain.keyword import Keyword, Lexicon
from hotline.domain.language import detect, neighbour
from hotline.domain.linear import Linear, probability


class Intent(StrEnum):
    """What the sender of a text wants."""

    COMPLAINT = "complaint"  # tells of a matter
    STATUS = "status"  # asks how it is going
    ANSWER = "answer"  # answers what the hotline asked
    THANKS = "thanks"
    GREETING = "greeting"
    QUESTION = "question"  # asks about the hotline, or how something is done
    CRY = "cry"  # a bare cry for help
    OTHER = "other"  # a wrong number, chat, an advertisement


class Part(StrEnum):
    """What the model judges with yes or no."""

    DANGER = "danger"  # somebody's life, body or freedom is at risk now or in the coming days
    AGAINST = "against"  # it complains of the police or other officials
    QUIET = "quiet"  # a text or a call from us could expose the citizen


INTENT, KIND, OBJECT = "intent", "kind", "object"
"""Families of the outputs of the model: `kind snatching` is the output for the kind of that code."""

NOTHING = "none"
"""The object of a complaint about no thing."""

KEPT_SHARE = 0.01
"""A kind is kept beside the likeliest if it is at least so likely as this share of it."""

KINDS_KEPT = 4

SURE_KIND = 0.5
"""From this probability on the model's likeliest kind stands before those of the tables."""

_REASONS = 3
"""Words given as the reason for one part."""


@dataclass(frozen=True)
class Thresholds:
    """From which probability on a part holds. `rings`: from which on danger makes phones ring."""

    danger: float
    rings: float
    against: float
    quiet: float


@dataclass(frozen=True)
class Reader:
    """What is needed to read a text: the model, from which probability on a part holds, and the tables."""

    model: Linear
    thresholds: Thresholds
    categories: tuple[Category, ...]
    lexicon: Lexicon
    gazetteer: Gazetteer


@dataclass(frozen=True)
class Reading:
    """What was read in a text.

    `kinds`: codes of the model's kinds, the likeliest first, () where it is no complaint; `chances`: their probabilities. `likely`: the
    probability of each part. `danger` and `against` also hold where a table says so: `hits` are the codes of the categories whose words
    were found, `cries` says that it is a cry for help. `places`: where it happened, several if no word tells which one it was.
    """

    language: str | None
    intent: Intent
    kinds: tuple[str, ...]
    chances: tuple[float, ...]
    object: str | None
    likely: Mapping[Part, float]
    danger: bool
    rings: bool
    against: bool
    quiet: bool
    hits: tuple[str, ...]
    cries: bool
    references: tuple[str, ...]
    places: tuple[Place, ...]

    @property
    def kind(self) -> str | None:
        """The likeliest kind; None where the text is no complaint."""
        return self.kinds[0] if self.kinds else None


def read(text: str, reader: Reader) -> Reading:
    """Read a text: the model its first 1,600 characters, the tables all of it."""
    found = words(text)
    scores = reader.model.scores(features(found, reader.model.rows))
    hits = category.categories_in(text, reader.categories)
    asked = conversation.parse(text, reader.lexicon)
    likely = {part: probability(scores[reader.model.families[part][0][1]]) for part in Part}
    limits = reader.thresholds
    danger = likely[Part.DANGER] >= limits.danger or asked.cries or any(one.danger is not None for one in hits)
    against = likely[Part.AGAINST] >= limits.against or any(one.sealed for one in hits)
    intent = _intent(reader.model, scores, asked, is_matter=danger or against)
    kinds = _kept(_shares(reader.model, scores, KIND), [one.reads or one.code for one in hits]) if intent is Intent.COMPLAINT else {}
    return Reading(
        language=neighbour(text[:READ]) or detect(text[:READ]),
        intent=intent,
        kinds=tuple(kinds),
        chances=tuple(kinds.values()),
        object=_thing(reader.model, scores) if kinds else None,
        likely=likely,
        danger=danger,
        rings=likely[Part.DANGER] >= limits.rings,
        against=against,
        quiet=likely[Part.QUIET] >= limits.quiet,
        hits=tuple(one.code for one in hits),
        cries=asked.cries,
        references=asked.references,
        places=happened_at(text[:READ], reader.gazetteer),
    )


def _intent(model: Linear, scores: Sequence[float], asked: ParsedText, *, is_matter: bool) -> Intent:
    """What the sender wants. The lexicon goes before the model; danger and a complaint of officials are a matter, whatever else it is."""
    if asked.cries:
        return Intent.CRY
    if asked.command is not None and asked.command.keyword in _INTENTS:
        return _INTENTS[asked.command.keyword]
    shares = _shares(model, scores, INTENT)
    wants = Intent(max(shares, key=shares.__getitem__))
    return Intent.COMPLAINT if is_matter and wants is not Intent.CRY else wants


_INTENTS = {Keyword.THANKS: Intent.THANKS, Keyword.GREETING: Intent.GREETING, Keyword.MENU: Intent.QUESTION}


def _thing(model: Linear, scores: Sequence[float]) -> str | None:
    shares = _shares(model, scores, OBJECT)
    thing = max(shares, key=shares.__getitem__)
    return thing if thing != NOTHING else None


def reasons(text: str, reading: Reading, reader: Reader) -> Mapping[str, tuple[str, ...]]:
    """The words of the text that decided, by part (`danger`, `against`, `quiet`), `intent`, `kind` and `object`, the weightiest first."""
    found, shown = words(text), _shown(text)
    told = {part.value: part.value for part, holds in _holding(reading) if holds}
    told[INTENT] = f"{INTENT} {reading.intent}"
    if reading.kind is not None:
        told[KIND] = f"{KIND} {reading.kind}"
    if reading.object is not None:
        told[OBJECT] = f"{OBJECT} {reading.object}"
    places = {output.name: at for at, output in enumerate(reader.model.outputs)}
    return {name: _weightiest(found, shown, reader.model, places[output]) for name, output in told.items()}


def _holding(reading: Reading) -> tuple[tuple[Part, bool], ...]:
    return ((Part.DANGER, reading.danger), (Part.AGAINST, reading.against), (Part.QUIET, reading.quiet))


def _shares(model: Linear, scores: Sequence[float], family: str) -> dict[str, float]:
    """Of a family of outputs, the share of each: together they are 1."""
    weights = {member: math.exp(max(-30.0, min(30.0, scores[at]))) for member, at in model.families[family]}
    total = sum(weights.values())
    return {member: weight / total for member, weight in weights.items()}


def _kept(shares: Mapping[str, float], said: Sequence[str]) -> dict[str, float]:
    """The likeliest kinds. Those that the tables found words of (`said`) stand first where the model is unsure, and where they are none of
    the model's."""
    ordered = sorted(shares.items(), key=lambda one: -one[1])[:KINDS_KEPT]
    is_sure = ordered[0][1] >= SURE_KIND
    kept = {code: shares.get(code, 1.0) for code in said if code not in shares or not is_sure}
    return kept | {code: share for code, share in ordered if share >= KEPT_SHARE * ordered[0][1] and code not in kept}


def _shown(text: str) -> list[str]:
    """The words of a text as they were written, one for each word of its match key."""
    from_key = ((word, len(match_key(word).split())) for word in text[:READ].split())
    return [word for word, count in from_key for _ in range(count)]


def _weightiest(found: Words, shown: Sequence[str], model: Linear, output: int) -> tuple[str, ...]:
    weights = [0.0] * len(found.written)
    for number, places in of_words(found, model.rows):
        for place in places:
            weights[place] += model.weight(number, output) / len(places)
    ordered = sorted(range(len(weights)), key=lambda place: -weights[place])[:_REASONS]
    chosen = dict.fromkeys(shown[place] for place in ordered if weights[place] > 0 and place < len(shown))
    return tuple(chosen)

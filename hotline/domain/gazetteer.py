"""The places of a city, and how they are found in a text: by sound, over three scripts, the longest name first.

A name of five consonants or more is known by its sound key alone ("nrth nazmbad"). A shorter one is many words by sound (Lyari and larai,
a fight), so its vowels must be right too. A name that is also an everyday word (صدر, president) needs a sign of place beside it.
Spaces are not compared: they are lost and added everywhere.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from hotline.domain.folding import match_key
from hotline.domain.placewords import (
    AFTER,
    AFTER_DOER,
    AND_A_HALF,
    AT,
    BEFORE,
    BESIDE,
    BETWEEN,
    EVERYDAY,
    FROM,
    GOES,
    IN,
    LEAVES,
    LIVES,
    NO_PLACE_OF_IT,
    NOT_THERE,
    NUMBER_SIGN,
    NUMBER_WORDS,
    OF,
    STATION,
)
from hotline.domain.sounding import by_ear, in_urdu_letters, same_sound, sound_key

ALSO_A_WORD = "?"
"""Begins a spelling that is also an everyday word."""

_HEARD_ALONE, _HEARD_BESIDE = 5, 4  # consonants
_LONGEST = 7  # words of a name; a bound, so that words without a sound cannot make a reading slow
_BREAK = "ʘ"  # stands for a comma or the end of a sentence; a letter, so that keys keep it, which nobody writes
_BREAKS = re.compile(r"[,،;؛:?؟!۔\n\"“”()]+|(?<=\w\w\w)\.(?=\s|$)|\.\.+")
_STUCK = re.compile(r"(?<=\w\w\w\w)(سے|میں)(?!\w)")  # کھارادرسے
_HALVES = re.compile(r"(?<=\d)(?:\.5(?!\d)|½| ?1/2(?!\d))")
_VOWELS = re.compile("[ao]|[اویہ]")
_DOUBLED = re.compile(r"([a-z])\1+")


@dataclass(frozen=True, slots=True)
class Place:
    """A row of the gazetteer. `within` is the code of the place around it; None: it is a district, or nobody has said."""

    code: str
    type: str
    en: str
    ur: str
    sd: str
    within: str | None = None
    checked: bool = False


class _Name(NamedTuple):
    place: int
    words: str  # the sound of each word, so that spaces can be compared
    spelt: str  # its letters, without spaces
    ear: str  # what it sounds like with its vowels
    a_word: bool


class _Heard(NamedTuple):
    """Words `start` to `end` of a text whose joined sound is a name's."""

    words: list[str]
    sounds: list[str]
    start: int
    end: int
    sound: str


class Mention(NamedTuple):
    """A place that a text names, in its words `start` to `end`."""

    place: Place
    start: int
    end: int


@dataclass(frozen=True)
class Gazetteer:
    """The places, ready to be looked for."""

    places: tuple[Place, ...] = ()
    sounds: tuple[str, ...] = field(default=(), repr=False)  # in order, so that the first that begins with a sound is found fast
    names: tuple[tuple[_Name, ...], ...] = field(default=(), repr=False)  # for each sound
    numbered: Mapping[tuple[str, str], Place] = field(default_factory=dict, repr=False)
    by_code: Mapping[str, Place] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, rows: Iterable[tuple[Place, Iterable[str]]]) -> "Gazetteer":
        """The gazetteer of places with their further spellings."""
        rows = [(place, tuple(spellings)) for place, spellings in rows]
        by_code = {place.code: place for place, _ in rows}
        by_name = {place.en: place for place, _ in rows}
        names: dict[str, dict[tuple[int, str], _Name]] = {}
        numbered = {}
        shared = dict[str, str]()  # one object for equal texts
        for index, (place, spellings) in enumerate(rows):
            stem, _, number = place.en.rpartition(" ")
            around = by_name.get(stem.removesuffix(" No."))
            if around is not None and _PART_NUMBER.fullmatch(number):  # found by its number, not by its name
                numbered[around.code, number.replace("½", "h")] = place
                continue
            written = {match_key(spelling): False for spelling in (place.en, place.ur, place.sd)}
            written |= {match_key(spelling): spelling.startswith(ALSO_A_WORD) for spelling in spellings}
            for key, a_word in sorted(written.items(), key=lambda one: one[1]):
                words, heard = key.split(), sound_key(key).split()
                for said, sounded in ((["".join(words)], heard), (words, _folded(heard))):  # without spaces, and with them
                    sound, kinds = shared.setdefault(joined := _joined(sounded), joined), sounded[: len(said)]
                    spaced, spelt, ear = " ".join(sounded), _spelt(said, kinds), _ear(said, kinds)
                    letters = a_word or len(sound) < _HEARD_ALONE
                    vowels = not a_word and len(sound) >= _HEARD_BESIDE
                    # What is never compared is not kept: names are most of what the tables weigh.
                    name = _Name(
                        index,
                        shared.setdefault(spaced, spaced),
                        shared.setdefault(spelt, spelt),
                        shared.setdefault(ear, ear) if vowels else "",
                        a_word,
                    )
                    others = names.setdefault(sound, {})
                    others.setdefault((index, spelt if letters else f"{spaced} {ear}"), name)
        sounds = tuple(sorted(names))
        of_sound = tuple(tuple(names[sound].values()) for sound in sounds)
        return cls(tuple(place for place, _ in rows), sounds, of_sound, numbered, by_code)

    def around(self, place: Place) -> Iterator[Place]:
        """The places that a place lies within, the nearest first."""
        while place.within is not None:
            place = self.by_code[place.within]
            yield place


# Kinds of place that people write in several ways, or take for one another: a chowk may be called a chowrangi.
_KINDS = {
    **dict.fromkeys(("crng", "crg", "crngi", "ck"), "ck"),
    **dict.fromkeys(("asptl", "hsptl", "hsptel", "hsp", "sptl"), "hsptl"),
    **dict.fromkeys(("brdg", "brj", "pl", "flr"), "pl"),
    "mkt": "mrkt",
    **dict.fromkeys(("ktrs", "krtr", "ktr"), "krtrs"),
}
_KIND_SOUNDS = frozenset((*_KINDS.values(), "kln", "tn", "rd", "gt", "mrkt", "st", "ngr", "bst"))
_PART = re.compile(r"\d{1,2}[a-zh]?")
_PART_NUMBER = re.compile(r"\d+½?")


def _folded(sounds: list[str]) -> list[str]:
    """The sounds with one for all words of a kind of place. What a name begins with is no such word."""
    return sounds[:1] + [_KINDS.get(sound, sound) for sound in sounds[1:]]


def _joined(sounds: Iterable[str]) -> str:
    joined = ""
    for sound in sounds:
        joined = _with(joined, sound)
    return joined


def _with(joined: str, sound: str) -> str:
    """The sound of words with one more: as if there were no space between them."""
    if not joined:
        return sound
    heard = sound.lstrip("ahwy")
    return joined + (heard[1:] if heard[:1] == joined[-1] and heard[:1].isalpha() else heard)


def _spelt(words: list[str], sounds: list[str]) -> str:
    """Words letter by letter, without spaces and doubled letters; a word for a kind of place as its sound."""
    return _DOUBLED.sub(r"\1", words[0] if len(words) == 1 else "".join(_without_kinds(words, sounds)))


def _ear(words: list[str], sounds: list[str]) -> str:
    """What words sound like with their vowels, without spaces; a word for a kind of place as its sound."""
    heard = "".join(_without_kinds(words, sounds))
    return by_ear(heard) if heard.isascii() else same_sound(in_urdu_letters(heard))


def _without_kinds(words: list[str], sounds: list[str]) -> Iterator[str]:
    yield words[0]
    for word, sound in zip(words[1:], sounds[1:], strict=True):
        yield sound if sound in _KIND_SOUNDS and (len(word) > 4 or sound != "st") else word


def _drops_vowels(ear: str, name: str) -> bool:
    """Whether what is heard is a name without some of its vowels: krngi, gzri."""
    letters = iter(name)
    return _VOWELS.sub("", ear) == _VOWELS.sub("", name) and all(letter in letters for letter in ear)


def places_in(text: str, gazetteer: Gazetteer) -> tuple[Place, ...]:
    """The places that a text names, in its order, each once."""
    _, found = _mentions(text, gazetteer)
    return tuple(dict.fromkeys(mention.place for mention in found))


def happened_at(text: str, gazetteer: Gazetteer) -> tuple[Place, ...]:
    """The place where what a text tells of happened; several if no word tells which one, the likeliest first; none if it names none.

    Where somebody lives, comes from or goes to, whose police station it is and which hospital took the hurt are told by other words: such
    a place is given only if no other is named. Of two places, one within the other, the smaller is given.
    """
    words, found = _mentions(text, gazetteer)
    ranked = [(_rank(words, found, index), mention) for index, mention in enumerate(found)]
    if not ranked:
        return ()
    best = max(rank > 0 for rank, _ in ranked)
    ranked = [(rank, mention) for rank, mention in ranked if (rank > 0) == best]
    places = list(dict.fromkeys(mention.place for _, mention in sorted(ranked, key=lambda one: -one[0])))
    around = {outer.code for place in places for outer in gazetteer.around(place)}
    places = [place for place in places if place.code not in around]
    outside = [place for place in places if place.type != "hospital"]
    return tuple(outside or places)


def _mentions(text: str, gazetteer: Gazetteer) -> tuple[list[str], list[Mention]]:
    """The words of a text, with `_BREAK` where it pauses, and the places it names."""
    # A match key has no ۾, which is a sign and no letter: میں says the same.
    marked = _BREAKS.sub(f" {_BREAK} ", _HALVES.sub("h", text)).replace("۾", " میں ")
    marked = _STUCK.sub(r" \1", marked)
    words = match_key(marked).split()
    sounds = sound_key(marked).split()
    found = []
    start = 0
    while start < len(words):
        # "larkon ne nazimabad me" sounds like Naya Nazimabad.
        mention = _longest(words, sounds, start, gazetteer) if words[start] not in AFTER_DOER else None
        if mention:
            found.append(_with_number(words, mention, gazetteer))
        start = mention.end if mention else start + 1
    return words, found


def _longest(words: list[str], sounds: list[str], start: int, gazetteer: Gazetteer) -> Mention | None:
    """The longest name that begins at a word."""
    found = None
    joined = ""
    for end in range(start, min(start + _LONGEST, len(words))):
        if words[end] == _BREAK:
            break
        joined = _with(joined, _KINDS.get(sounds[end], sounds[end]) if end > start else sounds[end])
        at = bisect_left(gazetteer.sounds, joined)
        if at == len(gazetteer.sounds) or not gazetteer.sounds[at].startswith(joined):
            break
        if gazetteer.sounds[at] == joined:
            place = _meant(_Heard(words, sounds, start, end + 1, joined), gazetteer.names[at], gazetteer)
            found = Mention(place, start, end + 1) if place else found
    return found


def _meant(heard: _Heard, names: tuple[_Name, ...], gazetteer: Gazetteer) -> Place | None:
    """Which of the names of one sound the words say, if any: a name spelt alike, else the nearest that may be meant."""
    words, sounds, start, end, sound = heard
    said, folded = words[start:end], _folded(sounds[start:end])
    one_word, everyday = len(said) == 1, not EVERYDAY.isdisjoint(said)
    spelt, spaced = _spelt(said, folded), " ".join(folded)
    same = [name for name in names if name.spelt == spelt and (not everyday or name.words == spaced)]
    near = [] if same or len(sound) < _HEARD_BESIDE else [name for name in names if not name.a_word]
    if near and len(sound) >= _HEARD_ALONE:
        ear = _ear(said, folded)
        same = [name for name in near if name.ear == ear and (not everyday or name.words == spaced)] or [
            name for name in near if not everyday and (name.words == spaced or (one_word and _drops_vowels(ear, name.ear)))
        ]
    elif near and not everyday and _is_placed(words, start, end):
        ear = _ear(said, folded)
        same = [name for name in near if (one_word or name.words == spaced) and _drops_vowels(ear, name.ear)]
    for name in same:
        if not name.a_word or _is_placed(words, start, end):
            return gazetteer.places[name.place]
    return None


def _is_placed(words: list[str], start: int, end: int) -> bool:
    """Whether a sign of place stands beside words: "saddar me", "near Tower", "گورا قبرستان کے پاس", or commas around them."""
    before = words[start - 1] if start else _BREAK
    after = [*words[end : end + 2], _BREAK, _BREAK]
    if after[0] in IN or after[0] in FROM or after[0] in AFTER or after[0] == _BREAK or before in BEFORE:
        return True
    return (after[0] in OF and after[1] in BESIDE) or _PART.fullmatch(after[0]) is not None or not NUMBER_SIGN.isdisjoint(after[:2])


def _with_number(words: list[str], mention: Mention, gazetteer: Gazetteer) -> Mention:
    """The numbered part of a place ("korangi 5 pe", "5 number liaquatabad"), if it has one; else the place. "125" is a bike."""
    place, start, end = mention
    at = end + (words[end : end + 1] != [] and words[end] in BETWEEN)
    named = words[at : at + 1] != [] and words[at] in NUMBER_SIGN
    number, after = _number(words, at + named)
    if not number and start > 1 and words[start - 1] in NUMBER_SIGN:
        number, after, named = *_number(words, start - 2), True
        start, after = start - 2, end
    following = words[after] if after < len(words) else _BREAK
    if following in NUMBER_SIGN:
        named, after = True, after + 1
    exact = named or following == _BREAK or following in IN or following in FROM or following in OF or following in AFTER
    part = gazetteer.numbered.get((place.code, number)) if exact else None
    return Mention(part, start, max(after, end)) if part else mention


def _number(words: list[str], at: int) -> tuple[str, int]:
    """The number that stands at a word, with an h for a half, and the word behind it; "" if none does."""
    half = at < len(words) and words[at] in AND_A_HALF
    word = words[at + half] if at + half < len(words) else ""
    number = word if re.fullmatch(r"\d{1,3}h?", word) else NUMBER_WORDS.get(word, "")
    return (number + "h" * half, at + half + 1) if number else ("", at)


def _rank(words: list[str], found: list[Mention], index: int) -> int:
    """How much the words about a place say that it happened there: 2, 1 (they are silent), or 0 (it is told for another reason)."""
    _, start, end = found[index]
    stop = found[index + 1].start if index + 1 < len(found) else len(words)
    after = _clause(words[end : min(stop, end + 6)])
    before = _clause(words[found[index - 1].end if index else 0 : start][:-5:-1])[::-1]
    told, first = " ".join(after), after[0] if after else ""
    if LIVES.match(told) or NOT_THERE.match(told) or LEAVES.match(told) or GOES.match(told) or NO_PLACE_OF_IT.search(" ".join(before)):
        return 0
    if (first in STATION or (before and before[-1] in STATION)) and not BESIDE.intersection(after[:3]):
        return 0
    beside = first in OF and len(after) > 1 and after[1] in BESIDE
    return 2 if first in IN or beside or (before and before[-1] in AT) else 1


def _clause(words: list[str]) -> list[str]:
    """The words before the first break."""
    return words[: words.index(_BREAK)] if _BREAK in words else words

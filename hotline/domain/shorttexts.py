"""What short texts say besides commands: that it is solved or not, how is it going, or that a phone answered by itself.

Each is a table of phrases in the lexicon. A text counts if its words divide into such phrases and words that say nothing. Only the first
words of a text are looked at, so that the work is bounded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from hotline.domain.folding import match_key
from hotline.domain.keyword import Lexicon, single_letters

_WORDS_MAX = 14
"""An answer or a question of more words than this says more."""
_AUTO_WORDS_MAX = 40
_BESIDES_MAX = 6
"""With more words than this besides, what began like a phone's own reply is a text like any other."""
_PHRASE_MAX = 7
_QUESTION_MARKS = ("?", "\u061f")

SOLVED, UNSOLVED = "1", "2"
"""The digits that say it is solved, or not."""


@dataclass(frozen=True)
class Said:
    """What a text answers to the question whether it is solved. `digit`: None if nobody can tell. `more`: it says more than that."""

    digit: str | None
    more: bool = False


def read_answer(text: str, lexicon: Lexicon) -> Said | None:
    """What a text answers to the question whether it is solved; None if it is no answer. A no wins over a yes.

    Of a text that says more, only words at its beginning count: a digit there counts things ("2 men came"), and a courtesy says nothing.
    """
    words = _words(text)[: _WORDS_MAX + 1]
    if lexicon.answer_words.isdisjoint(words) or words[0] not in lexicon.answer_begins:
        return None
    phrases, end = _covered(words[:_WORDS_MAX], lexicon.answering, numbers=False)
    if end < len(words):
        phrases = [phrase for phrase in phrases if not phrase.isdigit() and phrase not in lexicon.plain_courtesies]
    said = set(phrases)
    no, yes = said & lexicon.unsolved, said & lexicon.solved
    if no and yes and not any(not word.isdigit() for word in no | yes):
        return Said(None)  # "1 2"
    if end < len(words):
        return Said(UNSOLVED if no else SOLVED, more=True) if no or yes else None
    if no:
        return Said(UNSOLVED)
    if yes and not any(mark in text for mark in _QUESTION_MARKS):
        return Said(SOLVED)
    return Said(None) if yes or said & lexicon.unsure else None


def only_asks(text: str, lexicon: Lexicon) -> bool:
    """Whether a text asks how it is going, and tells of nothing. At least one of its phrases asks."""
    words = _words(text)
    if len(words) > _WORDS_MAX or lexicon.asks_words.isdisjoint(words):
        return False
    if any(word not in lexicon.said_asking_words and not word.isdigit() for word in words):
        return False
    if _covered(words, lexicon.said_asking)[1] < len(words) or not _has(words, lexicon.asks):
        return False
    answer = read_answer(text, lexicon)  # "masla hal ho gaya" has a word that asks ("haal")
    return answer is None or answer.digit is None or answer.more


def asks_erasure(text: str, lexicon: Lexicon) -> bool:
    """Whether a text asks us to forget the sender, and tells of nothing.

    "Delete my photos from his phone" is a complaint: what is to be deleted, and where, must be ours to delete.
    """
    words = _words(text)
    if len(words) > _WORDS_MAX or any(some.isdisjoint(words) for some in lexicon.erase_words):
        return False
    phrases, end = _covered(words, lexicon.said_erasing)
    return end == len(words) and not lexicon.erase.isdisjoint(phrases) and not lexicon.erased.isdisjoint(phrases)


def is_auto_reply(text: str, lexicon: Lexicon) -> bool:
    """Whether a phone wrote this by itself: it begins as such texts begin, and says little besides."""
    return _beside_auto_reply(text, lexicon) is not None


def says_more_than_auto_reply(text: str, lexicon: Lexicon) -> bool:
    """Whether an auto-reply has words besides, which a person may have written."""
    return bool(_beside_auto_reply(text, lexicon))


def _beside_auto_reply(text: str, lexicon: Lexicon) -> list[str] | None:
    """The words of an auto-reply that are none of its phrases; None if the text is no auto-reply."""
    words = _words(text)
    if len(words) > _AUTO_WORDS_MAX or lexicon.auto_words.isdisjoint(words):
        return None
    end = _covered(words, lexicon.said_by_phones)[1]
    if not _has(words[:end], lexicon.auto_reply):
        return None
    besides = []
    while end < len(words):  # go on behind each word that is none of its phrases
        besides.append(words[end])
        if len(besides) > _BESIDES_MAX:
            return None
        end += 1
        end += _covered(words[end:], lexicon.said_by_phones)[1]
    return besides


@lru_cache(maxsize=4)  # each text is read for all of this, one after the other
def _words(text: str) -> tuple[str, ...]:
    """The first words of a text's match key, one more than are looked at, with doubled letters as one."""
    first = match_key(text).split(maxsplit=_AUTO_WORDS_MAX + 1)[: _AUTO_WORDS_MAX + 1]
    return tuple(single_letters(" ".join(first)).split())


def _has(words: Sequence[str], phrases: frozenset[str]) -> bool:
    """Whether one of the phrases is among the words."""
    return any(" ".join(words[start:end]) in phrases for start in range(len(words)) for end in range(start + 1, start + 1 + _PHRASE_MAX))


def _covered(words: Sequence[str], known: frozenset[str], *, numbers: bool = True) -> tuple[list[str], int]:
    """The phrases that the beginning of the words divides into, the longest first, and how many words that are.

    `numbers`: any number is a phrase too.
    """
    reached: dict[int, list[str]] = {0: []}
    furthest = 0
    for start in range(len(words)):
        if start > furthest:
            break
        if (before := reached.get(start)) is None:
            continue
        for end in range(min(len(words), start + _PHRASE_MAX), start, -1):
            phrase = " ".join(words[start:end])
            if end not in reached and (phrase in known or (numbers and phrase.isdigit())):
                reached[end] = [*before, phrase]
                furthest = max(furthest, end)
    return reached[furthest], furthest

"""What a lone word or phrase commands. A sentence that contains such a word is a complaint, and nothing here touches it.

A cry for help, a greeting and thanks may be said together and with courtesies ("salam bhai madad karo"): the text is one of
them only if small words are all it has. A command stands alone, at most with courtesies. The gateway's own words are the gateway's
only as it takes them: that one word and nothing more, not even a full stop.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from hotline.domain.folding import match_key


class Keyword(StrEnum):
    """What a text commands. The gateway's own words are kept apart: it has acted on them before we see them."""

    MENU = "menu"
    LANGUAGE = "language"
    STOP = "stop"  # text me nothing on your own
    START = "start"  # do again
    CRY = "cry"  # help, now
    GREETING = "greeting"
    THANKS = "thanks"  # ok, thanks: nothing to answer
    GATEWAY_STOP = "gateway_stop"
    GATEWAY_START = "gateway_start"
    GATEWAY_INFO = "gateway_info"


SPOKEN = (Keyword.CRY, Keyword.GREETING, Keyword.THANKS)
"""What may be said together; the first of them that is said is what the text is."""

# More words than this are a sentence. It also bounds the work a text can ask for.
_WORDS_MAX = 12
_DOUBLED = re.compile(r"([^\W\d_])\1+")


@dataclass(frozen=True)
class Command:
    """A keyword, and the code of the language it is written in; of `LANGUAGE`, the one asked for. None: written so in more than one."""

    keyword: Keyword
    language: str | None


@dataclass(frozen=True)
class Lexicon:
    """The phrases of one deployment. Keys are match keys.

    `commands` phrase → command; `asking` words that only ask how it is going; `courtesies` that say nothing; `taught` the words
    our own texts tell people to send; `gateway` the gateway's own words → what it does. Of these, some are commands of ours too,
    for a text that the gateway leaves alone ("Stop.").
    """

    commands: Mapping[str, Command]
    asking: frozenset[str]
    courtesies: frozenset[str]
    taught: tuple[str, ...] = field(default=())
    gateway: Mapping[str, Keyword] = field(default_factory=dict)

    @cached_property
    def drawn_out(self) -> Mapping[str, Command]:
        """The same commands with doubled letters as one, for "madaaad"; never the gateway's words: "stoop" and "please stop" are none."""
        return {single_letters(phrase): command for phrase, command in self.commands.items() if phrase not in self.gateway}

    @cached_property
    def spoken(self) -> Mapping[str, Keyword]:
        """The phrases of a cry, a greeting and thanks, with doubled letters as one."""
        return {phrase: command.keyword for phrase, command in self.drawn_out.items() if command.keyword in SPOKEN}

    @cached_property
    def said_besides(self) -> frozenset[str]:
        """Everything that, beside a reference, says nothing more; with doubled letters as one."""
        idle = {phrase for phrase, keyword in self.spoken.items() if keyword is not Keyword.CRY}
        return frozenset(idle | {single_letters(phrase) for phrase in self.asking | self.courtesies})

    @cached_property
    def small_words(self) -> frozenset[str]:
        """All that a spoken text can be made of; with doubled letters as one."""
        return frozenset(self.spoken) | self.plain_courtesies

    @cached_property
    def plain_courtesies(self) -> frozenset[str]:
        """The courtesies, with doubled letters as one."""
        return frozenset(single_letters(phrase) for phrase in self.courtesies)


def read_keyword(text: str, lexicon: Lexicon) -> Command | None:
    """The command a text is, or None if it is none: longer, or something else."""
    if keyword := lexicon.gateway.get(text.strip().lower()):
        return Command(keyword, None)
    key = match_key(text)
    if command := lexicon.commands.get(key):
        return command
    if not 0 < len(key.split()) <= _WORDS_MAX:
        return None
    words = single_letters(key).split()
    if command := lexicon.drawn_out.get(" ".join(_stripped(words, lexicon.plain_courtesies))):
        return command
    phrases = _phrases(words, lexicon.small_words)
    spoken = [phrase for phrase in phrases or () if phrase in lexicon.spoken]
    # A lone "bhai" greets; beside "ok thanks" it is a courtesy.
    said = {lexicon.spoken[phrase] for phrase in [p for p in spoken if p not in lexicon.plain_courtesies] or spoken}
    strongest = next((keyword for keyword in SPOKEN if keyword in said), None)
    return Command(strongest, None) if strongest else None


def says_nothing(text: str, lexicon: Lexicon) -> bool:
    """Whether the words around a reference only ask how it is going, thank or greet. A cry for help, a digit or more is something."""
    key = match_key(text)
    return len(key.split()) <= _WORDS_MAX and _phrases(single_letters(key).split(), lexicon.said_besides) is not None


def has_letter_or_digit(text: str) -> bool:
    """Whether there is anything to read in a text: "?!" and a lone smile have not."""
    return bool(match_key(text))


def single_letters(key: str) -> str:
    """A match key with every run of one letter as one: "bachaoo" → "bachao". Digits stay: 11 is not 1."""
    return _DOUBLED.sub(r"\1", key)


def _stripped(words: list[str], courtesies: frozenset[str]) -> list[str]:
    """The words without courtesies at either end."""
    start, end = 0, len(words)
    while start < end and words[start] in courtesies:
        start += 1
    while end > start and words[end - 1] in courtesies:
        end -= 1
    return words[start:end]


def _phrases(words: list[str], known: frozenset[str]) -> list[str] | None:
    """The words as known phrases, one behind another with nothing between, or None if they are not that."""
    reached: list[list[str] | None] = [[]] + [None] * len(words)
    for end in range(1, len(words) + 1):
        for start in range(end):  # the longest phrase first
            before, phrase = reached[start], " ".join(words[start:end])
            if before is not None and phrase in known:
                reached[end] = [*before, phrase]
                break
    return reached[-1]

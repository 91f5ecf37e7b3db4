"""Words and phrases that are a command when they stand alone. A sentence that contains such a word is a complaint, not a command.

A cry for help, a plea, a greeting and thanks may stand together and with courtesies ("salam bhai madad karo"). The text counts as one of
them only if it consists of such small words. A sign of distress (an emoji, SOS in any writing) is a cry like the word. Any other command
stands alone, at most with courtesies and pleas around it. A word of the gateway's own counts only as the gateway takes it: that one word
and nothing more, not even a full stop.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

from hotline.domain.folding import match_key


class Keyword(StrEnum):
    """What a text commands. The gateway's own words have their own keywords: the gateway has acted on them before we see the text."""

    MENU = "menu"
    LANGUAGE = "language"
    STOP = "stop"  # send only answers
    START = "start"  # send news again
    CRY = "cry"  # a cry for help
    PLEA = "plea"  # asks for an answer or for haste, and does not say why: a person looks at it
    GREETING = "greeting"
    THANKS = "thanks"  # ok, thanks: needs no answer
    GATEWAY_STOP = "gateway_stop"
    GATEWAY_START = "gateway_start"
    GATEWAY_INFO = "gateway_info"


SPOKEN = (Keyword.CRY, Keyword.PLEA, Keyword.GREETING, Keyword.THANKS)
"""Keywords that may stand together. The text counts as the first of these that is in it."""

# A text of more words than this is a sentence. The limit also bounds the work that a text can cause.
_WORDS_MAX = 12
_DOUBLED = re.compile(r"([^\W\d_])\1+")

SOS = re.compile("🆘|🇸🇴🇸|🆂🅾\ufe0f?🆂|🅢🅞🅢")
"""SOS as signs that are no letters. It calls for help whatever stands beside it."""
_DISTRESS = re.compile(f"{SOS.pattern}|[🚨🚑🚒🚓🚔⛑🛟🔫🔪🗡💣🩸⚠]")
"""Signs that call for help if no more than small words stand beside them: advertisements have some of them too."""
_MORSE = re.compile("(?:(?:[.·•]{3}|…)[-–—−_]{1,3}(?:[.·•]{3}|…))+")
_MORSE_MAX = 60
_AGREED = re.compile("[👍👌👏💐🌹❤💚😊🙂🤝✅\U0001f3fb-\U0001f3ff\ufe0f\\s]+")
"""Signs by which people say ok or thanks, in any colour of the skin."""


@dataclass(frozen=True)
class Command:
    """A keyword and the code of the language it is written in (for `LANGUAGE`: that it asks for), or None if the words do not tell."""

    keyword: Keyword
    language: str | None


@dataclass(frozen=True)
class Lexicon:
    """The phrases of one deployment, as match keys.

    `commands`: phrase → command. `asking`: phrases that only ask how a ticket is going. `courtesies`: phrases that say nothing.
    `taught`: the words that our own texts tell people to send. `gateway`: the gateway's own words → what they do. Some of the
    gateway's words are also commands of ours, for a text that the gateway leaves alone ("Stop.").

    The rest is for `domain.shorttexts`, with doubled letters as one. `solved`, `unsolved`, `unsure`: phrases that answer the question
    whether it is solved; `beside_answer`: what says nothing beside them. `asks`: phrases that ask how it is going; `things`: what a
    complaint may be about, beside them. `erase`, `erased`: that we forget, and what.
    `auto_reply`: how a phone's own replies begin; `auto_more`: how they go on.
    """

    commands: Mapping[str, Command]
    asking: frozenset[str]
    courtesies: frozenset[str]
    taught: tuple[str, ...] = field(default=())
    gateway: Mapping[str, Keyword] = field(default_factory=dict)
    solved: frozenset[str] = frozenset()
    unsolved: frozenset[str] = frozenset()
    unsure: frozenset[str] = frozenset()
    beside_answer: frozenset[str] = frozenset()
    asks: frozenset[str] = frozenset()
    things: frozenset[str] = frozenset()
    erase: frozenset[str] = frozenset()
    erased: frozenset[str] = frozenset()
    auto_reply: frozenset[str] = frozenset()
    auto_more: frozenset[str] = frozenset()

    @cached_property
    def ours(self) -> "Lexicon":
        """The lexicon for texts of a gateway that acts on no words by itself: there they are commands of ours, or words like any other."""
        return replace(self, gateway={})

    @cached_property
    def drawn_out(self) -> Mapping[str, Command]:
        """The commands with doubled letters as one, for "madaaad"; without the gateway's words, so "stoop" and "please stop" are none."""
        return {single_letters(phrase): command for phrase, command in self.commands.items() if phrase not in self.gateway}

    @cached_property
    def spoken(self) -> Mapping[str, Keyword]:
        """Phrase → keyword, for cries, pleas, greetings and thanks, with doubled letters as one."""
        return {phrase: command.keyword for phrase, command in self.drawn_out.items() if command.keyword in SPOKEN}

    @cached_property
    def said_besides(self) -> frozenset[str]:
        """The phrases that say nothing more when they stand beside a reference, with doubled letters as one."""
        idle = {phrase for phrase, keyword in self.spoken.items() if keyword is not Keyword.CRY}
        return frozenset(idle | {single_letters(phrase) for phrase in self.asking | self.courtesies})

    @cached_property
    def small_words(self) -> frozenset[str]:
        """The phrases that a text of cries, pleas, greetings and thanks can consist of, with doubled letters as one."""
        return frozenset(self.spoken) | self.plain_courtesies

    @cached_property
    def plain_courtesies(self) -> frozenset[str]:
        """The courtesies, with doubled letters as one."""
        return frozenset(single_letters(phrase) for phrase in self.courtesies)

    @cached_property
    def answering(self) -> frozenset[str]:
        """The phrases that an answer to "is it solved?" can consist of."""
        polite = {phrase for phrase, keyword in self.spoken.items() if keyword in (Keyword.THANKS, Keyword.GREETING)}
        return self.solved | self.unsolved | self.unsure | self.beside_answer | self.plain_courtesies | polite

    @cached_property
    def answer_words(self) -> frozenset[str]:
        """The words of which an answer to "is it solved?" has one at least."""
        return _first_words(self.solved | self.unsolved | self.unsure)

    @cached_property
    def answer_begins(self) -> frozenset[str]:
        """The words with which an answer to "is it solved?" can begin."""
        return _first_words(self.answering)

    @cached_property
    def said_asking(self) -> frozenset[str]:
        """The phrases that a text which only asks how it is going can consist of."""
        return self.said_besides | self.asks | self.things

    @cached_property
    def said_asking_words(self) -> frozenset[str]:
        """All words of these phrases."""
        return frozenset(word for phrase in self.said_asking for word in phrase.split())

    @cached_property
    def asks_words(self) -> frozenset[str]:
        """The words of which a text that asks how it is going has one at least."""
        return _first_words(self.asks)

    @cached_property
    def erase_words(self) -> tuple[frozenset[str], frozenset[str]]:
        """The words of which a text that asks us to forget the sender has one at least of each."""
        return _first_words(self.erase), _first_words(self.erased)

    @cached_property
    def said_erasing(self) -> frozenset[str]:
        """The phrases that a text which only asks us to forget the sender can consist of."""
        return self.erase | self.erased | self.said_besides

    @cached_property
    def said_by_phones(self) -> frozenset[str]:
        """The phrases that a phone's own reply can consist of."""
        return self.auto_reply | self.auto_more | self.said_besides

    @cached_property
    def auto_words(self) -> frozenset[str]:
        """The words of which a phone's own reply has one at least."""
        return _first_words(self.auto_reply)

    @cached_property
    def courtesies_and_pleas(self) -> frozenset[str]:
        """What may stand around any command: "menu please", "urdu jaldi"."""
        return self.plain_courtesies | {phrase for phrase, keyword in self.spoken.items() if keyword is Keyword.PLEA}


def read_keyword(text: str, lexicon: Lexicon) -> Command | None:
    """The command that a text is; None if it is longer, or something else."""
    if keyword := lexicon.gateway.get(text.strip().lower()):
        return Command(keyword, None)
    key = match_key(text)
    if not key:
        return _read_signs(text)
    words = single_letters(key).split() if len(key.split()) <= _WORDS_MAX else []
    if _DISTRESS.search(text):
        return Command(Keyword.CRY, None) if words and _phrases(words, lexicon.small_words) is not None else None
    return lexicon.commands.get(key) or (_read_words(words, lexicon) if words else None)


def _read_words(words: list[str], lexicon: Lexicon) -> Command | None:
    """The command that a few words are, with doubled letters as one, which are no phrase of the lexicon as they stand."""
    if command := lexicon.drawn_out.get(" ".join(_stripped(words, lexicon.plain_courtesies))):
        return command
    spoken = [phrase for phrase in _phrases(words, lexicon.small_words) or () if phrase in lexicon.spoken]
    # "bhai" alone is a greeting; beside "ok thanks" it is a courtesy.
    said = {lexicon.spoken[phrase] for phrase in [p for p in spoken if p not in lexicon.plain_courtesies] or spoken}
    strongest = next((keyword for keyword in SPOKEN if keyword in said), None)
    if strongest is not None:
        return Command(strongest, None)
    return lexicon.drawn_out.get(" ".join(_stripped(words, lexicon.courtesies_and_pleas)))


def _read_signs(text: str) -> Command | None:
    """The command that a text without a letter or a digit is; None if its signs may mean anything."""
    bare = "".join(text.split())
    if _DISTRESS.search(text) or (len(bare) <= _MORSE_MAX and _MORSE.fullmatch(bare)):
        return Command(Keyword.CRY, None)
    return Command(Keyword.THANKS, None) if bare and _AGREED.fullmatch(bare) else None


def says_nothing(text: str, lexicon: Lexicon) -> bool:
    """Whether the words around a reference only ask how it is going, thank or greet. A cry for help or a digit says something."""
    key = match_key(text)
    return len(key.split()) <= _WORDS_MAX and _phrases(single_letters(key).split(), lexicon.said_besides) is not None


def has_letter_or_digit(text: str) -> bool:
    """Whether a text has a letter or a digit; "?!" and a lone smiley have none."""
    return bool(match_key(text))


def single_letters(key: str) -> str:
    """A match key with every run of one letter as one: "bachaoo" → "bachao". Digits stay: 11 is not 1."""
    return _DOUBLED.sub(r"\1", key)


def _first_words(phrases: frozenset[str]) -> frozenset[str]:
    return frozenset(phrase.partition(" ")[0] for phrase in phrases)


def _stripped(words: list[str], courtesies: frozenset[str]) -> list[str]:
    """The words without courtesies at either end."""
    start, end = 0, len(words)
    while start < end and words[start] in courtesies:
        start += 1
    while end > start and words[end - 1] in courtesies:
        end -= 1
    return words[start:end]


def _phrases(words: list[str], known: frozenset[str]) -> list[str] | None:
    """The words divided into known phrases; None if a word is left over."""
    reached: dict[int, list[str]] = {0: []}
    for start in range(len(words)):
        if (before := reached.get(start)) is None:
            continue
        for end in range(start + 1, len(words) + 1):
            phrase = " ".join(words[start:end])
            if phrase in known and end not in reached:  # the longest phrase first: it began before
                reached[end] = [*before, phrase]
    return reached.get(len(words))

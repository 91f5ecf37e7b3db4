"""Which ticket a text belongs to, and what is answered: what users of such systems complain about most, so a table with tests.

`ask` reads the text alone; the service then fetches what it needs to know (`Known`), and `decide` settles it. The order of
`_RULES` is the rule.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice

from hotline.domain import reference, texts
from hotline.domain.folding import ascii_digits
from hotline.domain.keyword import Command, Keyword, Lexicon, has_letter_or_digit, read_keyword, says_nothing
from hotline.domain.texts import Text
from hotline.domain.ticket import Stage, Status, stage


class ReadAs(StrEnum):
    """How a text was read; kept with it."""

    OPENED = "opened"  # a new ticket
    JOINED = "joined"  # went on within join_minutes
    ADDED = "added"  # named her ticket and said more
    STATUS = "status"  # asked how her ticket is going
    STAGE = "stage"  # asked about somebody else's
    REFUSED = "refused"  # asked about one we say nothing of
    MISTYPED = "mistyped"  # nine digits that are no reference
    ANSWERED = "answered"  # 1 or 2 to our question
    UNCLEAR = "unclear"  # 1 or 2, and two questions are open
    CRY = "cry"  # a cry for help
    COMMAND = "command"
    DUTY = "duty"  # a volunteer's answer from her own phone
    KEPT = "kept"  # stored, no more
    WRITTEN = "written"  # no text: said on a call or to a volunteer, who wrote it down


LOOKUPS = frozenset({ReadAs.STAGE, ReadAs.REFUSED})
"""What counts against a sender's look-ups of a day."""

CARRIES_ON = frozenset({ReadAs.OPENED, ReadAs.JOINED, ReadAs.ADDED, ReadAs.CRY, ReadAs.STAGE, ReadAs.REFUSED})
"""Texts that opened or added to a ticket (if they have one): the next joins it within join_minutes."""


class QuestionKind(StrEnum):
    """What we ask by text; each kind has digits of its own, so that a late answer to one never answers another."""

    SOLVED = "solved"  # 1 it is, 2 it is not


SOLVED_DIGITS = {"1": Status.CLOSED, "2": Status.REOPENED}


@dataclass(frozen=True)
class ParsedText:
    """A text, read by itself."""

    command: Command | None
    references: tuple[str, ...]  # valid ones
    mistyped: bool  # nine digits that fail the check, alone
    besides: bool  # something was written besides the references
    digit: str | None  # the one digit that is all there is (besides a reference)
    empty: bool  # no letter or digit, or a lone ok or thanks
    cries: bool = False  # a cry for help is all that is written, besides references if there are any


@dataclass(frozen=True)
class NamedTicket:
    """A ticket a text names, or one of hers that has an open question."""

    id: int
    reference: str
    status: Status
    own: bool
    sealed: bool
    hold: bool
    asking: bool = False  # our question about it is open: resolved, or closed within reopen_days


@dataclass(frozen=True)
class Known:
    """What the hotline knows as the text comes in."""

    named: tuple[NamedTicket, ...] = ()  # those of the text's references that exist
    asking: tuple[NamedTicket, ...] = ()  # hers, with an open question
    last_asked_id: int | None = None  # the ticket her previous text asked the status of
    recent_id: int | None = None  # the ticket of her last text that opened or added to one, within join_minutes
    latest_open_id: int | None = None
    lookups_left: int = 1


@dataclass(frozen=True)
class Answer:
    """A sentence to send back, about that ticket."""

    text: Text
    about: NamedTicket | None = None


@dataclass(frozen=True)
class Decision:
    """What becomes of a text. `ticket_id` is where it is filed; `opens` a new ticket, whose receipt goes out first."""

    read_as: ReadAs
    ticket_id: int | None = None
    opens: bool = False
    adds: bool = False  # read for its meaning, and marks the ticket unread
    urgent: bool = False
    move: Status | None = None
    language: str | None = None
    silence: bool | None = None
    answers: tuple[Answer, ...] = field(default=())


STAGE_TEXTS: dict[Stage, Text] = {
    Stage.RECEIVED: texts.STATUS_RECEIVED,
    Stage.WORKED_ON: texts.STATUS_IN_PROGRESS,
    Stage.CLOSED: texts.STATUS_CLOSED_OTHER,
}
STATUS_TEXTS: dict[Status, Text] = {
    Status.NEW: texts.STATUS_RECEIVED,
    Status.ASSIGNED: texts.STATUS_ASSIGNED,
    Status.IN_PROGRESS: texts.STATUS_IN_PROGRESS,
    Status.REFERRED: texts.STATUS_REFERRED,
    Status.RESOLVED: texts.STATUS_RESOLVED,
    Status.CLOSED: texts.STATUS_CLOSED,
    Status.REOPENED: texts.STATUS_REOPENED,
}
MOVE_TEXTS: dict[Status, Text] = {
    status: STATUS_TEXTS[status] for status in (Status.IN_PROGRESS, Status.RESOLVED, Status.CLOSED, Status.REOPENED)
}
"""The moves that concern the citizen, and what she is told. Being assigned is not worth a text of its own; being referred
texts nothing until her consent can be asked."""


def status_text(ticket: NamedTicket) -> Text:
    """What the owner of a ticket is told when she asks. On hold: the stage and no more, for a question needs a safe call."""
    asks = STATUS_TEXTS[ticket.status].asks
    if ticket.hold or (asks and not ticket.asking):  # a 1 or 2 would go unheard
        return STAGE_TEXTS[stage(ticket.status)]
    return STATUS_TEXTS[ticket.status]


def parse(body: str, lexicon: Lexicon, *, taken_for: Keyword | None = None) -> ParsedText:
    """Read a text by itself. `taken_for`: what the gateway took it for, which it has acted on already."""
    found = reference.find(body)
    valid = tuple(f for f in found if f.valid)
    rest = reference.without(body, valid or found)
    digit = _lone_digit(rest if valid else body)
    command = Command(taken_for, None) if taken_for is not None else read_keyword(body, lexicon)
    beside = command if not found and taken_for is None else read_keyword(rest, lexicon)
    return ParsedText(
        command=command,
        references=tuple(dict.fromkeys(f.digits for f in valid)),
        mistyped=bool(found) and not valid and (says_nothing(rest, lexicon) or _lone_digit(rest) is not None),
        besides=bool(valid) and digit is None and not says_nothing(rest, lexicon),
        digit=digit,
        cries=beside is not None and beside.keyword is Keyword.CRY,
        empty=not has_letter_or_digit(body) or (command is not None and command.keyword is Keyword.THANKS),
    )


def decide(asked: ParsedText, known: Known) -> Decision:
    """What becomes of a text. Pure; the first rule that has an answer gives it."""
    for rule in _RULES:
        decision = rule(asked, known)
        if decision is not None:
            return decision
    return Decision(ReadAs.OPENED, opens=True, urgent=asked.cries, answers=_help(asked))


def _lone_digit(text: str) -> str | None:
    bare = list(islice((c for c in ascii_digits(text) if c.isalnum()), 2))
    return bare[0] if len(bare) == 1 and bare[0] in "0123456789" else None


def _command(asked: ParsedText, known: Known) -> Decision | None:
    command = asked.command
    if command is None or command.keyword is Keyword.THANKS:
        return None
    if command.keyword is Keyword.CRY:
        help_text = (Answer(texts.HELP),)
        if known.recent_id is not None:
            return Decision(ReadAs.CRY, known.recent_id, adds=True, urgent=True, answers=help_text)
        return Decision(ReadAs.CRY, opens=True, urgent=True, answers=help_text)
    return _COMMANDS[command.keyword](command)


_COMMANDS: dict[Keyword, Callable[[Command], Decision]] = {
    Keyword.MENU: lambda _: Decision(ReadAs.COMMAND, answers=(Answer(texts.HELP),)),
    Keyword.GATEWAY_INFO: lambda _: Decision(ReadAs.COMMAND, answers=(Answer(texts.HELP),)),
    Keyword.GREETING: lambda _: Decision(ReadAs.COMMAND, answers=(Answer(texts.GREETING),)),
    Keyword.LANGUAGE: lambda c: Decision(ReadAs.COMMAND, language=c.language, answers=(Answer(texts.LANGUAGE_SWITCHED),)),
    Keyword.STOP: lambda _: Decision(ReadAs.COMMAND, silence=True, answers=(Answer(texts.STOPPED),)),
    Keyword.START: lambda _: Decision(ReadAs.COMMAND, silence=False, answers=(Answer(texts.STARTED),)),
    # The gateway answers its own words by itself, and takes no text of ours after a stop.
    Keyword.GATEWAY_STOP: lambda _: Decision(ReadAs.COMMAND, silence=True),
    Keyword.GATEWAY_START: lambda _: Decision(ReadAs.COMMAND, silence=False),
}


def _mistyped(asked: ParsedText, _known: Known) -> Decision | None:
    return Decision(ReadAs.MISTYPED, answers=(Answer(texts.REFERENCE_MISTYPED),)) if asked.mistyped else None


def _own_reference(asked: ParsedText, known: Known) -> Decision | None:
    hers = {t.reference: t for t in known.named if t.own}
    own = next((hers[r] for r in asked.references if r in hers), None)  # the first she names
    if own is None:
        return None
    if asked.digit in SOLVED_DIGITS and own.asking:
        return _solved(asked.digit, own)
    answers = (Answer(status_text(own), own), *_help(asked))
    if asked.besides:
        return Decision(ReadAs.ADDED, own.id, adds=True, urgent=asked.cries, answers=answers)
    return Decision(ReadAs.STATUS, own.id, answers=answers)


def _other_reference(asked: ParsedText, known: Known) -> Decision | None:
    """One reference a text is looked up, so that a text cannot try ten."""
    if not asked.references:
        return None
    other = next((t for t in known.named if t.reference == asked.references[0]), None)
    told = stage_told(other, known.lookups_left)
    if told is None:
        read_as, answer = ReadAs.REFUSED, Answer(texts.REFERENCE_REFUSED)
    else:
        read_as, answer = ReadAs.STAGE, Answer(STAGE_TEXTS[told], other)
    return Decision(read_as, opens=asked.besides, urgent=asked.cries, answers=(answer, *_help(asked)))


def stage_told(ticket: NamedTicket | None, lookups_left: int) -> Stage | None:
    """The stage that may be told of a reference somebody asks about; None: nothing is said of it.

    On hold, not even that goes to another phone: whoever found the number may be whom she fears.
    """
    if ticket is None or (not ticket.own and (ticket.sealed or ticket.hold or lookups_left <= 0)):
        return None
    return stage(ticket.status)


def _help(asked: ParsedText) -> tuple[Answer, ...]:
    return (Answer(texts.HELP),) if asked.cries else ()


def _digit(asked: ParsedText, known: Known) -> Decision | None:
    if asked.digit is None or asked.references:
        return None
    if asked.digit not in SOLVED_DIGITS or not known.asking:
        return Decision(ReadAs.KEPT)
    if len(known.asking) == 1:
        return _solved(asked.digit, known.asking[0])
    just_named = next((t for t in known.asking if t.id == known.last_asked_id), None)
    if just_named is not None:
        return _solved(asked.digit, just_named)
    return Decision(ReadAs.UNCLEAR, answers=(Answer(texts.WHICH_REFERENCE),))


def _solved(digit: str, ticket: NamedTicket) -> Decision:
    move = SOLVED_DIGITS[digit]
    if move is ticket.status:  # "1" to one already closed: told so, and 2 still opens it again
        return Decision(ReadAs.ANSWERED, ticket.id, answers=(Answer(status_text(ticket), ticket),))
    return Decision(ReadAs.ANSWERED, ticket.id, move=move, answers=(Answer(STATUS_TEXTS[move], ticket),))


def _empty(asked: ParsedText, known: Known) -> Decision | None:
    return Decision(ReadAs.KEPT, known.latest_open_id) if asked.empty else None


def _join(asked: ParsedText, known: Known) -> Decision | None:
    if known.recent_id is None:
        return None
    return Decision(ReadAs.JOINED, known.recent_id, adds=True, urgent=asked.cries, answers=_help(asked))


_RULES: tuple[Callable[[ParsedText, Known], Decision | None], ...] = (
    _command,
    _mistyped,
    _own_reference,
    _other_reference,
    _digit,
    _empty,
    _join,
)

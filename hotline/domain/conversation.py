"""Which ticket a text belongs to, and what is answered. Users of such systems complain about this most, so it is a table of rules.

`parse` reads the text alone. The service then fetches what the decision needs (`Known`), and `decide` makes it. The rules are tried in
the order of `_RULES`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice

from hotline.domain import reference, texts
from hotline.domain.folding import ascii_digits
from hotline.domain.keyword import Command, Keyword, Lexicon, has_letter_or_digit, read_keyword, says_nothing
from hotline.domain.message import READ
from hotline.domain.texts import Text
from hotline.domain.ticket import Stage, Status, stage


class ReadAs(StrEnum):
    """How a text was read; stored with the text."""

    OPENED = "opened"  # a new ticket
    JOINED = "joined"  # went on with the ticket of a recent text
    ADDED = "added"  # named a ticket of the sender's and said more
    STATUS = "status"  # asked how a ticket of the sender's is going
    STAGE = "stage"  # asked about another person's ticket, and was told its stage
    REFUSED = "refused"  # asked about a reference of which nothing may be told
    MISTYPED = "mistyped"  # nine digits that are not a valid reference
    ANSWERED = "answered"  # answered our question with 1 or 2
    UNCLEAR = "unclear"  # answered 1 or 2 while several questions are open
    CRY = "cry"  # a cry for help
    COMMAND = "command"
    DUTY = "duty"  # a volunteer's answer to our question, from the volunteer's own phone
    KEPT = "kept"  # stored, and nothing else
    WRITTEN = "written"  # not a text: a volunteer wrote down what was said


LOOKUPS = frozenset({ReadAs.STAGE, ReadAs.REFUSED})
"""Texts that count towards the sender's limit of look-ups a day."""

CARRIES_ON = frozenset({ReadAs.OPENED, ReadAs.JOINED, ReadAs.ADDED, ReadAs.CRY, ReadAs.STAGE, ReadAs.REFUSED})
"""Texts that opened or added to a ticket (STAGE and REFUSED only if they have one). The next text within join_minutes joins it."""


class QuestionKind(StrEnum):
    """What we ask by text. Each kind has its own digits, so that a late answer to one question never answers another."""

    SOLVED = "solved"  # 1: it is solved, 2: it is not


SOLVED_DIGITS = {"1": Status.CLOSED, "2": Status.REOPENED}


@dataclass(frozen=True)
class ParsedText:
    """What a text says, read by itself."""

    command: Command | None
    references: tuple[str, ...]  # valid references, each once
    mistyped: bool  # nine digits that fail the check, with nothing that matters besides
    besides: bool  # something is written besides the references
    digit: str | None  # set if the text is a single digit, besides references if there are any
    empty: bool  # no letter or digit, or only ok or thanks
    cries: bool = False  # the text is a cry for help, besides references if there are any


@dataclass(frozen=True)
class NamedTicket:
    """A ticket that the text names, or a ticket of the sender's with an open question."""

    id: int
    reference: str
    status: Status
    own: bool  # it is the sender's
    sealed: bool
    hold: bool
    asking: bool = False  # our question about it is open: it is resolved, or was closed within reopen_days


@dataclass(frozen=True)
class Known:
    """What the hotline knows when the text comes in."""

    named: tuple[NamedTicket, ...] = ()  # the tickets whose references are in the text
    asking: tuple[NamedTicket, ...] = ()  # the sender's tickets with an open question
    last_asked_id: int | None = None  # the ticket whose status the sender's previous text asked for
    recent_id: int | None = None  # the ticket that the text joins: that of the sender's last text, or of a volunteer's
    latest_open_id: int | None = None  # the sender's latest open ticket
    lookups_left: int = 1  # how many unknown or other people's references the sender may still ask about today


@dataclass(frozen=True)
class Answer:
    """A sentence to send back, and the ticket it is about."""

    text: Text
    about: NamedTicket | None = None


@dataclass(frozen=True)
class Decision:
    """What becomes of a text. `ticket_id` is the existing ticket it is stored under; `opens`: it opens a new one."""

    read_as: ReadAs
    ticket_id: int | None = None
    opens: bool = False
    adds: bool = False  # the text is read for its meaning, and the ticket becomes unread
    urgent: bool = False
    move: Status | None = None  # the ticket's new status
    language: str | None = None  # the language the sender asked for
    silence: bool | None = None  # True: stop our texts; False: start them again
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
"""Status → the text that tells the citizen of a move to it. Being assigned is not worth a text, and a referral sends none until the
citizen can be asked for consent."""


def status_text(ticket: NamedTicket) -> Text:
    """The answer to the owner of a ticket who asks about it. On hold it tells only the stage: a question takes a safe call."""
    asks = STATUS_TEXTS[ticket.status].asks
    if ticket.hold or (asks and not ticket.asking):  # no question is open, so a 1 or 2 would not count
        return STAGE_TEXTS[stage(ticket.status)]
    return STATUS_TEXTS[ticket.status]


def parse(body: str, lexicon: Lexicon, *, taken_for: Keyword | None = None) -> ParsedText:
    """Read a text by itself. `taken_for` is the keyword the gateway took it for, and has acted on already.

    Of a text longer than `READ` only the beginning is read. It says more than a command or a reference, whatever it begins with.
    """
    if len(body) > READ:
        named = dict.fromkeys(f.digits for f in reference.find(body[:READ]) if f.valid)
        command = Command(taken_for, None) if taken_for is not None else None
        return ParsedText(command, tuple(named), mistyped=False, besides=bool(named), digit=None, empty=False)
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
    """What becomes of a text. Pure. The first rule that returns a decision settles it; if none does, the text opens a ticket."""
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
    # The gateway answers its own words itself, and accepts no text of ours after a stop.
    Keyword.GATEWAY_STOP: lambda _: Decision(ReadAs.COMMAND, silence=True),
    Keyword.GATEWAY_START: lambda _: Decision(ReadAs.COMMAND, silence=False),
}


def _mistyped(asked: ParsedText, _known: Known) -> Decision | None:
    return Decision(ReadAs.MISTYPED, answers=(Answer(texts.REFERENCE_MISTYPED),)) if asked.mistyped else None


def _own_reference(asked: ParsedText, known: Known) -> Decision | None:
    own_tickets = {t.reference: t for t in known.named if t.own}
    own = next((own_tickets[r] for r in asked.references if r in own_tickets), None)  # the first one named
    if own is None:
        return None
    if asked.digit in SOLVED_DIGITS and own.asking:
        return _solved(asked.digit, own)
    answers = (Answer(status_text(own), own), *_help(asked))
    if asked.besides:
        return Decision(ReadAs.ADDED, own.id, adds=True, urgent=asked.cries, answers=answers)
    return Decision(ReadAs.STATUS, own.id, answers=answers)


def _other_reference(asked: ParsedText, known: Known) -> Decision | None:
    """Look up one reference for each text, so that a text cannot try ten."""
    if not asked.references:
        return None
    other = next((t for t in known.named if t.reference == asked.references[0]), None)
    other_stage = stage_told(other, known.lookups_left)
    if other_stage is None:
        read_as, answer = ReadAs.REFUSED, Answer(texts.REFERENCE_REFUSED)
    else:
        read_as, answer = ReadAs.STAGE, Answer(STAGE_TEXTS[other_stage], other)
    return Decision(read_as, opens=asked.besides, urgent=asked.cries, answers=(answer, *_help(asked)))


def stage_told(ticket: NamedTicket | None, lookups_left: int) -> Stage | None:
    """The stage that may be told to a person who asks about a reference; None if nothing may be told.

    Nothing is told to another phone about a ticket that is sealed or on hold: the person who found the reference may be the one whom
    the citizen fears.
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
    if move is ticket.status:  # "1" about a ticket that is closed already: the answer says so, and 2 still reopens it
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

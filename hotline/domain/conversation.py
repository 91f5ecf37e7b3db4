"""Which ticket a text belongs to, and what is answered. Users of such systems complain about this most, so it is a table of rules.

`parse` reads the text alone. The service then fetches what the decision needs (`Known`), and `decide` makes it. The rules are tried in
the order of `_RULES`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import islice

from hotline.domain import answers, reference, texts
from hotline.domain.danger import Danger
from hotline.domain.folding import ascii_digits
from hotline.domain.keyword import SOS, Command, Keyword, Lexicon, has_letter_or_digit, read_keyword, says_nothing
from hotline.domain.lateness import Late
from hotline.domain.message import READ
from hotline.domain.shorttexts import SOLVED, UNSOLVED, Said, asks_erasure, is_auto_reply, only_asks, read_answer, says_more_than_auto_reply
from hotline.domain.texts import Text
from hotline.domain.ticket import Status


class ReadAs(StrEnum):
    """How a text was read; stored with the text."""

    OPENED = "opened"  # a new ticket
    JOINED = "joined"  # went on with the ticket of a recent text
    ADDED = "added"  # named a ticket of the sender's and said more
    STATUS = "status"  # asked how a ticket of the sender's is going
    ELSEWHERE = "elsewhere"  # asked about another contact's ticket, and was told that the phone it came from may ask
    REFUSED = "refused"  # asked about a reference that nobody has, or too often
    MISTYPED = "mistyped"  # digits that are not a valid reference
    ANSWERED = "answered"  # answered our question with 1 or 2
    UNCLEAR = "unclear"  # answered our question so that nobody can tell what it means, or which question
    ASKED = "asked"  # asked how it is going, and named no reference
    AUTO_REPLY = "auto_reply"  # a phone or an operator wrote it by itself
    CRY = "cry"  # a cry for help
    COMMAND = "command"
    DUTY = "duty"  # a volunteer's answer to our question, from the volunteer's own phone
    WRONG_CODE = "wrong_code"  # two digits from a volunteer's own phone that are not the code we wait for
    KEPT = "kept"  # stored, and nothing answered
    ANNOUNCED = "announced"  # an MMS came, and what is in it is still to be told: nothing is decided yet
    JUNK = "junk"  # from a sender that the operator of the hotline calls junk: stored, and nothing else
    WRITTEN = "written"  # not a text: a volunteer wrote down what was said


LOOKUPS = frozenset({ReadAs.ELSEWHERE, ReadAs.REFUSED})
"""Texts that count towards the sender's limit of look-ups a day."""

CARRIES_ON = frozenset({ReadAs.OPENED, ReadAs.JOINED, ReadAs.ADDED, ReadAs.CRY, ReadAs.ELSEWHERE, ReadAs.REFUSED})
"""Texts that opened or added to a ticket (ELSEWHERE and REFUSED only if they have one). The next text within join_minutes joins it."""


class QuestionKind(StrEnum):
    """What we ask by text. Each kind has its own digits, so that a late answer to one question never answers another."""

    SOLVED = "solved"  # 1: it is solved, 2: it is not


SOLVED_DIGITS = {SOLVED: Status.CLOSED, UNSOLVED: Status.REOPENED}
SOLVED_STATUSES = (Status.RESOLVED, Status.CLOSED)
SOLVED_TEXTS = (texts.STATUS_RESOLVED.key, texts.STATUS_CLOSED.key)
"""The texts that ask it. A digit answers only a question that such a text took to the phone."""

WOMAN_DIGIT = "3"
"""Asks for a woman, on the ticket that the text belongs to. HELP names it."""


@dataclass(frozen=True)
class ParsedText:
    """What a text says, read by itself."""

    command: Command | None
    references: tuple[str, ...]  # valid references, each once
    mistyped: bool  # nine digits that fail the check, or one too few or too many, with nothing that matters besides
    besides: bool  # something is written besides the references
    digit: str | None  # set if the text is a single digit, besides references if there are any
    empty: bool  # no letter or digit, and no sign that means something
    danger: Danger | None = None  # of a cry, besides references if there are any; the service adds that of the words
    pleads: bool = False  # the text asks for an answer or for haste and does not say why, besides references if there are any
    code: str | None = None  # set if the text is two digits and nothing else
    answer: Said | None = None  # what it answers to the question whether it is solved, in digits or in words, besides references
    only_asks: bool = False  # it asks how it is going, names no reference, and tells nothing
    auto_reply: bool = False  # a phone or an operator wrote it by itself
    more_than_auto_reply: bool = False  # and it has words besides
    erases: bool = False  # it asks us to forget the sender, besides references if there are any: a person sees to it

    @property
    def cries(self) -> bool:
        """Whether the text is a cry for help, besides references if there are any."""
        return self.danger is Danger.CRY

    @property
    def wants_woman(self) -> bool:
        """Whether the text asks for a woman by its digit."""
        return self.digit == WOMAN_DIGIT

    @property
    def is_thanks(self) -> bool:
        """Whether the text is ok or thanks, and nothing else."""
        return self.command is not None and self.command.keyword is Keyword.THANKS

    @property
    def greets(self) -> bool:
        """Whether the text is a greeting, and nothing else."""
        return self.command is not None and self.command.keyword is Keyword.GREETING

    @property
    def without_words(self) -> bool:
        """Whether nobody can tell from the text what it is about: signs, a lone digit, "is anybody there". A photo is such a text."""
        return not self.references and not self.is_thanks and (self.empty or self.digit is not None or self.pleads)


@dataclass(frozen=True)
class NamedTicket:
    """A ticket that the text names, or a ticket of the sender's with an open question.

    Whether it is sealed or on hold is left out, but for what a 1 may do (`by_person`): no answer about a reference may depend on it.
    """

    id: int
    reference: str
    status: Status
    own: bool  # it is the sender's, or the sender is another phone of its citizen's
    asking: bool = False  # our question about it is open: it is resolved, or was closed within reopen_days
    by_person: bool = False  # only a person closes it


@dataclass(frozen=True)
class Known:
    """What the hotline knows when the text comes in."""

    named: tuple[NamedTicket, ...] = ()  # the tickets whose references are in the text
    asking: tuple[NamedTicket, ...] = ()  # the tickets of the sender about which a question of ours is open, and was sent to this number
    last_asked_id: int | None = None  # the ticket whose status the sender's previous text asked for
    recent_id: int | None = None  # the ticket that ordinary words join: that of the sender's last text, or of the last text that we sent
    person_wrote: bool = False  # the last text that we sent is a volunteer's: words answer it, and no question of the machine's
    other_matter: bool = False  # the words are read as another matter than that of `recent_id`
    just_unclear: bool = False  # we asked what the sender's previous text means
    in_danger_id: int | None = None  # the ticket that danger joins: the sender's own in danger, told of within the day and not closed
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
    danger: Danger | None = None
    move: Status | None = None  # the ticket's new status
    woman: bool = False  # the citizen asks for a woman, by a digit
    language: str | None = None  # the language the sender asked for
    silence: bool | None = None  # True: stop our texts; False: start them again
    answers: tuple[Answer, ...] = field(default=())
    unanswered: bool = False  # no machine answers, not even with a receipt: a person decides
    late: Late = Late.NOT  # how late what it answers was taken in

    def told_late(self, late: Late, *, danger: bool) -> "Decision":
        """The decision, if the text is taken in so late."""
        if late is Late.NOT:
            return self
        if late.is_persons(danger=danger):
            return replace(self, answers=(), unanswered=True, late=late)
        return replace(self, late=late)


MOVE_TEXTS: dict[Status, Text] = {
    Status.IN_PROGRESS: texts.STATUS_IN_PROGRESS,
    Status.RESOLVED: texts.STATUS_RESOLVED,
    Status.CLOSED: texts.STATUS_CLOSED,
    Status.REOPENED: texts.STATUS_REOPENED,
}
"""Status → the text that tells the citizen of a move to it. Being assigned is not worth a text, and a referral sends none until the
citizen can be asked for consent."""


def parse(body: str, lexicon: Lexicon, *, taken_for: Keyword | None = None) -> ParsedText:
    """Read a text by itself. `taken_for` is the keyword the gateway took it for, and has acted on already.

    Of a text longer than `READ` only the beginning is read. It says more than a command or a reference, whatever it begins with.
    """
    if len(body) > READ:
        named = dict.fromkeys(f.digits for f in reference.find(body[:READ]) if f.valid)
        command = Command(taken_for, None) if taken_for is not None else None
        danger = Danger.CRY if SOS.search(body, 0, READ) else None
        return ParsedText(command, tuple(named), mistyped=False, besides=bool(named), digit=None, empty=False, danger=danger)
    found = reference.find(body)
    valid = tuple(f for f in found if f.valid)
    unsure = () if valid else found or reference.miscounted(body)
    rest = reference.without(body, valid or unsure)
    lone = _lone_digits(rest if valid else body)
    auto_reply = not found and is_auto_reply(body, lexicon)
    digit = lone if len(lone) == 1 else None
    command = Command(taken_for, None) if taken_for is not None else read_keyword(body, lexicon)
    beside = command if not (valid or unsure) and taken_for is None else read_keyword(rest, lexicon)
    keyword = beside.keyword if beside is not None else None
    cries = keyword is Keyword.CRY or SOS.search(body) is not None
    return ParsedText(
        command=command,
        references=tuple(dict.fromkeys(f.digits for f in valid)),
        mistyped=bool(unsure) and not cries and (says_nothing(rest, lexicon) or len(_lone_digits(rest)) == 1),
        besides=bool(valid) and digit is None and (cries or not says_nothing(rest, lexicon)),
        digit=digit,
        danger=Danger.CRY if cries else None,
        pleads=keyword is Keyword.PLEA,
        code=lone if len(lone) == 2 and not valid else None,
        empty=command is None and not has_letter_or_digit(body),
        answer=Said(digit) if digit in SOLVED_DIGITS else None if unsure else read_answer(rest if valid else body, lexicon),
        only_asks=not (valid or unsure or auto_reply) and only_asks(body, lexicon),
        auto_reply=auto_reply,
        more_than_auto_reply=auto_reply and says_more_than_auto_reply(body, lexicon),
        erases=asks_erasure(rest if valid else body, lexicon),
    )


def decide(asked: ParsedText, known: Known) -> Decision:
    """What becomes of a text. Pure. The first rule that returns a decision settles it; if none does, the text opens a ticket."""
    for rule in _RULES:
        decision = rule(asked, known)
        if decision is not None:
            return decision
    return Decision(ReadAs.OPENED, opens=True)


def _lone_digits(text: str) -> str:
    """The digits of a text that has one or two and no letter; else nothing."""
    bare = ascii_digits("".join(islice(filter(str.isalnum, text), 3)))
    return bare if len(bare) <= 2 and all(c in "0123456789" for c in bare) else ""


def _command(asked: ParsedText, _known: Known) -> Decision | None:
    command = asked.command
    answer = _COMMANDS.get(command.keyword) if command is not None else None
    return answer(command) if command is not None and answer is not None else None


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


def _mistyped(asked: ParsedText, known: Known) -> Decision | None:
    """The number may answer a volunteer (a telephone of eight digits), so it stays with the ticket that words would join."""
    if not asked.mistyped:
        return None
    return Decision(ReadAs.MISTYPED, known.recent_id, adds=known.recent_id is not None, answers=(Answer(texts.REFERENCE_MISTYPED),))


def _own_reference(asked: ParsedText, known: Known) -> Decision | None:
    own_tickets = {t.reference: t for t in known.named if t.own}
    own = next((own_tickets[r] for r in asked.references if r in own_tickets), None)  # the first one named
    if own is None:
        return None
    said = asked.answer
    if said is not None and said.digit is not None and not said.more and own.asking and asked.danger is None:
        return _solved(said.digit, own)
    if asked.wants_woman:
        return _woman(own.id)
    # Danger opens a ticket again that was done with, and "closed" would be no answer to it.
    reopens = asked.besides and asked.danger is not None and own.status in SOLVED_STATUSES
    stage = answers.told(Status.REOPENED if reopens else own.status, own=True, lookups_left=known.lookups_left)
    told = (Answer(stage.text, own),)
    if asked.besides:
        return Decision(ReadAs.ADDED, own.id, adds=True, danger=asked.danger, answers=told)
    return Decision(ReadAs.STATUS, own.id, answers=told)


def _other_reference(asked: ParsedText, known: Known) -> Decision | None:
    """Look up one reference for each text, so that a text cannot try ten."""
    if not asked.references:
        return None
    other = next((t for t in known.named if t.reference == asked.references[0]), None)
    told = answers.told(other.status if other is not None else None, own=False, lookups_left=known.lookups_left)
    about = other if told is answers.ELSEWHERE else None
    read_as = ReadAs.ELSEWHERE if about is not None else ReadAs.REFUSED
    return Decision(read_as, opens=asked.besides, danger=asked.danger, answers=(Answer(told.text, about),))


def _danger(asked: ParsedText, known: Known) -> Decision | None:
    """Danger joins the sender's own ticket in danger. It never joins another matter: a phone is shared, and who is asked about one matter
    may be who the other is about."""
    if asked.danger is None:
        return None
    lone = asked.command is not None
    if known.in_danger_id is None:
        return Decision(ReadAs.CRY if lone else ReadAs.OPENED, opens=True, danger=asked.danger)
    read_as = ReadAs.CRY if lone else ReadAs.JOINED
    return Decision(read_as, known.in_danger_id, adds=True, danger=asked.danger)


def _wish(asked: ParsedText, known: Known) -> Decision | None:
    about = known.recent_id or known.latest_open_id
    return _woman(about) if asked.wants_woman and not asked.references and about is not None else None


def _answer(asked: ParsedText, known: Known) -> Decision | None:
    """An answer to our question, in digits or in words, and nothing else. Words answer it only while the last text that we sent asks it."""
    said = asked.answer
    if said is None or said.more or asked.references or asked.danger is not None or not known.asking:
        return None
    if asked.digit is None and not _answers_machine(known):
        return None
    if said.digit is None and asked.is_thanks and not any(ticket.status is Status.RESOLVED for ticket in known.asking):
        return None  # "ok" to "closed" asks for nothing
    ticket = _which(known)
    if said.digit is not None and ticket is not None:
        decision = _solved(said.digit, ticket)
        is_start = asked.command is not None and asked.command.keyword is Keyword.GATEWAY_START  # "yes": the gateway has acted on it
        return replace(decision, silence=False) if is_start else decision
    about = (ticket or known.asking[-1]).id
    if known.just_unclear:  # we ask once; then a person looks at it
        return Decision(ReadAs.KEPT, about, adds=True, answers=(Answer(texts.NOTED),))
    return Decision(ReadAs.UNCLEAR, about, answers=(Answer(texts.WHICH_REFERENCE if ticket is None else texts.WHICH_DIGIT),))


def _answer_and_more(asked: ParsedText, known: Known) -> Decision | None:
    """A text that begins with an answer to our question and tells more. A no reopens the ticket; a yes moves nothing, for a person must
    read the rest."""
    said = asked.answer
    if said is None or not said.more or asked.references or not known.asking or known.other_matter or not _answers_machine(known):
        return None
    ticket = _which(known)
    if ticket is None:
        return Decision(ReadAs.UNCLEAR, known.asking[-1].id, adds=True, answers=(Answer(texts.WHICH_REFERENCE),))
    decision = _solved(UNSOLVED, ticket) if said.digit == UNSOLVED else Decision(ReadAs.JOINED, ticket.id, answers=(Answer(texts.NOTED),))
    return replace(decision, read_as=ReadAs.JOINED, adds=True)


def _answers_machine(known: Known) -> bool:
    """Whether words answer the question that the machine asked, and no text of a volunteer's or of another matter."""
    return not known.person_wrote and (known.recent_id is None or known.recent_id in {ticket.id for ticket in known.asking})


def _which(known: Known) -> NamedTicket | None:
    """The ticket of the question that is answered; None if several are open and the sender has not just named one of them."""
    if len(known.asking) == 1:
        return known.asking[0]
    return next((ticket for ticket in known.asking if ticket.id == known.last_asked_id), None)


def _woman(ticket_id: int) -> Decision:
    return Decision(ReadAs.COMMAND, ticket_id, woman=True, answers=(Answer(texts.NOTED),))


def _solved(digit: str, ticket: NamedTicket) -> Decision:
    """2 reopens a ticket, 1 closes it. Anybody can forge a 1: where that matters, it is left to a person to close the ticket.

    The answer to a 1 is the same for every kind of complaint.
    """
    status = SOLVED_DIGITS[digit]
    if status is not Status.CLOSED:
        return Decision(ReadAs.ANSWERED, ticket.id, move=status, answers=(Answer(texts.STATUS_REOPENED_ANSWER),))
    noted = (Answer(texts.STATUS_NOTED),)
    if ticket.by_person:
        return Decision(ReadAs.ANSWERED, ticket.id, adds=True, answers=noted)
    # A 1 about a ticket that is closed already moves nothing.
    return Decision(ReadAs.ANSWERED, ticket.id, move=status if status is not ticket.status else None, answers=noted)


def _auto_reply(asked: ParsedText, known: Known) -> Decision | None:
    """A phone that answers by itself opens nothing and is not answered: the two would write to each other for ever."""
    if not asked.auto_reply or asked.references:
        return None
    return Decision(ReadAs.AUTO_REPLY, known.recent_id, adds=known.recent_id is not None and asked.more_than_auto_reply)


def _only_asks(asked: ParsedText, known: Known) -> Decision | None:
    """The answer is the same for every phone: it does not tell whether there is a ticket. If there is, a person looks at the text."""
    if not asked.only_asks:
        return None
    about = known.recent_id or known.latest_open_id
    return Decision(ReadAs.ASKED, about, adds=known.person_wrote and known.recent_id is not None, answers=(Answer(texts.SEND_REFERENCE),))


def _thanks(asked: ParsedText, known: Known) -> Decision | None:
    return Decision(ReadAs.KEPT, known.latest_open_id) if asked.is_thanks else None


def _without_words(asked: ParsedText, known: Known) -> Decision | None:
    """Who sends a photo, a sign or a 0 may be able to send no more: a person looks at it. What follows does not join it."""
    if not asked.without_words:
        return None
    if known.latest_open_id is not None:
        return Decision(ReadAs.KEPT, known.latest_open_id, adds=True)
    return Decision(ReadAs.OPENED, opens=True, woman=asked.wants_woman)


def _join(_asked: ParsedText, known: Known) -> Decision | None:
    if known.recent_id is None or known.other_matter:
        return None
    return Decision(ReadAs.JOINED, known.recent_id, adds=True)


def told_before(decision: Decision, ticket_id: int) -> Decision:
    """The decision about a text that would open a ticket, where the same words have opened that one today: it joins, without a receipt."""
    read_as = ReadAs.JOINED if decision.read_as is ReadAs.OPENED else decision.read_as
    return replace(decision, read_as=read_as, ticket_id=ticket_id, opens=False, adds=True)


def with_photo(decision: Decision, known: Known) -> Decision:
    """The decision about a text that photos came with, where its words alone would be on no ticket: a photo is on one."""
    if decision.opens or decision.ticket_id is not None or decision.read_as not in _ASK_LITTLE:
        return decision
    if known.latest_open_id is not None:
        return replace(decision, ticket_id=known.latest_open_id, adds=True)
    return replace(decision, read_as=ReadAs.OPENED, opens=True)


_ASK_LITTLE = frozenset({ReadAs.KEPT, ReadAs.UNCLEAR, ReadAs.ASKED, ReadAs.MISTYPED, ReadAs.AUTO_REPLY})
"""Texts that may be on no ticket and are no command, no code and no question about somebody's reference."""


_RULES: tuple[Callable[[ParsedText, Known], Decision | None], ...] = (
    _answer,
    _command,
    _mistyped,
    _own_reference,
    _other_reference,
    _danger,
    _wish,
    _auto_reply,
    _only_asks,
    _answer_and_more,
    _thanks,
    _without_words,
    _join,
)

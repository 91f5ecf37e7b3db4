"""What a phone that asks about a reference is told: the same of every kind of complaint, by text and by call, in every language."""

import dataclasses
import itertools
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, or_, update

from hotline.domain import answers, reference
from hotline.domain.answers import Told
from hotline.domain.conversation import QuestionKind
from hotline.domain.languages import SPOKEN_LANGUAGES, TEXT_LANGUAGES, heard_in
from hotline.domain.ticket import Stage, Status
from hotline.domain.voice import Action
from hotline.runtime import Runtime
from hotline.sections import Conversation, Sending, Voice
from hotline.services.texts.outbound import send_due
from hotline.storage import questions
from hotline.storage.models import Contact, Ticket
from tests.calling import LINE, Caller
from tests.opened import is_phone
from tests.support import NOON, Clock, ScriptedGateway, count, text_in, texts_out, tickets

LAVISH = 10**6
KINDS: dict[str, dict[str, Any]] = {
    "ordinary": {"category": "theft", "sealed": False, "hold": False},
    "ordinary and old": {"category": "theft", "sealed": False, "hold": False, "opened_at": NOON - timedelta(days=400)},
    "sealed": {"category": "police", "sealed": True, "hold": False},
    "held": {"category": "kidnapping", "sealed": False, "hold": True},
    "closed by a person": {"category": "missing", "sealed": False, "hold": False},
    "sealed and held": {"category": "police", "sealed": True, "hold": True},
}
STAGES = {
    Status.NEW: Stage.RECEIVED,
    Status.IN_PROGRESS: Stage.WORKED_ON,
    Status.RESOLVED: Stage.WORKED_ON,
    Status.CLOSED: Stage.CLOSED,
}
COMPLAINT = {
    "en": "My motorcycle was stolen from Saddar last night",
    "ur": "کل رات صدر سے میری موٹر سائیکل چوری ہو گئی",
    "sd": "ڪالهه رات صدر مان منهنجي موٽرسائيڪل چوري ٿي وئي آهي",
    "ur-Latn": "kal raat saddar se meri motorcycle chori ho gayi hai",
}
ASKING = {
    "en": "what is the status of {}",
    "ur": "{} کا کیا ہوا",
    "sd": "{} جو ڇا ٿيو",
    "ur-Latn": "{} ka kya hua",
}
MORE = {
    "en": "{} they came again last night and asked for me",
    "ur": "{} وہ کل رات پھر آئے اور میرا پوچھا",
    "sd": "{} اهي ڪالهه رات وري آيا ۽ منهنجو پڇيائون",
    "ur-Latn": "{} wo kal raat phir aaye aur mera poocha",
}
ANOTHER, WITHHELD = "+923331234502", "anonymous"

_numbers = itertools.count(1)


@dataclasses.dataclass(frozen=True)
class Complaint:
    """A ticket of one kind at one status, and the phone that it came from."""

    kind: str
    status: Status
    phone: str
    reference: str


@dataclasses.dataclass(frozen=True)
class Heard:
    """All that a phone can make out of an answer; `statements` is how often the database was asked for it."""

    texts: tuple[tuple[str | None, str | None, int | None, str], ...]  # key, language, segments, body without its reference
    turns: tuple[tuple[Action, ...], ...]
    opened: int
    statements: int


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    return make_rt(
        conversation=Conversation(lookups_per_day=LAVISH, replies_per_sender=LAVISH),
        voice=Voice(number=LINE, lookups_per_call=20, withheld_lookups_per_minute=LAVISH),
        sending=Sending(texts_per_s=1000),
        data_dir=tmp_path,
    )


@pytest.fixture
def statements(rt: Runtime) -> Iterator[list[str]]:
    """Every statement the database is given."""
    given: list[str] = []

    def note(*call: object) -> None:
        given.append(str(call[2]))

    event.listen(rt.engine, "before_cursor_execute", note)
    yield given
    event.remove(rt.engine, "before_cursor_execute", note)


def new_phone() -> str:
    return f"+92300{2_000_000 + next(_numbers)}"


def complaints(rt: Runtime, language: str) -> list[Complaint]:
    """A ticket of every kind at every status, each from a phone of its own that writes in that language."""
    made = []
    for kind, status in itertools.product(KINDS, STAGES):
        phone = new_phone()
        text_in(rt, COMPLAINT[language], sender=phone)
        ticket = tickets(rt)[-1]
        with rt.transaction() as tx:
            tx.session.execute(update(Ticket).where(Ticket.id == ticket.id).values(status=status, **KINDS[kind]))
            if status in (Status.RESOLVED, Status.CLOSED) and kind not in (
                "held",
                "sealed and held",
                "closed by a person",
            ):  # as casework asks
                questions.ask(tx.session, QuestionKind.SOLVED, contact_id=ticket.contact_id, ticket_id=ticket.id, now=tx.now)
        made.append(Complaint(kind, status, phone, ticket.reference))
    return made


def by_text(rt: Runtime, statements: list[str], body: str, phone: str) -> Heard:
    """What comes back to a text."""
    texts, opened = len(texts_out(rt)), count(rt, Ticket)
    statements.clear()
    text_in(rt, body, sender=phone)
    given = len(statements)
    found = texts_out(rt)[texts:]
    said = tuple((m.text_key, m.language, m.segments, re.sub(r"\d{3}-\d{3}-\d{3}", "…", m.body)) for m in found)
    return Heard(said, (), count(rt, Ticket) - opened, given)


def by_call(rt: Runtime, statements: list[str], keyed: str, phone: str, language: str) -> Heard:
    """What is heard on a call that keys a reference, from then to its end."""
    opened = count(rt, Ticket)
    caller = Caller(rt, phone).ring()
    if "language_key" in caller.hears:
        caller.press(str(1 + rt.config.voice.languages.index(language)))
    caller.press("2")
    statements.clear()
    turns = [caller.press(keyed).turn.actions]
    given = len(statements)
    turns += [caller.press(key).turn.actions for key in ("*", "9", "2")]
    turns += [caller.press(keyed).turn.actions, caller.press("").turn.actions]
    assert caller.languages == {language}
    caller.hang_up()
    return Heard((), tuple(turns), count(rt, Ticket) - opened, given)


def told(heard: Heard) -> str | None:
    """The key of the text or the prompt that answers."""
    if heard.texts:
        return heard.texts[0][0]
    [ask] = heard.turns[0]
    return ask.sounds[0].prompt.key  # type: ignore[union-attr]


def alike(heard: dict[Complaint, Heard]) -> Heard:
    """What was heard of all of them, which is the same."""
    first = next(iter(heard.values()))
    assert {one: what for one, what in heard.items() if what != first} == {}
    return first


@pytest.mark.parametrize(
    ("database_url", "language"), [*(("sqlite", code) for code in TEXT_LANGUAGES), ("postgresql", "ur")], indirect=["database_url"]
)
def test_by_text_every_kind_is_told_alike(rt: Runtime, clock: Clock, statements: list[str], language: str) -> None:
    every = complaints(rt, language)
    text_in(rt, COMPLAINT[language], sender=ANOTHER)
    text_in(rt, "menu", sender=ANOTHER)  # from the third answer on it is asked whether the phone is marked
    for words, keys in ((ASKING, []), (MORE, ["receipt"])):

        def ask(one: Complaint, phone: str, words: dict[str, str] = words) -> Heard:
            return by_text(rt, statements, words[language].format(reference.written(one.reference)), phone)

        another = alike({one: ask(one, ANOTHER) for one in every})
        unseen = alike({one: ask(one, new_phone()) for one in every})
        for heard in (another, unseen):
            assert [key for key, *_ in heard.texts] == ["told_elsewhere", *keys]
            assert {spoken for _, spoken, *_ in heard.texts} == {language}
            assert heard.opened == len(keys)
        assert another.texts == unseen.texts
        for stage in Stage:
            own = alike({one: ask(one, one.phone) for one in every if STAGES[one.status] is stage})
            assert ([key for key, *_ in own.texts], own.opened) == ([answers.STAGES[stage].text.key], 0)
    for one in every:
        assert by_text(rt, statements, one.reference, WITHHELD).texts == ()
    for _ in range(30):  # so many answers to one phone leave a few at a time
        send_due(rt, ScriptedGateway().alone, for_s=60)
        clock.forward(seconds=30)
    assert {text.delivery for text in texts_out(rt)} == {"sent"}


@pytest.mark.parametrize("body", ["3", "ON", "OFF"])
@pytest.mark.parametrize("language", TEXT_LANGUAGES)
def test_a_wish_is_answered_alike_of_every_kind_and_whatever_the_phone_said_of_safety(
    rt: Runtime, statements: list[str], language: str, body: str
) -> None:
    every = complaints(rt, language)
    quiet = [one.phone for one in every[::2]]
    with rt.transaction() as tx:
        tx.session.execute(update(Contact).where(or_(*map(is_phone, quiet))).values(refused_texts_at=tx.now, refused_calls_at=tx.now))
    answer = alike({one: by_text(rt, statements, body, one.phone) for one in every})
    assert [key for key, *_ in answer.texts] == [{"3": "noted", "ON": "started", "OFF": "stopped"}[body]]


@pytest.mark.parametrize("language", SPOKEN_LANGUAGES)
def test_by_call_every_kind_is_told_alike(rt: Runtime, statements: list[str], language: str) -> None:
    every = complaints(rt, language)
    text_in(rt, COMPLAINT[language], sender=ANOTHER)

    def ask(one: Complaint, phone: str) -> Heard:
        return by_call(rt, statements, one.reference, phone, language)

    another = alike({one: ask(one, ANOTHER) for one in every})
    unseen = alike({one: ask(one, new_phone()) for one in every})
    withheld = alike({one: ask(one, WITHHELD) for one in every})
    assert (told(another), another.opened) == (answers.ELSEWHERE.prompt.key, 0)
    assert another.turns == unseen.turns
    assert another.turns[0] == withheld.turns[0]  # the menu does not ask a withheld number whether to call it
    for stage in Stage:
        own = alike({one: ask(one, one.phone) for one in every if STAGES[one.status] is stage})
        assert (told(own), own.opened) == (answers.STAGES[stage].prompt.key, 0)


def test_who_writes_roman_urdu_hears_the_same_urdu_of_every_kind(rt: Runtime, statements: list[str]) -> None:
    every = [one for one in complaints(rt, "ur-Latn") if STAGES[one.status] is Stage.WORKED_ON]
    own = alike({one: by_call(rt, statements, one.reference, one.phone, heard_in("ur-Latn")) for one in every})
    assert told(own) == answers.STAGES[Stage.WORKED_ON].prompt.key


@pytest.mark.parametrize("language", TEXT_LANGUAGES)
def test_too_often_is_told_as_what_nobody_has(make_rt: Callable[..., Runtime], tmp_path: Path, language: str) -> None:
    """By text and by call, from a phone that asked before and from a withheld one."""
    voice = Voice(number=LINE, withheld_lookups_per_minute=0)
    rt = make_rt(conversation=Conversation(lookups_per_day=1, replies_per_sender=LAVISH), voice=voice, data_dir=tmp_path)
    every = [one.reference for one in complaints(rt, language)]
    nobodys = next(r for n in itertools.count(20_000_000) if (r := str(n) + reference.check_digit(str(n))) not in every)
    text_in(rt, COMPLAINT[language], sender=ANOTHER)
    text_in(rt, ASKING[language].format(nobodys), sender=ANOTHER)  # the only look-up of the day
    [heard] = {by_text(rt, [], ASKING[language].format(asked), ANOTHER) for asked in (nobodys, *every)}
    assert told(heard) == answers.REFUSED.text.key
    spoken = heard_in(language)
    for phone in (ANOTHER, WITHHELD):
        [heard] = {by_call(rt, [], asked, phone, spoken) for asked in (nobodys, *every)}
        assert told(heard) == answers.REFUSED.prompt.key


def test_the_table_has_an_answer_of_its_own_for_each_stage() -> None:
    every: list[Told] = [*answers.STAGES.values(), answers.ELSEWHERE, answers.REFUSED]
    assert len({one.text for one in every}) == len({one.prompt for one in every}) == len(Stage) + 2

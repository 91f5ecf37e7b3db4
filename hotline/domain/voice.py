"""What a caller hears at each step, as actions that name no gateway. Every sentence is a prompt (`domain/prompts.py`)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hotline.domain import answers, prompts
from hotline.domain import menu as table
from hotline.domain.prompts import PROMPTS, Prompt
from hotline.domain.walk import Menu, Step, Walk


@dataclass(frozen=True)
class Say:
    """A prompt in a language, with the values of its placeholders."""

    language: str
    prompt: Prompt
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Pause:
    """Silence, in whole seconds."""

    seconds: int = 1


Sound = Say | Pause


@dataclass(frozen=True)
class Ask:
    """Sounds that a key cuts short, then the wait for up to `digits` keys. `ends_with` is the key that ends an entry early; it is not
    part of the entry."""

    sounds: tuple[Sound, ...]
    wait_s: int
    digits: int = 1
    ends_with: str = ""


@dataclass(frozen=True)
class Tell:
    """Sounds after which no key is awaited."""

    sounds: tuple[Sound, ...]


@dataclass(frozen=True)
class Beep:
    """Sounds that a key cuts short, the beep, and a recording of what the caller says. It ends with a key of `ends_with`, with silence,
    after the longest time, or when the caller hangs up."""

    sounds: tuple[Sound, ...]
    silence_s: int
    longest_s: int
    ends_with: str = "#0"


@dataclass(frozen=True)
class Ring:
    """Ring a phone of the duty line; `index` is its place in the line. A volunteer takes the call by pressing a key."""

    index: int


@dataclass(frozen=True)
class HangUp:
    """The end of the call."""


@dataclass(frozen=True)
class Reject:
    """The call is never answered, hence never billed."""


Action = Ask | Tell | Beep | Ring | HangUp | Reject


def heard(walk: Walk, menu: Menu, reference: str | None) -> tuple[Action, ...]:
    """What is heard at a step. `reference` is that of the call's ticket, and is told at TOLD. The same walk always sounds the same."""
    return _HEARD[walk.step](walk, menu, reference or "")


def busy(menu: Menu) -> tuple[Action, ...]:
    """What a caller hears when we cannot do anything."""
    return (Tell(tuple(Say(language, prompts.BUSY, (("police", menu.police),)) for language in menu.languages)), HangUp())


def duty_call(language: str, menu: Menu) -> tuple[Action, ...]:
    """What a volunteer of the duty line hears: nothing about who calls, or why."""
    return (Ask((Say(language, prompts.DUTY_TAKE), Pause(), Say(language, prompts.DUTY_TAKE)), menu.key_wait_s), HangUp())


def _spoken(walk: Walk, menu: Menu) -> tuple[str, ...]:
    """The languages a prompt is said in: the caller's, or all of ours if the caller speaks another or has not chosen yet."""
    everyone = walk.other_language or walk.step in (Step.BACK, Step.OPENING)
    return menu.languages if everyone else (walk.language,)


def _hint(walk: Walk) -> tuple[Prompt, ...]:
    return (PROMPTS[walk.hint],) if walk.hint else ()


def _say(walk: Walk, menu: Menu, *wanted: Prompt, **values: str) -> tuple[Sound, ...]:
    given = tuple(values.items())
    said = (*_hint(walk), *wanted)
    return tuple(Say(language, prompt, given) for language in _spoken(walk, menu) for prompt in said)


def _ask(menu: Menu, sounds: tuple[Sound, ...]) -> tuple[Action, ...]:
    return (Ask(sounds, menu.key_wait_s),)


def _back(_walk: Walk, menu: Menu, _reference: str) -> tuple[Action, ...]:
    return _ask(menu, tuple(Say(language, prompts.PRESS_ONE) for language in menu.languages))


def _opening(walk: Walk, menu: Menu, _reference: str) -> tuple[Action, ...]:
    sounds = [Say(language, prompts.DANGER_KEY) for language in menu.languages]
    sounds += [Say(language, prompts.LANGUAGE_KEY, (("digit", str(n)),)) for n, language in enumerate(menu.languages, 1)]
    sounds += [Say(language, prompts.OTHER_LANGUAGE_KEY, (("digit", table.other_key(menu)),)) for language in menu.languages]
    hint = [Say(language, prompt) for language in menu.languages for prompt in _hint(walk)]
    return _ask(menu, (*hint, *sounds))


def _main(walk: Walk, menu: Menu, _reference: str) -> tuple[Action, ...]:
    call_me = () if walk.withheld else (prompts.CALL_ME_KEY,)
    return _ask(menu, _say(walk, menu, prompts.MAIN_MENU, *call_me, prompts.DANGER_KEY, prompts.MORE_KEYS))


def _category(walk: Walk, menu: Menu, _reference: str) -> tuple[Action, ...]:
    sounds = list(_say(walk, menu, prompts.CATEGORY_INTRO))
    for language in _spoken(walk, menu):
        sounds += [Say(language, prompts.CATEGORY_CHOICE, (("category", code), ("digit", key))) for key, code in menu.categories]
    return _ask(menu, tuple(sounds))


def _consent(walk: Walk, menu: Menu, _reference: str) -> tuple[Action, ...]:
    return _ask(menu, _say(walk, menu, *((prompts.NOTICE,) if walk.tries == 0 else ()), prompts.CONSENT))


def _record(walk: Walk, menu: Menu, _reference: str) -> tuple[Action, ...]:
    # The notice is said only as the walk's hint: in danger there is no time for it.
    speak: tuple[Prompt, ...] = (prompts.SPEAK_OTHER if walk.other_language else prompts.SPEAK_NOW,)
    if walk.hint in (table.CUT, prompts.DUTY_NOBODY.key):  # CUT: it was heard already; DUTY_NOBODY says itself when to speak
        speak = ()
    return (Beep(_say(walk, menu, *speak), menu.silence_s, menu.recording_s),)


def _keep(walk: Walk, menu: Menu, _reference: str) -> tuple[Action, ...]:
    return _ask(menu, _say(walk, menu, prompts.KEEP))


def _told(walk: Walk, menu: Menu, reference: str) -> tuple[Action, ...]:
    sounds: list[Sound] = []
    for language in _spoken(walk, menu):
        if walk.wants_call:
            sounds.append(Say(language, prompts.CALL_ME_DONE))
        digits = (("digits", reference),)
        sounds += [Say(language, prompts.REFERENCE, digits), Pause(2), Say(language, prompts.REFERENCE_AGAIN, digits)]
        if not walk.withheld:  # each call with a withheld number is a stranger's, who is told nothing of a reference
            sounds.append(Say(language, prompts.REFERENCE_USE))
    return _ask(menu, tuple(sounds))


def _enter(walk: Walk, menu: Menu, _reference: str) -> tuple[Action, ...]:
    return (Ask(_say(walk, menu, prompts.ENTER_REFERENCE), menu.key_wait_s, digits=9, ends_with="*"),)


def _stage(walk: Walk, menu: Menu, _reference: str) -> tuple[Action, ...]:
    answer = PROMPTS[walk.found] if walk.found is not None else answers.REFUSED.prompt
    return _ask(menu, _say(walk, menu, answer, prompts.AGAIN_KEY))


def _call_me(walk: Walk, menu: Menu, _reference: str) -> tuple[Action, ...]:
    return _ask(menu, _say(walk, menu, prompts.CALL_ME))


def _danger(walk: Walk, menu: Menu, _reference: str) -> tuple[Action, ...]:
    # In these categories (police, a person held, a demand for money) nobody is sent to the police (docs/architecture.md,
    # "First, do no harm", 7).
    police = () if walk.category in menu.careful else (prompts.DANGER,)
    return _ask(menu, _say(walk, menu, *police, prompts.DANGER_STAY, police=menu.police))


def _duty(walk: Walk, _menu: Menu, _reference: str) -> tuple[Action, ...]:
    return (Ring(walk.duty_index),)


def _alarm(walk: Walk, menu: Menu, _reference: str) -> tuple[Action, ...]:
    # The person who holds the phone hears nothing else, whatever is keyed.
    return _ask(menu, (Say(walk.language, prompts.PAGE_NEEDS_YOU),))


def _over(walk: Walk, menu: Menu, _reference: str) -> tuple[Action, ...]:
    return (Tell(_say(walk, menu, prompts.GOODBYE)), HangUp())


def _gone(_walk: Walk, _menu: Menu, _reference: str) -> tuple[Action, ...]:
    return (HangUp(),)


_HEARD: Mapping[Step, Callable[[Walk, Menu, str], tuple[Action, ...]]] = {
    Step.BACK: _back,
    Step.OPENING: _opening,
    Step.MAIN: _main,
    Step.CATEGORY: _category,
    Step.CONSENT: _consent,
    Step.RECORD: _record,
    Step.KEEP: _keep,
    Step.TOLD: _told,
    Step.ENTER: _enter,
    Step.STAGE: _stage,
    Step.CALL_ME: _call_me,
    Step.DANGER: _danger,
    Step.DUTY: _duty,
    Step.ALARM: _alarm,
    Step.OVER: _over,
    Step.GONE: _gone,
}

"""What a caller hears at each step, as actions that name no gateway. Every sentence is a prompt (`domain/prompts.py`)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from hotline.domain import answers, prompts
from hotline.domain import menu as table
from hotline.domain.here import Here
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
    """Sounds that a key cuts short, the beep, and a recording of what is heard then, silence too. It ends with a key of `ends_with`, with
    silence, after the longest time, or when the caller hangs up. `aloud`: whether the beep is heard."""

    sounds: tuple[Sound, ...]
    silence_s: int
    longest_s: int
    ends_with: str = "#0"
    aloud: bool = True


@dataclass(frozen=True)
class Ring:
    """Ring a phone of the duty line; `index` is its place in the line. A volunteer takes the call by pressing a key."""

    index: int


@dataclass(frozen=True)
class Join:
    """Ring the citizen's phone and join it with this call. The person who answers there hears the volunteer and nothing of ours. Nothing is
    recorded."""


@dataclass(frozen=True)
class HangUp:
    """The end of the call."""


@dataclass(frozen=True)
class Reject:
    """The call is never answered, hence never billed."""


CUT_WAIT_S = 1
"""Seconds for which a key is awaited after the sounds before a beep."""

DANGER_TAKE_S = 30
"""The most seconds for which a caller in danger is recorded before the duty line is rung."""

Action = Ask | Tell | Beep | Ring | Join | HangUp | Reject

Leaving = tuple[str, Here | None]
"""What is told at TOLD: the reference of the ticket, and when somebody will be here (None: that need not be told)."""


def heard(walk: Walk, menu: Menu, reference: str | None, here: Here | None = None) -> tuple[Action, ...]:
    """What is heard at a step. At TOLD the `reference` of the call's ticket is told, and when somebody will be `here`, unless that is None.

    The same walk always sounds the same.
    """
    return _HEARD[walk.step](walk, menu, (reference or "", here))


class Hush(StrEnum):
    """Which caller hears nothing, not even that the lines are busy, if a call breaks off."""

    NEVER = "0"
    BY_KEY = "5"  # in danger: who keys that speaking is not possible
    ALREADY = "1"  # who has keyed it

    def holds(self, keys: str) -> bool:
        """Whether nothing may be heard by a caller who has just pressed `keys`."""
        return self is Hush.ALREADY or (self is Hush.BY_KEY and keys == table.CANNOT_SPEAK)


def hush(walk: Walk) -> Hush:
    """What holds from this step on if the call breaks off: by then the database is away, and only the caller's phone can be asked."""
    if walk.must_be_silent:
        return Hush.ALREADY
    return Hush.BY_KEY if walk.danger else Hush.NEVER


def busy(menu: Menu) -> tuple[Action, ...]:
    """What a caller hears when we cannot do anything: to call again, and the number for who needs help right now."""
    return (Tell(tuple(Say(language, prompts.BUSY, (("police", menu.police),)) for language in menu.languages)), HangUp())


def duty_call(language: str, menu: Menu) -> tuple[Action, ...]:
    """What a volunteer of the duty line hears: nothing about who calls, or why."""
    return (Ask((Say(language, prompts.DUTY_TAKE), Pause(), Say(language, prompts.DUTY_TAKE)), menu.key_wait_s), HangUp())


def _spoken(walk: Walk, menu: Menu) -> tuple[str, ...]:
    """The languages a prompt is said in: the caller's, or all of ours if the caller speaks another or chooses one. In danger there is time
    for one only."""
    everyone = walk.step in (Step.BACK, Step.OPENING, Step.LANGUAGE) or (walk.other_language and not walk.danger)
    return menu.languages if everyone else (walk.language,)


def _hint(walk: Walk) -> tuple[Prompt, ...]:
    return (PROMPTS[walk.hint],) if walk.hint else ()


def _say(walk: Walk, menu: Menu, *wanted: Prompt, **values: str) -> tuple[Sound, ...]:
    given = tuple(values.items())
    said = (*_hint(walk), *wanted)
    return tuple(Say(language, prompt, given) for language in _spoken(walk, menu) for prompt in said)


def _ask(menu: Menu, sounds: tuple[Sound, ...]) -> tuple[Action, ...]:
    return (Ask(sounds, menu.key_wait_s),)


def _ask_first(menu: Menu, sounds: tuple[Sound, ...]) -> tuple[Action, ...]:
    """Ask a caller who comes to the beep without a key. It may not take long: the caller may be in danger."""
    return (Ask(sounds, min(menu.key_wait_s, table.FIRST_WAIT_S)),)


def _back(_walk: Walk, menu: Menu, _leaving: Leaving) -> tuple[Action, ...]:
    return _ask(menu, tuple(Say(language, prompts.PRESS_ONE) for language in menu.languages))


def _opening(walk: Walk, menu: Menu, _leaving: Leaving) -> tuple[Action, ...]:
    hint = [Say(language, prompt) for language in menu.languages for prompt in _hint(walk)]
    danger = [Say(language, prompts.DANGER_KEY) for language in menu.languages]
    return _ask_first(menu, (*hint, *danger, *_languages(menu)))


def _language(walk: Walk, menu: Menu, _leaving: Leaving) -> tuple[Action, ...]:
    other = [Say(language, prompts.OTHER_LANGUAGE_KEY, (("digit", table.other_key(menu)),)) for language in menu.languages]
    return _ask(menu, (*_say(walk, menu), *_languages(menu), *other))


def _languages(menu: Menu) -> list[Say]:
    return [Say(language, prompts.LANGUAGE_KEY, (("digit", str(n)),)) for n, language in enumerate(menu.languages, 1)]


def _main(walk: Walk, menu: Menu, _leaving: Leaving) -> tuple[Action, ...]:
    call_me = () if walk.withheld else (prompts.CALL_ME_KEY,)
    keys = (prompts.DANGER_KEY, prompts.MAIN_MENU, *call_me)
    if walk.early or walk.tries:
        return _ask(menu, _say(walk, menu, *keys, prompts.MORE_KEYS))
    return _ask_first(menu, _say(walk, menu, *keys))


def _category(walk: Walk, menu: Menu, _leaving: Leaving) -> tuple[Action, ...]:
    sounds = list(_say(walk, menu, prompts.CATEGORY_INTRO))
    for language in _spoken(walk, menu):
        sounds += [Say(language, prompts.CATEGORY_CHOICE, (("category", code), ("digit", key))) for key, code in menu.categories]
    return _ask(menu, tuple(sounds))


def _consent(walk: Walk, menu: Menu, _leaving: Leaving) -> tuple[Action, ...]:
    # A caller who asks to be called is not recorded.
    notice = (prompts.NOTICE,) if walk.tries == 0 and not walk.wants_call else ()
    return _ask(menu, _say(walk, menu, *notice, prompts.CONSENT))


def _call_consent(walk: Walk, menu: Menu, _leaving: Leaving) -> tuple[Action, ...]:
    return _ask(menu, _say(walk, menu, prompts.CALL_CONSENT))


def _early(walk: Walk, menu: Menu, _leaving: Leaving) -> tuple[Action, ...]:
    return (Beep(_until_cut(walk, menu, prompts.SPEAK_EARLY), menu.silence_s, menu.recording_s),)


def _until_cut(walk: Walk, menu: Menu, *wanted: Prompt, **values: str) -> tuple[Sound, ...]:
    """What is heard before a beep, unless the caller has cut it short."""
    return () if walk.hint == table.CUT else _say(walk, menu, *wanted, **values)


def _record(walk: Walk, menu: Menu, _leaving: Leaving) -> tuple[Action, ...]:
    if walk.must_be_silent:
        return (Beep((), menu.recording_s, menu.recording_s, ends_with=table.ASK_REFERENCE, aloud=False),)
    # The notice is said only as the walk's hint: in danger there is no time for it.
    speak: tuple[Prompt, ...] = (prompts.SPEAK_OTHER if walk.other_language else prompts.SPEAK_NOW,)
    if walk.hint == prompts.DUTY_NOBODY.key:  # it says itself when to speak
        speak = ()
    ends_with = "#0" if not walk.danger else f"#0{table.CANNOT_SPEAK}"
    return (Beep(_until_cut(walk, menu, *speak), menu.silence_s, menu.recording_s, ends_with),)


def _keep(walk: Walk, menu: Menu, _leaving: Leaving) -> tuple[Action, ...]:
    return _ask(menu, _say(walk, menu, prompts.KEEP))


def _told(walk: Walk, menu: Menu, leaving: Leaving) -> tuple[Action, ...]:
    reference, here = leaving
    if walk.must_be_silent:  # the caller asked for it
        return _ask(menu, _say(walk, menu, prompts.REFERENCE, digits=reference))
    sounds: list[Sound] = []
    for language in _spoken(walk, menu):
        if walk.wants_call and walk.agreed_to_calls:  # a no that was keyed before stays
            sounds.append(Say(language, prompts.CALL_ME_DONE))
        if here is not None:
            sounds.append(Say(language, here.prompt, here.values))
        digits = (("digits", reference),)
        sounds += [Say(language, prompts.REFERENCE, digits), Pause(2), Say(language, prompts.REFERENCE_AGAIN, digits)]
        sounds.append(Say(language, prompts.WOMAN_KEY))
        if not walk.withheld:  # each call with a withheld number is a stranger's, who is told nothing of a reference
            sounds.append(Say(language, prompts.REFERENCE_USE))
    return _ask(menu, tuple(sounds))


def _enter(walk: Walk, menu: Menu, _leaving: Leaving) -> tuple[Action, ...]:
    return (Ask(_say(walk, menu, prompts.ENTER_REFERENCE), menu.key_wait_s, digits=9, ends_with="*"),)


def _stage(walk: Walk, menu: Menu, _leaving: Leaving) -> tuple[Action, ...]:
    answer = PROMPTS[walk.found] if walk.found is not None else answers.REFUSED.prompt
    return _ask(menu, _say(walk, menu, answer, prompts.AGAIN_KEY))


def _call_me(walk: Walk, menu: Menu, _leaving: Leaving) -> tuple[Action, ...]:
    return _ask(menu, _say(walk, menu, prompts.CALL_ME))


def _danger(walk: Walk, menu: Menu, _leaving: Leaving) -> tuple[Action, ...]:
    # In these categories (police, a person held, a demand for money) nobody is sent to the police (docs/architecture.md,
    # "First, do no harm", 7).
    police = () if walk.category in menu.careful else (prompts.DANGER,)
    sounds = _until_cut(walk, menu, *police, prompts.CANNOT_SPEAK, prompts.SPEAK_WHERE, police=menu.police)
    longest_s = min(menu.recording_s, DANGER_TAKE_S) if menu.duty_phones else menu.recording_s
    return (Beep(sounds, menu.silence_s, longest_s, f"#0{table.CANNOT_SPEAK}"),)


def _duty(walk: Walk, menu: Menu, _leaving: Leaving) -> tuple[Action, ...]:
    begins = (Tell(_say(walk, menu, prompts.DUTY_RINGS)),) if walk.duty_rung == 0 else ()
    return (*begins, Ring(walk.duty_index))


def _alarm(walk: Walk, menu: Menu, _leaving: Leaving) -> tuple[Action, ...]:
    # The person who holds the phone hears nothing else, whatever is keyed.
    return _ask(menu, (Say(walk.language, prompts.PAGE_NEEDS_YOU),))


def _ready(walk: Walk, menu: Menu, _leaving: Leaving) -> tuple[Action, ...]:
    # Somebody else may hold the volunteer's phone: nothing of who is called, or why.
    return _ask(menu, (Say(walk.language, prompts.CALL_READY),))


def _joined(walk: Walk, _menu: Menu, _leaving: Leaving) -> tuple[Action, ...]:
    return (Tell((Say(walk.language, prompts.SAY_NOTHING),)), Join())


def _test(walk: Walk, menu: Menu, _leaving: Leaving) -> tuple[Action, ...]:
    return _ask(menu, (Say(walk.language, prompts.RING_TEST),))


def _over(walk: Walk, menu: Menu, _leaving: Leaving) -> tuple[Action, ...]:
    return (Tell(_say(walk, menu, prompts.GOODBYE)), HangUp())


def _gone(_walk: Walk, _menu: Menu, _leaving: Leaving) -> tuple[Action, ...]:
    return (HangUp(),)


_HEARD: Mapping[Step, Callable[[Walk, Menu, Leaving], tuple[Action, ...]]] = {
    Step.BACK: _back,
    Step.OPENING: _opening,
    Step.LANGUAGE: _language,
    Step.MAIN: _main,
    Step.CATEGORY: _category,
    Step.CONSENT: _consent,
    Step.CALL_CONSENT: _call_consent,
    Step.EARLY: _early,
    Step.RECORD: _record,
    Step.KEEP: _keep,
    Step.TOLD: _told,
    Step.ENTER: _enter,
    Step.STAGE: _stage,
    Step.CALL_ME: _call_me,
    Step.DANGER: _danger,
    Step.DUTY: _duty,
    Step.ALARM: _alarm,
    Step.READY: _ready,
    Step.JOINED: _joined,
    Step.TEST: _test,
    Step.OVER: _over,
    Step.GONE: _gone,
}

"""Every sentence we speak on a call, in English; the catalogues hold it in Urdu and Sindhi. No gateway speaks these, so all is recorded.

A recording is a **clip**. A wording without placeholders is one clip, named like its key. A wording with placeholders is cut at
them: the pieces are clips `key.1`, `key.2` …, in the order of that language. Between them stand the clips of the values: a number
digit by digit, a category by its name. A bystander may hear a clip, so it gives away as little as a text.
"""

import string
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from hotline.domain.category import Category

IN_DIGITS = frozenset({"police", "digits", "digit"})
"""Placeholders whose value is digits, spoken one by one."""

CATEGORY = "category"
"""The placeholder whose value is the code of a category."""

HOUR = "hour"
"""The placeholder whose value is an hour from 1 to 12, spoken as one number."""

HOURS = tuple(str(n) for n in range(1, 13))

PLACEHOLDERS = IN_DIGITS | {CATEGORY, HOUR}
"""All values that can be spoken."""

# No number of ours is longer. A longer value was never meant to be spoken, and would be read out for a minute.
_DIGITS_MAX = 15


@dataclass(frozen=True)
class Prompt:
    """A sentence we speak. A `critical` prompt must be understood at once: no machine may speak it where real people call."""

    key: str
    english: str
    critical: bool = False

    @property
    def context(self) -> str:
        """Its context in the catalogues. (The context of a text is its bare key.)"""
        return context(self.key)


def context(key: str) -> str:
    """The context of a prompt's key in the catalogues."""
    return f"spoken: {key}"


def prompt(key: str, english: str, *, critical: bool = False) -> Prompt:
    """Make a prompt. This is a function so that Babel can find the sentences by its name."""
    return Prompt(key, english, critical)


def clips(wording: str, key: str, **values: str) -> tuple[str, ...]:
    """The names of the clips that speak a wording, in order.

    >>> clips("If you can, call {police} now.", "danger", police="15")
    ('danger.1', 'digit_1', 'digit_5', 'danger.2')

    Values without a placeholder are ignored. Raises ValueError for a value that is missing, is not digits or is not the code of a
    category, and for a wording that cannot be cut.
    """
    names: list[str] = []
    for name, piece in _cut(wording, key):
        names += [name] if piece is not None else _clips_of_value(key, name, values.get(name, ""))
    return tuple(names)


def needed(wording_of: Callable[[Prompt], str], categories: Mapping[str, str]) -> Mapping[str, str]:
    """Every clip that one language needs: its name → what it says.

    `wording_of` gives a prompt's wording in that language, `categories` the names of the menu's categories by code
    (`on_the_menu`). Raises ValueError for a wording that cannot be cut, and for a code whose clip would have the name of another.
    """
    says: dict[str, str] = {}
    for spoken in PROMPTS.values():
        says |= {name: piece for name, piece in _cut(wording_of(spoken), spoken.key) if piece is not None}
    for code, name in categories.items():
        if category_clip(code) in says:
            raise ValueError(f"the code {code!r} of a category is kept for a prompt: rename the category")
        says[category_clip(code)] = name
    return says


def on_the_menu(categories: Iterable[Category], language: str) -> Mapping[str, str]:
    """The categories that a caller can choose: code → name in a language."""
    return {category.code: category.names[language] for category in categories if category.key is not None}


def category_clip(code: str) -> str:
    """The name of the clip that says a category's name."""
    return f"category_{code}"


def is_critical(clip: str) -> bool:
    """Whether a clip belongs to a critical prompt. False for a clip that belongs to no prompt."""
    found = PROMPTS.get(clip.partition(".")[0])
    return found is not None and found.critical


def faults(one: Prompt, language: str, wording: str) -> list[str]:
    """How the placeholders of a wording differ from the English, a sentence each: it could not be spoken, or would lose its number."""
    try:
        found = Counter(name for name, piece in _cut(wording, one.key) if piece is None)
    except ValueError as error:
        return [f"{language} {one.context}: {error}"]
    wanted = Counter(name for name, piece in _cut(one.english, one.key) if piece is None)
    return [f"{language} {one.context}: {{{name}}} is missing" for name in sorted(wanted - found)] + [
        f"{language} {one.context}: {{{name}}} is not in the English" for name in sorted(found - wanted)
    ]


def _cut(wording: str, key: str) -> list[tuple[str, str | None]]:
    """A wording as it is spoken: (clip, what it says) and (placeholder, None), in order. Raises ValueError if it cannot be cut."""
    parsed = list(string.Formatter().parse(wording))
    whole = all(name is None for _, name, _, _ in parsed)
    cut: list[tuple[str, str | None]] = []
    number = 0
    for literal, name, spec, conversion in parsed:
        # A piece without a letter or digit, like the full stop after a number, is not spoken.
        if any(letter.isalnum() for letter in literal):
            number += 1
            cut.append((key if whole else f"{key}.{number}", literal.strip()))
        if name is not None:
            if name not in PLACEHOLDERS or spec or conversion:
                raise ValueError(f"{{{name}}} cannot be spoken")
            cut.append((name, None))
    if not cut:
        raise ValueError("there is nothing to say")
    return cut


def _clips_of_value(key: str, name: str, value: str) -> list[str]:
    if not value:
        raise ValueError(f"{key} needs {name}")
    if name == CATEGORY:
        # The code becomes part of an address.
        if not (value.isascii() and value.replace("_", "a").isalnum()):
            raise ValueError(f"{key}: {name} is no category's code")
        return [category_clip(value)]
    if name == HOUR:
        if value not in HOURS:
            raise ValueError(f"{key}: {name} is no hour from 1 to 12")
        return [f"digit_{value}"]
    # The value is not shown: it may be a reference, and errors are logged.
    if not (value.isascii() and value.isdigit() and len(value) <= _DIGITS_MAX):
        raise ValueError(f"{key}: {name} is not a number to be spoken digit by digit")
    return [f"digit_{digit}" for digit in value]


# The menu

# For translators: very short: a caller who keys nothing comes to the beep within 20 seconds.
DANGER_KEY = prompt("danger_key", "In danger, press 0.", critical=True)

# For translators: each language names itself, in itself; very short.
LANGUAGE_KEY = prompt("language_key", "English: {digit}.")

OTHER_LANGUAGE_KEY = prompt("other_language_key", "For any other language, press {digit}.")

# For translators: short; a bystander may hear it: do not say complaint, crime or report to the police.
MAIN_MENU = prompt("main_menu", "To report something, press 1. To ask about a number we gave you, press 2.")

# For translators: short.
CALL_ME_KEY = prompt("call_me_key", "For a call back, press 3.")

MORE_KEYS = prompt("more_keys", "For another language, press 9. To hear this again, press star.")

WRONG_KEY = prompt("wrong_key", "That key does nothing here.")

# For translators: who stands near the phone may hear what follows.
CATEGORY_INTRO = prompt(
    "category_intro", "Now you hear what it can be about. If you do not want to hear that, press hash. If you are not sure, just wait."
)

# For translators: {category} is the bare name (theft), spoken by another clip: no ending can be put on it.
CATEGORY_CHOICE = prompt("category_choice", "For {category}, press {digit}.")


# Leaving a message

NOTICE = prompt(
    "notice",
    "After the beep, say what happened and where. It is recorded, and our volunteers listen to it. "
    "You need not give your name or your identity card number.",
    critical=True,
)

# For translators: short. "or nothing": a person who presses nothing has said no.
CONSENT = prompt(
    "consent",
    "May we text this phone? For yes, press 1. For no, press 2 or nothing. If you text us, we answer that text.",
    critical=True,
)

CALL_CONSENT = prompt("call_consent", "And may we call it? Yes: press 1. No: press 2 or nothing.", critical=True)

# For translators: short; to a caller who has keyed nothing.
SPEAK_EARLY = prompt("speak_early", "Speak after the beep. It is recorded.", critical=True)

SPEAK_NOW = prompt("speak_now", "Speak after the beep. When you are done, press hash, or just hang up.")

# For translators: to somebody who speaks none of our three languages.
SPEAK_OTHER = prompt("speak_other", "Speak in your own language after the beep.")

NOTHING_HEARD = prompt("nothing_heard", "We did not hear anything.")

KEEP = prompt("keep", "We have it. To keep it, press 1. To say it again, press 2.")

# For translators: best if the number comes last, so that it is what stays in the ear.
REFERENCE = prompt("reference", "Your number is {digits}.", critical=True)

REFERENCE_AGAIN = prompt("reference_again", "Once more. {digits}.", critical=True)

# For translators: the citizen wants to be answered by a woman.
WOMAN_KEY = prompt("woman_key", "To be answered by a woman, press 8.")

WOMAN_NOTED = prompt("woman_noted", "We have noted that.")

REFERENCE_USE = prompt("reference_use", "Keep this number. Call again and press 2 to ask about it. To hear it again, press star.")

# For translators: nothing religious.
GOODBYE = prompt("goodbye", "Thank you. Goodbye.")


# Asking about a reference

ENTER_REFERENCE = prompt("enter_reference", "Please key the nine digits of your number. To start again, press star.", critical=True)

REFERENCE_MISTYPED = prompt("reference_mistyped", "That number is not right.")

STAGE_RECEIVED = prompt("stage_received", "We have it. It is waiting its turn.")

STAGE_WORKED_ON = prompt("stage_worked_on", "It is being worked on.")

STAGE_CLOSED = prompt("stage_closed", "It is closed. If it is not solved, tell us again.")

# For translators: to any phone but the citizen's own, alike for every category and stage.
TOLD_ELSEWHERE = prompt(
    "told_elsewhere",
    "We have it. We tell only the phone it came from how it is going. "
    "If you no longer have that phone, go to the menu and leave us a message.",
)

# For translators: one answer to a number that nobody has and to one too many: it must be true of both.
STAGE_REFUSED = prompt("stage_refused", "We cannot say anything about that number here.")

AGAIN_KEY = prompt("again_key", "To hear it again, press star. For the menu, press 9.")


# Danger, and people

DANGER = prompt("danger", "If you can, hang up and call {police}.", critical=True)

CANNOT_SPEAK = prompt("cannot_speak", "If you cannot speak, press 5: we will be silent.", critical=True)

SPEAK_WHERE = prompt("speak_where", "After the beep, say where you are.", critical=True)

# For translators: said only where a phone rings for the caller.
DUTY_RINGS = prompt("duty_rings", "If you can, stay on the line. We are ringing somebody for you.", critical=True)

DUTY_NOBODY = prompt("duty_nobody", "Nobody is free right now. Speak after the beep. We will hear it.", critical=True)

# For translators: to a volunteer whose phone rings.
DUTY_TAKE = prompt("duty_take", "A caller needs you. To take the call, press 1. Then wait until the caller speaks.")

# For translators: to a volunteer's own phone, which somebody else may hold: nothing of who rings, or why.
PAGE_NEEDS_YOU = prompt("page_needs_you", "Your page needs you. Press 9.")

# For translators: to a volunteer's own phone, which somebody else may hold: nothing of who is called, or why.
CALL_READY = prompt("call_ready", "A call for you is ready. To be joined, press 1.")

# For translators: to a volunteer, a moment before the other phone rings.
SAY_NOTHING = prompt("say_nothing", "Say nothing until they speak.", critical=True)

# For translators: the same phones, once a day: neither who rings, nor what is tested but the phone.
RING_TEST = prompt("ring_test", "This is the daily test of this phone. Nothing has happened. Press 9.")

# For translators: safe to be called: nobody else will hear it or pick it up.
CALL_ME = prompt("call_me", "May a volunteer call this phone? If that is safe, press 1. If it is not, press 2.")

# For translators: no promise.
CALL_ME_DONE = prompt("call_me_done", "We will try to call you.")

# For translators: {hour} is a number from 1 to 12, spoken by another clip. Nothing of the kind of work, and nothing of who we are.
HERE_MORNING = prompt("here_morning", "Nobody is here now. Somebody is here by {hour} in the morning.")

HERE_AFTERNOON = prompt("here_afternoon", "Nobody is here now. Somebody is here by {hour} in the afternoon.")

HERE_EVENING = prompt("here_evening", "Nobody is here now. Somebody is here by {hour} in the evening.")

HERE_NIGHT = prompt("here_night", "Nobody is here now. Somebody is here by {hour} at night.")

HERE_LATER = prompt("here_later", "Nobody is here now. It may take more than a day until somebody is here.")

PRESS_ONE = prompt("press_one", "Press 1.")

BUSY = prompt(
    "busy",
    "All our lines are busy. Please call again in a few minutes. If you need help right now, call {police}.",
    critical=True,
)


# Digits, of references and of keys, and hours

DIGIT_0 = prompt("digit_0", "zero", critical=True)
DIGIT_1 = prompt("digit_1", "one", critical=True)
DIGIT_2 = prompt("digit_2", "two", critical=True)
DIGIT_3 = prompt("digit_3", "three", critical=True)
DIGIT_4 = prompt("digit_4", "four", critical=True)
DIGIT_5 = prompt("digit_5", "five", critical=True)
DIGIT_6 = prompt("digit_6", "six", critical=True)
DIGIT_7 = prompt("digit_7", "seven", critical=True)
DIGIT_8 = prompt("digit_8", "eight", critical=True)
DIGIT_9 = prompt("digit_9", "nine", critical=True)
DIGIT_10 = prompt("digit_10", "ten")
DIGIT_11 = prompt("digit_11", "eleven")
DIGIT_12 = prompt("digit_12", "twelve")

PROMPTS: Mapping[str, Prompt] = {one.key: one for one in list(globals().values()) if isinstance(one, Prompt)}

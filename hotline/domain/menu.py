"""The call menu as a table: where each key, silence and a wrong key lead from each step. No step loops for ever.

At every step that awaits one key of a caller, `*` says it again and `0` means "I am in danger". A caller who presses nothing, or a key
that does nothing, is led on and never turned away: at the main menu two silences lead to the beep, because some people just start
talking.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from hotline.domain import prompts, reference
from hotline.domain.walk import Consent, Menu, Step, Walk

MAX_TURNS = 60
"""A call ends after so many answered steps, whatever is keyed; in danger, after twice as many."""

MAX_TAKES = 3
"""Recordings a caller may make in one call; in danger, one more."""

NOTICE = prompts.NOTICE.key
"""The hint of a walk that comes to the beep without the question of consent, which would have said that the caller is recorded."""

CUT = ""
"""The hint of a walk that goes on without a word, because the caller cut the prompt short."""

SEEN = "9"
"""The digit with which a volunteer answers an alarm by key, when we rang their own phone."""

Move = Callable[[Walk, Menu], Walk]


@dataclass(frozen=True)
class Edges:
    """Where a step leads. `again` is how often it is said again after silence, and `wrong_again` after a wrong key; then `silence` is the
    way on. `danger`: whether 0 means danger at this step."""

    keys: Callable[[Walk, Menu], Mapping[str, Move]]
    silence: Move
    again: int = 1
    wrong_again: int = 2
    danger: bool = True


def begin(language: str, *, known: bool, withheld: bool, called_back: bool = False) -> Walk:
    """The walk of a new call. It starts in the caller's language if that is `known`, and the caller can change it. No greeting shows that
    we know the caller."""
    walk = Walk(Step.BACK if called_back else Step.OPENING, language, known=known, withheld=withheld)
    return walk if called_back else _opening(walk)


def press(walk: Walk, menu: Menu, keys: str, *, turn: int) -> Walk:
    """Where `keys` lead ("" is silence) at the `turn`-th answer of the call. The service fills in what is not known here: at STAGE
    what is told of the reference (`found`), and at DUTY which phone rings first (`duty_index`)."""
    edges = TABLE.get(walk.step)
    if turn >= MAX_TURNS * (1 + walk.danger) and not (keys == "0" and not walk.danger):
        return go(walk, Step.OVER)
    if walk.step is Step.ENTER:
        return _entered(walk, keys)
    if edges is None:  # the beep, the duty line and the end are not in the table
        return _before_beep(walk, keys) if walk.step is Step.RECORD else walk
    if keys == "0" and edges.danger:
        return to_danger(walk)
    move = edges.keys(walk, menu).get(keys)
    return move(walk, menu) if move is not None else _not_understood(walk, menu, edges, keys)


def _not_understood(walk: Walk, menu: Menu, edges: Edges, keys: str) -> Walk:
    if keys == "*":
        return replace(walk, hint=None)
    if not keys:
        return replace(walk, tries=walk.tries + 1, hint=None) if walk.tries < edges.again else edges.silence(walk, menu)
    if walk.tries < edges.wrong_again:
        return replace(walk, tries=walk.tries + 1, hint=prompts.WRONG_KEY.key)
    return edges.silence(walk, menu)


def _before_beep(walk: Walk, keys: str) -> Walk:
    """A key cuts short what is heard before the beep. No key means that nothing was said after the beep."""
    if not keys:
        return recorded(walk, heard=False, key="")
    return to_danger(walk) if keys == "0" and not walk.danger else replace(walk, hint=CUT)


def recorded(walk: Walk, *, heard: bool, key: str) -> Walk:
    """Where the call goes after the beep. `heard`: whether anything was said. `key` ended it ("" for silence or the longest time)."""
    takes = walk.takes + heard
    if key == "0" and not walk.danger:
        return to_danger(replace(walk, takes=takes))
    if not heard and walk.tries < 1:  # after silence the caller is asked once to speak again
        return replace(walk, tries=walk.tries + 1, hint=prompts.NOTHING_HEARD.key)
    if not heard:
        return go(walk, Step.TOLD if walk.leaves_something else Step.OVER)
    return go(replace(walk, takes=takes), Step.TOLD if walk.danger or takes >= MAX_TAKES else Step.KEEP)


def dialled(walk: Walk, menu: Menu, *, taken: bool, time_left: bool) -> Walk:
    """Where the call goes after a phone of the duty line was rung. `taken`: the key was pressed there; nothing else takes the call. If not,
    the next phone is rung, once round the line; after that, or without time left, the beep follows."""
    if taken:
        return go(walk, Step.TOLD)
    rung = walk.duty_rung + 1
    if rung < menu.duty_phones and time_left:
        return go(replace(walk, duty_index=(walk.duty_index + 1) % menu.duty_phones, duty_rung=rung), Step.DUTY)
    return _beep(walk, hint=prompts.DUTY_NOBODY.key)


def go(walk: Walk, step: Step) -> Walk:
    """The walk at that step, without tries or a hint."""
    return replace(walk, step=step, tries=0, hint=None)


def to_danger(walk: Walk) -> Walk:
    """The caller pressed 0."""
    return go(replace(walk, danger=True), Step.DANGER)


def _opening(walk: Walk) -> Walk:
    return go(walk, Step.MAIN if walk.known else Step.OPENING)


def _language_keys(_walk: Walk, menu: Menu) -> Mapping[str, Move]:
    def speak(language: str) -> Move:
        return lambda w, _m: go(replace(w, language=language, other_language=False), Step.MAIN)

    keys = {str(n): speak(language) for n, language in enumerate(menu.languages, 1)}
    return keys | {other_key(menu): lambda w, m: _ask_consent(replace(w, other_language=True), m)}


def other_key(menu: Menu) -> str:
    """The key for any other language: the one after the last."""
    return str(len(menu.languages) + 1)


def _main_keys(walk: Walk, _menu: Menu) -> Mapping[str, Move]:
    keys: dict[str, Move] = {"1": _report, "2": lambda w, _m: go(w, Step.ENTER), "9": lambda w, _m: go(w, Step.OPENING)}
    return keys if walk.withheld else keys | {"3": lambda w, _m: go(w, Step.CALL_ME)}


def _report(walk: Walk, menu: Menu) -> Walk:
    return go(walk, Step.CATEGORY) if menu.categories and not walk.takes else _ask_consent(walk, menu)


def _category_keys(_walk: Walk, menu: Menu) -> Mapping[str, Move]:
    def about(code: str) -> Move:
        return lambda w, m: _ask_consent(replace(w, category=code), m)

    return {key: about(code) for key, code in menu.categories}


def _ask_consent(walk: Walk, _menu: Menu) -> Walk:
    """Ask for consent, but not twice, and not a caller with a withheld number, which we could not use."""
    return _beep(walk, hint=NOTICE) if walk.withheld or walk.consent is not None else go(walk, Step.CONSENT)


def _consent_keys(_walk: Walk, _menu: Menu) -> Mapping[str, Move]:
    return {"1": _agreed(Consent.YES), "2": _agreed(Consent.NO)}


def _agreed(consent: Consent) -> Move:
    return lambda w, _m: _beep(replace(w, consent=consent))


def _call_me_keys(_walk: Walk, _menu: Menu) -> Mapping[str, Move]:
    return {
        "1": lambda w, _m: go(replace(w, consent=Consent.YES, wants_call=True), Step.TOLD),
        "2": lambda w, _m: go(replace(w, consent=Consent.NO), Step.MAIN),
    }


def _entered(walk: Walk, keys: str) -> Walk:
    """Read an entry of nine digits. `*` ends it early, so it is too short and the caller starts again. A 0 at the front means danger: no
    reference begins with 0."""
    digits = "".join(c for c in keys if c in "0123456789")
    if digits.startswith("0"):
        return to_danger(walk)
    if reference.is_valid(digits):
        return go(replace(walk, found=None), Step.STAGE)
    if keys in ("", "*", "#") and not digits:
        return replace(walk, tries=walk.tries + 1, hint=None) if walk.tries < 1 else go(walk, Step.MAIN)
    if walk.tries < 2:
        return replace(walk, tries=walk.tries + 1, hint=prompts.REFERENCE_MISTYPED.key)
    return replace(go(walk, Step.MAIN), hint=prompts.REFERENCE_MISTYPED.key)


def _ring_duty(walk: Walk, menu: Menu) -> Walk:
    return go(replace(walk, duty_index=0, duty_rung=0), Step.DUTY) if menu.duty_phones else _beep(walk, hint=prompts.DUTY_NOBODY.key)


def _any_key(_walk: Walk, _menu: Menu) -> Mapping[str, Move]:
    return {key: lambda w, _m: _opening(w) for key in "123456789#"}


def _to(step: Step) -> Move:
    return lambda w, _m: _beep(w) if step is Step.RECORD else go(w, step)


def _beep(walk: Walk, *, hint: str | None = None) -> Walk:
    """Go to the beep; a caller with no recordings left is told the reference instead."""
    return replace(go(walk, Step.RECORD), hint=hint) if walk.takes < MAX_TAKES + walk.danger else go(walk, Step.TOLD)


TABLE: Mapping[Step, Edges] = {
    Step.BACK: Edges(_any_key, _to(Step.GONE), again=2),
    Step.OPENING: Edges(_language_keys, _to(Step.MAIN)),
    Step.MAIN: Edges(_main_keys, lambda w, _m: _beep(w, hint=NOTICE)),
    Step.CATEGORY: Edges(_category_keys, _ask_consent),
    Step.CONSENT: Edges(_consent_keys, _agreed(Consent.SILENT)),
    Step.KEEP: Edges(lambda _w, _m: {"1": _to(Step.TOLD), "2": _to(Step.RECORD)}, _to(Step.TOLD)),
    Step.TOLD: Edges(lambda _w, _m: {}, _to(Step.OVER), again=0, wrong_again=0),
    Step.STAGE: Edges(lambda _w, _m: {"9": lambda w, _m: go(replace(w, found=None), Step.MAIN)}, _to(Step.OVER), again=0, wrong_again=1),
    Step.CALL_ME: Edges(_call_me_keys, lambda w, _m: _beep(replace(w, consent=Consent.SILENT), hint=NOTICE)),
    Step.ALARM: Edges(lambda _w, _m: {SEEN: _to(Step.OVER)}, _to(Step.GONE), again=2, danger=False),
    Step.DANGER: Edges(lambda _w, _m: {"5": _to(Step.RECORD)}, _ring_duty, again=0, wrong_again=0, danger=False),
}

"""The call menu as a table: where each key, silence and a wrong key lead from each step. No step loops for ever.

At every step that awaits one key of a caller, `*` says it again and `0` means "I am in danger". A caller who presses nothing, or a key
that does nothing, is led on and never turned away: who keys nothing at the beginning comes to the beep within 20 seconds, because some
people just start talking, and some cannot talk. So does a caller in danger: first the caller is recorded, then the duty line is rung.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from hotline.domain import prompts, reference
from hotline.domain.walk import Consent, Menu, Step, Walk

MAX_TURNS = 60
"""A call ends after so many answered steps, whatever is keyed; in danger, after twice as many."""

MAX_TAKES = 3
"""Recordings a caller may make in one call; in danger, two more: before and after the duty line is rung."""

MAX_SILENT_TAKES = 10
"""Recordings, one after the other, of a caller who cannot speak. Then we hang up without a word."""

FIRST_WAIT_S = 4
"""The most seconds for which a key is awaited before the beep of a caller who keys nothing."""

NOTICE = prompts.NOTICE.key
"""The hint of a walk that comes to the beep without the question of consent, which would have said that the caller is recorded."""

CUT = ""
"""The hint of a walk that goes on without a word, because the caller cut the prompt short."""

SEEN = "9"
"""The digit with which a volunteer answers an alarm or a test by key, when we rang their own phone."""

CANNOT_SPEAK = "5"
"""The key of a caller in danger who cannot speak."""

ASK_REFERENCE = "*"
"""The key with which a caller who cannot speak asks for the reference."""

OF_VOLUNTEERS = frozenset({Step.ALARM, Step.TEST, Step.READY, Step.JOINED})
"""Steps of a call of ours to a volunteer, at which 0 means nothing."""

Move = Callable[[Walk, Menu], Walk]


@dataclass(frozen=True)
class Edges:
    """Where a step leads. `again` is how often it is said again after silence, and `wrong_again` after a wrong key; then `silence` is the
    way on."""

    keys: Callable[[Walk, Menu], Mapping[str, Move]]
    silence: Move
    again: int = 1
    wrong_again: int = 2


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
        return go(walk, Step.GONE if walk.must_be_silent else Step.OVER)
    if walk.step is Step.ENTER:
        return _entered(walk, menu, keys)
    if edges is None:  # the beep, the duty line, the talk of a bridge and the end are not in the table
        return _before_beep(walk, menu, keys) if walk.records else walk
    if keys == "0" and walk.step not in OF_VOLUNTEERS and not walk.must_be_silent:
        return to_danger(walk, menu)
    move = edges.keys(walk, menu).get(keys)
    return move(walk, menu) if move is not None else _not_understood(walk, menu, edges, keys)


def overtaken(walk: Walk, menu: Menu, keys: str, *, turn: int, now_at: int) -> Walk | None:
    """Where a key leads that answers an earlier turn, because something else was told of the call first. `now_at` is the present turn.

    What is keyed in danger counts all the same. None for every other key: it is known already, or late for its question.
    """
    if walk.must_be_silent or walk.step in OF_VOLUNTEERS:
        return None
    if keys == CANNOT_SPEAK and turn != now_at - 1:  # further back it may have been the key of a category
        return None
    return _by_key_of_danger(walk, menu, keys)


def _by_key_of_danger(walk: Walk, menu: Menu, key: str) -> Walk | None:
    """Where 0 leads, and in danger 5. None for any other key."""
    if key == "0" and not walk.danger:
        return to_danger(walk, menu)
    return to_silence(walk) if key == CANNOT_SPEAK and walk.danger else None


def _not_understood(walk: Walk, menu: Menu, edges: Edges, keys: str) -> Walk:
    if keys == "*":
        return replace(walk, hint=None)
    if not keys:
        return replace(walk, tries=walk.tries + 1, hint=None) if walk.tries < edges.again else edges.silence(walk, menu)
    if walk.tries < edges.wrong_again:
        return replace(walk, tries=walk.tries + 1, hint=prompts.WRONG_KEY.key)
    return edges.silence(walk, menu)


def _before_beep(walk: Walk, menu: Menu, keys: str) -> Walk:
    """A key cuts short what is heard before the beep. No key means that nothing was said after the beep."""
    if not keys or walk.must_be_silent:
        return recorded(walk, menu, heard=False, key=keys)
    return _by_key_of_danger(walk, menu, keys) or replace(walk, hint=CUT)


def recorded(walk: Walk, menu: Menu, *, heard: bool, key: str) -> Walk:
    """Where the call goes after the beep. `heard`: whether anything was said. `key` ended it ("" for silence or the longest time)."""
    if walk.must_be_silent:
        return _still_recording(walk, key)
    walk = replace(walk, takes=walk.takes + heard)
    if walk.danger:
        return _recorded_in_danger(walk, menu, key)
    if key == "0":
        return to_danger(walk, menu)
    if heard:
        return go(walk, Step.TOLD if walk.takes >= MAX_TAKES else Step.KEEP)
    if walk.step is not Step.EARLY and walk.tries < 1:  # after silence the caller is asked once to speak again
        return replace(walk, tries=walk.tries + 1, hint=prompts.NOTHING_HEARD.key)
    after = Step.TOLD if walk.leaves_something else Step.OVER
    return go(walk, Step.MAIN if walk.step is Step.EARLY else after)


def _recorded_in_danger(walk: Walk, menu: Menu, key: str) -> Walk:
    """The caller may have a reason to say nothing: it is recorded, and nobody asks."""
    if key == CANNOT_SPEAK:
        return to_silence(walk)
    return _ring_duty(walk, menu) if walk.step is Step.DANGER else go(walk, Step.TOLD)


def _still_recording(walk: Walk, key: str) -> Walk:
    """A recording of a caller who cannot speak has ended, and the next one begins."""
    walk = replace(walk, takes=walk.takes + 1)
    return go(walk, Step.TOLD) if key == ASK_REFERENCE else _listen(walk)


def _listen(walk: Walk) -> Walk:
    """Record a caller who cannot speak, if there was not enough of it."""
    return go(walk, Step.RECORD if walk.takes < MAX_SILENT_TAKES else Step.GONE)


def dialled(walk: Walk, menu: Menu, *, taken: bool, time_left: bool) -> Walk:
    """Where the call goes after a phone of the duty line was rung. `taken`: the key was pressed there; nothing else takes the call. If not,
    the next phone is rung, once round the line; after that, or without time left, the beep follows."""
    rung = walk.duty_rung + 1
    if not taken and rung < menu.duty_phones and time_left:
        return go(replace(walk, duty_index=(walk.duty_index + 1) % menu.duty_phones, duty_rung=rung), Step.DUTY)
    walk = replace(walk, duty_index=0, duty_rung=0)
    return go(walk, Step.TOLD) if taken else _beep(walk, hint=prompts.DUTY_NOBODY.key)


def go(walk: Walk, step: Step) -> Walk:
    """The walk at that step, without tries or a hint."""
    return replace(walk, step=step, tries=0, hint=None)


def to_danger(walk: Walk, menu: Menu) -> Walk:
    """The caller pressed 0: the beep, and then the duty line. Without recordings left the duty line is rung at once."""
    walk = replace(walk, danger=True)
    return go(walk, Step.DANGER) if _has_takes_left(walk) else _ring_duty(walk, menu)


def to_silence(walk: Walk) -> Walk:
    """The caller in danger cannot speak. From now on nothing is heard and everything is recorded; nothing of ours is to reach the phone."""
    walk = go(replace(walk, must_be_silent=True), Step.RECORD)
    return walk if walk.withheld else replace(walk, consent=Consent.NO, call_consent=Consent.NO)


def _opening(walk: Walk) -> Walk:
    return go(walk, Step.MAIN if walk.known else Step.OPENING)


def _early(walk: Walk, _menu: Menu) -> Walk:
    """The caller keyed nothing: the beep comes before any choice, once."""
    if walk.early:
        return go(walk, Step.TOLD if walk.leaves_something else Step.OVER)
    return go(replace(walk, early=True), Step.EARLY if _has_takes_left(walk) else Step.TOLD)


def _language_keys(_walk: Walk, menu: Menu) -> Mapping[str, Move]:
    def speak(language: str) -> Move:
        return lambda w, _m: go(replace(w, language=language, other_language=False), Step.MAIN)

    keys = {str(n): speak(language) for n, language in enumerate(menu.languages, 1)}
    return keys | {other_key(menu): lambda w, m: _ask_consent(replace(w, other_language=True), m)}


def other_key(menu: Menu) -> str:
    """The key for any other language: the one after the last."""
    return str(len(menu.languages) + 1)


def _main_keys(walk: Walk, _menu: Menu) -> Mapping[str, Move]:
    keys: dict[str, Move] = {"1": _report, "2": lambda w, _m: go(w, Step.ENTER), "9": lambda w, _m: go(w, Step.LANGUAGE)}
    return keys if walk.withheld else keys | {"3": lambda w, _m: go(w, Step.CALL_ME)}


def _report(walk: Walk, menu: Menu) -> Walk:
    return go(walk, Step.CATEGORY) if menu.categories and not walk.takes else _ask_consent(walk, menu)


def _category_keys(_walk: Walk, menu: Menu) -> Mapping[str, Move]:
    def about(code: str) -> Move:
        return lambda w, m: _ask_consent(replace(w, category=code), m)

    return {"#": _ask_consent} | {key: about(code) for key, code in menu.categories}


def _ask_consent(walk: Walk, _menu: Menu) -> Walk:
    """Ask for consent, but not twice, and not a caller with a withheld number, which we could not use."""
    return _beep(walk, hint=NOTICE) if walk.withheld or walk.consent is not None else go(walk, Step.CONSENT)


def _consent_keys(_walk: Walk, _menu: Menu) -> Mapping[str, Move]:
    return {"1": _may_text(Consent.YES), "2": _may_text(Consent.NO)}


def _may_text(consent: Consent) -> Move:
    def on(walk: Walk, _menu: Menu) -> Walk:
        walk = replace(walk, consent=consent)
        if consent is Consent.SILENT and walk.call_consent is None:  # a caller who presses nothing is not asked a second time
            walk = replace(walk, call_consent=Consent.SILENT)
        if walk.wants_call:
            return go(walk, Step.TOLD)
        return go(walk, Step.CALL_CONSENT) if walk.call_consent is None else _beep(walk)

    return on


def _may_call(consent: Consent) -> Move:
    return lambda w, _m: _beep(replace(w, call_consent=consent))


def _call_me_keys(_walk: Walk, _menu: Menu) -> Mapping[str, Move]:
    def wants_call(walk: Walk, _m: Menu) -> Walk:
        return go(replace(walk, call_consent=Consent.YES, wants_call=True), Step.CONSENT if walk.consent is None else Step.TOLD)

    return {"1": wants_call, "2": lambda w, _m: go(replace(w, call_consent=Consent.NO), Step.MAIN)}


def _entered(walk: Walk, menu: Menu, keys: str) -> Walk:
    """Read an entry of nine digits. `*` ends it early, so it is too short and the caller starts again. A 0 at the front means danger: no
    reference begins with 0."""
    digits = "".join(c for c in keys if c in "0123456789")
    if digits.startswith("0"):
        return to_danger(walk, menu)
    if reference.is_valid(digits):
        return go(replace(walk, found=None), Step.STAGE)
    if keys in ("", "*", "#") and not digits:
        return replace(walk, tries=walk.tries + 1, hint=None) if walk.tries < 1 else go(walk, Step.MAIN)
    if walk.tries < 2:
        return replace(walk, tries=walk.tries + 1, hint=prompts.REFERENCE_MISTYPED.key)
    return replace(go(walk, Step.MAIN), hint=prompts.REFERENCE_MISTYPED.key)


def _ring_duty(walk: Walk, menu: Menu) -> Walk:
    return go(replace(walk, duty_index=0, duty_rung=0), Step.DUTY) if menu.duty_phones else go(walk, Step.TOLD)


def _told_keys(walk: Walk, _menu: Menu) -> Mapping[str, Move]:
    def by_woman(walk: Walk, _m: Menu) -> Walk:
        return replace(go(walk, Step.OVER), wants_woman=True, hint=prompts.WOMAN_NOTED.key)

    return {} if walk.must_be_silent else {"8": by_woman}


def _any_key(_walk: Walk, _menu: Menu) -> Mapping[str, Move]:
    return {key: lambda w, _m: _opening(w) for key in "123456789#"}


def _to(step: Step) -> Move:
    return lambda w, _m: _beep(w) if step is Step.RECORD else go(w, step)


def _has_takes_left(walk: Walk) -> bool:
    return walk.takes < MAX_TAKES + 2 * walk.danger


def _beep(walk: Walk, *, hint: str | None = None) -> Walk:
    """Go to the beep; a caller with no recordings left is told the reference instead."""
    return replace(go(walk, Step.RECORD), hint=hint) if _has_takes_left(walk) else go(walk, Step.TOLD)


TABLE: Mapping[Step, Edges] = {
    Step.BACK: Edges(_any_key, _to(Step.GONE), again=2),
    Step.OPENING: Edges(_language_keys, _early, again=0),
    Step.LANGUAGE: Edges(_language_keys, _to(Step.MAIN)),
    Step.MAIN: Edges(_main_keys, _early, again=0),
    Step.CATEGORY: Edges(_category_keys, _ask_consent),
    Step.CONSENT: Edges(_consent_keys, _may_text(Consent.SILENT)),
    Step.CALL_CONSENT: Edges(lambda _w, _m: {"1": _may_call(Consent.YES), "2": _may_call(Consent.NO)}, _may_call(Consent.SILENT), again=0),
    Step.KEEP: Edges(lambda _w, _m: {"1": _to(Step.TOLD), "2": _to(Step.RECORD)}, _to(Step.TOLD)),
    Step.TOLD: Edges(_told_keys, lambda w, _m: _listen(w) if w.must_be_silent else go(w, Step.OVER), again=0, wrong_again=0),
    Step.STAGE: Edges(lambda _w, _m: {"9": lambda w, _m: go(replace(w, found=None), Step.MAIN)}, _to(Step.OVER), again=0, wrong_again=1),
    Step.CALL_ME: Edges(_call_me_keys, lambda w, _m: _beep(replace(w, call_consent=Consent.SILENT), hint=NOTICE)),
    Step.ALARM: Edges(lambda _w, _m: {SEEN: _to(Step.OVER)}, _to(Step.GONE), again=2),
    Step.TEST: Edges(lambda _w, _m: {SEEN: _to(Step.OVER)}, _to(Step.GONE), again=2),
    Step.READY: Edges(lambda _w, _m: {"1": lambda w, _m: go(w, Step.JOINED)}, _to(Step.GONE), again=2),
}

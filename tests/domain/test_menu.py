"""The menu as a graph: every walk a caller can take is taken, with every key, silence and nonsense at each of its steps."""

import dataclasses
import functools
import itertools
from collections import deque
from collections.abc import Iterator, Mapping

import pytest

from hotline.domain import answers, prompts, voice
from hotline.domain import menu as table
from hotline.domain.menu import MAX_TAKES, MAX_TURNS, begin, dialled, press, recorded
from hotline.domain.prompts import PROMPTS
from hotline.domain.voice import Ask, Beep, HangUp, Pause, Ring, Say, Tell
from hotline.domain.walk import Consent, Menu, Step, Walk

MENU = Menu(
    languages=("ur", "sd", "en"),
    categories=(("1", "snatching"), ("7", "police")),
    careful=frozenset({"police"}),
    duty_phones=2,
    police="15",
    key_wait_s=6,
    silence_s=8,
    recording_s=180,
)
KEYS = (*"0123456789*#", "", "12", "*1", "x", "۱", "hangup")
GOOD, MISTYPED = "482719368", "482719365"
ENTRIES = (GOOD, MISTYPED, "012345678", "0", "12", "*", "#", "", "4827193651", "482*", "x")
ENDS = (Step.OVER, Step.GONE)
BEGINNINGS = [
    begin("ur", known=known, withheld=withheld, called_back=back)
    for known in (True, False)
    for withheld in (True, False)
    for back in (True, False)
]
BEGINNINGS.append(Walk(Step.ALARM, "ur"))


Edges = tuple[tuple[str, Walk], ...]
Walks = Mapping[Walk, Edges]


def next_walks(walk: Walk) -> Iterator[tuple[str, Walk]]:
    """Everything that can follow: what was done, and where it leads."""
    if walk.step is Step.RECORD:
        for heard, key in itertools.product((True, False), ("", "#", "0")):
            yield f"record {heard} {key}", recorded(walk, heard=heard, key=key)
        yield "nothing recorded", press(walk, MENU, "", turn=0)
        yield "before the beep", press(walk, MENU, "5", turn=0)
    elif walk.step is Step.DUTY:
        for taken, time_left in itertools.product((True, False), repeat=2):
            yield f"dial {taken} {time_left}", dialled(walk, MENU, taken=taken, time_left=time_left)
    elif walk.step not in ENDS:
        for keys in ENTRIES if walk.step is Step.ENTER else KEYS:
            after = press(walk, MENU, keys, turn=0)
            looked_up = after.step is Step.STAGE and walk.step is Step.ENTER
            yield keys, dataclasses.replace(after, found="stage_received") if looked_up else after


@pytest.fixture(scope="module")
def walks() -> Walks:
    """Every walk that can be reached, once, with everything that can follow it."""
    edges: dict[Walk, Edges] = {}
    waiting, seen = deque(BEGINNINGS), set(BEGINNINGS)
    while waiting:
        walk = waiting.popleft()
        edges[walk] = tuple(next_walks(walk))
        assert len(edges) < 30_000, "too many to know them all"
        for _, after in edges[walk]:
            if after not in seen:
                seen.add(after)
                waiting.append(after)
    return edges


def test_every_step_can_be_reached(walks: Walks) -> None:
    assert {walk.step for walk in walks} == set(Step)


def test_the_walks_are_few_enough_to_know_them_all(walks: Walks) -> None:
    assert len(walks) < 30_000


def test_what_can_be_recorded_has_an_end(walks: Walks) -> None:
    """No walk leads to the beep after the last take. A caller who pressed 0 after the last take has one more."""
    assert max(walk.takes for walk in walks) == MAX_TAKES + 1
    assert not [walk for walk in walks if walk.step is Step.RECORD and walk.takes >= MAX_TAKES + walk.danger]


def _limit(walk: Walk) -> int:
    """The number of turns after which a call is over."""
    return MAX_TURNS * (1 + walk.danger)


def _turns_to_the_end(walk: Walk, keys: str, *, skips: bool = True) -> int:
    """How many turns a call takes if the caller does the same at each step. If `skips`, a key that changes nothing is not pressed again."""
    at, turn = walk, 0
    while at.step not in ENDS:
        if at.step is Step.RECORD:
            after = recorded(at, heard=False, key="")
        elif at.step is Step.DUTY:
            after = dialled(at, MENU, taken=False, time_left=True)
        else:
            after = press(at, MENU, keys, turn=turn)
            if skips and after == at and turn < _limit(at):
                turn = _limit(at) - 1  # the turns between are alike, and tested by the next test
        at, turn = after, turn + 1
        assert turn <= MAX_TURNS * 2 + 1, (walk, keys)
    return turn


def test_which_turn_it_is_matters_from_the_last_one_on_and_not_before(walks: Walks) -> None:
    for walk, edges in walks.items():
        if walk.step in (*ENDS, Step.RECORD, Step.DUTY):
            continue
        for keys, _ in edges:
            first, last, over = (press(walk, MENU, keys, turn=turn) for turn in (0, _limit(walk) - 1, _limit(walk)))
            assert first == last, (walk, keys)
            if keys == "0" and not walk.danger:
                assert over == last, walk
            else:
                assert over.step is Step.OVER, (walk, keys)


@pytest.mark.parametrize("keys", ["", "#", "12", "5"])
def test_nothing_loops_for_ever(walks: Walks, keys: str) -> None:
    assert max(_turns_to_the_end(walk, keys) for walk in walks) <= 16


@pytest.mark.parametrize("keys", ["*", "9"])  # say it again; choose another language
def test_a_key_that_may_be_pressed_at_will_ends_by_the_number_of_turns(walks: Walks, keys: str) -> None:
    turns = {walk: _turns_to_the_end(walk, keys) for walk in walks}
    assert max(count for walk, count in turns.items() if not walk.danger) == MAX_TURNS + 1
    assert max(turns.values()) <= MAX_TURNS * 2 + 1  # in danger
    for one in {(walk.step, walk.danger): walk for walk in walks}.values():  # turn by turn, from each step
        assert _turns_to_the_end(one, keys, skips=False) == turns[one]


def test_zero_is_danger_wherever_one_key_is_awaited(walks: Walks) -> None:
    for walk in walks:
        actions = voice.heard(walk, MENU, GOOD)
        if any(isinstance(action, Ask) for action in actions) and walk.step not in (Step.DANGER, Step.ALARM):
            keys = "0" if walk.step is not Step.ENTER else "012345678"
            assert press(walk, MENU, keys, turn=0).step is Step.DANGER, walk
        if walk.step is Step.RECORD and not walk.danger:
            assert recorded(walk, heard=True, key="0").step is Step.DANGER
            assert recorded(walk, heard=False, key="0").step is Step.DANGER


def test_a_star_says_it_again(walks: Walks) -> None:
    for walk in walks:
        if walk.step in table.TABLE:
            again = press(walk, MENU, "*", turn=0)
            assert (again.step, again.tries) == (walk.step, walk.tries)
            assert again.hint is None


def test_nobody_agrees_but_by_the_key_for_it(walks: Walks) -> None:
    """Of every edge: consent turns to yes by a 1 at the question and by nothing else, and never turns back by itself."""
    for walk, edges in walks.items():
        for keys, after in edges:
            if after.consent is Consent.YES and walk.consent is not Consent.YES:
                assert (keys, walk.step in (Step.CONSENT, Step.CALL_ME)) == ("1", True), walk
            if walk.consent is Consent.YES and after.consent is not Consent.YES:
                assert walk.step is Step.CALL_ME, (walk, keys)


def test_silence_is_no_consent() -> None:
    at = Walk(Step.CONSENT, "ur")
    at = press(press(at, MENU, "", turn=0), MENU, "", turn=1)
    assert (at.step, at.consent, at.agreed) == (Step.RECORD, Consent.SILENT, False)


def test_a_withheld_number_is_never_asked_for_anything(walks: Walks) -> None:
    for walk in walks:
        if walk.withheld:
            assert walk.step not in (Step.CONSENT, Step.CALL_ME)
            assert walk.consent is None
            assert not walk.wants_call


def test_two_silences_at_the_main_menu_lead_to_the_beep_and_not_to_a_goodbye() -> None:
    at = begin("ur", known=True, withheld=False)
    assert at.step is Step.MAIN
    at = press(at, MENU, "", turn=0)
    assert at.step is Step.MAIN
    assert press(at, MENU, "", turn=1).step is Step.RECORD


def test_what_was_said_is_kept_by_silence_too() -> None:
    at = Walk(Step.KEEP, "ur", takes=1)
    assert press(press(at, MENU, "", turn=0), MENU, "", turn=1).step is Step.TOLD


def test_a_silent_recording_is_asked_about_once() -> None:
    at = recorded(Walk(Step.RECORD, "ur", category="snatching"), heard=False, key="")
    assert (at.step, at.hint) == (Step.RECORD, "nothing_heard")
    assert recorded(at, heard=False, key="").step is Step.TOLD
    at = recorded(Walk(Step.RECORD, "ur"), heard=False, key="")
    assert recorded(at, heard=False, key="").step is Step.OVER


def test_a_key_cuts_short_what_is_heard_before_the_beep() -> None:
    at = press(Walk(Step.RECORD, "ur", takes=1), MENU, "5", turn=3)
    assert at.step is Step.RECORD
    assert voice.heard(at, MENU, None) == (Beep((), MENU.silence_s, MENU.recording_s),)
    assert press(Walk(Step.RECORD, "ur"), MENU, "0", turn=3).step is Step.DANGER


def test_the_duty_line_is_tried_in_turn_and_then_comes_the_beep() -> None:
    at = press(Walk(Step.DANGER, "ur", danger=True), MENU, "", turn=0)
    assert (at.step, at.duty_index) == (Step.DUTY, 0)
    second = dialled(at, MENU, taken=False, time_left=True)
    assert (second.step, second.duty_index) == (Step.DUTY, 1)
    for last in (dialled(second, MENU, taken=False, time_left=True), dialled(at, MENU, taken=False, time_left=False)):
        assert (last.step, last.hint) == (Step.RECORD, "duty_nobody")
    assert dialled(at, MENU, taken=True, time_left=True).step is Step.TOLD


def test_the_duty_line_is_tried_once_round_from_wherever_it_begins() -> None:
    line = dataclasses.replace(MENU, duty_phones=3)
    for first in range(3):
        at = dataclasses.replace(press(Walk(Step.DANGER, "ur", danger=True), line, "", turn=0), duty_index=first)
        rung = []
        while at.step is Step.DUTY:
            rung.append(at.duty_index)
            at = dialled(at, line, taken=False, time_left=True)
        assert rung == [first, (first + 1) % 3, (first + 2) % 3]
        assert at.hint == "duty_nobody"


def test_danger_again_goes_round_the_whole_duty_line_again() -> None:
    at = press(Walk(Step.DANGER, "ur", danger=True, duty_index=1, duty_rung=1), MENU, "", turn=0)
    assert (at.step, at.duty_rung) == (Step.DUTY, 0)


def test_five_skips_the_duty_line_for_whoever_cannot_speak() -> None:
    assert press(Walk(Step.DANGER, "ur", danger=True), MENU, "5", turn=0).step is Step.RECORD


def test_without_a_duty_line_danger_leads_to_the_beep() -> None:
    at = press(Walk(Step.DANGER, "ur", danger=True), dataclasses.replace(MENU, duty_phones=0), "", turn=0)
    assert (at.step, at.hint) == (Step.RECORD, "duty_nobody")


def test_a_reference_is_keyed_again_after_a_mistake_and_left_after_the_third() -> None:
    at = Walk(Step.ENTER, "ur")
    for _ in range(2):
        at = press(at, MENU, MISTYPED, turn=0)
        assert (at.step, at.hint) == (Step.ENTER, "reference_mistyped")
    assert press(at, MENU, MISTYPED, turn=0).step is Step.MAIN
    assert press(at, MENU, GOOD, turn=0).step is Step.STAGE


def test_a_call_that_goes_on_too_long_ends() -> None:
    at = begin("ur", known=True, withheld=False)
    assert press(at, MENU, "*", turn=MAX_TURNS).step is Step.OVER
    danger = press(at, MENU, "0", turn=MAX_TURNS)
    assert danger.step is Step.DANGER  # that is never too late
    assert press(danger, MENU, "5", turn=MAX_TURNS + 1).step is Step.RECORD


def test_a_walk_survives_the_database(walks: Walks) -> None:
    for walk in walks:
        assert Walk.from_row(walk.as_row()) == walk


def test_a_walk_of_a_newer_release_can_be_read() -> None:
    assert Walk.from_row({"step": "main", "language": "sd", "colour": "green"}) == Walk(Step.MAIN, "sd")


def test_at_every_step_something_is_heard_and_the_last_action_leads_on(walks: Walks) -> None:
    for walk in walks:
        actions = voice.heard(walk, MENU, GOOD)
        assert isinstance(actions[-1], Ask | Beep | Ring | HangUp), walk
        assert isinstance(actions[-1], HangUp) == (walk.step in ENDS), walk


@functools.cache
def _sounds(walk: Walk) -> tuple[Say, ...]:
    return tuple(
        s
        for action in voice.heard(walk, MENU, GOOD)
        if isinstance(action, Ask | Beep | Tell)
        for s in action.sounds
        if not isinstance(s, Pause)
    )


def test_every_prompt_but_the_digits_is_heard_somewhere(walks: Walks) -> None:
    said = {sound.prompt for walk in walks for sound in _sounds(walk)}
    said |= {
        s.prompt
        for a in (*voice.busy(MENU), *voice.duty_call("ur", MENU))
        if isinstance(a, Ask | Beep | Tell)
        for s in a.sounds
        if isinstance(s, Say)
    }
    said |= {told.prompt for told in (*answers.STAGES.values(), answers.ELSEWHERE, answers.REFUSED)}  # by what a look-up finds
    assert said == {prompt for key, prompt in PROMPTS.items() if not key.startswith("digit_")}


def test_a_caller_hears_her_own_language_once_she_chose_it(walks: Walks) -> None:
    for walk in walks:
        if walk.step not in (Step.BACK, Step.OPENING) and not walk.other_language:
            assert {sound.language for sound in _sounds(walk)} <= {walk.language}, walk


def test_nobody_is_recorded_without_being_told_save_in_danger(walks: Walks) -> None:
    """On every way to the beep the notice was heard, wherever the way went before."""
    seen = {(walk, False) for walk in BEGINNINGS}
    waiting = deque(seen)
    while waiting:
        walk, told = waiting.popleft()
        told = told or prompts.NOTICE in {sound.prompt for sound in _sounds(walk)}
        if walk.step is Step.RECORD:
            assert told or walk.danger, walk
        for _, after in walks[walk]:
            if (after, told) not in seen:
                seen.add((after, told))
                waiting.append((after, told))


def test_nobody_is_sent_to_the_police_where_police_are_named() -> None:
    assert prompts.DANGER in {s.prompt for s in _sounds(Walk(Step.DANGER, "ur", danger=True, category="snatching"))}
    assert prompts.DANGER not in {s.prompt for s in _sounds(Walk(Step.DANGER, "ur", danger=True, category="police"))}


def test_what_is_heard_before_a_key_comes_on_a_call_of_ours_names_nobody(walks: Walks) -> None:
    for walk in walks:
        if walk.step is Step.BACK:
            assert {sound.prompt for sound in _sounds(walk)} == {prompts.PRESS_ONE}


def test_a_caller_back_who_presses_nothing_is_left_alone() -> None:
    at = begin("ur", known=False, withheld=False, called_back=True)
    for turn in range(3):
        assert at.step is Step.BACK
        at = press(at, MENU, "", turn=turn)
    assert at.step is Step.GONE

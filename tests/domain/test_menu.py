"""The menu as a graph: every walk a caller can take is taken, with every key, silence and nonsense at each of its steps."""

import dataclasses
import functools
import itertools
from collections import deque
from collections.abc import Iterator, Mapping

import pytest

from hotline.domain import answers, prompts, voice
from hotline.domain import menu as table
from hotline.domain.menu import MAX_TAKES, MAX_TURNS, begin, dialled, go, press
from hotline.domain.prompts import PROMPTS
from hotline.domain.voice import Ask, Beep, HangUp, Join, Pause, Ring, Say, Tell
from hotline.domain.walk import Consent, Menu, Step, Walk

MAX_SILENT_TAKES = 2
"""As few as there can be: more would only make more walks of the same kind."""

MENU = Menu(
    languages=("ur", "sd"),
    categories=(("7", "police"),),
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
BEGINNINGS += [Walk(Step.ALARM, "ur"), Walk(Step.TEST, "ur"), Walk(Step.READY, "ur")]
TO_VOLUNTEERS = (Step.ALARM, Step.TEST, Step.READY)


@pytest.fixture(scope="module", autouse=True)
def _few_silent_takes() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "MAX_SILENT_TAKES", MAX_SILENT_TAKES)
        yield


Edges = tuple[tuple[str, Walk], ...]
Walks = Mapping[Walk, Edges]


def recorded(walk: Walk, *, heard: bool, key: str) -> Walk:
    """What follows a recording."""
    return table.recorded(walk, MENU, heard=heard, key=key)


def next_walks(walk: Walk) -> Iterator[tuple[str, Walk]]:
    """Everything that can follow: what was done, and where it leads."""
    if walk.records:
        for heard, key in itertools.product((True, False), ("", "#", "0", "5", "*")):
            yield f"record {heard} {key}", recorded(walk, heard=heard, key=key)
        yield "nothing recorded", press(walk, MENU, "", turn=0)
        yield "before the beep", press(walk, MENU, "5", turn=0)
    elif walk.step is Step.DUTY:
        for taken, time_left in itertools.product((True, False), repeat=2):
            yield f"dial {taken} {time_left}", dialled(walk, MENU, taken=taken, time_left=time_left)
    elif walk.step is Step.JOINED:
        yield "over", go(walk, Step.GONE)
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
    """No walk leads to the beep after the last take. A caller in danger has two more, and one who cannot speak has many."""
    assert max(walk.takes for walk in walks if not walk.danger) == MAX_TAKES
    assert max(walk.takes for walk in walks if walk.danger and not walk.must_be_silent) == MAX_TAKES + 2
    assert not [walk for walk in walks if walk.records and not walk.must_be_silent and walk.takes >= MAX_TAKES + 2 * walk.danger]
    assert max(walk.takes for walk in walks) <= MAX_TAKES + 2 + 1  # the recordings before count too


def _limit(walk: Walk) -> int:
    """The number of turns after which a call is over."""
    return MAX_TURNS * (1 + walk.danger)


def _turns_to_the_end(walk: Walk, keys: str, *, skips: bool = True) -> int:
    """How many turns a call takes if the caller does the same at each step. If `skips`, a key that changes nothing is not pressed again."""
    at, turn = walk, 0
    while at.step not in ENDS:
        if at.records:
            after = recorded(at, heard=False, key="")
        elif at.step is Step.DUTY:
            after = dialled(at, MENU, taken=False, time_left=True)
        elif at.step is Step.JOINED:
            after = go(at, Step.GONE)
        else:
            after = press(at, MENU, keys, turn=turn)
            if skips and after == at and turn < _limit(at):
                turn = _limit(at) - 1  # the turns between are alike, and tested by the next test
        at, turn = after, turn + 1
        assert turn <= MAX_TURNS * 2 + 1, (walk, keys)
    return turn


def test_which_turn_it_is_matters_from_the_last_one_on_and_not_before(walks: Walks) -> None:
    for walk, edges in walks.items():
        if walk.step in (*ENDS, Step.DUTY, Step.JOINED) or walk.records:
            continue
        for keys, _ in edges:
            first, last, over = (press(walk, MENU, keys, turn=turn) for turn in (0, _limit(walk) - 1, _limit(walk)))
            assert first == last, (walk, keys)
            if keys == "0" and not walk.danger:
                assert over == last, walk
            else:
                assert over.step is (Step.GONE if walk.must_be_silent else Step.OVER), (walk, keys)


@pytest.mark.parametrize("keys", ["", "#", "12", "5"])
def test_nothing_loops_for_ever(walks: Walks, keys: str) -> None:
    assert max(_turns_to_the_end(walk, keys) for walk in walks if not walk.must_be_silent) <= 16
    silent = [walk for walk in walks if walk.must_be_silent]
    assert max(_turns_to_the_end(walk, keys) for walk in silent) <= MAX_SILENT_TAKES + 2


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
        is_spoken_to = walk.step not in TO_VOLUNTEERS and not walk.must_be_silent
        if any(isinstance(action, Ask) for action in actions) and is_spoken_to:
            keys = "0" if walk.step is not Step.ENTER else "012345678"
            last = walk.takes >= MAX_TAKES + 2  # nothing more is recorded, and the duty line rings at once
            assert press(walk, MENU, keys, turn=0).step is (Step.DUTY if last else Step.DANGER), walk
        if walk.records and not walk.danger:
            assert recorded(walk, heard=True, key="0").step is Step.DANGER
            assert recorded(walk, heard=False, key="0").step is Step.DANGER


def test_a_star_says_it_again(walks: Walks) -> None:
    for walk in walks:
        if walk.step in table.TABLE:
            again = press(walk, MENU, "*", turn=0)
            assert (again.step, again.tries) == (walk.step, walk.tries)
            assert again.hint is None


def test_nobody_agrees_but_by_the_key_for_it(walks: Walks) -> None:
    """Of every edge: each consent turns to yes by a 1 at its own question and nothing else, and turns back only with what is said later."""
    asked = {"consent": (Step.CONSENT,), "call_consent": (Step.CALL_CONSENT, Step.CALL_ME)}
    for walk, edges in walks.items():
        for keys, after in edges:
            for name, steps in asked.items():
                before, now = getattr(walk, name), getattr(after, name)
                if now is Consent.YES and before is not Consent.YES:
                    assert (keys, walk.step in steps) == ("1", True), walk
                if before is Consent.YES and now is not Consent.YES:
                    assert after.must_be_silent or (name == "call_consent" and walk.step is Step.CALL_ME), (walk, keys)


def test_texts_and_calls_are_two_questions() -> None:
    at = press(Walk(Step.CATEGORY, "ur"), MENU, "7", turn=0)
    assert at.step is Step.CONSENT
    texts_only = press(press(at, MENU, "1", turn=1), MENU, "2", turn=2)
    assert (texts_only.step, texts_only.agreed, texts_only.agreed_to_calls) == (Step.RECORD, True, False)
    calls_only = press(press(at, MENU, "2", turn=1), MENU, "1", turn=2)
    assert (calls_only.step, calls_only.agreed, calls_only.agreed_to_calls) == (Step.RECORD, False, True)


def test_whoever_asks_to_be_called_is_asked_about_texts_and_not_recorded() -> None:
    at = press(Walk(Step.CALL_ME, "ur"), MENU, "1", turn=0)
    assert (at.step, at.agreed_to_calls, at.agreed) == (Step.CONSENT, True, False)
    assert {sound.prompt for sound in _sounds(at)} == {prompts.CONSENT}
    assert press(at, MENU, "1", turn=1).step is Step.TOLD


def test_silence_is_no_consent() -> None:
    at = Walk(Step.CONSENT, "ur")
    at = press(press(at, MENU, "", turn=0), MENU, "", turn=1)
    assert (at.step, at.consent, at.call_consent) == (Step.RECORD, Consent.SILENT, Consent.SILENT)  # and is not asked a second time
    assert (at.agreed, at.agreed_to_calls) == (False, False)


def test_a_withheld_number_is_never_asked_for_anything(walks: Walks) -> None:
    for walk in walks:
        if walk.withheld:
            assert walk.step not in (Step.CONSENT, Step.CALL_CONSENT, Step.CALL_ME)
            assert (walk.consent, walk.call_consent) == (None, None)
            assert not walk.wants_call


@pytest.mark.parametrize("known", [True, False])
def test_who_keys_nothing_comes_to_the_beep_at_once_and_hears_the_menu_after_it(known: bool) -> None:
    at = press(begin("ur", known=known, withheld=False), MENU, "", turn=0)
    assert at.step is Step.EARLY
    assert recorded(at, heard=True, key="").step is Step.KEEP
    again = recorded(at, heard=False, key="")
    assert (again.step, again.hint) == (Step.MAIN, None)
    assert prompts.MORE_KEYS in {sound.prompt for sound in _sounds(again)}
    assert press(again, MENU, "", turn=2).step is Step.OVER


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
    at = recorded(Walk(Step.DANGER, "ur", danger=True), heard=True, key="#")
    assert (at.step, at.duty_index) == (Step.DUTY, 0)
    second = dialled(at, MENU, taken=False, time_left=True)
    assert (second.step, second.duty_index) == (Step.DUTY, 1)
    for last in (dialled(second, MENU, taken=False, time_left=True), dialled(at, MENU, taken=False, time_left=False)):
        assert (last.step, last.hint) == (Step.RECORD, "duty_nobody")
    assert dialled(at, MENU, taken=True, time_left=True).step is Step.TOLD


def test_the_duty_line_is_tried_once_round_from_wherever_it_begins() -> None:
    line = dataclasses.replace(MENU, duty_phones=3)
    for first in range(3):
        at = dataclasses.replace(table.recorded(Walk(Step.DANGER, "ur", danger=True), line, heard=True, key=""), duty_index=first)
        rung = []
        while at.step is Step.DUTY:
            rung.append(at.duty_index)
            at = dialled(at, line, taken=False, time_left=True)
        assert rung == [first, (first + 1) % 3, (first + 2) % 3]
        assert at.hint == "duty_nobody"


def test_danger_again_goes_round_the_whole_duty_line_again() -> None:
    at = recorded(Walk(Step.DANGER, "ur", danger=True, duty_index=1, duty_rung=1), heard=False, key="")
    assert (at.step, at.duty_rung) == (Step.DUTY, 0)


def test_in_danger_the_caller_is_recorded_first_and_silence_rings_the_duty_line_too() -> None:
    at = press(begin("ur", known=False, withheld=False), MENU, "0", turn=0)
    assert isinstance(voice.heard(at, MENU, None)[-1], Beep)
    for heard in (True, False):
        assert recorded(at, heard=heard, key="").step is Step.DUTY
    assert press(at, MENU, "", turn=1).step is Step.DUTY  # the gateway has recorded nothing


def test_without_a_duty_line_nobody_is_said_to_be_rung(walks: Walks) -> None:
    alone = dataclasses.replace(MENU, duty_phones=0)
    at = press(begin("ur", known=False, withheld=False), alone, "0", turn=0)
    at = table.recorded(at, alone, heard=False, key="")
    assert at.step is Step.TOLD
    ringing = {walk.step for walk in walks if prompts.DUTY_RINGS in {sound.prompt for sound in _sounds(walk)}}
    assert ringing == {Step.DUTY}  # a step that is reached only where a phone rings


def test_whoever_cannot_speak_hears_nothing_any_more_but_the_reference_when_asked(walks: Walks) -> None:
    silent = [walk for walk in walks if walk.must_be_silent]
    assert {walk.step for walk in silent} == {Step.RECORD, Step.TOLD, Step.GONE}
    for walk in silent:
        said = {sound.prompt for sound in _sounds(walk)}
        assert said == ({prompts.REFERENCE} if walk.step is Step.TOLD else set()), walk
        if walk.step is Step.RECORD:
            [beep] = voice.heard(walk, MENU, GOOD)
            assert isinstance(beep, Beep)
            assert (beep.aloud, beep.silence_s, beep.longest_s) == (False, MENU.recording_s, MENU.recording_s)
        for keys, after in walks[walk]:
            assert after.must_be_silent, (walk, keys)
            assert (after.step is Step.TOLD) <= (walk.step is Step.TOLD or keys.endswith("*")), (walk, keys)


def test_five_in_danger_is_a_no_to_texts_and_calls_at_every_beep(walks: Walks) -> None:
    for walk in walks:
        if walk.records and walk.danger and not walk.must_be_silent:
            for after in (press(walk, MENU, "5", turn=0), recorded(walk, heard=True, key="5"), recorded(walk, heard=False, key="5")):
                assert (after.step, after.must_be_silent) == (Step.RECORD, True)
                assert {after.consent, after.call_consent} == ({None} if walk.withheld else {Consent.NO})


def test_what_is_keyed_in_danger_counts_however_late_it_is_told(walks: Walks) -> None:
    for walk in walks:
        if walk.step in table.OF_VOLUNTEERS or walk.must_be_silent:
            assert table.overtaken(walk, MENU, "0", turn=3, now_at=4) is None
            continue
        zero, five = (table.overtaken(walk, MENU, keys, turn=3, now_at=4) for keys in "05")
        assert zero is None if walk.danger else zero is not None and zero.danger, walk
        assert five is not None and five.must_be_silent if walk.danger else five is None, walk
        assert table.overtaken(walk, MENU, "5", turn=2, now_at=4) is None  # it may have been the key of a category
        assert not any(table.overtaken(walk, MENU, keys, turn=3, now_at=4) for keys in ("", "1", "4", "*", "12"))


def test_a_woman_is_asked_for_where_the_reference_is_told() -> None:
    at = press(Walk(Step.TOLD, "ur", takes=1), MENU, "8", turn=0)
    assert (at.step, at.wants_woman) == (Step.OVER, True)
    assert [sound.prompt for sound in _sounds(at)] == [prompts.WOMAN_NOTED, prompts.GOODBYE]


def test_nothing_of_what_it_may_be_about_is_said_before_the_second_menu(walks: Walks) -> None:
    """A bystander hears the loudspeaker. Categories are named at one step only, which a 1 at the main menu leads to, and may be skipped."""
    named = {walk.step for walk in walks if {prompts.CATEGORY_INTRO, prompts.CATEGORY_CHOICE} & {sound.prompt for sound in _sounds(walk)}}
    assert named == {Step.CATEGORY}
    ways = {(walk.step, keys) for walk, edges in walks.items() for keys, after in edges if after.step is Step.CATEGORY != walk.step}
    assert ways == {(Step.MAIN, "1")}
    skipped = press(Walk(Step.CATEGORY, "ur"), MENU, "#", turn=0)
    assert (skipped.step, skipped.category) == (Step.CONSENT, None)


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
    assert press(danger, MENU, "5", turn=MAX_TURNS + 1).must_be_silent


def test_a_walk_survives_the_database(walks: Walks) -> None:
    for walk in walks:
        assert Walk.from_row(walk.as_row()) == walk


def test_a_walk_of_a_newer_release_can_be_read() -> None:
    assert Walk.from_row({"step": "main", "language": "sd", "colour": "green"}) == Walk(Step.MAIN, "sd")


def test_at_every_step_something_is_heard_and_the_last_action_leads_on(walks: Walks) -> None:
    for walk in walks:
        actions = voice.heard(walk, MENU, GOOD)
        assert isinstance(actions[-1], Ask | Beep | Ring | Join | HangUp), walk
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
    said |= {prompt for key, prompt in PROMPTS.items() if key.startswith("here_")}  # by who is on duty
    said |= {told.prompt for told in (*answers.STAGES.values(), answers.ELSEWHERE, answers.REFUSED)}  # by what a look-up finds
    assert said == {prompt for key, prompt in PROMPTS.items() if not key.startswith("digit_")}


def test_a_caller_hears_the_language_that_was_chosen(walks: Walks) -> None:
    for walk in walks:
        if walk.step not in (Step.BACK, Step.OPENING, Step.LANGUAGE) and not walk.other_language:
            assert {sound.language for sound in _sounds(walk)} <= {walk.language}, walk


def test_nobody_is_recorded_without_being_told_save_in_danger(walks: Walks) -> None:
    """On every way to the beep the notice was heard, wherever the way went before."""
    seen = {(walk, False) for walk in BEGINNINGS}
    waiting = deque(seen)
    while waiting:
        walk, told = waiting.popleft()
        told = told or not {prompts.NOTICE, prompts.SPEAK_EARLY}.isdisjoint(sound.prompt for sound in _sounds(walk))
        if walk.records:
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

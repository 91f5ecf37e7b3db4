"""The walks of the bench fit the menu as it is, so that a new question in the menu does not spoil its figures unseen."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hotline.domain.voice import Beep
from hotline.runtime import Runtime
from hotline.sections import Voice
from hotline.storage.models import Ticket
from tests.bench.walks import WALKS, Do, Leaves, Walk
from tests.calling import LINE, Caller
from tests.support import OTHER, count, text_in, tickets


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: walk.name)
def test_each_walk_of_the_bench_can_be_walked_and_leaves_what_it_says(make_rt: Callable[..., Runtime], tmp_path: Path, walk: Walk) -> None:
    rt = make_rt(voice=Voice(number=LINE, duty_line=("+923001112233",), languages=("ur", "sd", "en")), data_dir=tmp_path)
    text_in(rt, "meri motorcycle chori ho gai", sender=OTHER)
    [asked_about] = tickets(rt)
    caller = Caller(rt, "anonymous" if walk.withheld else "+923001234599").ring()
    for doing in walk.does:
        assert not caller.is_over, doing
        do(caller, doing, asked_about.reference)
    if Do.DROP not in walk.does:
        caller.hang_up()
    left = [t for t in tickets(rt) if t.id != asked_about.id]
    assert [t.category for t in left] == ([walk.category] if walk.leaves is Leaves.TICKET else [])
    assert [t.danger is not None for t in left if walk.danger] == [True] * walk.danger
    assert count(rt, Ticket) == 1 + len(left)


def do(caller: Caller, doing: str, reference: str) -> None:
    """Do one step, which the call must await."""
    match doing:
        case Do.SPEAK:
            caller.speak(key="#")
        case Do.CRY:
            caller.speak(key="0")
        case Do.DROP:
            caller.speak(key="hangup", hung_up=True)
        case Do.SAY_NOTHING:
            assert isinstance(caller.last, Beep)
            caller.say_nothing()
        case Do.TAKEN:
            assert caller.taken()
            caller.dialled()
        case Do.NOT_TAKEN:
            caller.dialled()
        case _:
            caller.press(reference if doing == Do.KEY_REFERENCE else doing)

"""The walks of the bench fit the menu as it is, and its books what calls leave: else a new question would spoil its figures unseen."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hotline.runtime import Runtime
from hotline.sections import Voice
from tests.bench import callbook
from tests.bench.caller import Call
from tests.bench.walks import WALKS, Do, Walk
from tests.calling import LINE, Caller, recording_id
from tests.support import OTHER, text_in, tickets


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: walk.name)
def test_each_walk_of_the_bench_can_be_walked_and_leaves_what_its_books_expect(
    make_rt: Callable[..., Runtime], database_url: str, tmp_path: Path, walk: Walk
) -> None:
    rt = make_rt(voice=Voice(number=LINE, duty_line=("+923001112233",), languages=("ur", "sd", "en")), data_dir=tmp_path)
    text_in(rt, "meri motorcycle chori ho gai", sender=OTHER)
    reference = tickets(rt)[0].reference
    caller = Caller(rt, "anonymous" if walk.withheld else "+923001234599").ring()
    call = Call(walk, caller.number, caller.gateway_id, told_twice=False)
    for doing in walk.does:
        do(caller, doing, reference, call.recordings)
        call.answers += 1
    caller.hang_up()
    assert callbook.faults(database_url, [call]) == []


def do(caller: Caller, doing: str, reference: str, recordings: list[str]) -> None:
    """Take one step, which the call must await."""
    match doing:
        case Do.SPEAK | Do.CRY | Do.DROP:
            recordings.append(recording_id())
            keys = {Do.SPEAK: "#", Do.CRY: "0", Do.DROP: "hangup"}
            caller.speak(key=keys[Do(doing)], hung_up=doing == Do.DROP, recording=recordings[-1])
        case Do.SAY_NOTHING:
            caller.say_nothing()
        case Do.TAKEN:
            assert caller.taken()
            caller.dialled()
        case Do.NOT_TAKEN:
            caller.dialled()
        case _:
            caller.press(reference if doing == Do.KEY_REFERENCE else doing)

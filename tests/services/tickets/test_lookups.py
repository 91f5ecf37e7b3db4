"""How often a reference that is not one's own may be asked about: in a call, and by all callers together whose number we do not know."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import event

from hotline.runtime import Runtime
from hotline.sections import Voice
from hotline.services.tickets import lookups
from hotline.storage import calls
from tests.calling import LINE, Caller
from tests.support import HER, OTHER, Clock, text_in, tickets

VOICE = Voice(number=LINE, lookups_per_call=2, withheld_lookups_per_minute=3)
ELSEWHERE, REFUSED = "told_elsewhere", "stage_refused"


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    return make_rt(voice=VOICE, data_dir=tmp_path)


@pytest.fixture
def theirs(rt: Runtime) -> str:
    """The reference of a citizen's ticket."""
    text_in(rt, "mera mobile cheen liya", sender=HER)
    return tickets(rt)[0].reference


def asked(rt: Runtime, number: str, *references: str) -> list[str]:
    """What a caller hears of each reference, who hangs up then."""
    caller = Caller(rt, number).ring()
    if "language_key" in caller.hears:
        caller.press("1")
    heard = []
    for one in references:
        caller.press("2", one)
        heard.append(caller.hears[0])
        caller.press("9")
    caller.hang_up()
    return heard


@pytest.mark.parametrize("number", ["anonymous", "8300"])
def test_all_callers_together_whose_number_we_do_not_know_ask_so_often_a_minute(
    rt: Runtime, theirs: str, clock: Clock, number: str
) -> None:
    assert asked(rt, number, theirs, theirs, theirs) == [ELSEWHERE, ELSEWHERE, REFUSED]  # the limit of a call
    assert asked(rt, number, theirs) == [REFUSED]
    assert asked(rt, "Unavailable", theirs) == [REFUSED]
    assert asked(rt, OTHER, theirs) == [ELSEWHERE]  # a caller with a number does not wait for those without
    clock.forward(seconds=59)
    assert asked(rt, "anonymous", theirs) == [REFUSED]
    clock.forward(seconds=61)
    assert asked(rt, "anonymous", theirs) == [ELSEWHERE]


def test_a_call_that_goes_on_counts_with_all_it_asked(rt: Runtime, theirs: str, clock: Clock) -> None:
    caller = Caller(rt, "anonymous").ring().press("1", "2", theirs)
    for _ in range(3):
        clock.forward(seconds=50)
        caller.press("*")
    assert asked(rt, "anonymous", theirs, theirs) == [ELSEWHERE, ELSEWHERE]
    assert asked(rt, "anonymous", theirs) == [REFUSED]


def test_asking_how_often_they_asked_is_bounded_by_an_index(rt: Runtime, theirs: str) -> None:
    asked(rt, "anonymous", theirs)
    statements: list[tuple[str, object]] = []
    event.listen(rt.engine, "before_cursor_execute", lambda *call: statements.append((call[2], call[3])))
    with rt.transaction() as tx:
        assert lookups.left_to_withheld(rt, tx) == VOICE.withheld_lookups_per_minute - 1
        calls.at_duty_line(tx.session, rung_since=tx.now, talked_since=tx.now)
    found = [(statement, values) for statement, values in statements if "next_attempt_at IS NOT NULL" in statement]
    assert len(found) == 2
    if rt.engine.dialect.name == "sqlite":
        with rt.engine.connect() as connection:
            for statement, values in found:
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()  # type: ignore[arg-type]
                assert "ix_calls_open" in str(plan)

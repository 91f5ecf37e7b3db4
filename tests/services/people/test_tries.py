"""A flood of tries from one block of addresses is slowed down, and keeps nobody out who has a known browser, a code or a link."""

from collections.abc import Callable
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import event, insert

from hotline.runtime import Runtime
from hotline.services.people import factor, passwords
from hotline.services.people.invitations import accept, invite_again
from hotline.services.people.login import LoginRefused, log_in
from hotline.services.people.tries import LoginTooSoon
from hotline.storage.peoplemodels import LoginThrottle
from tests.services.colleagues import PASSWORD, settle, volunteer
from tests.support import Clock, count

GUESSER, NEIGHBOUR, ELSEWHERE = "39.40.12.7", "39.40.12.200", "39.40.13.7"


@pytest.fixture
def here(rt: Runtime, tmp_path: Path) -> Runtime:
    settle(rt, tmp_path)
    return rt


def flood(rt: Runtime, address: str | None = GUESSER, *, login: str = "made-up-{}", times: int = 200) -> int:
    """Tries with logins that are made up, until one has to wait; how many were heard."""
    for n in range(times):
        try:
            log_in(rt, login.format(n), "wrong", address=address)
        except LoginTooSoon:
            return n
        except LoginRefused:
            pass
    return times


def outcome(rt: Runtime, login: str = "alice", password: str = PASSWORD, **how: str) -> str:
    try:
        log_in(rt, login, password, **how)
    except (LoginRefused, LoginTooSoon) as fault:
        return type(fault).__name__
    return "in"


def code(rt: Runtime, clock: Clock, login: str) -> str:
    return pyotp.TOTP(factor.secret(rt, volunteer(rt, login)) or "?").at(clock.now)


def set_up(rt: Runtime, clock: Clock, login: str) -> None:
    """The volunteer's app has the secret."""
    factor.prepare(rt, volunteer(rt, login).id)
    factor.prove(rt, volunteer(rt, login).id, 0, code(rt, clock, login))
    clock.forward(seconds=60)


def test_made_up_logins_from_one_block_are_slowed_down(here: Runtime) -> None:
    assert flood(here) == 30
    assert outcome(here, "nobody-yet", address=NEIGHBOUR) == "LoginTooSoon"
    assert outcome(here, address=ELSEWHERE) == "in"


def test_the_wait_of_a_block_is_short_and_shuts_nobody_out(here: Runtime, clock: Clock) -> None:
    flood(here)
    for _ in range(10):
        clock.forward(seconds=5)
        assert outcome(here, "made-up", "wrong", address=GUESSER) == "LoginRefused"
        assert outcome(here, "made-up-too", "wrong", address=GUESSER) == "LoginTooSoon"
        clock.forward(seconds=61)
    assert outcome(here, address=NEIGHBOUR) == "in"


@pytest.mark.parametrize("address", [None, "127.0.0.1", "10.0.0.1", "not an address"])
def test_where_everybody_seems_to_come_from_one_proxy_no_block_is_counted(here: Runtime, address: str | None) -> None:
    assert flood(here, address, times=100) == 100
    assert outcome(here) == "in"


def test_a_known_browser_in_the_block_of_a_flood_goes_on_as_ever(here: Runtime) -> None:
    flood(here)
    assert outcome(here, browser="b", address=GUESSER) == "in"


def test_whoever_logs_in_clears_nothing_but_their_own_try(here: Runtime) -> None:
    assert flood(here, times=29) == 29
    for _ in range(5):  # an account of one's own is no way to more guesses
        assert outcome(here, address=GUESSER) == "in"
    assert flood(here, login="more-{}") == 1


def test_an_office_that_logs_in_every_morning_is_no_flood(here: Runtime) -> None:
    assert {outcome(here, address=GUESSER) for _ in range(100)} == {"in"}


def test_a_right_code_buys_a_try_at_once_in_a_new_browser(here: Runtime, clock: Clock) -> None:
    set_up(here, clock, "lead")
    flood(here)
    flood(here, ELSEWHERE, login="lead")
    assert outcome(here, "lead", address=GUESSER) == "LoginTooSoon"
    assert outcome(here, "lead", address=GUESSER, code="000000") == "LoginTooSoon"
    shown = code(here, clock, "lead")
    assert outcome(here, "lead", "wrong", address=GUESSER, code=shown) == "LoginRefused"
    assert outcome(here, "lead", address=GUESSER, code=shown) == "LoginTooSoon"  # a code is good for one try
    clock.forward(seconds=30)
    flood(here, ELSEWHERE, login="lead")
    assert outcome(here, "lead", address=GUESSER, code=code(here, clock, "lead")) == "in"


def test_a_code_that_no_app_shows_yet_buys_nothing(here: Runtime, clock: Clock) -> None:
    factor.prepare(here, volunteer(here, "lead").id)
    flood(here, login="lead")
    assert outcome(here, "lead", code=code(here, clock, "lead")) == "LoginTooSoon"
    assert outcome(here, "nobody", code="123456") == "LoginRefused"


def test_a_link_is_good_whatever_is_tried_meanwhile(here: Runtime) -> None:
    token = invite_again(here, "alice")
    assert token
    flood(here, login="alice")
    flood(here)
    assert accept(here, token, "violet-kettle-morning").login == "alice"
    assert outcome(here, password="violet-kettle-morning") == "in"


def test_a_try_that_has_to_wait_costs_one_read_and_no_write(here: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    flood(here)
    statements: list[str] = []
    event.listen(here.engine, "before_cursor_execute", lambda _c, _cur, statement, *_: statements.append(statement.split()[0]))
    monkeypatch.setattr(passwords, "_matches", lambda *_: pytest.fail("it was hashed"))
    assert outcome(here, "another", address=GUESSER) == "LoginTooSoon"
    assert [statement for statement in statements if statement != "BEGIN"] == ["SELECT"]


def test_what_was_counted_is_forgotten_a_few_hundred_rows_at_a_time(here: Runtime, clock: Clock) -> None:
    with here.transaction() as tx:
        rows = [{"login": f"made-up-{n}", "failures": 1, "next_try_at": tx.now} for n in range(500)]
        tx.session.execute(insert(LoginThrottle), rows)
    left = []
    for _ in range(4):
        clock.forward(hours=1, seconds=1)
        outcome(here, password="wrong")
        left.append(count(here, LoginThrottle))
    assert left == [301, 101, 1, 1]


def test_a_second_pool_of_processes_counts_with_the_first(here: Runtime, make_rt: Callable[..., Runtime]) -> None:
    flood(here)
    assert outcome(make_rt(), address=NEIGHBOUR) == "LoginTooSoon"

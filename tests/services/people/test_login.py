"""A volunteer logs in: Argon2 for every login, and a throttle on each login, known or not."""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from hotline.runtime import Runtime
from hotline.sections import Web
from hotline.services.people import passwords
from hotline.services.people.login import LoginRefused, choose_page_language, log_in
from hotline.services.people.tries import LoginTooSoon
from hotline.storage import people
from hotline.storage.peoplemodels import LoginThrottle
from tests.services.colleagues import PASSWORD, settle, volunteer
from tests.support import Clock, count


@pytest.fixture
def here(rt: Runtime, tmp_path: Path) -> Runtime:
    settle(rt, tmp_path)
    return rt


def fail(rt: Runtime, login: str = "alice", *, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(LoginRefused):
            log_in(rt, login, "wrong")


def wait(rt: Runtime, login: str = "alice") -> int:
    """The seconds until the login may be tried again, with any password."""
    with pytest.raises(LoginTooSoon) as fault:
        log_in(rt, login, PASSWORD)
    return int(fault.value.args[0])


def test_login_and_password_let_her_in_however_she_writes_her_login(here: Runtime) -> None:
    for login in ("alice", " ALICE ", "Alice"):
        assert log_in(here, login, PASSWORD).id == volunteer(here, "alice").id


def test_who_left_or_has_no_password_is_refused_like_nobody(here: Runtime) -> None:
    with here.transaction() as tx:
        alice, bob = (people.by_login(tx.session, login) for login in ("alice", "bob"))
        assert alice
        assert bob
        alice.active, bob.password_hash = False, None
        tx.session.flush()
    for login in ("alice", "bob", "nobody", "", "ali\0ce", "x" * 5000):
        with pytest.raises(LoginRefused):
            log_in(here, login, PASSWORD)


def test_a_login_that_does_not_exist_costs_as_much_as_one_that_does(
    real_passwords: None, here: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified = []

    def matches(stored: str, password: str) -> bool:
        verified.append(stored.rpartition("$")[0].rpartition("$")[0])  # the parameters without salt and hash
        return False

    monkeypatch.setattr(passwords, "_matches", matches)
    for login in ("alice", "nobody"):
        fail(here, login)
    assert verified == ["$argon2id$v=19$m=19456,t=2,p=1"] * 2


def test_some_failures_are_free_then_each_wait_is_twice_the_last_up_to_a_minute(here: Runtime, clock: Clock) -> None:
    for login in ("alice", "nobody"):
        fail(here, login, times=5)
        waits = []
        for _ in range(8):
            waits.append(wait(here, login))
            clock.forward(seconds=waits[-1])
            fail(here, login)
        assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


def test_what_is_not_heard_does_not_make_her_wait_longer(here: Runtime, clock: Clock) -> None:
    fail(here, times=5)
    assert [wait(here) for _ in range(20)] == [1] * 20
    clock.forward(seconds=1)
    assert log_in(here, "alice", PASSWORD)


def test_a_right_password_clears_her_failures_and_nobody_elses(here: Runtime) -> None:
    fail(here, times=4)
    fail(here, "bob", times=5)
    log_in(here, "alice", PASSWORD)
    fail(here, times=4)
    assert wait(here, "bob") == 1


def test_failures_are_forgotten_after_an_hour_and_made_up_logins_do_not_stay(here: Runtime, clock: Clock) -> None:
    for n in range(5):
        fail(here, f"made-up-{n}")
    fail(here, times=5)
    clock.forward(hours=1, seconds=2)
    fail(here, times=4)
    log_in(here, "alice", PASSWORD)
    assert count(here, LoginThrottle) == 0


@pytest.mark.parametrize("login", ["alice", "nobody"])
def test_guesses_sent_at_once_are_not_all_the_first(here: Runtime, login: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_matches", lambda *_: False)
    monkeypatch.setattr(passwords, "_STRANGERS", threading.BoundedSemaphore(12))  # none is sent away
    outcomes: list[str] = []
    barrier = threading.Barrier(12)

    def guess() -> None:
        barrier.wait()
        try:
            log_in(here, login, "wrong")
        except (LoginRefused, LoginTooSoon) as fault:
            outcomes.append(type(fault).__name__)

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["LoginRefused"] * 5 + ["LoginTooSoon"] * 7


def test_how_many_failures_are_free_is_configured(make_rt: Callable[..., Runtime], tmp_path: Path) -> None:
    rt = make_rt(web=Web(free_failures=0))
    settle(rt, tmp_path)
    fail(rt)
    assert wait(rt) == 2


def test_a_password_hashed_with_other_parameters_is_hashed_anew(real_passwords: None, here: Runtime) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with here.transaction() as tx:
        people.rehash(tx.session, volunteer(here, "alice").id, old)
    log_in(here, "alice", PASSWORD)
    alice = volunteer(here, "alice")
    assert (alice.password_hash or "").startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert log_in(here, "alice", PASSWORD)


def test_a_hash_that_is_none_lets_nobody_in(here: Runtime) -> None:
    with here.transaction() as tx:
        people.rehash(tx.session, volunteer(here, "alice").id, PASSWORD)
    fail(here)


def test_a_try_is_kept_though_it_was_refused(here: Runtime, clock: Clock) -> None:
    fail(here, "nobody")
    with here.reading() as session:
        [throttle] = session.scalars(select(LoginThrottle)).all()
    assert (throttle.login, throttle.failures, throttle.next_try_at - clock.now) == ("nobody", 1, timedelta())


def test_the_language_of_her_pages_is_hers_alone(here: Runtime) -> None:
    choose_page_language(here, volunteer(here, "alice").id, "sd")
    assert [volunteer(here, login).page_language for login in ("alice", "bob")] == ["sd", "en"]

"""Passwords are hashed in a place of their own with few places, and weighed when they are chosen."""

import contextlib
import os
import threading
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from hotline.runtime import Runtime
from hotline.services.people import account, login, organisation, passwords
from hotline.services.people.invitations import accept, invite
from hotline.services.people.login import LoginRefused, log_in
from hotline.services.people.passwords import PasswordCommon, PasswordsBusy, PasswordTooShort, weigh
from hotline.storage.peoplemodels import LoginThrottle
from tests.services.colleagues import PASSWORD, settle, volunteer
from tests.support import count

GOOD = "violet-kettle-morning"


@pytest.fixture
def here(rt: Runtime, tmp_path: Path) -> Runtime:
    settle(rt, tmp_path)
    return rt


@contextlib.contextmanager
def full(*, known: bool) -> Iterator[None]:
    """All places of strangers, or of people who are known by something, are taken."""
    with contextlib.ExitStack() as taken:
        with contextlib.suppress(PasswordsBusy):
            while True:
                taken.enter_context(passwords.place(known=known))
        yield


def test_four_threads_of_eight_are_at_passwords_at_most() -> None:
    procfile = (Path(__file__).resolve().parents[3] / "Procfile").read_text("utf-8")
    assert "--threads 8 " in procfile
    taken = 0
    with contextlib.ExitStack() as places:
        for known in (False, True):
            with contextlib.suppress(PasswordsBusy):
                while True:
                    places.enter_context(passwords.place(known=known))
                    taken += 1
    assert taken == 4


def test_a_log_in_that_finds_no_place_is_sent_away_at_once_and_costs_nothing(here: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_matches", lambda *_: pytest.fail("it was hashed"))
    with full(known=False), pytest.raises(PasswordsBusy):
        log_in(here, "alice", PASSWORD)
    assert count(here, LoginThrottle) == 0


def test_what_strangers_do_takes_no_place_of_a_known_browser_a_change_or_a_link(here: Runtime) -> None:
    token = invite(here, "dana", "Dana", made_by=None)
    with full(known=False):
        assert log_in(here, "alice", PASSWORD, browser="b")
        account.change_password(here, volunteer(here, "alice").id, 0, old=PASSWORD, new=GOOD)
        assert accept(here, token, GOOD)


def test_a_place_is_given_back_whatever_comes_of_the_try(here: Runtime) -> None:
    for _ in range(10):
        with pytest.raises(PasswordsBusy), passwords.place(known=False):
            raise PasswordsBusy
    assert log_in(here, "alice", PASSWORD)


def test_hashing_is_done_in_one_thread_that_lets_others_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: set[tuple[str, int]] = set()

    def matches(*_: str) -> bool:
        seen.add((threading.current_thread().name, os.getpriority(os.PRIO_PROCESS, threading.get_native_id())))
        return True

    monkeypatch.setattr(passwords, "_matches", matches)
    threads = [threading.Thread(target=passwords.is_password, args=("x", "y")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [(name, nice)] = seen
    assert name.startswith("passwords")
    assert nice > os.getpriority(os.PRIO_PROCESS, 0)


def test_nobody_waits_for_a_hash_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    monkeypatch.setattr(passwords, "_matches", lambda *_: go_on.wait())
    monkeypatch.setattr(passwords, "_LONGEST_WAIT_S", 0)
    try:
        with pytest.raises(PasswordsBusy):
            passwords.is_password("x", "y")
    finally:
        go_on.set()


@pytest.mark.parametrize(
    "password",
    [
        "1234567890",
        "password123",
        "qwertyuiop",
        "iloveyou123",
        "aaaaaaaaaaaa",
        "Karachi@123",
        "allahuakbar",
        "mohammad786",
        "P@ssw0rd2024",
        "q1w2e3r4t5y6",
        "abcdefghijkl",
    ],
)
def test_a_common_password_is_refused(password: str) -> None:
    with pytest.raises(PasswordCommon):
        weigh(password, "alice", "Alice")


@pytest.mark.parametrize("password", ["zainabqureshi", "Zainab.Qureshi", "zainab.q1234", "ihseruqbaniaz", "Z@inabQureshi1"])
def test_a_password_made_of_the_name_or_the_login_is_refused(password: str) -> None:
    with pytest.raises(PasswordCommon):
        weigh(password, "zainab.q", "Zainab Qureshi")


@pytest.mark.parametrize("password", [GOOD, PASSWORD, "meri nai password", "کراچی کی گرم شام", "x7Kd93mQpz", "x" * 5 + GOOD + "y" * 5000])
def test_a_password_that_is_hard_to_guess_is_taken(password: str) -> None:
    weigh(password, "alice", "Alice")


def test_a_short_password_is_told_that_it_is_short() -> None:
    with pytest.raises(PasswordTooShort):
        weigh("x7Kd93mQp", "alice", "Alice")


def test_who_has_a_common_password_from_before_still_comes_in(here: Runtime) -> None:
    with here.transaction() as tx:
        alice = volunteer(here, "alice")
        alice.password_hash = passwords.hash_password("password123")
        tx.session.merge(alice)
        tx.session.flush()
    assert log_in(here, "alice", "password123")


def test_a_new_password_that_is_refused_is_no_wrong_old_one(here: Runtime) -> None:
    alice = volunteer(here, "alice").id
    for _ in range(10):
        with pytest.raises(PasswordCommon):
            account.change_password(here, alice, 0, old=PASSWORD, new="password123")
    account.change_password(here, alice, 0, old=PASSWORD, new=GOOD)


@pytest.mark.parametrize("what", ["log in", "change"])
def test_a_password_that_ends_while_it_is_checked_opens_nothing_afterwards(
    here: Runtime, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    matches = passwords._matches

    def slowly(stored: str, password: str) -> bool:
        organisation.reset_password(here, "alice")
        return matches(stored, password)

    alice = volunteer(here, "alice").id
    monkeypatch.setattr(passwords, "_apart", lambda work: work())  # the password is reset within the check
    monkeypatch.setattr(passwords, "_matches", slowly)
    if what == "log in":
        assert login.find(here, login.come_in(here, log_in(here, "alice", PASSWORD), "a browser")) is None
    else:
        with pytest.raises(account.PasswordWrong):
            account.change_password(here, alice, 0, old=PASSWORD, new=GOOD)
    monkeypatch.setattr(passwords, "_matches", matches)
    for password in (PASSWORD, GOOD):
        with pytest.raises(LoginRefused):
            log_in(here, "alice", password)


def test_a_link_goes_on_after_a_password_that_was_refused(here: Runtime) -> None:
    token = invite(here, "dana", "Dana", made_by=None)
    for password, fault in (("short", PasswordTooShort), ("dana-dana-dana", PasswordCommon)):
        with pytest.raises(fault):
            accept(here, token, password)
    assert accept(here, token, GOOD)


def test_a_password_opens_however_a_keyboard_composes_its_letters(here: Runtime) -> None:
    typed = "caf\u00e9-\u0622\u0633\u0645\u0627\u0646-kettle"
    taken_apart = unicodedata.normalize("NFD", typed)
    assert taken_apart != typed
    ways = {typed, taken_apart}
    assert [passwords.is_password(passwords.hash_password(stored), way) for stored in ways for way in ways] == [True] * 4
    before = passwords._HASHER.hash(taken_apart)  # as it was stored before passwords were stored as NFC
    assert passwords.is_password(before, taken_apart)
    assert not passwords.is_password(before, "cafe-kettle")
    with pytest.raises(PasswordTooShort):
        weigh(unicodedata.normalize("NFD", "\u00e9\u00e8\u00ea\u00eb\u00e0"))  # ten code points, five letters

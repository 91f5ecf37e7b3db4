"""Passwords: hashed with Argon2 apart from everything else, and weighed when they are chosen.

A hash takes a core for tens of milliseconds. So a process makes one at a time, in a thread of its own that lets all others go first, and
only a few log-ins may wait for it. The others are sent away at once: a thread that waits here answers no gateway.
"""

import contextlib
import os
import secrets
import sys
import threading
import unicodedata
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 10
"""The least characters of a password. NIST SP 800-63B asks for 8, for a list of common ones, and for no other rules."""

# OWASP's second choice of parameters (19 MiB, two passes): a web process on a small machine stays small.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_NOBODY = _HASHER.hash(secrets.token_hex(16))
_LONGEST = 256
_WEIGHED = 40
"""Characters that are weighed: weighing takes longer than in proportion, and what is strong by then stays strong."""
_ENOUGH_GUESSES = 10**9
"""Where a hash is slow zxcvbn calls 10**8 enough, which any three common parts reach, as a name, a sign and 123: so ten times that."""

_STRANGERS, _KNOWN = threading.BoundedSemaphore(2), threading.BoundedSemaphore(2)
"""How many may wait for a process's hash, so that four of its eight threads may be there at most (Procfile). Those of strangers are their
own: whatever strangers do, a known browser, a code or a link finds its place."""
_LONGEST_WAIT_S = 10
_NICE = 10

_T = TypeVar("_T")


class PasswordsBusy(Exception):
    """More passwords came at once than are checked. Nothing was done; a try in a few seconds may be heard."""


class PasswordTooShort(Exception):
    """The password has fewer than `SHORTEST` characters."""


class PasswordCommon(Exception):
    """The password is easily guessed: it is common, or made of the volunteer's own name or login."""


@contextlib.contextmanager
def place(*, known: bool) -> Iterator[None]:
    """A place at the hashing of this process, for the block. `known`: the try is hardly a stranger's. Raises `PasswordsBusy` at once."""
    places = _KNOWN if known else _STRANGERS
    if not places.acquire(blocking=False):
        raise PasswordsBusy
    try:
        yield
    finally:
        places.release()


def is_password(stored: str | None, password: str) -> bool:
    """Whether `stored` is a hash of the password. It takes as long when there is no hash. Raises `PasswordsBusy`.

    Keyboards type the same letter in one code point or in two. So the password is compared as NFC, and then as it was typed: what was
    stored before passwords were stored as NFC still opens.
    """
    ways = dict.fromkeys((_composed(password), password[:_LONGEST]))
    return _apart(lambda: any(_matches(stored or _NOBODY, way) for way in ways)) and stored is not None


def is_outdated(stored: str) -> bool:
    """Whether a hash was made with other parameters than are in use now."""
    return _HASHER.check_needs_rehash(stored)


def hash_password(password: str) -> str:
    """The Argon2 hash of a password, as NFC. Raises `PasswordsBusy`."""
    return _apart(lambda: _HASHER.hash(_composed(password)))


def weigh(password: str, *own: str) -> None:
    """Refuse a password that is easily guessed; `own` are the volunteer's name and login.

    Raises `PasswordTooShort`, `PasswordCommon`, `PasswordsBusy`.
    """
    password = _composed(password)
    if len(password) < SHORTEST:
        raise PasswordTooShort
    if _apart(lambda: _guesses(password[:_WEIGHED], own)) < _ENOUGH_GUESSES:
        raise PasswordCommon


def _composed(password: str) -> str:
    """The password as NFC, cut: of what is far too long no more is read than can count."""
    return unicodedata.normalize("NFC", password[: 4 * _LONGEST])[:_LONGEST]


def _matches(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def _guesses(password: str, own: tuple[str, ...]) -> int:
    """How many guesses a good guesser needs who knows the volunteer's name and login."""
    from zxcvbn import zxcvbn  # noqa: PLC0415 - 13 MB of words, for a process in which somebody chooses a password

    words = {part for text in own for part in (text, *text.replace("@", " ").replace(".", " ").replace("_", " ").split())}
    return int(zxcvbn(password, user_inputs=sorted(words))["guesses"])


def _step_back() -> None:
    if sys.platform == "linux":  # elsewhere a number of a thread is none of a process
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)


_THREAD = ThreadPoolExecutor(max_workers=1, thread_name_prefix="passwords", initializer=_step_back)


def _apart(work: Callable[[], _T]) -> _T:
    """Do the work in the thread for passwords, and wait for it, but not without end. Raises `PasswordsBusy`."""
    future = _THREAD.submit(work)
    try:
        return future.result(_LONGEST_WAIT_S)
    except TimeoutError:
        future.cancel()
        raise PasswordsBusy from None

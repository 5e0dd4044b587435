"""Passwords as they are kept: argon2id, 19 MiB, two passes (OWASP's second choice of sizes)."""

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from threading import BoundedSemaphore, get_native_id
from typing import TypeVar

from argon2 import Type, low_level
from argon2.exceptions import VerificationError

from ovunque.kernel.refusal import Refusal

ROUNDS = 2
MEMORY_KIB = 19 * 1024
LANES = 1
HASH_BYTES = 32
SALT_BYTES_MIN = 16
WAITING_MAX = 8  # Who comes behind them is told to come again: threads are for orders, too.

T = TypeVar("T")


class Line:
    """One after another, since each costs a core some 40 ms and 19 MiB; few wait behind.

    Orders go first: the thread gives way to all others, where the system knows such a thing.
    """

    def __init__(self, name: str, nice: int) -> None:
        self._nice = nice
        self._turns = BoundedSemaphore(1 + WAITING_MAX)
        self._hasher = ThreadPoolExecutor(
            1, thread_name_prefix=f"hasher-{name}", initializer=self._step_back
        )

    def _step_back(self) -> None:
        with suppress(OSError, AttributeError):
            os.setpriority(os.PRIO_PROCESS, get_native_id(), self._nice)

    def take(self, work: Callable[[], T]) -> T:
        if not self._turns.acquire(blocking=False):
            raise Refusal("doors_busy")
        try:
            return self._hasher.submit(work).result()
        finally:
            self._turns.release()


# Two doors, so that a crowd in the street keeps nobody out who has been here before.
KNOWN = Line("known", nice=5)
STREET = Line("street", nice=19)


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A password that somebody chose, and what is kept of it: made before a transaction opens."""

    told: str = field(repr=False)
    kept: str = field(repr=False)


def conceal(password: str, salt: bytes) -> Secret:
    return Secret(told=password, kept=hash_password(password, salt))


def hash_password(password: str, salt: bytes, line: Line = KNOWN) -> str:
    """What is kept of a password, its parameters and salt included."""
    assert len(salt) >= SALT_BYTES_MIN, "a salt is drawn, not made up"
    secret = password.encode()
    return line.take(
        lambda: low_level.hash_secret(
            secret, salt, ROUNDS, MEMORY_KIB, LANES, HASH_BYTES, Type.ID
        ).decode()
    )


def is_password(kept: str, password: str, line: Line = KNOWN) -> bool:
    """Whether this is the password that was kept."""

    def verify() -> bool:
        try:
            return low_level.verify_secret(kept.encode(), password.encode(), Type.ID)
        except VerificationError:
            return False

    return line.take(verify)


@cache
def nobody() -> str:
    """Something to compare with where nobody has that name: it takes as long, and never fits."""
    unknown = hashlib.sha256(b"nobody").digest()
    return hash_password("", unknown)

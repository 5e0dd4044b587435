"""Passwords as they are kept: argon2id, 19 MiB, two passes (OWASP's second choice of sizes)."""

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
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
AT_ONCE_MAX = 2  # Each costs a core some 40 ms and 19 MiB.
WAITING_MAX = 8  # Who comes behind them is told to come again: threads are for orders, too.
NICE = 15  # Orders go first: whoever knocks is patient.

T = TypeVar("T")


def step_back() -> None:
    """Let this thread give way to all others, where the system knows such a thing."""
    with suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, get_native_id(), NICE)


_hashers = ThreadPoolExecutor(AT_ONCE_MAX, thread_name_prefix="hasher", initializer=step_back)
_turns = BoundedSemaphore(AT_ONCE_MAX + WAITING_MAX)


def _in_turn(work: Callable[[], T]) -> T:
    if not _turns.acquire(blocking=False):
        raise Refusal("doors_busy")
    try:
        return _hashers.submit(work).result()
    finally:
        _turns.release()


def hash_password(password: str, salt: bytes) -> str:
    """What is kept of a password, its parameters and salt included."""
    assert len(salt) >= SALT_BYTES_MIN, "a salt is drawn, not made up"
    secret = password.encode()
    return _in_turn(
        lambda: low_level.hash_secret(
            secret, salt, ROUNDS, MEMORY_KIB, LANES, HASH_BYTES, Type.ID
        ).decode()
    )


def is_password(kept: str, password: str) -> bool:
    """Whether this is the password that was kept."""

    def verify() -> bool:
        try:
            return low_level.verify_secret(kept.encode(), password.encode(), Type.ID)
        except VerificationError:
            return False

    return _in_turn(verify)


def nobody() -> str:
    """Something to compare with where nobody has that name: it takes as long, and never fits."""
    unknown = hashlib.sha256(b"nobody").digest()
    return hash_password("", unknown)

"""Passwords as they are kept: argon2id, 19 MiB, two passes (OWASP's second choice of sizes)."""

import hashlib
from threading import BoundedSemaphore

from argon2 import Type, low_level
from argon2.exceptions import VerificationError

ROUNDS = 2
MEMORY_KIB = 19 * 1024
LANES = 1
HASH_BYTES = 32
SALT_BYTES_MIN = 16
AT_ONCE_MAX = 2  # Each costs a core some 40 ms and 19 MiB: a flood of sign-ins waits in line.

_turns = BoundedSemaphore(AT_ONCE_MAX)


def hash_password(password: str, salt: bytes) -> str:
    """What is kept of a password, its parameters and salt included."""
    assert len(salt) >= SALT_BYTES_MIN, "a salt is drawn, not made up"
    with _turns:
        return low_level.hash_secret(
            password.encode(), salt, ROUNDS, MEMORY_KIB, LANES, HASH_BYTES, Type.ID
        ).decode()


def is_password(kept: str, password: str) -> bool:
    """Whether this is the password that was kept."""
    with _turns:
        try:
            return low_level.verify_secret(kept.encode(), password.encode(), Type.ID)
        except VerificationError:
            return False


def nobody() -> str:
    """Something to compare with where nobody has that name: it takes as long, and never fits."""
    unknown = hashlib.sha256(b"nobody").digest()
    return hash_password("", unknown)

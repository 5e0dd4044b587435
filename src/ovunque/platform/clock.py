"""The only place where the real time and real chance come from."""

import os
import random
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime

from ovunque.kernel.ids import IdSource, NewId

Clock = Callable[[], datetime]


def now() -> datetime:
    """This instant, in UTC."""
    return datetime.now(UTC)


class Entropy:
    """Bits of the machine's chance, fetched in blocks: a system call for each id costs more."""

    BLOCK_BYTES = 4_096

    def __init__(self) -> None:
        self._block = b""
        self._used = 0

    def __call__(self, bits: int) -> int:
        """Not for several threads at once: whoever shares it holds a lock."""
        size = (bits + 7) // 8
        if self._used + size > len(self._block):
            self._block, self._used = os.urandom(self.BLOCK_BYTES), 0
        drawn = self._block[self._used : self._used + size]
        self._used += size
        return int.from_bytes(drawn) >> (size * 8 - bits)


def new_id_source() -> NewId:
    """Ids from the real clock and the machine's chance."""
    return IdSource(lambda: time.time_ns() // 1_000_000, Entropy())


def jitter() -> float:
    """A number from 0 to 1 that spreads out those who would come back together."""
    return random.random()  # noqa: S311 - nothing to guess


def new_secret() -> str:
    """256 bits of chance in 43 characters that an URL lets through."""
    return secrets.token_urlsafe(32)


def new_seed() -> bytes:
    """The same as bytes, for a key that signs."""
    return secrets.token_bytes(32)

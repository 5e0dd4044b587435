"""Sortable ids: a UUIDv7 inside, `ord_` and 26 Crockford characters outside."""

from collections.abc import Callable
from hashlib import sha256
from threading import Lock
from uuid import UUID, SafeUUID

from ovunque.kernel.refusal import Refusal

NewId = Callable[[], UUID]

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
VALUES = {letter: value for value, letter in enumerate(ALPHABET)}
PAIRS = [high + low for high in ALPHABET for low in ALPHABET]
LENGTH = 26
ID_MAX = 1 << 128
LOW = (1 << 60) - 1
LOW_61 = (1 << 61) - 1
VERSION = 0x7 << 76
VARIANT = 0b10 << 62

# A UUID lets nobody set its parts, but these are where it keeps them: `UUID(int=number)` asks which
# of its six arguments was meant, every time.
_new = object.__new__
_set_int, _set_safe = UUID.__dict__["int"].__set__, UUID.__dict__["is_safe"].__set__
_UNKNOWN = SafeUUID.unknown


class IdSource:
    """Draws UUIDv7 (RFC 9562) that never run backwards within one process.

    Chance is drawn once for a millisecond; within it we count upwards, from below the half of what
    can be counted, so that no count ever runs into the next millisecond. `milliseconds` tells the
    time since the epoch, `entropy(bits)` draws chance: both are handed in, so that a simulation
    draws the same ids again from the same seed.
    """

    def __init__(self, milliseconds: Callable[[], int], entropy: Callable[[int], int]) -> None:
        self._milliseconds = milliseconds
        self._entropy = entropy
        self._last = 0
        self._time = -1
        self._lock = Lock()

    def __call__(self) -> UUID:
        with self._lock:
            now = self._milliseconds()
            if now > self._time:
                self._time, self._last = now, _first_of(now, self._entropy(73))
            else:
                self._last += 1
            number = self._last
        made = _new(UUID)
        _set_int(made, number)
        _set_safe(made, _UNKNOWN)
        return made


def _first_of(milliseconds: int, chance: int) -> int:
    """48 bits of time and 12 + 61 bits of chance, with a zero before the last of them."""
    return milliseconds << 80 | VERSION | chance >> 61 << 64 | VARIANT | chance & LOW_61


def derived_id(source: UUID, *more: UUID) -> UUID:
    """An id that follows from others, with the time of the first: the same ones give the same."""
    digest = sha256(b"".join(each.bytes for each in (source, *more))).digest()
    chance = int.from_bytes(digest) & ((1 << 62) - 1)
    return UUID(int=source.int >> 64 << 64 | 0b10 << 62 | chance)


def public_id(prefix: str, id_: UUID) -> str:
    """The id as programs and people see it: `ord_01jd…`."""
    number = id_.int
    high, low = number >> 60, number & LOW  # Shifts of small numbers cost less.
    return (
        f"{prefix}_{PAIRS[high >> 60]}{PAIRS[high >> 50 & 1023]}{PAIRS[high >> 40 & 1023]}"
        f"{PAIRS[high >> 30 & 1023]}{PAIRS[high >> 20 & 1023]}{PAIRS[high >> 10 & 1023]}"
        f"{PAIRS[high & 1023]}{PAIRS[low >> 50]}{PAIRS[low >> 40 & 1023]}"
        f"{PAIRS[low >> 30 & 1023]}{PAIRS[low >> 20 & 1023]}{PAIRS[low >> 10 & 1023]}"
        f"{PAIRS[low & 1023]}"
    )


def parse_public_id(prefix: str, text: str) -> UUID:
    """The UUID behind a public id; refused as `not_found` when it cannot be one of ours."""
    head, _, tail = text.partition("_")
    if head != prefix or len(tail) != LENGTH or any(letter not in VALUES for letter in tail):
        raise Refusal("not_found", what=text[:40])
    number = 0
    for letter in tail:
        number = number << 5 | VALUES[letter]
    if number >= ID_MAX:
        raise Refusal("not_found", what=text[:40])
    return UUID(int=number)

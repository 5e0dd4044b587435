"""Turns of programs: only so many of their requests work in threads and connections at once.

The rest is for people: however many programs ask, a store's tablet finds a thread and a connection.
"""

from anyio import CapacityLimiter
from anyio.lowlevel import RunVar

AT_ONCE_MAX = 6  # Of eight connections to the database.

_turns: RunVar[CapacityLimiter] = RunVar("turns of programs")


def turn() -> CapacityLimiter:
    """To be entered with `async with`: one waits until it is one's turn."""
    try:
        return _turns.get()
    except LookupError:
        _turns.set(CapacityLimiter(AT_ONCE_MAX))
        return _turns.get()

"""Order numbers, as people call an order."""

from threading import Lock

from ovunque.orders import store
from ovunque.platform.database import Later, Tx


class Numbers:
    """Order numbers in blocks, so that processes never wait for each other; gaps are allowed."""

    def __init__(self) -> None:
        self._next = self._end = 0
        self._lock = Lock()

    def draw(self, tx: Tx, count: int) -> Later[list[str]]:
        """So many numbers; what is missing is on its way, and nobody waits for it before."""
        with self._lock:
            mine = list(range(self._next, min(self._next + count, self._end)))
            self._next += len(mine)
        missing = range(0, count - len(mine), store.NUMBERS_IN_BLOCK)
        blocks = [store.add_number_block(tx) for _ in missing]

        def numbers() -> list[str]:
            drawn = [*mine]
            for first in blocks:
                drawn += self._of_block(first(), count - len(drawn))
            return [f"OV-{number}" for number in drawn]

        return numbers

    def _of_block(self, first: int, count: int) -> range:
        """The first of a new block; the rest of it is for who comes next."""
        end = first + store.NUMBERS_IN_BLOCK
        taken = range(first, min(first + count, end))
        with self._lock:
            if taken.stop < end:
                self._next, self._end = taken.stop, end
        return taken

"""Order numbers, as people call an order."""

from threading import Lock

from ovunque.orders import store
from ovunque.platform.database import Tx


class Numbers:
    """Order numbers in blocks, so that processes never wait for each other; gaps are allowed."""

    def __init__(self) -> None:
        self._next = self._end = 0
        self._lock = Lock()

    def draw(self, tx: Tx) -> str:
        with self._lock:
            if self._next == self._end:
                self._next = store.add_number_block(tx)
                self._end = self._next + store.NUMBERS_IN_BLOCK
            self._next += 1
            return f"OV-{self._next - 1}"

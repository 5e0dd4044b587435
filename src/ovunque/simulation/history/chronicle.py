"""Time while the past is computed: what happens next, and what is told of it."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from random import Random
from uuid import UUID

from ovunque.kernel.ids import IdSource
from ovunque.platform import journal
from ovunque.platform.journal import Fact, Told
from ovunque.stock import events as stock_events
from ovunque.stock.model import Key, StockLevel

Deed = Callable[[], None]


class Chronicle:
    """A clock that jumps from one deed to the next, and the journal that is written meanwhile."""

    def __init__(self, start: datetime, rng: Random) -> None:
        self.now = start
        self.rng = rng
        self.facts: list[Told] = []
        self.last_seqs: dict[UUID, int] = {}
        self.new_id = IdSource(lambda: round(self.now.timestamp() * 1_000), rng.getrandbits)
        self._queue: list[tuple[datetime, int, Deed]] = []
        self._turn = count()

    def at(self, when: datetime, deed: Deed) -> None:
        """Have it done then; whoever asks first is first."""
        heappush(self._queue, (max(when, self.now), next(self._turn), deed))

    def within(self, least_seconds: float, most_seconds: float, deed: Deed) -> None:
        """Have it done some time from now, between these."""
        seconds = self.rng.uniform(least_seconds, most_seconds)
        self.at(self.now + timedelta(milliseconds=round(seconds * 1_000)), deed)

    def run(self, until: datetime) -> None:
        """Do all that comes before a moment; what comes later never happens."""
        while self._queue and self._queue[0][0] <= until:
            self.now, _, deed = heappop(self._queue)
            deed()
        self.now = until

    def tell(self, by: str, *facts: Fact) -> None:
        """Facts of this moment, each the next of its order's story."""
        for fact in facts:
            seq = None
            if fact.order_id is not None:
                seq = self.last_seqs[fact.order_id] = self.last_seqs.get(fact.order_id, 0) + 1
            self.facts.append(journal.spell(fact, by=by, at=self.now, order_seq=seq))

    def tell_stock(self, by: str, *changed: Iterable[StockLevel]) -> None:
        """One fact for all levels that a deed has changed, as they are after it."""
        newest: dict[Key, StockLevel] = {}
        for levels in changed:
            newest |= {level.key: level for level in levels}
        if newest:
            self.tell(by, stock_events.changed(list(newest.values())))

    def chance(self, percent: float) -> bool:
        return self.rng.random() * 100 < percent

"""The door through which every order enters: drafted, planned, and decided with its neighbors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.kernel.refusal import Refusal
from ovunque.orders.drafting import Placement, TurnedAway, draft
from ovunque.orders.holding import AskedHold, Entering, Releasing, list_named, standing_of
from ovunque.orders.holding import prepare as keep
from ovunque.orders.model import OnShortage, OrderRequest
from ovunque.orders.placing import Answered, Outcome, place, plan_with
from ovunque.orders.pledging import pledge
from ovunque.orders.ports import Desk
from ovunque.platform.batching import Batcher, BatchLimits, Promise, Settled, settle
from ovunque.platform.clock import Clock
from ovunque.platform.database import Database, Writer, is_away
from ovunque.platform.idempotency import Key
from ovunque.sourcing.explaining import remember
from ovunque.sourcing.planning import Wish, snapshot_shelf
from ovunque.stock.model import Plan

LARGE_SECONDS_MAX = 0.3  # For the plan of an order with more than a dozen items.


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An order as a client asks for it, under the client's key."""

    request: OrderRequest
    key: Key
    by: Actor

    @property
    def hold_ids(self) -> list[UUID]:
        """The holds that it takes over: they are read from the database first."""
        return [each.hold for each in self.request.deliveries if each.hold is not None]


class Intake:
    """Takes orders one by one and writes them in batches, with one writer for this process."""

    def __init__(
        self,
        database: Database,
        desk: Desk,
        clock: Clock,
        limits: BatchLimits | None = None,
        deliver: Callable[[Sequence[Settled[Answered]]], None] = settle,
    ) -> None:
        self._database = database
        self._desk = desk
        self._clock = clock
        self._writer = Writer(database)
        self._remembered: set[str] = set()
        self._batcher: Batcher[Entering, Answered] = Batcher(self.write, limits, deliver, is_away)

    def start(self) -> None:
        self._batcher.start()

    def close(self) -> None:
        """Answer all that has been taken, then stop."""
        self._batcher.close()
        self._writer.close()

    def submit(self, asked: Asked, answer: Promise[Answered]) -> None:
        """Take an order in; its answer comes to the promise."""
        self._batcher.put(self.enter(asked), answer)

    def enter(self, asked: Asked) -> Entering:
        """The order as it goes into a batch.

        What is refused by now may have been accepted under the same key before, when a promise
        still held or an item was still listed: only the batch knows, and answers that again.
        """
        try:
            return self.prepare(asked)
        except Refusal as refusal:
            return TurnedAway(key=asked.key, by=asked.by, refusal=refusal)

    def submit_hold(self, asked: AskedHold, answer: Promise[Answered]) -> None:
        """Take a hold in; its answer comes to the promise."""
        entering: Entering
        try:
            entering = keep(self._desk, asked, self._clock())
        except Refusal as refusal:
            entering = TurnedAway(key=asked.key, by=asked.by, refusal=refusal)
        self._batcher.put(entering, answer)

    def submit_release(self, releasing: Releasing, answer: Promise[Answered]) -> None:
        """Take in that a hold is not wanted any more."""
        self._batcher.put(releasing, answer)

    def prepare(self, asked: Asked) -> Placement:
        """The order checked and planned on the snapshot: what can be done outside the batch."""
        snapshot = self._desk.snapshot()
        now = self._clock()
        shelf = snapshot_shelf(snapshot, now)
        drafted = draft(asked.request, snapshot, shelf, self._desk.new_id)
        drafted = pledge(self._desk, drafted, shelf, now)
        wish = Wish(
            channel=snapshot.network.channels[asked.request.channel],
            needs=drafted.needs,
            whole=asked.request.on_shortage == OnShortage.REFUSE,
            now=now,
            seconds_max=LARGE_SECONDS_MAX,
        )
        placement = Placement(draft=drafted, key=asked.key, by=asked.by, plan=None)
        held = self._held(placement, now) if asked.hold_ids else ()
        return replace(placement, plan=plan_with(snapshot, shelf, wish, held))

    def _held(self, placement: Placement, now: datetime) -> Plan:
        """What its holds keep for it; the batch looks again."""
        holds = self._database.read(lambda tx: list_named(tx, [placement]))
        return standing_of(placement, holds, now)

    def write(self, batch: Sequence[Entering]) -> list[Outcome]:
        """One transaction for a batch; callable without a thread, so a simulator can drive it."""
        now = self._clock()
        self._remember(batch)
        return self._writer.transact(lambda tx: place(tx, self._desk, batch, now))

    def _remember(self, batch: Sequence[Entering]) -> None:
        """Keep the lists that decisions point into, once for each; seldom is one new."""
        lists = {
            part.record.candidates.digest: part.record.candidates
            for each in batch
            if isinstance(each, Placement)
            for part in each.plan or ()
        }
        new = lists.keys() - self._remembered
        if new:
            self._writer.transact(lambda tx: remember(tx, [lists[each] for each in new]))
            self._remembered |= new

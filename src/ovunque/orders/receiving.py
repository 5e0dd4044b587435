"""The door through which every order enters: drafted, planned, and decided with its neighbors."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import structlog

from ovunque.access.model import Actor
from ovunque.fulfillment.rules.keeping_back import hold_faults
from ovunque.kernel.freezing import frozen
from ovunque.kernel.refusal import Refusal
from ovunque.orders.drafting import HomeUnits, Placement, TurnedAway, draft, home_units
from ovunque.orders.holding import AskedHold, Entering, Releasing, list_named, standing_of
from ovunque.orders.holding import prepare as keep
from ovunque.orders.model import Draft, OnShortage, OrderRequest
from ovunque.orders.placing import Answered, Outcome, place, plan_with
from ovunque.orders.pledging import pledge
from ovunque.orders.ports import Desk
from ovunque.platform import tracing
from ovunque.platform.batching import Again, Batcher, BatchLimits, Promise, Settled, settle
from ovunque.platform.clock import Clock
from ovunque.platform.database import Database, Tx, Writer, is_away
from ovunque.platform.idempotency import Key
from ovunque.sourcing.batching import plan_all
from ovunque.sourcing.explaining import remember
from ovunque.sourcing.planning import Shelf, Wish, snapshot_shelf
from ovunque.sourcing.snapshot import Snapshot

HANDFUL = 32  # Orders planned at once, and so written together; more keep others waiting too long.
LARGE_SECONDS_MAX = 0.3  # For the plan of an order with more than a dozen items.


log = structlog.get_logger()


@frozen
class Asked:
    """An order as a client asks for it, under the client's key."""

    request: OrderRequest
    key: Key
    by: Actor

    @property
    def hold_ids(self) -> list[UUID]:
        """The holds that it takes over: they are read from the database first."""
        return [each.hold for each in self.request.deliveries if each.hold is not None]


Gathered = tuple[Asked, "asyncio.Future[Answered]", str]  # With its place in a trace.


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
        self._gathered: list[Gathered] = []
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

    def gather(self, asked: Asked, answer: "asyncio.Future[Answered]") -> None:
        """Take an order in with all that arrive in the same turn of the promise's event loop.

        They are checked and planned together, which costs each of them half. What `submit` would
        raise comes to the promise.
        """
        self._gathered.append((asked, answer, tracing.here()))
        if len(self._gathered) == 1:
            answer.get_loop().call_soon(self._enter_gathered)

    def _enter_gathered(self) -> None:
        """A handful at a time: the batch before is written meanwhile, others have their turn."""
        together, self._gathered = self._gathered[:HANDFUL], self._gathered[HANDFUL:]
        if self._gathered:
            self._gathered[0][1].get_loop().call_soon(self._enter_gathered)
        try:
            entering = self.enter_all([asked for asked, _, _ in together])
        except Exception as error:
            self._enter_apart(together, error)
        else:
            answers = [(answer, trace) for _, answer, trace in together]
            self._batcher.put_all(
                [(each, *found) for each, found in zip(entering, answers, strict=True)]
            )

    def _enter_apart(self, together: Sequence[Gathered], error: Exception) -> None:
        """One of them is at fault: the others do not notice."""
        log.error("intake.apart", size=len(together), error=repr(error), exc_info=error)
        for asked, answer, _ in together:
            try:
                self.submit(asked, answer)
            except Exception as fault:
                settle([(answer, fault)])

    def enter(self, asked: Asked) -> Entering:
        """The order as it goes into a batch.

        What is refused by now may have been accepted under the same key before, when a promise
        still held or an item was still listed: only the batch knows, and answers that again.
        """
        (entering,) = self.enter_all([asked])
        return entering

    def enter_all(self, asked: Sequence[Asked]) -> list[Entering]:
        """The same for several orders, checked and planned together on one look at the stock."""
        snapshot, now = self._desk.snapshot(), self._clock()
        parts = snapshot.catalog.stocked(_skus(asked))
        shelf = snapshot_shelf(snapshot, now, parts)
        home = home_units({each.request.channel for each in asked}, parts, snapshot, shelf)
        drafts = [self._draft(each, shelf, home, now) for each in asked]
        free = {
            nth: _wish(drafted, snapshot, now)
            for nth, drafted in enumerate(drafts)
            if isinstance(drafted, Draft) and not asked[nth].hold_ids
        }
        plans = dict(zip(free, plan_all(snapshot, shelf, [*free.values()]), strict=True))
        return [
            TurnedAway(key=each.key, by=each.by, refusal=drafted)
            if isinstance(drafted, Refusal)
            else Placement(draft=drafted, key=each.key, by=each.by, plan=plans[nth])
            if nth in plans
            else self._enter_with_holds(each, drafted, shelf, now)
            for nth, (each, drafted) in enumerate(zip(asked, drafts, strict=True))
        ]

    def submit_hold(self, asked: AskedHold, answer: Promise[Answered]) -> None:
        """Take a hold in; its answer comes to the promise."""
        self._batcher.put(self.enter_hold(asked), answer)

    def enter_hold(self, asked: AskedHold) -> Entering:
        """The hold as it goes into a batch, which may know another answer to its key."""
        try:
            return keep(self._desk, asked, self._clock())
        except Refusal as refusal:
            return TurnedAway(key=asked.key, by=asked.by, refusal=refusal)

    def submit_release(self, releasing: Releasing, answer: Promise[Answered]) -> None:
        """Take in that a hold is not wanted any more."""
        self._batcher.put(releasing, answer)

    def _draft(self, asked: Asked, shelf: Shelf, home: HomeUnits, now: datetime) -> Draft | Refusal:
        """The order checked, or all that is wrong with it."""
        try:
            request = asked.request
            faults = tuple(hold_faults(request.holds, now)) if request.holds else ()
            if faults:
                raise Refusal("invalid", errors=faults, detail=faults[0].detail)
            drafted = draft(request, self._desk.snapshot(), shelf, self._desk.new_id, home)
            return pledge(self._desk, asked.by, drafted, shelf, now)
        except Refusal as refusal:
            return refusal

    def _enter_with_holds(
        self, asked: Asked, drafted: Draft, shelf: Shelf, now: datetime
    ) -> Entering:
        """Planned out of what its holds keep for it; the batch looks again."""
        snapshot = self._desk.snapshot()
        placement = Placement(draft=drafted, key=asked.key, by=asked.by, plan=None)
        try:
            holds = self._database.read(lambda tx: list_named(tx, [placement]))
        except Refusal as refusal:
            return TurnedAway(key=asked.key, by=asked.by, refusal=refusal)
        held = standing_of(placement, holds, now)
        wish = _wish(drafted, snapshot, now)
        return replace(placement, plan=plan_with(snapshot, shelf, wish, held))

    def write(self, batch: Sequence[Entering]) -> list[Outcome]:
        """One transaction for a batch; callable without a thread, so a simulator can drive it."""
        now = self._clock()
        self._remember(batch, self._writer.transact)
        return self._writer.transact(lambda tx: place(tx, self._desk, batch, now))

    @property
    def snapshot(self) -> Snapshot:
        """What orders are checked and planned on."""
        return self._desk.snapshot()

    def place_within(self, tx: Tx, asked: Sequence[Asked], now: datetime) -> list[Answered]:
        """Decided as ever, in the transaction of whoever brings them many at a time."""
        waiting = dict(enumerate(self.enter_all(asked)))
        answered: dict[int, Answered] = {}
        while waiting:
            self._remember([*waiting.values()], self._database.transact)
            outcomes = place(tx, self._desk, [*waiting.values()], now)
            decided = dict(zip([*waiting], outcomes, strict=True))
            waiting = {nth: each.ask for nth, each in decided.items() if isinstance(each, Again)}
            answered |= {nth: e for nth, e in decided.items() if isinstance(e, Answered)}
        return [answered[nth] for nth in range(len(asked))]

    def _remember(
        self, batch: Sequence[Entering], transact: Callable[[Callable[[Tx], None]], None]
    ) -> None:
        """Keep the lists that decisions point into, once for each; seldom is one new."""
        lists = {
            part.record.candidates.digest: part.record.candidates
            for each in batch
            if isinstance(each, Placement)
            for part in each.plan or ()
        }
        new = lists.keys() - self._remembered
        if new:
            transact(lambda tx: remember(tx, [lists[each] for each in new]))
            self._remembered |= new


def _skus(asked: Iterable[Asked]) -> set[str]:
    return {line.sku for each in asked for line in each.request.lines}


def _wish(drafted: Draft, snapshot: Snapshot, now: datetime) -> Wish:
    """What an order asks of sourcing, with some time to think where it is a large one."""
    return Wish(
        channel=snapshot.network.channels[drafted.request.channel],
        needs=drafted.needs,
        whole=drafted.request.on_shortage == OnShortage.REFUSE,
        now=now,
        seconds_max=LARGE_SECONDS_MAX,
        value_cents=drafted.request.value_cents,
        order_id=drafted.id,
    )

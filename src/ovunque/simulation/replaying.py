"""Orders of a time replayed against strategies, each on its own stock, in the order they came.

Nothing is written, and chance has no part: the same orders on the same stock give the same figures
to the cent. The stock at the beginning is what lies there with what these orders took put back,
and what came meanwhile taken away: it comes again at its time.
"""

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import numpy as np

from ovunque.delivery.rules.arrival import minutes_of
from ovunque.sourcing.glancing import Glance
from ovunque.sourcing.model import DeliveryNeed
from ovunque.sourcing.outlining import Outcome, outline
from ovunque.sourcing.planning import Shelf, Wish
from ovunque.sourcing.snapshot import Snapshot
from ovunque.sourcing.steering import Steering

FIRST = 50  # Orders after which the first figures are told.
CHUNK = 500
CHANGED_MAX = 10_000  # Orders whose plans differ, kept by name; all are counted.


@dataclass(frozen=True, slots=True, kw_only=True)
class PastOrder:
    """An order as it came: one wish for each of its deliveries is planned anew."""

    reference: str
    at: datetime
    channel: str
    needs: tuple[DeliveryNeed, ...]
    value_cents: int
    promised_by: datetime | None = None
    came: tuple[tuple[str, int, int], ...] = ()  # Since the order before: sku, position, units.


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """What is tried: the strategies that would count."""

    name: str
    steering: Steering


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """An order that an arm serves from other locations than the first arm does."""

    reference: str
    arm: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    cents: int  # By how much it costs more.
    grams: int
    minutes: int


@dataclass(slots=True, kw_only=True)
class Figures:
    """What became of the orders so far, by one arm."""

    name: str
    orders: int = 0
    unfillable: int = 0  # Orders of which something was served by nobody.
    unfilled_units: int = 0
    cents: int = 0
    grams: int = 0
    parcels: int = 0
    split: int = 0  # Orders in more than one parcel.
    promised: int = 0
    kept: int = 0
    changed: int = 0
    lead_minutes: list[int] = field(default_factory=list)
    load: Counter[str] = field(default_factory=Counter)  # Parcels by location.
    steps: Counter[str] = field(default_factory=Counter)  # Deliveries by strategy and step.

    def lead(self, percent: int) -> int:
        """Minutes from the order to its last parcel that so many percent of orders take."""
        if not self.lead_minutes:
            return 0
        return int(np.percentile(np.array(self.lead_minutes), percent, method="higher"))


@dataclass(slots=True, kw_only=True)
class Replay:
    """The state of a replay: figures by arm, and the orders that change."""

    total: int
    done: int = 0
    figures: list[Figures] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)


Served = list[tuple[Outcome, ...]]  # Of a chunk of orders, delivery by delivery.
Stream = Iterator[Served]
Run = Callable[[Callable[[], Stream]], Stream]


def replay(
    snapshot: Snapshot,
    orders: Sequence[PastOrder],
    arms: Sequence[Arm],
    shelf: Shelf,
    run: Run = lambda make: make(),
) -> Generator[Replay, None, None]:
    """The figures so far, soon and then every so often; the last ones are of all orders.

    Each arm serves the orders by itself: `run` may give each a process of its own.
    """
    state = Replay(total=len(orders), figures=[Figures(name=each.name) for each in arms])
    ordered = sorted(orders, key=lambda each: (each.at, each.reference))
    if ordered:  # What is built at first sight is built once, not in each process.
        serve(snapshot, ordered[0], Glance(snapshot, arms[0].steering), shelf.apart())
    streams = [run(partial(serve_all, snapshot, ordered, arm.steering, shelf)) for arm in arms]
    for chunk, *served in zip(chunks(ordered), *streams, strict=True):
        for figures, found in zip(state.figures, served, strict=True):
            _count_chunk(snapshot, state, figures, chunk, (served[0], found))
        state.done += len(chunk)
        yield state
    if not ordered:
        yield state


def _count_chunk(
    snapshot: Snapshot,
    state: Replay,
    figures: Figures,
    chunk: Sequence[PastOrder],
    served: tuple[Served, Served],
) -> None:
    """One arm's figures, and which orders it serves from elsewhere than the first arm."""
    for order, first, found in zip(chunk, *served, strict=True):
        count(snapshot, figures, order, found)
        if places(found) == places(first):
            continue
        figures.changed += 1
        if len(state.changed) < CHANGED_MAX:
            state.changed.append(_changed(snapshot, order, figures.name, first, found))


def chunks(ordered: Sequence[PastOrder]) -> Iterator[Sequence[PastOrder]]:
    """A few orders first, so that there is soon something to see."""
    start = 0
    while start < len(ordered):
        size = FIRST if start == 0 else CHUNK
        yield ordered[start : start + size]
        start += size


def serve_all(
    snapshot: Snapshot, ordered: Sequence[PastOrder], steering: Steering, shelf: Shelf
) -> Stream:
    """The orders one after the other, each on what those before it left."""
    mine, glance = shelf.apart(), Glance(snapshot, steering)
    for chunk in chunks(ordered):
        yield [serve(snapshot, order, glance, mine) for order in chunk]


def serve(
    snapshot: Snapshot, order: PastOrder, glance: Glance, shelf: Shelf
) -> tuple[Outcome, ...]:
    """How an order would be served, and its units taken off the shelf."""
    shelf.turn(order.came)
    wish = Wish(
        channel=snapshot.network.channels[order.channel],
        needs=order.needs,
        whole=False,
        now=order.at,
        value_cents=order.value_cents,
        steering=glance.steering,
    )
    found = []
    for need in order.needs:
        outcome = glance.outline(shelf, wish, need) or outline(snapshot, shelf, wish, need)
        shelf.take_units(outcome.units)
        found.append(outcome)
    return tuple(found)


def count(snapshot: Snapshot, figures: Figures, order: PastOrder, found: Sequence[Outcome]) -> None:
    figures.orders += 1
    unmet = sum(each.unmet for each in found)
    figures.unfillable += unmet > 0
    figures.unfilled_units += unmet
    parcels = sum(len(each.places) for each in found)
    figures.parcels += parcels
    figures.split += parcels > len(order.needs)
    figures.cents += sum(each.cents for each in found)
    figures.grams += sum(each.grams for each in found)
    locations = snapshot.network.locations
    for outcome in found:
        figures.load.update(locations[place].code for place in outcome.places)
        figures.steps[outcome.rule] += 1
    if parcels:
        arrives = max(each.arrives for each in found if each.places)
        figures.lead_minutes.append(arrives - minutes_of(order.at))
        if order.promised_by is not None:
            figures.promised += 1
            figures.kept += not unmet and arrives <= minutes_of(order.promised_by)
    elif order.promised_by is not None:
        figures.promised += 1


def places(found: Sequence[Outcome]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(sorted(each.places)) for each in found)


def _changed(
    snapshot: Snapshot,
    order: PastOrder,
    arm: str,
    before: Sequence[Outcome],
    after: Sequence[Outcome],
) -> Changed:
    locations = snapshot.network.locations

    def codes(found: Sequence[Outcome]) -> tuple[str, ...]:
        return tuple(sorted(locations[at].code for each in found for at in each.places))

    def last(found: Sequence[Outcome]) -> int:
        return max((each.arrives for each in found if each.places), default=0)

    both = bool(codes(before)) and bool(codes(after))
    return Changed(
        reference=order.reference,
        arm=arm,
        before=codes(before),
        after=codes(after),
        cents=sum(each.cents for each in after) - sum(each.cents for each in before),
        grams=sum(each.grams for each in after) - sum(each.grams for each in before),
        minutes=last(after) - last(before) if both else 0,
    )

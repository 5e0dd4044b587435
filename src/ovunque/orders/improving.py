"""What nobody picks yet is planned again together, and moves where that is better for the house.

Never dearer than what it replaces and never later than promised; seldom enough for an order and for
a store's list. What belongs together moves in one claim: all of it, or nothing.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ovunque.access.model import SYSTEM, Actor
from ovunque.fulfillment import improving as work_improving
from ovunque.fulfillment.model import Fulfillment, WithdrawReason
from ovunque.fulfillment.withdrawing import take_away
from ovunque.kernel.ids import NewId
from ovunque.orders import replanning, resourcing, rules
from ovunque.orders.listing import list_by_id
from ovunque.orders.model import Order
from ovunque.orders.replanning import Hope, Waiting, World
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.sourcing.improving import Better, Standing, improve_plans
from ovunque.sourcing.model import Promised, PromisedParcel, SourcingPlan
from ovunque.sourcing.rules.together import prepare
from ovunque.sourcing.snapshot import Snapshot
from ovunque.stock import events as stock_events
from ovunque.stock.claiming import claim
from ovunque.stock.model import Move, Taken

SECONDS_MAX = 0.5  # The timelines of the batch are held meanwhile.
ORDERS_MAX = 60
MOVES_MAX = 2  # Of an order.
CHANGES_MAX = 10  # Of a location's list within an hour.


@dataclass(frozen=True, slots=True, kw_only=True)
class ImproveRequest:
    """Orders that may move, and what is known of the world."""

    order_ids: Sequence[UUID]
    snapshot: Snapshot
    new_id: NewId


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Orders that move together."""

    hopes: tuple[Hope, ...]

    @property
    def works(self) -> tuple[Fulfillment, ...]:
        return tuple(work for hope in self.hopes for work in hope.waiting.works)

    def move(self) -> Move:
        return Move(
            gives=tuple(each for hope in self.hopes for each in hope.waiting.reservations),
            plans=(tuple(each for hope in self.hopes for each in hope.reservations),),
        )


def list_due(tx: Tx, now: datetime, limit: int) -> tuple[UUID, ...]:
    """Orders with work that nobody picks yet."""
    return work_improving.list_due(tx, now, min(limit, ORDERS_MAX))


def improver(
    snapshot: Callable[[], Snapshot], new_id: NewId
) -> Callable[[Tx, Sequence[UUID], datetime], int]:
    """The same by nobody but the house, on what is known whenever it runs."""
    prepare()

    def work(tx: Tx, order_ids: Sequence[UUID], now: datetime) -> int:
        request = ImproveRequest(order_ids=order_ids, snapshot=snapshot(), new_id=new_id)
        return improve(tx, SYSTEM, request, now)

    return work


def improve(tx: Tx, by: Actor, request: ImproveRequest, now: datetime) -> int:
    """Move what is better elsewhere; returns how many orders moved."""
    journal.lock(tx, request.order_ids)
    work_improving.note_looked_at(tx, request.order_ids, now)
    moves = work_improving.count_moves(tx, request.order_ids)
    waiting = [
        found
        for order in list_by_id(tx, request.order_ids)
        if moves.get(order.id, 0) < MOVES_MAX and (found := _movable(order, now)) is not None
    ]
    if not waiting:
        return 0
    world = replanning.world_of(tx, request.snapshot, waiting, now)
    groups = [*_within_limits(tx, _groups(waiting, world, request.new_id, now), now)]
    claimed = claim(tx, [each.move() for each in groups], now)
    outcomes = zip(groups, claimed.outcomes, strict=True)
    done = [group for group, outcome in outcomes if isinstance(outcome, Taken)]
    if not done:
        return 0
    works = [work for group in done for work in group.works]
    facts = take_away(tx, by, (works, WithdrawReason.REROUTE), now)
    hopes = [hope for group in done for hope in group.hopes]
    facts += resourcing.write(tx, hopes, now)
    work_improving.note_rerouted(tx, works, now)
    facts += stock_events.claimed(claimed.levels, claimed.expired)
    journal.record(tx, facts, by=by.name, at=now)
    return len(hopes)


def _movable(order: Order, now: datetime) -> Waiting | None:
    """The work of an order, if nobody has touched any of it and it is one delivery."""
    live = tuple(work for work in order.fulfillments if work.replaced_at is None)
    is_movable = all(work_improving.is_movable(work) for work in live)
    if not live or not is_movable or len({work.delivery for work in live}) > 1:
        return None
    if not all(work.arrives_at is not None and work.arrives_at > now for work in live):
        return None
    return Waiting(order=order, works=live, wants=rules.wants(order, live))


def _groups(waiting: Sequence[Waiting], world: World, new_id: NewId, now: datetime) -> list[Group]:
    """What is better, as it would be written."""
    positions = world.snapshot.network.position_of
    if not all(w.location_id in positions for each in waiting for w in each.works):
        return []
    shelf = world.shelf.with_units(
        (line.sku, positions[work.location_id], line.quantity)
        for each in waiting
        for work in each.works
        for line in work.lines
    )
    standing = [_standing(each, world, now) for each in waiting]
    found = improve_plans(world.snapshot, shelf, standing, SECONDS_MAX)
    return [
        Group(hopes=tuple(_hopes(better, waiting, standing, new_id, now)))
        for better in found
        if len({waiting[nth].order.channel_id for nth, _, _ in better.plans}) == 1
    ]


def _standing(waiting: Waiting, world: World, now: datetime) -> Standing:
    """The delivery as it is planned. Who was promised nothing waits no longer than now."""
    wish = replanning.wish_of(waiting, world, now)
    (need,) = wish.needs
    last = max(work.arrives_at for work in waiting.works if work.arrives_at is not None)
    promised = Promised(
        arrive_by=need.promised.arrive_by if need.promised else last,
        parcels=tuple(
            PromisedParcel(
                location_id=work.location_id,
                carrier_service_id=work.carrier_service_id,
                units=tuple(sorted(_units(work).items())),
            )
            for work in waiting.works
        ),
    )
    return Standing(wish=wish, need=replace(need, promised=None), promised=promised)


def _units(work: Fulfillment) -> Counter[str]:
    units: Counter[str] = Counter()
    for line in work.lines:
        units[line.sku] += line.quantity
    return units


def _hopes(
    better: Better,
    waiting: Sequence[Waiting],
    standing: Sequence[Standing],
    new_id: NewId,
    now: datetime,
) -> list[Hope]:
    return [
        Hope(
            waiting=waiting[nth],
            plans=(after,),
            works=tuple(replanning.new_work(waiting[nth], (after,), new_id, now)),
            given_up={},
            excluded=standing[nth].wish.excluded,
            instead=_told(before),
        )
        for nth, before, after in better.plans
    ]


def _told(before: SourcingPlan) -> Mapping[str, object]:
    """What it was planned as, as that would cost today."""
    return {
        "cost_cents": before.cost_cents,
        "emissions_g": before.emissions_g,
        "beside_cents": sum(before.record.beside[: len(before.shipments)]),
        "locations": [str(each.location_id) for each in before.shipments],
        "arrives_at": max(each.arrives_at for each in before.shipments).isoformat(),
    }


def _within_limits(tx: Tx, groups: Sequence[Group], now: datetime) -> list[Group]:
    """No more changes to a location's list than its people can live with."""
    changes = Counter(work_improving.count_changes(tx, now))
    kept = []
    for group in groups:
        more = Counter(work.location_id for work in group.works)
        if all(changes[at] + count <= CHANGES_MAX for at, count in more.items()):
            changes += more
            kept.append(group)
    return kept

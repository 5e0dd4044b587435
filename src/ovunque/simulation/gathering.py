"""Orders to replay: those of the last days as they came, those of a file, or some by a seed."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

import msgspec

from ovunque.customers.listing import list_contacts
from ovunque.customers.model import Contact
from ovunque.fulfillment.model import FulfillmentState
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.orders.listing import list_orders
from ovunque.orders.model import Order
from ovunque.orders.replanning import destination_of
from ovunque.platform.database import Tx
from ovunque.simulation.model import FileOrder
from ovunque.simulation.replaying import PastOrder
from ovunque.sourcing.model import DeliveryNeed, Destination, Promised
from ovunque.sourcing.snapshot import Snapshot
from ovunque.sourcing.trying import demands_of
from ovunque.stock.recalling import Turn, list_turns

PAGE = 500
TODAY = ("stock_of_today", "work_of_today", "rules_of_today")  # Where only orders are told.
ORDERS_MAX = 200_000
FREED = frozenset(
    {FulfillmentState.REJECTED, FulfillmentState.WITHDRAWN, FulfillmentState.CANCELED}
)
LINES = ((1, 75), (2, 18), (3, 7))  # Of a hundred orders, so many have so many lines.
PROMISED_DAYS = (2, 4)

Units = Counter[tuple[str, int]]  # By sku and position.


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Orders, and the units that they took: what lay there before them."""

    orders: tuple[PastOrder, ...]
    put_back: Units = field(default_factory=Counter)
    gaps: tuple[str, ...] = ()  # What could not be had as it was then.


def gather(tx: Tx, snapshot: Snapshot, since: datetime, orders_max: int = ORDERS_MAX) -> Past:
    """The orders that were placed since then, as they came."""
    found: list[PastOrder] = []
    put_back: Units = Counter()
    unknown = 0
    before: UUID | None = None
    while len(found) < orders_max:
        page = list_orders(tx, channel_id=None, status=None, before=before, limit=PAGE)
        recent = [each for each in page if each.placed_at >= since]
        ids = {each.contact_id for order in recent for each in order.deliveries if each.contact_id}
        contacts = list_contacts(tx, ids)
        for order in recent[: orders_max - len(found)]:
            past = past_of(snapshot, order, contacts)
            if past is None:
                unknown += 1
                continue
            found.append(past)
            put_back.update(taken_by(snapshot, order))
        if len(recent) < PAGE:
            break
        before = page[-1].id
    first = min((each.at for each in found), default=since)
    turns = turns_of(snapshot, list_turns(tx, first))
    for _, sku, at, units in turns:
        put_back[sku, at] -= units
    gaps = ["counts_left_out", "work_of_today", "rules_of_today"]
    gaps += ["orders_unknown"] if unknown else []
    return Past(orders=with_turns(found, turns), put_back=put_back, gaps=tuple(gaps))


def turns_of(snapshot: Snapshot, turns: Iterable[Turn]) -> list[tuple[datetime, str, int, int]]:
    """What came and went, by positions; of items and places that are still known."""
    positions, items = snapshot.network.position_of, snapshot.catalog.items
    return [
        (at, sku, positions[place], units)
        for at, sku, place, units in turns
        if place in positions and sku in items
    ]


def with_turns(
    found: Iterable[PastOrder], turns: Sequence[tuple[datetime, str, int, int]]
) -> tuple[PastOrder, ...]:
    """The orders as they came, each with what came since the one before."""
    ordered, nth = [], 0
    for order in sorted(found, key=lambda each: (each.at, each.reference)):
        begin = nth
        while nth < len(turns) and turns[nth][0] <= order.at:
            nth += 1
        came = tuple((sku, at, units) for _, sku, at, units in turns[begin:nth])
        ordered.append(replace(order, came=came) if came else order)
    return tuple(ordered)


def past_of(snapshot: Snapshot, order: Order, contacts: dict[UUID, Contact]) -> PastOrder | None:
    """An order as it came; none if its channel or an item is not known any more."""
    channels = {each.channel.id: code for code, each in snapshot.network.channels.items()}
    known = snapshot.catalog.items
    if order.channel_id not in channels or any(line.sku not in known for line in order.lines):
        return None
    promised = {each.delivery: each.latest for each in order.promises}
    needs = []
    for nth in range(len(order.deliveries)):
        lines = [(line.sku, line.ordered) for line in order.lines if line.delivery == nth]
        if lines:
            needs.append(
                need_of(snapshot, lines, destination_of(order, nth, contacts), promised.get(nth))
            )
    return PastOrder(
        reference=order.number,
        at=order.placed_at,
        channel=channels[order.channel_id],
        needs=tuple(needs),
        value_cents=order.value_cents,
        promised_by=max(promised.values(), default=None),
    )


def need_of(
    snapshot: Snapshot,
    lines: Sequence[tuple[str, int]],
    destination: Destination,
    promised_by: datetime | None,
) -> DeliveryNeed:
    return DeliveryNeed(
        destination=destination,
        demands=tuple(demands_of(snapshot, lines)),
        promised=Promised(arrive_by=promised_by, binding=False) if promised_by else None,
    )


def taken_by(snapshot: Snapshot, order: Order) -> Iterable[tuple[str, int]]:
    """Each unit that an order's work took, by sku and position."""
    positions = snapshot.network.position_of
    for work in order.fulfillments:
        if work.state not in FREED and work.replaced_at is None:
            for line in work.lines:
                yield from [(line.sku, positions[work.location_id])] * line.quantity


def read_orders(snapshot: Snapshot, lines: Iterable[bytes]) -> Iterator[PastOrder]:
    """The orders of a file; refused with the line that is wrong."""
    for nth, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            told = msgspec.json.decode(line, type=FileOrder)
        except msgspec.DecodeError as error:
            raise wrong(nth, str(error)) from None
        yield order_of(snapshot, nth, told)


def orders_of(snapshot: Snapshot, told: Iterable[FileOrder]) -> Iterator[PastOrder]:
    """The same of orders that were read already."""
    return (order_of(snapshot, nth, each) for nth, each in enumerate(told, 1))


def order_of(snapshot: Snapshot, nth: int, told: FileOrder) -> PastOrder:
    known = told.channel in snapshot.network.channels and told.at.tzinfo is not None
    if not known or not told.lines or nth > ORDERS_MAX:
        raise wrong(nth, "its channel, time or lines are not as they should be")
    skus = [(each.sku, each.quantity) for each in told.lines]
    if any(sku not in snapshot.catalog.items or units < 1 for sku, units in skus):
        raise wrong(nth, "it names an item that is not known, or no units")
    destination = Destination(
        service=told.service, country=told.country, postal_code=told.postal_code
    )
    return PastOrder(
        reference=told.id,
        at=told.at,
        channel=told.channel,
        needs=(need_of(snapshot, skus, destination, told.promised_by),),
        value_cents=told.value,
        promised_by=told.promised_by,
    )


def wrong(nth: int, detail: str) -> Refusal:
    fault = Fault(f"/{nth}", "malformed", detail[:200])
    return Refusal("invalid", errors=(fault,), detail=f"line {nth}: {detail[:200]}.")


def generate(snapshot: Snapshot, count: int, seed: int, until: datetime) -> Iterator[PastOrder]:
    """Orders that could have come: the same seed, the same orders.

    Spread over thirty days; few items are asked for often; each goes to a town of ours.
    """
    chance = Random(seed)  # noqa: S311 - the same every time is what is wanted
    channel = next(iter(sorted(snapshot.network.channels)), None)
    skus = sorted(sku for sku, item in snapshot.catalog.items.items() if not item.components)
    towns = [each for _, each in sorted(snapshot.network.by_code.items())]
    if channel is None or not skus or not towns:
        raise Refusal("invalid", detail="there is no channel, item or location to order from.")
    chance.shuffle(skus)
    ranks = [1 / (rank + 3) ** 0.8 for rank in range(len(skus))]
    numbers, weights = zip(*LINES, strict=True)
    minutes = sorted(chance.randrange(30 * 1_440) for _ in range(count))
    for nth, before in enumerate(minutes):
        at = until - timedelta(days=30) + timedelta(minutes=before)
        lines = chance.choices(numbers, weights)[0]
        cart = dict.fromkeys(chance.choices(skus, ranks, k=lines), 1)
        town = chance.choice(towns)
        promised = at + timedelta(days=chance.randint(*PROMISED_DAYS))
        destination = Destination(
            service="home",
            country=town.country,
            postal_code=town.postal_code,
            at_e6=(town.latitude_e6, town.longitude_e6),
        )
        yield PastOrder(
            reference=f"G-{nth + 1:06}",
            at=at,
            channel=channel,
            needs=(need_of(snapshot, [*cart.items()], destination, promised),),
            value_cents=chance.randrange(1_000, 30_000),
            promised_by=promised,
        )

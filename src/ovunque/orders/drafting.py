"""Checks an order against channels, items and places before it may enter a batch.

What can be refused outside must never reach the transaction: one bad order in a batch makes
the whole batch start again.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.catalog.snapshot import CatalogView
from ovunque.customers.model import ContactRequest
from ovunque.customers.rules import recognizable
from ovunque.kernel.freezing import frozen
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.network.snapshot import ChannelView
from ovunque.orders.model import (
    DeliveryRequest,
    Draft,
    DraftLine,
    LineRequest,
    OnShortage,
    OrderRequest,
)
from ovunque.platform.idempotency import Key
from ovunque.sourcing.model import DeliveryNeed, Demand, Destination, SourcingPlan
from ovunque.sourcing.planning import Shelf
from ovunque.sourcing.snapshot import Snapshot

UNKNOWN_WEIGHT_G = 1_000  # Of an item sold elsewhere that we do not know: it is not shipped yet.


@frozen
class Placement:
    """A draft on its way into a batch, with the plan it hopes for: one part a delivery."""

    draft: Draft
    key: Key
    by: Actor
    plan: tuple[SourcingPlan, ...] | None  # None: none was seen; the truth decides.
    passed_over: int = 0  # plans that were gone when their turn came


@frozen
class TurnedAway:
    """An order refused at the door. It enters the batch all the same: its key may be answered."""

    key: Key
    by: Actor
    refusal: Refusal

    @property
    def is_kept(self) -> bool:
        """Whether this is its key's answer for good; what is unknown now may be known tomorrow."""
        return self.refusal.code != "invalid"


HomeUnits = Mapping[tuple[str, str], int]  # By channel and item.


def home_units(requests: Iterable[OrderRequest], snapshot: Snapshot, shelf: Shelf) -> HomeUnits:
    """What the home pool of each channel has of all that is ordered there."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for request in requests:
        wanted[request.channel].update([line.sku for line in request.lines])
    units: dict[tuple[str, str], int] = {}
    for code, skus in wanted.items():
        channel = snapshot.network.channels.get(code)
        if channel is not None:
            parts = snapshot.catalog.stocked(skus)
            found = shelf.totals(parts, channel, channel.home_pool)
            units |= {(code, sku): total for sku, total in zip(parts, found, strict=True)}
    return units


def draft(
    request: OrderRequest,
    snapshot: Snapshot,
    shelf: Shelf,
    new_id: NewId,
    home: HomeUnits | None = None,
) -> Draft:
    """The order with its ids and its needs; refused with all that is wrong at once.

    Who drafts many asks for the home pools' units of all of them before.
    """
    channel = snapshot.network.channels.get(request.channel)
    if channel is None:
        raise _invalid([Fault("/channel", "unknown_reference", "There is no such channel.")])
    faults = [*faults_of(request, channel, snapshot)]
    if faults:
        raise _invalid(faults)
    home = home_units([request], snapshot, shelf) if home is None else home
    lines = tuple(
        DraftLine(
            id=new_id(),
            nth=nth,
            request=line,
            home_available=home_available(line.sku, request.channel, snapshot.catalog, home),
        )
        for nth, line in enumerate(request.lines)
    )
    return Draft(
        id=new_id(),
        request=request,
        channel_id=channel.channel.id,
        lines=lines,
        needs=tuple(
            DeliveryNeed(
                destination=_destination(delivery, snapshot),
                demands=_demands(lines, nth, snapshot.catalog),
            )
            for nth, delivery in enumerate(request.deliveries)
        ),
    )


def _invalid(faults: Sequence[Fault]) -> Refusal:
    return Refusal("invalid", errors=tuple(faults), detail=faults[0].detail)


def faults_of(request: OrderRequest, channel: ChannelView, snapshot: Snapshot) -> Iterator[Fault]:
    """All that is wrong with an order, whatever the stock."""
    if request.currency != channel.channel.currency:
        detail = f"Channel {request.channel} sells in {channel.channel.currency}."
        yield Fault("/lines/0/unit_price/currency", "wrong_currency", detail)
    for fault in recognizable(request.customer):
        yield Fault(f"/customer{fault.pointer}", fault.code, fault.detail)
    for nth, line in enumerate(request.lines):
        yield from _line_faults(f"/lines/{nth}", line, request, channel, snapshot.catalog)
    used = {line.delivery for line in request.lines}
    for nth, delivery in enumerate(request.deliveries):
        yield from _delivery_faults(f"/deliveries/{nth}", delivery, snapshot)
        if nth not in used:
            yield Fault(f"/deliveries/{nth}", "unused", "No line belongs to this delivery.")


def _line_faults(
    pointer: str,
    line: LineRequest,
    request: OrderRequest,
    channel: ChannelView,
    catalog: CatalogView,
) -> Iterator[Fault]:
    item = catalog.items.get(line.sku)
    if request.on_shortage != OnShortage.ACCEPT:  # What is sold already is stored, known or not.
        if item is None:
            yield Fault(f"{pointer}/sku", "unknown_reference", "There is no such item.")
        elif not channel.channel.lists(item.category):
            yield Fault(f"{pointer}/sku", "not_listed", "This channel does not sell this item.")
    if line.delivery >= len(request.deliveries):
        yield Fault(f"{pointer}/delivery", "unknown_reference", "There is no such delivery.")
    if line.discount > line.unit_price * line.quantity:
        yield Fault(f"{pointer}/discount", "out_of_bounds", "This is more than the line is worth.")


def _delivery_faults(
    pointer: str, delivery: DeliveryRequest, snapshot: Snapshot
) -> Iterator[Fault]:
    if delivery.collector is not None and delivery.service.goes_to_an_address:
        detail = "Only what is fetched has a collector."
        yield Fault(f"{pointer}/collector", "unexpected", detail)
    if not delivery.service.goes_to_an_address:
        if delivery.location is None:
            yield Fault(f"{pointer}/location", "missing", "Say where it is collected.")
        elif delivery.location not in snapshot.network.by_code:
            yield Fault(f"{pointer}/location", "unknown_reference", "There is no such location.")
    elif delivery.address is None:
        yield Fault(f"{pointer}/address", "missing", "Say where it goes.")
    elif delivery.location is not None:
        yield Fault(f"{pointer}/location", "unexpected", "Only a collection names a location.")


def home_available(sku: str, channel: str, catalog: CatalogView, home: HomeUnits) -> int:
    """What the home pool alone could promise: the measure of every sale won by the network."""
    item = catalog.items.get(sku)
    if item is None:
        return 0
    parts = item.components or ((sku, 1),)
    return min([home[channel, part] // units for part, units in parts])


def _demands(lines: Sequence[DraftLine], delivery: int, catalog: CatalogView) -> tuple[Demand, ...]:
    demands = []
    for line in lines:
        if line.request.delivery != delivery:
            continue
        item = catalog.items.get(line.request.sku)
        parts = (item.components if item else ()) or ((line.request.sku, 1),)
        for sku, units in parts:
            part = catalog.items.get(sku)
            demands.append(
                Demand(
                    line_id=line.id,
                    sku=sku,
                    quantity=line.request.quantity * units,
                    weight_g=part.weight_g if part else UNKNOWN_WEIGHT_G,
                    set_of=units,
                )
            )
    return tuple(demands)


def _destination(delivery: DeliveryRequest, snapshot: Snapshot) -> Destination:
    location_id: UUID | None = None
    if not delivery.service.goes_to_an_address:
        assert delivery.location is not None
        location_id = snapshot.network.by_code[delivery.location].id
    address = delivery.address
    return Destination(
        service=delivery.service,
        country=address.country if address else None,
        postal_code=address.postal_code if address else None,
        at_e6=at_e6(address),
        location_id=location_id,
    )


def at_e6(address: ContactRequest | None) -> tuple[int, int] | None:
    """The coordinates of an address, if it was told with both."""
    if address is None or address.latitude_e6 is None or address.longitude_e6 is None:
        return None
    return address.latitude_e6, address.longitude_e6

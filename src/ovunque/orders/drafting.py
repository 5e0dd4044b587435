"""Checks an order against channels, items and places before it may enter a batch.

What can be refused outside must never reach the transaction: one bad order in a batch makes
the whole batch start again.
"""

from collections.abc import Iterable, Mapping, Sequence
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


HomeUnits = Mapping[str, Mapping[str, int]]  # By channel, then by item.


def home_units(
    channels: Iterable[str], parts: Sequence[str], snapshot: Snapshot, shelf: Shelf
) -> HomeUnits:
    """What the home pools of channels have of items that lie on shelves."""
    known = [(code, snapshot.network.channels.get(code)) for code in channels]
    return {
        code: dict(zip(parts, shelf.totals(parts, channel, channel.home_pool), strict=True))
        for code, channel in known
        if channel is not None
    }


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
    faults = faults_of(request, channel, snapshot)
    if faults:
        raise _invalid(faults)
    catalog = snapshot.catalog
    if home is None:
        parts = catalog.stocked([line.sku for line in request.lines])
        home = home_units([request.channel], parts, snapshot, shelf)
    units = home[request.channel]
    lines = [
        DraftLine(
            id=new_id(),
            nth=nth,
            request=line,
            home_available=home_available(line.sku, catalog, units),
        )
        for nth, line in enumerate(request.lines)
    ]
    return Draft(
        id=new_id(),
        request=request,
        channel_id=channel.channel.id,
        lines=tuple(lines),
        needs=tuple(
            [
                DeliveryNeed(
                    destination=_destination(delivery, snapshot),
                    demands=_demands(lines, nth, catalog),
                )
                for nth, delivery in enumerate(request.deliveries)
            ]
        ),
    )


def _invalid(faults: Sequence[Fault]) -> Refusal:
    return Refusal("invalid", errors=tuple(faults), detail=faults[0].detail)


def faults_of(request: OrderRequest, channel: ChannelView, snapshot: Snapshot) -> list[Fault]:
    """All that is wrong with an order, whatever the stock."""
    faults: list[Fault] = []
    if request.currency != channel.channel.currency:
        detail = f"Channel {request.channel} sells in {channel.channel.currency}."
        faults.append(Fault("/lines/0/unit_price/currency", "wrong_currency", detail))
    faults += [
        Fault(f"/customer{e.pointer}", e.code, e.detail) for e in recognizable(request.customer)
    ]
    for nth, line in enumerate(request.lines):
        faults += _line_faults(nth, line, request, channel, snapshot.catalog)
    used = [line.delivery for line in request.lines]
    for nth, delivery in enumerate(request.deliveries):
        faults += _delivery_faults(nth, delivery, snapshot)
        if nth not in used:
            detail = "No line belongs to this delivery."
            faults.append(Fault(f"/deliveries/{nth}", "unused", detail))
    return faults


def _line_faults(
    nth: int,
    line: LineRequest,
    request: OrderRequest,
    channel: ChannelView,
    catalog: CatalogView,
) -> list[Fault]:
    faults: list[Fault] = []
    at = f"/lines/{nth}"
    if request.on_shortage != OnShortage.ACCEPT:  # What is sold already is stored, known or not.
        item = catalog.items.get(line.sku)
        if item is None:
            faults.append(Fault(f"{at}/sku", "unknown_reference", "There is no such item."))
        elif not channel.channel.lists(item.category):
            detail = "This channel does not sell this item."
            faults.append(Fault(f"{at}/sku", "not_listed", detail))
    if line.delivery >= len(request.deliveries):
        faults.append(Fault(f"{at}/delivery", "unknown_reference", "There is no such delivery."))
    if line.discount > line.unit_price * line.quantity:
        detail = "This is more than the line is worth."
        faults.append(Fault(f"{at}/discount", "out_of_bounds", detail))
    return faults


def _delivery_faults(nth: int, delivery: DeliveryRequest, snapshot: Snapshot) -> list[Fault]:
    faults: list[Fault] = []
    at = f"/deliveries/{nth}"
    if delivery.service.goes_to_an_address:
        if delivery.collector is not None:
            detail = "Only what is fetched has a collector."
            faults.append(Fault(f"{at}/collector", "unexpected", detail))
        if delivery.address is None:
            faults.append(Fault(f"{at}/address", "missing", "Say where it goes."))
        elif delivery.location is not None:
            detail = "Only a collection names a location."
            faults.append(Fault(f"{at}/location", "unexpected", detail))
    elif delivery.location is None:
        faults.append(Fault(f"{at}/location", "missing", "Say where it is collected."))
    elif delivery.location not in snapshot.network.by_code:
        faults.append(Fault(f"{at}/location", "unknown_reference", "There is no such location."))
    return faults


def home_available(sku: str, catalog: CatalogView, home: Mapping[str, int]) -> int:
    """What the home pool alone could promise: the measure of every sale won by the network."""
    item = catalog.items.get(sku)
    if item is None:
        return 0
    if not item.components:
        return home[sku]
    return min([home[part] // units for part, units in item.components])


def _demands(lines: Sequence[DraftLine], delivery: int, catalog: CatalogView) -> tuple[Demand, ...]:
    demands, items = [], catalog.items
    for line in lines:
        asked = line.request
        if asked.delivery != delivery:
            continue
        item = items.get(asked.sku)
        parts = (item.components if item else ()) or ((asked.sku, 1),)
        for sku, units in parts:
            part = items.get(sku)
            demands.append(
                Demand(
                    line_id=line.id,
                    sku=sku,
                    quantity=asked.quantity * units,
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

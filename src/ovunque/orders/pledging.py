"""Orders that take up a promise: the token is opened, held against the order, and kept."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from ovunque.access.model import Actor, Scope
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.orders.model import Draft, OnShortage, OrderRequest
from ovunque.orders.ports import Anew, Desk
from ovunque.promise.comparing import compare
from ovunque.promise.model import (
    Address,
    CartLine,
    KeptPromise,
    Pledge,
    PromiseRequest,
    address_line,
)
from ovunque.promise.quoting import quote
from ovunque.sourcing.model import DeliveryNeed, Destination, Promised, SourcingPlan
from ovunque.sourcing.planning import Shelf


def pledge(desk: Desk, by: Actor, drafted: Draft, shelf: Shelf, now: datetime) -> Draft:
    """The order with what it was promised; refused when the promise is not this order's."""
    pledges = {
        nth: _open(desk, drafted, nth, delivery.promise)
        for nth, delivery in enumerate(drafted.request.deliveries)
        if delivery.promise is not None
    }
    if not pledges:
        return drafted
    if any(each.expires_at < now for each in pledges.values()):
        anew = offer_again(desk, by, replace(drafted, pledges=pledges), shelf, now)
        shown = desk.rendering.anew(anew, desk.snapshot(), desk.promises)
        raise Refusal("promise_expired", shown=shown)
    binding = drafted.request.on_shortage != OnShortage.ACCEPT
    needs = [
        _bound(need, pledges[nth], binding=binding) if nth in pledges else need
        for nth, need in enumerate(drafted.needs)
    ]
    return replace(drafted, needs=tuple(needs), pledges=pledges)


def _open(desk: Desk, drafted: Draft, nth: int, token: str) -> Pledge:
    opened = desk.promises.sealer.open(token)
    request = drafted.request
    differences = {
        "channel": opened.channel != request.channel,
        "service": opened.service != request.deliveries[nth].service,
        "destination": opened.destination != destination_of(drafted.needs[nth].destination),
        "lines": dict(opened.lines) != units_of(request, nth),
    }
    different = [name for name, differs in differences.items() if differs]
    if different:
        detail = f"it was made for another {different[0]}"
        fault = Fault(f"/deliveries/{nth}/promise", "promise_invalid", detail)
        raise Refusal("promise_invalid", errors=(fault,), detail=detail)
    return opened


def destination_of(destination: Destination) -> str:
    """Where a delivery goes, as tokens bind to it."""
    if destination.location_id is not None:
        return str(destination.location_id)
    return address_line(destination.country or "", destination.postal_code or "")


def units_of(request: OrderRequest, nth: int) -> dict[str, int]:
    """What a delivery brings, by sku."""
    units: Counter[str] = Counter()
    for line in request.lines:
        if line.delivery == nth:
            units[line.sku] += line.quantity
    return dict(units)


def _bound(need: DeliveryNeed, pledge: Pledge, *, binding: bool) -> DeliveryNeed:
    """What is asked for, as it was promised and with the confidence that it was promised with."""
    return replace(
        need,
        destination=replace(need.destination, confidence_ppm=pledge.confidence_ppm),
        promised=Promised(arrive_by=pledge.latest, parcels=pledge.parcels, binding=binding),
    )


def offer_again(desk: Desk, by: Actor, drafted: Draft, shelf: Shelf, now: datetime) -> Anew:
    """What can be promised now instead, for the deliveries that had a promise, and what changed."""
    snapshot, prices = desk.snapshot(), desk.promises.prices
    quotes, changes = [], []
    for nth, pledge in drafted.pledges.items():
        found = quote(snapshot, shelf, prices, _cart(drafted, nth), now)
        quotes.append(found)
        changes.append(compare(snapshot, shelf, (nth, pledge), found.options, now))
    return Anew(
        channel=drafted.request.channel,
        quotes=tuple(quotes),
        changes=tuple(changes),
        costs=by.may(Scope.PROMISE_COST),
    )


def _cart(drafted: Draft, nth: int) -> PromiseRequest:
    """A delivery of an order as a cart."""
    request = drafted.request
    delivery, destination = request.deliveries[nth], drafted.needs[nth].destination
    collected = not delivery.service.goes_to_an_address
    return PromiseRequest(
        channel=request.channel,
        lines=tuple(
            CartLine(sku=sku, quantity=units) for sku, units in units_of(request, nth).items()
        ),
        address=None
        if collected
        else Address(
            country=destination.country or "",
            postal_code=destination.postal_code or "",
            at_e6=destination.at_e6,
        ),
        services=(delivery.service,),
        locations=(delivery.location,) if delivery.location else (),
    )


def kept(drafted: Draft, plans: Sequence[SourcingPlan]) -> tuple[KeptPromise, ...]:
    """What each delivery was promised, and how its plan differs."""
    return tuple(
        KeptPromise(
            order_id=drafted.id,
            delivery=nth,
            earliest=each.earliest,
            latest=each.latest,
            customer_price=each.customer_price,
            emissions_g=each.emissions_g,
            deviation=plans[nth].deviation,
            service=each.service,
            confidence_ppm=each.confidence_ppm,
            destination=each.destination,
            basis=_basis(each),
        )
        for nth, each in drafted.pledges.items()
    )


def _basis(pledge: Pledge) -> tuple[Mapping[str, Any], ...]:
    """From where each parcel was promised, with whom, and what its days rested on."""
    return tuple(
        {
            "location": parcel.location_id,
            "carrier_service": parcel.carrier_service_id,
            "level": basis.level,
            "parcels": basis.weight,
            "days": basis.days,
            "leaves": basis.leaves,
        }
        for parcel, basis in zip(pledge.parcels, pledge.basis, strict=True)
    )


def deviations(plans: Sequence[SourcingPlan]) -> Mapping[str, Any]:
    """For the decision: which deliveries are not served as promised."""
    found = {nth: part.deviation for nth, part in enumerate(plans) if part.deviation}
    return {"deviations": found} if found else {}

"""Why a channel may sell so many of an item: location by location, part by part."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import Query
from pydantic import Field

from ovunque.access.model import Scope
from ovunque.api.availability_changes import refuse_unknown_channel
from ovunque.api.bodies import Instant, Shown
from ovunque.api.call import Caller, need
from ovunque.api.identifiers import Code
from ovunque.api.paging import Listed, Paging
from ovunque.api.routing import resource
from ovunque.api.stock_counts import unknown
from ovunque.insight.breaking_down import Part, break_down, list_places
from ovunque.insight.model import Claimed, Moved
from ovunque.platform.database import Tx
from ovunque.platform.http.faults import refusal_of
from ovunque.sourcing.selling import reach_of
from ovunque.stock.expecting import list_ahead
from ovunque.stock.model.expecting import Coming
from ovunque.stock.model.valuing import Worth
from ovunque.stock.valuing import list_worth_of, unit_prices

router = resource("stock")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What is known of an item at a place."""

    part: Part
    worth: Worth | None
    coming: Sequence[Coming]


class MovedShown(Shown):
    kind: str
    quantity: int
    occurred_at: Instant
    source: str
    reason: str | None


class ReservedShown(Shown):
    """Units that wait for an order; without one, a cart holds them until then."""

    order: str | None
    quantity: int
    expires_at: Instant | None


class ProtectedShown(Shown):
    units: int
    rules: list[str]


class CountedShown(Shown):
    """The count that on-hand starts from: how many, as of when, from which source."""

    on_hand: int
    as_of: Instant | None
    source: str


class WorthShown(Shown):
    """What one more unit sold elsewhere would cost the place: learned from what its till sells."""

    last_unit_cents: int
    margin_cents: int
    sold_a_day_e6: int
    days_until_more: int
    more_comes: str


class ComingShown(Shown):
    """Units that were announced for the place, or are on their way to it."""

    due_on: date
    quantity: int
    reference: str | None


class Explanation(Shown):
    """available = on_hand - unavailable - reserved - protected; out of reach it is none.

    on_hand = counted + moved. Movements and reservations are listed up to a number of them; their
    counts and sums are of all.
    """

    location: str
    available: int
    within_reach: bool
    on_hand: int
    counted: CountedShown
    moved: int
    movements: list[MovedShown]
    movements_count: int
    unavailable: int
    unavailable_by: Mapping[str, int]
    reserved: int
    reserved_for: list[ReservedShown]
    reservations_count: int
    free: int
    protected: ProtectedShown
    worth: WorthShown | None
    incoming: list[ComingShown] = Field(description="By day. Not part of `available`.")


@router.get("/stock/explanations", dependencies=[need(Scope.READ)])
def get_explanations(
    call: Caller, page: Paging, channel: Annotated[Code, Query()], sku: Annotated[Code, Query()]
) -> Listed[Explanation]:
    """Why a channel may sell so many of an item: every location that has ever had it."""
    snapshot = refuse_unknown_channel(call.services.snapshot(), channel)
    if sku not in snapshot.catalog.items:
        raise refusal_of([unknown("query:sku", "item")])
    reach = reach_of(snapshot.network.channels[channel], snapshot.network, None)
    places = list_places(snapshot, sku, page.after or "")[: page.rows_max]

    def work(tx: Tx) -> list[Shelf]:
        worth = {each.key.location_id: each for each in list_worth_of(tx, [sku])}
        coming = list_ahead(tx, [sku]).coming.get(sku, ())
        parts = (break_down(tx, snapshot, reach, (sku, place), call.now) for place in places)
        return [
            Shelf(
                part=part,
                worth=worth.get(part.location.id),
                coming=[each for each in coming if each.location_id == part.location.id],
            )
            for part in parts
            if part is not None
        ]

    return page.show(call.transact(work), show, lambda each: each.part.location.code)


def show(shelf: Shelf) -> Explanation:
    part, worth, found = shelf.part, shelf.worth, shelf.part.account
    return Explanation(
        location=part.location.code,
        available=part.available,
        within_reach=part.within,
        on_hand=found.on_hand,
        counted=CountedShown(on_hand=found.baseline, as_of=found.counted_at, source=found.source),
        moved=found.moved,
        movements=[show_moved(each) for each in found.movements],
        movements_count=found.movements_count,
        unavailable=found.unavailable,
        unavailable_by=found.asides,
        reserved=found.reserved,
        reserved_for=[show_reserved(each) for each in found.claims],
        reservations_count=found.claims_count,
        free=found.free,
        protected=ProtectedShown(units=part.protected, rules=list(part.rules)),
        worth=show_worth(worth, found.free) if worth and found.free > 0 else None,
        incoming=[ComingShown.model_validate(each, from_attributes=True) for each in shelf.coming],
    )


def show_worth(worth: Worth, free: int) -> WorthShown:
    return WorthShown(
        last_unit_cents=unit_prices(worth, free)[-1],
        margin_cents=worth.margin_cents,
        sold_a_day_e6=worth.rate_e6,
        days_until_more=worth.days,
        more_comes=worth.comes,
    )


def show_moved(moved: Moved) -> MovedShown:
    return MovedShown.model_validate(moved, from_attributes=True)


def show_reserved(claim: Claimed) -> ReservedShown:
    return ReservedShown(
        order=claim.order_number, quantity=claim.quantity, expires_at=claim.expires_at
    )

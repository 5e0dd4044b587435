"""Units that a plan serves, as units of order lines; of bundles only whole ones."""

from collections.abc import Sequence
from uuid import UUID

from ovunque.delivery.rules.arrival import instant_of
from ovunque.sourcing.explaining import Sight, note
from ovunque.sourcing.model import Demand, Shipment, Solution, SourcingPlan, Supply


def complete_sets(demands: Sequence[Demand], unmet: Sequence[Supply]) -> tuple[Supply, ...]:
    """What stays unmet when only whole bundles are served."""
    sets: dict[UUID, int] = {}
    for demand, missing in with_missing(demands, unmet):
        served = (demand.quantity - missing) // demand.set_of
        sets[demand.line_id] = min(served, sets.get(demand.line_id, served))
    left = [
        Supply(
            line_id=demand.line_id,
            sku=demand.sku,
            quantity=demand.quantity - sets[demand.line_id] * demand.set_of,
        )
        for demand in demands
    ]
    return tuple(each for each in left if each.quantity)


def with_missing(demands: Sequence[Demand], unmet: Sequence[Supply]) -> list[tuple[Demand, int]]:
    missing = {(each.line_id, each.sku): each.quantity for each in unmet}
    return [(demand, missing.get((demand.line_id, demand.sku), 0)) for demand in demands]


def added(one: Sequence[Supply], other: Sequence[Supply]) -> tuple[Supply, ...]:
    total: dict[tuple[UUID, str], int] = {}
    for each in (*one, *other):
        total[each.line_id, each.sku] = total.get((each.line_id, each.sku), 0) + each.quantity
    return tuple(
        Supply(line_id=line_id, sku=sku, quantity=units) for (line_id, sku), units in total.items()
    )


def _serve(open_units: dict[tuple[UUID, str], int], sku: str, quantity: int) -> list[Supply]:
    served = []
    for (line_id, wanted), units in open_units.items():
        took = min(units, quantity) if wanted == sku else 0
        if took:
            open_units[line_id, wanted] -= took
            quantity -= took
            served.append(Supply(line_id=line_id, sku=sku, quantity=took))
    assert quantity == 0, "a plan took units that nobody asked for"
    return served


def plan_of(sight: Sight, demands: Sequence[Demand], solution: Solution) -> SourcingPlan:
    """The solver's picks as supplies of order lines; first lines are served first."""
    open_units = {(demand.line_id, demand.sku): demand.quantity for demand in demands}
    skus = sight.skus
    record = note(sight, solution.parcels)
    ways, tariff = sight.ways, sight.lanes.tariff
    shipments = []
    for parcel, figures in zip(solution.parcels, record.parcels, strict=True):
        supplies: list[Supply] = []
        for pick in parcel.picks:
            supplies += _serve(open_units, skus[pick.item], pick.quantity)
        lane = ways.lane.item(parcel.column)
        *_, cents, grams = figures
        shipments.append(
            Shipment(
                location_id=tariff.location_ids[lane],
                carrier_service_id=tariff.service_ids[lane],
                supplies=tuple(supplies),
                leaves_at=instant_of(ways.leaves.item(parcel.column)),
                arrives_at=instant_of(ways.columns.arrives.item(parcel.column)),
                cost_cents=cents,
                emissions_g=grams,
            )
        )
    left = tuple(
        Supply(line_id=line_id, sku=sku, quantity=units)
        for (line_id, sku), units in open_units.items()
        if units
    )
    return SourcingPlan(shipments=tuple(shipments), unmet=left, record=record)

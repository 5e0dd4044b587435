"""Whether the plan that a customer was promised still holds."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

import numpy as np

from ovunque.delivery.rules.arrival import minutes_of
from ovunque.sourcing.explaining import Sight
from ovunque.sourcing.model import BIG, Pick, PlannedParcel, Promised
from ovunque.sourcing.rules.scoring import parcel_cents


def follow(sight: Sight, promised: Promised) -> list[PlannedParcel] | None:
    """The promised parcels as today's columns; None when they do not serve it in time any more."""
    item_of = {sku: item for item, sku in enumerate(sight.skus)}
    by = minutes_of(promised.arrive_by)
    parcels = []
    for each in promised.parcels:
        column = _column(sight, each.location_id, each.carrier_service_id)
        if column is None or sight.problem.columns.arrives.item(column) > by:
            return None
        if not item_of.keys() >= {sku for sku, _ in each.units}:
            return None
        picks = tuple(Pick(item_of[sku], units) for sku, units in each.units)
        parcels.append(PlannedParcel(column, picks))
        if parcel_cents(sight.problem, parcels[-1]) >= BIG:
            return None
    return parcels if _serves(sight, parcels) else None


def _column(sight: Sight, location_id: UUID, service_id: UUID | None) -> int | None:
    tariff = sight.lanes.tariff
    ways = zip(tariff.location_ids, tariff.service_ids, strict=True)
    lane = next((nth for nth, way in enumerate(ways) if way == (location_id, service_id)), None)
    columns: list[int] = np.nonzero(sight.ways.lane == lane)[0].tolist() if lane is not None else []
    return columns[0] if columns else None


def _serves(sight: Sight, parcels: Sequence[PlannedParcel]) -> bool:
    """All that is wanted and nothing else, out of what each place has."""
    problem = sight.problem
    brought: Counter[int] = Counter()
    taken: Counter[tuple[int, int]] = Counter()
    stock: dict[tuple[int, int], int] = {}
    for parcel in parcels:
        place = problem.columns.location.item(parcel.column)
        for pick in parcel.picks:
            brought[pick.item] += pick.quantity
            taken[place, pick.item] += pick.quantity
            stock[place, pick.item] = problem.reach.item(pick.item, parcel.column)
    whole = all(brought[item] == units for item, units in enumerate(problem.want.tolist()))
    return whole and all(units <= stock[key] for key, units in taken.items())

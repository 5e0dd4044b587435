"""The emissions of many possible parcels at once: the arithmetic of legs, column by column."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ovunque.delivery.model import Settlement
from ovunque.delivery.rules.emissions import (
    AIR_DETOUR_M,
    AIR_FROM_M,
    ROAD_PERCENT,
    STOP_M,
    Chain,
    Factor,
    packing,
)

Ints = NDArray[np.int64]
HAUL_PARTS = 10**8  # A factor times meters and grams counts so many parts of a milligram.
SORT_PARTS = 10**5


@dataclass(frozen=True, slots=True, eq=False)
class Chains:
    """The factors of columns: what stays the same wherever parcels go. [2, C]: TTW and WTT."""

    haul: Ints
    road: Ints
    flies: NDArray[np.bool_]
    sort: Ints
    sorts: Ints
    stop_mg: dict[Settlement, Ints]


def chains_of(chains: Sequence[Chain], rows: Ints) -> Chains:
    """For each column the factors of the chain that `rows` names."""

    def both(factor: Callable[[Chain], Factor]) -> Ints:
        factors = [factor(each) for each in chains]
        pairs = [[each.ttw_f5 for each in factors], [each.wtt_f5 for each in factors]]
        return np.array(pairs, np.int64)[:, rows]

    return Chains(
        haul=both(lambda each: each.haul),
        road=both(lambda each: each.by_road),
        flies=np.array([each.flies for each in chains], bool)[rows],
        sort=both(lambda each: each.sort),
        sorts=np.array([each.sorts for each in chains], np.int64)[rows],
        stop_mg={
            at: np.array([_stop_mg(each, at) for each in chains], np.int64)[rows]
            for at in Settlement
        },
    )


def joined(one: Chains, other: Chains) -> Chains:
    """The chains of some columns, and behind them those of others."""
    return Chains(
        haul=np.hstack([one.haul, other.haul]),
        road=np.hstack([one.road, other.road]),
        flies=np.append(one.flies, other.flies),
        sort=np.hstack([one.sort, other.sort]),
        sorts=np.append(one.sorts, other.sorts),
        stop_mg={at: np.append(one.stop_mg[at], other.stop_mg[at]) for at in Settlement},
    )


def _stop_mg(chain: Chain, settlement: Settlement) -> int:
    """What a parcel emits whatever it weighs: the way to its door, and its box."""
    stop_m = STOP_M[settlement] if chain.stop_m is None else chain.stop_m
    return (
        stop_m * chain.stop.ttw_f5 // 100
        + stop_m * chain.stop.wtt_f5 // 100
        + packing(chain.box).mg
    )


@dataclass(frozen=True, slots=True, eq=False)
class Footprint:
    """Emissions of columns to one place: a part per parcel, and a part per gram of its weight.

    What a gram adds is kept as whole milligrams and the rests of each leg, which are rounded
    leg by leg: so nothing overflows, and a column tells what its legs tell.
    """

    parts: Ints  # [2 + hauls, C]: mg of a parcel, mg of a gram, and its rests in 10⁻⁸ mg
    sorting: Ints  # [3, C], or [0, C]: hubs, and the rests of a gram in one, in 10⁻⁵ mg

    @property
    def fixed_mg(self) -> Ints:
        """Of a parcel of no weight, half a gram more: what is left is to be cut off."""
        row: Ints = self.parts[0]
        return row

    @property
    def gram_mg(self) -> Ints:
        """Of each gram, without the rests."""
        row: Ints = self.parts[1]
        return row

    @property
    def rest_mg_max(self) -> int:
        """What the rests of a gram add to it at most."""
        hubs = int(self.sorting[0].max(initial=0)) if len(self.sorting) else 0
        return len(self.parts) - 2 + hubs * max(0, len(self.sorting) - 1)

    def take(self, columns: Ints | slice) -> "Footprint":
        """The footprint of some columns."""
        if isinstance(columns, slice):
            return Footprint(self.parts[:, columns], self.sorting[:, columns])
        sorting = self.sorting.take(columns, axis=1) if len(self.sorting) else self.sorting
        return Footprint(self.parts.take(columns, axis=1), sorting)

    def grams(self, weight_g: Ints) -> Ints:
        """Of parcels of these weights by each column: [C] or [n, 1] to [C] or [n, C]."""
        fixed, gram, *rests = self.parts
        mg: Ints = fixed + weight_g * gram
        if weight_g.ndim == fixed.ndim:  # Few numbers: each call costs more than its work.
            mg += np.add.reduce((weight_g * self.parts[2:] + HAUL_PARTS // 2) // HAUL_PARTS)
        else:
            for rest in rests:
                mg += (weight_g * rest + HAUL_PARTS // 2) // HAUL_PARTS
        if len(self.sorting):
            hubs, *rests = self.sorting
            for rest in rests:
                mg += weight_g * rest // SORT_PARTS * hubs
        mg //= 1_000
        return mg

    def grams_at(self, column: int, weight_g: int) -> int:
        """The same of one parcel, without arrays."""
        fixed, gram, *rests = self.parts[:, column].tolist()
        mg = fixed + weight_g * gram
        mg += sum([(weight_g * rest + HAUL_PARTS // 2) // HAUL_PARTS for rest in rests])
        if len(self.sorting):
            hubs, *rests = self.sorting[:, column].tolist()
            mg += sum([weight_g * rest // SORT_PARTS * hubs for rest in rests])
        told: int = mg // 1_000
        return told


def side_by_side(footprints: Sequence[Footprint]) -> Footprint:
    """The columns of several, one after the other; rests that one does not have are nothing."""
    if len(footprints) == 1:
        return footprints[0]
    return Footprint(
        parts=_padded([each.parts for each in footprints]),
        sorting=_padded([each.sorting for each in footprints]),
    )


def _padded(tables: Sequence[Ints]) -> Ints:
    most = max(len(each) for each in tables)
    return np.hstack([np.pad(each, ((0, most - len(each)), (0, 0))) for each in tables])


def footprint(chains: Chains, distance_m: Ints, inbound_m: Ints, place: Settlement) -> Footprint:
    """The emissions of columns over great circles of these lengths."""
    road_m = distance_m * ROAD_PERCENT // 100
    haul, way_m = chains.haul, road_m
    if chains.flies.any():
        high = chains.flies & (distance_m >= AIR_FROM_M)
        way_m = np.where(high, distance_m + AIR_DETOUR_M, road_m)
        haul = np.where(chains.flies & ~high, chains.road, chains.haul)
    hauled = np.concatenate([haul * way_m, chains.road * (inbound_m * ROAD_PERCENT // 100)])
    whole, rests = np.divmod(hauled, HAUL_PARTS)
    sort_mg, sort_rests = np.divmod(chains.sort, SORT_PARTS)
    gram_mg = whole.sum(axis=0) + sort_mg.sum(axis=0) * chains.sorts
    sorting = np.vstack([chains.sorts, sort_rests])
    return Footprint(
        parts=np.vstack([chains.stop_mg[place] + 500, gram_mg, rests[rests.any(axis=1)]]),
        sorting=sorting if sort_rests.any() else sorting[:0],
    )

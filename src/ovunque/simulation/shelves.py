"""What lies where in the demo retailer: stock as a stream, for millions of rows."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from ovunque.simulation.assortment import Assortment
from ovunque.simulation.rows import ItemRow, LocationRow, PieceRow, StockRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """How a kind of location is stocked."""

    breadth: float  # Items carried, compared with an average store.
    units: float  # Of an item of average popularity.
    sold_out: float  # Share of what it carries.


DEPTHS = {
    "warehouse": Depth(breadth=inf, units=40.0, sold_out=0.12),
    "distributor": Depth(breadth=0.5, units=18.0, sold_out=0.0),
    "store": Depth(breadth=1.0, units=2.4, sold_out=0.0),
    "reseller": Depth(breadth=0.2, units=1.5, sold_out=0.0),
}
WEAR = {
    "refurbished": "Cleaned and repaired in our own workshop.",
    "used_a": "Worn a few times, no visible trace.",
    "used_b": "Slight traces of wear at the hem.",
    "used_c": "Visible traces of wear.",
}
SECOND_HAND_KINDS = frozenset({"store", "reseller"})


@dataclass(frozen=True, slots=True, kw_only=True)
class StockPlan:
    """What decides the rows beside places and items, chance included: same plan, same rows."""

    seed: int
    as_of: str
    carried_percent: int  # Of the assortment, by an average store.


def stock_rows(
    locations: Sequence[LocationRow], assortment: Assortment, plan: StockPlan
) -> Iterator[StockRow]:
    """Location after location what it carries; a row of zero says sold out."""
    # The older of numpy's generators: its draws are promised to be the same in every version.
    draw = np.random.RandomState(plan.seed)
    second_hand = place_second_hand(locations, assortment, draw)
    new = [at for at, item in enumerate(assortment.items) if is_new_piece(item)]
    skus = [assortment.items[at].sku for at in new]
    popularity = np.array([assortment.popularity[at] for at in new])
    # The root: a best-seller lies deeper on the shelf, but by less than it sells faster.
    relative = np.sqrt(popularity / popularity.mean())
    for location in locations:
        code, depth = location.code, DEPTHS[location.kind]
        share = plan.carried_percent / 100 * depth.breadth
        carried = np.flatnonzero(draw.random_sample(len(skus)) < share)
        units = draw.poisson(depth.units * relative[carried])
        units[draw.random_sample(len(carried)) < depth.sold_out] = 0
        for at, on_hand in zip(carried.tolist(), units.tolist(), strict=True):
            yield StockRow(location=code, sku=skus[at], on_hand=on_hand, as_of=plan.as_of)
        for sku in second_hand[code]:
            yield StockRow(location=code, sku=sku, on_hand=1, as_of=plan.as_of)


def place_second_hand(
    locations: Sequence[LocationRow], assortment: Assortment, draw: np.random.RandomState
) -> dict[str, list[str]]:
    """The single pieces by location: each lies in one shop and nowhere else."""
    shops = [each.code for each in locations if each.kind in SECOND_HAND_KINDS]
    placed: dict[str, list[str]] = defaultdict(list)
    for item in assortment.items:
        if item.condition != "new":
            placed[shops[draw.randint(len(shops))]].append(item.sku)
    return placed


def piece_rows(
    locations: Sequence[LocationRow], assortment: Assortment, plan: StockPlan
) -> Iterator[PieceRow]:
    """What tells the single pieces apart, each where the stock says that it lies."""
    placed = place_second_hand(locations, assortment, np.random.RandomState(plan.seed))
    place_of = {sku: code for code, skus in placed.items() for sku in skus}
    for serial, item in enumerate(assortment.items):
        if item.condition != "new":
            yield PieceRow(
                sku=item.sku,
                like=item.sku.rpartition("-U")[0],
                serial=f"T{serial:06}",
                condition=item.condition,
                location=place_of[item.sku],
                price_cents=item.price_cents,
                cost_cents=item.cost_cents,
                note=WEAR[item.condition],
                photos=photos_of(item),
            )


def photos_of(item: ItemRow) -> tuple[str, ...]:
    """The pictures that the server draws of such a piece: all of it, and where wear would show."""
    color = item.color.casefold().replace(" ", "-")
    sides = f"/pictures/{item.category.casefold()}/{color}/{item.condition}"
    return (f"{sides}/1.svg", f"{sides}/2.svg")


def is_new_piece(item: ItemRow) -> bool:
    return item.condition == "new" and not item.components

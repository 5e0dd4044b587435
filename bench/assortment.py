"""A network with as many levels as one wants, written straight into the tables."""

from dataclasses import dataclass

import psycopg
from tests.worlds import World, build

from bench.stage import BUYERS, FIRST
from ovunque.platform.clock import new_id_source, now
from ovunque.platform.database import Database

ITEM_ROWS = """
    insert into item (sku, product, titles, condition, weight_g, price_cents, search)
    select sku, sku, '{"en": "Item"}', 'new', 400, 4990, lower(sku)
      from (select 'S' || (%(first)s + nth) as sku
              from generate_series(1, %(items)s - 1) as nth) as item
"""
# Each item lies in a window of the locations that moves on from item to item.
LEVEL_ROWS = """
    insert into stock_level
           (sku, location_id, on_hand, baseline, baseline_as_of, baseline_source)
    select 'S' || (%(first)s + item), place.id, units, units, now(), 'bench'
      from generate_series(0, %(items)s - 1) as item
     cross join generate_series(0, %(places)s - 1) as step
      join (select id, row_number() over (order by code) - 1 as nth from location) as place
        on place.nth = (item + step) %% %(locations)s
     cross join lateral (select (item * 31 + step * 7) %% 9 as units) as has
     order by 1, 2
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assortment:
    """So many items, each with a level at so many of the locations."""

    items: int
    locations: int
    places: int  # Of each item.

    @property
    def levels(self) -> int:
        return self.items * self.places

    def skus(self) -> list[str]:
        return [f"S{nth}" for nth in range(FIRST, FIRST + self.items)]


def furnish(url: str, size: Assortment) -> None:
    """Write it into an empty database."""
    with Database(url) as database:
        world = World(locations=size.locations, skus=size.skus()[:1], stock={})
        build(database, world, BUYERS, new_id_source(), now())
    numbers = {
        "first": FIRST,
        "items": size.items,
        "places": size.places,
        "locations": size.locations,
    }
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(ITEM_ROWS, numbers)
        owner.execute(LEVEL_ROWS, numbers)
        owner.execute("vacuum analyze")

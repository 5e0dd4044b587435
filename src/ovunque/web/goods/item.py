"""One item: what every location has of it, and why each number is what it is."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated

import fastapi
from starlette.responses import Response

from ovunque.catalog.knowing_pieces import find_pieces
from ovunque.catalog.listing import find_items
from ovunque.catalog.model import Piece
from ovunque.insight.accounting import account
from ovunque.insight.breaking_down import Part, part_of
from ovunque.insight.model import Account
from ovunque.network.model import Location
from ovunque.network.snapshot import NetworkView
from ovunque.platform.database import Tx
from ovunque.sourcing.selling import reach_of
from ovunque.stock.expecting import list_ahead
from ovunque.stock.model import Key, StockLevel
from ovunque.stock.model.expecting import Coming
from ovunque.stock.model.valuing import Comes, Worth
from ovunque.stock.reading import list_levels_of
from ovunque.stock.setting_aside import list_asides
from ovunque.stock.valuing import list_worth_of, unit_prices
from ovunque.web import words
from ovunque.web.goods import items
from ovunque.web.screens import FLOOR, OFFICE, TASKS, screens
from ovunque.web.visiting import Visit, Visiting

PIECES_SHOWN = 50
QUERY_MAX = 200
BY_HAND = ("damaged", "display", "missing")

router = screens(OFFICE | FLOOR)


@router.get("/items/{sku:path}")
def get_item(
    visit: Visiting, sku: str, at: Annotated[str, fastapi.Query(max_length=64)] = ""
) -> Response:
    """The levels of an item; `at` names the location whose numbers are explained.

    Of one that nobody knows: those that are called like it, and where to look further.
    """
    item = visit.read(lambda tx: find_items(tx, [sku])).get(sku)
    if item is None:
        return items.show(visit, items.Query(q=sku[:QUERY_MAX]), status=404)
    network = visit.house.snapshot().network
    levels = visit.read(lambda tx: list_levels_of(tx, [sku]))
    rows = sorted(
        (Row(level, network) for level in levels if level.key.location_id in network.position_of),
        key=lambda row: (not row.is_of(visit), -row.level.free, row.location.name),
    )
    chosen = choose(rows, at)
    key = Key(sku, chosen.location.id) if chosen else None
    ahead = visit.read(lambda tx: list_ahead(tx, [sku]))
    why = visit.transact(lambda tx: account(tx, key)) if key else None
    parts = visit.read(lambda tx: find_items(tx, [each for each, _ in item.components]))
    others = list_others(visit, sku)
    return visit.page(
        "goods/item.html",
        asked="",
        item=item,
        rows=rows,
        chosen=chosen,
        why=why,
        worth=visit.read(lambda tx: worth_of(tx, key, why.free)) if key and why else None,
        currency=visit.currency,
        takers=takers_of(visit, sku, chosen.location, why) if chosen and why else (),
        piece=visit.read(lambda tx: find_pieces(tx, [sku])).get(sku),
        others=others[:PIECES_SHOWN],
        others_count=len(others),
        parts=[(parts[each], units) for each, units in item.components if each in parts],
        total=Total(levels),
        coming=[
            Arrival(each, network, visit.now.date())
            for each in ahead.coming.get(sku, ())
            if each.location_id in network.position_of
        ],
        awaited=sum(each.units for each in ahead.awaited.get(sku, ())),
        own=own_level(rows, visit),
        asides=visit.read(lambda tx: own_asides(tx, sku, visit)),
        may_open_orders=visit.person.location_id is None,
        may_name_orders=visit.person.location_id in (None, key and key.location_id),
    )


def list_others(visit: Visit, sku: str) -> list["Sibling"]:
    """The same thing in other conditions: what can be had first."""
    skus = visit.house.snapshot().catalog.siblings(sku)
    pieces = visit.read(lambda tx: find_pieces(tx, skus))
    found = [Sibling(each, pieces.get(each), visit) for each in skus]
    return sorted(found, key=lambda each: not each.free)


def worth_of(tx: Tx, key: Key, free: int) -> "LastUnit | None":
    """What the last free unit is worth where it lies; None: nobody walks in there for any."""
    found = next((each for each in list_worth_of(tx, [key.sku]) if each.key == key), None)
    return LastUnit(found, free) if found and free > 0 else None


def takers_of(visit: Visit, sku: str, place: Location, found: Account) -> list[tuple[str, Part]]:
    """What each channel that sells from a place may take of it, and which rules keep the rest."""
    snapshot = visit.house.snapshot()
    taken = []
    for view in snapshot.network.channels.values():
        if place.id in snapshot.network.position_of and view.channel.pool in place.groups:
            reach = reach_of(view, snapshot.network, None)
            part = part_of(snapshot, reach, (sku, place), found, visit.now)
            taken.append((view.channel.name, part))
    return sorted(taken, key=lambda each: each[0])


def own_level(rows: list["Row"], visit: Visit) -> "Row | None":
    """What lies where this person works, if they may adjust it."""
    mine = (row for row in rows if row.is_of(visit))
    return next(mine, None) if visit.person.role in TASKS else None


def own_asides(tx: Tx, sku: str, visit: Visit) -> Mapping[str, int]:
    """What is out of sale there and may be put back by hand, by reason."""
    place = visit.person.location_id
    found = list_asides(tx, Key(sku, place)) if place else {}
    return {reason: units for reason, units in found.items() if reason in BY_HAND}


def choose(rows: list["Row"], at: str) -> "Row | None":
    """The location that was asked for; else one's own, else the one that has most."""
    named = (row for row in rows if row.location.code == at)
    return next(named, rows[0] if rows else None)


class Row:
    """A level with its place."""

    def __init__(self, level: StockLevel, network: NetworkView) -> None:
        self.level = level
        self.location: Location = network.locations[network.position_of[level.key.location_id]]
        self.place = words.LOCATION_KIND[self.location.kind]

    def is_of(self, visit: Visit) -> bool:
        return self.location.id == visit.person.location_id


class LastUnit:
    """What one more unit sold elsewhere would cost a store."""

    def __init__(self, worth: Worth, free: int) -> None:
        self.cents = unit_prices(worth, free)[-1]
        self.rate = Decimal(worth.rate_e6).scaleb(-6)
        self.margin_cents, self.days = worth.margin_cents, worth.days
        self.is_assumed = worth.comes == Comes.ASSUMED


class Arrival:
    """Units on their way, with their place."""

    def __init__(self, each: Coming, network: NetworkView, today: date) -> None:
        self.due_on, self.quantity, self.reference = each.due_on, each.quantity, each.reference
        self.location: Location = network.locations[network.position_of[each.location_id]]
        self.is_late = each.due_on < today


class Sibling:
    """The same thing in another condition."""

    def __init__(self, sku: str, piece: Piece | None, visit: Visit) -> None:
        self.piece = piece
        snapshot = visit.house.snapshot()
        item = snapshot.catalog.items[sku]
        _, free = snapshot.stock.row(sku)
        self.sku, self.price_cents = sku, item.price_cents
        self.condition = words.CONDITION[item.condition]
        self.free = int(free.clip(min=0).sum())


class Total:
    """All levels of an item in one line."""

    def __init__(self, levels: tuple[StockLevel, ...]) -> None:
        self.on_hand = sum(level.on_hand for level in levels)
        self.unavailable = sum(level.unavailable for level in levels)
        self.reserved = sum(level.reserved for level in levels)
        self.free = sum(level.free for level in levels)

"""A shop to look at: product, cart and choice of a store, each with what is promised there."""

from typing import Annotated, Any
from urllib.parse import quote, urlencode

import fastapi
from pydantic import BaseModel, Field
from starlette.responses import Response

from ovunque.catalog.knowing_pieces import find_pieces
from ovunque.catalog.listing import find_item, find_items, list_items
from ovunque.catalog.model import Item, ItemFilter, Piece
from ovunque.kernel.refusal import Refusal
from ovunque.network.snapshot import ChannelView
from ovunque.promise.model import Option
from ovunque.promise.rules.likeness import nearest
from ovunque.sourcing.selling import available, reach_of
from ovunque.web.garments import rank_of
from ovunque.web.screens import open_screens
from ovunque.web.shoppers.asking import (
    EVERY,
    FETCHED,
    Choice,
    Chosen,
    Place,
    ask,
    cart_of,
    channel_of,
    choices_of,
    chosen_of,
    in_short,
    place_of,
    with_one_place,
)
from ovunque.web.shoppers.nearing import counters_of
from ovunque.web.visiting import Visit, Visiting

PAGE_ROWS = 24

router = open_screens()


class Query(BaseModel):
    """What the address of a shop's page says: nobody has to sign in, nothing is kept."""

    q: str = Field(default="", max_length=200)
    after: str = Field(default="", max_length=64)
    country: str = Field(default="", max_length=2)
    postal_code: str = Field(default="", max_length=20)
    near: str = Field(default="", max_length=24)
    line: list[str] = Field(default=[], max_length=50)
    choice: str = Field(default="", max_length=200)


@router.get("/shop/{code}")
def get_shelf(visit: Visiting, code: str, query: Annotated[Query, fastapi.Query()]) -> Response:
    """What the shop sells, page by page."""
    shop = Shop(visit, code, query)
    found = visit.read(
        lambda tx: list_items(tx, query.after, PAGE_ROWS + 1, ItemFilter(q=query.q.strip() or None))
    )
    listed = [each for each in found[:PAGE_ROWS] if shop.sells(each)]
    return shop.page(
        "shoppers/shelf.html",
        q=query.q.strip(),
        items=listed,
        more=shop.address("", q=query.q, after=found[PAGE_ROWS - 1].sku)
        if len(found) > PAGE_ROWS
        else None,
    )


@router.get("/shop/{code}/items/{sku:path}")
def get_product(
    visit: Visiting, code: str, sku: str, query: Annotated[Query, fastapi.Query()]
) -> Response:
    """One item, and when it could be there."""
    shop = Shop(visit, code, query)
    item = visit.read(lambda tx: find_item(tx, sku))
    if not shop.sells(item):
        raise Refusal("not_found", what="this item")
    siblings = visit.read(
        lambda tx: list_items(tx, "", PAGE_ROWS, ItemFilter(product=item.product))
    )
    sold = sorted(
        (each for each in siblings if shop.sells(each)),
        key=lambda each: (each.color or "", rank_of(each.size)),
    )
    return shop.page(
        "shoppers/product.html",
        item=item,
        siblings=[each for each in sold if each.condition == item.condition or each == item],
        piece=visit.read(lambda tx: find_pieces(tx, [item.sku])).get(item.sku),
        others=shop.in_other_conditions(item),
        choices=in_short(shop.choices([(item.sku, 1)])),
    )


@router.get("/shop/{code}/cart")
def get_cart(visit: Visiting, code: str, query: Annotated[Query, fastapi.Query()]) -> Response:
    """The cart, and every way of getting it; the nearest like the one chosen before is chosen."""
    shop = Shop(visit, code, query)
    found = shop.choices([(item.sku, units) for item, units in shop.cart], EVERY)
    named = next((each for each in found if each.key == query.choice), None)
    choices = with_one_place([named, *found] if named and named.place else found)
    chosen = nearest_to(query.choice, choices)
    return shop.page(
        "shoppers/cart.html",
        choices=choices,
        chosen=chosen,
        gone=gone(query.choice, chosen, named),
        total=sum((item.price_cents or 0) * units for item, units in shop.cart),
    )


@router.get("/shop/{code}/stores")
def get_stores(visit: Visiting, code: str, query: Annotated[Query, fastapi.Query()]) -> Response:
    """Where the cart could be fetched: the list first, the nearest on top."""
    shop = Shop(visit, code, query)
    lines = [(item.sku, units) for item, units in shop.cart]
    found = shop.choices(lines, FETCHED)
    return shop.page("shoppers/stores.html", counters=counters_of(visit, shop.place, found))


def nearest_to(told: str, choices: list[Choice]) -> Choice | None:
    """What was chosen, else what is most like it, else the first of all."""
    was = chosen_of(told)
    if was is None or not choices:
        return choices[0] if choices else None
    options = [each.option for each in choices]
    found = nearest(options, was.service, was.location_id, was.latest)
    return next(each for each in choices if each.option is found)


class Gone:
    """How the nearest option differs from what was chosen before and is not to be had any more."""

    def __init__(self, was: Chosen, now: Option) -> None:
        self.latest = was.latest
        self.moves = now.latest != was.latest
        self.price = now.customer_price - was.price
        self.grams = now.emissions_g - was.grams
        self.elsewhere = (now.service, now.location_id) != (was.service, was.location_id)


def gone(told: str, chosen: Choice | None, named: Choice | None) -> Gone | None:
    """None: it is to be had as it was chosen, or nothing was."""
    was = chosen_of(told)
    return None if was is None or named or chosen is None else Gone(was, chosen.option)


class Shop:
    """One visit to a shop: its channel, the shopper's place, the cart in the address."""

    def __init__(self, visit: Visit, code: str, query: Query) -> None:
        if not visit.house.settings.shop:
            raise Refusal("not_found", what="this shop")
        self.visit = visit
        self.channel: ChannelView = channel_of(visit, code)
        self.place: Place = place_of(self.channel, query.country, query.postal_code, query.near)
        self.cart: list[tuple[Item, int]] = cart_of(visit, query.line)

    def sells(self, item: Item) -> bool:
        return self.channel.channel.lists(item.category) and item.price_cents is not None

    def in_other_conditions(self, item: Item) -> list[tuple[Item, Piece | None]]:
        """The same thing new or used, as far as somebody has it, with what is known of a piece."""
        snapshot = self.visit.house.snapshot()
        reach = reach_of(self.channel, snapshot.network, None)
        there = [
            sku
            for sku in snapshot.catalog.siblings(item.sku)
            if available(snapshot, reach, sku, self.visit.now)
        ]
        found = self.visit.read(lambda tx: find_items(tx, there))
        pieces = self.visit.read(lambda tx: find_pieces(tx, there))
        sold = (found[sku] for sku in there if sku in found and self.sells(found[sku]))
        return [(each, pieces.get(each.sku)) for each in sold]

    def choices(self, lines: list[tuple[str, int]], services: tuple[str, ...] = ()) -> list[Choice]:
        if not lines:
            return []
        return choices_of(ask(self.visit, self.channel, lines, self.place, services), self.visit)

    def address(self, path: str, **more: str) -> str:
        """A page of this shop that still knows the place and the cart."""
        query = [
            ("country", self.place.country),
            ("postal_code", self.place.postal_code),
            ("near", self.place.near),
            *more.items(),
            *(("line", f"{item.sku}:{units}") for item, units in self.cart),
        ]
        kept = urlencode([(name, value) for name, value in query if value])
        return f"/shop/{quote(self.channel.channel.code)}{path}" + (f"?{kept}" if kept else "")

    def anywhere(self, path: str) -> str:
        """This page without where the shopper is."""
        lines = [("line", f"{item.sku}:{units}") for item, units in self.cart]
        return f"{path}?{urlencode([('country', self.place.country), *lines])}"

    def page(self, template: str, **context: Any) -> Response:
        return self.visit.page(
            template,
            shop=self,
            currency=self.channel.channel.currency,
            units=sum(count for _, count in self.cart),
            **context,
        )

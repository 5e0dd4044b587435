"""Items: what is stocked and sold."""

from dataclasses import asdict
from typing import Annotated

from fastapi import Depends, Query, Response
from pydantic import Field, Strict

from ovunque.access.model import Scope
from ovunque.api.bodies import Body, Language, Name, Shown
from ovunque.api.call import Call, Caller, need
from ovunque.api.editing import NOTHING, IfMatch, as_request, create, same, tagged
from ovunque.api.idempotent import Once
from ovunque.api.identifiers import Code
from ovunque.api.paging import Listed, Paging
from ovunque.api.routing import resource
from ovunque.catalog import listing, saving
from ovunque.catalog.model import Condition, Item, ItemFilter, ItemRequest
from ovunque.catalog.rules import COMPONENTS_MAX
from ovunque.platform.database import Tx

router = resource("items")
READ, CONFIG = [need(Scope.READ)], [need(Scope.CONFIG)]
GTINS_MAX = 250
LANGUAGES_MAX = 50

Gtin = Annotated[str, Field(pattern="^([0-9]{8}|[0-9]{12,14})$")]
Label = Annotated[Name, Field(max_length=100)]
Fragment = Annotated[str, Query(min_length=1, max_length=100)]


class Component(Body):
    sku: Code
    quantity: int = Field(ge=1, le=1_000)


class ItemBody(Body):
    sku: Code
    product: Annotated[Name, Field(max_length=64)] = Field(description="The style it belongs to.")
    titles: dict[Language, Name] = Field(
        max_length=LANGUAGES_MAX,
        description="By language; English is always there.",
        examples=[{"en": "Rain coat", "it": "Impermeabile"}],
    )
    gtins: list[Gtin] = Field(default=[], max_length=GTINS_MAX)
    category: Label | None = None
    season: Label | None = None
    color: Label | None = None
    size: Label | None = None
    condition: Annotated[Condition, Strict(False)] = Condition.NEW
    weight_g: int = Field(ge=1, le=1_000_000)
    length_mm: int | None = Field(default=None, ge=1, le=100_000)
    width_mm: int | None = Field(default=None, ge=1, le=100_000)
    height_mm: int | None = Field(default=None, ge=1, le=100_000)
    price_cents: int | None = Field(default=None, ge=0, le=100_000_000)
    cost_cents: int | None = Field(default=None, ge=0, le=100_000_000)
    components: list[Component] = Field(
        default=[], max_length=COMPONENTS_MAX, description="Of a bundle, stocked as these."
    )


class ComponentAnswer(Shown):
    sku: str
    quantity: int


class ItemAnswer(Shown):
    sku: str
    product: str
    titles: dict[str, str]
    gtins: list[str]
    category: str | None
    season: str | None
    color: str | None
    size: str | None
    condition: Condition
    weight_g: int
    length_mm: int | None
    width_mm: int | None
    height_mm: int | None
    price_cents: int | None
    cost_cents: int | None
    components: list[ComponentAnswer]
    version: int


async def filters_of(
    q: Fragment | None = None,
    product: Fragment | None = None,
    category: Fragment | None = None,
    condition: Condition | None = None,
) -> ItemFilter:
    return ItemFilter(q=q, product=product, category=category, condition=condition)


Filters = Annotated[ItemFilter, Depends(filters_of)]


@router.get("/items", dependencies=READ)
def get_items(call: Caller, page: Paging, filters: Filters) -> Listed[ItemAnswer]:
    """Items in the order of their skus."""
    found = call.read(lambda tx: listing.list_items(tx, page.after or "", page.rows_max, filters))
    return page.show(found, show_item, lambda each: each.sku)


@router.get("/items/{sku:path}", response_model=ItemAnswer, dependencies=READ)
def get_item(sku: Code, call: Caller) -> Response:
    """One item."""
    found = call.read(lambda tx: listing.find_item(tx, sku))
    return tagged(show_item(found), found.version)


@router.post("/items", status_code=201, response_model=ItemAnswer, dependencies=CONFIG)
def post_item(body: ItemBody, call: Caller, once: Once) -> Response:
    """Make an item known; one that is there already is left as it is."""
    return create(once, lambda tx: show_item(save_item(tx, call, body, NOTHING)))


@router.put("/items/{sku:path}", response_model=ItemAnswer, dependencies=CONFIG)
def put_item(sku: Code, body: ItemBody, call: Caller, seen: IfMatch) -> Response:
    """Make an item known, or replace it; `If-Match` guards what somebody else changed."""
    same("/sku", body.sku, sku)
    saved = call.transact(lambda tx: save_item(tx, call, body, seen))
    return tagged(show_item(saved), saved.version)


def save_item(tx: Tx, call: Call, body: ItemBody, seen: int | None) -> Item:
    components = tuple((each.sku, each.quantity) for each in body.components)
    asked = as_request(ItemRequest, body, components=components)
    return saving.save_item(tx, call.by, asked, call.now, expected_version=seen)


def show_item(item: Item) -> ItemAnswer:
    components = [ComponentAnswer(sku=sku, quantity=units) for sku, units in item.components]
    return ItemAnswer(**(asdict(item) | {"components": components}))

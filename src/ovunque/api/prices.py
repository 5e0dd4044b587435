"""What customers pay, as programs see it: whole tables, drafted, checked and published."""

from typing import Annotated

from fastapi import Response
from pydantic import Field

from ovunque.access.model import Scope
from ovunque.api.bodies import Body, Instant, Shown
from ovunque.api.call import Call, Caller, need
from ovunque.api.editing import IfMatch, tagged
from ovunque.api.idempotent import Once
from ovunque.api.identifiers import Code
from ovunque.api.paging import Listed, Paging
from ovunque.api.routing import resource
from ovunque.delivery.model import Service
from ovunque.kernel.refusal import Refusal
from ovunque.platform.database import Tx
from ovunque.promise import pricing
from ovunque.promise.model import PriceDraft, PricePublication, PriceRow
from ovunque.promise.rules.pricing import GOODS_MAX, PRICE_MAX, ROWS_MAX

router = resource("prices")
READ, CONFIG = [need(Scope.READ)], [need(Scope.CONFIG)]


class PriceRowBody(Body):
    """A price for goods from some worth on; from 0 on it is the usual one, a price of 0 is free."""

    channel: Code | None = Field(default=None, description="None: every channel.")
    service: Annotated[Service, Field(strict=False)]
    zone: Code | None = Field(default=None, description="None: everywhere.")
    goods_from: int = Field(default=0, ge=0, le=GOODS_MAX, description="In cents.")
    price: int = Field(ge=0, le=PRICE_MAX, description="In cents.")


class PriceRowShown(Shown):
    channel: str | None
    service: Service
    zone: str | None
    goods_from: int
    price: int


class PriceTable(Shown):
    """A table that counts, or once did."""

    number: int
    published_by: str
    published_at: Instant
    rows: list[PriceRowShown]


class DraftBody(Body):
    rows: Annotated[list[PriceRowBody], Field(max_length=ROWS_MAX)]


class PriceGapShown(Shown):
    """A service for which a channel would have no price from nothing on, everywhere."""

    channel: str
    service: Service


class DraftShown(Shown):
    version: int
    changed_by: str | None
    changed_at: Instant | None
    rows: list[PriceRowShown]
    gaps: list[PriceGapShown]


class PublicationBody(Body):
    version: int = Field(ge=1, description="Of the draft that was looked at.")


@router.get("/prices", dependencies=READ)
def get_prices(call: Caller) -> PriceTable:
    """The table that counts."""
    return show(call.read(pricing.find_published))


@router.get("/prices/publications", dependencies=READ)
def get_price_publications(call: Caller, page: Paging) -> Listed[PriceTable]:
    """All tables that ever counted, the newest first."""
    before = number_of(page.after)
    found = call.read(lambda tx: pricing.list_published(tx, before, page.rows_max))
    return page.show(found, show, lambda each: str(each.number))


@router.get("/prices/draft", response_model=DraftShown, dependencies=READ)
def get_price_draft(call: Caller) -> Response:
    """The draft with its gaps; where nobody has begun one, the table that counts, as version 0."""
    shown = call.read(lambda tx: look(tx, pricing.find_draft(tx)))
    return tagged(shown, shown.version)


@router.put("/prices/draft", response_model=DraftShown, dependencies=CONFIG)
def put_price_draft(body: DraftBody, call: Caller, seen: IfMatch) -> Response:
    """Write a whole table; it may have gaps, and does not count yet."""
    rows = tuple(row_of(each) for each in body.rows)
    shown = call.transact(
        lambda tx: look(tx, pricing.save_draft(tx, call.by, rows, call.now, expected_version=seen))
    )
    return tagged(shown, shown.version)


@router.delete("/prices/draft", status_code=204, dependencies=CONFIG)
def delete_price_draft(call: Caller) -> None:
    """Throw the draft away."""
    call.transact(lambda tx: pricing.discard_draft(tx, call.by, call.now))


@router.post(
    "/prices/publications", status_code=201, response_model=PriceTable, dependencies=CONFIG
)
def post_price_publication(body: PublicationBody, call: Caller, once: Once) -> Response:
    """The draft counts from now on; refused as long as something has no price."""
    return once.run(lambda tx: show(publish(tx, call, body.version)))


def publish(tx: Tx, call: Call, version: int) -> PricePublication:
    return pricing.publish(tx, call.by, call.now, expected_version=version)


def number_of(after: str | None) -> int | None:
    if after is None:
        return None
    if not (after.isascii() and after.isdigit() and len(after) < 10):
        raise Refusal("cursor_invalid")
    return int(after)


def look(tx: Tx, draft: PriceDraft) -> DraftShown:
    return DraftShown(
        version=draft.version,
        changed_by=draft.changed_by,
        changed_at=draft.changed_at,
        rows=[show_row(each) for each in draft.rows],
        gaps=[
            PriceGapShown(channel=each.channel, service=Service(each.service))
            for each in pricing.list_gaps(tx, draft.rows)
        ],
    )


def show(table: PricePublication) -> PriceTable:
    return PriceTable(
        number=table.number,
        published_by=table.published_by,
        published_at=table.published_at,
        rows=[show_row(each) for each in table.rows],
    )


def show_row(row: PriceRow) -> PriceRowShown:
    return PriceRowShown(
        channel=row.channel or None,
        service=Service(row.service),
        zone=row.zone or None,
        goods_from=row.goods_from,
        price=row.price,
    )


def row_of(body: PriceRowBody) -> PriceRow:
    return PriceRow(
        channel=body.channel or "",
        service=body.service,
        zone=body.zone or "",
        goods_from=body.goods_from,
        price=body.price,
    )

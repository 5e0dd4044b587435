"""Single pieces, second-hand or refurbished: each exists once, beside the new item."""

from dataclasses import asdict
from typing import Annotated

from fastapi import Query, Response
from pydantic import Field, Strict

from ovunque.access.model import Scope
from ovunque.api.bodies import Body, Instant, Name, Shown
from ovunque.api.call import Call, Caller, need
from ovunque.api.editing import as_request
from ovunque.api.idempotent import Once
from ovunque.api.identifiers import Code
from ovunque.api.paging import Listed, Paging
from ovunque.api.routing import resource
from ovunque.catalog import knowing_pieces as pieces
from ovunque.catalog.model import Condition, Piece, PieceRequest
from ovunque.network.listing import codes_of
from ovunque.platform.database import Tx
from ovunque.stock.listing_pieces import list_piece, withdraw

router = resource("stock")
READ, STOCK = [need(Scope.READ)], [need(Scope.STOCK)]
CENTS_MAX = 100_000_000

Photo = Annotated[
    str, Field(min_length=10, max_length=500, pattern=r"^(https://|/pictures/)[!-~]+$")
]


class PieceBody(Body):
    """A piece that came back: like a new item, of which it takes all but condition and price."""

    sku: Code
    like: Code = Field(description="The sku of the new item.")
    serial: Annotated[Name, Field(max_length=100)] = Field(description="Nothing else has it.")
    condition: Annotated[Condition, Strict(False)] = Field(description="Its grade; not `new`.")
    location: Code = Field(description="Where it lies.")
    price_cents: int | None = Field(default=None, ge=0, le=CENTS_MAX)
    cost_cents: int | None = Field(default=None, ge=0, le=CENTS_MAX)
    note: Annotated[Name, Field(max_length=200)] | None = Field(
        default=None, description="What wear shows."
    )
    photos: list[Photo] = Field(default=[], max_length=pieces.PHOTOS_MAX)


class Withdrawal(Body):
    """Nothing has to be said."""


class PieceAnswer(Shown):
    sku: str
    like: str
    serial: str
    condition: Condition
    price_cents: int | None
    cost_cents: int | None
    note: str | None
    photos: list[str]
    taken_in_at: str = Field(description="The location.")
    listed_at: Instant
    withdrawn_at: Instant | None


@router.get("/pieces", dependencies=READ)
def get_pieces(
    call: Caller, page: Paging, like: Annotated[Code | None, Query()] = None
) -> Listed[PieceAnswer]:
    """Pieces in the order of their skus; those that were sold or withdrawn, too."""

    def work(tx: Tx) -> list[PieceAnswer]:
        return show_all(tx, pieces.list_pieces(tx, page.after or "", page.rows_max, like))

    return page.show(call.read(work), lambda each: each, lambda each: each.sku)


@router.get("/pieces/{sku:path}", dependencies=READ)
def get_piece(sku: Code, call: Caller) -> PieceAnswer:
    """One piece."""
    return call.read(lambda tx: show_all(tx, [pieces.find_piece(tx, sku)])[0])


@router.post("/pieces", status_code=201, response_model=PieceAnswer, dependencies=STOCK)
def post_piece(body: PieceBody, call: Caller, once: Once) -> Response:
    """Put a piece on sale: an item of its own, of which one lies there."""
    return once.run(lambda tx: show_all(tx, [list_one(tx, call, body)])[0])


@router.post(
    "/pieces/{sku:path}/withdrawals",
    status_code=201,
    response_model=PieceAnswer,
    dependencies=STOCK,
)
def post_withdrawal(sku: Code, _: Withdrawal, call: Caller, once: Once) -> Response:
    """Take a piece off sale; refused when somebody has bought it."""
    return once.run(lambda tx: show_all(tx, [withdraw(tx, call.by, sku, call.now)])[0])


def list_one(tx: Tx, call: Call, body: PieceBody) -> Piece:
    asked = as_request(PieceRequest, body, photos=tuple(body.photos))
    return list_piece(tx, call.by, asked, call.now)


def show_all(tx: Tx, found: list[Piece] | tuple[Piece, ...]) -> list[PieceAnswer]:
    codes = codes_of(tx, {each.location_id for each in found})
    return [PieceAnswer(**asdict(each), taken_in_at=codes[each.location_id]) for each in found]

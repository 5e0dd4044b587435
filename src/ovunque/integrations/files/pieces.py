"""Files of single pieces: second-hand and refurbished, a row for each."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from ovunque.access.model import Actor
from ovunque.catalog.knowing_pieces import check_piece
from ovunque.catalog.model import Condition, PieceRequest
from ovunque.integrations.files import standing
from ovunque.integrations.files.cells import LIST, NONE, NUMBER, TEXT
from ovunque.integrations.files.columns import Column, Columns
from ovunque.integrations.files.kind import Export
from ovunque.integrations.files.table import Alone, Table
from ovunque.kernel.ids import NewId
from ovunque.kernel.rows import Saved, known
from ovunque.platform.database import Tx
from ovunque.stock.listing_pieces import list_pieces

COLUMNS = Columns(
    fixed=(
        Column("sku", TEXT),
        Column("like", TEXT),
        Column("serial", TEXT),
        Column("condition", TEXT),
        Column("location", TEXT),
        Column("price_cents", NUMBER),
        Column("cost_cents", NUMBER),
        Column("note", NONE),
        Column("photos", LIST),
    )
)


def around(tx: Tx) -> Alone[PieceRequest]:
    locations = {each.code for each in standing.locations(tx)}
    likes = {
        each.sku
        for each in standing.items(tx)
        if each.condition == Condition.NEW and not each.components
    }
    return Alone(
        lambda each: {"sku": each.sku, "serial": each.serial},
        lambda each: (
            *check_piece(each),
            *known("/location", each.location, locations),
            *known("/like", each.like, likes),
        ),
    )


def save(tx: Tx, by: Actor, requests: Sequence[PieceRequest], now: datetime, _: NewId) -> Saved:
    return list_pieces(tx, by, requests, now)


def export(tx: Tx, _: datetime) -> Export:
    return Export(columns=COLUMNS.fixed, rows=export_rows(tx))


def export_rows(tx: Tx) -> Iterator[dict[str, Any]]:
    """Those that are on sale, or were sold."""
    codes = {each.id: each.code for each in standing.locations(tx)}
    for piece in standing.pieces(tx):
        if piece.withdrawn_at is None:
            told = {name: getattr(piece, name) for name in COLUMNS.names if name != "location"}
            yield told | {"location": codes[piece.location_id]}


PIECES = Table(
    name="pieces",
    columns=COLUMNS,
    build=PieceRequest,
    around=around,
    save=save,
    export=export,
    template="""\
sku,like,serial,condition,location,price_cents,cost_cents,note,photos
COAT-NAVY-M-U001,COAT-NAVY-M,SN-40917,used_a,MILANO-01,14900,6000,,https://photos.example/1.jpg
COAT-NAVY-M-U002,COAT-NAVY-M,SN-40918,used_b,MILANO-01,9900,,"Left cuff worn",
""",
)

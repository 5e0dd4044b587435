"""Files of deliveries: what was announced, for where and for which day."""

from collections.abc import Sequence
from datetime import datetime

from ovunque.access.model import Actor
from ovunque.integrations.files import standing
from ovunque.integrations.files.cells import DAY_CELL, TEXT, WHOLE
from ovunque.integrations.files.columns import Column, Columns
from ovunque.integrations.files.table import Alone, Table, export_of
from ovunque.kernel.ids import NewId
from ovunque.kernel.rows import Saved, known
from ovunque.platform.database import Tx
from ovunque.stock.expecting import save_incoming
from ovunque.stock.model.expecting import IncomingRequest
from ovunque.stock.rules.ahead import check_incoming

COLUMNS = Columns(
    fixed=(
        Column("reference", TEXT),
        Column("location", TEXT),
        Column("sku", TEXT),
        Column("quantity", WHOLE),
        Column("due_on", DAY_CELL),
        Column("late_days", WHOLE),
    )
)


def around(tx: Tx) -> Alone[IncomingRequest]:
    locations = {each.code for each in standing.locations(tx)}
    skus = {each.sku for each in standing.items(tx)}
    return Alone(
        lambda each: {"reference": (each.reference, each.sku, each.location)},
        lambda each: (
            *check_incoming(each),
            *known("/location", each.location, locations),
            *known("/sku", each.sku, skus),
        ),
    )


def save(tx: Tx, by: Actor, requests: Sequence[IncomingRequest], now: datetime, _: NewId) -> Saved:
    return save_incoming(tx, by, requests, now)


INCOMING = Table(
    name="incoming",
    columns=COLUMNS,
    build=IncomingRequest,
    around=around,
    save=save,
    export=export_of(COLUMNS, standing.incoming),
    template="""\
reference,location,sku,quantity,due_on,late_days
PO-1001,BOLOGNA-DC,COAT-NAVY-M,60,2026-12-12,3
PO-1002,MILANO-01,COAT-NAVY-M,4,2026-12-19,0
""",
)

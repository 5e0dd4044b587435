"""Files of what customers pay: rows of the draft, which counts once it is published."""

from collections.abc import Iterator

from ovunque.integrations.files import standing
from ovunque.integrations.files.cells import NONE, TEXT, WHOLE
from ovunque.integrations.files.columns import Column, Columns
from ovunque.integrations.files.table import Alone, Table, export_of
from ovunque.kernel.refusal import Fault
from ovunque.platform.database import Tx
from ovunque.promise.model import PriceRow
from ovunque.promise.pricing import find_published, save_rows
from ovunque.promise.rules.pricing import faults

COLUMNS = Columns(
    fixed=(
        Column("channel", NONE),
        Column("service", TEXT),
        Column("zone", NONE),
        Column("goods_from", WHOLE),
        Column("price", WHOLE),
    )
)


def build(
    channel: str | None, service: str, zone: str | None, goods_from: int, price: int
) -> PriceRow:
    """A row; an empty cell is every channel, or everywhere."""
    return PriceRow(
        channel=channel or "", service=service, zone=zone or "", goods_from=goods_from, price=price
    )


def around(tx: Tx) -> Alone[PriceRow]:
    channels = {each.code for each in standing.channels(tx)}
    zones = {each.code for each in standing.zones(tx)}

    def wrong(row: PriceRow) -> Iterator[Fault]:
        for each in faults([row], channels, zones):
            yield Fault(each.pointer.removeprefix("/rows/0"), each.code, each.detail)

    return Alone(lambda row: {"service": row.key}, wrong)


def rows(tx: Tx) -> Iterator[PriceRow]:
    yield from find_published(tx).rows


PRICES = Table(
    name="prices",
    columns=COLUMNS,
    build=build,
    around=around,
    save=save_rows,
    export=export_of(COLUMNS, rows),
    template="""\
channel,service,zone,goods_from,price
,home,,0,490
,home,,6900,0
""",
)

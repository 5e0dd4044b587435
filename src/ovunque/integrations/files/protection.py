"""Files of protections: what keeps units from channels."""

from collections.abc import Sequence
from datetime import datetime

from ovunque.access.model import Actor
from ovunque.integrations.files import standing
from ovunque.integrations.files.cells import LIST, MOMENT, NONE, NUMBER, TEXT, optional
from ovunque.integrations.files.columns import Column, Columns
from ovunque.integrations.files.table import Alone, Table, export_of
from ovunque.kernel.ids import NewId
from ovunque.kernel.rows import Saved
from ovunque.platform.database import Tx
from ovunque.stock.model import ProtectionRequest
from ovunque.stock.protecting import save_protections
from ovunque.stock.rules.protection_checks import Existing, check_protection, check_references

MOMENT_OR_NONE = optional(MOMENT)

COLUMNS = Columns(
    fixed=(
        Column("code", TEXT),
        Column("kind", TEXT),
        Column("units", NUMBER),
        Column("percent", NUMBER),
        Column("sku", NONE),
        Column("product", NONE),
        Column("category", NONE),
        Column("location", NONE),
        Column("group", NONE),
        Column("channels", LIST),
        Column("starts_at", MOMENT_OR_NONE),
        Column("ends_at", MOMENT_OR_NONE),
    )
)


def around(tx: Tx) -> Alone[ProtectionRequest]:
    existing = Existing(
        skus={each.sku for each in standing.items(tx)},
        locations={each.code for each in standing.locations(tx)},
        groups={each.code for each in standing.groups(tx)},
        channels={each.code for each in standing.channels(tx)},
    )
    return Alone(
        lambda each: {"code": each.code},
        lambda each: (*check_protection(each), *check_references(each, existing)),
    )


def save(
    tx: Tx, by: Actor, requests: Sequence[ProtectionRequest], now: datetime, _: NewId
) -> Saved:
    return save_protections(tx, by, requests, now)


PROTECTIONS = Table(
    name="protections",
    columns=COLUMNS,
    build=ProtectionRequest,
    around=around,
    save=save,
    export=export_of(COLUMNS, standing.protections),
    template="""\
code,kind,units,percent,sku,product,category,location,group,channels,starts_at,ends_at
last-coat,buffer,1,,,,coats,,stores,,,
tills-first,share,6,,COAT-NAVY-M,,,MILANO-01,,till-it,,2027-01-07T00:00:00Z
""",
)

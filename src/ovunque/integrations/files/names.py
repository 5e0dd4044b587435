"""Files of what people call carriers, zones, protections and sources."""

from ovunque.integrations.files import standing
from ovunque.integrations.files.cells import NONE, TEXT
from ovunque.integrations.files.columns import Column, Columns
from ovunque.integrations.files.table import Alone, Table, export_of
from ovunque.kernel.rows import known, one_of
from ovunque.network.model import NameableKind, Named
from ovunque.network.naming import check_name, give_names
from ovunque.platform.database import Tx

COLUMNS = Columns(fixed=(Column("kind", TEXT), Column("code", TEXT), Column("name", NONE)))


def around(tx: Tx) -> Alone[Named]:
    there = {kind.value: set[str]() for kind in NameableKind}
    for each in standing.nameable(tx):
        there[each.kind].add(each.code)
    return Alone(
        lambda each: {"code": (each.kind, each.code)},
        lambda each: (
            *one_of("/kind", each.kind, NameableKind),
            *(known("/code", each.code, there[each.kind]) if each.kind in there else ()),
            *check_name(each.name),
        ),
    )


NAMES = Table(
    name="names",
    columns=COLUMNS,
    build=Named,
    around=around,
    save=give_names,
    export=export_of(COLUMNS, standing.nameable),
    template="""\
kind,code,name
carrier,postale,Postale Italiana
zone,it-north,Northern Italy
""",
)

"""Files of zones: a row for each area, and all areas of a zone together."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ovunque.delivery import rules
from ovunque.delivery.model import ZoneArea, ZoneRequest
from ovunque.delivery.saving import save_zones
from ovunque.integrations.files import standing
from ovunque.integrations.files.bad import Bad, bad
from ovunque.integrations.files.cells import NONE, TEXT
from ovunque.integrations.files.columns import Column, Columns
from ovunque.integrations.files.dialect import Rows
from ovunque.integrations.files.kind import PORTION_ROWS_MAX, Asked, Export, Intake, Portion
from ovunque.integrations.files.sheet import Sheet
from ovunque.integrations.files.table import Alone, Around, Table, TableIntake, good_rows
from ovunque.kernel.ids import NewId
from ovunque.platform.database import Tx


class ZoneTable(Table[ZoneRequest]):
    """Rows that are zones of one area each, until they are put together."""

    def open(self, tx: Tx, columns: Sequence[Column], asked: Asked) -> Intake:
        return ZoneIntake(self, columns, self.around(tx), asked.new_id)


class ZoneIntake(TableIntake[ZoneRequest]):
    """A zone is replaced with all its areas, so that it is applied whole or left out whole."""

    def __init__(
        self,
        table: Table[ZoneRequest],
        columns: Sequence[Column],
        around: Around[ZoneRequest],
        new_id: NewId,
    ) -> None:
        super().__init__(table, columns, around, new_id)
        self._lines: dict[str, list[int]] = defaultdict(list)
        self._wrong: set[int] = set()

    def check(self, look: int, rows: Rows) -> Iterator[Bad]:
        for line, (code, *_) in zip(rows.lines, rows.cells, strict=True):
            self._lines[code].append(line)
        for fault in super().check(look, rows):
            self._wrong.add(fault.line)
            yield fault

    def settle(self) -> Iterator[Bad]:
        for code, lines in self._lines.items():
            if len(lines) > rules.AREAS_MAX:
                reason = f"This zone has more than {rules.AREAS_MAX} areas."
                yield bad(lines[0], "zone", code, "out_of_bounds", reason)
                self._wrong.add(lines[0])
            wrong = self._wrong.intersection(lines)
            reason = f"Line {min(wrong, default=0)} of the same zone is bad."
            for line in sorted(set(lines) - wrong) if wrong else ():
                yield bad(line, "zone", code, "incomplete", reason)

    def portions(self, sheet: Sheet, left_out: Collection[int]) -> Iterator[Portion]:
        zones: dict[str, list[ZoneArea]] = defaultdict(list)
        for line, cells in good_rows(sheet, left_out):
            row = self._read(line, cells)
            zones[row.code].extend(row.areas)
        portion: list[ZoneRequest] = []
        rows = 0
        for code, areas in zones.items():
            portion.append(ZoneRequest(code=code, areas=tuple(areas)))
            rows += len(areas)
            if rows >= PORTION_ROWS_MAX:
                yield Portion(rows, portion)
                portion, rows = [], 0
        if portion:
            yield Portion(rows, portion)


def build_zone(*, zone: str, **area: Any) -> ZoneRequest:
    bounds = {name: value or "" for name, value in area.items()}
    return ZoneRequest(code=zone, areas=(ZoneArea(**bounds),))


def key_of(row: ZoneRequest) -> dict[str, ZoneRequest]:
    return {"postal_from": rules.tidy_zone(row)}


def column_at(pointer: str) -> str:
    """`/areas/0/country` stands in `country`, what is about the zone in `zone`."""
    _, _, column = pointer.rpartition("/")
    return "zone" if column in ("code", "areas") else column


def export(tx: Tx, _: datetime) -> Export:
    return Export(columns=COLUMNS.fixed, rows=export_rows(tx))


def export_rows(tx: Tx) -> Iterator[Mapping[str, Any]]:
    for zone in standing.zones(tx):
        for area in zone.areas:
            yield {
                "zone": zone.code,
                "country": area.country,
                "postal_from": area.postal_from or None,
                "postal_to": area.postal_to or None,
            }


COLUMNS = Columns(
    fixed=(
        Column("zone", TEXT),
        Column("country", TEXT),
        Column("postal_from", NONE),
        Column("postal_to", NONE),
    )
)
ZONES = ZoneTable(
    name="zones",
    columns=COLUMNS,
    build=build_zone,
    around=lambda _: Alone(key_of, rules.check_zone),
    save=save_zones,
    export=export,
    column_at=column_at,
    template="""\
zone,country,postal_from,postal_to
it-north,IT,10,48
it-south,IT,70,89
""",
)

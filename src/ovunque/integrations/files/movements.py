"""Files of movements: what came and went in the books of a source, a row for each."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ovunque.access.model import Actor
from ovunque.integrations.files import standing
from ovunque.integrations.files.bad import Wrong
from ovunque.integrations.files.cells import (
    MOMENT,
    NONE,
    TEXT,
    WHOLE,
    Cell,
    integer_of_json,
    optional,
)
from ovunque.integrations.files.columns import Column, Columns
from ovunque.integrations.files.kind import SOURCE, Asked, Export, Intake, Tally
from ovunque.integrations.files.table import Alone, Around, Faults, Table, TableIntake
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Fault
from ovunque.network.listing import ids_of_locations
from ovunque.platform.database import Tx
from ovunque.stock import recalling, rules
from ovunque.stock.describing import read_as
from ovunque.stock.feeding import MovementsRequest, feed_movements, must_wait, worth_of
from ovunque.stock.model import Movement, MovementKind
from ovunque.stock.model.feeding import Source
from ovunque.stock.moving import movement_of
from ovunque.stock.weighing import Foreseen

TEXT_MAX = 100
DIGITS = re.compile("[0-9]{1,15}")


def parse_kind(text: str) -> MovementKind:
    try:
        return MovementKind(text)
    except ValueError:
        raise Wrong("not_allowed", f"Say one of {', '.join(MovementKind)}.") from None


def parse_sequence(text: str) -> int:
    if DIGITS.fullmatch(text) is None:
        raise Wrong("wrong_type", "This is not a number of up to 15 digits.")
    return int(text)


KIND = replace(TEXT, parse=parse_kind, guarded=False)
SEQUENCE = optional(Cell(parse=parse_sequence, text=str, of_json=integer_of_json))
COLUMNS = Columns(
    fixed=(
        Column("id", TEXT),
        Column("location", TEXT),
        Column("sku", TEXT),
        Column("kind", KIND),
        Column("quantity", WHOLE),
        Column("occurred_at", MOMENT),
        Column("sequence", SEQUENCE),
        Column("reason", NONE),
        Column("reference", NONE),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MovementRow:
    """A movement by the code of its place."""

    id: str
    location: str
    sku: str
    kind: MovementKind
    quantity: int
    occurred_at: datetime
    sequence: int | None
    reason: str | None
    reference: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MovementFiles:
    """The rows are told in the name of a source, and are read as that one means them."""

    name: str
    template: str
    columns: Columns

    def export(self, tx: Tx, _: datetime) -> Export:
        return Export(columns=COLUMNS.fixed, rows=export_rows(tx))

    def open(self, tx: Tx, columns: Sequence[Column], asked: Asked) -> Intake:
        source = read_as(tx, asked.source)
        items = {each.sku: worth_of(each, 1) for each in standing.items(tx)}
        offs = WriteOffs(source, items)

        def save(
            tx: Tx, by: Actor, rows: Sequence[MovementRow], now: datetime, new_id: NewId
        ) -> Tally:
            request = MovementsRequest(
                id=new_id(),
                source=asked.source,
                movements=movements_of(tx, rows),
                write_offs_wait=offs.wait,
                part_of=asked.digest,
            )
            fed = feed_movements(tx, by, request, now)
            if asked.pace is not None and fed.moved.booked:
                asked.pace(by, sum(abs(each.quantity) for each in rows))
            return Tally(created=fed.moved.booked, unchanged=fed.moved.known + fed.waiting)

        around = around_of(tx, offs, asked.now)
        table = Table(
            name=self.name,
            columns=COLUMNS,
            build=MovementRow,
            around=lambda _: around,
            save=save,
            export=self.export,
            template=self.template,
        )
        return MovementIntake(table, columns, around, (asked.new_id, offs))


class WriteOffs:
    """What a file writes off, all of it: in slices it would pass one limit after the other."""

    def __init__(self, source: Source, worth: Mapping[str, int | None]) -> None:
        self.source = source
        self.wait = False
        self._unit = worth
        self._told: dict[str, int | None] = {}

    def note(self, row: MovementRow) -> None:
        if rules.is_write_off(row.kind, row.quantity):
            cents = self._unit[row.sku]
            worth = None if cents is None else cents * abs(row.quantity)
            self._told.setdefault(row.id, worth)  # One that is named again is bad the second time.

    def weigh(self, tx: Tx) -> None:
        self.wait = must_wait(tx, self.source, self._told)

    def is_known(self, sku: str) -> bool:
        return sku in self._unit


class MovementIntake(TableIntake[MovementRow]):
    """One run through a file of movements: its write-offs are looked at together."""

    more = 0

    def __init__(
        self,
        table: Table[MovementRow],
        columns: Sequence[Column],
        around: Around[MovementRow],
        asked: tuple[NewId, WriteOffs],
    ) -> None:
        new_id, self._offs = asked
        super().__init__(table, columns, around, new_id)

    def foresee(self, _: Tx, /) -> Foreseen:
        return Foreseen(zeroed=0, held=False)

    def announce(self, _: Tx, __: datetime, /) -> None:
        """Movements are of moments that nobody has to know."""

    def weigh(self, tx: Tx, _: Actor, __: datetime, /, *, again: bool) -> None:  # noqa: ARG002 - asked anew: the answer is the same
        self._offs.weigh(tx)


def around_of(tx: Tx, offs: WriteOffs, now: datetime) -> Alone[MovementRow]:
    locations = {each.code: each.id for each in standing.locations(tx)}

    def faults(row: MovementRow) -> Faults:
        if row.location not in locations:
            yield Fault("/location", "unknown_reference", f"There is no {row.location}.")
        if not offs.is_known(row.sku):
            yield Fault("/sku", "unknown_reference", f"There is no {row.sku}.")
        for name in ("id", "reason", "reference"):
            if len(getattr(row, name) or "") > TEXT_MAX:
                yield Fault(f"/{name}", "too_long", f"This has more than {TEXT_MAX} characters.")
        if row.location in locations:
            told = movement_of(row, locations[row.location])
            at = rules.corrected(offs.source, told.occurred_at)
            yield from rules.check_movement(replace(told, occurred_at=at), now)

    def look(row: MovementRow) -> Faults:
        found = tuple(faults(row))
        if not found:
            offs.note(row)
        return found

    return Alone(lambda row: {"id": row.id}, look)


def movements_of(tx: Tx, rows: Sequence[MovementRow]) -> list[Movement]:
    ids = ids_of_locations(tx, {row.location for row in rows})
    return [movement_of(row, ids[row.location]) for row in rows]


def export_rows(tx: Tx) -> Iterator[dict[str, Any]]:
    """What files told without the name of a source: told again, those are known."""
    codes = {each.id: each.code for each in standing.locations(tx)}
    names = [name for name in COLUMNS.names if name != "location"]
    after = ""
    while page := recalling.list_told(tx, SOURCE, after, standing.PAGE_MAX):
        for each in page:
            told = {name: getattr(each, name) for name in names if name != "sku"}
            yield told | {"sku": each.key.sku, "location": codes[each.key.location_id]}
        after = page[-1].id


MOVEMENTS = MovementFiles(
    name="movements",
    columns=COLUMNS,
    template="""\
id,location,sku,kind,quantity,occurred_at,sequence,reason,reference
R-20260201-17,MILANO-01,COAT-NAVY-M,sold_in_store,1,2026-02-01T11:42:00+01:00,17,,
R-20260201-18,MILANO-01,COAT-NAVY-M,returned,1,2026-02-01T12:05:00+01:00,18,"Too small",
""",
)

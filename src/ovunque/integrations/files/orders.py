"""Files of orders that were sold elsewhere: a row for each line, those of an order together.

They come in by the same door as any other order, and are never refused for lack of stock. One that
is there already, by its channel and its external id, changes nothing.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec

from ovunque.access.model import Actor
from ovunque.integrations.files.bad import Bad, BadRow, bad
from ovunque.integrations.files.columns import Column, Columns, read_values
from ovunque.integrations.files.dialect import Rows
from ovunque.integrations.files.kind import Asked, Export, Intake, Portion, Tally
from ovunque.integrations.files.order_export import export_rows
from ovunque.integrations.files.order_rows import (
    COLUMNS,
    LINES_MAX,
    TEMPLATE,
    Place,
    Row,
    build,
    wrongs,
)
from ovunque.integrations.files.sheet import Sheet
from ovunque.integrations.files.table import good_rows
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.orders.model import OrderRequest
from ovunque.orders.placing import Answered
from ovunque.orders.receiving import Asked as AskedOrder
from ovunque.orders.receiving import Intake as Door
from ovunque.platform.database import Tx
from ovunque.platform.idempotency import Key

ORDERS_AT_ONCE = 50  # Whoever orders meanwhile waits for no more of them.
CREATED, CONFLICT = 201, 409


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """An order, and the rows that it stands in."""

    request: OrderRequest
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFiles:
    name: str
    template: str
    columns: Columns

    def open(self, _: Tx, columns: Sequence[Column], asked: Asked) -> Intake:
        assert asked.door is not None, "orders come in by a door"
        return OrderIntake(columns, asked.door(), asked.new_id)

    def export(self, tx: Tx, _: datetime) -> Export:
        return Export(columns=COLUMNS.fixed, rows=export_rows(tx))


class OrderIntake:
    """One run through a file of orders: what is wrong with one row is wrong with its order."""

    looks = 1
    writers = 1
    rows_max = 2_000_000

    def __init__(self, columns: Sequence[Column], door: Door, new_id: NewId) -> None:
        self._columns = columns
        self._door = door
        self._new_id = new_id
        self._open: list[Row] = []
        self._seen: dict[str, tuple[int, ...]] = {}  # The lines of each order.
        self._torn: int | None = None  # A line beside the open order that cannot be read.

    def check(self, _: int, rows: Rows) -> Iterator[Bad]:
        lines = zip(rows.lines, rows.cells, strict=True)
        torn = ((each.line, None) for each in {each.line: each for each in rows.bad}.values())
        for line, cells in sorted([*lines, *torn], key=lambda each: each[0]):
            if cells is None:
                yield from self._close(torn=line)
                self._torn = line
                continue
            row = self._read(line, cells)
            if self._open and self._open[0].name != row.name:
                yield from self._close()
            self._open.append(row)

    def settle(self) -> Iterable[Bad]:
        return self._close()

    def portions(self, sheet: Sheet, left_out: Collection[int]) -> Iterator[Portion]:
        """So many orders at a time, each with all of its rows."""
        portion: list[Brought] = []
        for order in self._orders(sheet, left_out):
            portion.append(Brought(request=build(order), rows=len(order)))
            if len(portion) == ORDERS_AT_ONCE:
                yield _portion(portion)
                portion = []
        if portion:
            yield _portion(portion)

    def save(self, tx: Tx, by: Actor, portion: Portion, now: datetime) -> Tally:
        """Placed, or known already; whatever else is said of one ends the import."""
        brought: Sequence[Brought] = portion.requests
        asked = [
            AskedOrder(request=each.request, key=self._key(by, each.request), by=by)
            for each in brought
        ]
        created = unchanged = 0
        for each, answered in zip(brought, self._door.place_within(tx, asked, now), strict=True):
            if answered.answer.status == CREATED:
                created += each.rows
            elif _is_known(answered):
                unchanged += each.rows
            else:
                detail = _said(answered).get("detail", "")
                raise Refusal("invalid", detail=f"{each.request.external_id}: {detail}")
        return Tally(created=created, unchanged=unchanged)

    def _key(self, by: Actor, request: OrderRequest) -> Key:
        """A key of its own: that an order is known is told by its external id."""
        digest = sha256(f"{request.channel}/{request.external_id}".encode()).hexdigest()
        return Key(by.client_id, f"import-{self._new_id()}", digest)

    def _orders(self, sheet: Sheet, left_out: Collection[int]) -> Iterator[list[Row]]:
        order: list[Row] = []
        for line, cells in good_rows(sheet, left_out):
            row = self._read(line, cells)
            if order and order[0].name != row.name:
                yield order
                order = []
            order.append(row)
        if order:
            yield order

    def _read(self, line: int, cells: Sequence[str]) -> Row:
        name = cells[0]
        try:
            values = read_values(line, self._columns, cells)
        except BadRow as row:
            return Row(line=line, name=name, cells=cells, values={}, faults=row.faults)
        return Row(line=line, name=name, cells=cells, values=values)

    def _close(self, torn: int | None = None) -> Iterator[Bad]:
        """The faults of the order whose rows have been seen: no row of it is applied then."""
        order, self._open = self._open, []
        beside, self._torn = self._torn, None
        if not order:
            return
        found = [*self._faults(order, torn if torn is not None else beside)]
        yield from found
        bad_lines = {each.line for each in found}
        if bad_lines:
            reason = f"Line {min(bad_lines)}, of the same order or beside it, is bad."
            for row in order:
                if row.line not in bad_lines:
                    yield bad(row.line, "external_id", row.name, "order_incomplete", reason)

    def _faults(self, order: Sequence[Row], torn: int | None) -> Iterator[Bad]:
        lines, name = tuple(row.line for row in order), order[0].name
        seen = self._seen.setdefault(name, lines)
        if seen != lines:
            yield self._bad(order, (0, "external_id"), _apart(seen[0]))
            reason = f"Line {lines[0]} is of the same order, and stands apart from it."
            yield from (bad(at, "external_id", name, "order_incomplete", reason) for at in seen)
            return
        if len(order) > LINES_MAX:
            detail = f"An order has at most {LINES_MAX} rows."
            yield self._bad(order, (LINES_MAX, "external_id"), Fault("", "too_many", detail))
        if torn is not None:
            detail = f"Line {torn} beside it cannot be read: it may be a row of this order."
            yield self._bad(order, (0, "external_id"), Fault("", "order_incomplete", detail))
        faults = [fault for row in order for fault in row.faults]
        yield from faults
        if not faults:
            for place, fault in wrongs(order, self._door.snapshot):
                yield self._bad(order, place, fault)

    def _bad(self, order: Sequence[Row], place: Place, fault: Fault) -> Bad:
        nth, column = place
        row = order[nth]
        named = zip(self._columns, row.cells, strict=True)
        value = next((cell for each, cell in named if each.name == column), "")
        return bad(row.line, column, value, fault.code, fault.detail)


def _apart(first: int) -> Fault:
    detail = f"Line {first} begins this order: the rows of an order stand together."
    return Fault("/external_id", "duplicate", detail)


def _portion(orders: Sequence[Brought]) -> Portion:
    return Portion(sum(each.rows for each in orders), orders)


def _is_known(answered: Answered) -> bool:
    return answered.answer.status == CONFLICT and _said(answered).get("code") == "order_exists"


def _said(answered: Answered) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.json.decode(answered.answer.body)
    return told


ORDERS = OrderFiles(name="orders", template=TEMPLATE, columns=COLUMNS)

"""Stock: movements in, levels and changes out."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import AfterValidator, Field, StringConstraints

from ovunque.access.model import Scope
from ovunque.api.bodies import Body, Instant, Shown, one_line
from ovunque.api.call import Call, Caller, need
from ovunque.api.idempotent import OnceAlways
from ovunque.api.identifiers import Code, PublicId
from ovunque.api.naming import place_named, refuse_unknown_item
from ovunque.api.paging import Listed, Paging
from ovunque.api.routing import resource
from ovunque.api.stock_counts import unknown
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.platform.http.faults import refusal_of
from ovunque.platform.journal import Cursor, Entry, parse_cursor
from ovunque.sourcing.snapshot import Snapshot
from ovunque.stock.events import CHANGED
from ovunque.stock.feeding import MovementsRequest, feed_movements
from ovunque.stock.model import Key, Movement, MovementKind, StockLevel, UnavailableReason
from ovunque.stock.moving import MOVEMENTS_MAX, movement_of
from ovunque.stock.reading import list_levels
from ovunque.stock.setting_aside import list_asides_of

UNITS_MAX = 1_000_000
ENTRIES_MAX = 100

Told = Annotated[MovementKind, Field(strict=False)]
External = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Reference = Annotated[External, AfterValidator(one_line)]

router = resource("stock")


class MovementBody(Body):
    """Units that came or went; the kind gives the sign, adjusted and regraded bring their own."""

    id: External
    location: Code
    sku: Code
    kind: Told
    quantity: int = Field(ge=-UNITS_MAX, le=UNITS_MAX)
    occurred_at: Instant
    sequence: int | None = Field(default=None, ge=0, le=10**15)
    reason: External | None = None
    reference: Reference | None = Field(
        default=None, description="Of a receipt: the announced delivery that it is of."
    )


class MovementsBody(Body):
    source: Code
    movements: list[MovementBody] = Field(min_length=1, max_length=MOVEMENTS_MAX)
    sent_at: Instant | None = None


class MovementsAnswer(Shown):
    """How many movements were booked now, had been before, or wait for somebody's approval."""

    booked: int
    known: int
    waiting: int
    held: Annotated[UUID, PublicId("fee")] | None


class LevelShown(Shown):
    """Every component of a level: free = on_hand - unavailable - reserved."""

    location: str
    sku: str
    on_hand: int
    unavailable: int
    reserved: int
    free: int
    version: int


class LevelDetailed(LevelShown):
    unavailable_by: dict[UnavailableReason, int] = Field(
        description="Why units lie there and are not sold; together they are `unavailable`."
    )


class Changes(Shown):
    """What changed behind the cursor, and where to go on; the higher version of a level wins."""

    data: list[LevelShown]
    next_cursor: str


@router.post("/stock/movements", status_code=201, dependencies=[need(Scope.STOCK)])
def post_movements(body: MovementsBody, call: Caller, once: OnceAlways) -> MovementsAnswer:
    """Tell what came and went; a movement told twice is booked once."""
    asked = MovementsRequest(
        id=call.new_id(),
        source=body.source,
        movements=resolve(call, body),
        sent_at=body.sent_at,
    )

    def work(tx: Tx) -> MovementsAnswer:
        fed = feed_movements(tx, call.by, asked, call.now)
        moved = sum(abs(each.quantity) for each in asked.movements)
        call.services.pacer.count(tx, call.by, moved if fed.moved.booked else 0, call.now)
        return MovementsAnswer(
            booked=fed.moved.booked,
            known=fed.moved.known,
            waiting=fed.waiting,
            held=fed.held.id if fed.held else None,
        )

    return once.run(work)  # type: ignore[return-value]


def resolve(call: Call, body: MovementsBody) -> list[Movement]:
    """The movements by our ids; refused with every place and item that we do not know."""
    snapshot = call.services.snapshot()
    faults: list[Fault] = []
    for nth, row in enumerate(body.movements):
        if row.location not in snapshot.network.by_code:
            faults.append(unknown(f"/movements/{nth}/location", "location"))
        if row.sku not in snapshot.catalog.items:
            faults.append(unknown(f"/movements/{nth}/sku", "item"))
    if faults:
        raise refusal_of(faults)
    return [movement_of(row, snapshot.network.by_code[row.location].id) for row in body.movements]


@router.get("/stock/levels", dependencies=[need(Scope.READ)])
def get_levels(
    call: Caller,
    page: Paging,
    location: Annotated[Code | None, Query()] = None,
    sku: Annotated[Code | None, Query()] = None,
) -> Listed[LevelDetailed]:
    """What lies where, as the database has it now."""
    snapshot = call.services.snapshot()
    at = place_named(call, location)
    refuse_unknown_item(call, sku)
    after = parse_key(page.after) if page.after else None

    def read(tx: Tx) -> list[tuple[StockLevel, dict[UnavailableReason, int]]]:
        levels = list_levels(tx, sku=sku, location_id=at, after=after, limit=page.rows_max)
        asides = list_asides_of(tx, [level.key for level in levels])
        return [(level, asides.get(level.key, {})) for level in levels]

    return page.show(
        call.read(read),
        lambda each: LevelDetailed(**show(each[0], snapshot).model_dump(), unavailable_by=each[1]),
        lambda each: write_key(each[0].key),
    )


def write_key(key: Key) -> str:
    return f"{key.location_id.hex} {key.sku}"


def parse_key(text: str) -> Key:
    location, _, sku = text.partition(" ")
    try:
        return Key(sku, UUID(hex=location))
    except ValueError:
        raise Refusal("cursor_invalid") from None


@router.get("/stock/changes", dependencies=[need(Scope.READ)])
def get_changes(
    call: Caller, cursor: Annotated[str | None, Query(max_length=80)] = None
) -> Changes:
    """What changed behind a cursor; without one, only where to begin."""
    snapshot = call.services.snapshot()
    if cursor is None:
        return Changes(data=[], next_cursor=str(call.read(journal.end)))
    after = parse_cursor(cursor)
    entries = call.read(lambda tx: journal.read(tx, after, ENTRIES_MAX))
    return Changes(
        data=[level for entry in entries for level in levels_of(entry, snapshot)],
        next_cursor=str(behind(entries, after)),
    )


def behind(entries: tuple[Entry, ...], after: Cursor) -> Cursor:
    return entries[-1].cursor if entries else after


def levels_of(entry: Entry, snapshot: Snapshot) -> list[LevelShown]:
    if entry.kind != CHANGED:
        return []
    return [
        show(
            StockLevel(
                key=Key(sku, UUID(location_id)),
                on_hand=on_hand,
                unavailable=unavailable,
                reserved=reserved,
                version=version,
            ),
            snapshot,
        )
        for sku, location_id, on_hand, unavailable, reserved, version in entry.body["levels"]
    ]


def show(level: StockLevel, snapshot: Snapshot) -> LevelShown:
    network = snapshot.network
    return LevelShown(
        location=network.locations[network.position_of[level.key.location_id]].code,
        sku=level.key.sku,
        on_hand=level.on_hand,
        unavailable=level.unavailable,
        reserved=level.reserved,
        free=level.free,
        version=level.version,
    )

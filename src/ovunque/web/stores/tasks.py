"""The work of one store, band by band: what is most pressing first, each with its next action."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

import fastapi
from starlette.responses import Response

from ovunque.catalog.listing import find_items, sku_of
from ovunque.catalog.model import Item
from ovunque.fulfillment.accepting import accept
from ovunque.fulfillment.consulting import list_open_at
from ovunque.fulfillment.keeping_back import list_open
from ovunque.fulfillment.model import FulfillmentState as State
from ovunque.fulfillment.refusing import list_refused
from ovunque.fulfillment.rules import HASTY
from ovunque.insight.model import Task
from ovunque.insight.working import find_task_of_parcel, list_tasks
from ovunque.kernel.ids import public_id
from ovunque.kernel.refusal import Refusal
from ovunque.kernel.text import search_key
from ovunque.network.model import Location
from ovunque.web import words
from ovunque.web.screens import TASKS, Form, screens
from ovunque.web.stores.acting import WAVE_MAX
from ovunque.web.stores.bands import NEXT, Band, band_of, tabs_of
from ovunque.web.stores.due import due_of
from ovunque.web.stores.scanning import code_of
from ovunque.web.visiting import Visit, Visiting

TILES_MAX = 4
KEPT_MAX = 50  # Tasks that a device keeps for when the network is away.
KEPT = frozenset({State.ACCEPTED, State.PICKING, State.PICKED, State.READY})
SEEN_MAX = 1e11  # Seconds since 1970, of some day in a far future.

router = screens(TASKS)


@router.get("/tasks")
def get_tasks(
    visit: Visiting,
    band: Annotated[str, fastapi.Query(max_length=20)] = "",
    scan: Annotated[str, fastapi.Query(max_length=200)] = "",
    seen: Annotated[float, fastapi.Query(ge=0, le=SEEN_MAX)] = 0,
) -> Response:
    """One band of tasks; a scanned code opens its task at once.

    What was offered after `seen` waits behind its number: nothing moves under a finger.
    """
    location = here(visit)
    tasks = visit.read(lambda tx: list_tasks(tx, location.id))
    if scan.strip():
        found = find_scanned(visit, tasks, code_of(scan))
        if found is not None:
            return visit.go(f"/tasks/{public_id('ful', found)}")
    full = {band_of(task) for task in tasks}
    chosen = Band(band) if band in set(Band) else next((b for b in Band if b in full), Band.ACCEPT)
    if chosen == Band.CARRIERS:
        return visit.go("/pickups")
    refused = visit.read(lambda tx: list_refused(tx, location.id, offered(tasks)))
    mine = [task for task in tasks if band_of(task) == chosen and task.id not in refused]
    items = visit.read(
        lambda tx: find_items(tx, {line.sku for task in mine for line in task.lines})
    )
    rows = mark_held(visit, [Row(task, items, visit) for task in mine])
    if seen and chosen == Band.ACCEPT:
        hide_new(rows, seen)
    return visit.page(
        "stores/tasks.html",
        bands=tabs_of([task for task in tasks if task.id not in refused], chosen),
        band=chosen,
        rows=rows,
        carriers=carriers_of(rows) if chosen == Band.HAND_OVER else [],
        not_found=scan.strip(),
        wave=min(WAVE_MAX, len(rows)),
        to_pick=",".join([row.id for row in rows if not row.is_held][:WAVE_MAX])
        if chosen == Band.PICK
        else "",
        seen=seen or visit.now.timestamp(),
        fresh=sum(row.is_new for row in rows),
        hasty=sum(task.service in HASTY and task.state == State.OFFERED for task in tasks),
        asked=len(visit.read(lambda tx: list_open_at(tx, location.id))),
        refused=[
            Refused(public_id("ful", task.id), task.order_number, until, visit.now)
            for task in tasks
            if (until := refused.get(task.id)) is not None and until > visit.now
        ],
        keep=[mark_of(task) for task in tasks if task.state in KEPT][:KEPT_MAX],
    )


def offered(tasks: Sequence[Task]) -> list[UUID]:
    return [task.id for task in tasks if task.state == State.OFFERED]


@dataclass(frozen=True, slots=True)
class Refused:
    """A task that was refused a moment ago, and may still be had."""

    id: str
    number: str
    until: datetime
    now: datetime

    @property
    def seconds(self) -> int:
        return max(1, round((self.until - self.now).total_seconds()))


def mark_of(task: Task) -> str:
    """A task and how it stands: a device that has the page of this mark need not ask again."""
    return f"{public_id('ful', task.id)}:{task.changed_at.timestamp():.6f}"


def hide_new(rows: Sequence["Row"], seen: float) -> None:
    """What came after somebody looked waits, unless there was nothing that it could push away."""
    new = [row for row in rows if row.task.changed_at.timestamp() > seen]
    for row in new if len(new) < len(rows) else ():
        row.is_new = True


def mark_held(visit: Visit, rows: Sequence["Row"]) -> list["Row"]:
    """Tasks by when they are due; beside some it says that their order is kept back."""
    orders = [row.task.order_id for row in rows]
    held = {each.order_id for each in visit.read(lambda tx: list_open(tx, orders))}
    for row in rows:
        row.is_held = row.task.order_id in held
    return sorted(rows, key=lambda row: row.due.at)


@router.post("/tasks/acceptances")
def post_acceptances(visit: Visiting, _: Annotated[Form, fastapi.Form()]) -> Response:
    """Take the most pressing offers at once, each for itself: what is gone meanwhile is gone."""
    location = here(visit)
    asked = [
        task
        for task in visit.read(lambda tx: list_tasks(tx, location.id))
        if band_of(task) == Band.ACCEPT
    ]
    refused = visit.read(lambda tx: list_refused(tx, location.id, [t.id for t in asked]))
    wanted = [task.id for task in asked if task.id not in refused][:WAVE_MAX]
    taken = [public_id("ful", id_) for id_ in wanted if try_accept(visit, id_)]
    return visit.go(f"/wave?tasks={','.join(taken)}" if taken else "/tasks")


def try_accept(visit: Visit, fulfillment_id: UUID) -> bool:
    """Take one; that somebody else was faster is no reason not to take the next."""
    try:
        visit.transact(lambda tx: accept(tx, visit.by, fulfillment_id, visit.now))
    except Refusal as refusal:
        if refusal.code not in ("offer_closed", "stock_gone", "transition_refused"):
            raise
        return False
    return True


def here(visit: Visit) -> Location:
    location = visit.location
    assert location is not None, "whoever has tasks works at a location"
    return location


def find_scanned(visit: Visit, tasks: Sequence[Task], code: str) -> UUID | None:
    """The task that a code means: its order, its parcel, or the first one that wants the item."""
    folded = search_key(code)
    for task in tasks:
        if search_key(task.order_number) == folded:
            return task.id
    location = here(visit)
    of_parcel = visit.read(lambda tx: find_task_of_parcel(tx, location.id, code))
    if of_parcel is not None:
        return of_parcel
    try:
        sku = visit.read(lambda tx: sku_of(tx, code))
    except Refusal:
        return None
    wanting = (
        t for t in tasks if any(each.sku == sku and each.picked < each.quantity for each in t.lines)
    )
    return next((task.id for task in wanting), None)


class Row:
    """A task in a list."""

    def __init__(self, task: Task, items: Mapping[str, Item], visit: Visit) -> None:
        snapshot = visit.house.snapshot()
        self.task = task
        self.id = public_id("ful", task.id)
        self.service = words.SERVICE[task.service]
        self.word = words.fulfillment_word(task.state, is_fetched=not task.travels)
        self.due = due_of(task, here(visit), snapshot, visit.now)
        shown = [items[line.sku] for line in task.lines if line.sku in items]
        self.tiles = shown[:TILES_MAX]
        self.more = max(0, len(shown) - TILES_MAX)
        self.action = NEXT[band_of(task)]
        self.is_new = self.is_held = False
        self.is_express = task.service in HASTY and band_of(task) != Band.COLLECT
        services = snapshot.delivery.services
        self.carrier = next(
            (each.carrier for each in services if each.id == task.carrier_service_id), ""
        )


@dataclass(frozen=True, slots=True)
class Visitor:
    """A carrier whose parcels wait here, and how many of them are ready to go."""

    carrier: str
    rows: Sequence[Row]

    @property
    def ready(self) -> int:
        return sum(row.task.state == State.READY and not row.is_held for row in self.rows)


def carriers_of(rows: Sequence[Row]) -> list[Visitor]:
    names = sorted({row.carrier for row in rows})
    return [Visitor(name, [row for row in rows if row.carrier == name]) for name in names]

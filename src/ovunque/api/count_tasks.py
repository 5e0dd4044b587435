"""What somebody has to count, and who said that nobody has to."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field

from ovunque.access.model import Scope
from ovunque.api.bodies import Body, Instant, Name, Shown, read_instant, show_instant
from ovunque.api.call import Call, Caller, need
from ovunque.api.feeds import code_of
from ovunque.api.idempotent import Once
from ovunque.api.identifiers import Code
from ovunque.api.naming import place_named
from ovunque.api.paging import Listed, Paging
from ovunque.api.routing import resource
from ovunque.api.stock_counts import unknown
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.platform.database import Tx
from ovunque.platform.http.faults import refusal_of
from ovunque.stock import asking
from ovunque.stock.model import Key
from ovunque.stock.model.feeding import CountTask, TaskOutcome, TaskReason, TaskState

router = resource("stock")


class LevelNamed(Body):
    location: Code
    sku: Code


class AssignmentBody(LevelNamed):
    """Who counts: the name of a person; none gives the task back to everybody."""

    assignee: Annotated[Name, Field(max_length=100)] | None


class TasksBody(Body):
    levels: list[LevelNamed] = Field(min_length=1, max_length=asking.TASKS_MAX)


class TasksAnswer(Shown):
    """How many levels are to be counted now, and how many were already."""

    opened: int
    known: int


class TaskShown(Shown):
    """An item to be counted at a location; a count of the shelf closes it."""

    location: str
    sku: str
    reason: TaskReason
    state: TaskState
    opened_at: Instant
    opened_by: str | None
    assigned_to: str | None
    assigned_at: Instant | None
    closed_at: Instant | None
    closed_by: str | None
    outcome: TaskOutcome | None


class Assigned(Shown):
    location: str
    sku: str
    assigned_to: str | None


class Dismissed(Shown):
    location: str
    sku: str


@router.get("/count-tasks", dependencies=[need(Scope.READ)])
def get_count_tasks(
    call: Caller,
    page: Paging,
    location: Annotated[Code | None, Query()] = None,
    state: Annotated[TaskState | None, Query()] = None,
) -> Listed[TaskShown]:
    """What is to be counted, the longest waiting first."""
    at = place_named(call, location)
    found = call.read(
        lambda tx: asking.list_tasks(
            tx,
            location_id=at,
            states=tuple(TaskState) if state is None else (state,),
            after=parse_place(page),
            limit=page.rows_max,
        )
    )
    return page.show(found, lambda each: show(each, call), write_place)


def write_place(task: CountTask) -> str:
    return f"{show_instant(task.opened_at)} {task.key.location_id.hex} {task.key.sku}"


def parse_place(page: Paging) -> tuple[datetime, Key] | None:
    if page.after is None:
        return None
    at, location, sku = page.after_parts(3)
    try:
        opened_at = read_instant(at)
        assert isinstance(opened_at, datetime)
        return opened_at, Key(sku, UUID(hex=location))
    except ValueError:
        raise Refusal("cursor_invalid") from None


@router.post(
    "/count-tasks",
    status_code=201,
    response_model=TasksAnswer,
    dependencies=[need(Scope.STOCK)],
)
def post_count_tasks(body: TasksBody, call: Caller, once: Once) -> Response:
    """Have levels counted; asked twice, somebody counts once."""
    keys = [key_of(call, each, f"/levels/{nth}") for nth, each in enumerate(body.levels)]

    def work(tx: Tx) -> TasksAnswer:
        opened = asking.ask_for_counts(tx, call.by, keys, call.now)
        return TasksAnswer(opened=len(opened), known=len(set(keys)) - len(opened))

    return once.run(work)


@router.post(
    "/count-tasks/dismissals",
    status_code=201,
    response_model=Dismissed,
    dependencies=[need(Scope.STOCK)],
)
def post_count_task_dismissal(body: LevelNamed, call: Caller, once: Once) -> Response:
    """Say that a level need not be counted after all."""
    key = key_of(call, body, "")

    def work(tx: Tx) -> Dismissed:
        asking.dismiss_task(tx, call.by, key, call.now)
        return Dismissed(location=body.location, sku=body.sku)

    return once.run(work)


@router.post(
    "/count-tasks/assignments",
    status_code=201,
    response_model=Assigned,
    dependencies=[need(Scope.STOCK)],
)
def post_count_task_assignment(body: AssignmentBody, call: Caller, once: Once) -> Response:
    """Say who counts a level; the last word holds."""
    key = key_of(call, body, "")

    def work(tx: Tx) -> Assigned:
        asking.assign_task(tx, call.by, key, body.assignee, call.now)
        return Assigned(location=body.location, sku=body.sku, assigned_to=body.assignee)

    return once.run(work)


def key_of(call: Call, named: LevelNamed, at: str) -> Key:
    """A level by our ids; refused when there is no such place or item."""
    snapshot = call.services.snapshot()
    place = snapshot.network.by_code.get(named.location)
    faults: list[Fault] = []
    if place is None:
        faults.append(unknown(f"{at}/location", "location"))
    if named.sku not in snapshot.catalog.items:
        faults.append(unknown(f"{at}/sku", "item"))
    if place is None or faults:
        raise refusal_of(faults)
    return Key(named.sku, place.id)


def show(task: CountTask, call: Call) -> TaskShown:
    return TaskShown(
        location=code_of(call, task.key.location_id),
        sku=task.key.sku,
        reason=task.reason,
        state=task.state,
        opened_at=task.opened_at,
        opened_by=task.opened_by,
        assigned_to=task.assigned_to,
        assigned_at=task.assigned_at,
        closed_at=task.closed_at,
        closed_by=task.closed_by,
        outcome=task.outcome,
    )

"""What has to be counted, why, and by whom: the longest waiting first."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

import fastapi
from pydantic import BaseModel, Field
from starlette.responses import Response

from ovunque.access.enrolling import list_people
from ovunque.access.model import Person, Role
from ovunque.catalog.listing import find_item, find_items
from ovunque.catalog.model import Item
from ovunque.kernel.refusal import Refusal
from ovunque.network.model import Location
from ovunque.stock import asking
from ovunque.stock.counting_shelves import list_open
from ovunque.stock.model import Key
from ovunque.stock.model.feeding import CountTask, TaskState
from ovunque.web import words
from ovunque.web.language import M_, Message
from ovunque.web.screens import FLOOR, MANAGERS, OFFICE, Form, only, screens
from ovunque.web.visiting import Visit, Visiting

PAGE_ROWS = 50
SETTLED_SHOWN = 20
WHOSE: Mapping[str, tuple[Message, Sequence[TaskState]]] = {
    "": (M_("count", "All"), asking.WAITING),
    "open": (M_("count", "Nobody's yet"), (TaskState.OPEN,)),
    "assigned": (M_("count", "Somebody's"), (TaskState.ASSIGNED,)),
}

router = screens(OFFICE | FLOOR)
ASKERS = [only(MANAGERS | {Role.MERCHANDISER})]


class Query(BaseModel):
    """What the address may say: where, whose, and behind which task the page begins."""

    location: str = Field(default="", max_length=64)
    whose: str = Field(default="", max_length=20)
    after: str = Field(default="", max_length=200)


class LevelForm(Form):
    sku: str = Field(max_length=64)
    location: str = Field(default="", max_length=64)
    shown: str = Field(default="", max_length=64)  # The location whose list is looked at.


class TakeForm(LevelForm):
    mine: bool


class NameForm(LevelForm):
    to: str = Field(default="", max_length=64)


@router.get("/counts")
def get_counts(visit: Visiting, query: Annotated[Query, fastapi.Query()]) -> Response:
    """Open count tasks: of one's own location, or of one that the office chooses."""
    return show(visit, query)


@router.post("/counts", dependencies=ASKERS)
def post_count(visit: Visiting, form: Annotated[LevelForm, fastapi.Form()]) -> Response:
    """Have something counted, also what somebody had dismissed."""
    try:
        key = key_of(visit, form)
        visit.transact(lambda tx: asking.ask_for_counts(tx, visit.by, [key], visit.now))
    except Refusal as refusal:
        return show(visit, Query(location=form.location), refusal, form.sku)
    return visit.go(address_of(form.shown))


@router.post("/counts/dismissals", dependencies=ASKERS)
def post_dismissal(visit: Visiting, form: Annotated[LevelForm, fastapi.Form()]) -> Response:
    """Somebody who knows says that nobody has to count."""
    key = key_of(visit, form)
    visit.transact(lambda tx: asking.dismiss_task(tx, visit.by, key, visit.now))
    return visit.go(address_of(form.shown))


@router.post("/counts/assignments", dependencies=[only(FLOOR)])
def post_assignment(visit: Visiting, form: Annotated[TakeForm, fastapi.Form()]) -> Response:
    """Whoever works there takes a count on, so that nobody else walks; or gives it back."""
    key = key_of(visit, form)
    to = visit.by.name if form.mine else None
    visit.transact(lambda tx: asking.assign_task(tx, visit.by, key, to, visit.now))
    return visit.go("/counts")


@router.post("/counts/names", dependencies=ASKERS)
def post_name(visit: Visiting, form: Annotated[NameForm, fastapi.Form()]) -> Response:
    """Whoever answers for it names one of the people who work there, or nobody again."""
    key = key_of(visit, form)
    staff = staff_of(visit).get(key.location_id, ())
    if form.to and form.to not in {each.login for each in staff}:
        raise Refusal("not_found", what="colleague")
    visit.transact(lambda tx: asking.assign_task(tx, visit.by, key, form.to or None, visit.now))
    return visit.go(address_of(form.shown))


def show(visit: Visit, query: Query, refusal: Refusal | None = None, sku: str = "") -> Response:
    at = visit.location or visit.house.snapshot().network.by_code.get(query.location)
    where = at.id if at else None
    whose = query.whose if query.whose in WHOSE else ""
    after, states = place_of(query.after), WHOSE[whose][1]
    found = visit.read(
        lambda tx: asking.list_tasks(
            tx, location_id=where, states=states, after=after, limit=PAGE_ROWS + 1
        )
    )
    shown = found[:PAGE_ROWS]
    settled = visit.read(lambda tx: asking.list_settled(tx, where, SETTLED_SHOWN))
    items = visit.read(lambda tx: find_items(tx, {each.key.sku for each in (*shown, *settled)}))
    staff = staff_of(visit)
    chosen = at.code if at else ""
    return visit.page(
        "goods/counts.html",
        status=200 if refusal is None else 422,
        asked="",
        refusal=visit.explain(refusal) if refusal else None,
        sku=sku,
        chosen=chosen,
        waiting=visit.read(lambda tx: asking.count_waiting(tx, where)),
        tabs=[(name, word, address_of(chosen, name)) for name, (word, _) in WHOSE.items()],
        whose=whose,
        rows=[Row(each, visit, items, staff) for each in shown],
        more=address_of(chosen, whose, shown[-1]) if len(found) > PAGE_ROWS else None,
        settled=[Row(each, visit, items, staff) for each in settled],
        locations=sorted(
            visit.house.snapshot().network.by_code.values(), key=lambda each: each.name
        ),
        begun=visit.read(lambda tx: list_open(tx, at.id)) if visit.location and at else (),
        me=visit.by.name,
        may_ask=visit.person.role in MANAGERS | {Role.MERCHANDISER},
    )


def address_of(location: str, whose: str = "", last: CountTask | None = None) -> str:
    after = f"{last.opened_at.isoformat()} {last.key.location_id} {last.key.sku}" if last else ""
    asked = {"location": location, "whose": whose, "after": after}
    told = urlencode({name: value for name, value in asked.items() if value})
    return f"/counts?{told}" if told else "/counts"


def place_of(after: str) -> tuple[datetime, Key] | None:
    """Where a page begins, as the address of the one before said it."""
    if not after:
        return None
    at, _, rest = after.partition(" ")
    location_id, _, sku = rest.partition(" ")
    try:
        opened_at, key = datetime.fromisoformat(at), Key(sku, UUID(location_id))
    except ValueError:
        raise Refusal("cursor_invalid") from None
    if opened_at.tzinfo is None:
        raise Refusal("cursor_invalid")
    return opened_at, key


def staff_of(visit: Visit) -> Mapping[UUID, Sequence[Person]]:
    """Who may be sent to count, by location; a store sees its own people."""
    found: dict[UUID, list[Person]] = defaultdict(list)
    for each in visit.read_doors(list_people):
        at = each.location_id
        is_mine = visit.location is None or at == visit.location.id
        if at and is_mine and each.role in FLOOR and each.disabled_at is None:
            found[at].append(each)
    return found


def key_of(visit: Visit, form: LevelForm) -> Key:
    """The level that is meant: a store person means their own."""
    network = visit.house.snapshot().network
    place = visit.location or network.by_code.get(form.location)
    if place is None:
        raise Refusal("not_found", what="location")
    item = visit.read(lambda tx: find_item(tx, form.sku.strip()))
    return Key(item.sku, place.id)


class Row:
    """A task with its item, its place, and the people who could do it."""

    def __init__(
        self,
        task: CountTask,
        visit: Visit,
        items: Mapping[str, Item],
        staff: Mapping[UUID, Sequence[Person]],
    ) -> None:
        network = visit.house.snapshot().network
        self.task = task
        self.item = items[task.key.sku]
        self.place: Location = network.locations[network.position_of[task.key.location_id]]
        self.why = words.COUNT_REASON[task.reason]
        self.outcome = words.COUNT_OUTCOME[task.outcome] if task.outcome else None
        self.staff = staff.get(task.key.location_id, ())
        names = {each.login: each.name for each in self.staff}
        self.who = names.get(task.assigned_to or "", task.assigned_to)
        self.by = names.get(task.closed_by or "", task.closed_by)

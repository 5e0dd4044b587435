"""What has to be counted, and why: the longest waiting first."""

from collections.abc import Mapping
from typing import Annotated

import fastapi
from pydantic import Field
from starlette.responses import Response

from ovunque.access.model import Role
from ovunque.catalog.listing import find_item, find_items
from ovunque.catalog.model import Item
from ovunque.kernel.refusal import Refusal
from ovunque.network.model import Location
from ovunque.stock import asking
from ovunque.stock.counting_shelves import list_open
from ovunque.stock.model import Key
from ovunque.stock.model.feeding import CountTask
from ovunque.web import words
from ovunque.web.screens import FLOOR, MANAGERS, OFFICE, Form, only, screens
from ovunque.web.visiting import Visit, Visiting

ROWS_MAX = 200
SETTLED_SHOWN = 20

router = screens(OFFICE | FLOOR)
ASKERS = [only(MANAGERS | {Role.MERCHANDISER})]


class LevelForm(Form):
    sku: str = Field(max_length=64)
    location: str = Field(default="", max_length=64)


class TakeForm(LevelForm):
    mine: bool


@router.get("/counts")
def get_counts(
    visit: Visiting, location: Annotated[str, fastapi.Query(max_length=64)] = ""
) -> Response:
    """Open count tasks: of one's own location, or of one that the office chooses."""
    return show(visit, location)


@router.post("/counts", dependencies=ASKERS)
def post_count(visit: Visiting, form: Annotated[LevelForm, fastapi.Form()]) -> Response:
    """Have something counted."""
    try:
        key = key_of(visit, form)
        visit.transact(lambda tx: asking.ask_for_counts(tx, visit.by, [key], visit.now))
    except Refusal as refusal:
        return show(visit, form.location, refusal, form.sku)
    return visit.go(f"/counts?location={form.location}" if form.location else "/counts")


@router.post("/counts/dismissals", dependencies=ASKERS)
def post_dismissal(visit: Visiting, form: Annotated[LevelForm, fastapi.Form()]) -> Response:
    """Somebody who knows says that nobody has to count."""
    key = key_of(visit, form)
    visit.transact(lambda tx: asking.dismiss_task(tx, visit.by, key, visit.now))
    return visit.go("/counts")


@router.post("/counts/assignments", dependencies=[only(FLOOR)])
def post_assignment(visit: Visiting, form: Annotated[TakeForm, fastapi.Form()]) -> Response:
    """Whoever works there takes a count on, so that nobody else walks; or gives it back."""
    key = key_of(visit, form)
    to = visit.by.name if form.mine else None
    visit.transact(lambda tx: asking.assign_task(tx, visit.by, key, to, visit.now))
    return visit.go("/counts")


def show(visit: Visit, code: str, refusal: Refusal | None = None, sku: str = "") -> Response:
    at = visit.location or visit.house.snapshot().network.by_code.get(code)
    found = visit.read(
        lambda tx: asking.list_tasks(
            tx, location_id=at.id if at else None, states=asking.WAITING, after=None, limit=ROWS_MAX
        )
    )
    settled = visit.read(lambda tx: asking.list_settled(tx, at.id if at else None, SETTLED_SHOWN))
    named = {each.key.sku for each in (*found, *settled)}
    items = visit.read(lambda tx: find_items(tx, named))
    return visit.page(
        "goods/counts.html",
        status=200 if refusal is None else 422,
        asked="",
        refusal=visit.explain(refusal) if refusal else None,
        sku=sku,
        chosen=at.code if at else "",
        rows=[Row(each, visit, items) for each in found],
        settled=[Row(each, visit, items) for each in settled],
        locations=sorted(
            visit.house.snapshot().network.by_code.values(), key=lambda each: each.name
        ),
        begun=visit.read(lambda tx: list_open(tx, at.id)) if visit.location and at else (),
        me=visit.by.name,
        may_ask=visit.person.role in MANAGERS | {Role.MERCHANDISER},
    )


def key_of(visit: Visit, form: LevelForm) -> Key:
    """The level that is meant: a store person means their own."""
    network = visit.house.snapshot().network
    place = visit.location or network.by_code.get(form.location)
    if place is None:
        raise Refusal("not_found", what="location")
    item = visit.read(lambda tx: find_item(tx, form.sku.strip()))
    return Key(item.sku, place.id)


class Row:
    def __init__(self, task: CountTask, visit: Visit, items: Mapping[str, Item]) -> None:
        network = visit.house.snapshot().network
        self.task = task
        self.item = items[task.key.sku]
        self.place: Location = network.locations[network.position_of[task.key.location_id]]
        self.why = words.COUNT_REASON[task.reason]
        self.outcome = words.COUNT_OUTCOME[task.outcome] if task.outcome else None

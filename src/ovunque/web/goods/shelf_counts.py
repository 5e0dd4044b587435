"""Shelves are counted by scanning, also without a network: the log, and what comes of it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Annotated
from uuid import UUID

import fastapi
from pydantic import Field
from starlette.responses import Response

from ovunque.catalog.listing import find_items
from ovunque.catalog.model import Item
from ovunque.fulfillment.listing import list_picked_units
from ovunque.kernel.ids import parse_public_id, public_id
from ovunque.kernel.refusal import Refusal
from ovunque.platform import refusals
from ovunque.platform.database import Tx
from ovunque.stock import asking, counting_shelves
from ovunque.stock.counting_shelves import ITEMS_MAX, BeginRequest, ScanRequest, SettleRequest
from ovunque.stock.model.counting_shelves import ShelfCount, ShelfCountItem, ShelfScan
from ovunque.web.screens import FLOOR, Form, screens
from ovunque.web.stores.acting import ActForm, act
from ovunque.web.stores.scanning import code_of
from ovunque.web.stores.tasks import here
from ovunque.web.visiting import Visit, Visiting

LOG_SHOWN = 30
AGE_SECONDS_MAX = 7 * 86_400

router = screens(FLOOR)


class BeginForm(Form):
    directed: bool = False


class ScanForm(ActForm):
    code: str = Field(default="", max_length=200)
    age_s: int = Field(default=0, ge=0, le=AGE_SECONDS_MAX)  # A device that was away says it.


class SettleForm(Form):
    code: str = Field(min_length=1, max_length=200)
    sku: str = Field(default="", max_length=64)
    ours: bool = True


@router.post("/shelf-counts")
def post_count(visit: Visiting, form: Annotated[BeginForm, fastapi.Form()]) -> Response:
    """Begin one: of all that has to be counted here, or of whatever is scanned."""
    id_, place = visit.house.new_id(), here(visit)

    def work(tx: Tx) -> ShelfCount:
        asked = asking.list_tasks(
            tx, location_id=place.id, states=asking.WAITING, after=None, limit=ITEMS_MAX
        )
        skus = [each.key.sku for each in asked] if form.directed else []
        request = BeginRequest(id=id_, location_id=place.id, skus=skus)
        return counting_shelves.begin(tx, visit.by, request, visit.now)

    visit.transact(work)
    return visit.go(address_of(id_))


@router.get("/shelf-counts/{count_id}")
def get_count(visit: Visiting, count_id: str) -> Response:
    """What was scanned so far; the books are not shown before somebody closes it."""
    return show(visit, parse_public_id("shc", count_id))


@router.post("/shelf-counts/{count_id}/scans")
def post_scan(
    visit: Visiting, count_id: str, form: Annotated[ScanForm, fastapi.Form()]
) -> Response:
    """One scan, one unit; a code that nobody knows is kept for later."""
    id_ = parse_public_id("shc", count_id)
    code = code_of(form.code)
    if not code:
        return visit.go(address_of(id_))
    request = ScanRequest(
        id=visit.house.new_id(), count_id=id_, code=code, age=timedelta(seconds=form.age_s)
    )
    try:
        act(visit, form.key, lambda tx: counting_shelves.scan(tx, visit.by, request, visit.now))
    except Refusal as refusal:
        if refusal.code == "not_found":
            raise
        return show(visit, id_, refusal)
    return visit.go(address_of(id_))


@router.post("/shelf-counts/{count_id}/scans/{scan_id}/reversal")
def post_reversal(
    visit: Visiting, count_id: str, scan_id: str, _: Annotated[Form, fastapi.Form()]
) -> Response:
    """A scan was a mistake: it counts for nothing."""
    id_, scan = parse_public_id("shc", count_id), parse_public_id("scn", scan_id)
    visit.transact(lambda tx: counting_shelves.take_back(tx, visit.by, id_, scan, visit.now))
    return visit.go(address_of(id_))


@router.get("/shelf-counts/{count_id}/review")
def get_review(visit: Visiting, count_id: str) -> Response:
    """What was counted beside our books, and the codes that nobody knows."""
    return review(visit, parse_public_id("shc", count_id))


@router.post("/shelf-counts/{count_id}/matches")
def post_match(
    visit: Visiting, count_id: str, form: Annotated[SettleForm, fastapi.Form()]
) -> Response:
    """Somebody says what an unknown code is, or that it is none of ours."""
    id_ = parse_public_id("shc", count_id)
    sku = form.sku.strip() if form.ours else None
    request = SettleRequest(count_id=id_, code=form.code, sku=sku)
    try:
        visit.transact(lambda tx: counting_shelves.settle(tx, visit.by, request, visit.now))
    except Refusal as refusal:
        visit.read(lambda tx: counting_shelves.find_count(tx, visit.by, id_))
        return review(visit, id_, refusal)
    return visit.go(f"{address_of(id_)}/review")


@router.post("/shelf-counts/{count_id}/booking")
def post_booking(visit: Visiting, count_id: str, _: Annotated[Form, fastapi.Form()]) -> Response:
    """What was scanned is what lies there."""
    id_ = parse_public_id("shc", count_id)
    visit.transact(
        lambda tx: counting_shelves.close(tx, visit.by, id_, list_picked_units, visit.now)
    )
    return visit.go(f"{address_of(id_)}/review")


@router.post("/shelf-counts/{count_id}/dropping")
def post_dropping(visit: Visiting, count_id: str, _: Annotated[Form, fastapi.Form()]) -> Response:
    """Nothing comes of it."""
    id_ = parse_public_id("shc", count_id)
    visit.transact(lambda tx: counting_shelves.drop(tx, visit.by, id_, visit.now))
    return visit.go("/counts")


def address_of(count_id: UUID) -> str:
    return f"/shelf-counts/{public_id('shc', count_id)}"


def show(visit: Visit, id_: UUID, refusal: Refusal | None = None) -> Response:
    count = visit.read(lambda tx: counting_shelves.find_count(tx, visit.by, id_))
    items = visit.read(lambda tx: find_items(tx, [*count.counted]))
    rows = [Row(sku, units, items.get(sku)) for sku, units in count.counted.items()]
    scans = [each for each in count.scans if each.taken_back_at is None]
    return visit.page(
        "goods/shelf_count.html",
        status=200 if refusal is None else refusals.status_of(refusal),
        refusal=visit.explain(refusal) if refusal else "",
        count=count,
        id=public_id("shc", count.id),
        rows=rows,
        units=sum(each.quantity for each in scans),
        log=[Logged(each, items) for each in reversed(scans[-LOG_SHOWN:])],
    )


def review(visit: Visit, id_: UUID, refusal: Refusal | None = None) -> Response:
    def read(tx: Tx) -> tuple[ShelfCount, Sequence[ShelfCountItem], Mapping[str, Item]]:
        count = counting_shelves.find_count(tx, visit.by, id_)
        found = count.items
        if count.outcome is None:
            found = counting_shelves.compare(tx, count, list_picked_units, visit.now)
        return count, found, find_items(tx, [*count.counted, *(each.sku for each in found)])

    count, found, items = visit.read(read)
    differing = [each for each in found if each.counted != each.expected]
    return visit.page(
        "goods/shelf_count_review.html",
        status=200 if refusal is None else refusals.status_of(refusal),
        refusal=visit.explain(refusal) if refusal else "",
        count=count,
        id=public_id("shc", count.id),
        differing=[Row(e.sku, e.counted or 0, items.get(e.sku), e.expected) for e in differing],
        right=len(found) - len(differing),
        unknown=unknown_of(count, items),
    )


class Row:
    """An item with its units."""

    def __init__(
        self, sku: str, units: int, item: Item | None, expected: int | None = None
    ) -> None:
        self.sku, self.units, self.item = sku, units, item
        self.expected = expected
        self.more = units - (expected or 0)
        self.codes = " ".join([sku, *(item.gtins if item else ())])


class Logged:
    """A scan in the log."""

    def __init__(self, scan: ShelfScan, items: Mapping[str, Item]) -> None:
        self.scan, self.id = scan, public_id("scn", scan.id)
        self.item = items.get(scan.sku) if scan.sku else None


class Unknown:
    """A code that nobody knows, with what was scanned just before and after it."""

    def __init__(self, code: str) -> None:
        self.code, self.units = code, 0
        self.before: Item | None = None
        self.after: Item | None = None


def unknown_of(count: ShelfCount, items: Mapping[str, Item]) -> list[Unknown]:
    """By code, the first one first: what lies beside it on the shelf often tells what it is."""
    found: dict[str, Unknown] = {}
    scans = [each for each in count.scans if each.taken_back_at is None]
    for at, scan in enumerate(scans):
        if not scan.is_unmatched:
            continue
        mine = found.setdefault(scan.code, Unknown(scan.code))
        mine.units += scan.quantity
        mine.before = mine.before or _first(reversed(scans[:at]), items)
        mine.after = mine.after or _first(scans[at + 1 :], items)
    return list(found.values())


def _first(scans: Iterable[ShelfScan], items: Mapping[str, Item]) -> Item | None:
    return next((items[each.sku] for each in scans if each.sku and each.sku in items), None)

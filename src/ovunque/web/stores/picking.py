"""Picking: scan by scan or by hand, the last one undone, what is missing with its reason."""

from collections.abc import Sequence
from typing import Annotated, Literal
from urllib.parse import quote
from uuid import UUID

import fastapi
from pydantic import Field
from starlette.responses import Response

from ovunque.catalog.listing import find_item, sku_of
from ovunque.catalog.model import Item
from ovunque.fulfillment.keeping_back import list_open
from ovunque.fulfillment.listing import find_work
from ovunque.fulfillment.model import Reason, Wanted
from ovunque.fulfillment.model.consulting import Consent
from ovunque.fulfillment.picking import PickRequest, pick
from ovunque.fulfillment.picking_short import ShortRequest, pick_short
from ovunque.fulfillment.rules import pickup_code, to_pick
from ovunque.fulfillment.unpicking import UnpickRequest, unpick
from ovunque.kernel.ids import parse_public_id, public_id
from ovunque.kernel.refusal import Refusal
from ovunque.orders.substituting import SubstituteRequest, substitute
from ovunque.platform.database import Tx
from ovunque.web.screens import TASKS, screens
from ovunque.web.stores.acting import WaveForm, act, tasks_of, way_back
from ovunque.web.stores.scanning import code_of
from ovunque.web.stores.task import show_lost
from ovunque.web.stores.wave import PICKED_FROM, show_wave
from ovunque.web.visiting import Visit, Visiting

CONFLICT = 409
UNITS_MAX = 10_000

router = screens(TASKS)

Sku = Annotated[str, Field(min_length=1, max_length=64)]
Units = Annotated[int, Field(ge=1, le=UNITS_MAX)]


class ScanForm(WaveForm):
    code: str = Field(default="", max_length=200)


class PickForm(WaveForm):
    sku: Sku
    quantity: Units


class ShortForm(PickForm):
    reason: Reason
    instead: str = Field(default="", max_length=64)
    consent: Consent | Literal[""] = ""


@router.post("/tasks/{task_id}/scans")
def post_scan(visit: Visiting, task_id: str, form: Annotated[ScanForm, fastapi.Form()]) -> Response:
    """One scan, one unit; what does not belong here fills the screen until somebody has seen it."""
    parse_public_id("ful", task_id)
    names, code = tasks_of(form.wave, task_id), code_of(form.code)
    if not code:
        return show_wave(visit, names)
    item = find_scanned(visit, code)
    if item is None:
        return show_wave(visit, names, status=CONFLICT, scanned=code, wrong="unknown")
    try:
        taken = take(visit, names, form, Wanted(line_id=None, sku=item.sku, quantity=1))
    except Refusal as refusal:
        if refusal.code == "not_to_pick":
            return show_wave(visit, names, status=CONFLICT, scanned=code, wrong=item)
        return show_lost(visit, parse_public_id("ful", names[0]), refusal)
    return visit.go(hit_address(form.wave, task_id, item.sku, taken))


@router.post("/tasks/{task_id}/picks")
def post_pick(visit: Visiting, task_id: str, form: Annotated[PickForm, fastapi.Form()]) -> Response:
    """Units taken without a scanner."""
    id_ = parse_public_id("ful", task_id)
    try:
        take(visit, [task_id], form, Wanted(line_id=None, sku=form.sku, quantity=form.quantity))
    except Refusal as refusal:
        return show_lost(visit, id_, refusal)
    return visit.go(hit_address(form.wave, task_id, form.sku, task_id))


@router.post("/tasks/{task_id}/unpicks")
def post_unpick(
    visit: Visiting, task_id: str, form: Annotated[PickForm, fastapi.Form()]
) -> Response:
    """The last scan undone: the piece goes back to its shelf."""
    back = Wanted(line_id=None, sku=form.sku, quantity=form.quantity)
    request = UnpickRequest(fulfillment_id=parse_public_id("ful", task_id), back=back)
    act(visit, form.key, lambda tx: unpick(tx, visit.by, request, visit.now))
    return visit.go(way_back(form.wave, task_id))


@router.post("/tasks/{task_id}/shortages")
def post_shortage(
    visit: Visiting, task_id: str, form: Annotated[ShortForm, fastapi.Form()]
) -> Response:
    """Units that are not there are sourced again elsewhere, or something else goes instead."""
    id_ = parse_public_id("ful", task_id)
    missing = Wanted(line_id=None, sku=form.sku, quantity=form.quantity)
    instead = SubstituteRequest(
        fulfillment_id=id_,
        missing=missing,
        reason=form.reason,
        instead=form.instead,
        consent=form.consent or None,
        new_id=visit.house.new_id,
    )
    short = ShortRequest(
        fulfillment_id=id_,
        missing=missing,
        reason=form.reason,
        pickup_code=pickup_code(visit.house.new_secret()),
        new_id=visit.house.new_id,
    )

    def report(tx: Tx) -> object:
        if form.instead:
            return substitute(tx, visit.by, instead, visit.now)
        return pick_short(tx, visit.by, short, visit.now)

    try:
        act(visit, form.key, report)
    except Refusal as refusal:
        return show_lost(visit, id_, refusal)
    if len(tasks_of(form.wave, task_id)) > 1:
        return visit.go(way_back(form.wave, task_id))
    work = visit.read(lambda tx: find_work(tx, visit.by, id_))
    return visit.go(f"/tasks/{task_id}" if work.is_live and work.stage != "reserved" else "/tasks")


def find_scanned(visit: Visit, code: str) -> Item | None:
    try:
        return visit.read(lambda tx: find_item(tx, sku_of(tx, code)))
    except Refusal:
        return None


def take(visit: Visit, names: Sequence[str], form: WaveForm, wanted: Wanted) -> str:
    """Pick it for the first task that wants it; whose it is now."""
    ids = [parse_public_id("ful", name) for name in names]
    code = pickup_code(visit.house.new_secret())
    found: list[UUID] = []

    def work(tx: Tx) -> None:
        found[:] = [first_wanting(tx, visit, ids, wanted)]
        request = PickRequest(fulfillment_id=found[0], picked=wanted, pickup_code=code)
        pick(tx, visit.by, request, visit.now)

    act(visit, form.key, work)
    return public_id("ful", found[0]) if found else ""


def first_wanting(tx: Tx, visit: Visit, ids: Sequence[UUID], wanted: Wanted) -> UUID:
    """Read unlocked: if a colleague is faster, the pick itself says so."""
    for id_ in ids if len(ids) > 1 else ():
        try:
            work = find_work(tx, visit.by, id_)
        except Refusal:
            continue
        is_wanted = any(wanted.means(line) and to_pick(line) for line in work.lines)
        if not (is_wanted and work.is_live and work.state in PICKED_FROM):
            continue
        if not list_open(tx, [work.order_id]):
            return id_
    return ids[0]


def hit_address(wave: str, task_id: str, sku: str, taken: str) -> str:
    """The screen to go on with: it marks what was scanned, and offers to undo it."""
    address = way_back(wave, task_id)
    glue = "&" if "?" in address else "?"
    return f"{address}{glue}hit={quote(sku)}&of={taken}"

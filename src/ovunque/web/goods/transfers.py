"""Goods on their way between our places: planned, sent off, received with what is missing."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

import fastapi
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from ovunque.access.model import Role
from ovunque.catalog.listing import find_items
from ovunque.catalog.model import Item
from ovunque.kernel.ids import parse_public_id, public_id
from ovunque.kernel.refusal import Refusal
from ovunque.network.model import Location
from ovunque.stock import transferring
from ovunque.stock.model.feeding import Transfer, TransferFilter, TransferLine, TransferState
from ovunque.stock.transferring import LINES_MAX, TransferRequest, TransferStep
from ovunque.web import words
from ovunque.web.office.protections import instant_of
from ovunque.web.screens import FLOOR, OFFICE, TASKS, Form, only, screens
from ovunque.web.visiting import Visit, Visiting

PAGE_ROWS = 30
LINE = re.compile(r"(\S+)(?:[\s,;x×]+([0-9]{1,6}))?")
UNITS = re.compile(r"units\.(\S{1,64})")
TABS = (None, *TransferState)

router = screens(OFFICE | FLOOR)
MOVERS = [only((TASKS & FLOOR) | {Role.MERCHANDISER})]


class PlanForm(Form):
    origin: str = Field(default="", max_length=64)
    destination: str = Field(default="", max_length=64)
    lines: str = Field(default="", max_length=50_000)
    expected: str = Field(default="", max_length=30)


class Query(BaseModel):
    """What the address of the list may say."""

    state: str = Field(default="", max_length=20)
    location: str = Field(default="", max_length=64)
    q: str = Field(default="", max_length=100)
    before: str = Field(default="", max_length=64)


@router.get("/transfers")
def get_transfers(visit: Visiting, query: Annotated[Query, fastapi.Query()]) -> Response:
    """From or to one's own location, or those that the office asks for; newest first."""
    network = visit.house.snapshot().network
    place = visit.location or network.by_code.get(query.location)
    asked = {"location": query.location if place else "", "q": query.q.strip()}
    state = query.state if query.state in set(TransferState) else ""
    wanted = TransferFilter(
        location_id=place.id if place else None, state=state or None, q=asked["q"] or None
    )
    behind = parse_public_id("trf", query.before) if query.before else None
    page = (behind, PAGE_ROWS + 1)
    found = visit.read(lambda tx: transferring.list_transfers(tx, visit.by, wanted, page))
    shown = found[:PAGE_ROWS]
    last = public_id("trf", shown[-1].id) if len(found) > PAGE_ROWS else None
    return visit.page(
        "goods/transfers.html",
        asked="",
        state=state,
        filters=query,
        is_narrowed=any(asked.values()),
        tabs=[(each, address_of(asked | {"state": each or ""})) for each in TABS],
        rows=[Row(each, visit) for each in shown],
        older=address_of(asked | {"state": state, "before": last}) if last else None,
        locations=sorted(network.by_code.values(), key=lambda each: each.name),
        may_move=may_move(visit),
    )


def address_of(asked: Mapping[str, str]) -> str:
    told = urlencode({name: value for name, value in asked.items() if value})
    return f"/transfers?{told}" if told else "/transfers"


@router.get("/transfers/new", dependencies=MOVERS)
def get_new(visit: Visiting) -> Response:
    code = visit.location.code if visit.location else ""
    return show_plan(visit, PlanForm(origin=code))


@router.post("/transfers", dependencies=MOVERS)
def post_transfer(visit: Visiting, form: Annotated[PlanForm, fastapi.Form()]) -> Response:
    """Plan it: nothing is taken before it leaves."""
    try:
        asked = request_of(visit, form)
        visit.transact(lambda tx: transferring.plan_transfer(tx, visit.by, asked, visit.now))
    except Refusal as refusal:
        return show_plan(visit, form, refusal)
    return visit.go(f"/transfers/{public_id('trf', asked.id)}")


@router.get("/transfers/{transfer_id}")
def get_transfer(visit: Visiting, transfer_id: str) -> Response:
    return show(visit, parse_public_id("trf", transfer_id))


async def read_fields(request: Request) -> Mapping[str, str]:
    """The fields of a form that has one for each item."""
    return {name: str(value) for name, value in (await request.form()).items()}


@router.post("/transfers/{transfer_id}/{step}", dependencies=MOVERS)
def post_step(
    visit: Visiting,
    transfer_id: str,
    step: str,
    fields: Annotated[Mapping[str, str], fastapi.Depends(read_fields)],
) -> Response:
    """It leaves, it comes, or it does not leave after all: with the units that were counted."""
    transfer = parse_public_id("trf", transfer_id)
    try:
        take(visit, transfer, step, fields)
    except Refusal as refusal:
        if refusal.code == "not_found":
            raise
        return show(visit, transfer, refusal)
    return visit.go(f"/transfers/{transfer_id}")


def take(visit: Visit, transfer: UUID, step: str, fields: Mapping[str, str]) -> None:
    if step == "cancellation":
        visit.transact(lambda tx: transferring.cancel_transfer(tx, visit.by, transfer, visit.now))
        return
    asked = TransferStep(
        transfer_id=transfer, units=units_of(fields), last=fields.get("last") != "false"
    )
    act = {
        "dispatch": transferring.dispatch_transfer,
        "receipt": transferring.receive_transfer,
    }.get(step)
    if act is None:
        raise Refusal("not_found", what="this step")
    visit.transact(lambda tx: act(tx, visit.by, asked, visit.now))


def units_of(fields: Mapping[str, str]) -> dict[str, int]:
    """What was counted of each item."""
    units = {}
    for name, value in fields.items():
        found = UNITS.fullmatch(name)
        if found:
            if not (value.isascii() and value.isdigit() and len(value) <= 6):
                raise Refusal("invalid", detail="a number of units is written with digits.")
            units[found[1]] = int(value)
    return units


def request_of(visit: Visit, form: PlanForm) -> TransferRequest:
    network = visit.house.snapshot().network
    origin, destination = (network.by_code.get(each) for each in (form.origin, form.destination))
    if origin is None or destination is None or origin == destination:
        raise Refusal("invalid", detail="choose two different places.")
    units = lines_of(form.lines)
    known = visit.read(lambda tx: find_items(tx, units.keys()))
    missing = sorted(units.keys() - known.keys())
    if missing:
        raise Refusal("not_found", what=f"item {missing[0][:64]}")
    return TransferRequest(
        id=visit.house.new_id(),
        external_id=None,
        from_id=origin.id,
        to_id=destination.id,
        units=units,
        expected_at=instant_of(form.expected, visit),
    )


def lines_of(text: str) -> Counter[str]:
    """One item a line: its sku, and how many; no number means one."""
    units: Counter[str] = Counter()
    for line in filter(None, map(str.strip, text.splitlines())):
        found = LINE.fullmatch(line)
        if found is None or found[2] == "0":
            raise Refusal("invalid", detail=f"{line[:64]}: write a sku and a number of units.")
        units[found[1]] += int(found[2] or 1)
    if not 0 < len(units) <= LINES_MAX:
        raise Refusal("invalid", detail=f"name 1 to {LINES_MAX} items.")
    return units


def may_move(visit: Visit) -> bool:
    return visit.person.role in (TASKS & FLOOR) | {Role.MERCHANDISER}


def show_plan(visit: Visit, form: PlanForm, refusal: Refusal | None = None) -> Response:
    network = visit.house.snapshot().network
    return visit.page(
        "goods/transfer_plan.html",
        status=200 if refusal is None else 422,
        asked="",
        form=form,
        refusal=visit.explain(refusal) if refusal else None,
        locations=sorted(network.by_code.values(), key=lambda each: each.name),
    )


def show(visit: Visit, transfer_id: UUID, refusal: Refusal | None = None) -> Response:
    transfer = visit.read(lambda tx: transferring.find_transfer(tx, visit.by, transfer_id))
    items = visit.read(lambda tx: find_items(tx, {line.sku for line in transfer.lines}))
    row = Row(transfer, visit)
    here = visit.person.location_id
    return visit.page(
        "goods/transfer.html",
        status=200 if refusal is None else 409,
        asked="",
        refusal=visit.explain(refusal) if refusal else None,
        row=row,
        lines=[Line(line, items[line.sku]) for line in transfer.lines],
        may_dispatch=may_move(visit)
        and transfer.state == TransferState.PLANNED
        and here in (None, transfer.from_id),
        may_receive=may_move(visit)
        and transfer.state == TransferState.DISPATCHED
        and here in (None, transfer.to_id),
    )


class Row:
    """A transfer with its two places."""

    def __init__(self, transfer: Transfer, visit: Visit) -> None:
        network = visit.house.snapshot().network
        self.transfer = transfer
        self.id = public_id("trf", transfer.id)
        self.word = words.TRANSFER[transfer.state]
        self.origin: Location = network.locations[network.position_of[transfer.from_id]]
        self.destination: Location = network.locations[network.position_of[transfer.to_id]]
        self.units = sum(line.dispatched or line.planned for line in transfer.lines)
        self.missing = sum(line.missing for line in transfer.lines)
        self.is_late = (
            transfer.closed_at is None and (transfer.expected_at or visit.now) < visit.now
        )


class Line:
    def __init__(self, line: TransferLine, item: Item) -> None:
        self.line = line
        self.item = item

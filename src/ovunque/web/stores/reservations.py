"""Reserve & collect at a store: set aside what a visitor wants to try, and sell some of it."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Annotated
from uuid import UUID

import fastapi
from pydantic import Field
from starlette.responses import Response

from ovunque.catalog.listing import find_items, sku_of
from ovunque.catalog.model import Item
from ovunque.customers.listing import list_names
from ovunque.fulfillment.model import Reason
from ovunque.fulfillment.model.reserving import StoreReservation, StoreReservationState
from ovunque.fulfillment.reserving import find_reservation, list_open
from ovunque.fulfillment.setting_aside import AsideRequest, decline, keep_for_visit
from ovunque.fulfillment.visiting import VisitRequest, conclude_visit
from ovunque.kernel.ids import parse_public_id, public_id
from ovunque.kernel.refusal import Refusal
from ovunque.platform.database import Tx
from ovunque.stock.model import Key
from ovunque.stock.setting_aside import PutBackRequest, list_to_put_back, put_back
from ovunque.web import words
from ovunque.web.screens import TASKS, Form, screens
from ovunque.web.stores.acting import ActForm, act
from ovunque.web.stores.due import Due
from ovunque.web.stores.scanning import code_of
from ovunque.web.stores.tasks import here
from ovunque.web.stores.wave import REASONS
from ovunque.web.visiting import Visit, Visiting

S = StoreReservationState
UNITS_MAX = 500
CONFLICT = 409

router = screens(TASKS)


class UnitsForm(ActForm):
    """Some of the units: each that was found, or bought, by its item."""

    is_all: bool = False
    unit: list[Annotated[str, Field(max_length=64)]] = Field(default=[], max_length=UNITS_MAX)

    @property
    def units(self) -> Mapping[str, int] | None:
        return None if self.is_all else Counter(self.unit)


class AsideForm(UnitsForm):
    shelf: str = Field(default="", max_length=20)
    reason: Reason = Reason.NOT_FOUND


class DeclineForm(Form):
    reason: Reason


class BackForm(Form):
    code: str = Field(min_length=1, max_length=200)


@router.get("/reservations")
def get_reservations(
    visit: Visiting, scan: Annotated[str, fastapi.Query(max_length=200)] = ""
) -> Response:
    """What visitors wait for, and what lies there for nobody; a customer's code opens theirs."""
    location = here(visit)
    found = visit.read(lambda tx: list_open(tx, location.id))
    code = scan.strip()
    mine = next((each for each in found if each.code == code), None) if code else None
    if mine is not None:
        return visit.go(f"/reservations/{public_id('sre', mine.id)}")
    back = visit.read(lambda tx: list_to_put_back(tx, location.id))
    skus = {line.sku for each in found for line in each.lines} | {sku for sku, _ in back}
    items = visit.read(lambda tx: find_items(tx, skus))
    names = visit.read(lambda tx: list_names(tx, {each.customer_id for each in found}))
    rows = [Row(each, items, names, visit) for each in found]
    return visit.page(
        "stores/reservations.html",
        asked=[row for row in rows if row.kept.state == S.REQUESTED],
        aside=[row for row in rows if row.kept.state == S.SET_ASIDE],
        back=[(items[sku], units) for sku, units in back if sku in items],
        not_found=code,
    )


@router.get("/reservations/{reservation_id}")
def get_reservation(visit: Visiting, reservation_id: str) -> Response:
    return show(visit, parse_public_id("sre", reservation_id))


@router.post("/reservations/{reservation_id}/set-aside")
def post_set_aside(
    visit: Visiting, reservation_id: str, form: Annotated[AsideForm, fastapi.Form()]
) -> Response:
    """What was found waits for its visitor; what was not is why the rest is sold to nobody."""
    request = AsideRequest(
        reservation_id=parse_public_id("sre", reservation_id),
        found=form.units,
        reason=form.reason,
        shelf=form.shelf.strip().upper() or None,
        new_id=visit.house.new_id,
    )
    return do(
        visit,
        request.reservation_id,
        form.key,
        lambda tx: keep_for_visit(tx, visit.by, request, visit.now),
    )


@router.post("/reservations/{reservation_id}/decline")
def post_decline(
    visit: Visiting, reservation_id: str, form: Annotated[DeclineForm, fastapi.Form()]
) -> Response:
    id_ = parse_public_id("sre", reservation_id)
    visit.transact(lambda tx: decline(tx, visit.by, id_, form.reason, visit.now))
    return visit.go("/reservations")


@router.post("/reservations/{reservation_id}/visit")
def post_visit(
    visit: Visiting, reservation_id: str, form: Annotated[UnitsForm, fastapi.Form()]
) -> Response:
    """What was bought goes to the till, the rest is on sale again at once."""
    id_ = parse_public_id("sre", reservation_id)
    request = VisitRequest(reservation_id=id_, bought=form.units)
    return do(visit, id_, form.key, lambda tx: conclude_visit(tx, visit.by, request, visit.now))


@router.post("/put-backs")
def post_put_back(visit: Visiting, form: Annotated[BackForm, fastapi.Form()]) -> Response:
    """One piece is on its shelf again, and on sale."""
    at = here(visit).id

    def work(tx: Tx) -> None:
        key = Key(sku_of(tx, code_of(form.code)), at)
        put_back(tx, visit.by, PutBackRequest(key=key, quantity=1), visit.now)

    visit.transact(work)
    return visit.go("/reservations#put-back")


def do(visit: Visit, id_: UUID, key: str, work: Callable[[Tx], object]) -> Response:
    try:
        act(visit, key, work)
    except Refusal as refusal:
        if refusal.code not in ("transition_refused", "not_reserved"):
            raise
        return show(visit, id_, refusal)
    return visit.go(f"/reservations/{public_id('sre', id_)}")


def show(visit: Visit, id_: UUID, refusal: Refusal | None = None) -> Response:
    """The reservation as it stands, with the one thing to do next."""
    kept = visit.read(lambda tx: find_reservation(tx, visit.by, id_))
    items = visit.read(lambda tx: find_items(tx, {line.sku for line in kept.lines}))
    names = visit.read(lambda tx: list_names(tx, {kept.customer_id}))
    row = Row(kept, items, names, visit)
    return visit.page(
        "stores/reservation.html" if kept.state.is_open else "stores/reservation_over.html",
        status=CONFLICT if refusal else 200,
        row=row,
        reasons=REASONS,
        refusal=visit.explain(refusal) if refusal else None,
    )


class Row:
    """A reservation as a store sees it."""

    def __init__(
        self,
        kept: StoreReservation,
        items: Mapping[str, Item],
        names: Mapping[UUID, str],
        visit: Visit,
    ) -> None:
        self.kept = kept
        self.id = public_id("sre", kept.id)
        self.who = names.get(kept.customer_id, "")
        self.word = words.STORE_RESERVATION[kept.state]
        self.lines = [(line, items.get(line.sku)) for line in kept.lines]
        self.due = Due(kept.stands_until or kept.answer_by, visit.now)
        self.units = [
            (line.sku, items.get(line.sku), codes_of(line.sku, items))
            for line in kept.lines
            for _ in range(line.quantity if line.found is None else line.found)
        ]
        self.tiles = [item for _, item in self.lines if item][:4]
        self.bought = sum(line.bought or 0 for line in kept.lines)
        self.to_pay = sum(
            (line.bought or 0) * ((item.price_cents if item else None) or 0)
            for line, item in self.lines
        )


def codes_of(sku: str, items: Mapping[str, Item]) -> str:
    """All that a scanner may read on a piece."""
    return " ".join((sku, *(items[sku].gtins if sku in items else ())))

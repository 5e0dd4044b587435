"""Editing an order with the customer on the phone: look at what it does first, then do it.

A field that is left empty stays as it was: who edits need not see where somebody lives.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated

import fastapi
from starlette.requests import Request
from starlette.responses import Response

from ovunque.access.model import Role
from ovunque.catalog.listing import find_items
from ovunque.customers.model import ContactRequest
from ovunque.delivery.model import Service
from ovunque.fulfillment.rules import pickup_code
from ovunque.kernel.money import digits_of
from ovunque.kernel.refusal import Refusal
from ovunque.kernel.text import is_clean
from ovunque.orders.editing import EditRequest, Foreseen, edit, preview, undo
from ovunque.orders.listing import find_by_number
from ovunque.orders.model import Delivery, LineRequest, Order
from ovunque.orders.model.editing import (
    AddressChange,
    Change,
    Edited,
    GiftChange,
    NewLine,
    NotesChange,
    QuantityChange,
    RecipientChange,
    ServiceChange,
    Touch,
)
from ovunque.platform.refusals import status_of
from ovunque.web import language, pages, words
from ovunque.web.care.order import Part, Read, read
from ovunque.web.language import M_, Message, say
from ovunque.web.reading import small_units
from ovunque.web.screens import Form, screens
from ovunque.web.visiting import Visit, Visiting

router = screens(frozenset({Role.CARE}))

UNITS = re.compile("[0-9]{1,5}")
TEXT_MAX = 2_000
LATEST = datetime(9000, 1, 1, tzinfo=UTC)
SERVICES = (Service.HOME, Service.EXPRESS, Service.COLLECT)
TOUCHES: Mapping[Touch, Message] = {
    Touch.NEW: M_("touch", "new"),
    Touch.CHANGED: M_("touch", "fewer units"),
    Touch.REPLACED: M_("touch", "planned anew"),
    Touch.CANCELED: M_("touch", "not needed any more"),
}

GIFT, NOTES = M_("edit", "Gift note"), M_("edit", "Notes")
WAY, ADDRESS, FOR_WHOM = (
    M_("edit", "How it gets there"),
    M_("edit", "Address"),
    M_("edit", "For whom"),
)

Fields = Mapping[str, str]
Told = tuple[Change, str]  # A change, and what a person calls it.


async def read_fields(request: Request) -> Fields:
    """The fields of a form that has some for each line and each delivery."""
    form = await request.form()
    told = {name: str(value)[:TEXT_MAX].strip() for name, value in form.items()}
    return {name: value.replace("\r\n", "\n") for name, value in told.items()}


def check(fields: Fields) -> None:
    """What cannot be kept as text is refused."""
    for value in fields.values():
        if not is_clean(value):
            detail = "This text has control characters, or is not NFC."
            raise Refusal("invalid", detail=detail)


Filled = Annotated[Fields, fastapi.Depends(read_fields)]


@router.get("/orders/{number}/edit")
def get_edit(visit: Visiting, number: str) -> Response:
    return show(visit, number, {})


@router.post("/orders/{number}/edit")
def post_edit_preview(visit: Visiting, number: str, fields: Filled) -> Response:
    """The same page, with what would happen."""
    return attempt(visit, number, fields, is_preview=True)


@router.post("/orders/{number}/edits")
def post_edit(visit: Visiting, number: str, fields: Filled) -> Response:
    """All of it, or nothing: then the page says why."""
    return attempt(visit, number, fields, is_preview=False)


@router.post("/orders/{number}/edits/undo")
def post_edit_undo(visit: Visiting, number: str, _: Annotated[Form, fastapi.Form()]) -> Response:
    order = visit.read(lambda tx: find_by_number(tx, number))
    request = request_of(visit, order, (), {})
    visit.transact(lambda tx: undo(tx, visit.by, request, visit.now))
    return visit.go(f"/orders/{number}")


def attempt(visit: Visit, number: str, fields: Fields, *, is_preview: bool) -> Response:
    snapshot = visit.house.snapshot()
    found = visit.transact(lambda tx: read(tx, visit, snapshot, number))
    told: list[Told] = []
    try:
        check(fields)
        told = [*changes_of(visit, found, fields)]
        request = request_of(visit, found.order, tuple(change for change, _ in told), fields)
        if not is_preview:
            visit.transact(lambda tx: edit(tx, visit.by, request, visit.now))
            return visit.go(f"/orders/{number}")
        foreseen = visit.transact(lambda tx: preview(tx, visit.by, request, visit.now))
    except Refusal as refusal:
        foreseen = refusal
    return show(visit, number, fields, foreseen, told)


def request_of(
    visit: Visit, order: Order, changes: tuple[Change, ...], fields: Fields
) -> EditRequest:
    version, later = fields.get("version", ""), fields.get("arrive_by", "")
    return EditRequest(
        order_id=order.id,
        changes=changes,
        version=int(version) if re.fullmatch("[0-9]{1,9}", version) else None,
        arrive_by=instant_of(later) if later else None,
        snapshot=visit.house.snapshot(),
        pickup_code=pickup_code(visit.house.new_secret()),
        new_id=visit.house.new_id,
    )


def instant_of(told: str) -> datetime:
    """What the page itself has written into the form."""
    try:
        at = datetime.fromisoformat(told)
    except ValueError:
        raise Refusal("address_odd") from None
    if at.tzinfo is None or at > LATEST:
        raise Refusal("address_odd")
    return at


def changes_of(visit: Visit, found: Read, fields: Fields) -> Iterator[Told]:
    """What somebody has filled in, each with what it is called."""
    for line in found.order.lines:
        units = fields.get(f"units-{line.nth}", "")
        if units and units_of(units) != line.wanted:
            yield (
                QuantityChange(line_id=line.id, quantity=units_of(units)),
                pages.title_of(visit.language, found.items.get(line.sku), line.sku),
            )
    if fields.get("sku"):
        yield new_line(visit, found.order, fields)
    for delivery in found.order.deliveries:
        for change, name in way_of(visit, delivery, fields):
            yield change, say(visit.language, name)
    if fields.get("gift"):
        yield GiftChange(message=fields["gift"]), say(visit.language, GIFT)
    if fields.get("notes"):
        yield NotesChange(notes=fields["notes"]), say(visit.language, NOTES)


def units_of(told: str) -> int:
    if not UNITS.fullmatch(told):
        raise Refusal("invalid", detail="a number of units is written with digits.")
    return int(told)


def new_line(visit: Visit, order: Order, fields: Fields) -> Told:
    """At the price that was written, or that the item has."""
    sku = fields["sku"][:64]
    item = visit.read(lambda tx: find_items(tx, [sku])).get(sku)
    if item is None:
        raise Refusal("not_found", what=f"item {sku}")
    price = fields.get("price", "")
    cents = small_units(price, digits_of(order.currency)) if price else item.price_cents or 0
    units = units_of(fields.get("units") or "1")
    if not units:
        raise Refusal("invalid", detail="a number of units is written with digits.")
    line = LineRequest(sku=sku, quantity=units, unit_price=cents)
    return NewLine(line=line, currency=order.currency), pages.title_of(visit.language, item, sku)


def way_of(visit: Visit, delivery: Delivery, fields: Fields) -> Iterator[tuple[Change, Message]]:
    """Where a delivery goes, by which service, and for whom."""
    nth, network = delivery.nth, visit.house.snapshot().network
    address, service = address_of(nth, fields), fields.get(f"service-{nth}", "")
    at = delivery.location_id
    before = (delivery.service.value, network.locations[network.position_of[at]].code if at else "")
    fetched = service == Service.COLLECT
    after = (service, fields.get(f"location-{nth}", "") if fetched else "")
    if service in SERVICES and after != before:
        change = ServiceChange(
            delivery=nth,
            service=Service(service),
            address=None if fetched else address,
            location=after[1] or None,
        )
        yield change, WAY
    elif address is not None:
        yield AddressChange(delivery=nth, address=address), ADDRESS
    if fields.get(f"name-{nth}"):
        name, phone = fields[f"name-{nth}"], fields.get(f"phone-{nth}") or None
        yield RecipientChange(delivery=nth, name=name, phone=phone), FOR_WHOM


def address_of(nth: int, fields: Fields) -> ContactRequest | None:
    """The address that was filled in; None: none was."""
    street, postal_code, city = (
        fields.get(f"{name}-{nth}", "") for name in ("street", "postal_code", "city")
    )
    if not (street or postal_code or city):
        return None
    country = fields.get(f"country-{nth}", "").upper()
    return ContactRequest(street=street, postal_code=postal_code, city=city, country=country)


class Obstacle:
    """What is in the way of an edit, and of which change of it."""

    def __init__(self, visit: Visit, refusal: Refusal, told: Sequence[Told]) -> None:
        self.title = language.title_of(visit.language, refusal)
        self.text = visit.explain(refusal)
        self.later: datetime | None = refusal.details.get("arrives_at")
        reasons = zip(refusal.errors, visit.faults_of(refusal), strict=True)
        self.faults = [(named(told, each.pointer), reason) for each, reason in reasons]


def named(told: Sequence[Told], pointer: str) -> str:
    """What a person calls the change that a pointer leads to."""
    nth = pointer.removeprefix("/changes/").partition("/")[0]
    return told[int(nth)][1] if nth.isdigit() else ""


def show(
    visit: Visit,
    number: str,
    fields: Fields,
    foreseen: Foreseen | None = None,
    told: Sequence[Told] = (),
) -> Response:
    snapshot = visit.house.snapshot()
    network = snapshot.network
    found = visit.transact(lambda tx: read(tx, visit, snapshot, number))
    obstacle = Obstacle(visit, foreseen, told) if isinstance(foreseen, Refusal) else None
    if isinstance(foreseen, Refusal) and foreseen.code == "version_conflict":
        fields = {}  # It is another order by now: nothing of before is done to it unseen.
    edited = foreseen if isinstance(foreseen, Edited) else None
    skus = {line.sku for _, line in edited.lines} if edited else set[str]()
    return visit.page(
        "care/edit.html",
        status=status_of(foreseen) if isinstance(foreseen, Refusal) else 200,
        asked="",
        order=found.order,
        lines=[(line, found.items.get(line.sku)) for line in found.order.lines],
        deliveries=[Part(each, found, [], network) for each in found.order.deliveries],
        places=sorted(network.by_code.values(), key=lambda each: each.name),
        country=next(iter(network.by_code.values())).country,
        services=[(each.value, words.SERVICE[each]) for each in SERVICES],
        filled=fields,
        edited=edited,
        items={**found.items, **visit.read(lambda tx: find_items(tx, skus))},
        touches=TOUCHES,
        place_of=lambda id_: network.locations[network.position_of[id_]].name,
        obstacle=obstacle,
    )

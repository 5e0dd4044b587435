"""A row is one line of an order: what it says of the order, of its delivery, of its line."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ovunque.customers.model import Collector, ContactRequest, CustomerRequest
from ovunque.customers.rules import check_contact, check_customer
from ovunque.delivery.model import Service
from ovunque.integrations.files.bad import Bad, Wrong
from ovunque.integrations.files.cells import NONE, NUMBER, PLACE, TEXT, WHOLE, optional
from ovunque.integrations.files.columns import Column, Columns
from ovunque.kernel import rows
from ovunque.kernel.refusal import Fault
from ovunque.orders.drafting import faults_of
from ovunque.orders.model import DeliveryRequest, LineRequest, OnShortage, OrderRequest
from ovunque.sourcing.snapshot import Snapshot

LINES_MAX, QUANTITY_MAX = 500, 10_000
AMOUNT_MAX = 999_999_999  # As many digits as a number of a file has.
EXTERNAL_ID_MAX, NAME_MAX, PHONE_MAX, WORDS_MAX = 100, 100, 40, 2_000
Values = Mapping[str, Any]


def parse_service(text: str) -> Service:
    try:
        return Service(text)
    except ValueError:
        raise Wrong("not_allowed", f"Say one of {', '.join(Service)}.") from None


SERVICE = optional(replace(TEXT, parse=parse_service, guarded=False))
SPOT = optional(PLACE)
OF_ORDER = ("channel", "currency", "gift", "notes")
OF_CUSTOMER = ("name", "email", "phone", "external_id", "language")
OF_ADDRESS = ("street", "postal_code", "city", "region", "country", "latitude", "longitude")
OF_PEOPLE = ("recipient_name", "recipient_phone", "collector_name", "collector_phone")
OF_DELIVERY = ("service", "location", *OF_PEOPLE, *OF_ADDRESS)
COLUMNS = Columns(
    fixed=(
        Column("external_id", TEXT),
        Column("channel", NONE),
        Column("currency", NONE),
        *(Column(f"customer_{name}", NONE) for name in OF_CUSTOMER),
        Column("sku", TEXT),
        Column("quantity", WHOLE),
        Column("unit_price", WHOLE),
        Column("discount", NUMBER),
        Column("delivery", NUMBER),
        Column("service", SERVICE),
        *(Column(name, NONE) for name in ("location", *OF_PEOPLE, *OF_ADDRESS[:5])),
        Column("latitude", SPOT),
        Column("longitude", SPOT),
        Column("gift", NONE),
        Column("notes", NONE),
    )
)
SAID_ONCE = (*OF_ORDER, *(f"customer_{name}" for name in OF_CUSTOMER))
NEEDED = ("channel", "currency", "customer_name")
TEMPLATE = (
    ",".join(COLUMNS.names)
    + """
AMZ-1001,web-it,EUR,Anna Riva,anna.riva@example.org,,,it,COAT-NAVY-M,1,24900,,,home,,,,,,\
Via Garibaldi 4,40124,Bologna,BO,IT,,,,
AMZ-1001,,,,,,,,COAT-SET-M,1,44900,5000,,,,,,,,,,,,,,,,
"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row as it was read, or what is wrong with its cells."""

    line: int
    name: str  # The external id of its order.
    cells: Sequence[str]
    values: Values
    faults: tuple[Bad, ...] = ()

    @property
    def delivery(self) -> int:
        return self.values["delivery"] or 0


Place = tuple[int, str]  # Which row of an order, and its column.


def contradictions(order: Sequence[Row]) -> Iterator[tuple[Place, Fault]]:
    """What a row says of its order, or of its delivery, that an earlier one says otherwise."""
    of_delivery: dict[int, Row] = {}
    for nth, row in enumerate(order):
        first = of_delivery.setdefault(row.delivery, row)
        said = [(order[0], name) for name in SAID_ONCE] + [(first, name) for name in OF_DELIVERY]
        for told, name in said:
            if row.values[name] not in (None, told.values[name]):
                detail = f"Line {told.line} says otherwise of the same order."
                yield (nth, name), Fault(f"/{name}", "contradiction", detail)


def build(order: Sequence[Row]) -> OrderRequest:
    """The order that its rows are: of what is said once, the first row says it."""
    first = order[0].values
    numbers = list(dict.fromkeys(row.delivery for row in order))
    return OrderRequest(
        external_id=order[0].name,
        channel=first["channel"],
        currency=first["currency"],
        customer=CustomerRequest(**{name: first[f"customer_{name}"] for name in OF_CUSTOMER}),
        lines=tuple(
            LineRequest(
                sku=row.values["sku"],
                quantity=row.values["quantity"],
                unit_price=row.values["unit_price"],
                discount=row.values["discount"] or 0,
                delivery=numbers.index(row.delivery),
            )
            for row in order
        ),
        deliveries=tuple(_delivery(order, number) for number in numbers),
        on_shortage=OnShortage.ACCEPT,
        gift=first["gift"],
        notes=first["notes"],
    )


def _delivery(order: Sequence[Row], number: int) -> DeliveryRequest:
    told = next(row.values for row in order if row.delivery == number)
    collector = told["collector_name"]
    return DeliveryRequest(
        service=told["service"],
        location=told["location"],
        address=_address(told) if any(told[name] for name in OF_ADDRESS) else None,
        collector=Collector(name=collector, phone=told["collector_phone"]) if collector else None,
    )


def _address(told: Values) -> ContactRequest:
    return ContactRequest(
        name=told["recipient_name"],
        phone=told["recipient_phone"],
        street=told["street"] or "",
        postal_code=told["postal_code"] or "",
        city=told["city"] or "",
        region=told["region"],
        country=told["country"] or "",
        latitude_e6=told["latitude"],
        longitude_e6=told["longitude"],
    )


def missing(order: Sequence[Row]) -> Iterator[tuple[Place, Fault]]:
    """What the first row has to say, of an order or of a delivery."""
    for name in NEEDED:
        if order[0].values[name] is None:
            yield (0, name), Fault(f"/{name}", "missing", "The first row of an order says it.")
    seen: set[int] = set()
    for nth, row in enumerate(order):
        if row.delivery not in seen and row.values["service"] is None:
            detail = "The first row of a delivery says it."
            yield (nth, "service"), Fault("/service", "missing", detail)
        seen.add(row.delivery)


def wrongs(order: Sequence[Row], snapshot: Snapshot) -> Iterator[tuple[Place, Fault]]:
    """All that is wrong with an order whose cells are sound, by row and column."""
    found = [*missing(order), *contradictions(order)]
    if found:
        yield from found
        return
    request = build(order)
    faults = [*_bounds(request), *_faults(request, snapshot)]
    for fault in faults:
        yield place_of(fault.pointer, order), fault


def _faults(request: OrderRequest, snapshot: Snapshot) -> Iterator[Fault]:
    channel = snapshot.network.channels.get(request.channel)
    if channel is None:
        yield Fault("/channel", "unknown_reference", f"There is no {request.channel}.")
        return
    yield from faults_of(request, channel, snapshot)


def _bounds(request: OrderRequest) -> Iterator[Fault]:
    yield from rows.text("/external_id", request.external_id, EXTERNAL_ID_MAX)
    yield from rows.text("/gift", request.gift, WORDS_MAX)
    yield from rows.text("/notes", request.notes, WORDS_MAX)
    for fault in check_customer(request.customer):
        if fault.code != "missing":  # That is told with the order.
            yield Fault(f"/customer{fault.pointer}", fault.code, fault.detail)
    for nth, line in enumerate(request.lines):
        at = f"/lines/{nth}"
        yield from rows.code(f"{at}/sku", line.sku)
        yield from rows.within(f"{at}/quantity", line.quantity, 1, QUANTITY_MAX)
        yield from rows.within(f"{at}/unit_price", line.unit_price, 0, AMOUNT_MAX)
        yield from rows.within(f"{at}/discount", line.discount, 0, AMOUNT_MAX)
    for nth, delivery in enumerate(request.deliveries):
        at = f"/deliveries/{nth}"
        for fault in check_contact(delivery.address) if delivery.address else ():
            yield Fault(f"{at}/address{fault.pointer}", fault.code, fault.detail)
        if delivery.collector is not None:
            yield from rows.text(f"{at}/collector", delivery.collector.name, NAME_MAX)
            yield from rows.text(f"{at}/collector/phone", delivery.collector.phone, PHONE_MAX)


COLUMN_OF = {
    "address": "street",
    "collector": "collector_name",
    "collector/phone": "collector_phone",
    "address/name": "recipient_name",
    "address/phone": "recipient_phone",
}


def place_of(pointer: str, order: Sequence[Row]) -> Place:
    """The row and the column of what is wrong with an order."""
    head, _, rest = pointer[1:].partition("/")
    if head == "customer":
        return 0, f"customer_{rest}"
    nth, _, name = rest.partition("/")
    if head == "lines":
        return int(nth), "currency" if name.endswith("currency") else name
    if head == "deliveries":
        numbers = list(dict.fromkeys(row.delivery for row in order))
        row = next(at for at, row in enumerate(order) if row.delivery == numbers[int(nth)])
        return row, COLUMN_OF.get(name, name.removeprefix("address/"))
    return 0, head

"""What the routes of edits take and answer."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Discriminator, Field, Tag

from ovunque.api.bodies import (
    E6,
    Body,
    Country,
    Currency,
    Instant,
    Latitude,
    Longitude,
    Name,
    Short,
    Shown,
)
from ovunque.api.identifiers import Code, PublicId
from ovunque.customers.model import ContactRequest
from ovunque.delivery.model import Service
from ovunque.fulfillment.model import FulfillmentState
from ovunque.orders.model import LineRequest
from ovunque.orders.model.editing import (
    AddressChange,
    Change,
    GiftChange,
    NewLine,
    NotesChange,
    QuantityChange,
    RecipientChange,
    ServiceChange,
    Touch,
)
from ovunque.platform.http.faults import KIND

AMOUNT_MAX = 100_000_000_000
CHANGES_MAX = 500

OrderId = Annotated[UUID, PublicId("ord")]
LineId = Annotated[UUID, PublicId("lin")]
Nth = Annotated[int, Field(ge=0, le=499)]
Note = Annotated[str, Field(min_length=1, max_length=2_000)]


class EditPrice(Body):
    """An amount in minor units of its currency."""

    amount: Annotated[int, Field(ge=0, le=AMOUNT_MAX)]
    currency: Currency


class EditAddress(Body):
    street: Name
    postal_code: Annotated[str, Field(min_length=1, max_length=20)]
    city: Name
    region: Name | None = None
    country: Country
    latitude: Latitude | None = None
    longitude: Longitude | None = None

    def request(self) -> ContactRequest:
        told = self.model_dump(exclude={"latitude", "longitude"})
        return ContactRequest(
            **told,
            latitude_e6=None if self.latitude is None else round(self.latitude * E6),
            longitude_e6=None if self.longitude is None else round(self.longitude * E6),
        )


class QuantityBody(Body):
    """So many units of a line are wanted from now on; 0 takes the line out."""

    kind: Literal["quantity"]
    line: LineId
    quantity: Annotated[int, Field(ge=0, le=10_000)]

    def change(self) -> Change:
        return QuantityChange(line_id=self.line, quantity=self.quantity)


class NewLineBody(Body):
    """Something more, at a price; its units have to be there."""

    kind: Literal["new_line"]
    sku: Code
    quantity: Annotated[int, Field(ge=1, le=10_000)]
    unit_price: EditPrice
    discount: Annotated[int, Field(ge=0, le=AMOUNT_MAX)] = 0
    tax_rate_ppm: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    delivery: Nth = 0

    def change(self) -> Change:
        line = LineRequest(
            sku=self.sku,
            quantity=self.quantity,
            unit_price=self.unit_price.amount,
            discount=self.discount,
            tax_rate_ppm=self.tax_rate_ppm,
            delivery=self.delivery,
        )
        return NewLine(line=line, currency=self.unit_price.currency)


class AddressBody(Body):
    """Where a delivery goes; for whom it is stays as it was."""

    kind: Literal["address"]
    delivery: Nth = 0
    address: EditAddress

    def change(self) -> Change:
        return AddressChange(delivery=self.delivery, address=self.address.request())


class RecipientBody(Body):
    """For whom a delivery is; without a name it is for the customer."""

    kind: Literal["recipient"]
    delivery: Nth = 0
    name: Name | None = None
    phone: Short | None = None

    def change(self) -> Change:
        return RecipientChange(delivery=self.delivery, name=self.name, phone=self.phone)


class ServiceBody(Body):
    """Another way of getting a delivery, or another location to fetch it from."""

    kind: Literal["service"]
    delivery: Nth = 0
    service: Annotated[Service, Field(strict=False)]
    address: EditAddress | None = None
    location: Code | None = None

    def change(self) -> Change:
        return ServiceChange(
            delivery=self.delivery,
            service=self.service,
            address=self.address.request() if self.address else None,
            location=self.location,
        )


class GiftBody(Body):
    """What is written to whom it is given; without a message it is no gift any more."""

    kind: Literal["gift"]
    message: Note | None = None

    def change(self) -> Change:
        return GiftChange(message=self.message)


class NotesBody(Body):
    kind: Literal["notes"]
    notes: Note | None = None

    def change(self) -> Change:
        return NotesChange(notes=self.notes)


def kind_of(told: Any) -> str | None:
    kind = told.get("kind") if isinstance(told, Mapping) else getattr(told, "kind", None)
    return f"{KIND}{kind}" if isinstance(kind, str) else None


ChangeBody = Annotated[
    Annotated[QuantityBody, Tag(f"{KIND}quantity")]
    | Annotated[NewLineBody, Tag(f"{KIND}new_line")]
    | Annotated[AddressBody, Tag(f"{KIND}address")]
    | Annotated[RecipientBody, Tag(f"{KIND}recipient")]
    | Annotated[ServiceBody, Tag(f"{KIND}service")]
    | Annotated[GiftBody, Tag(f"{KIND}gift")]
    | Annotated[NotesBody, Tag(f"{KIND}notes")],
    Discriminator(kind_of),
]


class EditBody(Body):
    """All of it is done, or nothing."""

    changes: Annotated[list[ChangeBody], Field(min_length=1, max_length=CHANGES_MAX)]
    arrive_by: Instant | None = Field(
        default=None,
        description="Later than promised, up to here, the customer agrees. None: not at all.",
    )


class EditMoney(Shown):
    amount: int
    currency: str


class EditDifference(Shown):
    """What the goods cost before and after, without charges; below zero: less."""

    before: EditMoney
    after: EditMoney
    difference: EditMoney


class EditedLine(Shown):
    """A line of which more or fewer are wanted; in a preview a new one has no id yet."""

    id: LineId | None
    sku: str
    delivery: int
    was: int
    quantity: int


class EditedUnits(Shown):
    sku: str
    quantity: int


class EditedWork(Shown):
    """Work that is touched; in a preview new work has no id yet."""

    id: Annotated[UUID, PublicId("ful")] | None
    location: str
    touch: Touch
    state: FulfillmentState
    delivery: int
    arrives_at: Instant | None
    lines: list[EditedUnits]


class EditedPromise(Shown):
    """Until when a delivery was promised, and until when it is."""

    delivery: int
    was: Instant
    latest: Instant


class EditRefusal(Shown):
    """What is in the way; `pointer` leads into the body."""

    code: str
    pointer: str
    detail: str


class OrderEdited(Shown):
    """What an edit has done; of a preview what it would do, or why it cannot be done."""

    id: OrderId
    number: str
    status: str
    version: int
    preview: bool
    lines: list[EditedLine]
    money: EditDifference
    fulfillments: list[EditedWork]
    promises: list[EditedPromise]
    refusals: list[EditRefusal]

"""Customers: profiles with contact data, for keys that may see it."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import Field

from ovunque.access.model import Scope
from ovunque.api.bodies import Body, Instant, Language, Name, Short, Shown
from ovunque.api.call import Call, Caller, need
from ovunque.api.editing import NOTHING, IfMatch, as_request, create, tagged
from ovunque.api.idempotent import Once
from ovunque.api.identifiers import PublicId
from ovunque.api.paging import Listed, Page, Paging
from ovunque.api.routing import resource
from ovunque.customers import listing, saving
from ovunque.customers.model import Collector, Customer, CustomerRequest
from ovunque.kernel.ids import public_id
from ovunque.kernel.refusal import Fault
from ovunque.platform.database import Tx
from ovunque.platform.http.faults import refusal_of

router = resource("customers")
CUSTOMERS = [need(Scope.CUSTOMERS)]
PREFIX = "cus"

CustomerId = Annotated[UUID, PublicId(PREFIX)]


class SearchBody(Body):
    q: Annotated[str, Field(min_length=1, max_length=100)] = Field(
        description="Any fragment of name, e-mail, phone or external id."
    )


class CustomerBody(Body):
    external_id: Annotated[Name, Field(max_length=100)] | None = None
    email: Annotated[str, Field(min_length=3, max_length=254)] | None = None
    name: Name
    phone: Short | None = None
    language: Language | None = None


class CollectorBody(Body):
    """Who comes for the goods instead of the customer."""

    name: Annotated[Name, Field(max_length=100)]
    phone: Short | None = None


class CollectorShown(Shown):
    name: str
    phone: str | None


class CustomerAnswer(Shown):
    id: CustomerId
    external_id: str | None
    email: str | None
    name: str
    phone: str | None
    language: str | None
    created_at: Instant
    version: int
    erased_at: Instant | None = Field(description="When they were forgotten, if they were.")


@router.get("/customers", dependencies=CUSTOMERS)
def get_customers(call: Caller, page: Paging) -> Listed[CustomerAnswer]:
    """Customers, oldest first."""
    return list_page(call, page, None)


@router.post("/customers/searches", dependencies=CUSTOMERS)
def post_customer_search(body: SearchBody, call: Caller, page: Paging) -> Listed[CustomerAnswer]:
    """Customers by any fragment of what they are called; in a body, since addresses are logged."""
    return list_page(call, page, body.q)


def list_page(call: Call, page: Page, q: str | None) -> Listed[CustomerAnswer]:
    after = page.after_id(PREFIX) or listing.FIRST
    found = call.read(lambda tx: listing.list_customers(tx, after, page.rows_max, q))
    return page.show(found, show, lambda each: public_id(PREFIX, each.id))


@router.get("/customers/{customer_id}", response_model=CustomerAnswer, dependencies=CUSTOMERS)
def get_customer(customer_id: CustomerId, call: Caller) -> Response:
    """One customer."""
    found = call.read(lambda tx: listing.find_customer(tx, customer_id))
    return tagged(show(found), found.version)


@router.post("/customers", status_code=201, response_model=CustomerAnswer, dependencies=CUSTOMERS)
def post_customer(body: CustomerBody, call: Caller, once: Once) -> Response:
    """Make a customer known, by external id or e-mail; one who is known is left as they are."""
    return create(once, lambda tx: show(save(tx, call, body, NOTHING)))


@router.put("/customers/{customer_id}", response_model=CustomerAnswer, dependencies=CUSTOMERS)
def put_customer(
    customer_id: CustomerId, body: CustomerBody, call: Caller, seen: IfMatch
) -> Response:
    """Replace a profile: its external id or its e-mail has to be the one that stands."""
    saved = call.transact(lambda tx: replace(tx, call, customer_id, body, seen))
    return tagged(show(saved), saved.version)


def replace(
    tx: Tx, call: Call, customer_id: UUID, body: CustomerBody, seen: int | None
) -> Customer:
    listing.find_customer(tx, customer_id)
    saved = save(tx, call, body, seen)
    if saved.id != customer_id:
        raise refusal_of((Fault("/email", "contradiction", "This names somebody else."),))
    return saved


def save(tx: Tx, call: Call, body: CustomerBody, seen: int | None) -> Customer:
    asked = as_request(CustomerRequest, body)
    return saving.save_customer(
        tx, call.by, asked, call.now, call.services.new_id, expected_version=seen
    )


def show(customer: Customer) -> CustomerAnswer:
    return CustomerAnswer(**asdict(customer))


def collector_of(told: CollectorBody | None) -> Collector | None:
    return None if told is None else Collector(name=told.name, phone=told.phone)


def show_collector(collector: Collector | None) -> CollectorShown | None:
    if collector is None:
        return None
    return CollectorShown(name=collector.name, phone=collector.phone)

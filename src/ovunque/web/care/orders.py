"""Orders at a glance: searched by any fragment, filtered by the address, newest first."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlencode

import fastapi
from pydantic import BaseModel, Field
from starlette.responses import Response

from ovunque.access.model import Role
from ovunque.customers.rules import initials, masked_email
from ovunque.insight.finding import count_endangered, count_unserved, find_orders
from ovunque.insight.model import UNSERVED, FoundOrder, OrderFilter
from ovunque.kernel.ids import parse_public_id, public_id
from ovunque.network.snapshot import NetworkView
from ovunque.orders.model import Order, OrderStatus
from ovunque.promise.model import Outcome, Standing
from ovunque.promise.rules.milestones import worst
from ovunque.web import words
from ovunque.web.screens import OFFICE, Form, screens
from ovunque.web.visiting import Visiting

PAGE_ROWS = 30
TEXT_MAX, HIDDEN_MAX = 200, 1_200
ENDANGERED = (Standing.LATE, Standing.AT_RISK)
TABS = (None, *ENDANGERED, *OrderStatus, UNSERVED)

router = screens(OFFICE)


class Query(BaseModel):
    """What the address of a list may say."""

    q: str = Field(default="", max_length=HIDDEN_MAX)
    status: str = ""
    channel: str = ""
    location: str = ""
    before: str = ""


class FilterForm(Form):
    q: str = Field(default="", max_length=TEXT_MAX)
    status: str = Field(default="", max_length=64)
    channel: str = Field(default="", max_length=64)
    location: str = Field(default="", max_length=64)


@router.post("/orders")
def post_filter(visit: Visiting, form: Annotated[FilterForm, fastapi.Form()]) -> Response:
    """What is sought comes in a form, and goes on hidden: it may be somebody's name."""
    asked = form.model_dump(exclude={"form_key"})
    return visit.go(address(asked | {"q": visit.house.veil.hide(form.q.strip())}))


@router.get("/orders")
def get_orders(visit: Visiting, query: Annotated[Query, fastapi.Query()]) -> Response:
    """The list; what it shows stands in its address, so that it can be sent to a colleague."""
    sought = visit.house.veil.reveal(query.q).strip()[:TEXT_MAX]
    asked = query.model_dump(exclude={"before"}) | {"q": sought}
    there = asked | {"q": visit.house.veil.hide(sought)}
    network = visit.house.snapshot().network
    wanted = filter_of(asked, network)
    behind = parse_public_id("ord", query.before) if query.before else None
    found = visit.read(lambda tx: find_orders(tx, wanted, behind, PAGE_ROWS + 1))
    shown = found[:PAGE_ROWS]
    return visit.page(
        "care/orders.html",
        asked=asked["q"],
        filters=asked,
        tabs=[(each, address(there | {"status": each or ""})) for each in TABS],
        rows=[Row(each, network, by_name=visit.person.role == Role.CARE) for each in shown],
        older=next_page(there, shown[-1].order) if len(found) > PAGE_ROWS else None,
        newest=address(there) if query.before else None,
        unserved=visit.read(count_unserved),
        endangered=visit.read(count_endangered),
        channels=sorted(network.channels),
        locations=sorted(network.by_code.values(), key=lambda each: each.name),
        is_narrowed=any(asked.values()),
    )


def filter_of(asked: Mapping[str, str], network: NetworkView) -> OrderFilter:
    """What the address asks for; a filter that we do not know is left out, and not selected."""
    status = asked["status"]
    channel = network.channels.get(asked["channel"])
    location = network.by_code.get(asked["location"])
    return OrderFilter(
        q=asked["q"] or None,
        status=OrderStatus(status) if status in set(OrderStatus) else None,
        unserved=status == UNSERVED,
        standing=Standing(status) if status in ENDANGERED else None,
        channel_id=channel.channel.id if channel else None,
        location_id=location.id if location else None,
    )


def address(asked: Mapping[str, str]) -> str:
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"/orders?{query}" if query else "/orders"


def next_page(asked: Mapping[str, str], last: Order) -> str:
    return address({**asked, "before": public_id("ord", last.id)})


class Row:
    """One order in a list."""

    def __init__(self, found: FoundOrder, network: NetworkView, *, by_name: bool) -> None:
        self.order = found.order
        self.name = found.customer_name if by_name else initials(found.customer_name)
        self.email = masked_email(found.customer_email) if by_name else None
        self.word = words.ORDER[found.order.status]
        self.badges = badges_of(found.order)
        self.units = sum(line.ordered for line in found.order.lines)
        self.total = total_of(found.order)
        self.services = [
            words.SERVICE[each]
            for each in dict.fromkeys(delivery.service for delivery in found.order.deliveries)
        ]
        live = (work.location_id for work in found.order.fulfillments if work.is_live)
        positions = (network.position_of.get(each) for each in dict.fromkeys(live))
        self.places = [network.locations[at] for at in positions if at is not None]


def total_of(order: Order) -> int:
    """What the customer was asked to pay, in minor units."""
    return order.value_cents + sum(charge.amount for charge in order.charges)


def badges_of(order: Order) -> list[words.Word]:
    """What stands beside a status: not where an order is, but what is wrong with it."""
    wrong = []
    stands = standing_of(order)
    if stands in words.BADGE:
        wrong.append(words.BADGE[stands])
    if order.holds:
        wrong.append(words.BADGE["held"])
    if any(line.unplaced for line in order.lines):
        wrong.append(words.BADGE["unplaced"])
    if any(line.backordered for line in order.lines):
        wrong.append(words.BADGE["backordered"])
    return wrong


def standing_of(order: Order) -> Standing:
    """How what was promised stands; what is there in time is on track."""
    return worst(
        [
            Standing.LATE if each.outcome == Outcome.LATE else each.standing
            for each in order.promises
        ]
    )

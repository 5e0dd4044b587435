"""What sources tell: who was heard, and what waits for a person because it changes too much."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

import fastapi
from pydantic import BaseModel, Field
from starlette.responses import Response

from ovunque.access.model import Role
from ovunque.catalog.listing import find_items
from ovunque.catalog.model import Item
from ovunque.fulfillment.listing import list_picked_units
from ovunque.kernel.ids import parse_public_id, public_id
from ovunque.kernel.refusal import Refusal
from ovunque.network.model import Location
from ovunque.network.snapshot import NetworkView
from ovunque.stock import deciding, describing, rules, undoing
from ovunque.stock.model import Key, Movement
from ovunque.stock.model.feeding import Difference, Feed, FeedState, Weight, Without
from ovunque.web import words
from ovunque.web.screens import OFFICE, Form, only, screens
from ovunque.web.visiting import Visit, Visiting

PAGE_ROWS = 30
SOURCES_MAX = 200
DIFFERENCES = 100
ANY = "any"
TABS = (
    FeedState.HELD.value,
    FeedState.APPLIED.value,
    FeedState.REJECTED.value,
    FeedState.UNDONE.value,
    ANY,
)

router = screens(OFFICE)
DECIDERS = [only(frozenset({Role.MERCHANDISER}))]


class Query(BaseModel):
    """What the address of the list may say."""

    state: str = Field(default=FeedState.HELD.value, max_length=20)
    source: str = Field(default="", max_length=64)
    before: str = Field(default="", max_length=64)


class Page(BaseModel):
    """Behind which level the differences go on."""

    sku: str = Field(default="", max_length=64)
    at: str = Field(default="", max_length=64)
    nth: int = Field(default=0, ge=0, le=2_000_000_000)  # Or from which movement on.


@router.get("/feeds")
def get_feeds(visit: Visiting, query: Annotated[Query, fastapi.Query()]) -> Response:
    """What waits for a person, or what was decided, of one source or all; beside it the sources."""
    behind = parse_public_id("fee", query.before) if query.before else None
    state = query.state if query.state in set(FeedState) else None
    found = visit.read(
        lambda tx: deciding.list_feeds(
            tx, state=state, source=query.source or None, before=behind, limit=PAGE_ROWS + 1
        )
    )
    last = public_id("fee", found[PAGE_ROWS - 1].id) if len(found) > PAGE_ROWS else None
    return visit.page(
        "rules/feeds.html",
        asked="",
        state=state or ANY,
        source=query.source,
        tabs=[(each, address_of(each, query.source)) for each in TABS],
        rows=[Row(each, visit) for each in found[:PAGE_ROWS]],
        older=address_of(state or ANY, query.source, last) if last else None,
        sources=visit.read(lambda tx: describing.list_sources(tx, "", SOURCES_MAX)),
        may_describe=visit.person.role == Role.MERCHANDISER,
    )


def address_of(state: str, source: str, before: str = "") -> str:
    asked = {"state": state, "source": source, "before": before}
    return f"/feeds?{urlencode({name: value for name, value in asked.items() if value})}"


@router.get("/feeds/{feed_id}")
def get_feed(visit: Visiting, feed_id: str, page: Annotated[Page, fastapi.Query()]) -> Response:
    """One feed: what it would change, level by level, page by page."""
    place = visit.house.snapshot().network.by_code.get(page.at)
    after = Key(page.sku, place.id) if page.sku and place else None
    return show(visit, parse_public_id("fee", feed_id), after=after, nth=page.nth)


@router.post("/feeds/{feed_id}/acceptance", dependencies=DECIDERS)
def post_acceptance(visit: Visiting, feed_id: str, _: Annotated[Form, fastapi.Form()]) -> Response:
    """It is true after all."""
    feed = parse_public_id("fee", feed_id)
    try:
        visit.transact(
            lambda tx: deciding.accept_feed(tx, visit.by, feed, visit.now, list_picked_units)
        )
    except Refusal as refusal:
        return show(visit, feed, refusal)
    return visit.go(f"/feeds/{feed_id}")


@router.post("/feeds/{feed_id}/rejection", dependencies=DECIDERS)
def post_rejection(visit: Visiting, feed_id: str, _: Annotated[Form, fastapi.Form()]) -> Response:
    """It is wrong: nothing of it is applied."""
    feed = parse_public_id("fee", feed_id)
    try:
        visit.transact(lambda tx: deciding.reject_feed(tx, visit.by, feed, visit.now))
    except Refusal as refusal:
        return show(visit, feed, refusal)
    return visit.go(f"/feeds/{feed_id}")


@router.post("/feeds/{feed_id}/undo", dependencies=DECIDERS)
def post_undo(visit: Visiting, feed_id: str, _: Annotated[Form, fastapi.Form()]) -> Response:
    """It should not have been accepted: its levels are as they would be without it."""
    feed = parse_public_id("fee", feed_id)
    try:
        visit.transact(lambda tx: undoing.undo_feed(tx, visit.by, feed, visit.now))
    except Refusal as refusal:
        return show(visit, feed, refusal)
    return visit.go(f"/feeds/{feed_id}")


def show(
    visit: Visit,
    feed_id: UUID,
    refusal: Refusal | None = None,
    after: Key | None = None,
    nth: int = 0,
) -> Response:
    feed = visit.read(lambda tx: deciding.find_feed(tx, feed_id))
    found = visit.read(lambda tx: deciding.list_differences(tx, feed_id, after, DIFFERENCES + 1))
    shown = found[:DIFFERENCES]
    moved = visit.read(lambda tx: deciding.list_movements(tx, feed_id, nth, DIFFERENCES + 1))
    past = visit.read(lambda tx: undoing.list_without(tx, feed, after, DIFFERENCES + 1))
    named = {each.key.sku for each in shown} | {each.key.sku for each in past}
    named |= {each.key.sku for each in moved}
    items = visit.read(lambda tx: find_items(tx, named))
    network = visit.house.snapshot().network
    lines = [Line(each, network, items) for each in shown]
    changes = [Change(each, network, items) for each in past[:DIFFERENCES]]
    behind = [each.after for each in (lines or changes)[-1:]]
    is_more = len(found) > DIFFERENCES or len(past) > DIFFERENCES
    decides = visit.person.role == Role.MERCHANDISER
    return visit.page(
        "rules/feed.html",
        status=200 if refusal is None else 409,
        asked="",
        refusal=visit.explain(refusal) if refusal else None,
        row=Row(feed, visit),
        differences=lines,
        movements=[Booking(each, network, items) for each in moved[:DIFFERENCES]],
        further=nth + DIFFERENCES if len(moved) > DIFFERENCES else None,
        currency=visit.currency,
        changes=changes,
        more=behind[0] if is_more else None,
        is_first=after is None and not nth,
        is_moving=feed.state in (FeedState.ACCEPTED, FeedState.UNDOING),
        may_decide=decides and feed.state == FeedState.HELD,
        may_undo=decides and feed.state == FeedState.APPLIED and bool(changes),
    )


class Row:
    """A feed in a list, with the places that it would change most."""

    def __init__(self, feed: Feed, visit: Visit) -> None:
        self.feed = feed
        self.id = public_id("fee", feed.id)
        self.state = words.FEED_STATE[feed.state]
        self.kind = words.FEED_KIND[feed.kind]
        self.why = words.FEED_REASON[feed.why]
        network = visit.house.snapshot().network
        heavy = sorted(feed.weights, key=lambda each: -each.moved)
        self.weights = [(name_of(each, network), each) for each in heavy]


class Line:
    """A level as it is and as the feed says."""

    def __init__(
        self, difference: Difference, network: NetworkView, items: Mapping[str, Item]
    ) -> None:
        self.told = difference
        self.item = items.get(difference.key.sku)
        self.place = place_of(difference.key, network)
        self.after = urlencode({"sku": difference.key.sku, "at": self.place.code})


class Change:
    """A level that a feed changed, and how it would be without it."""

    def __init__(self, told: Without, network: NetworkView, items: Mapping[str, Item]) -> None:
        self.told = told
        self.item = items.get(told.key.sku)
        self.place = place_of(told.key, network)
        self.note = words.WITHOUT.get(told.outcome)
        self.asides = [(words.ASIDE[reason], units) for reason, units in told.asides.items()]
        self.task = words.WITHOUT_TASK[told.task] if told.task else None
        self.after = urlencode({"sku": told.key.sku, "at": self.place.code})


class Booking:
    """A movement that waits, with the sign that it would be booked with."""

    def __init__(self, movement: Movement, network: NetworkView, items: Mapping[str, Item]) -> None:
        self.told = movement
        self.units = rules.signed(movement)
        self.kind = words.MOVEMENT[movement.kind]
        self.item = items.get(movement.key.sku)
        self.place = place_of(movement.key, network)


def name_of(weight: Weight, network: NetworkView) -> str:
    return network.locations[network.position_of[weight.location_id]].name


def place_of(key: Key, network: NetworkView) -> Location:
    return network.locations[network.position_of[key.location_id]]

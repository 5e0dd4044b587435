"""What sources tell: who was heard, and what waits for a person because it changes too much."""

from typing import Annotated
from uuid import UUID

import fastapi
from starlette.responses import Response

from ovunque.access.model import Role
from ovunque.fulfillment.listing import list_picked_units
from ovunque.kernel.ids import parse_public_id, public_id
from ovunque.kernel.refusal import Refusal
from ovunque.network.snapshot import NetworkView
from ovunque.stock import deciding, describing
from ovunque.stock.model import Key
from ovunque.stock.model.feeding import Difference, Feed, FeedState, Weight
from ovunque.web import words
from ovunque.web.screens import OFFICE, Form, only, screens
from ovunque.web.visiting import Visit, Visiting

PAGE_ROWS = 30
SOURCES_MAX = 200
DIFFERENCES = 100

router = screens(OFFICE)
DECIDERS = [only(frozenset({Role.MERCHANDISER}))]


@router.get("/feeds")
def get_feeds(
    visit: Visiting, before: Annotated[str, fastapi.Query(max_length=64)] = ""
) -> Response:
    """What waits first, then what was decided; beside it all sources."""
    behind = parse_public_id("fee", before) if before else None
    found = visit.read(
        lambda tx: deciding.list_feeds(
            tx, state=None, source=None, before=behind, limit=PAGE_ROWS + 1
        )
    )
    shown = sorted(found[:PAGE_ROWS], key=lambda each: each.state != FeedState.HELD)
    older = public_id("fee", found[PAGE_ROWS - 1].id) if len(found) > PAGE_ROWS else None
    return visit.page(
        "rules/feeds.html",
        asked="",
        rows=[Row(each, visit) for each in shown],
        older=f"/feeds?before={older}" if older else None,
        sources=visit.read(lambda tx: describing.list_sources(tx, "", SOURCES_MAX)),
    )


@router.get("/feeds/{feed_id}")
def get_feed(visit: Visiting, feed_id: str) -> Response:
    """One feed: what it would change, level by level."""
    return show(visit, parse_public_id("fee", feed_id))


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


def show(visit: Visit, feed_id: UUID, refusal: Refusal | None = None) -> Response:
    feed = visit.read(lambda tx: deciding.find_feed(tx, feed_id))
    found = visit.read(lambda tx: deciding.list_differences(tx, feed_id, None, DIFFERENCES + 1))
    return visit.page(
        "rules/feed.html",
        status=200 if refusal is None else 409,
        asked="",
        refusal=visit.explain(refusal) if refusal else None,
        row=Row(feed, visit),
        differences=[Line(each, visit.house.snapshot().network) for each in found[:DIFFERENCES]],
        has_more=len(found) > DIFFERENCES,
        may_decide=visit.person.role == Role.MERCHANDISER and feed.state == FeedState.HELD,
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

    def __init__(self, difference: Difference, network: NetworkView) -> None:
        self.told = difference
        self.place = place_of(difference.key, network)


def name_of(weight: Weight, network: NetworkView) -> str:
    return network.locations[network.position_of[weight.location_id]].name


def place_of(key: Key, network: NetworkView) -> str:
    return network.locations[network.position_of[key.location_id]].name

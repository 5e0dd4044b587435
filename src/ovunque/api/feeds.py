"""Feeds that wait for a person: what they would change, and what becomes of them."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field

from ovunque.access.model import Scope
from ovunque.api.bodies import Body, Instant, Shown
from ovunque.api.call import Call, Caller, need
from ovunque.api.idempotent import Once
from ovunque.api.identifiers import Code, PublicId
from ovunque.api.paging import Listed, Paging
from ovunque.api.routing import resource
from ovunque.api.stock import parse_key, write_key
from ovunque.api.stock_sources import Missing, show_missing
from ovunque.fulfillment.listing import list_picked_units
from ovunque.kernel.ids import public_id
from ovunque.platform.database import Tx
from ovunque.stock import deciding, undoing
from ovunque.stock.describing import list_silent
from ovunque.stock.model import Movement, MovementKind
from ovunque.stock.model.feeding import (
    Difference,
    Feed,
    FeedKind,
    FeedReason,
    FeedState,
    Restored,
    TaskChange,
    Weight,
    Without,
)

FeedId = Annotated[UUID, PublicId("fee")]
READ, STOCK = [need(Scope.READ)], [need(Scope.STOCK)]

router = resource("stock")


class Nothing(Body):
    """No field is needed."""


class WeightShown(Shown):
    """What a feed would change at a location when it came."""

    location: str
    units: int
    moved: int
    moved_percent: int
    levels: int
    zeroed: int
    zeroed_percent: int


class FeedShown(Shown):
    id: FeedId
    source: str
    kind: FeedKind
    why: FeedReason
    state: FeedState
    rows: int
    changed: int
    weights: list[WeightShown]
    value_cents: int | None
    received_at: Instant
    received_by: str
    decided_at: Instant | None
    decided_by: str | None
    ended_at: Instant | None
    undone_at: Instant | None
    undone_by: str | None


class Wanted(Shown):
    """A source that is asked for a full count: movements of it are missing."""

    source: str
    missing: list[Missing]


class Feeds(Listed[FeedShown]):
    """Held feeds, newest first, and the sources that are asked for a full count."""

    wanted: list[Wanted]


class DifferenceShown(Shown):
    """A level as it is, and as the feed says it was."""

    location: str
    sku: str
    on_hand: int
    told: int
    as_of: Instant


class MovementShown(Shown):
    """A movement that waits for a person, or has waited, as its source told it."""

    id: str
    location: str
    sku: str
    kind: MovementKind
    quantity: int
    occurred_at: Instant
    sequence: int | None
    reason: str | None
    reference: str | None


class WithoutShown(Shown):
    """A level as it is, and as it would be had the feed never come."""

    location: str
    sku: str
    on_hand: int
    without: int
    outcome: Restored = Field(
        description="pending, newer: what an undo would do or leave; undone, left: what it did."
    )
    asides: dict[str, int] = Field(
        description="Units that an undo would take out of sale again, by reason."
    )
    task: TaskChange | None = Field(
        description="What an undo would do about its count task that the feed raised or ended."
    )


@router.get("/feeds", dependencies=READ)
def get_feeds(
    call: Caller,
    page: Paging,
    state: Annotated[FeedState | None, Query()] = None,
    source: Annotated[Code | None, Query()] = None,
) -> Feeds:
    """Feeds that were held, newest first, and who is asked for a full count."""
    found = call.read(
        lambda tx: deciding.list_feeds(
            tx, state=state, source=source, before=page.after_id("fee"), limit=page.rows_max
        )
    )
    listed = page.show(found, lambda each: show(each, call), lambda each: public_id("fee", each.id))
    wanted = [
        Wanted(source=each.source.code, missing=show_missing(each))
        for each in call.read(list_silent)
    ]
    return Feeds(data=listed.data, next_cursor=listed.next_cursor, wanted=wanted)


@router.get("/feeds/{feed_id}", dependencies=READ)
def get_feed(feed_id: FeedId, call: Caller) -> FeedShown:
    """One feed, and how far it is applied."""
    return show(call.read(lambda tx: deciding.find_feed(tx, feed_id)), call)


@router.get("/feeds/{feed_id}/differences", dependencies=READ)
def get_feed_differences(feed_id: FeedId, call: Caller, page: Paging) -> Listed[DifferenceShown]:
    """Where a held feed tells other numbers than we have now."""
    after = parse_key(page.after) if page.after else None
    found = call.read(lambda tx: deciding.list_differences(tx, feed_id, after, page.rows_max))
    return page.show(
        found, lambda each: show_difference(each, call), lambda each: write_key(each.key)
    )


@router.get("/feeds/{feed_id}/movements", dependencies=READ)
def get_feed_movements(feed_id: FeedId, call: Caller, page: Paging) -> Listed[MovementShown]:
    """What a feed of movements tells, in the order in which it was told."""
    first = page.after_number()
    found = call.read(lambda tx: deciding.list_movements(tx, feed_id, first, page.rows_max))
    return page.show(
        [*enumerate(found, first)],
        lambda each: show_movement(each[1], call),
        lambda each: str(each[0] + 1),
    )


@router.post(
    "/feeds/{feed_id}/acceptance", status_code=201, response_model=FeedShown, dependencies=STOCK
)
def post_feed_acceptance(feed_id: FeedId, _: Nothing, call: Caller, once: Once) -> Response:
    """Say that a held feed is true: it is applied, a large one by the worker."""
    return once.run(
        lambda tx: show(
            deciding.accept_feed(tx, call.by, feed_id, call.now, list_picked_units), call
        )
    )


@router.post(
    "/feeds/{feed_id}/rejection", status_code=201, response_model=FeedShown, dependencies=STOCK
)
def post_feed_rejection(feed_id: FeedId, _: Nothing, call: Caller, once: Once) -> Response:
    """Say that a held feed is wrong: nothing of it is applied."""
    return once.run(lambda tx: show(deciding.reject_feed(tx, call.by, feed_id, call.now), call))


@router.get("/feeds/{feed_id}/undo", dependencies=READ)
def get_feed_undo(feed_id: FeedId, call: Caller, page: Paging) -> Listed[WithoutShown]:
    """What an accepted feed changed, and how it would be without it; nothing is written."""
    after = parse_key(page.after) if page.after else None

    def read(tx: Tx) -> tuple[Without, ...]:
        return undoing.list_without(tx, deciding.find_feed(tx, feed_id), after, page.rows_max)

    return page.show(
        call.read(read), lambda each: show_without(each, call), lambda each: write_key(each.key)
    )


@router.post("/feeds/{feed_id}/undo", status_code=201, response_model=FeedShown, dependencies=STOCK)
def post_feed_undo(feed_id: FeedId, _: Nothing, call: Caller, once: Once) -> Response:
    """Take an accepted feed back: levels with newer news are left, a large one by the worker."""
    return once.run(lambda tx: show(undoing.undo_feed(tx, call.by, feed_id, call.now), call))


def show_without(each: Without, call: Call) -> WithoutShown:
    return WithoutShown(
        location=code_of(call, each.key.location_id),
        sku=each.key.sku,
        on_hand=each.on_hand,
        without=each.without,
        outcome=each.outcome,
        asides=dict(each.asides),
        task=each.task,
    )


def show(feed: Feed, call: Call) -> FeedShown:
    return FeedShown(
        id=feed.id,
        source=feed.source,
        kind=feed.kind,
        why=feed.why,
        state=feed.state,
        rows=feed.rows,
        changed=feed.changed,
        weights=[show_weight(each, call) for each in feed.weights],
        value_cents=feed.value_cents,
        received_at=feed.received_at,
        received_by=feed.received_by,
        decided_at=feed.decided_at,
        decided_by=feed.decided_by,
        ended_at=feed.ended_at,
        undone_at=feed.undone_at,
        undone_by=feed.undone_by,
    )


def show_weight(weight: Weight, call: Call) -> WeightShown:
    return WeightShown(
        location=code_of(call, weight.location_id),
        units=weight.units,
        moved=weight.moved,
        moved_percent=weight.moved_percent,
        levels=weight.levels,
        zeroed=weight.zeroed,
        zeroed_percent=weight.zeroed_percent,
    )


def show_movement(each: Movement, call: Call) -> MovementShown:
    return MovementShown(
        id=each.id,
        location=code_of(call, each.key.location_id),
        sku=each.key.sku,
        kind=each.kind,
        quantity=each.quantity,
        occurred_at=each.occurred_at,
        sequence=each.sequence,
        reason=each.reason,
        reference=each.reference,
    )


def show_difference(each: Difference, call: Call) -> DifferenceShown:
    return DifferenceShown(
        location=code_of(call, each.key.location_id),
        sku=each.key.sku,
        on_hand=each.on_hand,
        told=each.told,
        as_of=each.as_of,
    )


def code_of(call: Call, location_id: UUID) -> str:
    network = call.services.snapshot().network
    return network.locations[network.position_of[location_id]].code

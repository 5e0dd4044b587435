"""Whom to ask for planned work: as the strategy of its order says, the likeliest bargain first.

The places are those that the order's own rules would choose one after the other, had those before
them nothing. Within a step of the strategy they are asked in the order of what asking costs in the
mean; where a step looks for the earliest or the least grams, that counts before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.delivery.rules.diary import NEVER
from ovunque.delivery.rules.instants import instant_of, minutes_of
from ovunque.fulfillment.model import Fulfillment
from ovunque.fulfillment.model.asking import Bid, Way, way_of
from ovunque.fulfillment.offering import OfferRequest, list_planned, open_offers
from ovunque.fulfillment.rules import ANSWERING
from ovunque.kernel.ids import NewId
from ovunque.orders import replanning, rules
from ovunque.orders.listing import list_by_id
from ovunque.orders.replanning import Waiting, World
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.promise.keeping import look_again
from ovunque.sourcing.model import Deviation, Shipment
from ovunque.sourcing.model.ruling import Measure, OfferMode, Offers, Version
from ovunque.sourcing.planning import Wish, plan, rules_for
from ovunque.sourcing.rules.asking import Odds, index_of
from ovunque.sourcing.snapshot import Snapshot

NO_RULE = 1_000  # What no step serves comes after what one does.


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeRequest:
    """Orders whose planned work is to be offered, and what is known of the world."""

    order_ids: Sequence[UUID]
    snapshot: Snapshot
    new_id: NewId


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A place that the rules would choose, and by which of their steps."""

    way: Way
    step: int


def propose_work(tx: Tx, by: Actor, request: ProposeRequest, now: datetime) -> int:
    """Offer what is planned and due to whom the strategies say; returns how much work that was."""
    journal.lock(tx, request.order_ids)
    snapshot = request.snapshot
    bids: dict[UUID, Sequence[Bid]] = {}
    if snapshot.steering.asks:
        bids = whom_to_ask(tx, request, now)
    asked = OfferRequest(
        order_ids=request.order_ids,
        network=snapshot.network,
        new_id=request.new_id,
        bids=bids,
        answer_by=lambda at, within: answer_by(snapshot, at, within, now),
    )
    done = open_offers(tx, by, asked, now)
    if bids:
        look_again(tx, request.order_ids)  # Work may go to another place than it was planned at.
    return done


def whom_to_ask(tx: Tx, request: ProposeRequest, now: datetime) -> dict[UUID, Sequence[Bid]]:
    """By fulfillment, the places to ask; of what falls under no such strategy nothing."""
    planned = list_planned(tx, request.order_ids, now)
    orders = {each.id: each for each in list_by_id(tx, sorted({w.order_id for w in planned}))}
    snapshot = request.snapshot
    waiting = [
        (
            work,
            Waiting(
                order=orders[work.order_id],
                works=(work,),
                wants=rules.wants(orders[work.order_id], (work,)),
            ),
        )
        for work in planned
        if work.location_id in snapshot.network.position_of and not work.by_hand
    ]
    world = replanning.world_of(tx, snapshot, [each for _, each in waiting], now)
    bids = {}
    for work, each in waiting:
        found = _bids(work, each, world, now)
        if found:
            bids[work.id] = found
    return bids


def _bids(work: Fulfillment, waiting: Waiting, world: World, now: datetime) -> Sequence[Bid]:
    snapshot = world.snapshot
    wish = replace(replanning.wish_of(waiting, world, now), whole=True)
    version = rules_for(snapshot, wish, wish.needs[0])
    offers = version.strategy.offers if version else None
    if version is None or offers is None:
        return ()
    if offers.mode == OfferMode.AUTO_CLAIM:
        return (Bid(way=way_of(work), accept_by=None),)
    choices = _choices(work, world, wish, offers.among)
    ranked = rank(choices, version, offers, world, now)
    chosen = ranked if offers.mode == OfferMode.COMPETE else ranked[:1]
    within = timedelta(minutes=offers.minutes)
    return [
        Bid(way=each.way, accept_by=answer_by(snapshot, each.way.location_id, within, now))
        for each in chosen
    ]


def _choices(work: Fulfillment, world: World, wish: Wish, count: int) -> list[Choice]:
    """The places that have all of it, in the order in which the rules would choose them.

    The work's own place is among them: its units lie there for it.
    """
    positions = world.snapshot.network.position_of
    mine = [(line.sku, positions[work.location_id], line.quantity) for line in work.lines]
    shelf = world.shelf.with_units(mine)
    found: dict[UUID, Choice] = {}
    while len(found) < count:
        plans = plan(world.snapshot, shelf, replace(wish, excluded=wish.excluded | found.keys()))
        if plans is None or len(plans[0].shipments) != 1 or plans[0].deviation == Deviation.LATE:
            break
        applied = plans[0].record.applied
        shipment = plans[0].shipments[0]
        step = applied.step if applied is not None and applied.step else NO_RULE
        found[shipment.location_id] = Choice(way=_way(shipment), step=step)
    if work.location_id not in found:
        last = max((each.step for each in found.values()), default=NO_RULE)
        found[work.location_id] = Choice(way=way_of(work), step=last)
    return list(found.values())


def _way(shipment: Shipment) -> Way:
    return Way(
        location_id=shipment.location_id,
        carrier_service_id=shipment.carrier_service_id,
        arrives_at=shipment.arrives_at,
        cost_cents=shipment.cost_cents,
        emissions_g=shipment.emissions_g,
    )


def rank(
    choices: Sequence[Choice], version: Version, offers: Offers, world: World, now: datetime
) -> list[Choice]:
    """The same, by whom to ask first."""
    leads: Mapping[int, Measure | None] = {
        each.nth: each.pursuit.goals[0].by if each.pursuit.goals else None
        for each in world.snapshot.steering.sieves(version)
    }
    round_cents = offers.minutes * offers.hour // 60

    def place(choice: Choice) -> tuple[int, float, int]:
        way, lead = choice.way, leads.get(choice.step)
        first = 0.0
        if lead == Measure.TIME and way.arrives_at is not None:
            first = way.arrives_at.timestamp()
        elif lead == Measure.EMISSIONS:
            first = float(way.emissions_g or 0)
        odds = Odds(cost_cents=way.cost_cents or 0, chance_ppm=chance_of(world.snapshot, way, now))
        return choice.step, first, index_of(odds, round_cents)

    return sorted(choices, key=place)


def chance_of(snapshot: Snapshot, way: Way, now: datetime) -> int:
    """How likely a place takes it now; who does not answer takes what it is told."""
    network = snapshot.network
    location = network.locations[network.position_of[way.location_id]]
    if location.kind not in ANSWERING:
        return 1_000_000
    zone = snapshot.lanes.origin(way.location_id).diary.zone
    return snapshot.chances.at(way.location_id, now.astimezone(zone))


def answer_by(
    snapshot: Snapshot, location_id: UUID, within: timedelta, now: datetime
) -> datetime | None:
    """When so much of a place's opening time is over; None: it has its work at once."""
    network = snapshot.network
    if network.locations[network.position_of[location_id]].kind not in ANSWERING:
        return None
    diary = snapshot.lanes.origin(location_id).diary
    if not diary.tells_hours:
        return now + within
    start, minutes = minutes_of(now), int(within.total_seconds()) // 60
    due = diary.after(start, minutes)
    if due in (NEVER, start + minutes):
        return now + within
    return instant_of(due)

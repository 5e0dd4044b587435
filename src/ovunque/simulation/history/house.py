"""The house while its past is computed: orders, work, parcels, and who works where."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random
from uuid import UUID

from ovunque.customers.model import Contact, CustomerRequest
from ovunque.fulfillment.model import (
    Fulfillment,
    Manifest,
    Offer,
    OfferState,
    Parcel,
    Step,
    Word,
)
from ovunque.fulfillment.ports import Label
from ovunque.network.model import Location
from ovunque.orders import rules as order_rules
from ovunque.orders.model import Order
from ovunque.promise.model import PriceBook
from ovunque.simulation.history.chronicle import Chronicle
from ovunque.simulation.history.habits import Script
from ovunque.simulation.history.ledger import Ledger
from ovunque.simulation.names import GIVEN_NAMES
from ovunque.sourcing.model import Candidates
from ovunque.sourcing.planning import Shelf
from ovunque.sourcing.snapshot import Snapshot

LIBRARY = {"AT": "de", "CH": "de", "DE": "de", "ES": "es", "FR": "fr", "BE": "fr", "LU": "fr"}


@dataclass(slots=True, kw_only=True)
class House:
    """All that stands at the present moment of the past, and what will be written of it."""

    snapshot: Snapshot
    prices: PriceBook
    ledger: Ledger
    chronicle: Chronicle
    company_prefix: str
    number: Callable[[], str]  # The next order's.
    serial: Callable[[], int]  # The next parcel's.
    prepare: Callable[[UUID], None]  # Work that was taken is begun.
    staff: dict[UUID, str]  # Who works at each location.
    scripts: dict[str, Script] = field(default_factory=dict)  # By the external id of an order.
    eager: dict[UUID, float] = field(default_factory=dict)  # Percent of rejections, if unusual.
    orders: dict[UUID, Order] = field(default_factory=dict)
    people: dict[UUID, CustomerRequest] = field(default_factory=dict)
    contacts: dict[UUID, Contact] = field(default_factory=dict)
    decisions: list[dict[str, object]] = field(default_factory=list)
    decided: dict[UUID, int] = field(default_factory=lambda: defaultdict(int))
    candidates: dict[str, Candidates] = field(default_factory=dict)
    works: dict[UUID, Fulfillment] = field(default_factory=dict)
    works_of: dict[UUID, list[UUID]] = field(default_factory=lambda: defaultdict(list))
    offers: dict[UUID, Offer] = field(default_factory=dict)
    offers_of: dict[UUID, list[UUID]] = field(default_factory=lambda: defaultdict(list))
    parcels: dict[UUID, Parcel] = field(default_factory=dict)
    labels: dict[UUID, Label] = field(default_factory=dict)
    waiting: dict[tuple[UUID, str], list[UUID]] = field(default_factory=lambda: defaultdict(list))
    manifests: list[Manifest] = field(default_factory=list)
    words: list[tuple[str, UUID, Word, datetime]] = field(default_factory=list)
    refused: int = 0
    saved_g: int = 0  # By the choice that a story tells of.

    @property
    def now(self) -> datetime:
        return self.chronicle.now

    @property
    def rng(self) -> Random:
        return self.chronicle.rng

    def shelf(self) -> Shelf:
        """The stock as it stands, for one planner."""
        return Shelf(self.ledger.free_of)

    def place(self, location_id: UUID) -> Location:
        network = self.snapshot.network
        return network.locations[network.position_of[location_id]]

    def script_of(self, order_id: UUID) -> Script | None:
        """What is to become of an order that has a story to tell."""
        return self.scripts.get(self.orders[order_id].external_id or "")

    def channel_of(self, order: Order) -> str:
        """Who acts for a customer: the program of their channel."""
        return self.snapshot.network.channel_of[order.channel_id].channel.code

    def order(self, order_id: UUID) -> Order:
        """An order as it stands, with its work and its offers."""
        works = tuple(
            replace(
                self.works[id_],
                offers=tuple(self.offers[each] for each in self.offers_of[id_]),
                parcels=(),
            )
            for id_ in self.works_of[order_id]
        )
        order = self.orders[order_id]
        return replace(order, fulfillments=works, lines=order_rules.with_work(order.lines, works))

    def add_work(self, work: Fulfillment) -> None:
        self.works[work.id] = work
        self.works_of[work.order_id].append(work.id)

    def add_offer(self, offer: Offer) -> None:
        self.offers[offer.id] = offer
        self.offers_of[offer.fulfillment_id].append(offer.id)

    def open_offer(self, work_id: UUID) -> Offer | None:
        found = (self.offers[id_] for id_ in self.offers_of[work_id])
        return next((offer for offer in found if offer.state == OfferState.OPEN), None)

    def close_offer(self, offer: Offer, state: OfferState, by: str, reason: str | None) -> None:
        self.offers[offer.id] = replace(
            offer, state=state, closed_at=self.now, closed_by=by, reason=reason
        )

    def step_on(self, step: Step) -> Fulfillment:
        """As `fulfillment.holding.step_on`: the work where its step has brought it."""
        work = self.works[step.fulfillment_id]
        if step.before != step.after:
            waits = step.after in ("rejected", "withdrawn")
            work = replace(
                work,
                state=step.after,
                changed_at=self.now,
                resource_at=self.now if waits else None,
            )
            self.works[work.id] = work
        return work


def hire(snapshot: Snapshot, rng: Random) -> dict[UUID, str]:
    """Somebody at each location, as the journal names them."""
    return {
        each.id: rng.choice(GIVEN_NAMES[LIBRARY.get(each.country, "it")]).lower()
        for each in snapshot.network.locations
    }

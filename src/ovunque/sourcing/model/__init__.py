"""What is wanted, what could serve it, and the plan that does."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from ovunque.delivery.rules.footprint import Footprint
from ovunque.kernel.freezing import frozen
from ovunque.network.model import Objective

Ints = NDArray[np.int64]

RANKINGS_MAX = 8  # Remembered for one set of columns: most parcels are light and of few units.
BIG = 1 << 50  # Impossible, in cents. Never scaled; few of them add up: nothing overflows.


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Columns:
    """Possible parcels: a location with a carrier service, or with none at a counter.

    Sorted by (arrival, location code, carrier, service): ties fall the same way on every
    machine, and what arrives by a deadline stands first. Money in cents, weight in grams,
    minutes since the epoch.
    """

    location: Ints  # [C] position; two columns of one location share its stock
    arrives: Ints  # [C]
    pick_cents: Ints  # [C] for each unit
    edges: tuple[int, ...]  # [B] upper bounds of the weight bands in grams, ascending
    edges_g: Ints  # The same.
    parcel_cents: Ints  # [B + 1, C] tariff and handling; BIG where a weight is not carried
    number: Ints  # [C] 0, 1, 2 …
    two_parcels_cents: int  # Whatever is in them, two parcels from two places cost that much.
    _rankings: dict[tuple[int, int], Ints] = field(default_factory=dict)
    _least: dict[str, Ints] = field(default_factory=dict)

    def ranking(self, weight_g: int, units: int) -> Ints:
        """Columns by what they ask for a parcel; of equal ones the first. Remembered, if few."""
        band = bisect_left(self.edges, weight_g)
        known = self._rankings.get((band, units))
        if known is None:
            cents = self.parcel_cents[band] + self.pick_cents * units
            known = cents.argsort(kind="stable")
            if len(self._rankings) < RANKINGS_MAX:
                self._rankings[band, units] = known
        return known

    def cents(self, column: int, weight_g: int, units: int) -> int:
        """What a column asks for such a parcel; BIG or more if it is too heavy."""
        band = bisect_left(self.edges, weight_g)
        return self.parcel_cents.item(band, column) + self.pick_cents.item(column) * units

    def cents_of_all(self, weight_g: int, units: int) -> Ints:
        """[C] what each asks for such a parcel; BIG or more where it is too heavy."""
        cents: Ints = self.parcel_cents[bisect_left(self.edges, weight_g)]
        return cents + self.pick_cents * units

    @property
    def least_cents(self) -> Ints:
        """[C] what a parcel costs at least, whatever is in it."""
        return self._remembered("cents", lambda: self.parcel_cents.min(axis=0, initial=BIG))

    @property
    def least_parcel_cents(self) -> int:
        """What the cheapest parcel costs, whatever is in it."""
        return self._remembered("parcel", lambda: self.least_cents.min(keepdims=True)).item(0)

    @property
    def least_pick_cents(self) -> int:
        """What picking a unit costs at least, wherever."""
        return self._remembered("pick", lambda: self.pick_cents.min(keepdims=True)).item(0)

    @property
    def dates(self) -> Ints:
        """The different arrivals."""
        every = self.arrives  # Sorted.
        return self._remembered("dates", lambda: every[np.append(True, every[1:] != every[:-1])])

    @property
    def date_row(self) -> Ints:
        """[C] the row of each arrival among the dates."""
        every = self.arrives  # Sorted.
        return self._remembered("row", lambda: np.cumsum(np.diff(every, prepend=every[:1]) > 0))

    def count_by(self, minutes: int) -> int:
        """How many arrive by a deadline: they stand first."""
        return int(self.arrives.searchsorted(minutes, "right"))

    def _remembered(self, name: str, reckon: Callable[[], Ints]) -> Ints:
        known = self._least.get(name)
        if known is None:
            known = self._least[name] = reckon()
        return known

    def __len__(self) -> int:
        return len(self.location)

    def take(self, columns: Ints | slice) -> "Columns":
        """Some of the columns, in their order."""
        location = self.location[columns]
        return Columns(
            location=location,
            arrives=self.arrives[columns],
            pick_cents=self.pick_cents[columns],
            edges=self.edges,
            edges_g=self.edges_g,
            parcel_cents=self.parcel_cents[:, columns],
            number=self.number[: len(location)],
            two_parcels_cents=self.two_parcels_cents,  # Or more.
        )


def two_cheapest(parcel_cents: Ints, location: Ints) -> int:
    """The cheapest parcels of the two cheapest places, by their lightest bands."""
    least = parcel_cents.min(axis=0, initial=BIG)
    of = dict.fromkeys(location.tolist(), BIG)
    for place, cents in zip(location.tolist(), least.tolist(), strict=True):
        of[place] = min(of[place], cents)
    return sum(sorted([*of.values(), BIG, BIG])[:2])


def parcel_prices(price_cents: Ints, fixed_cents: Ints) -> Ints:
    """Tariffs [C, B] and handling [C] as one table by band; heavier than all bands: BIG."""
    cents = np.minimum(price_cents + fixed_cents[:, None], BIG)
    impossible = np.full((len(cents), 1), BIG, np.int64)
    return np.ascontiguousarray(np.hstack([cents, impossible]).T)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Beside:
    """What counts beside what is paid: units are worth something where they lie, places are busy.

    Cents below zero are for units that had better go.
    """

    unit_cents: Ints  # [n, units + 1, C] of so many units of an item, taken from a column
    parcel_cents: Ints  # [C]

    def take(self, columns: Ints | slice) -> "Beside":
        """The same of some columns."""
        return Beside(
            unit_cents=self.unit_cents[:, :, columns], parcel_cents=self.parcel_cents[columns]
        )

    def of(self, column: int, picks: Sequence["Pick"]) -> int:
        """What counts beside the price of a parcel."""
        units = [self.unit_cents.item(each.item, each.quantity, column) for each in picks]
        return self.parcel_cents.item(column) + sum(units)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Problem:
    """One delivery to be sourced: n distinct items, C columns. Items are sorted by sku."""

    columns: Columns
    want: Ints  # [n] units
    weight_g: Ints  # [n] of one unit
    reach: Ints  # [n, C] units that a column could bring: its location's, none if too late
    unmet_cents: Ints  # [n] for each unit left unmet; BIG: must be met
    parcels_max: int
    objective: Objective = Objective.ECONOMIC
    footprint: Footprint | None = None  # Needed where emissions decide.
    tonne_cents: int = 0  # What a tonne of CO2e counts, where money decides.
    splits: bool = True  # Whether the units of one line may come in several parcels.
    beside: Beside | None = None  # What counts beside the money that is paid.

    @property
    def counts_grams(self) -> bool:
        """Whether emissions have a part in what is best."""
        return self.objective == Objective.LOWEST_EMISSIONS or self.tonne_cents > 0

    def by(self, minutes: int) -> "Problem":
        """The same with the columns that arrive by a deadline."""
        return self.first(self.columns.count_by(minutes))

    def first(self, count: int) -> "Problem":
        """The same with the columns that arrive first."""
        return self.take(slice(count))

    def take(self, columns: Ints | slice) -> "Problem":
        """The same with some of the columns."""
        return replace(
            self,
            columns=self.columns.take(columns),
            reach=self.reach[:, columns],
            footprint=self.footprint and self.footprint.take(columns),
            beside=self.beside and self.beside.take(columns),
        )


class Pick(NamedTuple):
    """Units of one item in a parcel; `item` is its row in the problem."""

    item: int
    quantity: int


class PlannedParcel(NamedTuple):
    column: int
    picks: tuple[Pick, ...]


@dataclass(frozen=True, slots=True)
class Solution:
    """The best way found, its score by the objective, its cost, the units left unmet by item."""

    score: int
    cents: int
    parcels: tuple[PlannedParcel, ...]
    unmet: tuple[int, ...]


@frozen
class Demand:
    """One order line to be served, bundles already taken apart into their components."""

    line_id: UUID
    sku: str
    quantity: int
    weight_g: int  # of one unit
    set_of: int = 1  # units that make one of the line: more than one in bundles


@frozen
class Destination:
    """Where a delivery goes: an address, or one of our locations for a collection."""

    service: str
    country: str | None = None
    postal_code: str | None = None
    at_e6: tuple[int, int] | None = None  # Latitude and longitude in millionths of a degree.
    location_id: UUID | None = None
    is_sent: bool = False  # To that location from elsewhere, beside what it has itself.
    confidence_ppm: int | None = None  # With which arrivals are told; none: the service's own.


@dataclass(frozen=True, slots=True, kw_only=True)
class PromisedParcel:
    """A parcel as it was promised: units by sku."""

    location_id: UUID
    carrier_service_id: UUID | None
    units: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Promised:
    """What a customer was told: a plan to start from, and the latest arrival to keep."""

    arrive_by: datetime
    parcels: tuple[PromisedParcel, ...] = ()
    binding: bool = True  # Rather no plan than a late one.


@frozen
class DeliveryNeed:
    """What one delivery of an order asks for."""

    destination: Destination
    demands: tuple[Demand, ...]
    promised: Promised | None = None


@frozen
class Supply:
    """Units of one order line taken from one location."""

    line_id: UUID
    sku: str
    quantity: int


class Deviation(StrEnum):
    """How a plan is not the one that was promised."""

    MOVED = "moved"  # Other places or carriers serve it, in time.
    LATE = "late"


class Reason(IntEnum):
    """Why a location of the pool is not in a plan, or that it is; a byte each in what is kept."""

    CHOSEN = 0
    OUTRANKED = 1  # It could serve all of it, but dearer, later or with more emissions.
    LACKS_SOME = 2
    LACKS_ALL = 3
    TOO_HEAVY = 4  # For every service from there.
    TOO_LATE = 5
    REFUSED = 6  # It was asked for this order and did not serve it.
    NO_LANE = 7  # Nobody brings parcels from there to that place by this service.
    NO_CAPABILITY = 8  # It does not ship, or does not hand over at a counter.
    NOT_OPEN = 9
    # What the filters of a strategy's step ruled out.
    WRONG_KIND = 10
    WRONG_GROUP = 11
    WRONG_COUNTRY = 12
    NOT_NAMED = 13  # The step names the locations that it looks at, or those that it does not.
    TOO_FAR = 14
    WRONG_CARRIER = 15
    TOO_SLOW = 16  # It would arrive after so many days.
    BREAKS_PROMISE = 17
    KEEPS_ITS_LAST = 18  # It has the units, but the step leaves that many where they are.
    TOO_BUSY = 19
    # What is out for a time, whatever the rules say.
    EXCLUDED = 20  # It did not serve these items lately: they were not there, or nobody had time.
    INCIDENT = 21  # A strike, a flood, a closed lane.


Reasons = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidates:
    """The locations that a channel may sell from, in the order of their codes, and by what ways.

    `reasons` says which of them are out whatever is ordered. The digest names the two lists: a
    decision keeps indexes into them.
    """

    digest: str
    location_ids: tuple[UUID, ...]
    service_ids: tuple[UUID | None, ...]
    reasons: Reasons  # [P]


@dataclass(frozen=True, slots=True)
class Applied:
    """By which step of which version of a strategy a plan was made; step 0: by none of them."""

    strategy: str
    version: int
    step: int
    name: str = ""  # What the retailer calls the step.


@frozen
class Record:
    """What was looked at for one delivery, packed; `explaining` reads it back."""

    candidates: Candidates
    objective: Objective
    decided: int  # Minutes since the epoch.
    reasons: bytes
    best: bytes
    parcels: tuple[tuple[int, ...], ...]
    applied: Applied | None = None
    beside: tuple[int, ...] = ()  # Cents beside the price: of the parcels, then of the best.


@frozen
class Shipment:
    """One parcel of a plan: where it leaves from, with whom, what is inside, what it takes."""

    location_id: UUID
    carrier_service_id: UUID | None
    supplies: tuple[Supply, ...]
    leaves_at: datetime  # Handed over, or ready at the counter.
    arrives_at: datetime
    cost_cents: int
    emissions_g: int


@frozen
class SourcingPlan:
    """Which units come from where: the one output of sourcing."""

    shipments: tuple[Shipment, ...]
    unmet: tuple[Supply, ...]
    record: Record
    deviation: Deviation | None = None

    @property
    def cost_cents(self) -> int:
        return sum(each.cost_cents for each in self.shipments)

    @property
    def emissions_g(self) -> int:
        return sum(each.emissions_g for each in self.shipments)

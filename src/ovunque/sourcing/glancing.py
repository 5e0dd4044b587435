"""Most deliveries at one glance: one parcel brings all, and no other plan can be better.

What `outline` would say, in a few numbers: columns are ranked once for all orders of a weight, and
the first that has the goods is the one. Where two parcels might pay, or a rule counts more than
money, time or grams, nothing is said, and the whole search decides.
"""

from dataclasses import dataclass
from enum import Enum
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from ovunque.delivery.rules.arrival import minutes_of
from ovunque.kernel.spans import DAY_MINUTES
from ovunque.network.model import Objective
from ovunque.sourcing.handing_over import SENT
from ovunque.sourcing.model import Columns, DeliveryNeed, Ints
from ovunque.sourcing.model.ruling import Measure, Otherwise, Version
from ovunque.sourcing.outlining import Outcome
from ovunque.sourcing.planning import UNMET_CENTS, Shelf, Wish, rules_for
from ovunque.sourcing.routing import NO_END, Lanes, Ways
from ovunque.sourcing.rules.strategy import Pursuit
from ovunque.sourcing.snapshot import Snapshot
from ovunque.sourcing.steering import Sieve, Steering, busy_percent
from ovunque.sourcing.stepping import carried

NOBODY, UNSURE = -1, -2  # Instead of a column.
LINES_MAX = 4

Flags = NDArray[np.bool_]


class Form(Enum):
    """What is least: of equal ones the cheapest, of these the first to arrive."""

    COST = 1
    TIME = 2
    GRAMS = 3


FORMS = {
    (): Form.COST,
    (Measure.COST,): Form.COST,
    (Measure.TIME,): Form.TIME,
    (Measure.TIME, Measure.COST): Form.TIME,
    (Measure.EMISSIONS,): Form.GRAMS,
    (Measure.EMISSIONS, Measure.COST): Form.GRAMS,
}
OBJECTIVES = {
    Objective.ECONOMIC: Form.COST,
    Objective.FASTEST: Form.TIME,
    Objective.LOWEST_EMISSIONS: Form.GRAMS,
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cart:
    """One delivery, and what each column has of it."""

    need: DeliveryNeed
    lanes: Lanes
    ways: Ways
    now: int
    skus: list[str]
    want: list[int]
    units: int
    weight_g: int
    free: list[Ints]  # [C] of each item.


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Room:
    """What may be used of what lies there."""

    form: Form | None
    until: int = NO_END  # The last minute in which it may arrive.
    open: Flags | None = None  # [C] None: all.
    keep: int = 0  # Of each item that stay where they are.


class Glance:
    """Strategies on the network as it is; what they rule out is remembered."""

    def __init__(self, snapshot: Snapshot, steering: Steering) -> None:
        self._snapshot = snapshot
        self.steering = steering
        self._open: dict[Lanes, tuple[Ways, dict[object, Flags]]] = {}

    def outline(self, shelf: Shelf, wish: Wish, need: DeliveryNeed) -> Outcome | None:
        """How a delivery would be served; None: that takes more than a glance."""
        if not self._is_plain(wish, need):
            return None
        cart = self._cart(shelf, wish, need)
        version = rules_for(self._snapshot, wish, need)
        by_channel = OBJECTIVES[Objective(wish.channel.channel.objective)]
        at, rule = NOBODY, ""
        if need.promised is not None:
            until = minutes_of(need.promised.arrive_by)
            if version is not None:
                at, rule = self._by_steps(cart, version, until, whole=True)
            if at == NOBODY:
                at, rule = self._best(cart, Room(form=by_channel, until=until)), ""
        if at == NOBODY and version is not None:
            at, rule = self._by_steps(cart, version, NO_END, whole=wish.whole)
            if at == NOBODY:
                waits = version.strategy.otherwise == Otherwise.WAIT
                at = UNSURE if waits else self._best(cart, Room(form=Form.COST))
                rule = f"{version.strategy.code} 0"
        elif at == NOBODY:
            at = self._best(cart, Room(form=by_channel))
        if at == NOBODY and cart.units == 1 and not wish.whole:
            return Outcome(unmet=1)
        return self._outcome(cart, at, rule) if at >= 0 else None

    def _is_plain(self, wish: Wish, need: DeliveryNeed) -> bool:
        snapshot = self._snapshot
        return (
            len(need.demands) <= LINES_MAX
            and need.destination.service not in SENT
            and snapshot.network.whole_carts is None
            and not wish.excluded
            and wish.arrive_by is None
            and not snapshot.bars.touches([each.sku for each in need.demands], wish.now)
        )

    def _cart(self, shelf: Shelf, wish: Wish, need: DeliveryNeed) -> Cart:
        now = minutes_of(wish.now)
        lanes = self._snapshot.lanes.to(wish.channel, need.destination)
        ways = lanes.at(now)
        want: dict[str, int] = {}
        weight = 0
        for demand in need.demands:
            want[demand.sku] = want.get(demand.sku, 0) + demand.quantity
            weight += demand.quantity * demand.weight_g
        location = ways.columns.location
        return Cart(
            need=need,
            lanes=lanes,
            ways=ways,
            now=now,
            skus=[*want],
            want=[*want.values()],
            units=sum(want.values()),
            weight_g=weight,
            free=[shelf.row(sku, wish.channel)[location] for sku in want],
        )

    def _by_steps(
        self, cart: Cart, version: Version, until: int, *, whole: bool
    ) -> tuple[int, str]:
        """The column that the first step chooses that serves all."""
        for sieve in self.steering.sieves(version):
            step = sieve.step
            at = self._best(cart, self._room(cart, version, sieve, until))
            if at == NOBODY and step.part and not whole and cart.units > 1:
                at = UNSURE
            if at != NOBODY:
                return at, f"{version.strategy.code} {sieve.nth}"
        return NOBODY, ""

    def _room(self, cart: Cart, version: Version, sieve: Sieve, until: int) -> Room:
        """What a step leaves."""
        step, promised = sieve.step, cart.need.promised
        if step.keeps_promise and promised is not None:
            latest = minutes_of(promised.arrive_by) + step.days_late_max * DAY_MINUTES
            until = min(until, latest)
        if step.days_max is not None:
            until = min(until, (cart.now // DAY_MINUTES + step.days_max + 1) * DAY_MINUTES - 1)
        return Room(
            form=form_of(sieve.pursuit),
            until=until,
            open=self._opened(cart, version, sieve),
            keep=step.keep_units,
        )

    def _opened(self, cart: Cart, version: Version, sieve: Sieve) -> Flags:
        """[C] what a step looks at, whoever orders what."""
        step, lanes = sieve.step, self._snapshot.lanes
        place = None if step.distance_km_max is None else lanes.place(cart.need.destination)
        ways, known = self._open.get(cart.lanes, (None, {}))
        if ways is not cart.ways:
            known = {}
            self._open[cart.lanes] = cart.ways, known
        key = version.strategy.code, version.number, sieve.nth, place
        found = known.get(key)
        if found is None:
            location = cart.ways.columns.location
            found = sieve.out[location] == 0
            if step.carriers:
                found &= carried(self._snapshot, (cart.lanes, cart.ways), step.carriers)
            if place is not None and step.distance_km_max is not None:
                found &= place.distance_m[location] <= step.distance_km_max * 1_000
            if step.busy_percent_max is not None:
                busy = busy_percent(self._snapshot.network, self._snapshot.waiting_at())
                found &= busy[location] <= step.busy_percent_max
            known[key] = found
        return found

    def _best(self, cart: Cart, room: Room) -> int:
        """The column whose one parcel no other plan beats; NOBODY: something is nowhere."""
        columns = cart.ways.columns
        if room.form is None:
            return UNSURE
        able = [free >= units + room.keep for free, units in zip(cart.free, cart.want, strict=True)]
        whole = reduce(np.logical_and, able) if len(able) > 1 else able[0]
        if room.open is not None:
            whole &= room.open
        if room.until < NO_END:
            whole[columns.count_by(room.until) :] = False
        first = whole.argmax().item() if len(whole) else 0
        if not len(whole) or not whole.item(first):
            return NOBODY if cart.units == 1 or self._is_nowhere(cart, room) else UNSURE
        if room.form == Form.TIME:
            latest = columns.arrives.item(first)
            if cart.units > 1 and latest > self._soonest(cart, room):
                return UNSURE
            whole[columns.count_by(latest) :] = False
        elif room.form == Form.GRAMS:
            grams = self._grams(cart)
            least = grams[whole].min()
            if cart.units > 1 and least >= self._two_grams(cart):
                return UNSURE
            whole &= grams == least
        ranking = columns.ranking(cart.weight_g, cart.units)
        at: int = ranking.item(whole[ranking].argmax())
        cents = columns.cents(at, cart.weight_g, cart.units)
        if cents >= UNMET_CENTS or (cart.units > 1 and cents > _two_cents(columns, cart.units)):
            return UNSURE
        return at

    def _is_nowhere(self, cart: Cart, room: Room) -> bool:
        """Whether one of the items is in no column at all."""
        return any(not self._some(free, cart, room).any() for free in cart.free)

    def _some(self, free: Ints, cart: Cart, room: Room) -> Flags:
        some = free > room.keep
        if room.open is not None:
            some &= room.open
        return some[: cart.ways.columns.count_by(room.until)]

    def _soonest(self, cart: Cart, room: Room) -> int:
        """Before that, one of the items arrives from nowhere."""
        arrives = cart.ways.columns.arrives
        firsts = [self._some(free, cart, room).argmax().item() for free in cart.free]
        return max(arrives.item(first) for first in firsts)

    def _grams(self, cart: Cart) -> Ints:
        footprint = self._snapshot.lanes.footprint(cart.lanes, cart.need.destination)
        grams: Ints = footprint.grams(np.array([cart.weight_g]))[cart.ways.lane]
        return grams

    def _two_grams(self, cart: Cart) -> int:
        """Two parcels emit that much, wherever they come from."""
        footprint = self._snapshot.lanes.footprint(cart.lanes, cart.need.destination)
        least = 2 * footprint.fixed_mg.min() + cart.weight_g * footprint.gram_mg.min()
        return int(least) // 1_000 - 2

    def _outcome(self, cart: Cart, at: int, rule: str) -> Outcome:
        columns = cart.ways.columns
        place = columns.location.item(at)
        footprint = self._snapshot.lanes.footprint(cart.lanes, cart.need.destination)
        return Outcome(
            cents=columns.cents(at, cart.weight_g, cart.units),
            grams=footprint.grams_at(cart.ways.lane.item(at), cart.weight_g),
            arrives=columns.arrives.item(at),
            places=(place,),
            rule=rule,
            units=tuple(
                sorted((sku, place, units) for sku, units in zip(cart.skus, cart.want, strict=True))
            ),
        )


def form_of(pursuit: Pursuit) -> Form | None:
    """What a step looks for, if that is one thing after the other and no more."""
    plain = all(
        not each.within and not each.within_percent and not each.day_cents for each in pursuit.goals
    )
    if pursuit.weights is not None or pursuit.tonne_cents or not plain:
        return None
    return FORMS.get(tuple(each.by for each in pursuit.goals))


def _two_cents(columns: Columns, units: int) -> int:
    """Two parcels cost that much, whatever is in them and wherever they come from."""
    return 2 * columns.least_parcel_cents + units * columns.least_pick_cents

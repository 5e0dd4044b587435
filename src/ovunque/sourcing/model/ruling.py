"""What a retailer rules about sourcing: a strategy, as its document says it.

The same words stand in files, in the API and on the screen. What is not said keeps its default,
and what nobody knows is refused.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from ovunque.network.model import LocationKind

Codes = tuple[str, ...]
PARCELS_MAX = 8
ALL_PERCENT = 100


class Aim(StrEnum):
    """What a step looks for, in one word."""

    ECONOMIC = "economic"
    FASTEST = "fastest"
    LOWEST_EMISSIONS = "lowest_emissions"
    BALANCED = "balanced"
    WHOLE_COST = "whole_cost"


class Measure(StrEnum):
    """What a plan can be good at."""

    COST = "cost"  # cents
    TIME = "time"  # minutes until the last parcel arrives
    EMISSIONS = "emissions"  # grams
    PARCELS = "parcels"


class Otherwise(StrEnum):
    """What happens when no step can serve an order."""

    ANYWHERE = "anywhere"  # From any location of the channel, as cheaply as possible.
    WAIT = "wait"  # Nobody serves it by these rules: what the order accepts then decides.


class OfferMode(StrEnum):
    """How work finds who does it."""

    ASSIGN = "assign"  # One location after the other is asked, and answers by a deadline.
    AUTO_CLAIM = "auto_claim"  # The planned location has it at once, and may still turn it down.
    COMPETE = "compete"  # Several are asked at once: the first to take it has it.


AMONG_MAX = 10
GRACE_MINUTES_MAX = 1_440


class _Part(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A part of a document; written, it leaves out what has its default."""


class Conditions(_Part, frozen=True, kw_only=True):
    """To which orders a strategy applies: all that is said must hold."""

    channels: Codes = ()
    services: Codes = ()
    countries: Codes = ()
    value_min: int | None = None  # Minor units of the order's currency.
    value_max: int | None = None
    since: datetime | None = None
    until: datetime | None = None


class Tolerance(_Part, frozen=True, kw_only=True):
    """A measure to keep low, and by how much it may be missed for the sake of the next ones.

    Cents, minutes, grams or parcels.
    """

    by: Measure
    within: int = 0
    within_percent: int = 0


class Price(_Part, frozen=True, kw_only=True):
    """All in money: what else counts beside the cost."""

    tonne: int = 0  # Minor units for a tonne of CO2e.
    day: int = 0  # Minor units for each day later than the earliest possible.
    last_units: int = 0  # Percent of the margin that a unit would have brought its store.
    overstock: int = 0  # Percent of the price that a unit loses which nobody there would buy.
    refusal: int = 0  # Minor units for a unit that is not found where it should be.
    busy: int = 0  # Minor units for a parcel of a place that has a whole day's work waiting.


class PlanStep(_Part, frozen=True, kw_only=True):
    """Where to look, and what for; a step that cannot serve the order passes it on."""

    name: str
    kinds: tuple[LocationKind, ...] = ()
    groups: Codes = ()
    not_groups: Codes = ()
    countries: Codes = ()
    locations: Codes = ()
    not_locations: Codes = ()
    carriers: Codes = ()  # `carrier` or `carrier/service`
    distance_km_max: int | None = None
    days_max: int | None = None  # Calendar days from the order to the last parcel; 0: today.
    keeps_promise: bool = False  # Only what arrives by the day the customer was told.
    days_late_max: int = 0  # By how much that day may be missed.
    keep_units: int = 0  # Of each item, that stay where they are.
    busy_percent_max: int | None = None  # Of a day's capacity that waits already.
    aim: Aim = Aim.ECONOMIC
    goals: tuple[Tolerance, ...] = ()  # Instead of one word.
    price: Price | None = None  # Instead of one word.
    parcels_max: int = PARCELS_MAX
    splits: bool = True  # The units of one line may come in several parcels.
    part: bool = False  # May serve a part of the order, if that accepts it.


class Offers(_Part, frozen=True, kw_only=True):
    """Whom to ask for the work of an order, how many at once, and for how long."""

    mode: OfferMode = OfferMode.ASSIGN
    among: int = 3  # Of those who compete; in the other modes of whom the one to ask is chosen.
    minutes: int = 30  # Of opening hours, to answer.
    hour: int = 100  # Minor units that an hour without an answer counts.
    asked_max: int = 8  # Locations that do not take it, before a person decides.
    grace_minutes: int = 0  # Nobody is asked yet: until then it changes at no cost.


class Strategy(_Part, frozen=True, kw_only=True):
    """The retailer's rules for some orders."""

    code: str
    name: str
    priority: int = 100  # Of those that apply, the lowest counts; of equal ones the first code.
    active: bool = True  # Else it applies to nothing.
    when: Conditions = Conditions()
    steps: tuple[PlanStep, ...]
    otherwise: Otherwise = Otherwise.ANYWHERE
    offers: Offers | None = None  # None: stores are asked one by one, other places have it at once.


class Version(_Part, frozen=True, kw_only=True):
    """A strategy as it was published: from an instant on, by somebody, never changed again."""

    number: int
    strategy: Strategy
    published_at: datetime
    published_by: str
    starts_at: datetime
    restores: int | None = None  # The version that it brought back, or the trial that won.
    share_percent: int = ALL_PERCENT  # Below it a trial: for so many of a hundred orders, by lot.
    ended_at: datetime | None = None  # Only a trial ends.

    @property
    def is_trial(self) -> bool:
        return self.share_percent < ALL_PERCENT

    def runs(self, now: datetime) -> bool:
        """Whether it is a trial that has begun and has not ended."""
        ended = self.ended_at is not None and self.ended_at <= now
        return self.is_trial and self.starts_at <= now and not ended


class Entry(_Part, frozen=True, kw_only=True):
    """An order that a trial decides about: drawn for it, or left to what counts for the others."""

    code: str
    number: int
    order_id: UUID
    drawn: bool


class Standing(_Part, frozen=True, kw_only=True):
    """A strategy with its draft, if there is one, and all that was published, newest first."""

    code: str
    edition: int  # Counts up with each change of the draft.
    draft: Strategy | None
    drafted_by: str | None
    drafted_at: datetime | None
    versions: tuple[Version, ...]

    def in_force(self, now: datetime) -> Version | None:
        """What applies at an instant: of those begun the one that began last."""
        return newest(self.versions, now)

    def trial(self, now: datetime) -> Version | None:
        """What applies beside it, to some of the orders."""
        return next((each for each in self.versions if each.runs(now)), None)

    def scheduled(self, now: datetime) -> tuple[Version, ...]:
        """What will apply later."""
        return tuple(each for each in self.versions if each.starts_at > now)

    @property
    def latest(self) -> Strategy:
        """The draft, or what was published last."""
        return self.draft or self.versions[0].strategy


def newest(versions: tuple[Version, ...], now: datetime) -> Version | None:
    """Of those that are meant for all orders."""
    begun = [each for each in versions if each.starts_at <= now and not each.is_trial]
    return max(begun, key=lambda each: (each.starts_at, each.number), default=None)

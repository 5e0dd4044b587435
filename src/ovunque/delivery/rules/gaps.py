"""What a carrier's terms lack, before they take effect: some of it stops them, some is only told.

Each finding has a code and a sentence with placeholders; screens say the same in other languages.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from ovunque.delivery import rules
from ovunque.delivery.model import LaneKey, LaneRequest, Terms
from ovunque.kernel.refusal import Fault

SENTENCES: Mapping[str, str] = {
    "malformed": "{at}: {detail}",
    "missing_cutoff": "Nobody says until when parcels are taken.",
    "unknown_zone": "Lane {lane}: there is no such zone.",
    "repeated_lane": "Lane {lane} stands here twice.",
    "lane_without_tariff": "Lane {lane} has no price.",
    "overlapping_steps": "Lane {lane}: the step up to {weight_g} g does not end above the one"
    " before it.",
    "overlapping_tariffs": "Lane {lane}: on {day} two tariffs count at once.",
    "transit_incomplete": "Lane {lane}: its chances of days do not add up to 100%.",
    "unknown_location": "A volume cap names {location}, which is none of our locations.",
    "repeated_cap": "There are two volume caps for {location}.",
    "no_lanes": "There is no lane: nobody is offered this service.",
    "steps_end_early": "Lane {lane}: parcels above {weight_g} g have no price, though the service"
    " takes them.",
    "price_falls": "Lane {lane}: a parcel of {weight_g} g is cheaper than a lighter one.",
    "tariff_ends": "Lane {lane}: after {day} its usual prices count again.",
    "service_ends": "After {day} nobody is offered this service.",
    "origin_without_lane": "From {zone} no lane starts: {locations} cannot ship with this service.",
    "zone_served_by_nobody": "No carrier brings anything to {zone}, with these terms neither.",
}
TOLD = frozenset(
    {
        *("no_lanes", "steps_end_early", "price_falls", "tariff_ends", "service_ends"),
        *("origin_without_lane", "zone_served_by_nobody"),
    }
)
LOCATIONS_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Something that the terms lack; it stops them from taking effect, or is only told."""

    code: str
    lane: LaneKey | None = None
    details: Mapping[str, str] = field(default_factory=dict)

    @property
    def stops(self) -> bool:
        return self.code not in TOLD

    @property
    def sentence(self) -> str:
        return SENTENCES[self.code].format(**self.details)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What terms point to, and what others serve."""

    zones: Mapping[str, str]  # By code, a country of each.
    locations: Mapping[str, str]  # That may ship: by code, the zone they lie in.
    codes: Collection[str]  # Of all locations.
    served: Collection[str]  # Zones that other services bring something to from where we are.


def gaps_of(terms: Terms, ground: Ground) -> tuple[Gap, ...]:
    """All findings: those that stop the terms first."""
    found = (
        *_of_service(terms),
        *(gap for lane in terms.lanes for gap in _of_lane(terms, lane, ground)),
        *_of_caps(terms, ground),
        *_of_network(terms, ground),
    )
    return tuple(sorted(found, key=lambda each: not each.stops))


def _of_service(terms: Terms) -> Iterator[Gap]:
    if terms.service.cutoff is None:
        yield Gap(code="missing_cutoff")
    yield from _malformed(
        each for each in rules.check_carrier_service(terms.service) if each.code != "missing"
    )
    if not terms.lanes:
        yield Gap(code="no_lanes")
    if terms.service.valid_until:
        yield Gap(code="service_ends", details={"day": str(terms.service.valid_until)})


def _malformed(faults: Iterable[Fault], before: str = "") -> Iterator[Gap]:
    for each in faults:
        yield Gap(code="malformed", details={"at": before + each.pointer, "detail": each.detail})


def _of_lane(terms: Terms, lane: LaneRequest, ground: Ground) -> Iterator[Gap]:
    def gap(code: str, **details: int) -> Gap:
        told = {name: str(value) for name, value in details.items()}
        return Gap(code=code, lane=lane.key, details={"lane": way_of(lane), **told})

    if not {lane.from_zone, lane.to_zone} <= ground.zones.keys():
        yield gap("unknown_zone")
    if not lane.rates:
        yield gap("lane_without_tariff")
    for (before_g, before_cents), (weight_g, cents) in pairwise(lane.rates):
        if weight_g <= before_g:
            yield gap("overlapping_steps", weight_g=weight_g)
        elif cents < before_cents:
            yield gap("price_falls", weight_g=weight_g)
    heaviest = max((weight_g for weight_g, _ in lane.rates), default=0)
    if lane.rates and heaviest < terms.service.parcel_weight_max_g:
        yield gap("steps_end_early", weight_g=heaviest)
    yield from _of_tariffs(lane)
    faults = [each for each in rules.check_lane(lane) if not is_gap(each)]
    if any(each.code == "incomplete" for each in rules.check_chances(lane.transit_chances_ppm)):
        yield gap("transit_incomplete")
    yield from _malformed(faults, way_of(lane))


def _of_tariffs(lane: LaneRequest) -> Iterator[Gap]:
    """Days on which two tariffs count, or after which the usual one counts again."""
    told = sorted(lane.tariffs, key=lambda each: each.valid_from)
    for nth, each in enumerate(told):
        after = told[nth + 1].valid_from if nth + 1 < len(told) else None
        last = each.valid_until
        if after and after <= (last or each.valid_from):
            details = {"lane": way_of(lane), "day": str(after)}
            yield Gap(code="overlapping_tariffs", lane=lane.key, details=details)
        elif last and rules.on_day(lane, last + rules.DAY) is lane:
            details = {"lane": way_of(lane), "day": str(last)}
            yield Gap(code="tariff_ends", lane=lane.key, details=details)


def is_gap(fault: Fault) -> bool:
    """What has a name of its own here: no price, steps in disorder, chances that lack."""
    if fault.code in ("incomplete", "overlap") or fault.pointer == "/rates":
        return True
    return fault.code == "malformed" and fault.pointer.startswith("/rates")


def way_of(lane: LaneRequest) -> str:
    return f"{lane.from_zone} → {lane.to_zone}"


def _of_caps(terms: Terms, ground: Ground) -> Iterator[Gap]:
    seen: set[str] = set()
    for cap in terms.caps:
        where = cap.location or "*"
        if cap.location in seen:
            yield Gap(code="repeated_cap", details={"location": where})
        seen.add(cap.location)
        if cap.location and cap.location not in ground.codes:
            yield Gap(code="unknown_location", details={"location": where})


def _of_network(terms: Terms, ground: Ground) -> Iterator[Gap]:
    """Zones from which, and to which, nothing goes."""
    lanes = terms.lanes
    seen: set[LaneKey] = set()
    for each in terms.lanes:
        if each.key in seen:
            yield Gap(code="repeated_lane", lane=each.key, details={"lane": way_of(each)})
        seen.add(each.key)
    starts = {each.from_zone for each in lanes}
    for zone in sorted(set(ground.locations.values()) - starts) if lanes else ():
        if reaches(terms, ground.zones.get(zone, "")):
            yield Gap(
                code="origin_without_lane",
                details={"zone": zone, "locations": _named(zone, ground.locations)},
            )
    here = set(ground.locations.values())
    brought = {each.to_zone for each in lanes if each.from_zone in here}
    for zone in sorted(ground.zones.keys() - brought - set(ground.served)):
        if reaches(terms, ground.zones[zone]):
            yield Gap(code="zone_served_by_nobody", details={"zone": zone})


def zones_served(others: Iterable[Terms], here: Collection[str], today: date) -> set[str]:
    """Zones that services bring something to from where we are; those that have ended do not."""
    return {
        lane.to_zone
        for each in others
        if (each.service.valid_until or today) >= today
        for lane in each.lanes
        if lane.from_zone in here
    }


def reaches(terms: Terms, country: str) -> bool:
    """Whether a country is one of those that the service is about."""
    return not terms.service.countries or country in terms.service.countries


def _named(zone: str, locations: Mapping[str, str]) -> str:
    codes = sorted(code for code, at in locations.items() if at == zone)
    more = len(codes) - LOCATIONS_NAMED
    return ", ".join(codes[:LOCATIONS_NAMED]) + (f" + {more}" if more > 0 else "")

"""Carriers' terms as they stand, and as somebody is writing them."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from typing import TypeVar

from ovunque.access.model import Actor
from ovunque.delivery import rules, store
from ovunque.delivery.model import (
    CarrierServiceRequest,
    Draft,
    LaneRequest,
    ServiceKey,
    Terms,
)
from ovunque.delivery.rules.effects import Routes, routes_of
from ovunque.delivery.rules.gaps import Gap, Ground, gaps_of, is_gap, zones_served
from ovunque.delivery.rules.zones import ZoneMap
from ovunque.delivery.store import drafting
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.kernel.rows import within
from ovunque.kernel.text import is_code
from ovunque.network import listing
from ovunque.network.model import Location
from ovunque.platform.database import Tx

R = TypeVar("R")

LANES_MAX = 5_000
CAPS_MAX = 1_000
CAP_MAX = 10_000_000
PAGE_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """All that is on offer now."""

    terms: dict[ServiceKey, Terms]
    zones: ZoneMap

    def routes(self, instead: Terms | None = None, day: date | None = None) -> Routes:
        """What is offered, or would be with other terms of a service, at the prices of a day."""
        if instead is None:
            return routes_of(self.terms.values(), day)
        return routes_of((self.terms | {instead.key: instead}).values(), day)


def find_standing(tx: Tx) -> Standing:
    """The terms of all services as they are in force."""
    caps = drafting.list_caps(tx)
    lanes: dict[ServiceKey, list[LaneRequest]] = {}
    for lane in store.list_all_lanes(tx):
        lanes.setdefault(lane.service_key, []).append(asked(LaneRequest, lane))
    return Standing(
        terms={
            each.key: tidy(
                Terms(
                    service=asked(CarrierServiceRequest, each),
                    lanes=tuple(lanes.get(each.key, ())),
                    caps=caps.get(each.key, ()),
                )
            )
            for each in store.list_all_services(tx)
        },
        zones=ZoneMap(store.list_all_zones(tx)),
    )


def asked(kind: type[R], standing: object) -> R:
    """What stands, as the request that would have made it."""
    fields = kind.__dataclass_fields__  # type: ignore[attr-defined]
    return kind(**{name: getattr(standing, name) for name in fields})


def tidy(terms: Terms) -> Terms:
    """The same terms in one order, so that equal terms are equal."""
    return Terms(
        service=rules.tidy_carrier_service(terms.service),
        lanes=tuple(
            rules.tidy_lane(each) for each in sorted(terms.lanes, key=lambda each: each.key)
        ),
        caps=tuple(sorted(terms.caps)),
    )


def digest_of(terms: Terms | None) -> str:
    """A name for exactly these terms; of none at all: nothing."""
    return "" if terms is None else sha256(drafting.written(terms).encode()).hexdigest()[:16]


def find_draft(tx: Tx, key: ServiceKey) -> Draft | None:
    return drafting.find_draft(tx, key) if all(map(is_code, key)) else None


def list_drafted(tx: Tx) -> dict[ServiceKey, tuple[str, datetime]]:
    """Services whose terms somebody is writing, since when and who."""
    return drafting.list_drafted(tx)


def save_draft(
    tx: Tx, by: Actor, terms: Terms, now: datetime, *, expected_version: int | None = None
) -> Draft:
    """Keep terms that do not count yet; they may have gaps, but they must be readable.

    `expected_version` is that of the draft as it was seen; 0: there was none.
    """
    refuse_unreadable(terms)
    terms, key = tidy(terms), terms.key
    if drafting.add_draft(tx, terms, by.name, now):
        version = 0
    else:
        standing = drafting.lock_draft(tx, key)
        version = standing.version if standing else 0
        if expected_version in (None, version):
            drafting.save_draft(tx, terms, by.name, now)
    if expected_version not in (None, version):
        raise Refusal("version_conflict", expected=expected_version, version=version)
    found = drafting.find_draft(tx, key)
    assert found is not None, "it was saved a moment ago"
    return found


def discard_draft(tx: Tx, key: ServiceKey) -> None:
    """Nothing of it will count."""
    if not (all(map(is_code, key)) and drafting.remove_draft(tx, key)):
        raise Refusal("not_found", what=f"draft of {str(key)[:130]}")


def refuse_unreadable(terms: Terms) -> None:
    """A draft may lack what makes terms whole; what it says is of the right kind all the same."""
    faults = [
        *(each for each in rules.check_carrier_service(terms.service) if each.code != "missing"),
        *within("/lanes", len(terms.lanes), 0, LANES_MAX),
        *within("/caps", len(terms.caps), 0, CAPS_MAX),
    ]
    for nth, lane in enumerate(terms.lanes):
        found = (fault for fault in rules.check_lane(lane) if not is_gap(fault))
        faults += [Fault(f"/lanes/{nth}{each.pointer}", each.code, each.detail) for each in found]
        if lane.service_key != terms.key:
            faults.append(Fault(f"/lanes/{nth}", "contradiction", "It is of another service."))
    for nth, cap in enumerate(terms.caps):
        faults += within(f"/caps/{nth}/parcels_per_day_max", cap.parcels_per_day_max, 1, CAP_MAX)
        if cap.location and not is_code(cap.location):
            faults.append(Fault(f"/caps/{nth}/location", "malformed", "This is no code."))
    if faults:
        raise Refusal("invalid", errors=tuple(faults), detail=faults[0].detail)


def check(tx: Tx, terms: Terms, standing: Standing, today: date) -> tuple[Gap, ...]:
    """What the terms lack, as things stand."""
    locations = list_all_locations(tx)
    ships = {
        each.code: zone
        for each in locations
        if each.is_shipping
        and (zone := standing.zones.zone_of(each.country, each.postal_code)) is not None
    }
    others = [each for key, each in standing.terms.items() if key != terms.key]
    return gaps_of(
        terms,
        Ground(
            zones=standing.zones.countries,
            locations=ships,
            codes={each.code for each in locations},
            served=zones_served(others, set(ships.values()), today),
        ),
    )


def list_all_locations(tx: Tx) -> list[Location]:
    found: list[Location] = []
    while page := listing.list_locations(tx, found[-1].code if found else "", PAGE_MAX):
        found += page
    return found


def empty(terms: Terms) -> Terms:
    """The same service, on offer nowhere."""
    return replace(terms, lanes=(), caps=())
